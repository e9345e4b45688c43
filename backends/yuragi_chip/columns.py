"""The weights of an edge in the order in which events pass them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.graph import Edge, Graph
from yuragi.wiring.maps import Columns, Dense, synaptic
from yuragi.wiring.packed import Packed, pack
from yuragi_chip.slices import Slices, sliced

__all__ = ["Synapses", "sharing", "synapses"]

Array = NDArray[Any]
_BOTH_UP_TO = 2**22
_PIECES = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Synapses:
    """The weights of an edge by source unit; made once for a program.

    pointer, target: compressed columns; None for a full array, whose weight is (pre, post).
    packed: the same in one word each, which `weight` is then, without `target`.
    heaviest: no sum of |w| over the inputs of a unit is above; 0 for floats.
    rows: the same weights by target unit, where many send at a time.
    """

    pointer: Array | None
    target: Array | None
    weight: Array
    heaviest: int = 0
    packed: Packed | None = None
    rows: Slices | None = None


def synapses(graph: Graph) -> tuple[Synapses, ...]:
    """The weights of every edge in the order of the compiled loops."""
    return tuple(_synapses(graph, edge) for edge in graph.edges)


def sharing(graph: Graph, weights: tuple[Synapses, ...]) -> Graph:
    """The graph on the columns themselves where they are large, so that they are held once."""
    edges = []
    for edge, held in zip(graph.edges, weights, strict=True):
        kept = held.pointer is None or edge.weights.shared_weights is not None
        if kept or edge.plasticity is not None or len(held.weight) <= _BOTH_UP_TO:
            edges.append(edge)
            continue
        arrays = held.weight, held.target, held.pointer
        shared = held.packed or Columns(scipy.sparse.csc_array(arrays, shape=edge.weights.shape))
        edges.append(replace(edge, weights=shared))
    return replace(graph, edges=tuple(edges))


def _synapses(graph: Graph, edge: Edge) -> Synapses:
    if isinstance(edge.weights, Dense):
        weight = np.ascontiguousarray(edge.weights.w.T)
        heaviest = edge.weights.shape[1] * _largest(weight)
        return Synapses(pointer=None, target=None, weight=weight, heaviest=heaviest)
    matrix = edge.weights.csr()
    columns = matrix.tocsc() if edge.plasticity else synaptic(matrix.tocsc())
    post = matrix.shape[0]
    heaviest = _heaviest(columns, matrix)
    rows = None
    if not graph.node(edge.source).dynamics.spiking and columns.nnz <= _BOTH_UP_TO:
        rows = sliced(matrix)
    packed = None if rows or edge.plasticity else pack(columns, edge.shift)
    if packed:
        return Synapses(
            pointer=packed.pointer, target=None, weight=packed.words, heaviest=heaviest,
            packed=packed,
        )  # fmt: skip
    return Synapses(
        pointer=np.ascontiguousarray(columns.indptr, dtype=np.int32),
        target=_narrow(columns.indices, post),
        weight=_exact(columns.data),
        heaviest=heaviest,
        rows=rows,
    )


def _exact(weight: Array) -> Array:
    """Floats in 32 bits where that loses nothing."""
    if weight.dtype != np.float64:
        return weight
    with np.errstate(over="ignore", under="ignore"):
        pieces = np.array_split(weight, _PIECES)
        same = all((part == part.astype(np.float32)).all() for part in pieces)
        return weight.astype(np.float32) if same else weight


def _heaviest(columns: scipy.sparse.csc_array, matrix: scipy.sparse.csr_array) -> int:
    """The largest sum of |w| over the inputs of a unit; a bound of it where there are many."""
    largest = _largest(columns.data)
    if not largest or columns.nnz > _BOTH_UP_TO:
        return int(np.diff(matrix.indptr).max(initial=0)) * largest
    sums = np.bincount(columns.indices, np.abs(columns.data, dtype=np.float64))
    return int(sums.max())


def _largest(weight: Array) -> int:
    if weight.dtype.kind == "f" or not weight.size:
        return 0
    return max(abs(int(weight.min())), abs(int(weight.max())))


def _narrow(units: Array, size: int) -> Array:
    """Unit numbers in the shortest type that holds them: they are read for every event."""
    return np.ascontiguousarray(units, dtype=np.uint16 if size <= 2**16 else np.int32)
