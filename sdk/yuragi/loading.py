"""Networks from files of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from yuragi import storage
from yuragi.errors import ModelFileError
from yuragi.io.model_file import load_model
from yuragi.io.nir.importing import from_nir
from yuragi.network import Network

__all__ = ["load"]


def load(path: str | Path, **options: Any) -> Network:
    """The network of a `.yg` folder, a `.yaml` model file or a `.nir` file.

    options: of `yuragi.from_nir` for a `.nir` file: dialect, dt, reset, spiking.
    Raises ModelFileError with file, line and field, or file, node and rule.
    """
    where = Path(path)
    if where.suffix == ".nir":
        return from_nir(where, **options)
    if options:
        raise ModelFileError(f"{path}: {', '.join(options)}: only .nir files have options")
    if where.suffix in (".yaml", ".yml"):
        return load_model(where).network
    if where.suffix == ".yg" or where.is_dir():
        return Network.from_graph(storage.load(where))
    raise ModelFileError(f"{path}: unknown kind of file; expected a .yg folder, .yaml or .nir")
