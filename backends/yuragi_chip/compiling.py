"""How the loops that only compiled code calls are compiled."""

from __future__ import annotations

from typing import Any

from numba import njit

__all__ = ["compiled"]

_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
compiled: Any = njit(**_OPTIONS)
