"""`yuragi measure`: the joules of a command on this machine."""

from __future__ import annotations

from typing import Any

import click

from yuragi.cli.explaining import emit_explained, explain_option
from yuragi.cli.options import examples, json_option
from yuragi.cli.output import emit
from yuragi.cli.progress import progress_bar
from yuragi.metering.command import CommandError, measure_command
from yuragi.metering.measure import Measuring, find_meter

__all__ = ["command"]


@click.command(
    "measure",
    context_settings={"ignore_unknown_options": False},
    epilog=examples(
        "yuragi measure -- python infer.py",
        "yuragi measure --meter nvml --inferences 1000 -- python infer_gpu.py",
        "yuragi measure --meter model --watts 65 --once -- python infer.py",
    ),
)
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
@click.option(
    "--meter",
    type=click.Choice(["auto", "rapl", "nvml", "model"]),
    default="auto",
    show_default=True,
    help="auto: RAPL where it may be read, else a model that says so.",
)
@click.option("--profile", default="desktop_cpu", show_default=True, help="Machine of the model.")
@click.option("--watts", type=click.FloatRange(min=0, min_open=True), help="Power of the model.")
@click.option(
    "--inferences",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    metavar="N",
    help="Inferences that one run of the command makes.",
)
@click.option(
    "--repetitions", type=click.IntRange(1, 1000), default=5, show_default=True, metavar="N"
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="How long a repetition lasts at least; short commands run again.",
)
@click.option(
    "--idle",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Length of each idle window; by default 10 on a meter, none on the model.",
)
@click.option("--once", is_flag=True, help="One run, without warm-up or repetitions.")
@explain_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    words: tuple[str, ...],
    meter: Any,
    profile: str,
    watts: float | None,
    inferences: float,
    repetitions: int,
    seconds: float,
    idle: float | None,
    once: bool,
    figure: str | None,
    as_json: bool,
) -> None:
    """Measure COMMAND: warm-up, idle windows, repetitions, mean with its 95 % interval.

    Its output goes where it goes without us, or to standard error with --json. Where it fails, its
    exit code is passed on.
    """
    found = find_meter(meter, profile=profile, watts=watts)
    try:
        with progress_bar("repetitions") as progress:
            result = measure_command(
                words,
                Measuring(found, inferences=inferences, idle_s=idle),
                repetitions=1 if once else repetitions,
                shortest_s=seconds,
                warm_up=not once,
                quiet=as_json,
                progress=progress,
            )
    except CommandError as problem:
        click.echo(f"yuragi: {problem}", err=True)
        ctx.exit(problem.code)
    finally:
        found.close()
    if figure is not None:
        emit_explained(result.traces(), figure, as_json=as_json)
        return
    emit(result.as_dict(), str(result), as_json=as_json)
