"""How the loops that only compiled code calls are compiled."""

from __future__ import annotations

from typing import Any

from numba import njit

__all__ = ["compiled"]

# Not cached one by one: numba looks at the file of a function only, not at those that it calls. The
# operations that are made of them are cached, under a name that depends on all of their files.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
compiled: Any = njit(**_OPTIONS)
