"""`yuragi compare`: a model on several chips, beside digital baselines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from yuragi import hardware
from yuragi.cli.explaining import emit_explained, explain_option
from yuragi.cli.foreign import Foreign, foreign_options
from yuragi.cli.group import LIMIT
from yuragi.cli.networks import network_of
from yuragi.cli.opening import execute, is_program, is_run, open_program
from yuragi.cli.options import (
    MODEL,
    dt_option,
    examples,
    json_option,
    seed_option,
    steps_option,
    trials_option,
)
from yuragi.cli.output import emit
from yuragi.errors import CapacityError, ModelFileError, UnsupportedError
from yuragi.graph import Graph
from yuragi.hardware import Profile
from yuragi.io.run_folder import read_run
from yuragi.power import EnergyReport, Workload, baseline, compare, energy
from yuragi.recording import Recording

__all__ = ["command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """How the model is to be run on each chip."""

    path: Path
    steps: int | None
    trials: int | None
    seed: int | None
    accuracy: float | None
    dt: float | None
    foreign: Foreign

    @property
    def given(self) -> list[str]:
        """The options that say how to run it."""
        told: dict[str, object] = {"--steps": self.steps, "--trials": self.trials}
        told |= {"--seed": self.seed, "--dt": self.dt, **self.foreign.options}
        return [option for option, value in told.items() if value is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What ran, and on which graph; a run that was kept has none."""

    model: str
    recording: Recording
    graph: Graph | None = None

    def report(self, accuracy: float | None) -> EnergyReport:
        return energy(self.recording, name=self.model, accuracy=accuracy)


@click.command(
    "compare",
    epilog=examples(
        "yuragi compare digits.yaml --profiles loihi,loihi2,cortex_m4,a100 --baseline mlp:64-100-10"
    ),
)
@click.argument("model", type=MODEL, metavar="RUN|PROGRAM|MODEL")
@click.option("--profiles", help="Chips and machines, with commas between.")
@click.option(
    "--baseline",
    "baselines",
    type=network_of,
    metavar="NETWORK",
    multiple=True,
    help="A digital network: mlp:64-100-10, mlp:64-100-10@0.97:int8 (accuracy, dtype), file.onnx.",
)
@click.option(
    "--accuracy",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Accuracy of the model, 0 to 1.",
)
@foreign_options
@dt_option
@steps_option
@trials_option
@seed_option
@explain_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    model: Path,
    profiles: str | None,
    baselines: tuple[Workload, ...],
    accuracy: float | None,
    foreign: Foreign,
    dt: float | None,
    steps: int | None,
    trials: int | None,
    seed: int | None,
    figure: str | None,
    as_json: bool,
) -> None:
    """Compare a model, compiled and run for each chip, or a run as it is, with baselines.

    Each --baseline is priced on each digital profile; where none is given, the model itself is,
    simulated there event by event. Where the model does not fit a chip, the table says so and the
    exit code is 1.
    """
    names = [name.strip() for name in (profiles or "").split(",") if name.strip()]
    machines = [hardware.load(name) for name in names]
    digital = [machine for machine in machines if machine.kind == "digital"]
    if baselines and not digital:
        raise click.UsageError("--baseline: --profiles names no digital machine to price it on")
    request = _Request(
        path=model,
        steps=steps,
        trials=trials,
        seed=seed,
        accuracy=accuracy,
        dt=dt,
        foreign=foreign,
    )
    find = _of_made if is_run(model) or is_program(model) else _of_model
    runs, refused = find(request, machines)
    works = baselines or ([_simulated(request, runs)] if digital else [])
    found = compare([run.report(accuracy) for run in runs], works, digital)
    if figure is not None:
        emit_explained(found.traces(), figure, as_json=as_json)
        return
    lines = [f"{name}: does not fit: {reason}" for name, reason in refused.items()]
    data = {**found.as_dict(), "refused": refused}
    table = [str(found)] if found.rows else []
    emit(data, "\n".join([*table, *lines]), as_json=as_json)
    if refused:
        ctx.exit(LIMIT)


def _simulated(request: _Request, runs: list[_Run]) -> Workload:
    """The model stepped on a conventional machine, in floats, with the events of its run."""
    made = is_run(request.path) or is_program(request.path)
    run = runs[0] if made else _executed(request, hardware.load("ideal"))
    if run.graph is None:
        raise click.UsageError(
            f"{request.path}: a run does not hold its network, which a digital machine would "
            "simulate; give --baseline, or compare the model itself"
        )
    return baseline.simulated(
        run.graph, run.recording, accuracy=request.accuracy, name=f"{run.model} simulated"
    )


def _of_made(request: _Request, machines: list[Profile]) -> tuple[list[_Run], dict[str, str]]:
    """The run of a run folder or a program, which has a price on its own chip only."""
    if is_program(request.path):
        run = _executed(request, None)
    elif request.given:
        raise click.UsageError(f"{', '.join(request.given)}: {request.path} has been run already")
    else:
        kept = read_run(request.path)
        run = _Run(model=kept.model, recording=kept.recording)
    own = None if run.recording.profile is None else run.recording.profile.name
    for machine in machines:
        if machine.kind != "digital" and machine.name != own:
            raise ModelFileError(
                f"{request.path} is made for {own}, it has no price on {machine.name}; "
                "compare the model itself"
            )
    return [run], {}


def _of_model(request: _Request, machines: list[Profile]) -> tuple[list[_Run], dict[str, str]]:
    """A run on each chip (the model's own by default); chips it does not fit, with reasons."""
    wanted: list[Profile | None] = [m for m in machines if m.kind != "digital"]
    runs: list[_Run] = []
    refused: dict[str, str] = {}
    for chip in wanted or [None]:
        try:
            runs.append(_executed(request, chip))
        except (CapacityError, UnsupportedError) as problem:
            if chip is None:
                raise
            refused[chip.name] = str(problem)
    return runs, refused


def _executed(request: _Request, chip: Profile | None) -> _Run:
    """The model compiled for a chip and run."""
    saved = open_program(
        request.path,
        backend=None,
        profile=chip,
        dt=request.dt,
        seed=request.seed,
        foreign=request.foreign,
    )
    recording = execute(saved, steps=request.steps, trials=request.trials)
    return _Run(model=saved.model, recording=recording, graph=saved.program.graph)
