"""Recorded outputs of a bit-accurate simulator and of a chip, reproduced in integers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.network import Network
from yuragi.passes.cuba.dialects import DIALECTS
from yuragi.recording import Recording

RECORDS = Path(__file__).resolve().parents[3] / "shared" / "oracles"
pytestmark = pytest.mark.skipif(
    not RECORDS.is_dir(), reason="the recorded outputs are not kept with the project"
)


def layer(weights: Any, raster: np.ndarray, **registers: int) -> Network:
    """Inputs, one step of delay, compartments whose current lasts a step.  (steps, inputs)"""
    net = Network()
    net.input("in", raster.shape[1], raster, spiking=True)
    net.population("cells", len(weights), "loihi_cuba", parameters={"delta_u": 4095, **registers})
    net.project("in", "cells", weights=weights, port="i")
    net.probe("cells", "spikes")
    net.probe("cells", "v")
    return net


def single(name: str, dialect: str) -> tuple[Recording, np.ndarray]:
    """One compartment beside its record, columns input, v, spike."""
    record = np.loadtxt(RECORDS / "nir_lif" / f"{name}.csv", delimiter=",")
    net = layer([[10]], record[:, :1], delta_v=163, v_th_mant=25)
    return compile_network(net, profile="loihi", dialect=dialect).run(steps=1000), record


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_bit_accurate_simulators_voltages_are_reproduced(dialect: str) -> None:
    found, record = single("lif_lava_cpu_fixed", dialect)

    assert np.array_equal(found.spikes("cells")[:, 0], record[:, 2] == 1)
    assert np.array_equal(found.trace("cells", "v")[:, 0], record[:, 1])


def test_a_chips_voltages_are_reproduced_by_the_register_read_out() -> None:
    found, record = single("lif_lava_loihi_fixed", "loihi")

    logical, register = (
        found.trace("cells", "v", readout=readout)[:, 0] == record[:, 1]
        for readout in ("logical", "register")
    )
    assert register.sum() == 1000
    assert logical.sum() == 996
    assert np.array_equal(~logical, record[:, 2] == 1)


@pytest.mark.parametrize("backend", ["chip", "reference"])
@pytest.mark.parametrize("profile", ["loihi", "loihi2"])
def test_a_chips_record_of_a_dense_layer_is_reproduced_to_the_spike(
    backend: str, profile: str
) -> None:
    record = np.load(RECORDS / "loihi2_dense" / "dense.npz")
    net = layer(record["weight"], record["input"].T, delta_v=415, v_th_mant=6)

    found = compile_network(net, backend=backend, profile=profile).run(steps=2000)

    assert int((found.spikes("cells") != (record["output"].T == 1)).sum()) == 0
    assert not any(found.overflows["cells"].values())
