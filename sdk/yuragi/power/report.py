"""The energy report of a run on a chip: what it cost, what is inside, how well it is known."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from yuragi.errors import RunError
from yuragi.hardware import Basis, Profile
from yuragi.power.band import Band
from yuragi.power.census import Census
from yuragi.power.row import Row
from yuragi.power.step_times import StepTimes, step_times
from yuragi.power.term import Term
from yuragi.power.timing import Timing
from yuragi.units import engineering

__all__ = ["Boundary", "EnergyReport", "Joules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """Whether a part of the system is inside the total."""

    part: str
    included: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joules:
    """dynamic + static + host; None: unpriced, except `host`, which may be left outside."""

    dynamic: Band | None
    static: Band | None
    host: Band | None

    @property
    def total(self) -> Band | None:
        """The sum of what is inside the boundary; None where something is unpriced."""
        if self.dynamic is None or self.static is None:
            return None
        return Band.total(
            band for band in (self.dynamic, self.static, self.host) if band is not None
        )

    def times(self, factor: float) -> Joules:
        """All parts, `factor` times."""
        return Joules(
            dynamic=None if self.dynamic is None else self.dynamic * factor,
            static=None if self.static is None else self.static * factor,
            host=None if self.host is None else self.host * factor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyReport:
    """The bill of one run. Joules and seconds are for one trial, that is one inference.

    counts: events for one inference, by name.
    terms: the lines of the dynamic energy;  standing: those of static and host power.
    step_s: the mean step;  seconds: one trial.
    boundary: chip dynamic, chip static, host, I/O: inside or not.
    unpriced: what happened and has no price; then there is no total.
    basis: the weakest among the constants used.
    notes: what else a reader must know.
    census: what was counted or estimated;  timing: how the time adds up.
    tick_s: the time between steps where a clock holds them;  held_s: where the user set it.
    whole: the joules of the whole recording.
    """

    name: str
    profile: Profile
    accuracy: float | None
    trials: int
    steps: int
    cores: int
    tiles: int
    chips: int
    counts: Mapping[str, float]
    terms: tuple[Term, ...]
    standing: tuple[Term, ...]
    per_trial: Joules
    step_s: Band | None
    seconds: Band | None
    boundary: tuple[Boundary, ...]
    unpriced: tuple[str, ...]
    basis: Basis | None
    notes: tuple[str, ...]
    census: Census = field(repr=False, compare=False)
    timing: Timing = field(repr=False, compare=False)
    tick_s: float | None = None
    held_s: float | None = None

    def step_times(self, trial: int = 0) -> StepTimes:
        """The time of every step of a trial and of every core in it, by nominal latencies.

        Raises RunError where something that happened has no latency, or there is no such trial.
        """
        if self.census.origin != "counted":
            raise RunError("an estimate has one mean step; run the network to see every step")
        return step_times(
            self.census.counts,
            self.profile,
            trial=trial,
            tick_s=self.tick_s,
            flights=self.census.flights,
        )

    @property
    def resolved(self) -> bool:
        """Whether the mean dynamic power is one that the chip's meters can tell from nothing.

        True where the profile states no resolution.
        """
        resolution = self.profile.power.get("meter_resolution")
        if resolution is None or self.dynamic_j is None or self.seconds is None:
            return True
        watts = self.dynamic_j.nominal / self.seconds.nominal if self.seconds.nominal else 0.0
        return watts >= resolution.value

    @property
    def dynamic_j(self) -> Band | None:
        """What the events of one inference cost."""
        return self.per_trial.dynamic

    @property
    def static_j(self) -> Band | None:
        """What the chips in use cost while one inference lasts, whatever they do."""
        return self.per_trial.static

    @property
    def host_j(self) -> Band | None:
        """What the chips' own processors cost in that time; None: outside the boundary."""
        return self.per_trial.host

    @property
    def total_j(self) -> Band | None:
        """Dynamic + static + host of one inference; None where something is unpriced."""
        return self.per_trial.total

    @property
    def whole(self) -> Joules:
        """The joules of all trials together."""
        return self.per_trial.times(self.trials)

    def row(self) -> Row:
        """The run in a comparison."""
        return Row(
            name=self.name,
            platform=self.profile.label,
            kind=self.profile.kind,
            accuracy=self.accuracy,
            dynamic_j=self.dynamic_j,
            static_j=self.static_j,
            total_j=self.total_j,
            seconds=self.seconds,
            cores=self.cores,
            includes=self.profile.boundary,
            basis=self.basis,
            unpriced=self.unpriced,
        )

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            **self.row().as_dict(),
            "title": self.profile.title,
            "trials": self.trials,
            "steps": self.steps,
            "tiles": self.tiles,
            "chips": self.chips,
            "counts": dict(self.counts),
            "terms": [term.as_dict() for term in self.terms],
            "standing": [term.as_dict() for term in self.standing],
            "host_j": None if self.host_j is None else self.host_j.as_dict(),
            "recording_j": None if self.whole.total is None else self.whole.total.as_dict(),
            "step_s": None if self.step_s is None else self.step_s.as_dict(),
            "boundary": [
                {"part": line.part, "included": line.included, "note": line.note}
                for line in self.boundary
            ],
            "notes": list(self.notes),
            "sources": {
                term.source: self.profile.sources[term.source]
                for term in (*self.terms, *self.standing)
            },
        }

    def __str__(self) -> str:
        """The table."""
        head = (
            f"{self.name} on {self.profile.title}: trials {self.trials:,}, steps {self.steps:,}; "
            f"in use: cores {self.cores:,}, tiles {self.tiles:,}, chips {self.chips:,}"
        )
        notes = (line for note in self.notes for line in _wrapped(f"note: {note}"))
        return "\n".join(
            [
                head,
                "",
                f"  {'per inference':<18}{'count':>14}  {'each':<28}{'joules':<32}basis",
                *(_term_line(term) for term in (*self.terms, *self.standing)),
                "",
                *_sum_lines(self),
                "",
                *(_boundary_line(line) for line in self.boundary),
                *notes,
            ]
        )


_WIDTH = 100
_LONG = 1e12
_UNITS = {"joule": ("J", ""), "watt": ("W", "s")}


def _term_line(term: Term) -> str:
    each, counted = _UNITS[term.constant.unit]
    events = term.count.nominal
    count = engineering(events, counted) if counted else _plain(events)
    price = Band.of(term.constant).text(each)
    name = term.name.partition(".")[2]
    return f"  {name:<18}{count:>14}  {price:<28}{term.joules.text('J'):<32}{term.basis}"


def _sum_lines(report: EnergyReport) -> list[str]:
    lines = []
    for label, band, unit in (
        ("dynamic", report.dynamic_j, "J"),
        ("static", report.static_j, "J"),
        ("host", report.host_j, "J"),
        ("total", report.total_j, "J"),
        ("one step", report.step_s, "s"),
        ("one inference", report.seconds, "s"),
    ):
        if band is not None:
            lines.append(f"  {label:<18}{band.text(unit)}")
        elif label != "host":
            lines.append(f"  {label:<18}unpriced")
    if report.unpriced:
        lines.extend(_wrapped(f"no total: no price for {', '.join(report.unpriced)}"))
    lines.append(f"  weakest basis     {report.basis or 'none'}")
    return lines


def _boundary_line(line: Boundary) -> str:
    inside = "included" if line.included else "not included"
    return "\n".join(_wrapped(f"{line.part:<18}{inside}: {line.note}"))


def _plain(count: float) -> str:
    if count >= _LONG:
        return f"{count:.3e}"
    return f"{count:,.0f}" if count >= 100 or count == int(count) else f"{count:.3g}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        width=_WIDTH,
        initial_indent="  ",
        subsequent_indent=" " * 20,
        break_long_words=False,
        break_on_hyphens=False,
    )
