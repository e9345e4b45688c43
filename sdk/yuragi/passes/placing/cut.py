"""An order of units cut into groups."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.passes.placing.compiled import compiled
from yuragi.passes.placing.pattern import Pattern

__all__ = ["cut_evenly", "cut_full"]

Array = NDArray[Any]


def cut_evenly(found: Pattern, order: Array, weight: Array, pieces: Array) -> Array:
    """The group of each unit: every population in pieces[population] pieces of like weight.

    order: all units; those of a population are cut in this order.     shape (units,)
    The groups of the first population come first. None is empty.
    """
    group = np.empty(found.units, dtype=np.int64)
    population = found.population[order]
    begin = 0
    for k, count in enumerate(pieces.tolist()):
        mine = order[population == k]
        middle = np.cumsum(weight[mine]) - weight[mine] / 2
        total = max(float(weight[mine].sum()), 1e-300)
        piece = np.minimum((middle * (count / total)).astype(np.int64), count - 1)
        place = np.arange(len(mine))
        # Between as many units before it as pieces before it, and as many after it.
        piece = np.clip(piece, count - (len(mine) - place), place)
        group[mine] = begin + _stepwise(piece)
        begin += count
    return group


def _stepwise(piece: Array) -> Array:
    """No number left out: each is at most one more than the one before."""
    place = np.arange(len(piece))
    found: Array = np.minimum.accumulate(piece - place) + place
    return found


def cut_full(found: Pattern, order: Array, need: Array, limit: Array, axons: float) -> Array:
    """The group of each unit when groups are filled one after the other, as full as they get."""
    group = np.empty(found.units, dtype=np.int64)
    mark = np.full(found.units, -1, dtype=np.int64)
    held = np.zeros(len(limit))
    _fill(found.pointer, found.source, order, need, limit, axons, mark, held, group)
    return group


@compiled
def _fill(
    pointer: Any,
    source: Any,
    order: Any,
    need: Any,
    limit: Any,
    axons: float,
    mark: Any,
    held: Any,
    group: Any,
) -> None:
    current, inward, members = 0, 0, 0
    for unit in order:
        new = 0
        for entry in range(pointer[unit], pointer[unit + 1]):
            if mark[source[entry]] != current:
                mark[source[entry]] = current
                new += 1
        full = inward + new > axons
        for kind in range(len(limit)):
            full = full or held[kind] + need[unit, kind] > limit[kind]
        if full and members > 0:
            current += 1
            inward, members = 0, 0
            for kind in range(len(limit)):
                held[kind] = 0.0
            new = 0
            for entry in range(pointer[unit], pointer[unit + 1]):
                if mark[source[entry]] != current:
                    mark[source[entry]] = current
                    new += 1
        inward += new
        members += 1
        for kind in range(len(limit)):
            held[kind] += need[unit, kind]
        group[unit] = current
