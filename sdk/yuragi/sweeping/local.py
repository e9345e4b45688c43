"""Rows on the cores of this machine, a process each."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, TypeAlias

from yuragi.errors import RunError

__all__ = ["local_rows"]

_SAID = 2000
Made: TypeAlias = "tuple[int, dict[str, Any]] | BaseException"


class _Worker:
    """One process and the thread that speaks with it."""

    def __init__(
        self,
        path: Path,
        digest: str,
        wanted: queue.SimpleQueue[int | None],
        made: queue.SimpleQueue[Made],
    ) -> None:
        self._digest, self._wanted, self._made = digest, wanted, made
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `stop`
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
            [sys.executable, "-m", "yuragi.sweeping.worker", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self._thread = threading.Thread(target=self._speak, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()

    def _speak(self) -> None:
        try:
            if self._read("the sweep file")["digest"] != self._digest:
                raise RunError("the sweep's files changed while it ran; run it again")
            while (index := self._wanted.get()) is not None:
                self._write(index)
                self._made.put((index, self._read(f"point {index}")))
        except (RunError, OSError, ValueError) as problem:
            self._made.put(problem)

    def _write(self, index: int) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(f"{index}\n")
            self._process.stdin.flush()

    def _read(self, what: str) -> dict[str, Any]:
        line = "" if self._process.stdout is None else self._process.stdout.readline()
        if not line.endswith("\n"):
            code = self._process.wait()
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace")[-_SAID:].strip()
            last = said.splitlines()[-1] if said else "without a word"
            raise RunError(
                f"a worker ended with {code} at {what}: {last}; rows made so far are kept"
            )
        found: dict[str, Any] = json.loads(line)
        return found


def local_rows(
    path: Path, digest: str, indices: list[int], workers: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of the points, as they are made.

    Workers end with this process, even where it is killed: their input ends then.
    Errors: RunError where a worker ends before its work.
    """
    wanted: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    made: queue.SimpleQueue[Made] = queue.SimpleQueue()
    for index in indices:
        wanted.put(index)
    started: list[_Worker] = []
    try:
        for _ in range(min(workers, len(indices))):
            wanted.put(None)
            started.append(_Worker(path, digest, wanted, made))
        for _ in indices:
            found = made.get()
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        for worker in started:
            worker.stop()
