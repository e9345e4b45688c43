"""A whole report: everything that a claim about energy must say, each figure with its trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from yuragi.power.band import Band
from yuragi.power.break_even import BreakEven, break_even
from yuragi.power.digital import DigitalReport
from yuragi.power.report import EnergyReport
from yuragi.power.sensitivity import Tornado, tornado
from yuragi.power.statement_parts import Entry, Facts, Section, sections
from yuragi.power.trace import Trace
from yuragi.power.tracing import traces_of

__all__ = ["Statement", "statement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The report of a run or an estimate, with what it is compared to.

    sections: the headings of NeuroBench's rules for systems, and what limits the claim.
    against: where each verdict would turn;  tornado: which constant matters most.
    """

    report: EnergyReport
    baselines: tuple[DigitalReport, ...]
    sections: tuple[Section, ...]
    against: tuple[BreakEven, ...]
    tornado: Tornado | None

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "report": self.report.as_dict(),
            "sections": [section.as_dict() for section in self.sections],
            "baselines": [baseline.as_dict() for baseline in self.baselines],
            "break_even": [one.as_dict() for one in self.against],
            "tornado": None if self.tornado is None else self.tornado.as_dict(),
        }

    def traces(self) -> Mapping[str, Trace]:
        """A trace for each figure of `as_dict`, by its place."""
        own = traces_of(self.report)
        found = {f"report.{place}": trace for place, trace in own.items()}
        for number, section in enumerate(self.sections):
            for row, entry in enumerate(section.entries):
                if entry.trace is not None:
                    found[f"sections[{number}].entries[{row}].value"] = entry.trace
        theirs = [traces_of(baseline) for baseline in self.baselines]
        for place, of in enumerate(theirs):
            found |= {f"baselines[{place}].{name}": trace for name, trace in of.items()}
        totals = {id(b): of.get("total_j") for b, of in zip(self.baselines, theirs, strict=True)}
        for place, one in enumerate(self.against):
            total = totals[id(one.baseline)]
            if total is not None:
                of = one.traces(own["total_j"], total)
                found |= {f"break_even[{place}].{name}": trace for name, trace in of.items()}
        if self.tornado is not None:
            found |= {f"tornado.{name}": trace for name, trace in self.tornado.traces().items()}
        return found

    def __str__(self) -> str:
        """The report as text."""
        blocks = [f"{self.report.name} on {self.report.profile.title}"]
        for section in self.sections:
            width = max(len(entry.label) for entry in section.entries)
            lines = [f"  {entry.label:<{width}}  {entry.text}" for entry in section.entries]
            blocks.append("\n".join([section.title, *lines]))
        return "\n\n".join(blocks)

    def markdown(self) -> str:
        """The report as Markdown."""
        blocks = [f"# {self.report.name} on {self.report.profile.title}"]
        for section in self.sections:
            rows = [f"| {_cell(entry.label)} | {_cell(entry.text)} |" for entry in section.entries]
            blocks.append("\n".join([f"## {section.title}", "", "| | |", "|---|---|", *rows]))
        return "\n\n".join(blocks) + "\n"


def statement(
    report: EnergyReport,
    baselines: Sequence[DigitalReport] = (),
    *,
    facts: Facts | None = None,
) -> Statement:
    """Say everything that a reader needs to check a claim about energy.

        baselines: digital reports of the same task, e.g. `yuragi.power.price(workload, profile)`.
        facts: what only the user knows: task, data set, what stands against each baseline.

    Source: the report rules of NeuroBench's system track (Yik et al., Nature Communications 16
    (2025) 1545), with boundary, origin of the constants and sensitivity.
    """
    against = tuple(
        break_even(report, baseline)
        for baseline in baselines
        if report.total_j is not None and baseline.total_j is not None
    )
    found = tornado(report) if report.total_j is not None else None
    said = sections(report, tuple(baselines), facts or Facts())
    last = Section(title="What would overturn it", entries=tuple(_sensitivity(against, found)))
    return Statement(
        report=report,
        baselines=tuple(baselines),
        sections=(*said, last),
        against=against,
        tornado=found,
    )


_MOST_SWINGS = 3


def _sensitivity(against: tuple[BreakEven, ...], found: Tornado | None) -> list[Entry]:
    entries = []
    for one in against:
        name = f"{one.baseline.row().name} on {one.baseline.profile.label}"
        entries.append(Entry(label=name, text=str(one).partition("\n")[0].partition("; ")[2]))
        entries += [Entry(label=f"  {line.quantity}", text=line.text) for line in one.lines]
    if found is not None:
        traces = found.traces()
        for place, swing in enumerate(found.swings[:_MOST_SWINGS]):
            ends = sorted((swing.at_low, swing.at_high))
            total = Band(
                low=min(ends[0], found.total),
                nominal=found.total,
                high=max(ends[1], found.total),
            )
            trace = replace(
                traces[f"swings[{place}].at_high_j"],
                name=f"total_j over the band of {swing.name}",
                value=total,
                note="the total priced anew with this constant at both ends of its band",
            )
            entries.append(Entry(label=swing.name, text=total.text("J"), trace=trace))
    return entries or [Entry(label="sensitivity", text="no total, so nothing to vary")]


def _cell(text: str) -> str:
    return text.strip().replace("|", "\\|").replace("\n", " ")
