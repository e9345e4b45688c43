"""Who reaches whom: the synapses of all populations as one pattern of units, by target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.graph import Graph
from yuragi.passes.placing.compiled import compiled

__all__ = ["Pattern", "pattern", "turned"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """Units of all populations, numbered through in the order of the graph.

    first: where each population starts.                       shape (populations + 1,)
    pointer, source: source[pointer[i]:pointer[i + 1]] send to unit i; one that does so by two
        projections stands there twice.
    """

    names: tuple[str, ...]
    first: Array
    pointer: Array
    source: Array

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


def pattern(graph: Graph) -> Pattern:
    """The pattern of a graph's synapses; integers of 0 are none, unless they learn."""
    names = tuple(node.name for node in graph.nodes)
    first = np.concatenate(([0], np.cumsum([node.size for node in graph.nodes]))).astype(np.int64)
    begin = dict(zip(names, first.tolist(), strict=False))
    number = np.zeros(int(first[-1]), dtype=np.int64)
    blocks = []
    for edge in graph.edges:
        matrix = edge.weights.csr()
        every = matrix.dtype.kind == "f" or edge.plasticity is not None
        kept = np.ones(matrix.nnz, dtype=np.bool_) if every else matrix.data != 0
        starts = matrix.indptr.astype(np.int64)
        blocks.append((begin[edge.target], begin[edge.source], starts, matrix.indices, kept))
        total = np.concatenate(([0], np.cumsum(kept)))[starts]
        number[begin[edge.target] : begin[edge.target] + len(starts) - 1] += np.diff(total)
    pointer = np.concatenate(([0], np.cumsum(number)))
    source = np.empty(int(pointer[-1]), dtype=np.int32)
    cursor = pointer[:-1].copy()
    for target, offset, starts, indices, kept in blocks:
        _append(target, offset, starts, indices.astype(np.int32, copy=False), kept, cursor, source)
    return Pattern(names=names, first=first, pointer=pointer, source=source)


def turned(found: Pattern) -> tuple[Array, Array]:
    """The same by source: (pointer, target), targets ascending."""
    number = np.bincount(found.source, minlength=found.units)
    pointer = np.concatenate(([0], np.cumsum(number)))
    target = np.empty(len(found.source), dtype=np.int32)
    _turn(found.pointer, found.source, pointer[:-1].copy(), target)
    return pointer, target


@compiled
def _append(
    target: int, offset: int, starts: Any, indices: Any, kept: Any, cursor: Any, source: Any
) -> None:
    for row in range(starts.shape[0] - 1):
        at = cursor[target + row]
        for entry in range(starts[row], starts[row + 1]):
            if kept[entry]:
                source[at] = offset + indices[entry]
                at += 1
        cursor[target + row] = at


@compiled
def _turn(pointer: Any, source: Any, cursor: Any, target: Any) -> None:
    for unit in range(pointer.shape[0] - 1):
        for entry in range(pointer[unit], pointer[unit + 1]):
            target[cursor[source[entry]]] = unit
            cursor[source[entry]] += 1
