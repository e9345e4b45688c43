"""`yuragi energy`: the joules and seconds of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from yuragi.cli.explaining import emit_explained, explain_option
from yuragi.cli.opening import execute, is_program, is_run
from yuragi.cli.options import (
    MODEL,
    examples,
    json_option,
    seconds,
    seed_option,
    steps_option,
    trials_option,
)
from yuragi.cli.output import emit
from yuragi.errors import ModelFileError
from yuragi.io.program_folder import read_program
from yuragi.io.run_folder import SavedRun, read_run
from yuragi.power import EnergyReport, energy
from yuragi.power.tracing import traces_of

__all__ = ["command"]


@click.command(
    "energy",
    epilog=examples("yuragi energy digits-run/", "yuragi energy build/ --steps 100 --breakdown"),
)
@click.argument("run", type=MODEL, metavar="RUN|PROGRAM")
@click.option("--breakdown", is_flag=True, help="Every term with its price and its basis.")
@click.option(
    "--tick", type=seconds, metavar="TIME", help='Hold the chip to a clock, such as "1 ms" a step.'
)
@click.option(
    "--accuracy", type=click.FloatRange(0, 1), metavar="SHARE", help="Accuracy of this run, 0 to 1."
)
@click.option(
    "--timing",
    type=click.Choice(["simple", "detailed"]),
    default="simple",
    show_default=True,
    help="By the busiest core, or packet by packet over the mesh (a run with --messages).",
)
@steps_option
@trials_option
@seed_option
@explain_option
@json_option
def command(
    run: Path,
    breakdown: bool,
    tick: float | None,
    accuracy: float | None,
    timing: Literal["simple", "detailed"],
    steps: int | None,
    trials: int | None,
    seed: int | None,
    figure: str | None,
    as_json: bool,
) -> None:
    """Price a run folder, or a program folder that is run now."""
    if is_run(run):
        if steps is not None or trials is not None or seed is not None:
            raise click.UsageError(f"--steps, --trials, --seed: {run} has been run already")
        saved = read_run(run)
    elif is_program(run):
        program = read_program(run, seed=seed)
        detailed = timing == "detailed"
        recording = execute(program, steps=steps, trials=trials, messages=detailed)
        saved = SavedRun(recording=recording, model=program.model)
    else:
        raise ModelFileError(f"{run}: expected a run folder (`yuragi run -o`) or a program folder")
    report = energy(
        saved.recording, name=saved.model, accuracy=accuracy, tick_s=tick, timing=timing
    )
    if figure is not None:
        emit_explained(traces_of(report), figure, as_json=as_json)
        return
    emit(report.as_dict(), str(report) if breakdown else _short(report), as_json=as_json)


def _short(report: EnergyReport) -> str:
    lines = [f"{report.name} on {report.profile.title}, one inference of {report.steps:,} steps:"]
    bands = (
        ("dynamic", report.dynamic_j, "J"),
        ("static", report.static_j, "J"),
        ("host", report.host_j, "J"),
        ("total", report.total_j, "J"),
        ("time", report.seconds, "s"),
    )
    for name, band, unit in bands:
        if band is not None:
            lines.append(f"  {name:<10}{band.text(unit)}")
        elif name != "host":
            lines.append(f"  {name:<10}unpriced")
    if report.unpriced:
        lines.append(f"  no price for {', '.join(report.unpriced)}")
    lines.append(f"  weakest basis: {report.basis or 'none'}")
    lines += [f"  note: {note}" for note in report.notes]
    return "\n".join(lines)
