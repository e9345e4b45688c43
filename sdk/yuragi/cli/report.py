"""`yuragi report`: all that a claim about energy must say."""

from __future__ import annotations

from pathlib import Path

import click

from yuragi import hardware
from yuragi.cli.explaining import emit_explained, explain_option
from yuragi.cli.networks import network_of
from yuragi.cli.opening import execute, is_program, is_run
from yuragi.cli.options import MODEL, examples, force_option, json_option, seconds
from yuragi.cli.output import emit
from yuragi.errors import ModelFileError
from yuragi.folders import check_free, new_file
from yuragi.io.program_folder import read_program
from yuragi.io.run_folder import SavedRun, read_run
from yuragi.power import Workload, energy, price
from yuragi.power.statement import statement
from yuragi.power.statement_parts import Facts
from yuragi.power.tornado_figure import tornado_figure

__all__ = ["command"]

_FORMATS = ("pdf", "png", "svg")


@click.command(
    "report",
    epilog=examples(
        "yuragi report digits-run/ --baseline mlp:64-100-10@0.975 --profiles cortex_m4,a100",
        "yuragi report digits-run/ --format markdown > report.md",
        "yuragi report digits-run/ --explain report.total_j",
    ),
)
@click.argument("run", type=MODEL, metavar="RUN|PROGRAM")
@click.option("--profiles", help="Machines for the baselines, with commas between.")
@click.option(
    "--baseline",
    "baselines",
    type=network_of,
    metavar="NETWORK",
    multiple=True,
    help="A digital network of the same task, as for `yuragi compare`.",
)
@click.option("--accuracy", type=click.FloatRange(0, 1), metavar="SHARE", help="Of this run.")
@click.option("--tick", type=seconds, metavar="TIME", help='Hold the chip to a clock: "1 ms".')
@click.option("--task", default="not stated", help="What the network is for.")
@click.option("--dataset", default="not stated", help="What it was tested on.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
)
@click.option(
    "--tornado",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw which constant matters most: .png, .svg or .pdf.",
)
@force_option
@explain_option
@json_option
def command(
    run: Path,
    profiles: str | None,
    baselines: tuple[Workload, ...],
    accuracy: float | None,
    tick: float | None,
    task: str,
    dataset: str,
    style: str,
    tornado: Path | None,
    force: bool,
    figure: str | None,
    as_json: bool,
) -> None:
    """Report RUN with boundary, power, time, activity, constants and what would overturn it."""
    if tornado is not None:
        if tornado.suffix.lstrip(".").lower() not in _FORMATS:
            raise click.UsageError(f"{tornado}: expected a name that ends in .png, .svg or .pdf")
        check_free(tornado, replace=force, folder=False)
    machines = [hardware.load(name.strip()) for name in (profiles or "").split(",") if name.strip()]
    if baselines and not machines:
        raise click.UsageError("--baseline: --profiles names no digital machine to price it on")
    saved = _recorded(run)
    report = energy(saved.recording, name=saved.model, accuracy=accuracy, tick_s=tick)
    priced = [price(work, machine) for work in baselines for machine in machines]
    found = statement(report, priced, facts=Facts(task=task, dataset=dataset))
    if tornado is not None and found.tornado is not None:
        with new_file(tornado, replace=force) as beside:
            suffix = tornado.suffix.lstrip(".").lower()
            tornado_figure(found.tornado).savefig(beside, format=suffix)
    if figure is not None:
        emit_explained(found.traces(), figure, as_json=as_json or style == "json")
    elif style == "markdown" and not as_json:
        click.echo(found.markdown(), nl=False)
    else:
        emit(found.as_dict(), str(found), as_json=as_json or style == "json")


def _recorded(run: Path) -> SavedRun:
    if is_run(run):
        return read_run(run)
    if is_program(run):
        program = read_program(run, seed=None)
        recording = execute(program, steps=None, trials=None)
        return SavedRun(recording=recording, model=program.model)
    raise ModelFileError(f"{run}: expected a run folder (`yuragi run -o`) or a program folder")
