"""The sections of a whole report, one function each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from yuragi.errors import RunError
from yuragi.power.band import Band
from yuragi.power.digital import DigitalReport
from yuragi.power.report import EnergyReport
from yuragi.power.trace import Trace, ratio
from yuragi.power.tracing import traces_of

__all__ = ["Entry", "Facts", "Section", "Solution", "sections"]

_UNSAID = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Of an optimisation: what it takes until the target is reached.

    gap: distance to the best known value, e.g. 0.01.
    inferences: runs until the gap is reached, each as long as one inference.
    tracker_w: watts of what watches the cost in the meantime.
    seeds: with which it was tuned and tried.
    """

    gap: float
    inferences: float
    tracker_w: float
    seeds: str = _UNSAID


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What only the user knows.

    synapses: of the network, for spikes per synapse.
    io_bound: whether the run waits for its inputs.
    """

    task: str = _UNSAID
    dataset: str = _UNSAID
    metric: str = "accuracy"
    preprocessing: str = _UNSAID
    synapses: float | None = None
    io_bound: bool | None = None
    solution: Solution | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line: words, or a figure with its trace."""

    label: str
    text: str
    trace: Trace | None = None

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        value = None if self.trace is None else self.trace.value.as_dict()
        return {"label": self.label, "text": self.text, "value": value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Lines under a heading."""

    title: str
    entries: tuple[Entry, ...]

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {"title": self.title, "entries": [entry.as_dict() for entry in self.entries]}


def sections(
    report: EnergyReport, baselines: tuple[DigitalReport, ...], facts: Facts
) -> tuple[Section, ...]:
    """Every section but the sensitivity."""
    traces = traces_of(report)
    found = [
        ("Task", _task(report, traces, baselines, facts)),
        ("Batch", _batch(report, baselines)),
        ("Boundary", _boundary(report, facts)),
        ("Power and energy of one inference", _power(report, traces)),
        ("Time of one inference", _time(report, traces, facts)),
        ("Activity of one inference", _activity(report, traces, baselines, facts)),
        ("How it was obtained", _obtained(report)),
        ("Constants", _constants(report)),
    ]
    if facts.solution is not None:
        found.append(("Optimisation", _solution(traces, facts.solution)))
    return tuple(Section(title=title, entries=tuple(entries)) for title, entries in found)


def _words(label: str, text: str) -> Entry:
    return Entry(label=label, text=text)


def _figure(label: str, trace: Trace | None, absent: str = "unpriced") -> Entry:
    return Entry(label=label, text=absent if trace is None else trace.text(), trace=trace)


def _task(
    report: EnergyReport,
    traces: Mapping[str, Trace],
    baselines: tuple[DigitalReport, ...],
    facts: Facts,
) -> list[Entry]:
    entries = [
        _words("task", facts.task),
        _words("data set", facts.dataset),
        _figure(f"{facts.metric} as deployed", traces.get("accuracy"), _UNSAID),
        _words("integers", _bits(report)),
    ]
    works = {f"{b.workload.name} {b.workload.dtype}": b for b in baselines}
    for name, baseline in works.items():
        trace = traces_of(baseline).get("accuracy")
        entries.append(_figure(f"{facts.metric} of {name}", trace, _UNSAID))
    return entries


def _bits(report: EnergyReport) -> str:
    bits = report.profile.number("weight_bits")
    return "the profile states none" if bits is None else f"weights of {bits} bits"


def _batch(report: EnergyReport, baselines: tuple[DigitalReport, ...]) -> list[Entry]:
    entries = [_words(report.profile.label, "one inference at a time")]
    for one in baselines:
        size = f"{one.workload.batch:,} inference(s) at a time"
        entries.append(_words(f"{one.workload.name} on {one.profile.label}", size))
    return entries


def _boundary(report: EnergyReport, facts: Facts) -> list[Entry]:
    entries = [_words("profile", report.profile.boundary)]
    entries += [
        _words(line.part, f"{'included' if line.included else 'not included'}: {line.note}")
        for line in report.boundary
    ]
    entries.append(_words("pre-processing", facts.preprocessing))
    entries.append(_words("loading weights", "not included"))
    return entries


def _power(report: EnergyReport, traces: Mapping[str, Trace]) -> list[Entry]:
    seconds = traces.get("seconds")
    dynamic, total = traces.get("dynamic_j"), traces.get("total_j")
    static = traces.get("static_j")
    rule = "whole chips in use, for as long as the inference lasts, idle cores and all"
    watts = None if dynamic is None else _ratio("dynamic power", "W", dynamic, seconds)
    shown = _figure("dynamic power", watts)
    if not report.resolved:
        shown = replace(shown, text=f"not resolved: {shown.text} is below the chip's meters")
    return [
        _figure("idle power", _ratio("idle power", "W", static, seconds)),
        _words("idle means", "configured and ready, not asleep"),
        shown,
        _figure("active power", _ratio("active power", "W", total, seconds)),
        _figure("dynamic energy", dynamic),
        _figure("static energy", static),
        _words("static is charged for", rule),
        _figure("host energy", traces.get("host_j"), "not included"),
        _figure("total energy", total),
        _figure("static share", _ratio("static share", "", static, total)),
    ]


def _ratio(name: str, unit: str, above: Trace | None, below: Trace | None) -> Trace | None:
    if above is None or below is None or not below.value.low:
        return None
    value = ratio(above.value, below.value)
    return Trace(name=name, value=value, unit=unit, rule="ratio", parts=(above, below))


def _time(report: EnergyReport, traces: Mapping[str, Trace], facts: Facts) -> list[Entry]:
    held = report.tick_s is not None
    bound = {None: _UNSAID, True: "waits for its inputs", False: "does not wait for its inputs"}
    return [
        _figure("one inference", traces.get("seconds")),
        _figure("one step", traces.get("step_s")),
        _figure("steps from fastest to slowest", _spread(report, traces), _no_spread(report)),
        _figure("steps", traces["steps"]),
        _words("clock", "held to a tick" if held else "free-running: the busiest core sets a step"),
        _words("I/O", bound[facts.io_bound]),
    ]


def _no_spread(report: EnergyReport) -> str:
    return "one mean step" if report.census.origin == "estimated" else "unpriced"


def _spread(report: EnergyReport, traces: Mapping[str, Trace]) -> Trace | None:
    """The steps of the first trial, at nominal latencies."""
    if report.census.origin == "estimated" or "step_s" not in traces:
        return None
    try:
        steps = report.step_times().per_step
    except RunError:
        return None
    mean = min(max(float(steps.mean()), float(steps.min())), float(steps.max()))
    return Trace(
        name="steps of the first trial",
        value=Band(low=float(steps.min()), nominal=mean, high=float(steps.max())),
        unit="s",
        rule="model",
        parts=(traces["step_s"],),
        note="fastest, mean and slowest step of the first trial, every latency nominal",
    )


def _activity(
    report: EnergyReport,
    traces: Mapping[str, Trace],
    baselines: tuple[DigitalReport, ...],
    facts: Facts,
) -> list[Entry]:
    entries = [
        _figure(name.replace("_", " "), traces[f"counts.{name}"])
        for name in ("spikes", "synaptic_events", "neuron_updates", "active_updates", "messages")
    ]
    events = traces["counts.synaptic_events"]
    updates = traces["counts.neuron_updates"]
    sent = _ratio("spikes per unit and step", "", traces["counts.spikes"], updates)
    entries.append(_figure("spikes per unit and step", sent, "no updates"))
    synapses = facts.synapses if report.census.synapses is None else report.census.synapses
    if synapses:
        count = Trace(
            name="synapses",
            value=Band.exact(synapses),
            unit="",
            rule="count",
            note="weights of the network that are not zero",
        )
        each = _ratio("events per synapse", "", events, count)
        entries.append(_figure("events per synapse and inference", each))
    works = {f"{b.workload.name} {b.workload.dtype}": b for b in baselines}
    for name, one in works.items():
        macs = traces_of(one).get(f"counts.macs_{one.workload.dtype}")
        share = _ratio("events per multiply-accumulate", "", events, macs)
        entries.append(_figure(f"events per MAC of {name}", share, "no MACs"))
    return entries


def _obtained(report: EnergyReport) -> list[Entry]:
    if report.census.origin == "estimated":
        made = "estimated from rates and sizes; nothing was run"
    else:
        made = f"events counted in {report.trials:,} emulated inference(s)"
    resolution = report.profile.power.get("meter_resolution")
    floor = "the profile states none" if resolution is None else Band.of(resolution).text("W")
    return [
        _words("events", made),
        _words("joules and seconds", "modelled: counts times constants; no meter was read"),
        _words("resolution of the chip's own meters", floor),
        _words("resolved", "yes" if report.resolved else "no: the dynamic part is below it"),
        *(_words("note", note) for note in report.notes),
    ]


def _constants(report: EnergyReport) -> list[Entry]:
    used: dict[str, Trace] = {}
    for trace in traces_of(report).values():
        used |= {leaf.name: leaf for leaf in trace.leaves() if leaf.rule == "constant"}
    entries = [
        _words("device and node", report.profile.title),
        _words("weakest basis", report.basis or "none"),
        _words("scaling", "none: every constant is of the device and node that it names"),
    ]
    for name, trace in sorted(used.items()):
        entries.append(Entry(label=name, text=f"{trace.text()}; {trace.note}", trace=trace))
    if report.unpriced:
        entries.append(_words("unpriced", ", ".join(report.unpriced)))
    return entries


def _solution(traces: Mapping[str, Trace], solution: Solution) -> list[Entry]:
    seconds, total = traces.get("seconds"), traces.get("total_j")
    runs = _given("inferences to the target", solution.inferences, "")
    watts = _given("power of the cost tracker", solution.tracker_w, "W")
    entries = [
        _figure("gap to the best known", _given("gap", solution.gap, "")),
        _figure("inferences", runs),
        _figure("power of the cost tracker", watts),
        _words("seeds", solution.seeds),
    ]
    if seconds is None or total is None:
        return [*entries, _words("to the solution", "unpriced")]
    time = _product("time to solution", "s", seconds, runs)
    tracked = _product("joules of the cost tracker", "J", watts, time)
    run = _product("joules of the inferences", "J", total, runs)
    energy = Trace(
        name="energy to solution",
        value=run.value + tracked.value,
        unit="J",
        rule="sum",
        parts=(run, tracked),
    )
    return [*entries, _figure("time to solution", time), _figure("energy to solution", energy)]


def _given(name: str, value: float, unit: str) -> Trace:
    note = "given by the user"
    return Trace(name=name, value=Band.exact(value), unit=unit, rule="given", note=note)


def _product(name: str, unit: str, *parts: Trace) -> Trace:
    value = parts[0].value * parts[1].value
    return Trace(name=name, value=value, unit=unit, rule="product", parts=parts)
