"""Watches over a run: whatever happens, none of its processes and none of its memory is left.

It starts the command in a session of its own and ends it when the command ends, when it takes more
memory than allowed, or when its own standard input closes, as it does when the caller dies. Python
3.10 or newer; nothing but the standard library.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

_LOOK_S = 0.25
_SUBREAPER = 36
_LEFT_S = 10.0
_MAPPED = 2**30


def main() -> int:
    """Start, watch, clean."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--segments", required=True)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    _adopt_orphans()
    reason: list[str] = []
    with given.log.open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - the caller's own command
            [*given.command, "--progress", "1"],
            stdin=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            preexec_fn=lambda: _limit(given.memory),  # noqa: PLW1509 - no thread runs yet
        )
        threading.Thread(target=_end_with_caller, args=(child.pid, reason), daemon=True).start()
        threading.Thread(
            target=_watch_memory, args=(child.pid, given.memory, reason), daemon=True
        ).start()
        code = child.wait()
        _kill(child.pid)
        _reap()
    _remove_segments(given.segments)
    if "closed" in reason:
        shutil.rmtree(given.folder, ignore_errors=True)
    else:
        line = json.dumps({"ended": code, "reason": reason[0] if reason else ""})
        with contextlib.suppress(OSError):
            os.write(1, f"{line}\n".encode())
    return 0


def _adopt_orphans() -> None:
    """Become the parent of what the command leaves behind, so that it can be waited for."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)


def _limit(memory: int) -> None:
    """Addresses for one process; libraries and threads map more than they use."""
    memory += _MAPPED
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _kill(session: int) -> None:
    """End every process of a session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)
    for process in _session(session):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)


def _session(session: int) -> list[int]:
    """The processes of a session, where the system lists them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                found.append(int(entry.name))
    return found


def _reap() -> None:
    """Wait for every child, adopted ones too."""
    end = time.monotonic() + _LEFT_S
    while time.monotonic() < end:
        try:
            done, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not done:
            time.sleep(0.01)


def _end_with_caller(session: int, reason: list[str]) -> None:
    """Nothing is ever written to standard input: reading ends when the caller closes it or dies."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    reason.append("closed")
    _kill(session)


def _watch_memory(session: int, memory: int, reason: list[str]) -> None:
    """The processes share pages after a fork, so proportional sizes are what adds up."""
    while True:
        time.sleep(_LOOK_S)
        if sum(_proportional(process) for process in _session(session)) > memory:
            reason.append("memory")
            _kill(session)
            return


def _proportional(process: int) -> int:
    """Bytes of a process, its share of what it shares."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return 0


def _remove_segments(prefix: str) -> None:
    """Segments of shared memory that the run named so and did not remove."""
    for segment in Path("/dev/shm").glob(f"{prefix.strip('/')}*"):  # noqa: S108 - where Linux has them
        with contextlib.suppress(OSError):
            segment.unlink()


if __name__ == "__main__":
    sys.exit(main())
