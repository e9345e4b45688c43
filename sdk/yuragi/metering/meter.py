"""What every meter says of itself and how it is read."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["Clock", "Meter", "RealClock"]


class Meter(Protocol):
    """A counter of joules.

    source: what is read.   boundary: what the joules contain and leave out.
    resolution_j: the smallest difference of two readings that means anything.
    measured: False where the joules are modelled; such are never put beside measured ones
        without the word.
    """

    source: str
    boundary: str
    resolution_j: float
    measured: bool

    def read(self) -> float:
        """Joules since the meter was opened; never falls."""

    def close(self) -> None:
        """Let go of what the meter holds."""


class Clock(Protocol):
    """Time, so that tests need not wait."""

    def now(self) -> float:
        """Seconds from an arbitrary start."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class RealClock:
    """The clock of this machine."""

    def now(self) -> float:
        """Seconds from an arbitrary start."""
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
