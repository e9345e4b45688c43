"""The compiled step loop: chunks, gathering by target and narrow integers change nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.network import Network
from yuragi.probing import Recorder
from yuragi.recording import Recording
from yuragi.wiring.maps import Columns
from yuragi.wiring.rules import random
from yuragi_chip import build as building
from yuragi_chip import columns, engine
from yuragi_chip.columns import Synapses
from yuragi_chip.engine import _tallies
from yuragi_chip.routing import segments
from yuragi_chip.words import ring_word

LIF = Dynamics(
    name="lif",
    equations="v(t+1) = 0.9*v + i",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    refractory=1,
)
COPY = Dynamics(name="copy", equations="y = i", ports=("i",), output="y")
LEAKY = Dynamics(name="leaky", equations="x(t+1) = 0.5*x + tanh(i)", ports=("i",), output="x")


def spiking(steps: int = 40, trials: int = 3) -> Network:
    net = Network(seed=3)
    net.population("cells", 21, LIF)
    net.project("cells", "cells", weights=random(21, 21, inputs=4, seed=1), port="i", delay=2)
    values = np.random.default_rng(2).random((trials, steps, 21))
    net.stimulate("cells", values, port="i")
    net.probe("cells", "spikes")
    net.probe("cells", "v", every=3)
    return net


def graded(share: float) -> Network:
    """Inputs of which a share is not zero in a step, passed on by a sparse projection."""
    rng = np.random.default_rng(5)
    values = rng.normal(size=(30, 40)) * (rng.random((30, 40)) < share)
    net = Network(seed=1)
    net.population("source", 40, COPY)
    net.population("target", 25, LEAKY)
    net.stimulate("source", values, port="i")
    net.project("source", "target", weights=random(25, 40, inputs=7, seed=4), port="i")
    net.project("target", "target", weights=random(25, 25, inputs=6, seed=6), port="i")
    net.probe("target", "x")
    return net


def same(first: Recording, second: Recording) -> bool:
    trains = (r.spike_trains["cells"] for r in (first, second))
    pairs = zip(*((t.trial, t.step, t.unit) for t in trains), strict=True)
    traces = (r.trace("cells", "v") for r in (first, second))
    return all(np.array_equal(*pair) for pair in pairs) and np.array_equal(*traces)


@pytest.mark.parametrize("listed", [1, 21 * 3, 21 * 3 * 7])
@pytest.mark.parametrize("profile", ["ideal", "loihi2"])
def test_how_many_steps_run_at_a_time_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, listed: int, profile: str
) -> None:
    program = compile_network(spiking(), profile=profile)
    expected = program.run(threads=1)
    monkeypatch.setattr(building, "_LISTED", listed)

    assert same(program.run(threads=1), expected)
    assert expected.counts.spikes > 0


def test_spikes_and_traces_are_those_of_the_reference() -> None:
    chip, reference = (compile_network(spiking(), backend=b).run() for b in ("chip", "reference"))

    assert same(chip, reference)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 1.0])
def test_gathering_by_target_has_the_bits_of_sending_by_source(
    monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    either = compile_network(graded(share)).run()
    monkeypatch.setattr(columns, "_BOTH_UP_TO", 0)
    by_source = compile_network(graded(share)).run()

    assert np.array_equal(either.trace("target", "x"), by_source.trace("target", "x"))
    for name in ("synaptic_events", "messages", "spikes"):
        assert either.counts.total(name) == by_source.counts.total(name)


def test_a_large_program_holds_its_weights_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_BOTH_UP_TO", 0)
    program = compile_network(graded(1.0))
    plain = graded(1.0).graph()

    for held, edge in zip(program.graph.edges, plain.edges, strict=True):
        assert isinstance(held.weights, Columns)
        assert np.array_equal(held.weights.csr().toarray(), edge.weights.csr().toarray())
        assert held.weights.synapses == edge.weights.synapses


def test_an_interrupt_stops_the_run() -> None:
    def interrupt(done: int, _of: int) -> None:
        if done > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compile_network(spiking()).run(threads=1, progress=interrupt)


def test_steps_at_a_time_grow_until_python_is_heard_twenty_times_a_second() -> None:
    session: Any = engine._Session(_built(depth=10**6), None, 10**6, None, None)  # type: ignore[arg-type]
    chunk = 1
    for _ in range(40):
        chunk = session._next(chunk, chunk * 1e-5)

    assert chunk * 1e-5 == pytest.approx(engine._PATIENCE, rel=0.1)


def test_steps_at_a_time_shrink_where_a_step_is_slow() -> None:
    session: Any = engine._Session(_built(depth=10**6), None, 10**6, None, None)  # type: ignore[arg-type]

    assert session._next(1000, 5.0) == 100
    assert session._next(1, 5.0) == 1


def _built(depth: int) -> building.Built:
    return building.Built(
        nodes=(), learning={}, operations=np.zeros((0, 3), np.int64), bound=(), depth=depth
    )


def test_a_saturating_quantised_network_is_held_in_32_bits_and_its_sums_in_16() -> None:
    program = compile_network(spiking(), profile="loihi2")
    weights: tuple[Synapses, ...] = program.weights  # type: ignore[attr-defined]
    built = building.build(
        program.graph,
        weights,
        program.traffic,  # type: ignore[attr-defined]
        steps=2,
        trials=1,
        tallies=_tallies(2, 1, 1, learning=False),
        recorder=Recorder(program.graph, 2, 1),
    )

    assert {node.states.dtype.name for node in built.nodes} == {"int32"}
    assert {node.ring.dtype.name for node in built.nodes} == {"int16"}
    assert {held.weight.dtype.name for held in weights} == {"uint32"}
    assert all(held.packed is not None for held in weights)


@pytest.mark.parametrize(
    ("most", "kind"),
    [(2**15 - 1, "int16"), (2**15, "int32"), (2**31 - 1, "int32"), (2**31, "int64")],
)
def test_a_port_is_as_wide_as_the_most_that_can_arrive(most: int, kind: str) -> None:
    program: Any = compile_network(spiking(), profile="loihi2")
    graph = program.graph
    rows = np.abs(graph.edges[0].weights.csr().toarray().astype(np.int64)).sum(axis=1)
    rest = most - (int(rows.max()) << graph.edges[0].shift)
    stimulus = replace(graph.stimuli[0], values=np.full_like(graph.stimuli[0].values, rest))

    assert ring_word(replace(graph, stimuli=(stimulus,)), graph.nodes[0], program.weights) == kind


def test_a_stimulus_that_needs_more_is_held_in_64_bits() -> None:
    program = compile_network(spiking(), profile="loihi2")
    stimulus = np.full((3, 40, 21), 1e6)

    chip = program.run(stimulus)
    reference = compile_network(spiking(), backend="reference", profile="loihi2").run(stimulus)

    assert same(chip, reference)


@pytest.mark.parametrize("cores", [[0, 0, 1, 1, 2], [2, 0, 1, 0, 2]])
def test_segments_name_each_unit_once_at_its_core(cores: list[int]) -> None:
    core = np.repeat(cores, 1)
    rows, members = segments(core)
    order = members if len(members) else np.arange(len(core))

    found = {int(unit): int(at) for first, stop, at in rows for unit in order[first:stop]}

    assert found == dict(enumerate(cores))
