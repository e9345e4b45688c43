"""A cost of hops that no placement of a network on a mesh can be below."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from yuragi.passes.placing.exchange import reached
from yuragi.passes.placing.pattern import Pattern
from yuragi.placement import Mesh

__all__ = ["hop_bound"]

Array = NDArray[Any]


def hop_bound(
    found: Pattern, rates: Array, mesh: Mesh, units: int | None, price: tuple[float, float]
) -> float:
    """The larger of two lower bounds, for any placement with at most `units` units on a core.

    Fan-out: n targets fill at least ceil(n / units) cores, each reached by a message of its own.
    At best those are the nearest that a mesh without borders has around the sender's tile.

    Cut: units that hang together and need t tiles send at least t - 1 messages between two tiles,
    for their tiles hang together too.
    """
    if units is None or not min(price):
        return 0.0
    fan_out = _distinct_targets(found)
    cores = -(-fan_out // units)
    nearest = _nearest(int(cores.max(initial=0)), mesh.cores_per_tile, price)
    spread = float((rates * nearest[cores]).sum())
    sending = rates[fan_out > 0]
    step = float(sending.min(initial=np.inf)) if len(sending) else 0.0
    tiles = -(-_islands(found) // (units * mesh.cores_per_tile))
    return max(spread, float((tiles - 1).sum()) * step * min(price))


def _distinct_targets(found: Pattern) -> Array:
    """Units that each unit sends to; two synapses onto one target count once."""
    if not found.parallel:
        return np.bincount(found.source, minlength=found.units)
    return np.diff(reached(found, np.arange(found.units), found.units)[0])


def _islands(found: Pattern) -> Array:
    """How many units hang together, for each set of them."""
    ones = np.ones(len(found.source), dtype=np.int8)
    shape = (found.units, found.units)
    graph = scipy.sparse.csr_array((ones, found.source, found.pointer), shape=shape)
    return np.bincount(connected_components(graph, directed=False)[1])


def _nearest(most: int, per_tile: int, price: tuple[float, float]) -> Array:
    """The cost of a message to each of the nearest k cores, k from 0 to `most`."""
    radius = 1
    while (2 * radius * (radius + 1) + 1) * per_tile < most:
        radius += 1
    radius = int(np.ceil(radius * max(price) / min(price)))
    along = np.arange(-radius, radius + 1)
    far = np.abs(along[:, None]) * price[0] + np.abs(along[None, :]) * price[1]
    each = np.repeat(np.sort(far.ravel()), per_tile)[:most]
    return np.concatenate(([0.0], np.cumsum(each)))
