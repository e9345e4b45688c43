"""The energy of a run: its counts, priced by the profile that it ran on."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from yuragi.errors import RunError
from yuragi.hardware import Profile
from yuragi.power.bill import bill
from yuragi.power.census import census_of
from yuragi.power.report import EnergyReport
from yuragi.power.timing import Flights
from yuragi.recording import Recording

__all__ = ["energy"]


def energy(
    recording: Recording,
    *,
    name: str = "network",
    accuracy: float | None = None,
    tick_s: float | None = None,
    timing: Literal["simple", "detailed"] = "simple",
) -> EnergyReport:
    """Price a recording with the profile that it ran on; `yuragi.power.bill` has the equations.

        accuracy: of this run, 0 to 1, carried to comparisons.
        tick_s: seconds between steps where the chip is held to a clock; by default the tick that
            the profile states, else it runs as fast as its busiest core lets it.

        timing: "simple", by the busiest core (`yuragi.power.timing`), or "detailed", packet by
            packet over the mesh (`yuragi.power.schedule`), which needs run(..., messages=True).

    Errors: RunError where there is no profile, no trial or no step, the chip is slower than its
    tick, or there are no packets for the detailed time; ProfileError where a marginal price would
    be added to an all-in one; MissingConstantError where the profile asks the user for a number
    that nobody published.
    """
    if recording.profile is None:
        raise RunError(
            f"backend {recording.backend!r} ran without a profile, or counted several cores as "
            "one: nothing has a price; the backend chip counts core by core"
        )
    if recording.trials < 1 or recording.steps < 1:
        raise RunError("an empty recording has no energy per inference")
    census = census_of(recording)
    if timing != "simple":
        census = replace(census, flights=_flights(recording, recording.profile, timing))
    return bill(census, recording.profile, name=name, accuracy=accuracy, tick_s=tick_s)


def _flights(recording: Recording, profile: Profile, timing: str) -> Flights:
    """The packets of a run, and how the chip lets them meet."""
    if timing != "detailed":
        raise RunError(f"timing {timing!r}: expected simple or detailed")
    if recording.messages is None or recording.layout is None:
        raise RunError("the detailed time is made from packets: run(..., messages=True)")
    if profile.timing != "two_sided" or profile.structure.link_buffer is None:
        raise RunError(
            f"{profile.label} has no detailed time: it needs cores that send and receive at the "
            "same time (timing: two_sided) and structure.link_buffer"
        )
    if recording.counts.synapse_updates:
        raise RunError("the detailed time knows packets only, and nothing of weights that learn")
    return Flights(
        messages=recording.messages,
        layout=recording.layout,
        link_buffer=profile.structure.link_buffer,
    )
