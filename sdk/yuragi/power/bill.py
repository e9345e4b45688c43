"""Counts times constants: the energy and the time of an inference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from yuragi.errors import MissingConstantError, ProfileError, RunError
from yuragi.hardware import Constant, Profile, weakest
from yuragi.power.band import Band
from yuragi.power.census import EVENTS, Census
from yuragi.power.report import Boundary, EnergyReport, Joules
from yuragi.power.term import Term
from yuragi.power.timing import Timing, step_timing
from yuragi.units import engineering

__all__ = ["bill"]


def bill(
    census: Census,
    profile: Profile,
    *,
    name: str = "network",
    accuracy: float | None = None,
    tick_s: float | None = None,
) -> EnergyReport:
    """Price what an inference does.

    E = sum_k count_k * e_k + chips * (P_static + P_host + f_clock * e_cycle) * T
    T = steps * T_step

    A profile may price steps (once a step and chip), and clock cycles; one that knows only the
    power of the whole chip has E = chips * P * T, events and all.

    Errors: RunError where the chip is slower than its tick; ProfileError where a marginal price
    would be added to an all-in one; MissingConstantError where the profile asks the user for a
    number that nobody published.
    """
    _refuse_unanswered(profile)
    terms, unpriced = _dynamic(census, profile)
    all_in = _is_all_in(profile, terms)
    timing = _timing(census, profile, tick_s)
    standing = () if all_in else _standing(census, profile, timing)
    if not all_in:
        unpriced = (*unpriced, *timing.unpriced, *_unstated(profile))
    unpriced = tuple(dict.fromkeys((*unpriced, *_required(profile))))
    return EnergyReport(
        name=name,
        profile=profile,
        accuracy=accuracy,
        trials=census.trials,
        steps=census.steps,
        cores=census.cores,
        tiles=census.tiles,
        chips=census.chips,
        counts=dict(census.totals),
        terms=terms,
        standing=standing,
        per_trial=_joules(terms, standing, unpriced, all_in=all_in),
        step_s=timing.step_s,
        seconds=timing.trial_s,
        boundary=_boundary(profile, standing, unpriced, all_in=all_in),
        unpriced=unpriced,
        basis=weakest(constant.basis for constant in _used(terms, standing, timing)),
        notes=_notes(profile, terms, timing, unpriced),
        census=census,
        timing=timing,
        tick_s=_tick(profile, tick_s),
        held_s=tick_s,
    )


def _refuse_unanswered(profile: Profile) -> None:
    if profile.asks:
        wanted = "; ".join(f"{name}: {text}" for name, text in profile.asks.items())
        call = ", ".join(f"{name}=..." for name in profile.asks)
        raise MissingConstantError(
            f"{profile.name} has numbers that were never published ({wanted}); give yours: "
            f"yg.profile({profile.name!r}, {call})"
        )


def _dynamic(census: Census, profile: Profile) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """The priced lines, and the names that happened and have no price."""
    counts = census.totals
    terms: list[Term] = []
    unpriced: list[str] = []
    for name in EVENTS:
        if counts.get(name, 0.0) == 0.0 or name in profile.included or "chip" in profile.power:
            continue
        if name in profile.energy:
            count = Band.exact(counts[name])
            constant = profile.energy[name]
            terms.append(Term(name=f"energy.{name}", count=count, constant=constant))
        else:
            unpriced.append(f"energy.{name}")
    if "steps" in profile.energy:
        steps = Band.exact(float(census.steps * census.chips))
        terms.append(Term(name="energy.steps", count=steps, constant=profile.energy["steps"]))
    return tuple(terms), tuple(unpriced)


def _is_all_in(profile: Profile, terms: Iterable[Term]) -> bool:
    by_scope = {term.constant.scope: term.name for term in terms}
    whole = next((n for n, c in profile.power.items() if c.scope == "all_in"), None)
    if whole is not None and profile.energy:
        raise ProfileError(
            f"profile {profile.name!r}: power.{whole} is all_in and already holds what "
            f"energy.{next(iter(profile.energy))} would add; price either the whole or its parts"
        )
    if "all_in" in by_scope and len(by_scope) > 1:
        other = next(name for scope, name in by_scope.items() if scope != "all_in")
        raise ProfileError(
            f"profile {profile.name!r}: {by_scope['all_in']} is all_in and already holds what "
            f"{other} would add; price either the whole or its parts"
        )
    return "all_in" in by_scope


def _tick(profile: Profile, tick_s: float | None) -> float | None:
    stated = profile.latency.get("tick")
    return stated.value if tick_s is None and stated is not None else tick_s


def _timing(census: Census, profile: Profile, tick_s: float | None) -> Timing:
    """The time of a step: a clock's, the model's own time accelerated, or of the work in it."""
    if profile.acceleration is not None and tick_s is None:
        return _accelerated(census, profile.acceleration)
    timing = _for_all_steps(step_timing(census.counts, profile, census.flights), census.steps)
    tick = profile.latency.get("tick")
    if tick_s is not None or tick is None:
        return _throttled(timing, census.steps, tick_s)
    held = _throttled(timing, census.steps, tick.value)
    band = Band.of(tick)
    return replace(held, step_s=band, trial_s=band * census.steps, used=(*held.used, tick))


def _for_all_steps(timing: Timing, steps: int) -> Timing:
    return timing if timing.step_s is None else replace(timing, trial_s=timing.step_s * steps)


def _accelerated(census: Census, ratio: Constant) -> Timing:
    if census.dt is None:
        return Timing(step_s=None, trial_s=None, used=(), unpriced=("dt",))
    step = Band(
        low=census.dt / ratio.high,
        nominal=census.dt / ratio.value,
        high=census.dt / ratio.low,
    )
    return Timing(step_s=step, trial_s=step * census.steps, used=(ratio,), unpriced=())


def _throttled(timing: Timing, steps: int, tick_s: float | None) -> Timing:
    if tick_s is None:
        return timing
    if timing.step_s is not None and timing.step_s.nominal > tick_s:
        needed, given = engineering(timing.step_s.nominal, "s"), engineering(tick_s, "s")
        raise RunError(f"a step takes {needed}, longer than the tick of {given}; raise tick_s")
    tick = Band.exact(tick_s)
    return Timing(step_s=tick, trial_s=tick * steps, used=timing.used, unpriced=())


def _standing(census: Census, profile: Profile, timing: Timing) -> tuple[Term, ...]:
    """Power of whole chips, and cycles of their clock, for as long as one inference lasts."""
    if timing.trial_s is None:
        return ()
    chip_seconds = timing.trial_s * census.chips
    terms = [
        Term(name=f"power.{name}", count=chip_seconds, constant=profile.power[name])
        for name in ("chip", "static_chip", "host_chip")
        if name in profile.power
    ]
    if profile.clock is not None and "cycles" in profile.energy:
        cycles = chip_seconds * Band.of(profile.clock)
        terms.append(Term(name="energy.cycles", count=cycles, constant=profile.energy["cycles"]))
    return tuple(terms)


_STATIC = ("power.chip", "power.static_chip", "energy.cycles")


def _required(profile: Profile) -> tuple[str, ...]:
    """Prices that the profile requires and lacks."""
    return tuple(n for n in profile.missing if not n.startswith(("limits.", "numbers.")))


def _unstated(profile: Profile) -> tuple[str, ...]:
    known = any(name in profile.power for name in ("chip", "static_chip"))
    return () if known else ("power.static_chip",)


def _joules(
    terms: tuple[Term, ...], standing: tuple[Term, ...], unpriced: tuple[str, ...], *, all_in: bool
) -> Joules:
    by_name = {term.name: term.joules for term in standing}
    missing = any(name.startswith("energy.") for name in unpriced)
    paid = "power.chip" in by_name or "power.static_chip" in by_name
    paid = paid and not any(name.startswith("power.") for name in unpriced)
    static = Band.total(by_name[name] for name in _STATIC if name in by_name) if paid else None
    return Joules(
        dynamic=None if missing else Band.total(term.joules for term in terms),
        static=Band.exact(0.0) if all_in else static,
        host=by_name.get("power.host_chip"),
    )


def _boundary(
    profile: Profile, standing: tuple[Term, ...], unpriced: tuple[str, ...], *, all_in: bool
) -> tuple[Boundary, ...]:
    priced = {term.name for term in standing}
    missing = [name for name in unpriced if name.startswith("energy.")]
    inside = "; ".join(
        f"{', '.join(count for count, by in profile.included.items() if by == container)} "
        f"within {container}"
        for container in dict.fromkeys(profile.included.values())
    )
    whole, host = "power.chip" in priced, "power.host_chip" in priced
    static = whole or "power.static_chip" in priced
    return (
        Boundary(
            part="chip dynamic",
            included=not missing,
            note=f"no price for {', '.join(missing)}"
            if missing
            else "within power.chip, the watts of the whole chip"
            if whole
            else inside or "every count",
        ),
        Boundary(
            part="chip static",
            included=static or all_in,
            note="within the all-in price"
            if all_in
            else "whole chips in use, for as long as an inference lasts"
            if static
            else "no power or no time is known",
        ),
        Boundary(
            part="host",
            included=host,
            note="processors on the chips in use; a host PC is not"
            if host
            else "the profile states no power for processors on the chip or beside it",
        ),
        Boundary(part="I/O", included=False, note="sensors, spikes in and out, loading weights"),
    )


def _used(terms: Iterable[Term], standing: Iterable[Term], timing: Timing) -> tuple[Constant, ...]:
    constants = [term.constant for term in (*terms, *standing)]
    return (*constants, *(timing.used if standing else ()))


def _notes(
    profile: Profile, terms: tuple[Term, ...], timing: Timing, unpriced: tuple[str, ...]
) -> tuple[str, ...]:
    if profile.kind == "ideal":
        return ("this profile has no prices; compile for a chip, e.g. profile='loihi2'",)
    resolution = profile.power.get("meter_resolution")
    if resolution is None or timing.trial_s is None or unpriced or not timing.trial_s.nominal:
        return ()
    watts = Band.total(term.joules for term in terms).nominal / timing.trial_s.nominal
    if watts >= resolution.value:
        return ()
    note = (
        f"not resolved: {engineering(watts, 'W')} of dynamic power is below the "
        f"{engineering(resolution.value, 'W')} that the chip's meters resolve"
    )
    return (note,)
