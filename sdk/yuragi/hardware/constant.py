"""One number of a device with its band and its origin."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from yuragi.errors import ProfileError

__all__ = ["BASES", "Basis", "Confidence", "Constant", "Scope", "weakest"]

Basis: TypeAlias = Literal[
    "architectural",
    "measured",
    "fitted",
    "simulated",
    "derived",
    "vendor",
    "peak",
    "convention",
    "assumed",
]
Scope: TypeAlias = Literal["marginal", "all_in", "static", "structure"]
Confidence: TypeAlias = Literal["high", "medium", "low"]

BASES: tuple[Basis, ...] = get_args(Basis)
"""The ladder of evidence, strongest first; a result stands on the weakest rung it uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A number with an origin; low <= value <= high, all in SI.

        unit: "joule", "second", "watt", or the word for what is counted ("bit", "unit").
        basis: how the number came to be known, a rung of `BASES`.
        scope: marginal (one more event), all_in (whole device at one operating point),
            static (paid whatever happens) or structure (a size).
        source: key of the profile's `sources`.

    Errors: ProfileError where the band is inverted or not finite.
    """

    value: float
    low: float
    high: float
    unit: str
    basis: Basis
    scope: Scope
    confidence: Confidence
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.low, self.value, self.high))):
            raise ProfileError(f"not finite: {self.low} / {self.value} / {self.high} {self.unit}")
        if not self.low <= self.value <= self.high:
            raise ProfileError(
                f"low <= value <= high does not hold: "
                f"{self.low:g} / {self.value:g} / {self.high:g} {self.unit}"
            )


def weakest(bases: Iterable[Basis]) -> Basis | None:
    """The lowest rung among `bases`; None where there is none."""
    return max(bases, key=BASES.index, default=None)
