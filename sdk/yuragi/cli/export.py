"""`yuragi export`: a model for another simulator, without yuragi."""

from __future__ import annotations

import inspect
from importlib.metadata import entry_points
from pathlib import Path

import click

from yuragi.cli.foreign import Foreign, foreign_options
from yuragi.cli.opening import open_description
from yuragi.cli.options import (
    MODEL,
    dt_option,
    examples,
    force_option,
    json_option,
    profile_option,
    seed_option,
    steps_option,
)
from yuragi.cli.output import emit
from yuragi.errors import BackendError, DependencyError
from yuragi.graph import Graph

__all__ = ["command"]

_GROUP = "yuragi.exporters"
_STEPS = 1000


@click.command(
    "export",
    epilog=examples(
        "yuragi export brian2 digits.yaml -o digits.py",
        "yuragi export lava digits.yaml --profile loihi2 -o digits/",
    ),
)
@click.argument("kind", metavar="FORMAT")
@click.argument("model", type=MODEL)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write."
)
@force_option
@profile_option
@steps_option
@foreign_options
@dt_option
@seed_option
@json_option
def command(
    kind: str,
    model: Path,
    output: Path,
    force: bool,
    profile: str | None,
    steps: int | None,
    foreign: Foreign,
    dt: float | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Write MODEL, a .yaml model file, a .yg folder or a .nir file, for another simulator.

    FORMAT brian2: a Python script of the network in Brian2, for one trial, with its arrays beside
    it; it runs without yuragi.  FORMAT lava: a folder of scripts of Lava processes, in floats and
    in the integers of a profile; it needs lava-nc only.
    """
    found = {entry.name: entry for entry in entry_points(group=_GROUP)}
    if kind not in found:
        raise BackendError(f"no format {kind!r}; there are {', '.join(sorted(found)) or 'none'}")
    described = open_description(model, seed=seed, dt=dt, foreign=foreign)
    try:
        export = found[kind].load()
    except ImportError as problem:
        raise DependencyError(f"format {kind} cannot be loaded: {problem}") from problem
    chosen = {} if profile is None else {"profile": profile}
    if chosen and "profile" not in inspect.signature(export).parameters:
        raise BackendError(f"format {kind} has no integers, so it takes no profile")
    wanted = steps or described.run.steps or _longest(described.graph)
    written = [
        str(path) for path in export(described.graph, output, steps=wanted, replace=force, **chosen)
    ]
    emit(
        {"format": kind, "model": described.model, "steps": wanted, "written": written},
        "\n".join(f"written to {path}" for path in written),
        as_json=as_json,
    )


def _longest(graph: Graph) -> int:
    """As many steps as the longest stimulus, or a thousand."""
    return max((s.values.shape[-2] for s in graph.stimuli), default=_STEPS)
