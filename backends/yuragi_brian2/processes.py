"""Compilers and programs that end with us: by a signal, by Ctrl-C, by an error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["ended_by_signals", "grouped_compilers", "run_together"]

_SIGNALS = ("SIGTERM", "SIGHUP")
_LOCK = threading.RLock()


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind what is running, as Ctrl-C does, so that it is cleaned up.

    A handler that a program has set for itself stays. Only the main thread gets signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _leave(number: int, frame: FrameType | None) -> None:
    del frame
    sys.exit(128 + number)


@contextmanager
def grouped_compilers() -> Iterator[None]:
    """Let distutils, which Brian2 compiles with, start compilers in groups that are ended with us.

    One thread at a time.
    """
    compilers: Any = import_module("distutils.ccompiler").CCompiler
    if os.name != "posix" or sys.platform == "darwin":  # there distutils sets variables for it
        yield
        return
    # The method of every step of a compilation: newer setuptools renamed it.
    name = "call" if hasattr(compilers, "call") else "spawn"
    with _LOCK:
        plain = getattr(compilers, name)
        setattr(compilers, name, _called if name == "call" else _spawned)
        try:
            yield
        finally:
            setattr(compilers, name, plain)


def _called(compiler: object, command: Sequence[str], **options: Any) -> None:
    """A step of a compilation; leaves no half of its output.

    Raises CalledProcessError where it fails.
    """
    del compiler
    output = command[command.index("-o") + 1] if "-o" in command[:-1] else None
    code = -1
    try:
        code = run_together(command, surroundings=options.get("env"))
    finally:
        if output and code:
            Path(output).unlink(missing_ok=True)
    if code:
        raise subprocess.CalledProcessError(code, list(command))


def _spawned(compiler: object, command: Sequence[str], **options: Any) -> None:
    """The same with the error that older versions expect."""
    try:
        _called(compiler, command, **options)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise import_module("distutils.errors").DistutilsExecError(str(problem)) from problem


def run_together(
    command: Sequence[str],
    *,
    folder: Path | None = None,
    log: Path | None = None,
    surroundings: Mapping[str, str] | None = None,
) -> int:
    """Run a command with all that it starts in a group, which is ended with it; the exit code.

    log: of its output; to ours by default.      surroundings: ours by default.
    """
    grouped: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}
    with (
        log.open("wb") if log else nullcontext() as output,
        subprocess.Popen(  # noqa: S603 - the command is ours
            command, cwd=folder, env=surroundings, stdout=output,
            stderr=subprocess.STDOUT if log else None, stdin=subprocess.DEVNULL, **grouped,
        ) as process,
    ):  # fmt: skip
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
