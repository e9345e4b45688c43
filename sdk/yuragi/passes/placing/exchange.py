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
    order, start = _members(group, count)
    rate = np.zeros((count, count))
    pairs = np.zeros((count, count), dtype=np.int64)
    mark = np.full(found.units, -1, dtype=np.int32)
    home = group.astype(np.int32, copy=False)
    _exchange(found.pointer, found.source, order, start, home, rates, mark, rate, pairs)
    return Exchange(rate=rate, pairs=pairs)


def reached(found: Pattern, group: Array, count: int) -> tuple[Array, Array, Array]:
    """(pointer, group, synapses) by source unit: the groups that it reaches, ascending."""
    order, start = _members(group, count)
    number = np.zeros(found.units, dtype=np.int64)
    mark = np.full(found.units, -1, dtype=np.int32)
    _count(found.pointer, found.source, order, start, mark, number)
    pointer = np.concatenate(([0], np.cumsum(number)))
    into = np.empty(int(pointer[-1]), dtype=np.int32)
    synapses = np.zeros(int(pointer[-1]), dtype=np.int32)
    mark[:] = -1
    cursor = pointer[:-1].copy()
    _list(found.pointer, found.source, order, start, mark, cursor, into, synapses)
    return pointer, into, synapses


def _members(group: Array, count: int) -> tuple[Array, Array]:
    order = np.argsort(group, kind="stable")
    start = np.concatenate(([0], np.cumsum(np.bincount(group, minlength=count))))
    return order, start


@compiled
def _exchange(
    pointer: Any,
    source: Any,
    order: Any,
    start: Any,
    home: Any,
    rates: Any,
    mark: Any,
    rate: Any,
    pairs: Any,
) -> None:
    for group in range(start.shape[0] - 1):
        for place in range(start[group], start[group + 1]):
            target = order[place]
            for entry in range(pointer[target], pointer[target + 1]):
                unit = source[entry]
                if mark[unit] != group:
                    mark[unit] = group
                    rate[home[unit], group] += rates[unit]
                    pairs[home[unit], group] += 1


@compiled
def _count(pointer: Any, source: Any, order: Any, start: Any, mark: Any, number: Any) -> None:
    for group in range(start.shape[0] - 1):
        for place in range(start[group], start[group + 1]):
            target = order[place]
            for entry in range(pointer[target], pointer[target + 1]):
                unit = source[entry]
                if mark[unit] != group:
                    mark[unit] = group
                    number[unit] += 1


@compiled
def _list(
    pointer: Any,
    source: Any,
    order: Any,
    start: Any,
    mark: Any,
    cursor: Any,
    into: Any,
    synapses: Any,
) -> None:
    for group in range(start.shape[0] - 1):
        for place in range(start[group], start[group + 1]):
            target = order[place]
            for entry in range(pointer[target], pointer[target + 1]):
                unit = source[entry]
                if mark[unit] != group:
                    mark[unit] = group
                    into[cursor[unit]] = group
                    cursor[unit] += 1
                synapses[cursor[unit] - 1] += 1
