"""The traces of a digital machine's report: joules to operations, bytes, constants and sources."""

from __future__ import annotations

from collections.abc import Mapping

from yuragi.hardware import Profile
from yuragi.power.band import Band
from yuragi.power.digital import DigitalReport
from yuragi.power.term import Term
from yuragi.power.trace import Rule, Trace, of_constant

__all__ = ["digital_traces"]

_LAYERS = "counted layer by layer for one inference of the workload"
_ROOFLINE = (
    "sum over layers of the longest of arithmetic and the traffic of each memory, and launches"
)
_OVER_IDLE = "(active - idle power) times seconds, at least 0"


def digital_traces(report: DigitalReport) -> Mapping[str, Trace]:
    """A trace for each figure of `DigitalReport.as_dict`, by its place."""
    found = {f"counts.{name}": _count(name, value) for name, value in report.counts.items()}
    if report.workload.accuracy is not None:
        found["accuracy"] = _leaf("accuracy", report.workload.accuracy, "given", "of the workload")
    times = []
    for place, time in enumerate(report.times):
        count = _count(time.name.partition(".")[2], time.count)
        constant = of_constant(report.profile, time.name, time.constant)
        line = Trace(
            name=f"seconds of {count.name}",
            value=time.seconds,
            unit="s",
            rule="product",
            parts=(count, constant),
        )
        times.append(line)
        found[f"times[{place}].count"] = count
        found[f"times[{place}].constant"] = constant
        found[f"times[{place}].seconds"] = line
    seconds = None
    if report.seconds is not None:
        seconds = Trace(
            name="seconds",
            value=report.seconds,
            unit="s",
            rule="model",
            parts=tuple(times),
            note=_ROOFLINE,
        )
        found["seconds"] = seconds
    for group, terms in (("terms", report.terms), ("standing", report.standing)):
        for place, term in enumerate(terms):
            found |= _term(report.profile, term, f"{group}[{place}]", seconds)
    return found | _sums(report, found)


def _term(profile: Profile, term: Term, place: str, seconds: Trace | None) -> dict[str, Trace]:
    short = term.name.partition(".")[2]
    timed = seconds is not None and term.name.startswith("power.")
    count = seconds if timed and seconds is not None else _count(short, term.count.nominal)
    constant = of_constant(profile, term.name, term.constant)
    joules = Trace(
        name=f"joules of {short}",
        value=term.joules,
        unit="J",
        rule="product",
        parts=(count, constant),
    )
    return {f"{place}.count": count, f"{place}.constant": constant, f"{place}.joules": joules}


def _sums(report: DigitalReport, found: Mapping[str, Trace]) -> dict[str, Trace]:
    lines = tuple(found[f"terms[{k}].joules"] for k in range(len(report.terms)))
    powers = {t.name: found[f"standing[{k}].joules"] for k, t in enumerate(report.standing)}
    sums: dict[str, Trace] = {}
    if report.dynamic_j is not None:
        by_power = "power.active" in powers
        sums["dynamic_j"] = Trace(
            name="dynamic_j",
            value=report.dynamic_j,
            unit="J",
            rule="model" if by_power else "sum",
            parts=tuple(powers.values()) if by_power else lines,
            note=_OVER_IDLE if by_power else "",
        )
    if report.static_j is not None and "power.idle" in powers:
        sums["static_j"] = _sum("static_j", report.static_j, (powers["power.idle"],))
    if report.total_j is not None:
        sums["total_j"] = _sum("total_j", report.total_j, tuple(sums.values()))
    return sums


def _sum(name: str, value: Band, parts: tuple[Trace, ...]) -> Trace:
    return Trace(name=name, value=value, unit="J", rule="sum", parts=parts)


def _count(name: str, value: float) -> Trace:
    return _leaf(name, value, "count", _LAYERS)


def _leaf(name: str, value: float, rule: Rule, note: str) -> Trace:
    return Trace(name=name, value=Band.exact(float(value)), unit="", rule=rule, note=note)
