"""`yuragi run`: run a model and say what happened."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from yuragi.backend import Overflow
from yuragi.cli.foreign import Foreign, foreign_options
from yuragi.cli.opening import execute, open_program
from yuragi.cli.options import (
    MODEL,
    backend_option,
    chosen,
    dt_option,
    examples,
    force_option,
    json_option,
    pass_options,
    profile_option,
    seed_option,
    steps_option,
    threads_option,
    trials_option,
)
from yuragi.cli.output import emit
from yuragi.cli.samples import samples, samples_text
from yuragi.folders import check_free
from yuragi.io.program_folder import SavedProgram
from yuragi.io.run_folder import SavedRun, write_run
from yuragi.recording import COUNTS, Recording
from yuragi.units import engineering

__all__ = ["command"]


@click.command(
    "run",
    epilog=examples(
        "yuragi run digits.yaml",
        "yuragi run digits.yaml --profile loihi2 --steps 1000 -o digits-run/",
        "yuragi run braille.nir --input events.npy --dialect snntorch --profile loihi",
    ),
)
@click.argument("model", type=MODEL)
@backend_option
@profile_option
@steps_option
@trials_option
@pass_options
@foreign_options
@dt_option
@threads_option
@click.option(
    "--messages", is_flag=True, help="Keep every packet, for `yuragi energy --timing detailed`."
)
@click.option(
    "--overflow",
    type=click.Choice(["report", "raise"]),
    default="report",
    show_default=True,
    help="Count words of the chip that overflow, or end at the first and name unit and step.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for the recording.")
@force_option
@seed_option
@json_option
def command(
    model: Path,
    backend: str | None,
    profile: str | None,
    steps: int | None,
    trials: int | None,
    foreign: Foreign,
    dt: float | None,
    threads: int | None,
    messages: bool,
    overflow: Overflow,
    output: Path | None,
    force: bool,
    seed: int | None,
    as_json: bool,
    **passes: Any,
) -> None:
    """Run MODEL: a .yaml model file, a .yg folder, a .nir file or a program folder."""
    if output is not None:
        check_free(output, replace=force)
    saved = open_program(
        model,
        backend=backend,
        profile=profile,
        dt=dt,
        seed=seed,
        options=chosen(passes),
        foreign=foreign,
    )
    begin = time.perf_counter()
    recording = execute(
        saved, steps=steps, trials=trials, threads=threads, messages=messages, overflow=overflow
    )
    seconds = time.perf_counter() - begin
    if output is not None:
        write_run(output, SavedRun(recording=recording, model=saved.model), replace=force)
    data = _summary(recording, saved) | {
        "seconds": seconds,
        "output": None if output is None else str(output),
        **samples(recording, saved.program),
    }
    emit(data, _text(data), as_json=as_json)


def _summary(recording: Recording, saved: SavedProgram) -> dict[str, Any]:
    updates = recording.steps * recording.trials
    spikes = {}
    for name, train in recording.spike_trains.items():
        rate = len(train.unit) / (updates * train.size)
        hertz = None if recording.dt is None else rate / recording.dt
        spikes[name] = {"spikes": len(train.unit), "per_unit_and_step": rate, "hertz": hertz}
    traces = {}
    for (name, variable), trace in recording.traces.items():
        values = trace.values * trace.scale
        traces[f"{name}.{variable}"] = {
            "minimum": float(values.min()),
            "mean": float(values.mean()),
            "maximum": float(values.max()),
        }
    return {
        "model": saved.model,
        "backend": recording.backend,
        "profile": saved.program.profile.name,
        "steps": recording.steps,
        "trials": recording.trials,
        "seed": recording.seed,
        "cores": saved.program.cores,
        "spikes": spikes,
        "traces": traces,
        "overflows": {name: dict(found) for name, found in recording.overflows.items()},
        "counts": {
            name: recording.counts.total(name) for name in COUNTS if name in recording.counts.arrays
        },
    }


def _text(data: dict[str, Any]) -> str:
    lines = [
        f"{data['model']} on {data['profile']} ({data['backend']}): steps {data['steps']:,}, "
        f"trials {data['trials']:,}, cores {data['cores']:,}, "
        f"{engineering(data['seconds'], 's')}",
        "",
    ]
    for name, found in data["spikes"].items():
        rate = f"{found['per_unit_and_step']:.4g} per unit and step"
        if found["hertz"] is not None:
            rate = f"{engineering(found['hertz'], 'Hz')} per unit"
        lines.append(f"  {name + ' spikes':<24}{found['spikes']:>16,}  {rate}")
    for name, found in data["traces"].items():
        low, mean, high = (f"{found[key]:.4g}" for key in ("minimum", "mean", "maximum"))
        lines.append(f"  {name:<24}{mean:>16}  from {low} to {high}")
    for name, words in data["overflows"].items():
        lines += [f"  {f'{name} overflows of {w}':<24}{n:>16,}" for w, n in words.items() if n]
    lines += [f"  {name.replace('_', ' '):<24}{n:>16,}" for name, n in data["counts"].items()]
    lines += samples_text(data)
    if data["output"] is not None:
        lines += ["", f"written to {data['output']}"]
    return "\n".join(lines)
