"""What was measured: repetitions, idle windows, means with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from yuragi.errors import RunError
from yuragi.power.band import Band
from yuragi.power.row import Row
from yuragi.power.trace import Rule, Trace
from yuragi.units import engineering

__all__ = ["Interval", "Measurement", "Repetition", "interval"]

_SHORTEST_S = 10.0
_FEWEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and the half width of its 95 % interval; None where one value says nothing of it."""

    mean: float
    half: float | None

    def text(self, unit: str) -> str:
        """The mean with its interval: "1.20 J +- 0.050 J"."""
        if self.half is None:
            return f"{engineering(self.mean, unit)} (one repetition: no interval)"
        return f"{engineering(self.mean, unit)} +- {engineering(self.half, unit)}"

    def as_dict(self) -> dict[str, float | None]:
        """For JSON."""
        return {"mean": self.mean, "half_95": self.half}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """One repetition: joules and seconds of the work, watts of the idle windows around it."""

    seconds: float
    gross_j: float
    idle_before_w: float | None
    idle_after_w: float | None

    @property
    def idle_w(self) -> float | None:
        """The mean of both windows."""
        if self.idle_before_w is None or self.idle_after_w is None:
            return None
        return (self.idle_before_w + self.idle_after_w) / 2

    @property
    def net_j(self) -> float | None:
        """What the work took beyond the idle power; None without idle windows."""
        return None if self.idle_w is None else self.gross_j - self.idle_w * self.seconds


def interval(values: Sequence[float]) -> Interval:
    """The mean and its 95 % interval by Student's t."""
    from scipy import stats  # noqa: PLC0415 - slow to import, and a context manager is entered here

    count = len(values)
    mean = math.fsum(values) / count
    if count < 2:
        return Interval(mean=mean, half=None)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    half = float(stats.t.ppf(0.975, count - 1)) * spread / math.sqrt(count)
    return Interval(mean=mean, half=half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The result of a procedure.

    measured: False: modelled, and said so in every line.
    name, accuracy: of the work, for comparisons.
    inferences: in one repetition.   machine: processor, governor, threads and so on.
    """

    source: str
    boundary: str
    resolution_j: float
    measured: bool
    inferences: float
    repetitions: tuple[Repetition, ...]
    machine: Mapping[str, str]
    name: str = "this work"
    accuracy: float | None = None

    def __post_init__(self) -> None:
        if not self.repetitions:
            raise RunError("nothing was measured yet")

    @property
    def seconds(self) -> Interval:
        """Of one inference."""
        return interval([one.seconds / self.inferences for one in self.repetitions])

    @property
    def gross_j(self) -> Interval:
        """Joules of one inference, idle power and all."""
        return interval([one.gross_j / self.inferences for one in self.repetitions])

    @property
    def net_j(self) -> Interval | None:
        """Joules of one inference beyond idle; None without idle windows."""
        found = [one.net_j for one in self.repetitions if one.net_j is not None]
        if len(found) < len(self.repetitions):
            return None
        return interval([joules / self.inferences for joules in found])

    @property
    def idle_w(self) -> Interval | None:
        """Power of the idle windows."""
        found = [one.idle_w for one in self.repetitions if one.idle_w is not None]
        return interval(found) if len(found) == len(self.repetitions) else None

    @property
    def drift_w(self) -> float | None:
        """By how much the idle power rose from the first window to the last."""
        first, last = self.repetitions[0].idle_before_w, self.repetitions[-1].idle_after_w
        return None if first is None or last is None else last - first

    @property
    def floor_j(self) -> float:
        """Joules of one inference below which nothing is told from nothing.

        The meter's resolution, or the interval of the net joules where that is wider.
        """
        net = self.net_j
        half = 0.0 if net is None or net.half is None else net.half
        return max(self.resolution_j / self.inferences, half)

    @property
    def resolved(self) -> bool:
        """Whether the net joules stand above the floor."""
        return self.net_j is not None and self.net_j.mean > self.floor_j

    @property
    def notes(self) -> tuple[str, ...]:
        """What weakens the result."""
        found = []
        shortest = min(one.seconds for one in self.repetitions)
        if self.measured and shortest < _SHORTEST_S:
            found.append(f"a repetition of {engineering(shortest, 's')} is shorter than 10 s")
        if len(self.repetitions) < _FEWEST:
            found.append(f"{len(self.repetitions)} repetition(s), fewer than {_FEWEST}")
        idle, drift = self.idle_w, self.drift_w
        mean = math.fsum(one.gross_j / one.seconds for one in self.repetitions)
        work = None if idle is None else mean / len(self.repetitions) - idle.mean
        if drift is not None and work is not None and abs(drift) > 0.1 * abs(work):
            found.append(f"the idle power drifted by {engineering(drift, 'W')} in the meantime")
        if not self.measured:
            found.append("modelled: compare with modelled figures only")
        elif not self.resolved:
            found.append(
                f"not resolved: the net joules are not above {engineering(self.floor_j, 'J')}"
            )
        return tuple(found)

    def row(self) -> Row:
        """The work in a comparison: the ends of a band are those of the 95 % interval.

        Dynamic joules stand there only where they are resolved; the total is the gross.
        """
        net, gross = self.net_j, _band(self.gross_j)
        dynamic = _band(net) if net is not None and self.resolved else None
        return Row(
            name=self.name,
            platform="this machine, measured" if self.measured else "this machine, modelled",
            kind="digital",
            accuracy=self.accuracy,
            dynamic_j=dynamic,
            static_j=None,
            total_j=gross,
            seconds=_band(self.seconds),
            cores=None,
            includes=f"{self.source}; {self.boundary}",
            basis="measured" if self.measured else "assumed",
        )

    def row_traces(self) -> Mapping[str, Trace]:
        """A trace for each figure of `row`."""
        known, row = self.traces(), self.row()
        found = {}
        for name, of, band in (
            ("dynamic_j", "net_j", row.dynamic_j),
            ("total_j", "gross_j", row.total_j),
            ("seconds", "seconds", row.seconds),
        ):
            if band is not None:
                found[name] = replace(known[f"{of}.mean"], value=band)
        if self.accuracy is not None:
            found["accuracy"] = _leaf("accuracy", self.accuracy, "", "given", "of the work")
        return found

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        net, idle = self.net_j, self.idle_w
        return {
            "kind": "measured" if self.measured else "modelled",
            "source": self.source,
            "boundary": self.boundary,
            "resolution_j": self.resolution_j,
            "inferences": self.inferences,
            "repetitions": [
                {
                    "seconds": one.seconds,
                    "gross_j": one.gross_j,
                    "idle_before_w": one.idle_before_w,
                    "idle_after_w": one.idle_after_w,
                }
                for one in self.repetitions
            ],
            "seconds": self.seconds.as_dict(),
            "gross_j": self.gross_j.as_dict(),
            "net_j": None if net is None else net.as_dict(),
            "idle_w": None if idle is None else idle.as_dict(),
            "drift_w": self.drift_w,
            "floor_j": self.floor_j,
            "resolved": self.resolved,
            "machine": dict(self.machine),
            "notes": list(self.notes),
        }

    def traces(self) -> Mapping[str, Trace]:
        """A trace for each figure of `as_dict`, by its place."""
        found: dict[str, Trace] = {}
        readings: list[Trace] = []
        for place, one in enumerate(self.repetitions):
            values = {
                "seconds": (one.seconds, "s"),
                "gross_j": (one.gross_j, "J"),
                "idle_before_w": (one.idle_before_w, "W"),
                "idle_after_w": (one.idle_after_w, "W"),
            }
            for name, (value, unit) in values.items():
                if value is not None:
                    trace = self._reading(f"{name} of repetition {place + 1}", value, unit)
                    found[f"repetitions[{place}].{name}"] = trace
                    readings.append(trace)
        note = "inferences in a repetition, given by the user"
        found["inferences"] = _leaf("inferences", self.inferences, "", "given", note)
        note = "smallest difference of two readings that means anything, of the meter"
        found["resolution_j"] = _leaf("resolution_j", self.resolution_j, "J", "count", note)
        parts = (*readings, found["inferences"])
        for name, unit in (("seconds", "s"), ("gross_j", "J"), ("net_j", "J"), ("idle_w", "W")):
            made: Interval | None = getattr(self, name)
            if made is not None:
                found[f"{name}.mean"] = _model(name, made.mean, unit, parts, _MEANS[name])
                if made.half is not None:
                    note = "half width of the 95 % interval of the mean, Student's t"
                    found[f"{name}.half_95"] = _model(name, made.half, unit, parts, note)
        if self.drift_w is not None:
            note = "idle power of the last window less that of the first"
            found["drift_w"] = _model("drift_w", self.drift_w, "W", parts, note)
        note = "resolution over inferences, or the half width of the net joules if it is larger"
        parts = (found["resolution_j"], *parts)
        found["floor_j"] = _model("floor_j", self.floor_j, "J", parts, note)
        return found

    def _reading(self, name: str, value: float, unit: str) -> Trace:
        kind = "read from" if self.measured else "made by"
        return _leaf(name, value, unit, "count", f"{kind} {self.source}")

    def __str__(self) -> str:
        """The result as text."""
        kind = "measured" if self.measured else "modelled"
        lines = [
            f"{kind}: {self.source}",
            f"  {'boundary':<16}{self.boundary}",
            f"  {'repetitions':<16}{len(self.repetitions)} of {self.inferences:g} inference(s)",
            f"  {'one inference':<16}{self.seconds.text('s')}",
            f"  {'gross':<16}{self.gross_j.text('J')}",
        ]
        if self.net_j is not None and self.idle_w is not None:
            net = (
                self.net_j.text("J") if self.resolved else f"not resolved ({self.net_j.text('J')})"
            )
            lines += [f"  {'net of idle':<16}{net}", f"  {'idle':<16}{self.idle_w.text('W')}"]
        lines += [f"  {name:<16}{text}" for name, text in self.machine.items()]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _band(found: Interval) -> Band:
    half = found.half or 0.0
    low = min(max(found.mean - half, 0.0), found.mean)
    return Band(low=low, nominal=found.mean, high=found.mean + half)


_MEANS = {
    "seconds": "mean over repetitions of seconds over inferences",
    "gross_j": "mean over repetitions of joules over inferences",
    "net_j": "mean over repetitions of (joules less idle power times seconds) over inferences",
    "idle_w": "mean over repetitions of the two idle windows around each",
}


def _leaf(name: str, value: float, unit: str, rule: Rule, note: str) -> Trace:
    return Trace(name=name, value=Band.exact(value), unit=unit, rule=rule, note=note)


def _model(name: str, value: float, unit: str, parts: tuple[Trace, ...], note: str) -> Trace:
    return Trace(
        name=name, value=Band.exact(value), unit=unit, rule="model", parts=parts, note=note
    )
