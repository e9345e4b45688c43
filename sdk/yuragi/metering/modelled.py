"""Where there is no meter: seconds times the watts that a profile or the user states."""

from __future__ import annotations

from yuragi.errors import MissingConstantError
from yuragi.hardware import Constant, Profile
from yuragi.metering.meter import Clock, RealClock

__all__ = ["Modelled"]


class Modelled:
    """Joules by the clock; says of itself that nothing was measured.

    profile: a digital one that states the power of the machine while it computes.
    watts: instead, as the user gives them.
    Errors: MissingConstantError where neither says a power.
    """

    measured = False

    def __init__(
        self,
        profile: Profile | None = None,
        *,
        watts: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = RealClock() if clock is None else clock
        self._start = self._clock.now()
        self.resolution_j = 0.0
        self.active, self.source, self.boundary = _power(profile, watts)

    def read(self) -> float:
        """Joules since the meter was opened."""
        return (self._clock.now() - self._start) * self.active.value

    def close(self) -> None:
        """Nothing to let go of."""


def _power(profile: Profile | None, watts: float | None) -> tuple[Constant, str, str]:
    if watts is not None:
        constant = Constant(
            value=watts,
            low=watts,
            high=watts,
            unit="watt",
            basis="assumed",
            scope="all_in",
            confidence="low",
            source="user",
        )
        source = f"modelled, not measured: time x {watts:g} W given by the user"
        return constant, source, "whatever the given watts contain"
    if profile is None or not {"active", "peak"} & set(profile.power):
        name = "no profile" if profile is None else profile.name
        raise MissingConstantError(
            f"{name}: no power of the machine while it computes; give watts, or a profile with "
            "power.active, such as desktop_cpu"
        )
    key = "active" if "active" in profile.power else "peak"
    constant = profile.power[key]
    band = f"{constant.low:g} to {constant.high:g} W"
    source = f"modelled, not measured: time x power.{key} of {profile.label}, {band}"
    return constant, source, profile.boundary
