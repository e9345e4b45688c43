"""A NIR file as plain data, read without trust.

NIR files are HDF5, and the library for HDF5 crashes or never ends on some damaged files. So `walk`,
a program of its own with limits of time and memory, reads the file and checks it; what comes out is
nested dicts of arrays and texts, as `nir` writes them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yuragi.confined import confined
from yuragi.errors import DependencyError, ModelFileError

__all__ = ["Plain", "nir_module", "plain_of", "read_plain"]

Array = NDArray[Any]
Plain: TypeAlias = "dict[str, Plain] | Array | str"
_WALK = Path(__file__).with_name("walk.py")
_SECONDS = 20
_PER_SECOND = 1 << 22  # bytes of a file that are unpacked in a second, at least
_MEMORY = 6 << 30
_MISSING = "NIR files need {}: pip install 'yuragi[nir]'"


def nir_module(name: str) -> Any:
    """A library that the extra `nir` brings."""
    try:
        return import_module(name)
    except ImportError as error:
        raise DependencyError(f"{_MISSING.format(name)} ({error})") from None


def read_plain(path: Path) -> dict[str, Plain]:
    """Everything in a file, attributes under "@name".

    Raises ModelFileError with file, object and rule; DependencyError without h5py.
    """
    if find_spec("h5py") is None:
        raise DependencyError(_MISSING.format("h5py"))
    if not path.is_file():
        raise ModelFileError(f"{path}: there is no such file")
    size = path.stat().st_size
    found: dict[str, Plain] = {}
    with confined(
        _WALK,
        str(path.resolve()),
        str(size),
        what=f"{path}: not a readable HDF5 file",
        seconds=_SECONDS + size // _PER_SECOND,
        memory=_MEMORY,
    ) as output:
        for line in output:
            _add(found, json.loads(line), output, path)
    return found


def _add(found: dict[str, Plain], line: list[Any], output: IO[bytes], path: Path) -> None:
    """Put what a line of `walk` says where it belongs."""
    kind, place, *rest = line
    if kind == "unreadable":
        raise ModelFileError(f"{path}: {place}")
    if kind == "refused":
        # "node/nodes/w@units": an attribute's name has its sign already.
        where = "/".join(place).replace("/@", "@")
        raise ModelFileError(f"{path}, {where or '/'}: {rest[0]}")
    if not place:
        return
    inner: Any = found
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = _READERS[kind](output, *rest)


def _array(output: IO[bytes], dtype: str, shape: list[int]) -> Array:
    values = np.fromfile(output, dtype=dtype, count=math.prod(shape))
    return values.reshape(shape)


def _texts(_output: IO[bytes], shape: list[int], texts: list[str]) -> Array:
    return np.array(texts, dtype=object).reshape(shape)


_READERS: Mapping[str, Any] = {
    "array": _array,
    "group": lambda _output: {},
    "text": lambda _output, text: text,
    "texts": _texts,
}


def plain_of(value: Any) -> Plain:
    """The dictionary of a graph of the `nir` package in the same form."""
    if isinstance(value, Mapping):
        return {str(key): plain_of(item) for key, item in value.items() if item is not None}
    if isinstance(value, (bytes, str)):
        return value.decode("utf-8") if isinstance(value, bytes) else value
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.asarray(value)
