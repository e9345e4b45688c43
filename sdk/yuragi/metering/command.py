"""A command measured: run again and again until the meter can tell its joules."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeAlias

from yuragi.errors import DependencyError, YuragiError
from yuragi.metering.measure import Measuring
from yuragi.metering.measurement import Measurement

__all__ = ["CommandError", "measure_command"]

Progress: TypeAlias = Callable[[int, int], None]
_PATIENCE_S = 5.0
_MOST_RUNS = 100_000


class CommandError(YuragiError):
    """The command itself failed.

    code: its exit code; 128 and the signal's number where a signal ended it.
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def measure_command(
    words: Sequence[str],
    measuring: Measuring,
    *,
    repetitions: int = 5,
    shortest_s: float = 10.0,
    warm_up: bool = True,
    quiet: bool = False,
    progress: Progress | None = None,
) -> Measurement:
    """Warm up, find how often the command must run to last `shortest_s`, and repeat.

        quiet: send the command's output to standard error.
        warm_up: a first run that is not measured; without it every repetition is one run.

    Errors: CommandError where the command fails, DependencyError where there is none of that name.
    An interrupt ends the command and all that it started in its process group.
    """
    runs = 1
    with _terminated():
        if warm_up:
            begin = measuring.clock.now()
            _run(words, quiet=quiet)
            once = max(measuring.clock.now() - begin, 1e-6)
            runs = min(max(1, math.ceil(shortest_s / once)), _MOST_RUNS)
        measuring.inferences *= runs
        for done in range(repetitions):
            with measuring:
                for _ in range(runs):
                    _run(words, quiet=quiet)
            if progress is not None:
                progress(done + 1, repetitions)
    return measuring.result


def _run(words: Sequence[str], *, quiet: bool) -> None:
    streams: dict[str, Any] = {"stdout": sys.stderr.fileno()} if quiet else {}
    if os.isatty(0):  # a group of its own may not read from the terminal
        streams["stdin"] = subprocess.DEVNULL
    try:
        child = subprocess.Popen(list(words), process_group=0, **streams)  # noqa: S603 - the user's own command
    except FileNotFoundError:
        raise DependencyError(f"{words[0]}: there is no such command") from None
    try:
        code = child.wait()
    except BaseException:
        _end(child)
        raise
    if code != 0:
        shown = 128 - code if code < 0 else code
        raise CommandError(f"{words[0]} ended with {shown}; nothing was measured", shown)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the command's whole group: ask first, then insist."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            return
        try:
            child.wait(_PATIENCE_S)
            break
        except subprocess.TimeoutExpired:
            continue
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def _terminated() -> Iterator[None]:
    """SIGTERM as an exit, so that the command does not outlive us."""

    def leave(number: int, frame: FrameType | None) -> None:
        del frame
        raise SystemExit(128 + number)

    try:
        before = signal.signal(signal.SIGTERM, leave)
    except ValueError:  # not in the main thread: leave signals alone
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
