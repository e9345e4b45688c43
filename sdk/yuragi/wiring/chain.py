"""Maps one after the other, and the one map that they come to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.errors import GraphError
from yuragi.wiring.convolution import Convolution
from yuragi.wiring.maps import Dense, LinearMap, Sparse, as_map

__all__ = ["Chain", "chain"]

Array = NDArray[Any]
_MOST: Final = 2**31 - 1


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chain(LinearMap):
    """What several maps do one after the other; sums are those of `fused`.

    parts: in the order in which a signal passes them.
    fused: the one map that they come to; made by `chain`.
    """

    parts: tuple[LinearMap, ...]
    fused: LinearMap

    @property
    def shape(self) -> tuple[int, int]:
        return self.fused.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.fused.dtype

    @property
    def synapses(self) -> int:
        return self.fused.synapses

    @property
    def shared_weights(self) -> int | None:
        return self.fused.shared_weights

    def csr(self) -> scipy.sparse.csr_array:
        return self.fused.csr()

    def values(self) -> Array:
        return self.fused.values()

    def changed(self, values: Array) -> LinearMap:
        return self.fused.changed(values)


def chain(parts: Sequence[LinearMap]) -> LinearMap:
    """The map of a signal that passes several, the first of `parts` first; one map is itself.

    A convolution after pooling stays one kernel where the borders allow it.
    Raises GraphError where they do not fit each other, or would be too large.
    """
    flat = [part for each in parts for part in (each.parts if type(each) is Chain else (each,))]
    if not flat:
        raise GraphError("a chain needs at least one map")
    fused = flat[0]
    for part in flat[1:]:
        if part.shape[1] != fused.shape[0]:
            raise GraphError(f"a chain: {fused.shape} and then {part.shape} do not fit")
        fused = _after(part, fused)
    return flat[0] if len(flat) == 1 else Chain(parts=tuple(flat), fused=fused)


def _after(second: LinearMap, first: LinearMap) -> LinearMap:
    """The map second @ first."""
    if isinstance(second, Convolution) and isinstance(first, Convolution):
        joined = _joined(second, first)
        if joined is not None:
            return joined
    fan_in = np.diff(first.csr().indptr).max(initial=0)
    if int(fan_in) * second.synapses > 8 * _MOST:
        raise GraphError(f"a chain of more than {_MOST:,} synapses")
    product = scipy.sparse.csr_array(second.csr() @ first.csr())
    product.sum_duplicates()
    if product.nnz > _MOST:
        raise GraphError(f"a chain of {product.nnz:,} synapses, at most {_MOST:,} an edge")
    full = isinstance(second, Dense) and 2 * product.nnz > math.prod(product.shape)
    return as_map(product.toarray()) if full else Sparse(_narrow(product))


def _narrow(matrix: scipy.sparse.csr_array) -> scipy.sparse.csr_array:
    matrix.indices = matrix.indices.astype(np.int32, copy=False)
    matrix.indptr = matrix.indptr.astype(np.int32, copy=False)
    return matrix


def _joined(conv: Convolution, pool: Convolution) -> Convolution | None:
    """One kernel for a convolution after a pool, as if the pooled image had no end of its own.

    None where that would read beyond the pooled image, or where `pool` mixes channels.
    """
    if pool.kernel.shape[1] != 1 or pool.groups != pool.kernel.shape[0]:
        return None
    axes = range(len(conv.size))
    if any(pool.dilation[a] != 1 or not _ends_meet(conv, pool, a) for a in axes):
        return None
    window = tuple(
        conv.dilation[a] * (conv.window[a] - 1) * pool.stride[a] + pool.window[a] for a in axes
    )
    out, inner = conv.kernel.shape[:2]
    kernel = np.zeros((out, inner, *window), dtype=conv.dtype)
    first = (np.arange(out) // (out // conv.groups) * inner)[:, None] + np.arange(inner)
    pools = pool.kernel[first, 0]  # (out, inner, *pool window)
    for tap in np.ndindex(*conv.window):
        weight = conv.kernel[(slice(None), slice(None), *tap)]
        start = [conv.dilation[a] * tap[a] * pool.stride[a] for a in axes]
        place = tuple(slice(s, s + n) for s, n in zip(start, pool.window, strict=True))
        kernel[(slice(None), slice(None), *place)] += (
            weight.reshape(out, inner, *(1 for _ in axes)) * pools
        )
    stride = tuple(conv.stride[a] * pool.stride[a] for a in axes)
    low = [conv.padding[a][0] * pool.stride[a] + pool.padding[a][0] for a in axes]
    high = [
        (conv.output_shape[1 + a] - 1) * stride[a] + window[a] - pool.size[a] - low[a] for a in axes
    ]
    if any(n <= -stride[a] for a, n in enumerate(high)):
        return None
    return Convolution(
        kernel=kernel,
        size=pool.size,
        stride=stride,
        padding=tuple((a, max(b, 0)) for a, b in zip(low, high, strict=True)),
        dilation=tuple(1 for _ in axes),
        groups=conv.groups,
    )


def _ends_meet(conv: Convolution, pool: Convolution, axis: int) -> bool:
    """Whether places beyond the pooled image see nothing of the image before it."""
    before, after = conv.padding[axis]
    stride, window, low = pool.stride[axis], pool.window[axis], pool.padding[axis][0]
    length = pool.output_shape[1 + axis]
    return (before == 0 or window <= stride + low) and (
        after == 0 or length * stride - low >= pool.size[axis]
    )
