"""What a budget demands of an estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass

from yuragi.errors import GraphError
from yuragi.planning.estimate import Estimate, over
from yuragi.power.band import Band
from yuragi.units import engineering

__all__ = ["Demands", "most_inferences", "power_at", "unmet"]


_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """None: not demanded.  Errors: GraphError for a demand that is not above 0.

    power_w: mean watts.   energy_j, latency_s: of one inference.
    rate_hz: inferences a second that must be reached.   chips: the most.
    """

    power_w: float | None = None
    energy_j: float | None = None
    latency_s: float | None = None
    rate_hz: float | None = None
    chips: int | None = None

    def __post_init__(self) -> None:
        for name, value in self.as_dict().items():
            if value is not None and not (math.isfinite(value) and value > 0):
                raise GraphError(f"{name} {value}: expected a number above 0")

    def as_dict(self) -> dict[str, float | None]:
        """For JSON."""
        return {
            "power_w": self.power_w,
            "energy_j": self.energy_j,
            "latency_s": self.latency_s,
            "rate_hz": self.rate_hz,
            "chips": self.chips,
        }


def power_at(here: Estimate, rate_hz: float | None) -> Band | None:
    """Mean watts at so many inferences a second; None: without a pause.

    P = P_standing + rate E_dynamic; the chips stay on between two inferences.
    None where something is unpriced.
    """
    report = here.report
    if rate_hz is None:
        return here.power_w
    if report.total_j is None or report.dynamic_j is None or report.seconds is None:
        return None
    standing = Band.total(over(term.joules, report.seconds) for term in report.standing)
    return standing + report.dynamic_j * rate_hz


def unmet(here: Estimate, demands: Demands, *, worst: bool = False) -> tuple[str, ...]:
    """Limits of the chip and demands that do not hold, as sentences.

    worst: with every constant at its worse end.
    """
    found = [str(broken) for broken in here.broken]
    report = here.report
    seconds = report.seconds
    for name, wanted, value, unit in (
        ("power", demands.power_w, power_at(here, demands.rate_hz), "W"),
        ("energy", demands.energy_j, report.total_j, "J"),
        ("latency", demands.latency_s, seconds, "s"),
        ("rate", None if demands.rate_hz is None else 1 / demands.rate_hz, seconds, "s"),
    ):
        if wanted is None:
            continue
        if value is None:
            first, more = report.unpriced[:_SHOWN], len(report.unpriced) - _SHOWN
            others = f" and {more} more" if more > 0 else ""
            found.append(f"{name}: no price for {', '.join(first)}{others}")
        elif (value.high if worst else value.nominal) > wanted:
            shown = engineering(value.high if worst else value.nominal, unit)
            found.append(f"{name}: takes {shown}, allowed are {engineering(wanted, unit)}")
    if demands.chips is not None and here.chips > demands.chips:
        found.append(f"chips: takes {here.chips:,}, allowed are {demands.chips:,}")
    return tuple(found)


def most_inferences(here: Estimate, demands: Demands) -> float | None:
    """The chip's own pace, or what the power allows if that is less."""
    seconds, dynamic = here.report.seconds, here.report.dynamic_j
    if seconds is None or not seconds.nominal:
        return None
    pace = 1 / seconds.nominal
    standing = power_at(here, 0.0)
    if demands.power_w is None or standing is None or dynamic is None or not dynamic.nominal:
        return pace
    return min(pace, max(0.0, demands.power_w - standing.nominal) / dynamic.nominal)
