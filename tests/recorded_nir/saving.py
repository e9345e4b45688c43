"""One recorded network: the file that its framework wrote, its input, its spikes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nir
import numpy as np


def save(name: str, graph: Any, events: Any, spikes: Mapping[str, Any]) -> None:
    """Beside this file, as NAME.npz; spikes by node, as counts.  shape (steps, units)"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.nir"
        nir.write(path, graph)
        written = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    counts = {node: np.asarray(each).astype(np.uint8) for node, each in spikes.items()}
    np.savez_compressed(
        Path(__file__).with_name(name), graph=written, input=np.asarray(events), **counts
    )
