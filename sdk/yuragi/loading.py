"""Networks from files of every kind."""

from __future__ import annotations

from pathlib import Path

from yuragi import storage
from yuragi.errors import ModelFileError
from yuragi.io.model_file import load_model
from yuragi.network import Network

__all__ = ["load"]


def load(path: str | Path) -> Network:
    """The network of a `.yg` folder or a `.yaml` model file.

    Raises ModelFileError with file, line and field.
    """
    where = Path(path)
    if where.suffix in (".yaml", ".yml"):
        return load_model(where).network
    if where.suffix == ".yg" or where.is_dir():
        return Network.from_graph(storage.load(where))
    raise ModelFileError(f"{path}: unknown kind of file; expected a .yg folder or .yaml")
