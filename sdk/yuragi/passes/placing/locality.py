"""An order of units in which those that talk much stand near each other.

Multilevel: units are merged by label propagation under a largest size, the merged graph is halved
again and again, and the halves follow each other in the order. As in Karypis & Kumar, SIAM J. Sci.
Comput. 20 (1998) 359, with the clustering of Meyerhenke, Sanders & Schulz, SEA 2014, 351.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.passes.placing.compiled import compiled
from yuragi.passes.placing.halves import halve
from yuragi.passes.placing.pattern import Pattern

__all__ = ["local_order"]

Array = NDArray[Any]
_MOST_SYNAPSES = 8_000_000
_PER_GROUP = 12
_SWEEPS = 4
_LEVELS = 6
_SEED = 20
_MOST_HALVED = 10_000  # what is halved takes a time that grows with its square


def local_order(found: Pattern, rates: Array, load: Array, groups: int) -> Array:
    """All units, those of one of `groups` groups of like load next to each other.  shape (units,)

    rates: messages of each unit a step;  load: what each takes of a group, 1 a group.
    """
    graph = _symmetric(found, rates)
    weight = load.copy()
    label = np.arange(found.units)
    cap = max(float(weight.sum()) / (groups * _PER_GROUP), float(weight.max(initial=0.0)))
    for level in range(_LEVELS):
        if graph.shape[0] <= 2 * _PER_GROUP * groups:
            break
        merged = _merged(graph, weight, cap, level)
        if int(merged.max()) >= max(0.9 * len(merged), _MOST_HALVED):
            merged = _alike(graph, weight, cap)
        count = int(merged.max()) + 1
        label = merged[label]
        weight = np.bincount(merged, weights=weight, minlength=count)
        graph = _contracted(graph, merged, count)
        if count > 0.9 * len(merged):
            break
    rank = np.empty(graph.shape[0], dtype=np.int64)
    rank[_ordered(graph, weight, np.arange(graph.shape[0]), groups)] = np.arange(graph.shape[0])
    return np.argsort(rank[label], kind="stable")


def _symmetric(found: Pattern, rates: Array) -> scipy.sparse.csr_array:
    """How much two units gain by being together; of many synapses, a sample."""
    synapses = max(len(found.source), 1)
    every = -(-synapses // _MOST_SYNAPSES)
    entry = np.arange(0, len(found.source), every)
    source = found.source[entry].astype(np.int64)
    target = np.searchsorted(found.pointer, entry, side="right") - 1
    fan_out = np.maximum(np.bincount(found.source, minlength=found.units), 1)
    weight = (rates / fan_out)[source]
    off = source != target
    shape = (found.units, found.units)
    one = scipy.sparse.csr_array((weight[off], (target[off], source[off])), shape=shape)
    both = scipy.sparse.csr_array(one + one.T)
    both.sort_indices()
    return both


def _merged(graph: scipy.sparse.csr_array, weight: Array, cap: float, level: int) -> Array:
    """The cluster of each node, numbered from 0."""
    nodes = graph.shape[0]
    visit = np.random.default_rng(_SEED + level).permutation(nodes)
    label = np.arange(nodes)
    _propagate(
        graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data,
        weight, cap * 1.0000001, visit, label, _SWEEPS,
        weight.copy(), np.zeros(nodes), label.copy(),
    )  # fmt: skip
    compact: Array = np.unique(label, return_inverse=True)[1]
    return compact


def _alike(graph: scipy.sparse.csr_array, weight: Array, cap: float) -> Array:
    """Clusters of nodes that are tied most to the same node, such as the leaves of a hub.

    Those without ties are alike, too.
    """
    row = np.repeat(np.arange(len(weight)), np.diff(graph.indptr))
    by_strength = np.lexsort((graph.data, row))
    most = np.full(len(weight), -1, dtype=np.int64)
    most[row[by_strength]] = graph.indices[by_strength]  # the strongest is written last
    order = np.argsort(most, kind="stable")
    part = np.floor(np.cumsum(weight[order]) / cap)
    new = (np.diff(most[order]) != 0) | (np.diff(part) != 0)
    label = np.empty(len(weight), dtype=np.int64)
    label[order] = np.concatenate(([0], np.cumsum(new)))
    return label


def _contracted(graph: scipy.sparse.csr_array, label: Array, count: int) -> scipy.sparse.csr_array:
    row = np.repeat(label, np.diff(graph.indptr))
    column = label[graph.indices]
    off = row != column
    return scipy.sparse.csr_array((graph.data[off], (row[off], column[off])), shape=(count, count))


def _ordered(graph: scipy.sparse.csr_array, weight: Array, nodes: Array, groups: int) -> Array:
    if groups < 2 or len(nodes) < 2:
        return nodes
    left = groups // 2
    inside = graph[nodes][:, nodes] if len(nodes) < graph.shape[0] else graph
    side = halve(inside, weight[nodes], left / groups)
    return np.concatenate(
        (
            _ordered(graph, weight, nodes[side == 0], left),
            _ordered(graph, weight, nodes[side == 1], groups - left),
        )
    )


@compiled
def _propagate(
    pointer: Any,
    neighbour: Any,
    strength: Any,
    weight: Any,
    cap: float,
    visit: Any,
    label: Any,
    sweeps: int,
    size: Any,
    pull: Any,
    seen: Any,
) -> None:
    """Each node joins the cluster that it is tied to most and that has room.

    size: of each cluster.      pull: all 0.      seen: room for a number for each node.
    """
    for _ in range(sweeps):
        moved = 0
        for node in visit:
            own = label[node]
            count = 0
            for entry in range(pointer[node], pointer[node + 1]):
                other = label[neighbour[entry]]
                if pull[other] == 0.0:
                    seen[count] = other
                    count += 1
                pull[other] += strength[entry]
            best, most = own, pull[own]
            for k in range(count):
                other = seen[k]
                if pull[other] > most and size[other] + weight[node] <= cap:
                    best, most = other, pull[other]
            for k in range(count):
                pull[seen[k]] = 0.0
            if best != own:
                size[own] -= weight[node]
                size[best] += weight[node]
                label[node] = best
                moved += 1
        if moved * 50 < len(label):
            break
