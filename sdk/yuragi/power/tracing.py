"""The traces of any report, chip or digital."""

from __future__ import annotations

from collections.abc import Mapping

from yuragi.power.digital import DigitalReport
from yuragi.power.digital_origins import digital_traces
from yuragi.power.origins import report_traces
from yuragi.power.report import EnergyReport
from yuragi.power.trace import Trace

__all__ = ["traces_of"]


def traces_of(report: EnergyReport | DigitalReport) -> Mapping[str, Trace]:
    """A trace for each figure of the report's `as_dict`, by its place: "terms[0].joules"."""
    if isinstance(report, EnergyReport):
        return report_traces(report)
    return digital_traces(report)
