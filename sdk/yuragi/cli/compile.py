"""`yuragi compile`: a program folder from a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yuragi.cli.foreign import Foreign, foreign_options
from yuragi.cli.opening import is_program, open_program
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
)
from yuragi.cli.output import emit
from yuragi.errors import ModelFileError
from yuragi.folders import check_free
from yuragi.io.program_folder import SavedProgram, write_program

__all__ = ["command"]


@click.command(
    "compile",
    epilog=examples("yuragi compile digits.yaml --profile loihi -o build/", "yuragi run build/"),
)
@click.argument("model", type=MODEL)
@backend_option
@profile_option
@pass_options
@foreign_options
@dt_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder to write."
)
@force_option
@seed_option
@json_option
def command(
    model: Path,
    backend: str | None,
    profile: str | None,
    foreign: Foreign,
    dt: float | None,
    output: Path,
    force: bool,
    seed: int | None,
    as_json: bool,
    **passes: Any,
) -> None:
    """Compile MODEL (.yaml, .yg or .nir) for a chip and save the program as a portable folder."""
    check_free(output, replace=force)
    if is_program(model):
        raise ModelFileError(f"{model}: is compiled already")
    saved = open_program(
        model,
        backend=backend,
        profile=profile,
        dt=dt,
        seed=seed,
        options=chosen(passes),
        foreign=foreign,
    )
    write_program(output, saved, replace=force)
    emit(_summary(saved, output), _text(saved, output), as_json=as_json)


def _summary(saved: SavedProgram, output: Path) -> dict[str, object]:
    graph, placement = saved.program.graph, saved.program.placement
    return {
        "model": saved.model,
        "backend": saved.backend,
        "profile": saved.program.profile.name,
        "units": graph.units,
        "synapses": graph.synapses,
        "cores": 0 if placement is None else len(placement.used),
        "chips": 0 if placement is None else placement.chips,
        "log": list(saved.log),
        "output": str(output),
    }


def _text(saved: SavedProgram, output: Path) -> str:
    graph, placement = saved.program.graph, saved.program.placement
    cores = 0 if placement is None else len(placement.used)
    return "\n".join(
        [
            *saved.log,
            "",
            f"{saved.model} for {saved.program.profile.name}: {graph.units:,} units, "
            f"{graph.synapses:,} synapses, {cores:,} core(s)",
            f"written to {output}",
        ]
    )
