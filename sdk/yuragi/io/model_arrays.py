"""The arrays of a model file: written in it, or in `.npy` files of its own folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.arrays import array_size, read_array
from yuragi.errors import GraphError

__all__ = ["ModelArrays"]

Array = NDArray[Any]


class ModelArrays:
    """Reads arrays for one model; no file outside its folder is ever opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def array(self, value: object) -> Array:
        """A number, nested lists or the contents of a file, as floats.

        Raises GraphError where lists are ragged or a file is not the model's own.
        """
        if isinstance(value, str):
            return read_array(self._path(value), shown=value).astype(np.float64, copy=False)
        try:
            return np.array(value, dtype=np.float64)
        except ValueError:
            raise GraphError("expected rows of the same length") from None

    def whole(self, value: object) -> Array:
        """The same, as whole numbers."""
        floats = self.array(value)
        if not (np.isfinite(floats).all() and (floats == np.rint(floats)).all()):
            raise GraphError("delay: expected whole steps")
        if (np.abs(floats) >= 2**31).any():
            raise GraphError("delay: expected fewer than 2^31 steps")
        return floats.astype(np.int64)

    def shape(self, value: object) -> tuple[int, ...]:
        """The shape of `array(value)`, without reading a file's data."""
        if isinstance(value, str):
            return array_size(self._path(value), shown=value)
        return self.array(value).shape

    def _path(self, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if "\\" in name or ":" in name or name.startswith("/") or ".." in parts or "\0" in name:
            raise GraphError(f"{name!r}: only files in the model's own folder are read")
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder):
            raise GraphError(f"{name!r} leads out of the model's own folder")
        return path
