"""Runs and baselines side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from yuragi.errors import UnsupportedError
from yuragi.hardware import Profile, load
from yuragi.power.band import Band
from yuragi.power.digital import DigitalReport, price
from yuragi.power.report import EnergyReport
from yuragi.power.row import Row
from yuragi.power.trace import Trace
from yuragi.power.tracing import traces_of
from yuragi.power.workload import Workload
from yuragi.units import engineering

__all__ = ["Comparison", "Metered", "compare"]


@runtime_checkable
class Metered(Protocol):
    """What a meter read, or a model in its place: `yuragi.metering.Measurement`."""

    def row(self) -> Row:
        """The work in a comparison; its platform says whether it was measured or modelled."""

    def row_traces(self) -> Mapping[str, Trace]:
        """A trace for each figure of the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Platforms, one a row, in the order given.

    reports: behind the rows, in their order.
    """

    rows: tuple[Row, ...]
    reports: tuple[EnergyReport | DigitalReport | Metered, ...] = field(default=(), repr=False)

    def traces(self) -> Mapping[str, Trace]:
        """A trace for each figure of `as_dict`, by its place."""
        found: dict[str, Trace] = {}
        for place, report in enumerate(self.reports):
            of = report.row_traces() if isinstance(report, Metered) else traces_of(report)
            shown = report.row().as_dict()
            found |= {f"rows[{place}].{name}": of[name] for name in shown if name in of}
        return found

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {"rows": [row.as_dict() for row in self.rows]}

    def __str__(self) -> str:
        """The table."""
        cells = [_HEADER, *(_cells(row) for row in self.rows)]
        widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADER))]
        lines = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in cells]
        lines.insert(1, "-" * max(map(len, lines)))
        return "\n".join([*lines, "", *_footnotes(self.rows)])


def compare(
    reports: EnergyReport | Iterable[EnergyReport],
    baselines: Workload | Iterable[Workload] = (),
    profiles: Sequence[str | Profile] = (),
    measurements: Iterable[Metered] = (),
) -> Comparison:
    """Put runs beside baselines; each baseline is priced on each digital profile.

        reports: what `energy` returned.
        profiles: names or profiles. A neuromorphic one must be that of a report: a baseline has no
            price there.
        measurements: of the same task on this machine, from `yg.measure`.

    Errors: UnsupportedError for a profile that is neither digital nor that of a report, and for a
    digital one where no baseline is given to price on it.
    """
    runs = (reports,) if isinstance(reports, EnergyReport) else tuple(reports)
    works = (baselines,) if isinstance(baselines, Workload) else tuple(baselines)
    machines = [load(item) if isinstance(item, str) else item for item in profiles]
    known = {report.profile.name for report in runs}
    for profile in machines:
        if profile.kind != "digital" and profile.name not in known:
            raise UnsupportedError(
                f"no report of {profile.name!r} is given: compile and run the network on it first"
            )
    digital = [profile for profile in machines if profile.kind == "digital"]
    if digital and not works:
        raise UnsupportedError(
            f"no baseline is given to price on {digital[0].name!r}: `yg.baseline.mlp`, "
            "`yg.baseline.from_onnx`, or `yg.baseline.simulated` of the network itself"
        )
    priced: tuple[EnergyReport | DigitalReport | Metered, ...] = (
        *runs,
        *(price(work, profile) for work in works for profile in digital),
        *measurements,
    )
    return Comparison(rows=tuple(report.row() for report in priced), reports=priced)


_HEADER = (
    "network",
    "platform",
    "accuracy",
    "dynamic",
    "static",
    "total per inference",
    "time",
    "cores",
    "weakest basis",
)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        row.platform,
        "-" if row.accuracy is None else f"{row.accuracy:.1%}",
        _nominal(row.dynamic_j, "J"),
        _nominal(row.static_j, "J"),
        "no total" if row.total_j is None else row.total_j.text("J"),
        _nominal(row.seconds, "s"),
        "-" if row.cores is None else f"{row.cores:,}",
        row.basis or "-",
    )


def _nominal(band: Band | None, unit: str) -> str:
    return "-" if band is None else engineering(band.nominal, unit)


def _footnotes(rows: Sequence[Row]) -> list[str]:
    includes = dict.fromkeys(f"{row.platform}: {row.includes}" for row in rows)
    missing = [
        f"{row.name} on {row.platform} has no total: {', '.join(row.unpriced)}"
        for row in rows
        if row.unpriced
    ]
    return [*includes, *missing]
