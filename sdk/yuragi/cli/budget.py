"""`yuragi budget`: which chips fit, how many, and what still fits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from yuragi.cli.explaining import emit_explained, explain_option
from yuragi.cli.group import LIMIT
from yuragi.cli.options import examples, force_option, json_option
from yuragi.cli.output import emit
from yuragi.cli.planned import chosen_profiles, described, network_options
from yuragi.folders import check_free, new_file
from yuragi.planning.budget import budgeted
from yuragi.planning.budget_figure import budget_figure
from yuragi.planning.demands import Demands
from yuragi.quantity import UnitError, quantity

__all__ = ["command"]


def _in(unit: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            return quantity(text, unit)
        except UnitError as problem:
            raise click.BadParameter(str(problem)) from None

    return read


@click.command(
    "budget",
    epilog=examples(
        'yuragi budget digits.yaml --rates 0.02 --power "10 mW" --latency "5 ms"',
        "yuragi budget --neurons 1e6 --synapses 1e8 --rate-hz 5 --chips 8 --figure room.png",
    ),
)
@network_options
@click.option("--power", type=_in("watt"), metavar="WATTS", help='Mean power: "10 mW".')
@click.option("--energy", type=_in("joule"), metavar="JOULES", help='Of one inference: "1 mJ".')
@click.option("--latency", type=_in("second"), metavar="TIME", help='Of one inference: "5 ms".')
@click.option("--rate", type=float, metavar="HZ", help="Inferences a second to be reached.")
@click.option("--chips", type=click.IntRange(min=1), metavar="N", help="The most chips.")
@click.option(
    "--growth",
    type=click.Choice(["fan_in", "density"]),
    default="fan_in",
    show_default=True,
    help="What a larger network keeps: the inputs of a unit, or their share of all units.",
)
@click.option(
    "--figure",
    "picture",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw the room that is left: .png, .svg or .pdf.",
)
@force_option
@explain_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    profiles: str | None,
    power: float | None,
    energy: float | None,
    latency: float | None,
    rate: float | None,
    chips: int | None,
    growth: Any,
    picture: Path | None,
    force: bool,
    figure: str | None,
    as_json: bool,
    **network: Any,
) -> None:
    """Say which chips hold MODEL within a budget, how many, how much more fits and what limits it.

    "surely" fits with every constant at its worse end. The exit code is 1 where no chip fits.
    """
    if picture is not None:
        if picture.suffix.lower() not in {".png", ".svg", ".pdf"}:
            raise click.UsageError(f"{picture}: expected a name that ends in .png, .svg or .pdf")
        check_free(picture, replace=force, folder=False)
    demands = Demands(power_w=power, energy_j=energy, latency_s=latency, rate_hz=rate, chips=chips)
    found = budgeted(described(**network), demands, chosen_profiles(profiles), growth=growth)
    if picture is not None:
        drawn = budget_figure(found)
        with new_file(picture, replace=force) as beside:
            drawn.savefig(beside, format=picture.suffix[1:].lower())
    if figure is not None:
        emit_explained(found.traces(), figure, as_json=as_json)
        return
    emit(found.as_dict(), str(found), as_json=as_json)
    if not any(fit.fits for fit in found.fits):
        ctx.exit(LIMIT)
