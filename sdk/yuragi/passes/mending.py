"""Networks changed until a limit holds: exponents, initial values, delays, reached cores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.graph import Edge, Graph
from yuragi.placement import Placement
from yuragi.wiring.maps import Sparse

__all__ = [
    "with_initial_within",
    "with_longer_delays",
    "with_smaller_exponents",
    "within_cores",
]

Array = NDArray[Any]


def with_smaller_exponents(graph: Graph, excess: Mapping[str, int], top: int) -> Graph:
    """Integer weights times 2^excess at exponents that are smaller by it, clipped to |w| <= top."""

    def change(edge: Edge) -> Edge:
        bits = excess.get(edge.name, 0)
        if not bits or edge.weights.dtype.kind not in "iu":
            return edge
        grown = np.clip(np.ldexp(edge.weights.values().astype(float), bits), -top, top)
        kind = edge.weights.dtype if top < 2**7 else np.int16
        weights = edge.weights.changed(grown.astype(kind))
        return replace(edge, weights=weights, shift=edge.shift - bits, scale=edge.scale / 2.0**bits)

    return replace(graph, edges=tuple(change(edge) for edge in graph.edges))


def with_initial_within(graph: Graph, names: set[str], bits: int) -> Graph:
    """States of the populations that start at the ends of a word where they started beyond."""
    top = 2 ** (bits - 1) - 1
    nodes = tuple(
        replace(n, initial={k: np.clip(v, -top, top) for k, v in n.initial.items()})
        if n.name in names
        else n
        for n in graph.nodes
    )
    return replace(graph, nodes=nodes)


def with_longer_delays(graph: Graph, names: set[str], shortest: int) -> Graph:
    """Projections that arrive after `shortest` steps at the earliest."""
    edges = tuple(
        replace(e, delay=max(e.delay, shortest)) if e.name in names else e for e in graph.edges
    )
    return replace(graph, edges=edges)


def within_cores(graph: Graph, name: str, placement: Placement, most: int) -> Graph:
    """Each unit of a population keeps the synapses to the `most` cores with its largest weights."""
    mine = [k for k, edge in enumerate(graph.edges) if edge.source == name]
    cores = len(placement.used)
    size = graph.node(name).size
    power = np.zeros((size, cores))
    coo = {k: graph.edges[k].weights.csr().tocoo() for k in mine}
    homes = {k: placement.core_of(graph.edges[k].target) for k in mine}
    for k, entries in coo.items():
        np.add.at(power, (entries.col, homes[k][entries.row]), np.abs(entries.data) + 1e-300)
    kept = np.zeros((size, cores), dtype=np.bool_)
    best = np.argsort(-power, axis=1, kind="stable")[:, :most]
    np.put_along_axis(kept, best, values=True, axis=1)
    edges = list(graph.edges)
    for k, entries in coo.items():
        stays = kept[entries.col, homes[k][entries.row]]
        parts = (entries.data[stays], (entries.row[stays], entries.col[stays]))
        matrix = scipy.sparse.csr_array(parts, shape=entries.shape)
        matrix.sort_indices()
        edges[k] = replace(edges[k], weights=Sparse(matrix))
    return replace(graph, edges=tuple(edges))
