"""Integer weights and their targets, a synapse in one word of 32 bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.wiring.maps import Columns, LinearMap

__all__ = ["Packed", "pack"]

Array = NDArray[Any]
_BITS = 32


@final
@dataclass(frozen=True, slots=True, eq=False)
class Packed(LinearMap):
    """Compressed columns, as events pass them: the rows are made when asked for.

    pointer: where the synapses of each source unit begin, shape (pre + 1,)
    words: w 2^(shift + bits) + target, none of weight 0, shape (synapses,)
    kind: what a single weight is held in.
    """

    pointer: Array
    words: Array
    bits: int
    shift: int
    post: int
    kind: np.dtype[Any]

    @property
    def shape(self) -> tuple[int, int]:
        return self.post, len(self.pointer) - 1

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.kind

    @property
    def synapses(self) -> int:
        return len(self.words)

    @property
    def target(self) -> Array:
        """The target of each synapse.  shape (synapses,)"""
        return self.words & np.int32((1 << self.bits) - 1)

    def csr(self) -> scipy.sparse.csr_array:
        return self.changed(self.values()).csr()

    def values(self) -> Array:
        return (self.words >> (self.bits + self.shift)).astype(self.kind)

    def changed(self, values: Array) -> Columns:
        columns = scipy.sparse.csc_array((values, self.target, self.pointer), shape=self.shape)
        return Columns(columns)


def pack(columns: scipy.sparse.csc_array, shift: int) -> Packed | None:
    """Integer weights, times 2^shift where that fits too.

    columns: no weight is 0.      shape (post, pre)
    Returns None for floats, and where 32 bits are too few.
    """
    post, data = columns.shape[0], columns.data
    if data.dtype.kind == "f":
        return None
    bits = (post - 1).bit_length() if post > 1 else 0
    limit = 1 << (_BITS - 1 - bits) if bits < _BITS else 0
    low, high = int(data.min(initial=0)), int(data.max(initial=0))
    for more in dict.fromkeys((shift, 0)):
        if -limit <= low << more and high << more < limit:
            words = data.astype(np.int32)
            words <<= bits + more
            words |= columns.indices
            pointer = np.ascontiguousarray(columns.indptr, dtype=np.int32)
            return Packed(pointer, words, bits, more, post, data.dtype)
    return None
