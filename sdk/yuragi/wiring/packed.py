"""Integer weights and their targets, a synapse in one word of 32 bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.wiring.maps import Columns, LinearMap

__all__ = ["HALF", "STRIDE", "Packed", "pack"]

Array = NDArray[Any]
_BITS = 32
# Half a word: a target of so many bits, the weight in the others, is taken apart soonest.
HALF = 16
# Rows are filled up to a multiple of this, where that makes no more than 1 word in _FILLED of it.
STRIDE = 4
_FILLED = 8
_PART = 2**22
_MOST = 2**30


@final
@dataclass(frozen=True, slots=True, eq=False)
class Packed(LinearMap):
    """Compressed columns, as events pass them: the rows are made when asked for.

    pointer: where the words of each source unit begin, shape (pre + 1,)
    words: the target in the highest `bits`, w 2^shift in the others, shape (words,). No synapse has
        weight 0: a word that has it fills up the words of a source, as `filling` of them do.
    kind: what a single weight is held in.
    """

    pointer: Array
    words: Array
    filling: int
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
        return len(self.words) - self.filling

    @property
    def target(self) -> Array:
        """The target of each word.  shape (words,)"""
        return (self.words >> np.uint32(_BITS - self.bits)).astype(np.int32)

    def csr(self) -> scipy.sparse.csr_array:
        return self.changed(self.values()).csr()

    def values(self) -> Array:
        words = (self.words << np.uint32(self.bits)).view(np.int32)
        words >>= self.bits + self.shift
        return words[self._held()].astype(self.kind)

    def changed(self, values: Array) -> Columns:
        held = self._held()
        before = np.zeros(len(held) + 1, dtype=np.int32)
        np.cumsum(held, out=before[1:])
        arrays = values, self.target[held], before[self.pointer]
        return Columns(scipy.sparse.csc_array(arrays, shape=self.shape))

    def _held(self) -> Array:
        """Which words are synapses."""
        return self.words << np.uint32(self.bits) != 0


def pack(columns: scipy.sparse.csc_array, shift: int) -> Packed | None:
    """Integer weights, times 2^shift where that fits too.

    columns: no weight is 0.      shape (post, pre)
    Returns None for floats, and where 32 bits are too few.
    """
    post, data = columns.shape[0], columns.data
    if data.dtype.kind == "f":
        return None
    fewest = (post - 1).bit_length() if post > 1 else 0
    low, high = int(data.min(initial=0)), int(data.max(initial=0))
    for more in dict.fromkeys((shift, 0)):
        for bits in dict.fromkeys((max(HALF, fewest), fewest)):
            limit = 1 << (_BITS - bits - 1) if bits < _BITS else 0
            if -limit <= low << more and high << more < limit:
                pointer, words = _filled_up(columns.indptr, _words(columns, bits, more), bits)
                filling = len(words) - len(data)
                return Packed(pointer, words, filling, bits, more, post, data.dtype)
    return None


def _words(columns: scipy.sparse.csc_array, bits: int, shift: int) -> Array:
    words = columns.data.astype(np.int32).view(np.uint32)
    words <<= np.uint32(bits + shift)
    words >>= np.uint32(bits)
    for first in range(0, len(words), _PART):
        target = columns.indices[first : first + _PART].astype(np.uint32)
        words[first : first + _PART] |= target << np.uint32(_BITS - bits)
    return words


def _filled_up(pointer: Array, words: Array, bits: int) -> tuple[Array, Array]:
    """The words of each source with what fills them up: no weight for its last target."""
    missing = -np.diff(pointer) % STRIDE
    if _FILLED * int(missing.sum()) <= len(words) < _MOST:
        ends = np.repeat(pointer[1:], missing)
        weightless = words[ends - 1] >> np.uint32(_BITS - bits) << np.uint32(_BITS - bits)
        words = np.insert(words, ends, weightless) if len(ends) else words
        pointer = pointer + np.concatenate(([0], np.cumsum(missing)))
    return np.ascontiguousarray(pointer, dtype=np.int32), words
