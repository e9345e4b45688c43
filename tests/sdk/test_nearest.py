"""The nearest thing that a fixed-function chip can do, with what it misses by."""

from __future__ import annotations

import re

import numpy as np
import pytest

import yuragi as yg
from yuragi.dynamics import Dynamics
from yuragi.errors import UnsupportedError
from yuragi.passes.cuba.nearest import nearest

SOFT = Dynamics(  # leaks in proportion to v^2
    name="soft",
    equations="v(t+1) = v - 0.1*v*v + i",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
)
TANH = Dynamics(name="tanh", equations="y = tanh(i)", ports=("i",), output="y")
HIDDEN = Dynamics(  # a compartment in disguise: a threshold that is computed
    name="hidden",
    equations="v(t+1) = 0.9*v + i\nw = v*v",
    ports=("i",),
    threshold="w > 1",
    reset="v = 0",
)


def network(unit: Dynamics) -> yg.Network:
    net = yg.Network(seed=0)
    net.population("cells", 30, unit)
    net.stimulate("cells", np.random.default_rng(0).uniform(0.0, 0.4, (80, 30)), port="i")
    net.probe("cells", "spikes" if unit.spiking else "y")
    return net


def proposed(unit: Dynamics) -> dict[str, float]:
    with pytest.raises(UnsupportedError, match="nearest: cuba_lif with") as refused:
        yg.compile(network(unit), profile="loihi")
    text = str(refused.value)
    found = {k: float(v) for k, v in re.findall(r"(delta_u|delta_v|v_th|bias)=([-+.e\d]*\d)", text)}
    error = re.search(r"; ([-+.e\d]+) spikes a step", text)
    steps = re.search(r"over (\d+) steps", text)
    assert error is not None
    assert steps is not None
    return found | {"error": float(error[1]), "steps": float(steps[1])}


@pytest.mark.parametrize("unit", [SOFT, TANH, HIDDEN], ids=lambda unit: unit.name)
def test_the_proposal_compiles_and_misses_by_what_is_said(unit: Dynamics) -> None:
    said = proposed(unit)
    error, steps = said.pop("error"), int(said.pop("steps"))
    net = yg.Network(seed=0)
    net.population("cells", 30, "cuba_lif", parameters=said)
    net.stimulate("cells", np.random.default_rng(0).uniform(0.0, 0.4, (80, 30)), port="i")
    net.probe("cells", "spikes")
    floats = yg.compile(network(unit)).run()
    if unit.spiking:
        wanted = floats.spikes("cells")[:steps].mean(axis=0)
    else:
        y = floats.trace("cells", "y")[:steps]
        wanted = (y.mean(axis=0) - y.min()) / (y.max() - y.min())

    found = yg.compile(net).run().spikes("cells")[:steps].mean(axis=0)
    on_chip = yg.compile(net, profile="loihi").run().spikes("cells").mean()

    assert np.sqrt(np.mean((found - wanted) ** 2)) == pytest.approx(error, abs=0.02)
    assert on_chip > 0


def test_a_compartment_in_disguise_is_found() -> None:
    best = nearest(network(HIDDEN).graph(), ("cells",))["cells"]
    assert (best.delta_u, best.delta_v) == (1.0, 0.1)
    assert best.error < 0.02


def test_nothing_is_proposed_where_nothing_is_sent() -> None:
    net = yg.Network()
    net.population("cells", 3, SOFT)
    assert nearest(net.graph(), ("cells",)) == {}
