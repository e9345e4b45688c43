"""Arrays that begin where a cache line does, so that a vector of the processor lies in one line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["zeros"]

_LINE = 64


def zeros(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """As numpy.zeros, from the start of a cache line on."""
    kind = np.dtype(dtype)
    size = math.prod(shape) * kind.itemsize
    held = np.zeros(size + _LINE, dtype=np.uint8)
    first = -held.ctypes.data % _LINE
    return held[first : first + size].view(kind).reshape(shape)
