"""A chip's prices for events that somebody else has counted."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from yuragi.errors import RunError, UnsupportedError
from yuragi.hardware import Profile, load
from yuragi.power.bill import bill
from yuragi.power.census import EVENTS, Census
from yuragi.power.report import EnergyReport
from yuragi.recording import COUNTS, Counts

__all__ = ["charge"]

_NOTHING: Mapping[str, float] = MappingProxyType({})


def charge(
    profile: str | Profile,
    events: Mapping[str, float],
    *,
    steps: int = 1,
    seconds: float | None = None,
    busiest: Mapping[str, float] = _NOTHING,
    cores: int = 1,
    tiles: int = 1,
    chips: int = 1,
    dt: float | None = None,
    name: str = "counted elsewhere",
) -> EnergyReport:
    """Price events of one inference, from a paper, a log or another simulator.

        events: totals by the names of a recording's counts, e.g. {"synaptic_events": 2.3e6}; an
            update that is not active is given as "inactive_updates".
        steps: of the inference;  seconds: its time, where that was measured; else it follows from
            `busiest`, the events of the busiest core in one step.
        dt: seconds of the model that a step stands for, for chips that have no steps.

    Errors: RunError for an unknown or negative count, and where the chip needs more time than
    given; UnsupportedError for a profile that is not of a chip; those of `yuragi.energy`.

    >>> charge("odin", {"synaptic_events": 37.5e6}, seconds=1.0).total_j.nominal
    0.00047692499999999997
    """
    chosen = load(profile) if isinstance(profile, str) else profile
    if chosen.kind != "neuromorphic":
        raise UnsupportedError(f"{chosen.name} is {chosen.kind}: it has no price for such events")
    for given in (events, busiest):
        _check(given)
    if steps < 1 or (seconds is not None and not seconds > 0):
        raise RunError(f"steps {steps}, seconds {seconds}: expected numbers above 0")
    totals = {one: float(events.get(one, 0.0)) for one in ("neuron_updates", *EVENTS)}
    active, resting = totals["active_updates"], totals["inactive_updates"]
    totals["neuron_updates"] = max(totals["neuron_updates"], active + resting)
    totals["inactive_updates"] = totals["neuron_updates"] - active
    census = Census(
        totals=totals,
        counts=_counts(busiest, cores=cores, tiles=tiles, chips=chips),
        origin="counted",
        trials=1,
        steps=steps,
        cores=cores,
        tiles=tiles,
        chips=chips,
        dt=dt,
        how=dict.fromkeys(totals, "given"),
    )
    return bill(census, chosen, name=name, tick_s=None if seconds is None else seconds / steps)


def _check(given: Mapping[str, float]) -> None:
    known = ("neuron_updates", *EVENTS, "messages_in")
    for one, count in given.items():
        if one not in known:
            raise RunError(f"no count {one!r}; there are {', '.join(known)}")
        if not (np.isfinite(count) and count >= 0):
            raise RunError(f"{one} {count!r}: expected a number from 0")


def _counts(busiest: Mapping[str, float], *, cores: int, tiles: int, chips: int) -> Counts:
    """One core in one step, the busiest."""
    filled = {one: float(busiest.get(one, 0.0)) for one in COUNTS if one != "synapse_updates"}
    resting = float(busiest.get("inactive_updates", 0.0))
    filled["neuron_updates"] = max(filled["neuron_updates"], filled["active_updates"] + resting)
    arrays = {one: np.full((1, 1, 1), count) for one, count in filled.items()}
    return Counts(arrays=arrays, cores=cores, tiles=tiles, chips=chips)
