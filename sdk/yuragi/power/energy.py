"""The energy of a run: its counts, priced by the profile that it ran on."""

from __future__ import annotations

from yuragi.errors import RunError
from yuragi.power.bill import bill
from yuragi.power.census import census_of
from yuragi.power.report import EnergyReport
from yuragi.recording import Recording

__all__ = ["energy"]


def energy(
    recording: Recording,
    *,
    name: str = "network",
    accuracy: float | None = None,
    tick_s: float | None = None,
) -> EnergyReport:
    """Price a recording with the profile that it ran on; `yuragi.power.bill` has the equations.

        accuracy: of this run, 0 to 1, carried to comparisons.
        tick_s: seconds between steps where the chip is held to a clock; by default the tick that
            the profile states, else it runs as fast as its busiest core lets it.

    Errors: RunError where there is no profile, no trial or no step, or the chip is slower than
    its tick; ProfileError where a marginal price would be added to an all-in one;
    MissingConstantError where the profile asks the user for a number that nobody published.
    """
    if recording.profile is None:
        raise RunError(f"backend {recording.backend!r} ran without a profile: nothing has a price")
    if recording.trials < 1 or recording.steps < 1:
        raise RunError("an empty recording has no energy per inference")
    return bill(
        census_of(recording), recording.profile, name=name, accuracy=accuracy, tick_s=tick_s
    )
