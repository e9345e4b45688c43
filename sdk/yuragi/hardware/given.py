"""Constants that a user gives instead of a profile's own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from yuragi.errors import ProfileError
from yuragi.hardware.constant import Constant, Scope
from yuragi.hardware.profile import Profile

__all__ = ["SOURCE", "with_given"]

SOURCE = "user"
_EMPTY: Mapping[str, str] = MappingProxyType({})


def with_given(profile: Profile, given: Mapping[str, float]) -> Profile:
    """The profile with `given` in place of what it states, marked as assumed by the user.

    given: "power_w", "static_w", "step_s" or "clock_hz" -> a number above 0.
    Errors: ProfileError for a number that is not above 0, and for two that exclude one another.
    """
    if not given:
        return profile
    for name, value in given.items():
        usable = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not usable or not math.isfinite(value) or value <= 0:
            raise ProfileError(f"{name} {value!r}: expected a number above 0")
    if "power_w" in given and "static_w" in given:
        raise ProfileError("power_w is the whole chip and holds static_w; give one of them")
    for name, change in (
        ("clock_hz", _clocked),
        ("step_s", _stepped),
        ("power_w", _powered),
        ("static_w", _static),
    ):
        if name in given:
            profile = change(profile, float(given[name]))
    sources = {SOURCE: f"given by the user: {', '.join(sorted(given))}"}
    return replace(
        profile,
        sources=MappingProxyType(_still_used(profile) | sources),
        asks=MappingProxyType({k: text for k, text in profile.asks.items() if k not in given}),
    )


def _still_used(profile: Profile) -> dict[str, str]:
    used = {constant.source for _, constant in profile.constants()}
    return {key: text for key, text in profile.sources.items() if key in used}


def _constant(value: float, unit: str, scope: Scope) -> Constant:
    return Constant(
        value=value,
        low=value,
        high=value,
        unit=unit,
        basis="assumed",
        scope=scope,
        confidence="low",
        source=SOURCE,
    )


def _powered(profile: Profile, watts: float) -> Profile:
    power = {"chip": _constant(watts, "watt", "all_in")}
    return replace(
        profile,
        energy=MappingProxyType({}),
        power=MappingProxyType(power),
        included=_EMPTY,
        requires=(
            *(n for n in profile.requires if not n.startswith(("energy.", "power."))),
            "power.chip",
        ),
        boundary="the whole chip, by the watts that the user gave",
    )


def _static(profile: Profile, watts: float) -> Profile:
    if "chip" in profile.power:
        raise ProfileError(f"{profile.name}: its power is of the whole chip; give power_w instead")
    power = {**profile.power, "static_chip": _constant(watts, "watt", "static")}
    return replace(profile, power=MappingProxyType(power))


def _stepped(profile: Profile, seconds: float) -> Profile:
    latency = {"tick": _constant(seconds, "second", "marginal")}
    return replace(
        profile,
        latency=MappingProxyType(latency),
        included_latency=_EMPTY,
        acceleration=None,
        requires=(
            *(n for n in profile.requires if n.startswith(("energy.", "power.", "numbers."))),
            "latency.tick",
        ),
    )


def _clocked(profile: Profile, hertz: float) -> Profile:
    if profile.clock is None:
        raise ProfileError(f"{profile.name} states no clock, so clock_hz has no meaning for it")
    ratio = profile.clock.value / hertz
    latency = {
        name: constant if name == "tick" else _scaled(constant, ratio)
        for name, constant in profile.latency.items()
    }
    clock = _constant(hertz, "hertz", "structure")
    return replace(profile, clock=clock, latency=MappingProxyType(latency))


def _scaled(constant: Constant, ratio: float) -> Constant:
    return replace(
        constant,
        value=constant.value * ratio,
        low=constant.low * ratio,
        high=constant.high * ratio,
    )
