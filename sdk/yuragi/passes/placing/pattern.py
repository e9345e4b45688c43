"""Who reaches whom: the synapses of all populations as one pattern of units, by target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.graph import Edge, Graph

__all__ = ["Pattern", "pattern"]

Array = NDArray[Any]
_PIECE = 2**22


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """Units of all populations, numbered through in the order of the graph.

    first: where each population starts.                       shape (populations + 1,)
    pointer, source: source[pointer[i]:pointer[i + 1]] send to unit i; one that does so by two
        projections stands there twice.
    parallel: whether two projections connect the same populations.
    """

    names: tuple[str, ...]
    first: Array
    pointer: Array
    source: Array
    parallel: bool

    @property
    def units(self) -> int:
        """How many units there are."""
        return int(self.first[-1])

    @property
    def population(self) -> Array:
        """The population of each unit, as an index into `names`.  shape (units,)"""
        return np.repeat(np.arange(len(self.names)), np.diff(self.first))

    def part(self, name: str) -> slice:
        """The units of a population."""
        k = self.names.index(name)
        return slice(int(self.first[k]), int(self.first[k + 1]))

    def joined(self, values: Mapping[str, Array]) -> Array:
        """Values of all units from those of each population."""
        return np.concatenate([values[name] for name in self.names])

    def gathered(self, values: Array) -> Array:
        """The sum over those that send to each unit.  shape (units,)"""
        sums = np.zeros(self.units)
        for begin in range(0, len(self.source), _PIECE):
            piece = self.source[begin : begin + _PIECE]
            number = np.diff(self.pointer.clip(begin, begin + len(piece)))
            target = np.repeat(np.arange(self.units), number)
            sums += np.bincount(target, values[piece], minlength=self.units)
        return sums


def pattern(graph: Graph) -> Pattern:
    """The pattern of a graph's synapses; integers of 0 are none, unless they learn."""
    names = tuple(node.name for node in graph.nodes)
    first = np.concatenate(([0], np.cumsum([node.size for node in graph.nodes]))).astype(np.int64)
    begin = dict(zip(names, first.tolist(), strict=False))
    pointers, sources = [np.zeros(1, dtype=np.int64)], [np.zeros(0, dtype=np.int32)]
    for node in graph.nodes:
        edges = [edge for edge in graph.edges if edge.target == node.name]
        if not edges:
            pointers.append(np.full(node.size, pointers[-1][-1]))
            continue
        units = [begin[edge.source] + np.arange(edge.weights.shape[1]) for edge in edges]
        blocks = [_kept(edge) for edge in edges]
        every = blocks[0] if len(blocks) == 1 else scipy.sparse.hstack(blocks, format="csr")
        pointers.append(every.indptr[1:] + pointers[-1][-1])
        sources.append(np.concatenate(units).astype(np.int32)[every.indices])
    ends = [(edge.source, edge.target) for edge in graph.edges]
    return Pattern(
        names=names,
        first=first,
        pointer=np.concatenate(pointers),
        source=np.concatenate(sources),
        parallel=len(set(ends)) < len(ends),
    )


def _kept(edge: Edge) -> scipy.sparse.csr_array:
    """1 where there is a synapse.  shape (post, pre)"""
    matrix = edge.weights.csr()
    ones = np.ones(matrix.nnz, dtype=np.int8)
    indices, pointer = matrix.indices, matrix.indptr
    if matrix.dtype.kind != "f" and edge.plasticity is None and not matrix.data.all():
        kept = matrix.data != 0
        pointer = np.concatenate(([0], np.cumsum(kept)))[pointer]
        ones, indices = ones[: pointer[-1]], indices[kept]
    return scipy.sparse.csr_array((ones, indices, pointer), shape=matrix.shape)
