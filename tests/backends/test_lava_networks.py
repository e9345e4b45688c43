"""Lava's spikes and voltages are the emulated chip's in integers, the reference's in floats."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi.wiring.rules import hebbian, random
from yuragi_lava import Environment, LavaProgram
from yuragi_models import ReservoirClassifier
from yuragi_models.digits import digits

EVERYTHING = "YURAGI_ALL_TARGETS" in os.environ
RECORDS = Path(__file__).resolve().parents[3] / "shared" / "oracles"
STEPS = 200
SIGNS = {"mixed": (-256, 256), "excitatory": (0, 256), "inhibitory": (-255, 1)}
pytestmark = pytest.mark.usefixtures("lava")


def both(
    net: Network, *, steps: int = STEPS, other: str = "chip", **options: Any
) -> tuple[Recording, Recording, LavaProgram]:
    """A network on another backend and on Lava."""
    wanted = compile_network(net, backend=other, **options).run(steps=steps)
    program = compile_network(net, backend="lava", **options)
    assert isinstance(program, LavaProgram)
    return wanted, program.run(steps=steps), program


def assert_equal(wanted: Recording, found: Recording) -> None:
    assert wanted.traces or wanted.spike_trains
    for name in wanted.spike_trains:
        assert np.array_equal(found.spikes(name), wanted.spikes(name)), name
    for key, trace in wanted.traces.items():
        assert np.array_equal(found.traces[key].values, trace.values), key
    for count in ("synaptic_events", "spikes"):
        assert np.array_equal(
            found.counts.array(count).sum(axis=2), wanted.counts.array(count).sum(axis=2)
        )


def made_of(program: LavaProgram) -> str:
    """What became what."""
    return "\n".join(program.log[-1].lines)


# -- compartments ----------------------------------------------------------------------------------


def compartments(net: Network, seed: int) -> None:
    """Add recurrent CUBA-LIF compartments: mixed signs, exponents, biases, delays."""
    rng = np.random.default_rng(seed)
    fed, first, second = (f"{name}{seed}" for name in ("in", "p", "q"))
    inputs = int(rng.integers(1, 12))
    raster = rng.random((STEPS, inputs)) < rng.uniform(0.05, 0.6)
    net.input(fed, inputs, raster.astype(float), spiking=True)
    sizes = {fed: inputs, **{name: int(rng.integers(1, 40)) for name in (first, second)}}
    for name in (first, second):
        net.population(
            name,
            sizes[name],
            "loihi_cuba",
            parameters={
                "delta_u": int(rng.integers(0, 4096)),
                "delta_v": int(rng.integers(0, 4096)),
                "bias_mant": rng.integers(-4096, 4096, sizes[name]),
                "bias_exp": rng.integers(-4, 8, sizes[name]),
                "v_th_mant": int(rng.integers(1, 5000)),
            },
        )
        for probe in ("spikes", "u", "v"):
            net.probe(name, probe)
    for target in (first, second):
        for source, sending in sizes.items():
            sign = str(rng.choice(list(SIGNS)))
            shape = (sizes[target], sending)
            weights = rng.integers(*SIGNS[sign], shape)
            weights *= rng.random(shape) < rng.uniform(0.1, 1)
            net.project(
                source, target, weights=weights, port="i", sign=sign,
                exponent=int(rng.integers(-8, 8)), delay=int(rng.choice([1, 1, 2, 7, 62])),
            )  # fmt: skip


@pytest.mark.parametrize("first", range(0, 200, 10) if EVERYTHING else [0])
def test_random_compartments_are_the_chips_to_the_bit(first: int) -> None:
    seeds = range(first, first + (10 if EVERYTHING else 3))
    net = Network()
    for seed in seeds:
        compartments(net, seed)

    wanted, found, program = both(net, profile="loihi", dialect="lava")

    assert_equal(wanted, found)
    assert wanted.counts.spikes
    assert made_of(program).count("units, LIF") == 2 * len(seeds)
    assert "Projection" not in made_of(program)


def test_each_delay_rounds_its_own_sum_as_lavas_delay_dense_does() -> None:
    net = Network()
    net.input("in", 2, np.array([[1.0, 0.0], [0.0, 1.0]]), spiking=True)
    net.population("c", 1, "loihi_cuba", parameters={"v_th_mant": 1000})
    net.project("in", "c", weights=[[3.0, 3.0]], port="i", delay=np.array([[2, 1]]), exponent=-2,
                sign="excitatory")  # fmt: skip
    net.probe("c", "u")

    wanted, found, _ = both(net, steps=6, profile="loihi", dialect="lava")

    assert_equal(wanted, found)
    assert not found.trace("c", "u").any()


@pytest.mark.skipif(not RECORDS.is_dir(), reason="the records are not kept with the project")
def test_recorded_voltages_and_a_chips_recorded_spikes_are_reproduced() -> None:
    single = np.loadtxt(RECORDS / "nir_lif" / "lif_lava_cpu_fixed.csv", delimiter=",")
    layer = np.load(RECORDS / "loihi2_dense" / "dense.npz")
    net = Network()
    net.input("one", 1, single[:, :1], spiking=True)
    net.input("in", 200, layer["input"].T[:1000], spiking=True)
    net.population("cell", 1, "loihi_cuba", parameters={"delta_v": 163, "v_th_mant": 25})
    net.population("cells", 256, "loihi_cuba", parameters={"delta_v": 415, "v_th_mant": 6})
    net.project("one", "cell", weights=[[10]], port="i")
    net.project("in", "cells", weights=layer["weight"], port="i")
    for probe in (("cell", "v"), ("cell", "spikes"), ("cells", "spikes")):
        net.probe(*probe)

    found = compile_network(net, backend="lava", profile="loihi").run(steps=1000)

    assert np.array_equal(found.trace("cell", "v")[:, 0], single[:, 1])
    assert np.array_equal(found.spikes("cell")[:, 0], single[:, 2] == 1)
    assert np.array_equal(found.spikes("cells"), layer["output"].T[:1000] == 1)


# -- other dynamics --------------------------------------------------------------------------------


def circle(unit: str, *, port: str, probes: tuple[str, ...], **options: Any) -> Network:
    """30 units of the zoo that project to each other."""
    net = Network(seed=4)
    net.population("cells", 30, unit, **options)
    net.project("cells", "cells", weights=random(30, 30, inputs=6, low=-0.4, high=0.4, seed=2),
                port=port)  # fmt: skip
    rng = np.random.default_rng(3)
    net.stimulate("cells", rng.uniform(-0.5, 0.5, (STEPS, 30)), port=port)
    for probe in probes:
        net.probe("cells", probe)
    return net


def hopfield() -> Network:
    """A discrete Hopfield memory, all units at once, from a disturbed pattern."""
    patterns = np.random.default_rng(0).choice([-1, 1], size=(3, 60))
    net = Network()
    unit = Dynamics(
        name="hopfield", equations="s(t+1) = where(i >= 0, 1, -1)", ports=("i",), output="s"
    )
    disturbed = np.where(np.arange(60) < 9, -patterns[0], patterns[0])
    net.population("cells", 60, unit, initial={"s": disturbed})
    net.project("cells", "cells", weights=hebbian(patterns), port="i")
    net.probe("cells", "s")
    return net


DYNAMICS: dict[str, tuple[Callable[[], Network], dict[str, Any]]] = {
    "nagumo_sato": (lambda: circle("nagumo_sato", port="i", probes=("spikes", "y")), {}),
    "chaotic_neuron": (
        lambda: circle("chaotic_neuron", port="feedback", probes=("x", "eta", "zeta")),
        {"segments": 64},
    ),
    "chaotic_relu": (lambda: circle("chaotic_relu", port="i", probes=("x", "y")), {}),
    "sigma_delta": (
        lambda: circle("leaky_tanh", port="recurrent", probes=("x",)),
        {"encode": "sigma_delta"},
    ),
    "hopfield": (hopfield, {}),
}


@pytest.mark.parametrize("name", DYNAMICS)
def test_other_dynamics_have_the_chips_integers(name: str) -> None:
    build, options = DYNAMICS[name]

    wanted, found, program = both(build(), profile="loihi2", **options)

    assert_equal(wanted, found)
    assert "a generated process" in made_of(program)


@pytest.mark.parametrize("name", ["nagumo_sato", "chaotic_neuron"])
def test_other_dynamics_have_the_references_floats(name: str) -> None:
    build, _ = DYNAMICS[name]

    wanted, found, _ = both(build(), other="reference")

    assert_equal(wanted, found)


def test_a_cuba_lif_in_floats_is_lavas_own_and_within_1e_9_of_the_reference() -> None:
    net = circle("cuba_lif", port="i", probes=("spikes", "u", "v"), parameters={"bias": 0.05})

    wanted, found, program = both(net, other="reference")

    assert "cells: 30 units, LIF\n" in made_of(program)
    assert np.array_equal(found.spikes("cells"), wanted.spikes("cells"))
    assert wanted.spikes("cells").any()
    for variable in ("u", "v"):
        expected = wanted.trace("cells", variable)
        assert np.abs(found.trace("cells", variable) - expected).max() <= 1e-9


def test_digits_are_classified_as_on_the_chip() -> None:
    images = digits(seed=0)
    count = 100 if EVERYTHING else 20
    units = 300 if EVERYTHING else 60
    model = ReservoirClassifier(units, seed=0).fit(images.train, images.train_labels)
    stimulus = model.stimulus(images.test[:count])

    guesses = [
        model.classify(compile_network(model.network, backend=b, profile="loihi2").run(stimulus))
        for b in ("chip", "lava")
    ]

    assert len(guesses[0]) == count
    assert np.array_equal(*guesses)


def test_trials_in_several_batches_are_those_of_one(
    lava: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    del lava
    unit = Dynamics(
        name="noisy", equations="v(t+1) = 0.5*v + i + uniform(-1, 1)", ports=("i",), output="v"
    )
    net = Network(seed=5)
    net.population("cells", 3, unit)
    net.project("cells", "cells", weights=random(3, 3, inputs=2, seed=1), port="i")
    net.probe("cells", "v", every=3)
    wanted = compile_network(net, backend="reference").run(steps=10, trials=3)
    monkeypatch.setattr("yuragi_lava.backend._MOST_SYNAPSES", 2 * net.graph().synapses + 2)

    found = compile_network(net, backend="lava").run(steps=10, trials=3)

    assert_equal(wanted, found)
