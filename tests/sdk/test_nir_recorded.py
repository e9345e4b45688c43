"""Files that frameworks wrote, with the spikes that they gave: none differs under their dialects.

The frameworks need not be there; `tests/recorded_nir/record_*.py` made the records with them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import yuragi as yg

pytest.importorskip("h5py", reason="needs the extra nir")

RECORDS = Path(__file__).parents[1] / "recorded_nir"
# What the numbers of a file do not say.
TOLD: dict[str, dict[str, Any]] = {
    "lava_recurrent": {"dialect": "lava", "dt": 1e-3},
    "nengo_layers": {"dialect": "nengo", "dt": 1e-3},
    "nengo_recurrent": {"dialect": "nengo", "dt": 1e-3},
    "norse_images": {"dialect": "norse"},
    "rockpool_strangers": {"dialect": "rockpool"},
    "sinabs_images": {"dialect": "sinabs"},
    # RSynaptic of snnTorch 1.0 has its reset within a step fall on a copy of its state.
    "snntorch_recurrent": {"reset": {"one.one.lif": "zero_next"}},
}
NAMES = sorted(path.stem for path in RECORDS.glob("*.npz"))


def read(name: str, folder: Path) -> tuple[Path, dict[str, np.ndarray]]:
    """The file, and what was recorded: "input" and the spikes of each node, as counts."""
    held = dict(np.load(RECORDS / f"{name}.npz"))
    path = folder / f"{name}.nir"
    path.write_bytes(held.pop("graph").tobytes())
    return path, held


def sent(network: yg.Network, events: np.ndarray) -> dict[str, np.ndarray]:
    """What each unit sent, as counts, by the name of its node.  shape (steps, units)"""
    assert network.origin is not None
    units = [
        node
        for node in network.graph().nodes
        if node.dynamics.name.startswith("nir_") and node.dynamics.spiking
    ]
    for node in units:
        if node.dynamics.output is not None:
            network.probe(node.name, node.dynamics.output)
    run = yg.compile(network, backend="reference").run({"input": events}, steps=len(events))
    return {
        network.origin.names[node.name]: run.spikes(node.name)
        if node.dynamics.output is None
        else np.maximum(run.trace(node.name, node.dynamics.output), 0)
        for node in units
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_spike_of_a_framework_differs_nor_of_the_file_written_again(
    name: str, tmp_path: Path
) -> None:
    path, recorded = read(name, tmp_path)
    events = recorded.pop("input").astype(float)
    network = yg.load(path, **TOLD.get(name, {}))

    found = sent(network, events)
    again = sent(yg.from_nir(yg.to_nir(network).graph), events)

    assert network.origin is not None
    assert network.origin.dialect == name.partition("_")[0]
    for node, expected in recorded.items():
        unit = next(each for each in found if each == node or each.startswith(f"{node}."))
        assert expected.sum() > 15
        assert int((found[unit] != expected).sum()) == 0, node
        assert np.array_equal(found[unit], again[unit]), node


def test_every_framework_has_a_record() -> None:
    kinds = {name.partition("_")[0] for name in NAMES}

    assert kinds == {"lava", "nengo", "norse", "rockpool", "sinabs", "snntorch", "spyx"}
