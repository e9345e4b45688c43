"""Brian2's global state, set for a run and put back: preferences, active device."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
from brian2.codegen.cpp_prefs import get_compiler_and_args
from brian2.core.preferences import prefs

__all__ = ["exact_flags", "isolated"]

# The package has an object of this name in place of the module, so a plain import misses it.
devices: Any = import_module("brian2.devices.device")
_LOCK = threading.RLock()
_INEXACT = (
    "-ffast-math",
    "-Ofast",
    "-funsafe-math-optimizations",
    "/fp:fast",
    "-fassociative-math",
)
_EXACT = ("-fno-fast-math", "-ffp-contract=off")


def exact_flags() -> list[str]:
    """The user's compiler flags without those that change what a sum or product is.

    Brian2's default is -ffast-math, which lets the compiler reorder sums; and a multiplication
    fused with an addition rounds once where the reference rounds twice.
    """
    compiler, flags = get_compiler_and_args()
    kept = [flag for flag in flags if flag not in _INEXACT and flag != "-fno-finite-math-only"]
    return kept if compiler == "msvc" else [*kept, *_EXACT]


@contextmanager
def _quiet() -> Iterator[None]:
    """Brian2's remarks on choices that are made here are not for the user's eyes."""
    logger = logging.getLogger("brian2")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def isolated(settings: Mapping[str, Any], device: Any = None) -> Iterator[None]:
    """Run with these preferences on this device; afterwards all is as it was.

    One thread at a time: Brian2 has one set of preferences and one device for a whole process.

    device: the runtime device by default, whatever the user's own is.
    """
    with _LOCK:
        wanted = {
            "core.default_float_dtype": np.float64,
            "core.stop_on_keyboard_interrupt": False,
            "codegen.string_expression_target": "numpy",
            **settings,
        }
        saved = {name: prefs[name] for name in wanted}
        active = devices.active_device
        try:
            for name, value in wanted.items():
                prefs[name] = value
            devices.active_device = device or devices.runtime_device
            with _quiet(), warnings.catch_warnings():
                # Brian2 calls what its own dependencies will drop; nothing for a user to do.
                warnings.simplefilter("ignore", DeprecationWarning)
                yield
        finally:
            devices.active_device = active
            for name, value in saved.items():
                prefs[name] = value
