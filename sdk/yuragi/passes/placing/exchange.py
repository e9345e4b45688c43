"""Messages from group to group of units: one for each unit and each group that it reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.passes.placing.compiled import compiled
from yuragi.passes.placing.pattern import Pattern

__all__ = ["Exchange", "exchange", "reached"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exchange:
    """rate[g, h]: messages a step from units of g to group h;  pairs[g, h]: the senders among g."""

    rate: Array
    pairs: Array


def exchange(found: Pattern, group: Array, count: int, rates: Array) -> Exchange:
    """What `count` groups send each other.

    group: of each unit;  rates: messages of each unit a step.      shape (units,)
    """
    pointer, into, _ = reached(found, group, count)
    number = np.diff(pointer)
    pair = np.repeat(group * count, number) + into
    pairs = np.bincount(pair, minlength=count * count)
    rate = np.bincount(pair, np.repeat(rates, number), minlength=count * count)
    return Exchange(rate=rate.reshape(count, count), pairs=pairs.reshape(count, count))


def reached(found: Pattern, group: Array, count: int) -> tuple[Array, Array, Array]:
    """(pointer, group, synapses) by source unit: the groups that it reaches, ascending."""
    visit = (
        *(found.pointer, found.source, np.argsort(group, kind="stable")),
        np.concatenate(([0], np.cumsum(np.bincount(group, minlength=count)))),
    )
    number = np.zeros(found.units, dtype=np.int64)
    _visit(*visit, np.full(found.units, -1, dtype=np.int32), number, *np.empty((2, 0), np.int32))
    pointer = np.concatenate(([0], np.cumsum(number)))
    into, synapses = np.zeros((2, int(pointer[-1])), dtype=np.int32)
    mark = np.full(found.units, -1, dtype=np.int32)
    _visit(*visit, mark, pointer[:-1].copy(), into, synapses)
    return pointer, into, synapses


@compiled
def _visit(
    pointer: Any,
    source: Any,
    order: Any,
    start: Any,
    mark: Any,
    cursor: Any,
    into: Any,
    synapses: Any,
) -> None:
    """Count the groups that each unit reaches at `cursor`; list them where there is room.

    mark: all -1.      into, synapses: empty, or zeros for every group of every unit.
    """
    listed = len(into) > 0
    for group in range(start.shape[0] - 1):
        for place in range(start[group], start[group + 1]):
            target = order[place]
            for entry in range(pointer[target], pointer[target + 1]):
                unit = source[entry]
                if mark[unit] != group:
                    mark[unit] = group
                    cursor[unit] += 1
                if listed:
                    into[cursor[unit] - 1] = group
                    synapses[cursor[unit] - 1] += 1
