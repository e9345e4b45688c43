"""Networks on Brian2 spike as the reference says, over a thousand steps and more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi.wiring.rules import random

pytest.importorskip("yuragi_brian2", reason="Brian2 is not installed", exc_type=ImportError)

Array = np.ndarray[Any, Any]

LIF = Dynamics(
    name="lif",
    equations="v(t+1) = 0.9*v + i + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    refractory=2,
    parameters={"bias": 0.12},
)
ADAPTIVE = Dynamics(
    name="adaptive",
    equations="v(t+1) = 0.9*v + i + bias - b\nb(t+1) = 0.99*b",
    ports=("i",),
    threshold="v > 1",
    reset="v -= 1; b += 0.02",
    parameters={"bias": 0.3},
)
IZHIKEVICH = Dynamics(
    name="izhikevich",
    equations="""
        v(t+1) = v + 0.5*(0.04*v**2 + 5*v + 140 - u + i + bias)
        u(t+1) = u + 0.01*(0.2*v - u)
    """,
    ports=("i",),
    threshold="v >= 30",
    reset="v = -65; u += 8",
    parameters={"bias": 10.0},
    initial={"v": -65.0, "u": -13.0},
)
FORMAL = Dynamics(name="formal", equations="u = i - 0.1", ports=("i",), threshold="u >= 0")
HOPFIELD = Dynamics(
    name="hopfield", equations="s(t+1) = where(i >= 0, 1, -1)", ports=("i",), output="s"
)
RESERVOIR = Dynamics(
    name="reservoir",
    equations="x(t+1) = 0.7*x + 0.3*tanh(i + b)",
    ports=("i",),
    output="x",
    parameters={"b": 0.2},
)
STOCHASTIC = Dynamics(
    name="stochastic",
    equations="p = sigmoid(4*i - 1 + 0.1*normal())",
    ports=("i",),
    threshold="uniform() < p",
)
CHAOTIC = Dynamics(
    name="chaotic",
    equations="""
        eta(t+1) = 0.2*eta + i
        zeta(t+1) = 0.9*zeta - 10*x + 2
        x = sigmoid((eta + zeta)/0.015)
    """,
    ports=("i",),
    output="x",
)
UNITS = (LIF, ADAPTIVE, IZHIKEVICH, FORMAL, HOPFIELD, RESERVOIR, STOCHASTIC, CHAOTIC)


def network(unit: Dynamics, size: int = 40) -> Network:
    net = Network(seed=7, dt=1e-3)
    spread = np.linspace(0.8, 1.3, size)
    parameters = {name: value * spread for name, value in unit.parameters.items()}
    states = unit.system.states
    initial = {states[0]: np.where(np.arange(size) % 3, 1.0, -1.0)} if unit is HOPFIELD else {}
    net.population("cells", size, unit, parameters=parameters, initial=initial)
    scale = 5.0 if unit is IZHIKEVICH else 0.3
    weights = random(size, size, density=0.3, low=-scale, high=scale, seed=2)
    net.project("cells", "cells", weights=weights, port="i", delay=2)
    net.stimulate("cells", np.full((1, size), 0.5), port="i")
    if unit.spiking:
        net.probe("cells", "spikes")
    for variable in unit.system.variables:
        net.probe("cells", variable)
    return net


def both(net: Network, steps: int, backend: str = "brian2") -> tuple[Recording, Recording]:
    runs = [compile_network(net, backend=b).run(steps=steps) for b in ("reference", backend)]
    return runs[0], runs[1]


def spikes(recording: Recording) -> tuple[list[int], list[int]]:
    train = recording.spike_trains["cells"]
    return train.step.tolist(), train.unit.tolist()


@pytest.mark.parametrize("unit", UNITS, ids=[unit.name for unit in UNITS])
def test_a_network_is_the_same_to_the_bit_over_a_thousand_steps(unit: Dynamics) -> None:
    wanted, found = both(network(unit), 1000, "brian2_numpy")

    for key, trace in wanted.traces.items():
        assert np.array_equal(trace.values, found.traces[key].values), key
    if unit.spiking:
        assert spikes(wanted) == spikes(found)
        assert spikes(wanted)[0], "nothing spiked, so nothing was compared"


@pytest.mark.parametrize("unit", [LIF, STOCHASTIC, CHAOTIC], ids=["lif", "stochastic", "chaotic"])
def test_compiled_code_gives_the_same_bits(unit: Dynamics) -> None:
    wanted, found = both(network(unit), 300)

    for key, trace in wanted.traces.items():
        assert np.array_equal(trace.values, found.traces[key].values), key


@pytest.mark.parametrize("unit", [LIF, RESERVOIR, STOCHASTIC], ids=["lif", "graded", "stochastic"])
def test_counts_are_those_of_the_reference_in_every_step(unit: Dynamics) -> None:
    wanted, found = both(network(unit), 60, "brian2_numpy")

    for name in ("synaptic_events", "spikes", "messages", "neuron_updates", "hops_x"):
        assert np.array_equal(wanted.counts.array(name), found.counts.array(name)), name


def hodgkin_huxley(g_k: float, g_l: float, e_l: float, current: float) -> Network:
    """Hodgkin and Huxley, J. Physiol. 117 (1952) 500; ms, mV, uA/cm^2; one spike an upstroke."""
    unit = Dynamics(
        name="hodgkin_huxley",
        equations="""
            am = 1/exprel((25 - v)/10)
            bm = 4*exp(-v/18)
            ah = 0.07*exp(-v/20)
            bh = 1/(exp((30 - v)/10) + 1)
            an = 0.1/exprel((10 - v)/10)
            bn = 0.125*exp(-v/80)
            dv/dt = 1000*(current - 120*m**3*h*(v - 115) - g_k*n**4*(v + 12) - g_l*(v - e_l))
            dm/dt = 1000*(am*(1 - m) - bm*m)
            dh/dt = 1000*(ah*(1 - h) - bh*h)
            dn/dt = 1000*(an*(1 - n) - bn*n)
            above(t+1) = heaviside(v - 50)
        """,
        threshold="v > 50 and above < 0.5",
        parameters={"g_k": g_k, "g_l": g_l, "e_l": e_l, "current": current},
        initial={"v": 0.0, "m": 0.0529, "h": 0.5961, "n": 0.3177},
        method="rk4",
    )
    net = Network(dt=1e-5)
    net.population("cells", 1, unit)
    net.probe("cells", "spikes")
    net.probe("cells", "v")
    return net


SETS = {"1952": (36.0, 0.3, 10.6), "squid": (40.0, 0.24, 10.613)}


@pytest.mark.parametrize("constants", SETS.values(), ids=SETS)
def test_brian2s_own_rk4_agrees_with_ours_on_hodgkin_and_huxley(
    constants: tuple[float, float, float],
) -> None:
    wanted, found = both(hodgkin_huxley(*constants, 10.0), 5000, "brian2_numpy")

    assert spikes(wanted) == spikes(found)
    assert len(spikes(wanted)[0]) >= 2
    difference = np.abs(wanted.trace("cells", "v") - found.trace("cells", "v")).max()
    assert difference < 1e-7  # mV, of 100
