"""The decorators of the compiled loops of this package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

__all__ = ["called", "compiled"]

_Loop = TypeVar("_Loop", bound=Callable[..., Any])


_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_INNER: dict[str, Any] = _OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def compiled(loop: _Loop) -> _Loop:
    """Compile a loop at its first call and keep it on disk; the same bits on every machine."""
    made: Any = njit(cache=True, **_OPTIONS)(loop)
    return cast("_Loop", made)


def called(loop: _Loop) -> _Loop:
    """The same for a loop that only compiled loops of its own file call: lighter to compile."""
    made: Any = njit(**_INNER)(loop)
    return cast("_Loop", made)
