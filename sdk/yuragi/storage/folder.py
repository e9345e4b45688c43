"""Graphs on disk: a folder `*.yg` with a readable YAML and one `.npz`, without loss.

Routes are not kept: they follow from the placement and the weights.
"""

from __future__ import annotations

from pathlib import Path

from yuragi.errors import ModelFileError
from yuragi.folders import new_folder
from yuragi.graph import Graph
from yuragi.storage.reader import read_graph
from yuragi.storage.writer import write_graph

__all__ = ["load", "save"]


def save(graph: Graph, path: Path, *, replace: bool = True) -> None:
    """Save a graph as a folder, whole or not at all.

    replace: write over a folder that holds nothing but what yuragi wrote.
    Raises ModelFileError where the place is taken or cannot be written.
    """
    try:
        with new_folder(path, replace=replace) as folder:
            write_graph(folder, graph)
    except OSError as problem:
        raise ModelFileError(f"{path}: {problem.strerror or problem}") from None


def load(path: Path) -> Graph:
    """The graph of a folder.

    Nothing in the folder is executed or unpickled, and every size is checked before memory is
    taken. Raises ModelFileError with file, line and field, or file and array.
    """
    if not path.is_dir():
        raise ModelFileError(f"{path}: there is no such folder")
    return read_graph(path)
