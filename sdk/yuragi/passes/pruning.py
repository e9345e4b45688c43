"""Small weights left out, so that what is left fits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.graph import Edge, Graph
from yuragi.wiring.maps import Sparse

__all__ = ["pruned", "removed_share"]

Array = NDArray[Any]


def pruned(graph: Graph, name: str, most: Mapping[int, int], *, inputs: bool = True) -> Graph:
    """The graph in which each unit of `most` keeps its largest weights, at most so many.

    inputs: whether those are the weights that lead to the unit, over all projections; else those
        that leave it. Of equals the first is kept.
    """
    side = "target" if inputs else "source"
    mine = [k for k, edge in enumerate(graph.edges) if getattr(edge, side) == name]
    if not mine:
        return graph
    rows = [_rows(graph.edges[k], inputs=inputs) for k in mine]
    for unit, count in most.items():
        spans = [(row.indptr[unit], row.indptr[unit + 1]) for row in rows]
        sizes = np.concatenate(
            [
                np.abs(row.data[a:b]) * _one(graph.edges[k])
                for row, (a, b), k in zip(rows, spans, mine, strict=True)
            ]
        )
        dropped = np.ones(len(sizes), dtype=np.bool_)
        dropped[np.argsort(-sizes, kind="stable")[:count]] = False
        for row, (first, stop), part in zip(
            rows, spans, np.split(dropped, np.cumsum([b - a for a, b in spans])[:-1]), strict=True
        ):
            row.data[first:stop][part] = 0
    edges = list(graph.edges)
    for k, row in zip(mine, rows, strict=True):
        kept = scipy.sparse.csr_array(row if inputs else row.T)
        kept.eliminate_zeros()
        kept.sort_indices()
        edges[k] = replace(graph.edges[k], weights=Sparse(kept))
    return replace(graph, edges=tuple(edges))


def _rows(edge: Edge, *, inputs: bool) -> scipy.sparse.csr_array:
    matrix = edge.weights.csr()
    rows = scipy.sparse.csr_array(matrix if inputs else matrix.T, copy=True)
    rows.eliminate_zeros()
    rows.sort_indices()
    return rows


def _one(edge: Edge) -> float:
    """What a stored weight counts for beside those of other projections."""
    return edge.scale if edge.weights.dtype.kind in "iu" else 1.0


def removed_share(before: Graph, after: Graph) -> float:
    """sqrt(sum (w - w')^2 / sum w^2) over all projections of both graphs, in order."""
    lost = power = 0.0
    for old, new in zip(before.edges, after.edges, strict=True):
        x, y = old.weights.csr() * _one(old), new.weights.csr() * _one(new)
        lost += float(np.sum((x - y).data ** 2)) if (x - y).nnz else 0.0
        power += float(np.sum(x.data**2))
    return math.sqrt(lost / power) if power else 0.0
