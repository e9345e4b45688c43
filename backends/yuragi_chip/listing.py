"""Compiled loops that list which units sent in a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from yuragi_chip.compiling import compiled
from yuragi_chip.intrinsics import flags, ones, put

__all__ = ["BLOCK", "SLACK", "list_spikes", "list_values"]

# `flags` looks at BLOCK units at a time; `put` writes up to SLACK numbers more than it keeps.
BLOCK = 64
SLACK = 8


def _places() -> Any:
    """For each byte, where its bits are 1, ascending, then zeros.  shape (256 * 8,)"""
    bits = (np.arange(256)[:, None] >> np.arange(SLACK)) & 1
    order = np.argsort(1 - bits, axis=1, kind="stable")
    kept = np.arange(SLACK) < bits.sum(axis=1, keepdims=True)
    return np.where(kept, order, 0).astype(np.uint8).reshape(-1)


_PLACES = _places()


@compiled
def list_spikes(
    step: int, first: int, last: int, keep: int, sent: Any, events: Any, bounds: Any, found: Any
) -> None:
    """List the units that sent, ascending, without a branch that depends on who did.

    keep: whether what was listed in earlier steps is still wanted.
    sent: a byte for each unit, shape (trials, room), room a multiple of BLOCK
    events: out: units that sent, step after step; bounds: out: where those of this step begin and
        end, shape (trials, 2); found: out: how many, shape (trials, steps kept)
    """
    slot = step % found.shape[1]
    for trial in range(first, last):
        start = bounds[trial, 1] if keep else 0
        row, listed = sent[trial], events[trial, start:]
        count = np.uint64(0)
        for block in range(np.uint64(row.shape[0] // BLOCK)):
            base = np.uint64(BLOCK) * block
            left = flags(row, base)
            for byte in range(np.uint64(8)):
                eight = (left >> (np.uint64(8) * byte)) & np.uint64(255)
                unit = base + np.uint64(8) * byte
                put(listed, count, np.int32(unit), _PLACES, np.uint64(SLACK) * eight)
                count += ones(eight)
        bounds[trial, 0], bounds[trial, 1] = start, start + np.int64(count)
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
