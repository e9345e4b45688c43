"""A weighted graph cut in two: grown from a node, then improved as by Fiduccia and Mattheyses."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.passes.placing.compiled import called, compiled

__all__ = ["halve"]

Array = NDArray[Any]
_SLACK = 0.02
_PASSES = 6
_SEED = 21


def halve(graph: scipy.sparse.csr_array, weight: Array, share: float) -> Array:
    """0 or 1 for each node; the 0s hold about `share` of the weight and little is cut.

    Source: Fiduccia & Mattheyses, 19th Design Automation Conference (1982) 175.
    """
    nodes = len(weight)
    total = float(weight.sum())
    target = total * share
    slack = max(_SLACK * total * min(share, 1 - share), float(weight.max(initial=0.0)))
    rng = np.random.default_rng(_SEED)
    tries = 6 if nodes < 1500 else 2
    starts = rng.choice(nodes, size=min(tries, nodes), replace=False)
    best = np.zeros(nodes, dtype=np.int8)
    least = np.inf
    tied = (graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data)
    node = np.repeat(np.arange(nodes), np.diff(graph.indptr))
    gain, free = np.empty(nodes), np.empty(nodes, dtype=np.bool_)
    moved = np.empty(nodes, dtype=np.int64)
    for start in starts.tolist():
        side = _grown(graph, weight, target, start)
        for _ in range(_PASSES):
            if not _improve(*tied, weight, target, slack, side, gain, free, moved):
                break
        cut = float(graph.data @ (side[node] != side[graph.indices]))  # counted from both sides
        if cut < least:
            best, least = side, cut
    return best


def _grown(graph: scipy.sparse.csr_array, weight: Array, target: float, start: int) -> Array:
    """Side 0 grows from `start` by the node that is tied to it most and to the rest least."""
    side = np.ones(len(weight), dtype=np.int8)
    gain = -graph.sum(axis=1)
    held, chosen = 0.0, start
    while gain[chosen] > -np.inf and (held == 0.0 or held + weight[chosen] / 2 <= target):
        side[chosen] = 0
        held += float(weight[chosen])
        tied = slice(graph.indptr[chosen], graph.indptr[chosen + 1])
        gain[graph.indices[tied]] += 2 * graph.data[tied]
        gain[chosen] = -np.inf
        chosen = int(gain.argmax())
    return side


@called
def _best_node(gain: Any, free: Any, weight: Any, side: Any, off: float, slack: float) -> int:
    """The free node that gains most by changing sides and keeps the balance, or mends it."""
    chosen = -1
    for node in range(len(gain)):
        if free[node] and (chosen < 0 or gain[node] > gain[chosen]):
            after = abs(off - weight[node] if side[node] == 0 else off + weight[node])
            if after <= slack or after < abs(off):
                chosen = node
    return chosen


@compiled
def _improve(
    pointer: Any,
    neighbour: Any,
    strength: Any,
    weight: Any,
    target: float,
    slack: float,
    side: Any,
    gain: Any,
    free: Any,
    moved: Any,
) -> bool:
    """One pass: every node moves at most once, and the best state on the way is kept.

    gain, free, moved: room for a number for each node.
    """
    nodes = len(weight)
    held = 0.0
    for node in range(nodes):
        gain[node] = 0.0
        free[node] = True
        for entry in range(pointer[node], pointer[node + 1]):
            same = side[neighbour[entry]] == side[node]
            gain[node] += -strength[entry] if same else strength[entry]
        if side[node] == 0:
            held += weight[node]
    off = abs(held - target)
    total, most, kept, made, least = 0.0, 0.0, 0, 0, off
    for count in range(nodes):
        chosen = _best_node(gain, free, weight, side, held - target, slack)
        if chosen < 0:
            break
        free[chosen] = False
        held += -weight[chosen] if side[chosen] == 0 else weight[chosen]
        side[chosen] = 1 - side[chosen]
        total += gain[chosen]
        for entry in range(pointer[chosen], pointer[chosen + 1]):
            other = neighbour[entry]
            same = side[other] == side[chosen]
            gain[other] += -2 * strength[entry] if same else 2 * strength[entry]
        moved[count] = chosen
        made = count + 1
        off = abs(held - target)
        better = total > most + 1e-12 * abs(most)
        if (off <= slack and (better or least > slack)) or (least > slack and off < least):
            most, kept, least = total, made, off
        if made - kept > 50 + nodes // 10:
            break
    for place in range(kept, made):
        node = moved[place]
        side[node] = 1 - side[node]
    return kept > 0
