"""Compilers and programs that end with us: by a signal, by Ctrl-C, by an error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["ended_by_signals", "run_together"]

_SIGNALS = ("SIGTERM", "SIGHUP")


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


def run_together(command: Sequence[str], *, folder: Path, log: Path) -> int:
    """Run a command with all that it starts in a group, which is ended with it; the exit code."""
    grouped: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - the command is ours
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, **grouped,
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
