"""What a sweep has done so far, row by row, in a file that survives being killed at any moment.

Each line holds a checksum and a JSON document. A row is on the disk before the next is written, so
that only the last line can be torn; it is cut off when the journal is opened again.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from yuragi.errors import ModelFileError, RunError

try:
    import fcntl
except ImportError:  # no such locks on this system
    fcntl = None  # type: ignore[assignment]  # a module, or nothing

__all__ = ["Journal"]

_MARK = 8


class Journal:
    """The rows of one sweep; opened by one process at a time.

    rows: by the index of their point, those of earlier runs included.

    Errors: RunError where another process has it open, or it belongs to another sweep;
    ModelFileError where a line that is not the last is damaged.
    """

    def __init__(self, path: Path, digest: str, points: int) -> None:
        self.path = path
        self.rows: dict[int, Mapping[str, Any]] = {}
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            self._lock()
            self._begin({"sweep": digest, "points": points})
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)

    def add(self, index: int, row: Mapping[str, Any]) -> None:
        """Put a row on the disk.  Errors: RunError where the point has one."""
        if index in self.rows:
            raise RunError(f"point {index} has a row already")
        self._write({"index": index, "row": row})
        self.rows[index] = row

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(f"{self.path}: another sweep is writing here") from None

    def _begin(self, head: Mapping[str, Any]) -> None:
        """Read what is there; cut off a torn end; write the head where there is nothing."""
        content = self.path.read_bytes()
        whole, lines = _lines(content, self.path)
        if len(whole) < len(content):
            os.ftruncate(self._descriptor, len(whole))
            os.fsync(self._descriptor)
        if not lines:
            self._write(head)
            _sync_folder(self.path.parent)
            return
        if lines[0] != head:
            raise RunError(
                f"{self.path} holds the rows of another sweep, or of other files or another "
                "version; choose another folder, or --force to start anew"
            )
        for number, line in enumerate(lines[1:], start=2):
            if not isinstance(line.get("index"), int) or line["index"] in self.rows:
                raise ModelFileError(f"{self.path}, line {number}: not a new row")
            self.rows[line["index"]] = line["row"]

    def _write(self, document: Mapping[str, Any]) -> None:
        text = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
        line = memoryview(b"%08x %s\n" % (zlib.crc32(text), text))
        while line:
            line = line[os.write(self._descriptor, line) :]
        os.fsync(self._descriptor)


def _lines(content: bytes, path: Path) -> tuple[bytes, list[dict[str, Any]]]:
    """The content without a torn last line, and its lines.

    Errors: ModelFileError where another line is damaged.
    """
    lines: list[dict[str, Any]] = []
    end = 0
    while end < len(content):
        stop = content.find(b"\n", end)
        line = None if stop < 0 else _read(content[end:stop])
        if line is None:
            if 0 <= stop < len(content) - 1:
                raise ModelFileError(f"{path}, line {len(lines) + 1}: damaged")
            break
        lines.append(line)
        end = stop + 1
    return content[:end], lines


def _read(line: bytes) -> dict[str, Any] | None:
    mark, _, text = line.partition(b" ")
    if len(mark) != _MARK or mark != b"%08x" % zlib.crc32(text):
        return None
    found = json.loads(text)
    return found if isinstance(found, dict) else None


def _sync_folder(folder: Path) -> None:
    """So that the new file itself is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
