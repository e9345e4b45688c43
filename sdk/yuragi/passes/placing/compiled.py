"""The decorators of the compiled loops of this package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

__all__ = ["called", "compiled"]

_Loop = TypeVar("_Loop", bound=Callable[..., Any])


def compiled(loop: _Loop) -> _Loop:
    """Compile a loop at its first call and keep it on disk; the same bits on every machine."""
    made: Any = njit(nogil=True, cache=True, error_model="numpy")(loop)
    return cast("_Loop", made)


def called(loop: _Loop) -> _Loop:
    """The same for a loop that only compiled loops of its own file call: lighter to compile."""
    made: Any = njit(
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(loop)
    return cast("_Loop", made)
