"""A program that walks through an HDF5 file and writes what it holds, in lines and bytes.

It is run by `document` in a process of its own and imports nothing of this package. Before a
dataset is read, its type and size are checked; links out of the file, links by name, cycles,
datasets elsewhere or made of others, and filters that NIR files do not use are refused.

Each line is a JSON list: ["group", place], ["text", place, text], ["texts", place, shape, texts],
or ["array", place, dtype, shape] with the array's bytes after it; ["refused", place, reason] where
a rule is broken, ["unreadable", reason] where h5py cannot read on. A place is a list of names.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass, field
from typing import IO, Any, TypeAlias

import h5py
import numpy as np

Place: TypeAlias = tuple[str, ...]
_LARGEST = 1 << 32
_MOST_OBJECTS = 200_000
_DEEPEST = 32
_GROWTH = 2000  # gzip at most 1032 : 1
_FILTERS = frozenset({"gzip", "lzf", "szip", "shuffle", "fletcher32", "scaleoffset"})
_LONGEST_TEXT = 1 << 20


class _RefusedError(Exception):
    """A rule that the file breaks: place and reason."""


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One walk through a file.

    size: bytes of the file.      seen: addresses of the objects that were met.
    taken: bytes read so far.
    """

    output: IO[bytes]
    size: int
    seen: set[int] = field(default_factory=set)
    objects: int = 0
    taken: int = 0

    def tell(self, *line: Any) -> None:
        self.output.write(json.dumps(line).encode() + b"\n")

    def group(self, group: Any, place: Place) -> None:
        """A group and all below it."""
        if len(place) > _DEEPEST:
            raise _RefusedError(place, f"more than {_DEEPEST} groups inside each other")
        self.tell("group", place)
        self.attributes(group, place)
        for name in group:
            self.member(group, name, (*place, name))

    def member(self, group: Any, name: str, place: Place) -> None:
        self.objects += 1
        if self.objects > _MOST_OBJECTS:
            raise _RefusedError(place, f"more than {_MOST_OBJECTS:,} objects in the file")
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise _RefusedError(place, "a link to another place or file; these are not followed")
        # The address stands in the link; the object itself need not be asked.
        address = group.id.links.get_info(name.encode("utf-8")).u
        if address in self.seen:
            raise _RefusedError(place, "this object is inside itself, or in two places")
        self.seen.add(address)
        held = group[name]
        if isinstance(held, h5py.Group):
            self.group(held, place)
        elif isinstance(held, h5py.Dataset):
            self.dataset(held, place)
        else:
            raise _RefusedError(place, "expected a group or a dataset")

    def attributes(self, held: Any, place: Place) -> None:
        for name in held.attrs:
            inner = (*place, f"@{name}")
            kind = held.attrs.get_id(name)
            if kind.dtype.kind not in "iufbO" or math.prod(kind.shape) > 1024:
                raise _RefusedError(inner, "expected a number or a text")
            self.value(held.attrs[name], inner)

    def dataset(self, held: Any, place: Place) -> None:
        """Its contents, after a look at what they would take."""
        kind = held.dtype
        if held.shape is None:
            raise _RefusedError(place, "an empty dataset")
        text = h5py.check_string_dtype(kind)
        if text is None and (kind.kind not in "iufb" or kind.itemsize > 8):
            raise _RefusedError(place, f"expected numbers or texts, found {kind}")
        if held.is_virtual or held.external is not None:
            raise _RefusedError(place, "its data lie in another place; they are not fetched")
        other = sorted(set(held._filters) - _FILTERS)
        if other:
            raise _RefusedError(place, f"stored through the unknown filter {', '.join(other)}")
        wanted = math.prod(held.shape) * kind.itemsize
        self.take(wanted, place, held.shape)
        stored = held.id.get_storage_size()
        if len(held.shape) > 8 or wanted > min(max(stored, 1), self.size) * _GROWTH:
            raise _RefusedError(
                place, f"declares {wanted:,} bytes of shape {held.shape}, the file holds {stored:,}"
            )
        self.value(held[()], place)

    def take(self, size: int, place: Place, shape: tuple[int, ...]) -> None:
        self.taken += size
        if self.taken > _LARGEST:
            raise _RefusedError(place, f"shape {shape}: at most {_LARGEST:,} bytes are read")

    def value(self, value: Any, place: Place) -> None:
        """An array of numbers, an array of texts, or a text."""
        if isinstance(value, (bytes, str)):
            self.tell("text", place, self.text(value, place))
            return
        array = np.asarray(value)
        if array.dtype.kind in "OSU":
            texts = [self.text(item, place) for item in array.reshape(-1).tolist()]
            self.tell("texts", place, array.shape, texts)
            return
        self.tell("array", place, array.dtype.str, array.shape)
        self.output.write(np.ascontiguousarray(array).data)

    def text(self, value: object, place: Place) -> str:
        if not isinstance(value, (bytes, str)) or len(value) > _LONGEST_TEXT:
            raise _RefusedError(place, "expected a text")
        self.take(len(value), place, ())
        try:
            return value.decode("utf-8") if isinstance(value, bytes) else value
        except UnicodeDecodeError:
            raise _RefusedError(place, "a text that is not UTF-8") from None


def _ending(path: str, size: int, output: IO[bytes]) -> tuple[str, ...] | None:
    """Write what a file holds; the line that says what went wrong, if anything did."""
    try:
        if not h5py.is_hdf5(path):
            return "unreadable", "not an HDF5 file, which NIR files are"
        with h5py.File(path, "r") as file:
            _Walk(output=output, size=size).group(file, ())
    except _RefusedError as refused:
        return "refused", *refused.args
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeError) as problem:
        reason = str(problem).strip("'\"").splitlines() or [type(problem).__name__]
        return "unreadable", f"not a readable HDF5 file: {reason[0]}"
    except MemoryError:
        return "unreadable", "its arrays do not fit into memory"
    return None


if __name__ == "__main__":
    ending = _ending(sys.argv[1], int(sys.argv[2]), sys.stdout.buffer)
    if ending is not None:
        sys.stdout.buffer.write(json.dumps(ending).encode() + b"\n")
