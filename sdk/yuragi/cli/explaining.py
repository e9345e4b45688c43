"""`--explain`: where a figure of a report comes from."""

from __future__ import annotations

from collections.abc import Mapping

import click

from yuragi.cli.output import emit
from yuragi.power.trace import Trace, explain

__all__ = ["emit_explained", "explain_option"]

explain_option = click.option(
    "--explain",
    "figure",
    metavar="FIGURE",
    help="Where a figure comes from: its place in --json, such as total_j or terms[0], or all.",
)


def emit_explained(traces: Mapping[str, Trace], figure: str, *, as_json: bool) -> None:
    """Print the trace of one figure, or of all.  Errors: RunError for one that is not there."""
    text = explain(traces, figure)
    data = {
        place: trace.as_dict()
        for place, trace in traces.items()
        if figure in ("all", place) or place.startswith((f"{figure}.", f"{figure}["))
    }
    emit(data, text, as_json=as_json)
