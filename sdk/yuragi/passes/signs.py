"""Projections by the sign of their weights, for chips on which a source excites or inhibits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.graph import Edge, Graph, Node, Stimulus
from yuragi.wiring.maps import Sparse, synaptic

__all__ = ["by_sign", "signs_of", "with_one_sign"]

Array = NDArray[Any]


def by_sign(graph: Graph) -> Graph:
    """The graph with a projection each for the positive and the negative weights of a mixed one."""
    return replace(graph, edges=tuple(part for edge in graph.edges for part in _parted(edge)))


def _parted(edge: Edge) -> Iterator[Edge]:
    values = edge.weights.values()
    if not ((values > 0).any() and (values < 0).any()):
        yield edge
        return
    for side in (np.maximum, np.minimum):
        if edge.weights.shared_weights is None:
            matrix = edge.weights.csr().copy()
            matrix.data = side(matrix.data, 0)
            matrix.eliminate_zeros()
            yield replace(edge, weights=Sparse(matrix))
        else:
            yield replace(edge, weights=edge.weights.changed(side(values, 0)))


def signs_of(graph: Graph, name: str) -> Array:
    """How many signs the weights of each unit have, 0 to 2.  shape (size,)"""
    positive, negative = (np.zeros(graph.node(name).size, dtype=np.bool_) for _ in range(2))
    for edge in graph.edges:
        if edge.source == name:
            matrix = synaptic(edge.weights.csr())
            positive[matrix.indices[matrix.data > 0]] = True
            negative[matrix.indices[matrix.data < 0]] = True
    return positive.astype(np.int64) + negative


def with_one_sign(graph: Graph, names: set[str]) -> tuple[Graph, tuple[str, ...]]:
    """The graph with a copy of every unit whose weights have both signs, and the names of these.

    A copy is driven as its unit is, sends what it sends, and has its negative weights.
    """
    taken = {node.name for node in graph.nodes}
    for name in sorted(names):
        node = graph.node(name)
        units = np.flatnonzero(signs_of(graph, name) > 1)
        copy = _part(node, units, _free(f"{name}_inhibiting", taken))
        taken.add(copy.name)
        edges = tuple(part for edge in graph.edges for part in _copied(edge, name, copy, units))
        fed = tuple(_fed(s, copy, units) for s in graph.stimuli if s.target == name)
        graph = replace(
            graph, nodes=(*graph.nodes, copy), edges=edges, stimuli=(*graph.stimuli, *fed)
        )
    return graph, tuple(node.name for node in graph.nodes[len(graph.nodes) - len(names) :])


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "x"
    return name


def _part(node: Node, units: Array, name: str) -> Node:
    def of_units(values: Array) -> Array:
        return values[units] if values.ndim else values

    return replace(
        node,
        name=name,
        size=len(units),
        parameters={key: of_units(values) for key, values in node.parameters.items()},
        initial={key: of_units(values) for key, values in node.initial.items()},
    )


def _copied(edge: Edge, name: str, copy: Node, units: Array) -> Iterator[Edge]:
    """A projection with what leads to a copy and, if the unit is its source, what leads from it."""
    froms = _sources(edge, copy, units) if edge.source == name else (edge,)
    for part in froms:
        yield part
        if part.target == name:
            rows = scipy.sparse.csr_array(part.weights.csr()[units])
            yield replace(part, target=copy.name, weights=Sparse(rows))


def _sources(edge: Edge, copy: Node, units: Array) -> Iterator[Edge]:
    matrix = edge.weights.csr().tocoo()
    moved = np.isin(matrix.col, units) & (matrix.data < 0)
    place = np.zeros(matrix.shape[1], dtype=np.int64)
    place[units] = np.arange(len(units))
    stays = (matrix.data[~moved], (matrix.row[~moved], matrix.col[~moved]))
    goes = (matrix.data[moved], (matrix.row[moved], place[matrix.col[moved]]))
    ends = ((edge.source, stays, matrix.shape[1]), (copy.name, goes, copy.size))
    for source, entries, size in ends:
        rows = scipy.sparse.csr_array(entries, shape=(matrix.shape[0], size))
        rows.sort_indices()
        if rows.nnz:
            yield replace(edge, source=source, weights=Sparse(rows))


def _fed(stimulus: Stimulus, copy: Node, units: Array) -> Stimulus:
    return replace(stimulus, target=copy.name, values=stimulus.values[..., units])
