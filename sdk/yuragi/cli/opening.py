"""From what a user names (model file, .yg folder, program folder, run folder) to what runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from yuragi import storage
from yuragi.backend import Overflow, Program
from yuragi.backend import compile as compile_network
from yuragi.cli.foreign import Foreign, is_foreign, read_foreign, with_events
from yuragi.cli.progress import progress_bar
from yuragi.errors import ModelFileError
from yuragi.graph import Graph
from yuragi.hardware import Profile
from yuragi.io.model_file import load_model
from yuragi.io.model_schema import RunSettings
from yuragi.io.program_folder import PROGRAM, SavedProgram, read_program
from yuragi.io.run_folder import RECORDING
from yuragi.recording import Recording

__all__ = [
    "Description",
    "by_dialect",
    "execute",
    "is_program",
    "is_run",
    "open_description",
    "open_program",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A network that is not compiled yet, with the settings of its run."""

    graph: Graph
    model: str
    run: RunSettings


def is_run(path: Path) -> bool:
    """Whether it is a run folder."""
    return (path / RECORDING).is_file()


def is_program(path: Path) -> bool:
    """Whether it is a program folder."""
    return (path / PROGRAM).is_file()


def open_description(
    path: Path, *, seed: int | None, dt: float | None = None, foreign: Foreign | None = None
) -> Description:
    """The network of a model file, a .yg folder or a .nir file.

    seed, dt: instead of its own.      foreign: what the user says of a .nir file, and events in.
    Raises ModelFileError where it is neither, UsageError for what only a .nir file leaves open.
    """
    name = path.resolve().stem
    if foreign is not None and not is_foreign(path) and (foreign.dialect or foreign.resets):
        raise click.UsageError(f"--dialect, --reset: {path} is no .nir file")
    if is_run(path) or is_program(path):
        kind = "a run" if is_run(path) else "a compiled program"
        raise ModelFileError(f"{path}: {kind}, expected a model file or a .yg folder")
    if path.suffix in (".yaml", ".yml"):
        file = load_model(path, seed=seed)
        graph, run = file.network.graph(), file.run
    elif path.is_dir():
        graph, run = storage.load(path), RunSettings()
    elif is_foreign(path):
        graph, run = read_foreign(path, foreign or Foreign(), dt), RunSettings()
    else:
        raise ModelFileError(f"{path}: unknown kind of file; expected a .yg folder, .yaml or .nir")
    if foreign is not None and foreign.events is not None:
        graph, _ = with_events(graph if dt is None else replace(graph, dt=dt), foreign.events)
    if seed is not None:
        graph = replace(graph, seed=seed)
    return Description(graph=graph if dt is None else replace(graph, dt=dt), model=name, run=run)


def by_dialect(path: Path, foreign: Foreign) -> tuple[Foreign, dict[str, str]]:
    """What reads the model, and what the passes are told: the dialect belongs to one or the other.

    It is that of a .nir file, and of Loihi's compartment in all others.
    """
    if is_foreign(path) or foreign.dialect is None:
        return foreign, {}
    return replace(foreign, dialect=None), {"dialect": foreign.dialect}


def open_program(
    path: Path,
    *,
    backend: str | None,
    profile: str | Profile | None,
    dt: float | None,
    seed: int | None,
    options: Mapping[str, Any] | None = None,
    foreign: Foreign,
) -> SavedProgram:
    """A program that is ready to run: read from its folder, or compiled now.

    options: of the compilation, by their names; those that are None are not given.
    foreign: what the user says of a .nir file, and events in.
    Raises UsageError for an option that a compiled program has already fixed.
    """
    if is_program(path):
        fixed: dict[str, object] = {"--backend": backend, "--profile": profile, "--dt": dt}
        fixed |= {_flag(name): value for name, value in (options or {}).items()}
        for option, value in (fixed | foreign.options).items():
            if value is not None:
                raise click.UsageError(f"{option}: {path} is compiled already; compile it anew")
        return read_program(path, seed=seed)
    foreign, told = by_dialect(path, foreign)
    described = open_description(path, seed=seed, dt=dt, foreign=foreign)
    door = backend or described.run.backend
    chosen: dict[str, Any] = (
        {"dialect": described.run.dialect}
        | told
        | {name: value for name, value in (options or {}).items() if value is not None}
    )
    program = compile_network(
        described.graph,
        backend=door,
        profile=profile or described.run.profile,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    return SavedProgram(
        program=program,
        backend=door,
        model=described.model,
        log=tuple(str(entry) for entry in program.log),
        steps=described.run.steps,
        trials=described.run.trials,
    )


def _flag(name: str) -> str:
    """The option of the command line that a choice of the passes comes from."""
    return "--format" if name == "formats" else f"--{name.replace('_', '-')}"


def execute(
    saved: SavedProgram,
    *,
    steps: int | None,
    trials: int | None,
    threads: int | None = None,
    messages: bool = False,
    overflow: Overflow = "report",
) -> Recording:
    """Run a program, with a progress bar on a terminal."""
    program: Program = saved.program
    with progress_bar(f"{saved.model} on {program.profile.name}") as progress:
        return program.run(
            steps=steps or saved.steps,
            trials=trials or saved.trials,
            threads=threads,
            progress=progress,
            messages=messages,
            overflow=overflow,
        )
