"""Where a verdict would turn: the activity, the batch and the static share of break-even."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from yuragi.errors import RunError
from yuragi.power.band import Band
from yuragi.power.bill import bill
from yuragi.power.census import Census
from yuragi.power.digital import DigitalReport, price
from yuragi.power.report import EnergyReport
from yuragi.power.timing import count_array
from yuragi.power.trace import Trace
from yuragi.recording import Counts

__all__ = ["BreakEven", "Line", "Verdict", "break_even", "busier"]

Verdict: TypeAlias = Literal["chip", "baseline", "undecided"]
_LARGEST_FACTOR = 1e6
_LARGEST_BATCH = 1 << 20
_ROUNDS = 60
_SCALED = (
    "synaptic_events",
    "spikes",
    "messages",
    "messages_in",
    "hops_x",
    "hops_y",
    "synapse_updates",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One quantity and the value at which both cost the same.

    at: None where the verdict never turns within the range.
    text: the line as a sentence.
    """

    quantity: str
    at: float | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """A chip's report against a digital one, joules per inference.

    verdict: who needs less in total; "undecided" where the bands overlap.
    ratio: chip over baseline, at nominal constants.
    """

    chip: EnergyReport
    baseline: DigitalReport
    verdict: Verdict
    ratio: float
    lines: tuple[Line, ...]

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "baseline": self.baseline.row().name,
            "platform": self.baseline.profile.label,
            "verdict": self.verdict,
            "ratio": self.ratio,
            "lines": [{"quantity": x.quantity, "at": x.at, "text": x.text} for x in self.lines],
        }

    def traces(self, chip: Trace, baseline: Trace) -> Mapping[str, Trace]:
        """A trace for each figure of `as_dict`, from those of both totals."""
        nominal = [
            replace(total, value=Band.exact(total.value.nominal), rule="model", note="nominal end")
            for total in (chip, baseline)
        ]
        found = {
            "ratio": Trace(
                name="ratio",
                value=Band.exact(self.ratio),
                unit="",
                rule="ratio",
                parts=tuple(nominal),
            )
        }
        for place, line in enumerate(self.lines):
            if line.at is not None:
                found[f"lines[{place}].at"] = Trace(
                    name=line.quantity,
                    value=Band.exact(line.at),
                    unit="",
                    rule="model",
                    parts=tuple(nominal),
                    note="found by halving: both totals priced anew until they are equal",
                )
        return found

    def __str__(self) -> str:
        """The verdict and its lines."""
        said = {
            "chip": "the chip needs less, whatever the constants within their bands",
            "baseline": "the baseline needs less, whatever the constants within their bands",
            "undecided": "undecided: the bands of the two totals overlap",
        }
        head = f"{self.chip.profile.label} / {self.baseline.row().name} on "
        head += f"{self.baseline.profile.label}: {self.ratio:.3g} times the joules; "
        head += said[self.verdict]
        if not self.chip.resolved:
            head += "; the chip's dynamic part is below what its meters resolve"
        return "\n".join([head, *(f"  {line.text}" for line in self.lines)])


def break_even(chip: EnergyReport, baseline: DigitalReport) -> BreakEven:
    """Compare totals per inference, and find where the comparison would turn.

    activity: the factor on all events of the chip, the time of its steps priced anew;
    batch: the smallest batch of the baseline with which it needs less (or no longer does);
    static share: the part of the chip's static joules that may be charged to this network, as
        where others share the chip.

    Errors: RunError where one of the two has no total.
    """
    for report in (chip, baseline):
        if report.total_j is None:
            name = f"{report.row().name} on {report.profile.label}"
            raise RunError(f"{name} has no total to compare: {', '.join(report.unpriced)}")
    ours, theirs = _nominal(chip.total_j), _nominal(baseline.total_j)
    return BreakEven(
        chip=chip,
        baseline=baseline,
        verdict=_verdict(chip.total_j, baseline.total_j),
        ratio=ours / theirs,
        lines=(
            _activity(chip, theirs),
            _batch(baseline, ours),
            _static_share(chip, theirs),
        ),
    )


def _verdict(ours: Band | None, theirs: Band | None) -> Verdict:
    if ours is None or theirs is None:
        return "undecided"
    if ours.high < theirs.low:
        return "chip"
    return "baseline" if theirs.high < ours.low else "undecided"


def busier(census: Census, factor: float) -> Census:
    """The census with `factor` times the events; an update cannot be active more than once.

    Packets by the piece are left out: the time is that of the busiest core.
    """
    arrays = {name: array * factor for name, array in census.counts.arrays.items()}
    updates = census.counts.array("neuron_updates")
    arrays["neuron_updates"] = updates
    arrays["active_updates"] = np.minimum(arrays["active_updates"], updates)
    counts = Counts(
        arrays=arrays,
        cores=census.cores,
        tiles=census.tiles,
        chips=census.chips,
    )
    totals = dict(census.totals)
    for name in _SCALED:
        if name in totals:
            totals[name] *= factor
    if census.origin == "counted":
        for name in ("active_updates", "inactive_updates"):
            totals[name] = float(count_array(counts, name).sum()) / census.trials
    else:
        totals["active_updates"] = min(totals["active_updates"] * factor, totals["neuron_updates"])
        totals["inactive_updates"] = totals["neuron_updates"] - totals["active_updates"]
    return replace(census, totals=totals, counts=counts, flights=None)


def _activity(chip: EnergyReport, theirs: float) -> Line:
    def above(factor: float) -> float:
        try:
            report = bill(busier(chip.census, factor), chip.profile, tick_s=chip.held_s)
        except RunError:  # slower than its tick: beyond what the chip can do
            return math.inf
        return _nominal(report.total_j) - theirs

    name = "activity"
    rate = chip.counts["spikes"] / max(chip.counts["neuron_updates"], 1.0)
    most = 1 / rate if rate else _LARGEST_FACTOR
    if above(0.0) > 0:
        text = "activity: without a single event the chip would still need more"
        return Line(quantity=name, at=None, text=text)
    if above(most) < 0:
        text = "activity: if every unit sent in every step the chip would still need less"
        return Line(quantity=name, at=None, text=text)
    at = _root(above, most * 1e-12, most)
    share = f", {at * rate:.3g} of the units sending in a step" if rate else ""
    text = f"activity: equal at {at:.3g} times the events{share}"
    return Line(quantity=name, at=at, text=text)


def _batch(baseline: DigitalReport, ours: float) -> Line:
    """The smallest batch at which the verdict is another than at the batch of the report."""

    def above(batch: int) -> float:
        total = price(replace(baseline.workload, batch=batch), baseline.profile).total_j
        return math.inf if total is None else total.nominal - ours

    now = baseline.workload.batch
    dearer = above(now) > 0
    batch, low = now, now
    while batch < _LARGEST_BATCH and (above(batch) > 0) == dearer:
        low, batch = batch, batch * 2
    if (above(batch) > 0) == dearer:
        more = "more" if dearer else "less"
        text = f"batch: up to {_LARGEST_BATCH:,} the baseline would still need {more}"
        return Line(quantity="batch", at=None, text=text)
    while batch - low > 1:
        middle = (low + batch) // 2
        low, batch = (middle, batch) if (above(middle) > 0) == dearer else (low, middle)
    if math.isinf(above(batch)):
        text = f"batch: from {batch:,} inferences a batch the baseline does not fit"
    else:
        less = "less" if dearer else "more"
        text = f"batch: from {batch:,} inferences a batch the baseline would need {less}"
    return Line(quantity="batch", at=float(batch), text=text)


def _static_share(chip: EnergyReport, theirs: float) -> Line:
    """total(s) = dynamic + host + s * static = theirs"""
    static = 0.0 if chip.static_j is None else chip.static_j.nominal
    rest = _nominal(chip.total_j) - static
    if static == 0:
        text = "static share: the chip's price has no static part to share"
        return Line(quantity="static_share", at=None, text=text)
    share = (theirs - rest) / static
    if share < 0:
        text = "static share: without any static joules the chip would still need more"
        return Line(quantity="static_share", at=None, text=text)
    if share > 1:
        text = f"static share: equal at {share:.3g} times the static power of the chips in use"
    else:
        text = f"static share: equal where the network pays {share:.3g} of the chips' static power"
    return Line(quantity="static_share", at=share, text=text)


def _root(above: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that never falls crosses 0, by halving the ratio of the ends."""
    for _ in range(_ROUNDS):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if above(middle) < 0 else (low, middle)
        if high / low < 1 + 1e-9:
            break
    return math.sqrt(low * high)


def _nominal(band: Band | None) -> float:
    return math.nan if band is None else band.nominal
