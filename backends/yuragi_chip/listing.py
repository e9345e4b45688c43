"""Compiled loops that list which units sent in a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from yuragi_chip.compiling import compiled
from yuragi_chip.intrinsics import flags, lowest, ones

__all__ = ["BLOCK", "SLACK", "list_spikes", "list_values"]

# `flags` looks at BLOCK units at a time; SLACK of those that sent are listed at a time.
BLOCK = 64
SLACK = 4


@compiled
def _blocks_that_sent(row: Any, marks: Any) -> Any:
    """How many blocks hold a unit that sent; marks[0, k], marks[1, k]: where, and a bit for each.

    No branch depends on who did.
    """
    number = np.uint64(0)
    for block in range(np.uint64(row.shape[0] // BLOCK)):
        base = np.uint64(BLOCK) * block
        left = flags(row, base)
        marks[0, number], marks[1, number] = base, left
        number += np.uint64(left != 0)
    return number


@compiled
def list_spikes(
    step: int,
    first: int,
    last: int,
    keep: int,
    sent: Any,
    marks: Any,
    events: Any,
    bounds: Any,
    found: Any,
) -> None:
    """List the units that sent, ascending.

    Those of a block are listed SLACK at a time, so that a branch is taken only where more sent.
    keep: whether what was listed in earlier steps is still wanted.
    sent: a byte for each unit, shape (trials, room), room a multiple of BLOCK
    marks: room for two words for each block, shape (trials, 2, blocks)
    events: out: units that sent, step after step; bounds: out: where those of this step begin and
        end, shape (trials, 2); found: out: how many, shape (trials, steps kept)
    """
    slot = step % found.shape[1]
    for trial in range(first, last):
        start = bounds[trial, 1] if keep else 0
        listed, held = events[trial, start:], marks[trial]
        count = np.uint64(0)
        for k in range(_blocks_that_sent(sent[trial], held)):
            base, left = held[0, k], held[1, k]
            end = count + ones(left)
            while left != 0:
                for more in range(np.uint64(SLACK)):
                    listed[count + more] = base + lowest(left)
                    left &= left - np.uint64(1)
                count += np.uint64(SLACK)
            count = end
        bounds[trial, 0], bounds[trial, 1] = start, start + np.int64(count)
        found[trial, slot] = count


@compiled
def list_values(
    step: int,
    first: int,
    last: int,
    keep: int,
    sent: Any,
    size: int,
    events: Any,
    bounds: Any,
    found: Any,
) -> None:
    """The same for units that send values.  sent: shape (trials, size and more)"""
    slot = step % found.shape[1]
    for trial in range(first, last):
        start = bounds[trial, 1] if keep else 0
        row, listed = sent[trial], events[trial, start:]
        units = np.uint64(size)
        count = 0
        for unit in range(units):
            count += row[unit] != 0
        if count == size:
            for unit in range(units):
                listed[unit] = unit
        elif count:
            k = 0
            for unit in range(units):
                if row[unit] != 0:
                    listed[np.uint64(k)] = unit
                    k += 1
        bounds[trial, 0], bounds[trial, 1] = start, start + count
        found[trial, slot] = count
