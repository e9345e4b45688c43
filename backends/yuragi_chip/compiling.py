"""How the loops that only compiled code calls are compiled."""

from __future__ import annotations

from typing import Any

from numba import njit

__all__ = ["compiled"]

# Not cached one by one: numba looks at the file of a function only, not at those that it calls. The
# operations that are made of them are cached, under a name that depends on all of their files.
# Inlined, since a call of Numba passes every field of every array on the stack: that takes as long
# as the work of a population of some ten units.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "forceinline": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
compiled: Any = njit(**_OPTIONS)
