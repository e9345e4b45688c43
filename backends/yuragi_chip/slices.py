"""Weights by target unit, some targets side by side, for steps in which many units send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi_chip.vectors import SIDE

__all__ = ["Slices", "sliced"]

Array = NDArray[Any]
_FULL = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slices:
    """Rows of a sparse array, SIDE of them in a slice, as long as the longest of it.

    A sum over a row is formed one source after the other, so that its bits are those of a row by
    itself; SIDE sums are formed at a time.
    Source: Kreutzer and others, SIAM J. Sci. Comput. 36 (2014) C401, the format SELL-C.

    pointer: where each slice begins, shape (slices + 1,)
    source, weight: ascending sources; what is missing is weight 0 from a unit beyond the last,
        which sends nothing, shape (entries, SIDE)
    """

    pointer: Array
    source: Array
    weight: Array


def sliced(matrix: scipy.sparse.csr_array) -> Slices | None:
    """The slices of an array of shape (post, pre); None where most of them would be missing."""
    post, pre = matrix.shape
    length = np.zeros(-(-post // SIDE) * SIDE, dtype=np.int64)
    length[:post] = np.diff(matrix.indptr)
    pointer = np.concatenate(([0], np.cumsum(length.reshape(-1, SIDE).max(axis=1))))
    if pointer[-1] * SIDE > _FULL * matrix.nnz:
        return None
    row = np.repeat(np.arange(post), length[:post])
    place = np.arange(matrix.nnz) - matrix.indptr[row] + pointer[row // SIDE]
    source = np.full((pointer[-1], SIDE), pre, dtype=np.uint16 if pre < 2**16 else np.int32)
    weight = np.zeros(source.shape, dtype=matrix.dtype)
    source[place, row % SIDE] = matrix.indices
    weight[place, row % SIDE] = matrix.data
    return Slices(pointer=pointer.astype(np.int32), source=source, weight=weight)
