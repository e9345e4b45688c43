"""Programs on disk: the lowered graph, what made it, and the profile, in one folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

import yuragi
from yuragi import hardware
from yuragi.backend import Program, find_backend
from yuragi.documents import read_yaml
from yuragi.errors import GraphError, ModelFileError
from yuragi.folders import new_folder
from yuragi.io.profile_file import PROFILE, write_profile
from yuragi.schemas import Strict, checked
from yuragi.storage.reader import read_graph
from yuragi.storage.writer import write_graph
from yuragi.yaml_text import yaml_text

__all__ = ["PROGRAM", "SavedProgram", "read_program", "write_program"]

PROGRAM = "program.yaml"


class _ProgramSchema(Strict):
    yuragi: Literal[1]
    version: str
    model: str
    backend: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    profile: str
    steps: Annotated[int, Field(ge=1)] | None = None
    trials: Annotated[int, Field(ge=1)] | None = None
    log: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedProgram:
    """A program with what its folder says of it.

    model: the name of the network.
    log: what the passes did, in lines.
    steps, trials: how long the model asks to run; None where it does not say.
    """

    program: Program
    backend: str
    model: str
    log: tuple[str, ...] = ()
    steps: int | None = None
    trials: int | None = None


def write_program(path: Path, saved: SavedProgram, *, replace: bool = False) -> None:
    """Write a program folder, whole or not at all.

    Raises ModelFileError where the place is taken or cannot be written.
    """
    description = {
        "yuragi": 1,
        "version": yuragi.__version__,
        "model": saved.model,
        "backend": saved.backend,
        "profile": saved.program.profile.name,
        "steps": saved.steps,
        "trials": saved.trials,
        "log": [line for entry in saved.log for line in entry.splitlines()],
    }
    try:
        with new_folder(path, replace=replace) as folder:
            write_graph(folder, saved.program.graph)
            write_profile(folder, saved.program.profile)
            (folder / PROGRAM).write_text(yaml_text(description), encoding="utf-8")
    except OSError as problem:
        raise ModelFileError(f"{path}: {problem.strerror or problem}") from None


def read_program(path: Path, *, seed: int | None = None) -> SavedProgram:
    """The program of a folder, ready to run.

    seed: of the noise, instead of the program's own.
    Raises ModelFileError with file, line and field; BackendError and DependencyError where its
    backend is not there.
    """
    document = read_yaml(path / PROGRAM)
    schema = checked(document, _ProgramSchema)
    profile = hardware.load(path / PROFILE)
    if profile.name != schema.profile:
        raise ModelFileError(
            f"{document.where(('profile',))}: {schema.profile!r}, but {PROFILE} describes "
            f"{profile.name!r}"
        )
    graph = read_graph(path)
    if seed is not None:
        graph = replace(graph, seed=seed)
    try:
        program = find_backend(schema.backend).restore(graph, profile)
    except GraphError as problem:
        raise ModelFileError(f"{path}: {problem}") from None
    return SavedProgram(
        program=program,
        backend=schema.backend,
        model=schema.model,
        log=tuple(schema.log),
        steps=schema.steps,
        trials=schema.trials,
    )
