"""Counts times constants: the energy of a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from yuragi.errors import MissingConstantError, ProfileError, RunError
from yuragi.hardware import Constant, Profile, weakest
from yuragi.power.band import Band
from yuragi.power.report import Boundary, EnergyReport, Joules
from yuragi.power.term import Term
from yuragi.power.timing import Timing, count_array, step_timing
from yuragi.recording import Recording
from yuragi.units import engineering

__all__ = ["energy"]

_EVENTS = (
    "synaptic_events",
    "active_updates",
    "inactive_updates",
    "spikes",
    "messages",
    "hops_x",
    "hops_y",
)


def energy(
    recording: Recording,
    *,
    name: str = "network",
    accuracy: float | None = None,
    tick_s: float | None = None,
) -> EnergyReport:
    """Price a recording with the profile that it ran on.

    E = sum_k count_k * e_k + chips * (P_static + P_host + f_clock * e_cycle) * T
    T = steps * T_step

    A profile may price steps (once a step and chip), and clock cycles; one that knows only the
    power of the whole chip has E = chips * P * T, events and all.

        accuracy: of this run, 0 to 1, carried to comparisons.
        tick_s: seconds between steps where the chip is held to a clock; by default the tick that
            the profile states, else it runs as fast as its busiest core lets it.

    Errors: RunError where there is no profile, no trial or no step, or the chip is slower than
    its tick; ProfileError where a marginal price would be added to an all-in one;
    MissingConstantError where the profile asks the user for a number that nobody published.
    """
    profile = _profile(recording)
    terms, unpriced = _dynamic(recording, profile)
    all_in = _is_all_in(profile, terms)
    timing = _timing(recording, profile, tick_s)
    standing = () if all_in else _standing(recording, profile, timing)
    if not all_in:
        unpriced = (*unpriced, *timing.unpriced, *_unstated(profile))
    return EnergyReport(
        name=name,
        profile=profile,
        accuracy=accuracy,
        trials=recording.trials,
        steps=recording.steps,
        cores=recording.counts.cores,
        tiles=recording.counts.tiles,
        chips=recording.counts.chips,
        counts=_per_trial(recording),
        terms=terms,
        standing=standing,
        per_trial=_joules(terms, standing, unpriced, all_in=all_in),
        step_s=timing.step_s,
        seconds=timing.trial_s,
        boundary=_boundary(profile, standing, unpriced, all_in=all_in),
        unpriced=unpriced,
        basis=weakest(constant.basis for constant in _used(terms, standing, timing)),
        notes=_notes(profile, terms, timing, unpriced),
        measured=recording.counts,
        tick_s=_tick(profile, tick_s),
    )


def _profile(recording: Recording) -> Profile:
    if recording.profile is None:
        raise RunError(f"backend {recording.backend!r} ran without a profile: nothing has a price")
    if recording.trials < 1 or recording.steps < 1:
        raise RunError("an empty recording has no energy per inference")
    asked = recording.profile.asks
    if asked:
        wanted = "; ".join(f"{name}: {text}" for name, text in asked.items())
        call = ", ".join(f"{name}=..." for name in asked)
        name = recording.profile.name
        raise MissingConstantError(
            f"{name} has numbers that were never published ({wanted}); give yours: "
            f"yg.profile({name!r}, {call})"
        )
    return recording.profile


def _per_trial(recording: Recording) -> dict[str, float]:
    """Events of one inference, on average over the trials."""
    return {
        name: float(count_array(recording.counts, name).sum(dtype="int64")) / recording.trials
        for name in ("neuron_updates", *_EVENTS)
    }


def _dynamic(recording: Recording, profile: Profile) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """The priced lines, and the names that happened and have no price."""
    counts = _per_trial(recording)
    terms: list[Term] = []
    unpriced: list[str] = []
    for name in _EVENTS:
        if counts[name] == 0 or name in profile.included or "chip" in profile.power:
            continue
        if name in profile.energy:
            count = Band.exact(counts[name])
            constant = profile.energy[name]
            terms.append(Term(name=f"energy.{name}", count=count, constant=constant))
        else:
            unpriced.append(f"energy.{name}")
    if "steps" in profile.energy:
        steps = Band.exact(float(recording.steps * recording.counts.chips))
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


def _timing(recording: Recording, profile: Profile, tick_s: float | None) -> Timing:
    """The time of a step: a clock's, the model's own time accelerated, or of the work in it."""
    if profile.acceleration is not None and tick_s is None:
        return _accelerated(recording, profile.acceleration)
    timing = step_timing(recording.counts, profile)
    tick = profile.latency.get("tick")
    if tick_s is not None or tick is None:
        return _throttled(timing, recording.steps, tick_s)
    held = _throttled(timing, recording.steps, tick.value)
    band = Band.of(tick)
    return replace(held, step_s=band, trial_s=band * recording.steps, used=(*held.used, tick))


def _accelerated(recording: Recording, ratio: Constant) -> Timing:
    if recording.dt is None:
        return Timing(step_s=None, trial_s=None, used=(), unpriced=("dt",))
    step = Band(
        low=recording.dt / ratio.high,
        nominal=recording.dt / ratio.value,
        high=recording.dt / ratio.low,
    )
    return Timing(step_s=step, trial_s=step * recording.steps, used=(ratio,), unpriced=())


def _throttled(timing: Timing, steps: int, tick_s: float | None) -> Timing:
    if tick_s is None:
        return timing
    if timing.step_s is not None and timing.step_s.nominal > tick_s:
        needed, given = engineering(timing.step_s.nominal, "s"), engineering(tick_s, "s")
        raise RunError(f"a step takes {needed}, longer than the tick of {given}; raise tick_s")
    tick = Band.exact(tick_s)
    return Timing(step_s=tick, trial_s=tick * steps, used=timing.used, unpriced=())


def _standing(recording: Recording, profile: Profile, timing: Timing) -> tuple[Term, ...]:
    """Power of whole chips, and cycles of their clock, for as long as one inference lasts."""
    if timing.trial_s is None:
        return ()
    chip_seconds = timing.trial_s * recording.counts.chips
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


def _unstated(profile: Profile) -> tuple[str, ...]:
    known = any(name in profile.power for name in ("chip", "static_chip"))
    return () if known else ("power.static_chip",)


def _joules(
    terms: tuple[Term, ...], standing: tuple[Term, ...], unpriced: tuple[str, ...], *, all_in: bool
) -> Joules:
    by_name = {term.name: term.joules for term in standing}
    missing = any(name.startswith("energy.") for name in unpriced)
    paid = "power.chip" in by_name or "power.static_chip" in by_name
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
