"""Weights that learn on Brian2 are the reference's, to the bit."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import yuragi as yg
from yuragi import hardware
from yuragi.errors import UnsupportedError
from yuragi.recording import COUNTS, Recording
from yuragi_models.learning_rules import RULES

pytest.importorskip("yuragi_brian2", reason="Brian2 is not installed", exc_type=ImportError)

Source = Literal["spikes", "values", "values at spikes"]
# Draws and algebraic variables at each end and at the synapse, a state that waits a step.
EVERYWHERE = yg.Plasticity(
    name="everywhere",
    equations="""
        heard     = s_pre + 0.1*uniform()
        said      = s_post*where(uniform() < 0.5, 1, reward)
        x(t+1)    = 0.9*x + heard
        y(t+1)    = 0.8*y + said/tau
        e(t+1)    = 0.7*e + 0.1*heard*y - said*x
        w(t+1)    = clip(w + 0.02*e + 0.01*(uniform() - 0.5), -1, 1)
    """,
    reads=("reward",),
    parameters={"tau": 3.0},
    initial={"y": 0.25},
)
CELL = yg.Dynamics(
    name="cell",
    equations="v(t+1) = 0.8*v + i + 0.1*given\nreward = 0.5 - v\nerror = given - v",
    ports=("i", "given"),
    threshold="v > 0.7",
    reset="v = 0",
    refractory=1,
)
VALUES = yg.Dynamics(name="values", equations="x(t+1) = 0.5*x + i", ports=("i",), output="x")
AT_SPIKES = replace(VALUES, name="values_at_spikes", threshold="x > 0.4", reset="x -= 1")


def network(
    rule: yg.Plasticity, *, seed: int = 3, delay: int = 2, source: Source = "spikes"
) -> yg.Network:
    draws = np.random.default_rng(seed)
    net = yg.Network(seed=seed, dt=1e-3)
    given = draws.random((2, 50, 7)) < 0.2
    if source == "spikes":
        net.input("in", 7, given, spiking=True)
    else:
        net.population("in", 7, VALUES if source == "values" else AT_SPIKES)
        net.stimulate("in", 0.5 * given, port="i")
    net.population("out", 4, CELL)
    reward = draws.random((50, 4)) * (draws.random((50, 1)) < 0.3)
    net.stimulate("out", reward, port="given")
    weights = draws.random((4, 7))
    net.project("in", "out", weights=weights, port="i", plasticity=rule, delay=delay)
    net.project("out", "out", weights=np.zeros((4, 4)), port="i", plasticity=rule)
    net.project("out", "out", weights=draws.normal(0, 0.1, (4, 4)), port="i", delay=3)
    net.probe("out", "spikes")
    for name in rule.dynamics.system.states:
        net.probe("out -> out.i", name, every=3)
    return net


def same(found: Recording, wanted: Recording) -> None:
    for name, learned in wanted.learned.items():
        assert np.ptp(learned.values) > 0.0, f"{name}: all weights alike, so nothing was compared"
        np.testing.assert_array_equal(found.learned[name].values, learned.values)
    for key, trace in wanted.traces.items():
        np.testing.assert_array_equal(found.traces[key].values, trace.values, err_msg=str(key))
    assert wanted.spikes("out").any()
    np.testing.assert_array_equal(found.spikes("out"), wanted.spikes("out"))


@settings(max_examples=12, deadline=None)
@given(
    rule=st.sampled_from([EVERYWHERE, *RULES.values()]),
    seed=st.integers(0, 2**32),
    delay=st.integers(0, 3),
    source=st.sampled_from(["spikes", "values", "values at spikes"]),
)
def test_brian2_learns_bit_for_bit_what_the_reference_learns(
    rule: yg.Plasticity, seed: int, delay: int, source: Source
) -> None:
    net = network(rule, seed=seed, delay=delay, source=source)
    wanted, found = (yg.compile(net, backend=b).run() for b in ("reference", "brian2_numpy"))

    same(found, wanted)


@pytest.mark.skipif("YURAGI_ALL_TARGETS" not in os.environ, reason="compiles for a minute")
@pytest.mark.parametrize("backend", ["brian2", "brian2_standalone"])
def test_draws_at_each_end_and_at_the_synapse_are_the_same_in_compiled_code(backend: str) -> None:
    net = network(EVERYWHERE, source="values at spikes")
    wanted, found = (yg.compile(net, backend=b).run() for b in ("reference", backend))

    same(found, wanted)


@pytest.mark.parametrize("activity", ["input", "state"])
def test_a_chips_integers_learn_and_every_count_is_the_chips(
    activity: Literal["input", "state"],
) -> None:
    profile = replace(hardware.load("loihi2"), activity=activity)
    net = network(RULES["pair_stdp"], delay=3)
    wanted, found = (
        yg.compile(net, backend=b, profile=profile).run() for b in ("chip", "brian2_numpy")
    )

    same(found, wanted)
    assert wanted.counts.synapse_updates == 2 * 50 * (4 * 7 + 4 * 4)
    for name in COUNTS:
        per_step = (run.counts.array(name).sum(axis=2) for run in (wanted, found))
        assert np.array_equal(*per_step), name


def test_updates_that_a_refractory_unit_does_not_keep_are_counted_as_on_the_chip() -> None:
    unit = yg.Dynamics(
        name="u", equations="v(t+1) = v + 0.3", threshold="v > 0.7", reset="v = 0", refractory=4
    )
    net = yg.Network()
    net.population("c", 20, unit)
    profile = replace(hardware.load("loihi2"), activity="state")
    for backend in ("chip", "brian2_numpy"):
        run = yg.compile(net, backend=backend, profile=profile).run(steps=30)

        assert run.counts.active_updates == 30 * 20


def test_a_projection_learns_from_the_step_in_which_both_its_ends_have_begun() -> None:
    net = network(EVERYWHERE)
    net.population("last", 3, CELL)
    net.project("out", "last", weights=np.ones((3, 4)), port="i", delay=0)
    net.project("last", "last", weights=np.zeros((3, 3)), port="i", plasticity=EVERYWHERE)
    net.probe("last -> last.i", "e")
    programs = [yg.compile(net, backend=b, profile="loihi2") for b in ("reference", "brian2_numpy")]

    assert programs[1].graph.node("last").latency == 1
    same(*(program.run() for program in reversed(programs)))


def test_a_rule_between_integers_and_floats_is_refused() -> None:
    program = yg.compile(network(RULES["pair_stdp"]), backend="chip", profile="loihi2")
    nodes = tuple(
        replace(node, dynamics=VALUES, parameters={}, initial={"x": np.zeros(())})
        if node.name == "in"
        else node
        for node in program.graph.nodes
    )
    mixed = replace(program.graph, nodes=nodes, stimuli=(), placement=None)

    with pytest.raises(UnsupportedError, match="one only is in integers"):
        yg.compile(mixed, backend="brian2_numpy")
