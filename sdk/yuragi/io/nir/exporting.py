"""`yuragi export nir`: the file, and beside it what the file cannot say."""

from __future__ import annotations

from pathlib import Path

from yuragi.errors import ModelFileError
from yuragi.graph import Graph
from yuragi.io.nir.writing import to_nir

__all__ = ["export"]


def export(graph: Graph, output: Path, *, steps: int, replace: bool = False) -> tuple[Path, ...]:
    """Write a NIR file and a text with a line for each thing that NIR cannot say.

    steps: not used; NIR holds no run.
    Raises ModelFileError where a file is there already, unless `replace`.
    """
    del steps
    report = output.with_name(f"{output.name}.losses.txt")
    for path in (output, report):
        if path.exists() and not replace:
            raise ModelFileError(f"{path}: is there already; --force writes over it")
    written = to_nir(graph, output)
    report.write_text("".join(f"{line}\n" for line in written.losses), encoding="utf-8")
    return output, report
