"""Networks written by hand in Brian2, in its units and its own style, spike as ours do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.network import Network

pytest.importorskip("yuragi_brian2", reason="Brian2 is not installed", exc_type=ImportError)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Brian2's own

SIZE, STEPS = 30, 1000
RNG = np.random.default_rng(5)
WEIGHTS = np.where(RNG.random((SIZE, SIZE)) < 0.2, RNG.normal(0, 1, (SIZE, SIZE)), 0.0)
SPREAD = np.linspace(0.8, 1.4, SIZE)


def ours(unit: Dynamics, *, scale: float, dt: float, delay: int = 1, **options: Any) -> set[Any]:
    net = Network(dt=dt)
    net.population("cells", SIZE, unit, **options)
    net.project("cells", "cells", weights=scale * WEIGHTS, port="i", delay=delay)
    net.probe("cells", "spikes")
    train = compile_network(net, backend="brian2_numpy").run(steps=STEPS).spike_trains["cells"]
    return set(zip(train.step.tolist(), train.unit.tolist(), strict=True))


@pytest.fixture(autouse=True)
def numpy_target() -> Any:
    from brian2 import prefs

    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    yield
    prefs.codegen.target = before


def by_hand(group: Any, *, scale: float, dt: Any, late: int = 0) -> set[Any]:
    """Brian2's usual schedule: what a spike adds in one step is used in the next."""
    from brian2 import Network as Brian2Network
    from brian2 import SpikeMonitor, Synapses

    post, pre = np.nonzero(WEIGHTS)
    synapses = Synapses(group, group, "w : 1", on_pre="I_post += w", delay=late * dt)
    synapses.connect(i=pre, j=post)
    synapses.w = scale * WEIGHTS[post, pre]
    monitor = SpikeMonitor(group)
    Brian2Network(group, synapses, monitor).run(STEPS * dt)
    steps = np.rint(np.asarray(monitor.t / dt)).astype(int)
    return set(zip(steps.tolist(), monitor.i[:].tolist(), strict=True))


def test_leaky_units_with_a_delay_and_a_refractory_time() -> None:
    from brian2 import NeuronGroup, ms

    group = NeuronGroup(
        SIZE,
        "dv/dt = (bias - v)/(10*ms) : 1 (unless refractory)\nI : 1\nbias : 1",
        threshold="v > 1", reset="v = 0", refractory=3 * ms, method="exact", dt=1 * ms,
    )  # fmt: skip
    group.bias = 1.1 * SPREAD
    group.run_regularly("v = v + I*int(not_refractory); I = 0", when="after_groups")
    unit = Dynamics(
        name="lif",
        equations="v(t+1) = exp(-0.1)*v + (1 - exp(-0.1))*bias + i",
        ports=("i",), threshold="v > 1", reset="v = 0", refractory=2, parameters={"bias": 1.1},
    )  # fmt: skip

    wanted = by_hand(group, scale=0.1, dt=1 * ms, late=3)
    found = ours(unit, scale=0.1, dt=1e-3, delay=4, parameters={"bias": 1.1 * SPREAD})
    assert len(wanted) > 500
    assert found == wanted


def test_izhikevichs_units() -> None:
    from brian2 import NeuronGroup, ms

    group = NeuronGroup(
        SIZE,
        """dv/dt = (0.04*v**2 + 5*v + 140 - u + I + bias)/ms : 1
           du/dt = 0.02*(0.2*v - u)/ms : 1
           I : 1
           bias : 1""",
        threshold="v >= 30", reset="v = -65; u += 8", method="euler", dt=0.5 * ms,
    )  # fmt: skip
    group.v, group.u, group.bias = -65, -13, 10 * SPREAD
    group.run_regularly("I = 0", when="after_groups")
    unit = Dynamics(
        name="izhikevich",
        equations="""
            dv/dt = 1000*(0.04*v**2 + 5*v + 140 - u + i + bias)
            du/dt = 20*(0.2*v - u)
        """,
        ports=("i",), threshold="v >= 30", reset="v = -65; u += 8",
        parameters={"bias": 10.0}, initial={"v": -65.0, "u": -13.0}, method="euler",
    )  # fmt: skip

    wanted = by_hand(group, scale=5.0, dt=0.5 * ms)
    found = ours(unit, scale=5.0, dt=5e-4, parameters={"bias": 10 * SPREAD})
    assert len(wanted) > 100
    assert found == wanted


def test_adaptive_units() -> None:
    from brian2 import NeuronGroup, ms

    group = NeuronGroup(
        SIZE,
        "v : 1\nb : 1\nI : 1\nbias : 1",
        threshold="v > 1", reset="v -= 1; b += 0.02", dt=1 * ms,
    )  # fmt: skip
    group.bias = 0.3 * SPREAD
    group.run_regularly("v = 0.9*v + I + bias - b; b = 0.99*b; I = 0", when="groups")
    unit = Dynamics(
        name="adaptive",
        equations="v(t+1) = 0.9*v + i + bias - b\nb(t+1) = 0.99*b",
        ports=("i",), threshold="v > 1", reset="v -= 1; b += 0.02", parameters={"bias": 0.3},
    )  # fmt: skip

    wanted = by_hand(group, scale=0.1, dt=1 * ms)
    found = ours(unit, scale=0.1, dt=1e-3, parameters={"bias": 0.3 * SPREAD})
    assert len(wanted) > 500
    assert found == wanted
