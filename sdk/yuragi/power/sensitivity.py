"""Which constant matters most: one at a time at the ends of its band, the others nominal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

from yuragi.errors import RunError
from yuragi.hardware import Constant, Profile
from yuragi.power.band import Band
from yuragi.power.bill import bill
from yuragi.power.digital import DigitalReport, price
from yuragi.power.report import EnergyReport
from yuragi.power.trace import Trace, of_constant

__all__ = ["Report", "Swing", "Tornado", "repriced", "tornado", "with_constant"]

Report: TypeAlias = EnergyReport | DigitalReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """Total joules with one constant at its ends.

    name: "loihi2 energy.synaptic_events".
    """

    name: str
    constant: Constant
    at_low: float
    at_high: float

    @property
    def size(self) -> float:
        """Joules between the two."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado:
    """Constants by how far they move the total, the largest first.

    total: with every constant nominal, joules per inference.
    """

    name: str
    total: float
    swings: tuple[Swing, ...]
    profile: Profile

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "total_j": self.total,
            "swings": [
                {"constant": one.name, "at_low_j": one.at_low, "at_high_j": one.at_high}
                for one in self.swings
            ],
        }

    def traces(self) -> Mapping[str, Trace]:
        """A trace for each figure of `as_dict`, by its place."""
        note = "total of an inference with every constant nominal"
        found = {"total_j": _modelled("total_j", self.total, (), note)}
        for place, one in enumerate(self.swings):
            part = of_constant(self.profile, one.name.partition(" ")[2], one.constant)
            for end in ("low", "high"):
                value = one.at_low if end == "low" else one.at_high
                note = f"the total priced anew with this constant at its {end} end"
                name = f"swings[{place}].at_{end}_j"
                found[name] = _modelled(f"total_j at the {end} end", value, (part,), note)
        return found


def _modelled(name: str, joules: float, parts: tuple[Trace, ...], note: str) -> Trace:
    value = Band.exact(joules)
    return Trace(name=name, value=value, unit="J", rule="model", parts=parts, note=note)


def repriced(report: Report, profile: Profile) -> Report:
    """The same counts with other constants."""
    if isinstance(report, EnergyReport):
        return bill(
            report.census,
            profile,
            name=report.name,
            accuracy=report.accuracy,
            tick_s=report.held_s,
        )
    return price(report.workload, profile)


def with_constant(profile: Profile, name: str, value: float) -> Profile:
    """The profile with one constant, "energy.synaptic_events", at a value and without a band.

    Errors: RunError where there is no such constant.
    """
    section, _, key = name.partition(".")
    constants = dict(profile.constants())
    if name not in constants:
        raise RunError(f"{profile.name} has no constant {name!r}")
    sharp = replace(constants[name], value=value, low=value, high=value)
    held: Any = sharp if not key else MappingProxyType({**getattr(profile, section), key: sharp})
    changes: dict[str, Any] = {section: held}
    return replace(profile, **changes)


def tornado(report: Report, *, most: int = 12) -> Tornado:
    """Price the report anew with each constant at each end of its band.

    most: how many constants are kept.
    Errors: RunError where the report has no total.
    """
    if report.total_j is None:
        raise RunError(f"no total to vary: no price for {', '.join(report.unpriced)}")
    profile = report.profile
    swings = []
    for name, constant in profile.constants():
        if name.partition(".")[0] in _PRICED and constant.low < constant.high:
            low, high = (_total(report, name, end) for end in (constant.low, constant.high))
            swings.append(
                Swing(name=f"{profile.label} {name}", constant=constant, at_low=low, at_high=high)
            )
    swings = [one for one in swings if one.size > 0]
    swings.sort(key=lambda one: (-one.size, one.name))
    return Tornado(
        name=f"{report.row().name} on {profile.label}",
        total=report.total_j.nominal,
        swings=tuple(swings[:most]),
        profile=profile,
    )


_PRICED = ("energy", "latency", "power", "clock", "acceleration")


def _total(report: Report, name: str, value: float) -> float:
    found = repriced(report, with_constant(report.profile, name, value)).total_j
    if found is None:  # a profile with a sharper constant prices what it priced before
        raise RunError(f"no total with {name} at {value}")
    return found.nominal
