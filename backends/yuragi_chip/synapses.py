"""Compiled loops over events: the weights that they pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from yuragi.wiring.packed import HALF, STRIDE
from yuragi_chip.compiling import compiled
from yuragi_chip.intrinsics import add_four, add_products, per_line, prefetch
from yuragi_chip.vectors import SIDE

__all__ = ["send_dense", "send_either", "send_halves", "send_learning", "send_sparse", "send_words"]

# How many rows of synapses are asked for ahead: some 2 KiB, as long as memory takes to answer.
_AHEAD = 2
_WORDS_AHEAD = 4


@compiled
def _fetch(listed: Any, k: Any, pointer: Any, held: Any) -> None:
    """Ask for what is held of listed[k], if there is such a unit, before it is needed."""
    if k < np.uint64(listed.shape[0]):
        unit = np.uint64(listed[k])
        start, stop = np.int64(pointer[unit]), np.int64(pointer[unit + np.uint64(1)])
        while start < stop:
            prefetch(held, start)
            start += per_line(held)


@compiled
def _scatter(
    listed: Any, values: Any, scale: int, pointer: Any, target: Any, weight: Any, row: Any
) -> None:
    """row[i] += w[i, j] s[j] scale over the listed units j.

    Four at a time, the rest of them without a branch for each: what is not there adds 0 to a target
    of the same unit, which changes no bit of a sum that began at 0.
    """
    for k in range(np.uint64(_AHEAD)):
        _fetch(listed, k, pointer, weight)
        _fetch(listed, k, pointer, target)
    for k in range(np.uint64(listed.shape[0])):
        unit = np.uint64(listed[k])
        value = values[unit] * scale
        _fetch(listed, k + np.uint64(_AHEAD), pointer, weight)
        _fetch(listed, k + np.uint64(_AHEAD), pointer, target)
        start, stop = np.int64(pointer[unit]), np.int64(pointer[unit + np.uint64(1)])
        if value != 1:
            for entry in range(np.uint64(start), np.uint64(stop)):
                row[np.uint64(target[entry])] += weight[entry] * value
            continue
        place = start
        while place + 4 <= stop:
            add_four(row, target, weight, place)
            place += 4
        if place < stop:
            for more in range(3):
                there = place + more < stop
                at = np.uint64(place + more if there else start)
                w = weight[at]
                row[np.uint64(target[at])] += w if there else weight.dtype.type(0)


@compiled
def _add_word(word: Any, bits: int, row: Any) -> None:
    """row[i] += w for a word of a target, in its highest `bits`, and a weight."""
    unit = np.uint64(word) >> np.uint64(32 - bits)
    row[unit] += np.int32(np.uint32(word << bits)) >> bits


@compiled
def _scatter_words(
    listed: Any, values: Any, scale: int, bits: int, pointer: Any, words: Any, row: Any
) -> None:
    """The same over words.  Most sources have a multiple of STRIDE of them."""
    for k in range(np.uint64(_WORDS_AHEAD)):
        _fetch(listed, k, pointer, words)
    for k in range(np.uint64(listed.shape[0])):
        unit = np.uint64(listed[k])
        value = values[unit] * scale
        _fetch(listed, k + np.uint64(_WORDS_AHEAD), pointer, words)
        place, stop = np.int64(pointer[unit]), np.int64(pointer[unit + np.uint64(1)])
        if value != 1:
            for entry in range(np.uint64(place), np.uint64(stop)):
                word = words[entry]
                weight = np.int32(np.uint32(word << bits)) >> bits
                row[np.uint64(word) >> np.uint64(32 - bits)] += weight * value
            continue
        while place + STRIDE <= stop:
            for more in range(STRIDE):
                _add_word(words[np.uint64(place + more)], bits, row)
            place += STRIDE
        while place < stop:
            _add_word(words[np.uint64(place)], bits, row)
            place += 1


@compiled
def send_words(
    step: int,
    first: int,
    last: int,
    delay: int,
    port: int,
    shift: int,
    bits: int,
    sent: Any,
    events: Any,
    bounds: Any,
    pointer: Any,
    packed: Any,
    ring: Any,
) -> None:
    """ring[t + delay, port, :, i] += w[i, j] s[j] 2^shift over events j of spikes or values.

    pointer, packed: the synapses of each source unit, as in `yuragi.wiring.packed`.
    ring: shape (depth, ports, trials, post)
    """
    drive = ring[(step + delay) % ring.shape[0], port]
    for trial in range(first, last):
        listed = events[trial, bounds[trial, 0] : bounds[trial, 1]]
        _scatter_words(listed, sent[trial], 1 << shift, bits, pointer, packed, drive[trial])


@compiled
def send_halves(
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
    packed: Any,
    ring: Any,
) -> None:
    """The same where target and weight are half a word each."""
    send_words(
        step, first, last, delay, port, shift, HALF, sent, events, bounds, pointer, packed, ring
    )


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
    rest: Any,
    ring: Any,
) -> None:
    """The same; by target where at least a quarter of the units send.

    row_pointer, source, row_weight: the same weights, as in `yuragi_chip.slices`
    rest: room for the sums of the last slice, shape (trials, SIDE)
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
        whole, left = np.uint64(row.shape[0] // SIDE), np.uint64(row.shape[0] % SIDE)
        for k in range(whole):
            start, stop = row_pointer[k], row_pointer[k + np.uint64(1)]
            place = k * np.uint64(SIDE)
            add_products(row, place, row_weight, source, values, scale, start, stop)
        if left != 0:
            sums, place = rest[trial], whole * np.uint64(SIDE)
            for lane in range(left):
                sums[lane] = row[place + lane]
            start, stop = row_pointer[whole], row_pointer[whole + np.uint64(1)]
            add_products(sums, 0, row_weight, source, values, scale, start, stop)
            for lane in range(left):
                row[place + lane] = sums[lane]


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
