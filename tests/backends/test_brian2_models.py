"""Networks on Brian2 spike as the reference says, over a thousand steps and more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi.wiring.rules import hebbian, random
from yuragi_models.units import UNITS as UNITS_OF_THE_ZOO

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
    name="hopfield",
    equations="s(t+1) = where(i > 0, 1, where(i < 0, -1, s))",
    ports=("i",),
    output="s",
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


@pytest.mark.parametrize("name", sorted(UNITS_OF_THE_ZOO))
def test_every_unit_of_the_zoo_is_the_same_on_brian2(name: str) -> None:
    unit = UNITS_OF_THE_ZOO[name]
    integrated = bool(unit.system.derivatives)
    net = Network(seed=1, dt=1e-5 if integrated else 1e-3)
    net.population("cells", 12, unit)
    weights = random(12, 12, density=0.4, low=-0.5, high=1.0, seed=3)
    largest = 50.0 if integrated else 10.0 if unit.name == "izhikevich" else 1.5
    for port in unit.ports:
        if unit.spiking or unit.graded:
            net.project("cells", "cells", weights=weights, port=port, delay=2)
        drive = np.random.default_rng(5).uniform(0, largest, (200, 12))
        net.stimulate("cells", drive, port=port)
    for variable in (*unit.system.variables, *(("spikes",) if unit.spiking else ())):
        net.probe("cells", variable)
    wanted, found = both(net, 200, "brian2_numpy")

    assert wanted.counts.spikes == found.counts.spikes
    assert found.counts.spikes > 0 or integrated or not (unit.spiking or unit.graded)
    for key, trace in wanted.traces.items():
        if integrated:
            tolerance = 1e-9 * float(np.abs(trace.values).max())
            assert np.abs(trace.values - found.traces[key].values).max() <= tolerance, key
        else:
            assert np.array_equal(trace.values, found.traces[key].values, equal_nan=True), key
    if unit.spiking:
        assert spikes(wanted) == spikes(found)


def test_a_hopfield_memory_recalls_the_same_pattern_by_the_same_way() -> None:
    patterns = np.random.default_rng(3).choice([-1, 1], size=(3, 60))
    cue = patterns[0] * np.where(np.arange(60) < 12, -1, 1)
    net = Network(dt=1e-3)
    net.population("cells", 60, HOPFIELD, initial={"s": cue})
    net.project("cells", "cells", weights=hebbian(patterns, scale=1.0), port="i")
    net.probe("cells", "s")
    wanted, found = both(net, 1000, "brian2_numpy")

    assert np.array_equal(wanted.trace("cells", "s"), found.trace("cells", "s"))
    assert (found.trace("cells", "s")[0] != patterns[0]).any()
    assert np.array_equal(found.trace("cells", "s")[-1], patterns[0])


def test_chaotic_neurons_summed_in_another_order_are_equal_at_first_then_alike() -> None:
    size, steps = 40, 2000
    weights = np.random.default_rng(6).normal(0, 0.15, (size, size))
    net, split = Network(seed=7, dt=1e-3), Network(seed=7, dt=1e-3)
    for made in (net, split):
        made.population("cells", size, CHAOTIC, initial={"eta": np.linspace(-1, 1, size)})
        made.probe("cells", "x")
    net.project("cells", "cells", weights=weights, port="i")
    split.project("cells", "cells", weights=weights * (np.arange(size) % 2), port="i")
    split.project("cells", "cells", weights=weights * ((np.arange(size) + 1) % 2), port="i")
    wanted = compile_network(net, backend="reference").run(steps=steps).trace("cells", "x")
    found = compile_network(split, backend="brian2_numpy").run(steps=steps).trace("cells", "x")

    assert np.abs(wanted[:40] - found[:40]).max() < 1e-6
    assert np.abs(wanted[-1] - found[-1]).max() > 0.1, "not chaotic, so nothing was tried"
    assert abs(wanted[200:].mean() - found[200:].mean()) < 0.01
    assert abs(wanted[200:].std() - found[200:].std()) < 0.01
