"""`yuragi import`: a NIR file as a folder of yuragi's own, with what had to be decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yuragi import storage
from yuragi.cli.foreign import Foreign, foreign_options, is_foreign, read_foreign
from yuragi.cli.foreign import with_events as fed
from yuragi.cli.options import MODEL, dt_option, examples, force_option, json_option
from yuragi.cli.output import emit
from yuragi.errors import ModelFileError

__all__ = ["command"]


@click.command(
    "import", epilog=examples("yuragi import braille.nir --dialect snntorch -o braille.yg")
)
@click.argument("model", type=MODEL, metavar="FILE.nir")
@foreign_options
@dt_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The .yg folder to write.")
@force_option
@json_option
def command(
    model: Path,
    foreign: Foreign,
    dt: float | None,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Read a NIR file; say what it leaves open and what was decided."""
    if not is_foreign(model):
        raise ModelFileError(f"{model}: expected a .nir file")
    graph = read_foreign(model, foreign, dt)
    notes: tuple[str, ...] = ()
    if foreign.events is not None:
        graph, notes = fed(graph, foreign.events)
    if output is not None:
        storage.save(graph, output, replace=force)
    origin = graph.origin
    data: dict[str, Any] = {
        "format": "nir",
        "version": origin.version if origin else "",
        "dialect": origin.dialect if origin else "",
        "populations": {node.name: node.size for node in graph.nodes},
        "projections": len(graph.edges),
        "synapses": graph.synapses,
        "notes": [*(origin.notes if origin else ()), *notes],
        "output": None if output is None else str(output),
    }
    lines = [
        f"{model}: NIR {data['version']}, dialect {data['dialect']}: "
        f"{len(graph.nodes)} populations, {graph.units:,} units, {graph.synapses:,} synapses",
        *(f"  {name:<24}{size:>12,}" for name, size in data["populations"].items()),
        "",
        *(f"  {note}" for note in data["notes"]),
    ]
    if output is not None:
        lines += ["", f"written to {output}"]
    emit(data, "\n".join(lines), as_json=as_json)
