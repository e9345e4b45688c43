"""Compiled loops at the edges of a run: stimuli in, traces out."""

from __future__ import annotations

from typing import Any

import numpy as np

from yuragi_chip.compiling import compiled

__all__ = ["keep", "mark", "stimulate"]


@compiled
def stimulate(step: int, first: int, last: int, port: int, values: Any, ring: Any) -> None:
    """ring[t, port] += values[t]; nothing after the last of them.

    values: shape (trials or 1, steps, size).      ring: shape (depth, ports, trials, size)
    """
    if step >= values.shape[1]:
        return
    drive = ring[step % ring.shape[0], port]
    for trial in range(first, last):
        row = drive[trial]
        added = values[trial if values.shape[0] > 1 else 0, step]
        for unit in range(np.uint64(row.shape[0])):
            row[unit] += added[unit]


@compiled
def keep(step: int, first: int, last: int, index: int, every: int, values: Any, trace: Any) -> None:
    """trace[:, t / every] = values[index] in every `every`-th step.

    values: shape (variables, trials, size).      trace: shape (trials, samples, size)
    """
    if step % every:
        return
    sample = step // every
    for trial in range(first, last):
        row, kept = values[index, trial], trace[trial, sample]
        for unit in range(np.uint64(row.shape[0])):
            kept[unit] = row[unit]


@compiled
def mark(
    step: int,
    first: int,
    last: int,
    delay: int,
    events: Any,
    bounds: Any,
    pointer: Any,
    target: Any,
    arrived: Any,
) -> None:
    """arrived[t + delay, :, i] = 1 where an event passes a synapse of unit i, whatever its weight.

    pointer, target: compressed columns.      arrived: shape (depth, trials, post)
    """
    slot = arrived[(step + delay) % arrived.shape[0]]
    for trial in range(first, last):
        row = slot[trial]
        for k in range(bounds[trial, 0], bounds[trial, 1]):
            unit = np.uint64(events[trial, k])
            for entry in range(np.uint64(pointer[unit]), np.uint64(pointer[unit + np.uint64(1)])):
                row[np.uint64(target[entry])] = 1
