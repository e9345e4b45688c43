"""Types of axons: a unit has one weight for each type, an axon one type for all its units.

Two axons of a core can share a type unless some unit has different weights for them. Which axons
share is a colouring of that graph; they are taken in order, each into the first type that it fits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

__all__ = ["types_of"]


def types_of(weights: scipy.sparse.csc_array) -> NDArray[Any]:
    """A type for each axon, from 0.  weights: of a core, shape (units, axons), result (axons,)"""
    held: list[NDArray[Any]] = []
    found = np.zeros(weights.shape[1], dtype=np.int64)
    for axon in range(weights.shape[1]):
        entries = slice(weights.indptr[axon], weights.indptr[axon + 1])
        units, values = weights.indices[entries], weights.data[entries]
        fitting = (k for k, row in enumerate(held) if _fits(row[units], values))
        kind = next(fitting, len(held))
        if kind == len(held):
            held.append(np.zeros(weights.shape[0], dtype=weights.dtype))
        held[kind][units] = values
        found[axon] = kind
    return found


def _fits(taken: NDArray[Any], values: NDArray[Any]) -> bool:
    return bool(((taken == 0) | (taken == values)).all())
