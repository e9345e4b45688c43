"""Short runs in integers that are interpreted: what compiled loops give, count by count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from yuragi.backend import Program
from yuragi.backend import compile as compile_network
from yuragi.conformance import CASES
from yuragi.dynamics import Dynamics
from yuragi.io.nir.importing import from_nir
from yuragi.network import Network
from yuragi.passes.placing.compiled import _Compiled
from yuragi.power import energy
from yuragi.recording import Recording
from yuragi.wiring.rules import random
from yuragi_chip import backend
from yuragi_chip.interpreting import Allowance, interpret, work_of

BY_NAME = {case.name: case for case in CASES}
KINDS = (
    ("loihi2", "lif, refractory"),
    ("loihi2", "graded tanh"),
    ("loihi2", "graded with a threshold"),
    ("loihi2", "zero delay chain"),
    ("loihi2", "several projections to a port"),
    ("loihi2", "noise"),
    ("loihi2", "several trials"),
    ("loihi", "convolution and pooling"),
    ("loihi", "a delay for each synapse"),
)


@pytest.fixture
def allowance(monkeypatch: pytest.MonkeyPatch) -> Allowance:
    """Enough for every run of a test."""
    held = Allowance(left=1e12)
    monkeypatch.setattr(backend, "_allowance", held)
    return held


def both(program: Program, steps: int, trials: int) -> tuple[Recording, Recording]:
    """The same run interpreted, and compiled, as it is where threads are asked for."""
    return (
        program.run(steps=steps, trials=trials),
        program.run(steps=steps, trials=trials, threads=1),
    )


def require_same(found: Recording, wanted: Recording) -> None:
    size = wanted.trials, wanted.steps
    assert found.counts.arrays.keys() == wanted.counts.arrays.keys()
    for name, counts in wanted.counts.arrays.items():
        assert np.array_equal(found.counts.array(name), counts), name
    assert found.spike_trains.keys() == wanted.spike_trains.keys()
    for name, train in wanted.spike_trains.items():
        assert np.array_equal(found.spike_trains[name].raster(*size), train.raster(*size)), name
    assert found.traces.keys() == wanted.traces.keys()
    for key, trace in wanted.traces.items():
        assert np.array_equal(found.traces[key].values, trace.values), key
    assert found.overflows == wanted.overflows
    assert found.layout is not None
    assert wanted.layout is not None
    assert np.array_equal(found.layout.links, wanted.layout.links)


def network(units: int = 60) -> Network:
    """Spikes and values, of which nothing is probed."""
    net = Network(seed=3)
    lif = Dynamics(
        name="lif", equations="v(t+1) = 0.9*v + i", ports=("i",), threshold="v > 1", reset="v = 0"
    )
    leaky = Dynamics(name="leaky", equations="h(t+1) = 0.5*h + i", ports=("i",), output="h")
    net.population("cells", units, lif)
    net.population("read", units, leaky)
    net.project("cells", "cells", weights=random(units, units, inputs=6, seed=1), port="i")
    net.project("cells", "read", weights=random(units, units, inputs=6, seed=4), port="i")
    net.project("read", "cells", weights=random(units, units, inputs=2, seed=5), port="i", delay=3)
    net.stimulate("cells", np.random.default_rng(2).random((3, 20, units)), port="i")
    return net


@pytest.mark.parametrize(("profile", "name"), KINDS)
def test_an_interpreted_run_is_the_compiled_one(
    profile: str, name: str, allowance: Allowance
) -> None:
    case = BY_NAME[name]
    program = compile_network(case.build(), profile=profile)

    found, wanted = both(program, case.steps, case.trials)

    assert allowance.left < 1e12
    require_same(found, wanted)


def test_what_happens_on_many_cores_is_counted_there(allowance: Allowance) -> None:
    program = compile_network(network(), profile="loihi2", max_units=9)

    found, wanted = both(program, 20, 3)

    assert wanted.counts.cores > 10
    assert not found.spike_trains
    require_same(found, wanted)


def test_a_process_compiles_once_its_allowance_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    program = compile_network(network(), profile="loihi2")
    asked = work_of(program.graph, 20, 3)
    monkeypatch.setattr(backend, "_allowance", Allowance(left=1.5 * asked))
    runs = []
    monkeypatch.setattr(
        backend, "interpret", lambda *given, **more: runs.append(1) or interpret(*given, **more)
    )

    for _ in range(3):
        program.run(steps=20, trials=3)

    assert len(runs) == 1


@pytest.mark.parametrize("profile", ["ideal", "loihi2"])
def test_floats_and_weights_that_learn_are_never_interpreted(
    profile: str, allowance: Allowance
) -> None:
    case = BY_NAME["lif, dense" if profile == "ideal" else "plasticity, pair_stdp"]

    compile_network(case.build(), profile=profile).run(steps=case.steps, trials=case.trials)

    assert allowance.left == 1e12


def test_pricing_the_spiking_cnn_compiles_four_loops(
    allowance: Allowance, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs = pytest.importorskip("nir_graphs", reason="needs the extra nir")
    used: set[str] = set()
    call = _Compiled.__call__

    def counted(self: _Compiled, *values: Any) -> Any:
        used.add(f"{self._loop.__module__.rpartition('.')[2]}.{self._loop.__name__}")
        return call(self, *values)

    monkeypatch.setattr(_Compiled, "__call__", counted)
    net = from_nir(graphs.spiking_cnn())
    events = np.random.default_rng(0).random((100, 2312)) < 0.02
    net.stimulate("input", events.astype(float), port="i")
    left = allowance.left

    program = compile_network(net, profile="loihi")
    report = energy(program.run())

    assert report.total_j.nominal > 0
    assert left - allowance.left < Allowance().left
    assert used == {
        "exchange._visit", "halves._improve", "locality._propagate", "settle._sweep",
    }  # fmt: skip
