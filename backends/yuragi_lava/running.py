"""A run in the other interpreter: started, watched, limited, and ended whatever happens."""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import selectors
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yuragi.errors import RunError
from yuragi.memory import physical_memory
from yuragi_lava.folder import WORKER

__all__ = ["Limits", "job_folder", "limits", "run_folder"]

Progress = Callable[[int, int], None]
_LONGEST_LINE = 4096
_TAIL_LINES, _TAIL_BYTES = 12, 4000
_PATIENCE_S = 15.0
_SHORT = 40
_GIB = 2**30
_SECONDS = 3600.0
_SILENT_S = 600.0
_QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may take.

    seconds: from start to end.      silent: without a sign of progress.
    memory: bytes, of all its processes together.
    """

    seconds: float = _SECONDS
    silent: float = _SILENT_S
    memory: int = field(default_factory=lambda: physical_memory() // 2)


def limits() -> Limits:
    """As the environment says: YURAGI_LAVA_SECONDS and YURAGI_LAVA_GIB.

    Raises RunError where these are no numbers above 0.
    """
    found = Limits()
    seconds = _number("YURAGI_LAVA_SECONDS", found.seconds)
    return Limits(
        seconds=seconds,
        silent=min(found.silent, seconds),
        memory=round(_number("YURAGI_LAVA_GIB", found.memory / _GIB) * _GIB),
    )


def _number(name: str, otherwise: float) -> float:
    text = os.environ.get(name)
    if not text:
        return otherwise
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value < math.inf:
        raise RunError(f"{name} is {text!r}, expected a number above 0")
    return value


@contextmanager
def job_folder() -> Iterator[Path]:
    """A folder that goes away; its path is short, since Lava's sockets lie in it."""
    usual = Path(tempfile.gettempdir())
    parent = usual if len(str(usual)) <= _SHORT else Path("/tmp")  # noqa: S108 - mkdtemp is safe
    place = Path(tempfile.mkdtemp(prefix="yuragi-lava-", dir=parent))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def run_folder(
    python: Path,
    folder: Path,
    *,
    tag: str,
    steps: int,
    limits: Limits,
    progress: Progress | None = None,
) -> Path:
    """Run what `write_folder` wrote; the file with what was found.

    Raises RunError with the tail of the log where it crashes, takes too long or too much memory,
    or says what no run says. Its processes and its shared memory are gone in every case.
    """
    output, log = folder / "found.npz", folder / "log.txt"
    run = [str(python), "-I", str(folder / "run.py"), "--tag", tag, "--steps", str(steps)]
    guardian = [
        str(python), "-I", str(WORKER / "guardian.py"), "--folder", str(folder), "--log", str(log),
        "--memory", str(limits.memory), "--segments", _segments(), *run, "-o", str(output),
    ]  # fmt: skip
    watch = _Watch(steps=steps, limits=limits, progress=progress)
    guardian_env = _environment(folder, guardian[guardian.index("--segments") + 1])
    with _started(guardian, guardian_env, log) as process:
        try:
            ended = watch.until_end(process)
        except _WrongError as problem:
            raise RunError(f"{problem}{_tail(log)}") from None
    if ended.get("reason") == "memory":
        held = f"{limits.memory / _GIB:.3g} GiB"
        raise RunError(
            f"Lava's worker took more than {held} of memory, its limit (YURAGI_LAVA_GIB)"
            f"{_tail(log)}"
        )
    if ended.get("ended") != 0 or not output.is_file():
        raise RunError(f"Lava's worker failed (exit code {ended.get('ended')}){_tail(log)}")
    return output


def _segments() -> str:
    """The beginning of the names of a run's segments of shared memory."""
    return f"/y{secrets.token_hex(3)}"


def _environment(folder: Path, segments: str) -> dict[str, str]:
    """Nothing of this Python's settings; temporary files in the job's folder."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {
        **kept,
        **_QUIET,
        "TMPDIR": str(folder),
        "YURAGI_SEGMENTS": segments,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@contextmanager
def _started(
    command: list[str], environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """The guardian in a session of its own; closing its input ends everything."""
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
            env=environment,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _WrongError(Exception):
    """What ends a run early."""


@dataclass(slots=True, kw_only=True)
class _Watch:
    """Reads the lines of a run.  held: the beginning of a line that has not ended."""

    steps: int
    limits: Limits
    progress: Progress | None
    held: bytes = b""
    done: int = 0

    def until_end(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        """The guardian's last word."""
        if process.stdout is None:
            raise _WrongError("Lava's worker has no output")
        begin = heard = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                now = time.monotonic()
                if now - begin > self.limits.seconds:
                    raise _WrongError(
                        f"Lava's worker took more than {self.limits.seconds:g} s, its limit "
                        f"(YURAGI_LAVA_SECONDS), and was ended after step {self.done:,}"
                    )
                if now - heard > self.limits.silent:
                    raise _WrongError(
                        f"Lava's worker made no progress for {self.limits.silent:g} s after step "
                        f"{self.done:,} and was ended"
                    )
                if not selector.select(0.2):
                    continue
                found = os.read(process.stdout.fileno(), 65536)
                heard = time.monotonic()
                if not found:
                    raise _WrongError("Lava's worker ended without a word")
                last = self._read(found)
                if last is not None:
                    return last

    def _read(self, found: bytes) -> dict[str, Any] | None:
        *lines, self.held = (self.held + found).split(b"\n")
        for line in (*lines, *([self.held] if len(self.held) > _LONGEST_LINE else [])):
            said = _parsed(line)
            if "ended" in said:
                return said
            self.done = max(self.done, min(said["step"], self.steps))
            if self.progress is not None:
                self.progress(self.done, self.steps)
        return None


def _parsed(line: bytes) -> dict[str, Any]:
    """{"step": n}, or {"ended": code, "reason": word}."""
    with suppress(ValueError, RecursionError):
        said = json.loads(line) if len(line) <= _LONGEST_LINE else None
        if isinstance(said, dict):
            number = said.get("ended", said.get("step"))
            if type(number) is int and isinstance(said.get("reason", ""), str):
                return said
    shown = line[:60].decode("ascii", "backslashreplace")
    raise _WrongError(f"Lava's worker said {shown!r}, which no run says")


def _tail(log: Path) -> str:
    """The last lines of a log, in plain letters."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = stream.read(_TAIL_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    plain = re.sub(r"[^\x20-\x7e\n]", "?", text)
    lines = [line for line in plain.splitlines() if line.strip()][-_TAIL_LINES:]
    return ":\n  " + "\n  ".join(lines) if lines else "; its log is empty"
