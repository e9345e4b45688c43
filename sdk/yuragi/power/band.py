"""A number known to lie between two ends."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from yuragi.errors import RunError
from yuragi.hardware import Constant
from yuragi.units import engineering_band

__all__ = ["Band"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """low <= nominal <= high.

    Arithmetic moves the ends together: they are the results with every constant at its low end and
    with every constant at its high end, not a standard deviation.

    Errors: RunError where the order does not hold or an end is not finite.
    """

    low: float
    nominal: float
    high: float

    def __post_init__(self) -> None:
        ends = (self.low, self.nominal, self.high)
        if not (all(map(math.isfinite, ends)) and self.low <= self.nominal <= self.high):
            raise RunError(f"not a band: low {ends[0]}, nominal {ends[1]}, high {ends[2]}")

    @classmethod
    def exact(cls, value: float) -> Band:
        """A band of no width."""
        return cls(low=value, nominal=value, high=value)

    @classmethod
    def of(cls, constant: Constant) -> Band:
        """The band of a constant."""
        return cls(low=constant.low, nominal=constant.value, high=constant.high)

    @classmethod
    def total(cls, bands: Iterable[Band]) -> Band:
        """The sum; exactly zero where there is nothing to add."""
        total = cls.exact(0.0)
        for band in bands:
            total = total + band
        return total

    def __add__(self, other: Band) -> Band:
        return Band(
            low=self.low + other.low,
            nominal=self.nominal + other.nominal,
            high=self.high + other.high,
        )

    def __mul__(self, factor: float | Band) -> Band:
        """Times a number, or times a band; neither may be negative."""
        other = factor if isinstance(factor, Band) else Band.exact(factor)
        if self.low < 0 or other.low < 0:
            raise RunError(f"a band times a negative number: {self} times {other}")
        return Band(
            low=self.low * other.low,
            nominal=self.nominal * other.nominal,
            high=self.high * other.high,
        )

    __rmul__ = __mul__

    def above(self, floor: Band) -> Band:
        """How far this lies over `floor` end by end, at least 0."""
        ends = sorted(
            max(0.0, end - under)
            for end, under in (
                (self.low, floor.low),
                (self.nominal, floor.nominal),
                (self.high, floor.high),
            )
        )
        return Band(low=ends[0], nominal=ends[1], high=ends[2])

    def or_more(self, other: Band) -> Band:
        """The larger of the two, end by end."""
        return Band(
            low=max(self.low, other.low),
            nominal=max(self.nominal, other.nominal),
            high=max(self.high, other.high),
        )

    def text(self, unit: str) -> str:
        """The band under one prefix: "25.0 [23.0, 60.0] pJ"."""
        return engineering_band(self.low, self.nominal, self.high, unit)

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {"low": self.low, "nominal": self.nominal, "high": self.high}
