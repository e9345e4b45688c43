"""The loop over steps: every bound operation in turn, without a return to Python."""

from __future__ import annotations

from typing import Any

from numba import njit

from yuragi_chip.intrinsics import call

__all__ = ["run_steps"]


@njit("void(int64[:, ::1], int64, int64, int64, int64)", nogil=True, cache=True)
def run_steps(operations: Any, begin: int, end: int, first: int, last: int) -> None:
    """Steps begin to end-1 of trials first to last-1.

    operations: rows of (function, table, latency), in the order of a step.  shape (operations, 3)
    A population with a latency does nothing before its step.
    """
    for step in range(begin, end):
        for k in range(operations.shape[0]):
            if step >= operations[k, 2]:
                call(operations[k, 0], operations[k, 1], step, first, last)
