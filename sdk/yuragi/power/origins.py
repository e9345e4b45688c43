"""The traces of a chip's energy report: each joule to counts, constants and sources."""

from __future__ import annotations

from collections.abc import Mapping

from yuragi.hardware import Profile
from yuragi.power.band import Band
from yuragi.power.census import Census
from yuragi.power.report import EnergyReport
from yuragi.power.term import Term
from yuragi.power.timing import Timing
from yuragi.power.trace import Trace, of_constant

__all__ = ["report_traces"]

_STEP = {
    "in_turn": "mean over steps of max over cores of sum(count x latency), a flight, the barrier",
    "two_sided": "mean over steps of the longest sending or receiving of any core, and the barrier",
}


_DETAILED = "mean over steps of when the last packet is served, packet by packet, and the barrier"


def report_traces(report: EnergyReport) -> Mapping[str, Trace]:
    """A trace for each figure of `EnergyReport.as_dict`, by its place."""
    census = report.census
    found = {
        name: _counted(name, getattr(report, name), _SIZES[name].format(_made(census)))
        for name in ("trials", "steps", "cores", "tiles", "chips")
    }
    if report.accuracy is not None:
        found["accuracy"] = _given("accuracy", report.accuracy, "given with the run")
    for name, count in report.counts.items():
        found[f"counts.{name}"] = _event(census, name, count)
    step = _step(report)
    seconds = None
    if step is not None and report.seconds is not None:
        found["step_s"] = step
        seconds = _product("seconds", report.seconds, "s", step, found["steps"])
        found["seconds"] = seconds
    for group, terms in (("terms", report.terms), ("standing", report.standing)):
        for place, term in enumerate(terms):
            line = _term(report, term, found, seconds)
            found[f"{group}[{place}].joules"] = line
            found[f"{group}[{place}].count"] = line.parts[0]
            found[f"{group}[{place}].constant"] = line.parts[1]
    found |= _sums(report, found)
    return found


_SIZES = {
    "trials": "inferences {}",
    "steps": "steps of one inference",
    "cores": "cores in use, {}",
    "tiles": "tiles in use, {}",
    "chips": "chips in use, {}; whole chips are charged",
}


def _made(census: Census) -> str:
    return "as placed" if census.origin == "counted" else "estimated from the limits of a core"


def _counted(name: str, value: float, note: str) -> Trace:
    return Trace(name=name, value=Band.exact(float(value)), unit="", rule="count", note=note)


def _given(name: str, value: float, note: str) -> Trace:
    return Trace(name=name, value=Band.exact(value), unit="", rule="given", note=note)


def _event(census: Census, name: str, value: float) -> Trace:
    note = census.how.get(name, census.origin)
    return _counted(name, value, f"{census.origin}: {note}")


def _product(name: str, value: Band, unit: str, *parts: Trace) -> Trace:
    return Trace(name=name, value=value, unit=unit, rule="product", parts=parts)


def _step(report: EnergyReport) -> Trace | None:
    """A tick, an accelerated dt, or the busiest core."""
    if report.step_s is None:
        return None
    profile, timing = report.profile, report.timing
    if report.held_s is not None:
        note = "the time between steps that the user or the slowest step set"
        return Trace(name="step_s", value=report.step_s, unit="s", rule="given", note=note)
    used = tuple(_used(profile, timing))
    if "tick" in profile.latency:
        tick = of_constant(profile, "latency.tick", profile.latency["tick"])
        return Trace(name="step_s", value=report.step_s, unit="s", rule="sum", parts=(tick,))
    if profile.acceleration is not None and report.census.dt is not None:
        dt = _given("dt", report.census.dt, "seconds of the model in a step")
        note = "dt / acceleration"
        return _model("step_s", report.step_s, (dt, *used), note)
    counted = tuple(
        _event(report.census, name, report.counts[name])
        for name in report.counts
        if name in profile.latency
    )
    note = _STEP[profile.timing] if report.census.flights is None else _DETAILED
    return _model("step_s", report.step_s, (*counted, *used), note)


def _model(name: str, value: Band, parts: tuple[Trace, ...], note: str) -> Trace:
    return Trace(name=name, value=value, unit="s", rule="model", parts=parts, note=note)


def _used(profile: Profile, timing: Timing) -> list[Trace]:
    """The constants that went into a time, by their names in the profile."""
    names = {id(constant): name for name, constant in profile.constants()}
    return [
        of_constant(profile, names[id(constant)], constant)
        for constant in timing.used
        if id(constant) in names
    ]


def _term(
    report: EnergyReport, term: Term, found: Mapping[str, Trace], seconds: Trace | None
) -> Trace:
    constant = of_constant(report.profile, term.name, term.constant)
    short = term.name.partition(".")[2]
    if seconds is not None and term in report.standing:
        parts: tuple[Trace, ...] = (seconds, found["chips"])
        clock = report.profile.clock
        if term.name == "energy.cycles" and clock is not None:
            parts = (*parts, of_constant(report.profile, "clock", clock))
        unit = "" if term.name == "energy.cycles" else "s"
        count = _product(f"chip time of {short}", term.count, unit, *parts)
    elif term.name == "energy.steps":
        count = _product("steps of all chips", term.count, "", found["steps"], found["chips"])
    else:
        count = found[f"counts.{short}"]
    return _product(f"joules of {short}", term.joules, "J", count, constant)


def _sums(report: EnergyReport, found: Mapping[str, Trace]) -> dict[str, Trace]:
    lines = [found[f"terms[{k}].joules"] for k in range(len(report.terms))]
    standing = {term.name: found[f"standing[{k}].joules"] for k, term in enumerate(report.standing)}
    host = standing.pop("power.host_chip", None)
    sums: dict[str, Trace] = {}
    if report.dynamic_j is not None:
        sums["dynamic_j"] = _sum("dynamic_j", report.dynamic_j, lines)
    if report.static_j is not None:
        sums["static_j"] = _sum("static_j", report.static_j, list(standing.values()))
    if report.host_j is not None and host is not None:
        sums["host_j"] = _sum("host_j", report.host_j, [host])
    if report.total_j is not None:
        sums["total_j"] = _sum("total_j", report.total_j, list(sums.values()))
        parts = (sums["total_j"], found["trials"])
        whole = report.whole.total
        if whole is not None:
            sums["recording_j"] = _product("recording_j", whole, "J", *parts)
    return sums


def _sum(name: str, value: Band, parts: list[Trace]) -> Trace:
    return Trace(name=name, value=value, unit="J", rule="sum", parts=tuple(parts))
