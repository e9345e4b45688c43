"""Compiled loops that count what messages and updates do, core by core."""

from __future__ import annotations

from typing import Any

import numpy as np

from yuragi_chip.compiling import compiled
from yuragi_chip.intrinsics import flags, ones, sum_rows
from yuragi_chip.vectors import LANES

__all__ = [
    "count_active",
    "count_alone",
    "count_listed",
    "count_members",
    "count_rows",
    "count_scattered",
]

_BLOCK = 64


@compiled
def _all_sent(step: int, trial: int, listed: Any, everyone: Any, tally: Any, sends: Any) -> Any:
    """Count a step in which every unit sent at once; whether that was so."""
    if listed.shape[0] < sends.shape[1] or everyone.shape[1] == 0:
        return False
    for name in range(tally.shape[2]):
        for home in range(everyone.shape[1]):
            tally[trial, step, name, home] += everyone[name, home]
    for one in range(np.uint64(sends.shape[1])):
        sends[trial, one] += 1
    return True


@compiled
def _sent_from(step: int, trial: int, listed: Any, own: Any, tally: Any, sends: Any) -> None:
    """Spikes, messages and hops at the cores of the senders."""
    spikes, messages = tally[trial, step, 1], tally[trial, step, 2]
    hops_x, hops_y = tally[trial, step, 3], tally[trial, step, 4]
    often = sends[trial]
    for k in range(np.uint64(listed.shape[0])):
        unit = np.uint64(listed[k])
        home = np.uint64(own[unit, 0])
        often[unit] += 1
        spikes[home] += 1
        messages[home] += own[unit, 1]
        hops_x[home] += own[unit, 2]
        hops_y[home] += own[unit, 3]


@compiled
def count_alone(
    step: int,
    first: int,
    last: int,
    everyone: Any,
    tally: Any,
    sends: Any,
    events: Any,
    bounds: Any,
    added: Any,
) -> None:
    """The same as `count_listed` where there is but one core.

    added: what the message of each unit adds to each tally, shape (size, COUNTED)
    """
    for trial in range(first, last):
        listed = events[trial, bounds[trial, 0] : bounds[trial, 1]]
        if _all_sent(step, trial, listed, everyone, tally, sends):
            continue
        often = sends[trial]
        a, b, c, d, e, f = 0, 0, 0, 0, 0, 0
        for k in range(np.uint64(listed.shape[0])):
            unit = np.uint64(listed[k])
            often[unit] += 1
            a += added[unit, 0]
            b += added[unit, 1]
            c += added[unit, 2]
            d += added[unit, 3]
            e += added[unit, 4]
            f += added[unit, 5]
        for name, sum_ in enumerate((a, b, c, d, e, f)):
            tally[trial, step, name, 0] += sum_


@compiled
def count_listed(
    step: int,
    first: int,
    last: int,
    everyone: Any,
    own: Any,
    pointer: Any,
    reached: Any,
    synapses: Any,
    tally: Any,
    sends: Any,
    events: Any,
    bounds: Any,
) -> None:
    """Count what the messages of the listed units do.

    everyone: what is counted where every unit sends, shape (6, cores); empty where not known
    own: core, packets, hops in x and hops in y of each unit's message, shape (size, 4)
    pointer, reached, synapses: the cores that each unit reaches, as in `yuragi.placement.Routes`
    tally: counts, shape (trials, steps, 6, cores): synaptic events, spikes, messages, hops in x
        and in y, and the messages again at the core that they reach.
    sends: how often each unit sent so far, shape (trials, size)
    """
    for trial in range(first, last):
        listed = events[trial, bounds[trial, 0] : bounds[trial, 1]]
        if _all_sent(step, trial, listed, everyone, tally, sends):
            continue
        _sent_from(step, trial, listed, own, tally, sends)
        passed, arrived = tally[trial, step, 0], tally[trial, step, 5]
        for k in range(np.uint64(listed.shape[0])):
            unit = np.uint64(listed[k])
            for entry in range(np.uint64(pointer[unit]), np.uint64(pointer[unit + np.uint64(1)])):
                place = np.uint64(reached[entry])
                passed[place] += synapses[entry]
                arrived[place] += 1


@compiled
def count_rows(
    step: int,
    first: int,
    last: int,
    everyone: Any,
    own: Any,
    rows: Any,
    tally: Any,
    sends: Any,
    events: Any,
    bounds: Any,
    sums: Any,
) -> None:
    """The same where most units reach most cores.

    rows: synapses of each unit on each core, shape (size, cores, filled up to a multiple of LANES)
    sums: room to add up what is counted, shape (trials, 6, as many)
    """
    width = np.uint64(rows.shape[1])
    for trial in range(first, last):
        listed = events[trial, bounds[trial, 0] : bounds[trial, 1]]
        if _all_sent(step, trial, listed, everyone, tally, sends):
            continue
        often, found = sends[trial], sums[trial]
        for k in range(np.uint64(listed.shape[0])):
            often[np.uint64(listed[k])] += 1
        for place in range(np.uint64(0), width, np.uint64(LANES)):
            sum_rows(found, rows, own, listed, width, place)
        for name in range(np.uint64(found.shape[0])):
            counted, more = tally[trial, step, name], found[name]
            for core in range(np.uint64(counted.shape[0])):
                counted[core] += more[core]


@compiled
def count_active(step: int, first: int, last: int, busy: Any, segments: Any, active: Any) -> None:
    """active[trial, step, core] += busy units, where the units of a core lie side by side.

    busy: a byte for each unit, shape (trials, room), room a multiple of 64
    segments: (first unit, stop, core), shape (segments, 3)
    """
    width, every = np.uint64(_BLOCK), ~np.uint64(0)
    for trial in range(first, last):
        row = busy[trial]
        for part in range(segments.shape[0]):
            start, stop = np.uint64(segments[part, 0]), np.uint64(segments[part, 1])
            base = start // width * width
            count = np.uint64(0)
            while base < stop:
                found = flags(row, base)
                if base < start:
                    found &= every << (start - base)
                if base + width > stop:
                    found &= every >> (base + width - stop)
                count += ones(found)
                base += width
            active[trial, step, segments[part, 2]] += count


@compiled
def count_scattered(
    step: int, first: int, last: int, busy: Any, masks: Any, bits: Any, active: Any
) -> None:
    """The same where they do not.

    masks: a bit for each unit of a core, shape (cores, words)
    bits: room for a bit for each unit, shape (trials, words)
    """
    for trial in range(first, last):
        row, held = busy[trial], bits[trial]
        for word in range(np.uint64(held.shape[0])):
            held[word] = flags(row, np.uint64(_BLOCK) * word)
        for core in range(np.uint64(masks.shape[0])):
            count = np.uint64(0)
            mask = masks[core]
            for word in range(np.uint64(held.shape[0])):
                count += ones(held[word] & mask[word])
            active[trial, step, core] += count


@compiled
def count_members(
    step: int, first: int, last: int, busy: Any, segments: Any, members: Any, active: Any
) -> None:
    """The same where there are many cores.  members: the units of each segment, shape (size,)"""
    for trial in range(first, last):
        row = busy[trial]
        for part in range(segments.shape[0]):
            count = 0
            for k in range(np.uint64(segments[part, 0]), np.uint64(segments[part, 1])):
                count += row[np.uint64(members[k])]
            active[trial, step, segments[part, 2]] += count
