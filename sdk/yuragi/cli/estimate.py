"""`yuragi estimate`: chips, watts, seconds and joules without running."""

from __future__ import annotations

from typing import Any

import click

from yuragi.cli.explaining import emit_explained, explain_option
from yuragi.cli.options import examples, json_option
from yuragi.cli.output import emit, table
from yuragi.cli.planned import chosen_profiles, described, network_options
from yuragi.errors import MissingConstantError
from yuragi.planning import Estimate, Outline
from yuragi.planning.estimate import estimated
from yuragi.power.band import Band
from yuragi.power.statement import statement
from yuragi.power.trace import Trace
from yuragi.units import engineering

__all__ = ["command"]


@click.command(
    "estimate",
    epilog=examples(
        "yuragi estimate digits.yaml --rates 0.02 --profiles loihi2",
        "yuragi estimate --neurons 1e11 --synapses 1e15 --rate-hz 1 --wiring local",
    ),
)
@network_options
@click.option("--full", is_flag=True, help="Of one chip, all that `yuragi report` says.")
@explain_option
@json_option
def command(
    *, profiles: str | None, full: bool, figure: str | None, as_json: bool, **network: Any
) -> None:
    """Estimate MODEL, or numbers alone, on every chip, from how often units spike.

    One chip: the whole report. A figure that breaks a limit stands for a machine that is larger or
    slower than the chip, and the limit is named.
    """
    outline = described(**network)
    found: list[Estimate] = []
    unknown: dict[str, str] = {}
    chosen = chosen_profiles(profiles)
    for profile in chosen:
        try:
            found.append(estimated(outline, profile))
        except MissingConstantError as problem:
            if len(chosen) == 1:
                raise
            unknown[profile.label] = str(problem)
    data = {
        "units": outline.units,
        "synapses": outline.synapses,
        "estimates": [one.as_dict() for one in found],
        "unknown": unknown,
    }
    if figure is not None:
        emit_explained(_traces(found, outline), figure, as_json=as_json)
        return
    if full:
        if len(chosen) != 1:
            raise click.UsageError("--full: name one chip with --profiles")
        whole = statement(found[0].report)
        emit(whole.as_dict(), str(whole), as_json=as_json)
        return
    text = str(found[0]) if len(chosen) == 1 else _table(found, unknown)
    emit(data, text, as_json=as_json)


def _traces(found: list[Estimate], network: Outline) -> dict[str, Trace]:
    sizes = {"units": network.units, "synapses": network.synapses}
    traces = {
        name: Trace(
            name=name,
            value=Band.exact(float(value)),
            unit="",
            rule="count",
            note="of the network's description",
        )
        for name, value in sizes.items()
    }
    for place, one in enumerate(found):
        traces |= {f"estimates[{place}].{name}": trace for name, trace in one.traces().items()}
    return traces


def _table(found: list[Estimate], unknown: dict[str, str]) -> str:
    head = ["chip", "fits", "chips", "cores", "power", "time", "energy", "limited by"]
    rows = [head, *(_row(one) for one in found)]
    lines = [f"{one.profile.label}: {broken}" for one in found for broken in one.broken]
    lines += [
        f"{one.profile.label}: no total: {', '.join(one.report.unpriced)}"
        for one in found
        if one.report.unpriced
    ]
    lines += [f"{name}: {reason}" for name, reason in unknown.items()]
    return "\n".join([table(rows), "", *lines]) if lines else table(rows)


def _row(one: Estimate) -> list[str]:
    return [
        one.profile.label,
        "yes" if one.fits else "no",
        f"{one.chips:,}",
        f"{one.cores:,}",
        _nominal(one.power_w, "W"),
        _nominal(one.report.seconds, "s"),
        _nominal(one.report.total_j, "J"),
        ", ".join(one.limits.values()),
    ]


def _nominal(band: Band | None, unit: str) -> str:
    return "-" if band is None else engineering(band.nominal, unit)
