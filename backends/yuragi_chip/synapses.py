"""Compiled loops over events: who sent, what it counts as, and the weights it passes."""

from __future__ import annotations

from typing import Any

import numpy as np

from yuragi_chip.compiling import compiled
from yuragi_chip.intrinsics import prefetch

__all__ = [
    "count",
    "list_spikes",
    "list_values",
    "send_dense",
    "send_either",
    "send_learning",
    "send_sparse",
]

_LINE = 64
_AHEAD = 2
_BYTES = 8


@compiled
def list_spikes(
    step: int, first: int, last: int, keep: int, packed: Any, events: Any, bounds: Any, found: Any
) -> None:
    """List the units that sent, ascending, eight at a time: most of them sent nothing.

    keep: whether what was listed in earlier steps is still wanted.
    packed: a byte for each unit, eight in a word, shape (trials, size / 8)
    events: out: units that sent, step after step; bounds: out: where those of this step begin and
        end, shape (trials, 2); found: out: how many, shape (trials, steps kept)
    """
    slot = step % found.shape[1]
    for trial in range(first, last):
        start = bounds[trial, 1] if keep else 0
        row, listed = packed[trial], events[trial, start:]
        count = 0
        for word in range(np.uint64(row.shape[0])):
            left = row[word]
            if left != 0:
                for byte in range(np.uint64(_BYTES)):
                    if (left >> (np.uint64(_BYTES) * byte)) & np.uint64(1):
                        listed[np.uint64(count)] = np.uint64(_BYTES) * word + byte
                        count += 1
        bounds[trial, 0], bounds[trial, 1] = start, start + count
        found[trial, slot] = count


@compiled
def list_values(
    step: int, first: int, last: int, keep: int, sent: Any, events: Any, bounds: Any, found: Any
) -> None:
    """The same for units that send values.  sent: shape (trials, size)"""
    slot = step % found.shape[1]
    for trial in range(first, last):
        start = bounds[trial, 1] if keep else 0
        row, listed = sent[trial], events[trial, start:]
        size = np.uint64(row.shape[0])
        count = 0
        for unit in range(size):
            count += row[unit] != 0
        if count == row.shape[0]:
            for unit in range(size):
                listed[unit] = unit
        elif count:
            k = 0
            for unit in range(size):
                if row[unit] != 0:
                    listed[np.uint64(k)] = unit
                    k += 1
        bounds[trial, 0], bounds[trial, 1] = start, start + count
        found[trial, slot] = count


@compiled
def count(
    step: int,
    first: int,
    last: int,
    core: Any,
    everyone: Any,
    pointer: Any,
    reached: Any,
    synapses: Any,
    packets: Any,
    hops_x: Any,
    hops_y: Any,
    tally: Any,
    sends: Any,
    events: Any,
    bounds: Any,
) -> None:
    """Count what the messages of the listed units do.

    core: core of each unit, shape (size,)
    everyone: what is counted where every unit sends, shape (6, cores)
    pointer, reached, synapses, packets, hops_x, hops_y: the routes of `yuragi.placement.Routes`.
    tally: counts, shape (6, trials, steps, cores): synaptic events, spikes, messages, hops in x
        and in y, and the messages again at the core that they reach.
    sends: how often each unit sent so far, shape (trials, size)
    """
    for trial in range(first, last):
        listed = events[trial, bounds[trial, 0] : bounds[trial, 1]]
        if listed.shape[0] == core.shape[0] and everyone.shape[1] > 0:
            for name in range(tally.shape[0]):
                for home in range(everyone.shape[1]):
                    tally[name, trial, step, home] += everyone[name, home]
            for one in range(np.uint64(core.shape[0])):
                sends[trial, one] += 1
            continue
        passed, arrived = tally[0, trial, step], tally[5, trial, step]
        for k in range(np.uint64(listed.shape[0])):
            unit = np.uint64(listed[k])
            own = np.uint64(core[unit])
            made, crossed_x, crossed_y = 0, 0, 0
            for entry in range(np.uint64(pointer[unit]), np.uint64(pointer[unit + np.uint64(1)])):
                place = np.uint64(reached[entry])
                passed[place] += synapses[entry]
                arrived[place] += 1
                made += packets[entry]
                crossed_x += hops_x[entry]
                crossed_y += hops_y[entry]
            sends[trial, unit] += 1
            tally[1, trial, step, own] += 1
            tally[2, trial, step, own] += made
            tally[3, trial, step, own] += crossed_x
            tally[4, trial, step, own] += crossed_y


@compiled
def _fetch(unit: Any, pointer: Any, target: Any, weight: Any) -> None:
    """Ask for the synapses of a unit before they are needed."""
    start, stop = np.int64(pointer[unit]), np.int64(pointer[unit + np.uint64(1)])
    for entry in range(start, stop, _LINE // weight.itemsize):
        prefetch(weight, entry)
    for entry in range(start, stop, _LINE // target.itemsize):
        prefetch(target, entry)


@compiled
def _scatter(
    listed: Any, values: Any, scale: int, pointer: Any, target: Any, weight: Any, row: Any
) -> None:
    """row[i] += w[i, j] s[j] scale over the listed units j."""
    count = np.uint64(listed.shape[0])
    for k in range(count):
        unit = np.uint64(listed[k])
        value = values[unit] * scale
        if k + np.uint64(_AHEAD) < count:
            _fetch(np.uint64(listed[k + np.uint64(_AHEAD)]), pointer, target, weight)
        start, stop = np.uint64(pointer[unit]), np.uint64(pointer[unit + np.uint64(1)])
        if value == 1:
            for entry in range(start, stop):
                row[np.uint64(target[entry])] += weight[entry]
        else:
            for entry in range(start, stop):
                row[np.uint64(target[entry])] += weight[entry] * value


@compiled
def send_sparse(
    step: int,
    first: int,
    last: int,
    delay: int,
    port: int,
    shift: int,
    sent: Any,
    events: Any,
    bounds: Any,
    pointer: Any,
    target: Any,
    weight: Any,
    ring: Any,
) -> None:
    """ring[t + delay, port, :, i] += w[i, j] s[j] 2^shift over events j, ascending.

    pointer, target, weight: compressed columns, the synapses of each source unit.
    ring: shape (depth, ports, trials, post)
    """
    drive = ring[(step + delay) % ring.shape[0], port]
    for trial in range(first, last):
        listed = events[trial, bounds[trial, 0] : bounds[trial, 1]]
        _scatter(listed, sent[trial], 1 << shift, pointer, target, weight, drive[trial])


@compiled
def send_learning(
    step: int,
    first: int,
    last: int,
    delay: int,
    port: int,
    shift: int,
    sent: Any,
    events: Any,
    bounds: Any,
    pointer: Any,
    target: Any,
    weight: Any,
    ring: Any,
) -> None:
    """The same with weights of its own for each trial.  weight: shape (trials, synapses)"""
    drive = ring[(step + delay) % ring.shape[0], port]
    for trial in range(first, last):
        listed = events[trial, bounds[trial, 0] : bounds[trial, 1]]
        _scatter(listed, sent[trial], 1 << shift, pointer, target, weight[trial], drive[trial])


@compiled
def send_either(
    step: int,
    first: int,
    last: int,
    delay: int,
    port: int,
    shift: int,
    sent: Any,
    events: Any,
    bounds: Any,
    pointer: Any,
    target: Any,
    weight: Any,
    row_pointer: Any,
    source: Any,
    row_weight: Any,
    ring: Any,
) -> None:
    """The same; by target where at least a quarter of the units send.

    row_pointer, source, row_weight: the same weights in compressed rows.
    Either way each sum is formed over ascending sources, so that its bits are the same; what does
    not send adds a zero.
    """
    drive = ring[(step + delay) % ring.shape[0], port]
    scale = 1 << shift
    for trial in range(first, last):
        listed = events[trial, bounds[trial, 0] : bounds[trial, 1]]
        row, values = drive[trial], sent[trial]
        if 4 * listed.shape[0] < values.shape[0]:
            _scatter(listed, values, scale, pointer, target, weight, row)
            continue
        for post in range(np.uint64(row.shape[0])):
            start = np.uint64(row_pointer[post])
            stop = np.uint64(row_pointer[post + np.uint64(1)])
            total = row[post]
            for entry in range(start, stop):
                total += row_weight[entry] * (values[np.uint64(source[entry])] * scale)
            row[post] = total


@compiled
def send_dense(
    step: int,
    first: int,
    last: int,
    delay: int,
    port: int,
    shift: int,
    sent: Any,
    events: Any,
    bounds: Any,
    weight: Any,
    ring: Any,
) -> None:
    """The same over a full array.  weight: shape (pre, post)"""
    drive = ring[(step + delay) % ring.shape[0], port]
    scale = 1 << shift
    for trial in range(first, last):
        row, values = drive[trial], sent[trial]
        for k in range(bounds[trial, 0], bounds[trial, 1]):
            unit = np.uint64(events[trial, k])
            value = values[unit] * scale
            w = weight[unit]
            for post in range(np.uint64(row.shape[0])):
                row[post] += w[post] * value
