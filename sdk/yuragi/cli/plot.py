"""`yuragi plot`: draw a run."""

from __future__ import annotations

from pathlib import Path

import click
from matplotlib.figure import Figure

from yuragi.chip_figures import cores_figure, time_figure, traffic_figure
from yuragi.cli.options import MODEL, examples, force_option, json_option
from yuragi.cli.output import emit
from yuragi.errors import RunError
from yuragi.figures import energy_figure, raster_figure, traces_figure
from yuragi.folders import check_free, new_file
from yuragi.io.run_folder import SavedRun, read_run
from yuragi.power import energy
from yuragi.power.step_times import StepTimes

__all__ = ["command"]

_FORMATS = ("pdf", "png", "svg")


@click.command(
    "plot",
    epilog=examples(
        "yuragi plot digits-run/ --kind raster -o raster.png",
        "yuragi plot digits-run/ --kind energy -o energy.svg",
        "yuragi plot digits-run/ --kind traffic -o traffic.png",
    ),
)
@click.argument("run", type=MODEL)
@click.option(
    "--kind",
    type=click.Choice(["raster", "traces", "energy", "cores", "traffic", "time"]),
    default="raster",
    show_default=True,
    help="Spikes, probed variables, what each count costs; the load of each core, the packets on "
    "each link, the busiest core of each step.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write: .png, .svg or .pdf.",
)
@click.option("--trial", type=click.IntRange(min=0), default=0, metavar="N", help="Trial to draw.")
@force_option
@json_option
def command(run: Path, kind: str, output: Path, trial: int, force: bool, as_json: bool) -> None:
    """Draw RUN, the folder that `yuragi run -o` wrote."""
    suffix = output.suffix.lstrip(".").lower()
    if suffix not in _FORMATS:
        raise click.UsageError(f"{output}: expected a name that ends in .png, .svg or .pdf")
    check_free(output, replace=force, folder=False)
    saved = read_run(run)
    if trial >= saved.recording.trials:
        raise click.UsageError(
            f"--trial {trial}: the run has trials 0 to {saved.recording.trials - 1}"
        )
    figure = _FIGURES[kind](saved, trial)
    with new_file(output, replace=force) as beside:
        figure.savefig(beside, format=suffix)
    data = {"kind": kind, "run": str(run), "output": str(output)}
    emit(data, f"written to {output}", as_json=as_json)


def _raster(saved: SavedRun, trial: int) -> Figure:
    return raster_figure(saved.recording, title=_title(saved, trial), trial=trial)


def _traces(saved: SavedRun, trial: int) -> Figure:
    return traces_figure(saved.recording, title=_title(saved, trial), trial=trial)


def _energy(saved: SavedRun, trial: int) -> Figure:
    del trial
    return energy_figure(energy(saved.recording, name=saved.model), title=saved.model)


def _times(saved: SavedRun, trial: int) -> StepTimes:
    return energy(saved.recording, name=saved.model).step_times(trial)


def _cores(saved: SavedRun, trial: int) -> Figure:
    try:
        times = _times(saved, trial)
    except RunError:  # the load is drawn in events where nothing has a time
        times = None
    return cores_figure(saved.recording, times, title=_title(saved, trial))


def _traffic(saved: SavedRun, trial: int) -> Figure:
    del trial
    return traffic_figure(saved.recording, title=_title(saved, None))


def _time(saved: SavedRun, trial: int) -> Figure:
    return time_figure(saved.recording, _times(saved, trial), title=_title(saved, trial))


_FIGURES = {
    "raster": _raster,
    "traces": _traces,
    "energy": _energy,
    "cores": _cores,
    "traffic": _traffic,
    "time": _time,
}


def _title(saved: SavedRun, trial: int | None) -> str:
    recording = saved.recording
    profile = "" if recording.profile is None else f" on {recording.profile.name}"
    which = f", {'all trials' if trial is None else f'trial {trial}'}"
    which = which if recording.trials > 1 else ""
    return f"{saved.model}{profile}{which}"
