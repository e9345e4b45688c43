"""A NIR file as plain data, read without trust.

NIR files are HDF5. Before a dataset is read, its type and size are checked; links out of the file,
links by name, cycles, datasets elsewhere or made of others, and filters that this file format does
not use are refused. What comes out is nested dicts of arrays and texts, as `nir` writes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import DependencyError, ModelFileError

__all__ = ["Plain", "nir_module", "plain_of", "read_plain"]

Array = NDArray[Any]
Plain: TypeAlias = "dict[str, Plain] | Array | str"
_LARGEST = 1 << 32
_MOST_OBJECTS = 200_000
_DEEPEST = 32
_GROWTH = 2000  # gzip at most 1032 : 1
_FILTERS = frozenset({"gzip", "lzf", "szip", "shuffle", "fletcher32", "scaleoffset"})
_LONGEST_TEXT = 1 << 20


def nir_module(name: str) -> Any:
    """A library that the extra `nir` brings."""
    try:
        return import_module(name)
    except ImportError as error:
        raise DependencyError(
            f"NIR files need {name}: pip install 'yuragi[nir]' ({error})"
        ) from None


def read_plain(path: Path) -> dict[str, Plain]:
    """Everything in a file, attributes under "@name".

    Raises ModelFileError with file, object and rule; DependencyError without h5py.
    """
    h5py = nir_module("h5py")
    if not path.is_file():
        raise ModelFileError(f"{path}: there is no such file")
    with _failures(path):
        if not h5py.is_hdf5(path):
            raise ModelFileError(f"{path}: not an HDF5 file, which NIR files are")
        with h5py.File(path, "r") as file:
            return _Reader(h5py=h5py, path=path, size=path.stat().st_size).group(file, "", 0)


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    """What h5py raises for a damaged file, by the file's name."""
    try:
        yield
    except ModelFileError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeError) as problem:
        reason = str(problem).strip("'\"").splitlines() or [type(problem).__name__]
        raise ModelFileError(f"{path}: not a readable HDF5 file: {reason[0]}") from None
    except MemoryError:
        raise ModelFileError(f"{path}: its arrays do not fit into memory") from None


@dataclass(slots=True, kw_only=True)
class _Reader:
    """One walk through a file.

    seen: addresses of the objects that were met.  taken: bytes read so far.
    """

    h5py: Any
    path: Path
    size: int
    seen: set[int] = field(default_factory=set)
    objects: int = 0
    taken: int = 0

    def fail(self, place: str, reason: str) -> ModelFileError:
        return ModelFileError(f"{self.path}, {place or '/'}: {reason}")

    def group(self, group: Any, place: str, depth: int) -> dict[str, Plain]:
        """A group and all below it."""
        if depth > _DEEPEST:
            raise self.fail(place, f"more than {_DEEPEST} groups inside each other")
        found = dict(self.attributes(group, place))
        for name in group:
            inner = f"{place}/{name}" if place else name
            found[name] = self.member(group, name, inner, depth)
        return found

    def member(self, group: Any, name: str, place: str, depth: int) -> Plain:
        self.objects += 1
        if self.objects > _MOST_OBJECTS:
            raise self.fail(place, f"more than {_MOST_OBJECTS:,} objects in the file")
        link = group.get(name, getlink=True)
        if not isinstance(link, self.h5py.HardLink):
            raise self.fail(place, "a link to another place or file; these are not followed")
        # The address stands in the link; the object itself need not be asked.
        address = group.id.links.get_info(name.encode("utf-8")).u
        if address in self.seen:
            raise self.fail(place, "this object is inside itself, or in two places")
        self.seen.add(address)
        held = group[name]
        if isinstance(held, self.h5py.Group):
            return self.group(held, place, depth + 1)
        if not isinstance(held, self.h5py.Dataset):
            raise self.fail(place, "expected a group or a dataset")
        return self.dataset(held, place)

    def attributes(self, held: Any, place: str) -> Iterator[tuple[str, Plain]]:
        for name in held.attrs:
            kind = held.attrs.get_id(name)
            if kind.dtype.kind not in "iufbO" or math.prod(kind.shape) > 1024:
                raise self.fail(f"{place}@{name}", "expected a number or a text")
            yield f"@{name}", self.value(held.attrs[name], f"{place}@{name}")

    def dataset(self, held: Any, place: str) -> Plain:
        """Its contents, after a look at what they would take."""
        kind = held.dtype
        text = self.h5py.check_string_dtype(kind)
        if held.shape is None:
            raise self.fail(place, "an empty dataset")
        if text is None and (kind.kind not in "iufb" or kind.itemsize > 8):
            raise self.fail(place, f"expected numbers or texts, found {kind}")
        if held.is_virtual or held.external is not None:
            raise self.fail(place, "its data lie in another place; they are not fetched")
        other = sorted(set(held._filters) - _FILTERS)
        if other:
            raise self.fail(place, f"stored through the unknown filter {', '.join(other)}")
        count = math.prod(held.shape)
        wanted = count * kind.itemsize
        self.taken += wanted
        if len(held.shape) > 8 or self.taken > _LARGEST:
            raise self.fail(place, f"shape {held.shape}: at most {_LARGEST:,} bytes are read")
        stored = held.id.get_storage_size()
        if wanted > max(stored, 1) * _GROWTH or wanted > self.size * _GROWTH:
            raise self.fail(
                place, f"declares {wanted:,} bytes of shape {held.shape}, the file holds {stored:,}"
            )
        return self.value(held[()], place)

    def value(self, value: Any, place: str) -> Plain:
        """An array of numbers, an array of texts, or a text."""
        if isinstance(value, (bytes, str)):
            return self.text(value, place)
        array = np.asarray(value)
        if array.dtype.kind in "OSU":
            texts = [self.text(item, place) for item in array.reshape(-1).tolist()]
            return np.array(texts, dtype=object).reshape(array.shape)
        return array

    def text(self, value: object, place: str) -> str:
        if not isinstance(value, (bytes, str)) or len(value) > _LONGEST_TEXT:
            raise self.fail(place, "expected a text")
        try:
            return value.decode("utf-8") if isinstance(value, bytes) else value
        except UnicodeDecodeError:
            raise self.fail(place, "a text that is not UTF-8") from None


def plain_of(value: Any) -> Plain:
    """The dictionary of a graph of the `nir` package in the same form."""
    if isinstance(value, Mapping):
        return {str(key): plain_of(item) for key, item in value.items() if item is not None}
    if isinstance(value, (bytes, str)):
        return value.decode("utf-8") if isinstance(value, bytes) else value
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.asarray(value)
