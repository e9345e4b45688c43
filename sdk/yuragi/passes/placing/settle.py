"""Units moved and swapped between groups while that saves hops, within the room of each group."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.passes.placing.compiled import called, compiled
from yuragi.passes.placing.exchange import reached
from yuragi.passes.placing.pattern import Pattern

__all__ = ["settle"]

Array = NDArray[Any]
_SWEEPS = 12
_MOST_WORK = 6e9
_MOST_BYTES = 1e9
_SEED = 22


def settle(
    found: Pattern,
    group: Array,
    rates: Array,
    far: Array,
    need: Array,
    room: Array,
    allowed: Array,
) -> Array:
    """The group of each unit after moves that each lower the cost of its messages.

    far: the cost of a message from group to group.          shape (groups, groups)
    need, room: what a unit takes and a group has.           shape (units, kinds), (groups, kinds)
    allowed: the groups that a population may use.           shape (populations, groups)

    The same groups come back where the network is too large for this.
    """
    groups = len(far)
    work = (2.0 * len(found.source) + found.units) * groups
    sweeps = min(_SWEEPS, int(_MOST_WORK / max(work, 1.0)))
    if sweeps < 1 or 4.0 * found.units * groups > _MOST_BYTES:
        return group
    pointer, into, synapses = reached(found, group, groups)
    reach = np.zeros((found.units, groups), dtype=np.int32)
    reach[np.repeat(np.arange(found.units), np.diff(pointer)), into] = synapses
    filled = np.zeros_like(room)
    np.add.at(filled, group, need)
    settled = group.astype(np.int64)
    visits = np.random.default_rng(_SEED)
    open_to = allowed[found.population]
    hoped, costs = np.empty((groups, groups)), np.empty((2, groups))
    for _ in range(sweeps):
        moved = _sweep(
            found.pointer, found.source, settled, rates, far, need, room, filled, reach, open_to,
            visits.permutation(found.units), np.full((groups, groups), -1), hoped, *costs,
        )  # fmt: skip
        if moved * 500 < found.units:
            break
    return settled


@called
def _is_home(unit: int, pointer: Any, source: Any, group: Any, reach: Any) -> bool:
    """Whether all that send to a unit, and all that it sends to, are in its own group."""
    own = group[unit]
    for other in range(reach.shape[1]):
        if other != own and reach[unit, other]:
            return False
    entry, stop = pointer[unit], pointer[unit + 1]
    while entry < stop and group[source[entry]] == own:
        entry += 1
    return bool(entry == stop)


@called
def _costs(
    unit: int,
    pointer: Any,
    source: Any,
    group: Any,
    rates: Any,
    far: Any,
    reach: Any,
    cost: Any,
) -> None:
    """cost[g]: messages of the unit and to it, as if it were in group g."""
    groups = far.shape[0]
    own = group[unit]
    for g in range(groups):
        cost[g] = 0.0
    for other in range(groups):
        if reach[unit, other]:
            for g in range(groups):
                cost[g] += rates[unit] * far[g, other]
    last = -1
    for entry in range(pointer[unit], pointer[unit + 1]):
        sender = source[entry]
        if sender in (unit, last):
            continue
        last = sender
        home, rate = group[sender], rates[sender]
        for g in range(groups):
            # What is left of the sender's reach without this synapse.
            left = reach[sender, g] - (g == own)
            cost[g] += rate * far[home, g] if left <= 0 else 0.0


@called
def _put(
    unit: int,
    to: int,
    pointer: Any,
    source: Any,
    group: Any,
    need: Any,
    filled: Any,
    reach: Any,
) -> None:
    own = group[unit]
    for kind in range(need.shape[1]):
        filled[own, kind] -= need[unit, kind]
        filled[to, kind] += need[unit, kind]
    for entry in range(pointer[unit], pointer[unit + 1]):
        reach[source[entry], own] -= 1
        reach[source[entry], to] += 1
    group[unit] = to


@called
def _fits(unit: int, instead: int, to: int, need: Any, room: Any, filled: Any) -> bool:
    """Whether a unit fits into a group, once the unit `instead` has left it (-1: none)."""
    for kind in range(need.shape[1]):
        after = filled[to, kind] + need[unit, kind]
        if instead >= 0:
            after -= need[instead, kind]
        if after > room[to, kind]:
            return False
    return True


@called
def _best_move(
    unit: int,
    group: Any,
    cost: Any,
    need: Any,
    room: Any,
    filled: Any,
    allowed: Any,
    waiting: Any,
    hoped: Any,
) -> tuple[int, int, int, float]:
    """(group to move to, partner to swap with, group that it would like, what that would save)."""
    own = group[unit]
    best, most, partner = -1, 1e-12 * (1.0 + cost[own]), -1
    wish, wished = -1, 0.0
    nobody: Any = np.int64(-1)  # of the type of a unit, so that `_fits` is compiled once
    for to in range(len(cost)):
        if to == own or not allowed[unit, to]:
            continue
        gain = cost[own] - cost[to]
        if gain > wished:
            wish, wished = to, gain
        if gain > most and _fits(unit, nobody, to, need, room, filled):
            best, most, partner = to, gain, -1
        other = waiting[to, own]
        if other < 0 or group[other] != to or gain + hoped[to, own] <= most:
            continue
        fits = _fits(unit, other, to, need, room, filled)
        if fits and _fits(other, unit, own, need, room, filled):
            best, most, partner = to, gain + hoped[to, own], other
    return best, partner, wish, wished


@compiled
def _sweep(
    pointer: Any,
    source: Any,
    group: Any,
    rates: Any,
    far: Any,
    need: Any,
    room: Any,
    filled: Any,
    reach: Any,
    allowed: Any,
    visit: Any,
    waiting: Any,
    hoped: Any,
    cost: Any,
    other_cost: Any,
) -> int:
    """Visit every unit once; one that finds no room waits for a partner to swap with.

    A unit whose messages all stay within its group costs nothing, so that it stays.

    waiting: all -1.      hoped, cost, other_cost: room for what is found.
    """
    moved = 0
    for k in range(len(visit)):
        unit = visit[k]
        own = group[unit]
        if far[own, own] == 0.0 and _is_home(unit, pointer, source, group, reach):
            continue
        _costs(unit, pointer, source, group, rates, far, reach, cost)
        best, partner, wish, wished = _best_move(
            unit, group, cost, need, room, filled, allowed, waiting, hoped
        )
        if best < 0:
            if wish >= 0 and (waiting[own, wish] < 0 or wished > hoped[own, wish]):
                waiting[own, wish] = unit
                hoped[own, wish] = wished
            continue
        _put(unit, best, pointer, source, group, need, filled, reach)
        moved += 1
        if partner < 0:
            continue
        waiting[best, own] = -1
        _costs(partner, pointer, source, group, rates, far, reach, other_cost)
        swap = cost[own] - cost[best] + other_cost[best] - other_cost[own] > 0.0
        _put(partner if swap else unit, own, pointer, source, group, need, filled, reach)
        moved += 1 if swap else -1
    return moved
