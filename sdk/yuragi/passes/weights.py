"""Weights on a chip's grid: the scale of each projection and the error it brings."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.graph import Edge
from yuragi.wiring.maps import LinearMap

__all__ = [
    "WeightError",
    "finest_scale",
    "rounded",
    "row_sum",
    "row_sums",
    "spare_bits",
    "weight_error",
    "with_smallest",
]

Array = NDArray[Any]
_MAX_BINARY_PLACES = 30
_SMALLEST = 2.0**-900  # below it there is no room for a scale; such weights become 0


def finest_scale(weights: LinearMap, largest: int) -> float:
    """What weight 1 stands for, so that |w| <= largest holds and as little as possible is lost.

    A power of two where every weight is a multiple of it, hence exact; else max|w| / largest. It is
    the finest of those, since the sum at a port counts in it, and so does whatever stimulates that
    port later; `with_smallest` then takes from the weights what an exponent says as well.
    """
    values = weights.values()
    top = float(np.abs(values).max(initial=0.0))
    if top < _SMALLEST:
        return 1.0
    finest = math.floor(math.log2(largest / top))
    if finest <= _MAX_BINARY_PLACES:
        scaled = np.ldexp(values, finest)
        if np.array_equal(scaled, np.rint(scaled)):
            return 2.0**-finest
    return top / largest


def shared_scale(edge: Edge, edges: Iterable[Edge], largest: int) -> float:
    """The finest scale of an edge; that of a parallel one, where the weights lie on it as well.

    Parallel are edges of the same source, target and port, such as those of several delays.
    """
    ends = edge.source, edge.target, edge.port
    parallel = (e for e in edges if (e.source, e.target, e.port) == ends)
    scale = max(finest_scale(e.weights, largest) for e in parallel)
    steps = edge.weights.values() / scale
    same = np.allclose(steps, np.rint(steps), rtol=0.0, atol=1e-9)
    return scale if same else finest_scale(edge.weights, largest)


def rounded(weights: LinearMap, scale: float, largest: int, *, even: bool = False) -> LinearMap:
    """The map in integers, round half to even, clipped to |w| <= largest.

    even: only even integers, as where the lowest bit holds the sign.
    """
    step = 2 if even else 1
    grid = np.rint(weights.values() / (scale * step)) * step
    clipped = np.clip(grid, -largest, largest)
    return weights.changed(clipped.astype(np.int8 if largest < 128 else np.int16))


def spare_bits(edge: Edge) -> int:
    """How many times 2 divides every weight of an edge in integers; 0 where it learns."""
    if edge.plasticity is not None:
        return 0
    bits = int(np.bitwise_or.reduce(edge.weights.values().astype(np.int64), initial=0))
    return (bits & -bits).bit_length() - 1 if bits else 0


def with_smallest(edge: Edge, highest: int) -> Edge:
    """An edge in integers with the smallest weights that say the same.  highest: exponent"""
    bits = min(spare_bits(edge), max(highest - edge.shift, 0))
    if not bits:
        return edge
    weights = edge.weights.changed(edge.weights.values() >> bits)
    return replace(edge, weights=weights, shift=edge.shift + bits, scale=edge.scale * 2.0**bits)


def row_sum(weights: LinearMap) -> int:
    """The largest sum of |w| over the inputs of a unit."""
    matrix = abs(weights.csr().astype(np.int64))
    return int(matrix.sum(axis=1).max(initial=0)) if matrix.nnz else 0


def row_sums(weights: LinearMap) -> tuple[Array, Array]:
    """Sums of the negative and of the positive weights of each unit.  shapes (post,)"""
    csr = weights.csr()
    low, high = (np.zeros(weights.shape[0], dtype=np.int64) for _ in range(2))
    filled = np.flatnonzero(np.diff(csr.indptr))
    if len(filled):
        first = csr.indptr[filled]
        low[filled] = np.add.reduceat(np.minimum(csr.data, 0), first, dtype=np.int64)
        high[filled] = np.add.reduceat(np.maximum(csr.data, 0), first, dtype=np.int64)
    return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightError:
    """What rounding did to a projection.

    relative: sqrt(sum (w - w')^2 / sum w^2).    lost: weights that became 0.
    """

    relative: float
    lost: int
    synapses: int

    def __str__(self) -> str:
        return (
            f"{self.synapses:,} weights, relative error {self.relative:.2%}, {self.lost:,} became 0"
        )


def weight_error(before: Edge, after: Edge) -> WeightError:
    """Compare the weights of an edge before and after rounding."""
    real = np.ldexp(before.weights.values(), before.shift)
    grid = after.weights.values()
    power = float(np.sum(real**2))
    difference = float(np.sum((real - grid * after.scale) ** 2))
    return WeightError(
        relative=math.sqrt(difference / power) if power else 0.0,
        lost=int(np.count_nonzero((grid == 0) & (real != 0))),
        synapses=before.weights.synapses,
    )
