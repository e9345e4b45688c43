"""Arrays of numbers in `.npy` and `.npz` files, read without trust.

Nothing is unpickled. Each header is parsed here, by one pattern, and must agree with the bytes
that the file has before anything is allocated. Members of an `.npz` are stored, never compressed,
so a file cannot grow while it is read. A file that is written twice has the same bytes.
"""

from __future__ import annotations

import math
import re
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import ModelFileError

__all__ = ["Members", "array_size", "read_array", "read_arrays", "write_arrays"]

Array = NDArray[Any]
_LARGEST = 1 << 34
_CHUNK = 1 << 24
_LONGEST_HEADER = 4096
_MAGIC = b"\x93NUMPY"
_HEADER = re.compile(
    r"\{ *'descr' *: *'([<>|=]?)([a-zA-Z])(\d{1,4})' *, *"
    r"'fortran_order' *: *(True|False) *, *'shape' *: *\(([0-9, ]*)\) *,? *\} *\n?"
)
_SIZES = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8)}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")


class _BadArrayError(Exception):
    """What is wrong with one array; its reader adds the place."""


class Members:
    """The arrays of one file, taken out by name; what is missing or left over is an error."""

    def __init__(self, path: Path, arrays: Mapping[str, Array]) -> None:
        self._path = path
        self._arrays = dict(arrays)
        self._taken: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that there are."""
        return tuple(self._arrays)

    def __contains__(self, name: object) -> bool:
        return name in self._arrays

    def take(self, name: str, kinds: str = "iuf", ndim: int | None = None) -> Array:
        """The array of that name.

        kinds: dtype kinds that are accepted.
        Raises ModelFileError where it is missing or of another kind.
        """
        if name not in self._arrays:
            raise ModelFileError(f"{self._path}: the array {name} is missing")
        array = self._arrays[name]
        if array.dtype.kind not in kinds:
            wanted = " or ".join(_KINDS[kind] for kind in kinds)
            raise ModelFileError(
                f"{self._path}, {name}: expected {wanted}, found dtype {array.dtype}"
            )
        if ndim is not None and array.ndim != ndim:
            raise ModelFileError(
                f"{self._path}, {name}: expected {ndim} dimension(s), found shape {array.shape}"
            )
        self._taken.add(name)
        return array

    def check_all_taken(self) -> None:
        """Raise ModelFileError where an array was not asked for."""
        left = sorted(self._arrays.keys() - self._taken)
        if left:
            raise ModelFileError(f"{self._path}: nothing uses the array {left[0]}")


_KINDS = {"i": "signed integers", "u": "unsigned integers", "f": "floats", "b": "truth values"}


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays under their names into a new `.npz` file."""
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            with archive.open(entry, "w", force_zip64=True) as member:
                # typed from NumPy 2.4 on
                np.lib.format.write_array(  # type: ignore[no-untyped-call,unused-ignore]
                    member, np.asanyarray(array), allow_pickle=False
                )


def read_arrays(path: Path, *, limit: int = _LARGEST) -> Members:
    """Read every array of an `.npz` file.

    limit: the most bytes that are read.
    Raises ModelFileError with file, member and reason.
    """
    with _reading(path) as size:
        if size > limit:
            raise ModelFileError(f"{path}: {size:,} bytes, at most {limit:,} are read")
        with zipfile.ZipFile(path) as archive:
            entries = _checked_entries(path, archive, size)
            arrays = {}
            for name, entry in entries.items():
                try:
                    with archive.open(entry) as member:
                        arrays[name] = _read(member, entry.file_size)
                except _BadArrayError as problem:
                    raise ModelFileError(f"{path}, {name}: {problem}") from None
    return Members(path, arrays)


def read_array(path: Path, *, limit: int = _LARGEST, shown: str | None = None) -> Array:
    """Read one `.npy` file.  Raises ModelFileError with file and reason."""
    name = shown or str(path)
    with _reading(path, name) as size:
        if size > limit:
            raise ModelFileError(f"{name}: {size:,} bytes, at most {limit:,} are read")
        try:
            with path.open("rb") as stream:
                return _read(stream, size)
        except _BadArrayError as problem:
            raise ModelFileError(f"{name}: {problem}") from None


def array_size(path: Path, *, shown: str | None = None) -> tuple[int, ...]:
    """The shape of a `.npy` file, from its header.  Raises ModelFileError."""
    name = shown or str(path)
    with _reading(path, name) as size:
        try:
            with path.open("rb") as stream:
                return _header(stream, size)[1]
        except _BadArrayError as problem:
            raise ModelFileError(f"{name}: {problem}") from None


@contextmanager
def _reading(path: Path, shown: str | None = None) -> Iterator[int]:
    """The size of a file; whatever goes wrong while it is read names it."""
    name = shown or str(path)
    try:
        if not path.is_file():
            raise ModelFileError(f"{name}: there is no such file")
        yield path.stat().st_size
    except OSError as problem:
        raise ModelFileError(f"{name}: {problem.strerror or problem}") from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as problem:
        raise ModelFileError(f"{name}: not a readable .npz file: {problem}") from None
    except (struct.error, ValueError, OverflowError) as problem:
        if isinstance(problem, ModelFileError):
            raise
        raise ModelFileError(f"{name}: not a readable array file: {problem}") from None
    except MemoryError:
        raise ModelFileError(f"{name}: its arrays do not fit into memory") from None


def _checked_entries(path: Path, archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """Members by name: plain names, once each, stored, together no larger than the file."""
    entries: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        name = entry.filename.removesuffix(".npy")
        if name == entry.filename or not _NAME.fullmatch(name) or ".." in name:
            raise ModelFileError(f"{path}: {entry.filename!r} is no name of an array")
        if name in entries:
            raise ModelFileError(f"{path}: the array {name} is there twice")
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
            raise ModelFileError(
                f"{path}, {name}: compressed or encrypted; write it with numpy.savez"
            )
        entries[name] = entry
    total = sum(entry.file_size for entry in entries.values())
    if total > size:
        raise ModelFileError(f"{path}: declares {total:,} bytes of arrays in a file of {size:,}")
    return entries


def _header(stream: IO[bytes], available: int) -> tuple[np.dtype[Any], tuple[int, ...], bool, int]:
    """dtype, shape, whether in Fortran order, bytes of data; checked against what is there."""
    start = stream.read(8)
    if len(start) < 8 or start[:6] != _MAGIC or start[6] not in (1, 2):
        raise _BadArrayError("not an array in NumPy's .npy format")
    width, code = (2, "<H") if start[6] == 1 else (4, "<I")
    length = struct.unpack(code, stream.read(width))[0]
    if length > _LONGEST_HEADER:
        raise _BadArrayError(f"a header of {length:,} bytes, at most {_LONGEST_HEADER:,} are read")
    text = stream.read(length).decode("latin-1")
    match = _HEADER.fullmatch(text)
    if match is None:
        raise _BadArrayError(f"not an array of numbers; its header says {text.strip()[:80]!r}")
    order, kind, width_text, fortran, dimensions = match.groups()
    if int(width_text) not in _SIZES.get(kind, ()):
        raise _BadArrayError(f"expected numbers, found dtype '{order}{kind}{width_text}'")
    dtype = np.dtype(f"{order}{kind}{width_text}")
    shape = tuple(int(part) for part in dimensions.split(",") if part.strip())
    wanted = math.prod(shape) * dtype.itemsize
    held = available - 8 - width - length
    if len(shape) > 8 or wanted != held:
        raise _BadArrayError(f"declares {wanted:,} bytes of shape {shape}, the file holds {held:,}")
    return dtype, shape, fortran == "True", wanted


def _read(stream: IO[bytes], available: int) -> Array:
    dtype, shape, fortran, wanted = _header(stream, available)
    raw = np.empty(wanted, dtype=np.uint8)
    for start in range(0, wanted, _CHUNK):
        chunk = stream.read(min(_CHUNK, wanted - start))
        if len(chunk) < min(_CHUNK, wanted - start):
            raise _BadArrayError("ends too early")
        raw[start : start + len(chunk)] = np.frombuffer(chunk, dtype=np.uint8)
    if stream.read(1):
        raise _BadArrayError("goes on after its data")
    if dtype.kind == "b":
        flat: Array = raw != 0
    else:
        flat = raw.view(dtype).astype(dtype.newbyteorder("="), copy=False)
    return flat.reshape(shape, order="F" if fortran else "C")
