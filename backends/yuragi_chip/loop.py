"""The loop over steps: every bound operation in turn, without a return to Python."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # has no types
from numba import njit, types
from numba.extending import intrinsic

__all__ = ["call", "run_steps"]

_intrinsic: Any = intrinsic
_WORD = ir.IntType(64)


# In this file, since numba compiles the loop anew where this file has changed.
@_intrinsic
def call(typing: Any, function: Any, table: Any, step: Any, first: Any, last: Any) -> Any:
    """Call the compiled function at an address with four whole numbers."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [_WORD] * 4)
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    word = types.int64
    return types.void(word, word, word, word, word), generate


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
