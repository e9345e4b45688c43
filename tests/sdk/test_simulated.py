"""The same network simulated on a conventional machine."""

from __future__ import annotations

import numpy as np
import pytest

import yuragi as yg
from yuragi.errors import GraphError
from yuragi.power import baseline, price

UNITS, STEPS = 200, 100


def network() -> yg.Network:
    draw = np.random.default_rng(0)
    net = yg.Network(seed=0)
    net.population("cells", UNITS, dynamics="cuba_lif", parameters={"bias": 0.2})
    weights = draw.normal(0, 0.05, (UNITS, UNITS)) * (draw.random((UNITS, UNITS)) < 0.1)
    net.project("cells", "cells", weights=weights, port="i")
    net.probe("cells", "spikes")
    return net


def synapses(net: yg.Network) -> int:
    return net.graph().synapses


def test_a_dense_simulation_multiplies_every_synapse_in_every_step() -> None:
    net = network()
    work = baseline.simulated(net, steps=STEPS)
    assert work.macs == STEPS * synapses(net)
    assert work.launches == 2 * STEPS
    assert work.name == "simulated, dense"


def test_a_simulation_by_events_adds_what_a_run_counts() -> None:
    net = network()
    run = yg.compile(net).run(steps=STEPS)
    events = run.counts.total("synaptic_events")
    assert events > 0
    work = baseline.simulated(net, run)
    found = next(layer for layer in work.layers if layer.kind == "events")
    assert (found.operations, found.macs) == (events, 0)
    assert found.inputs == found.outputs == events
    assert found.parameter_reads(1) == 2 * events


def test_an_activity_is_a_share_of_the_synapses_in_a_step() -> None:
    net = network()
    work = baseline.simulated(net, 0.02, steps=STEPS)
    found = next(layer for layer in work.layers if layer.kind == "events")
    assert found.operations == round(STEPS * synapses(net) * 0.02)
    assert baseline.simulated(net, {"cells": 0.02}, steps=STEPS).layers == work.layers
    assert baseline.simulated(net, {}, steps=STEPS).macs == 0


def test_every_unit_is_updated_in_every_step() -> None:
    net = network()
    update = baseline.simulated(net, steps=STEPS).layers[0]
    each = sum(net.graph().nodes[0].dynamics.operations.values())
    assert update.operations == STEPS * UNITS * each > 0
    assert update.outputs == STEPS * UNITS * (2 + 1)


def test_a_program_is_simulated_as_its_graph_is() -> None:
    net = network()
    program = yg.compile(net)
    assert baseline.simulated(program, steps=5).macs == 5 * synapses(net)


def test_quiet_networks_are_cheaper_by_events_and_busy_ones_dense() -> None:
    machine = yg.profile("cortex_m4")
    dense = price(baseline.simulated(network(), steps=STEPS), machine)
    quiet = price(baseline.simulated(network(), 0.01, steps=STEPS), machine)
    busy = price(baseline.simulated(network(), 1.0, steps=STEPS), machine)
    assert dense.total_j is not None
    assert quiet.total_j is not None
    assert busy.total_j is not None
    assert quiet.total_j.nominal < dense.total_j.nominal <= busy.total_j.nominal


def test_a_gpu_pays_a_launch_for_every_projection_and_step() -> None:
    report = price(baseline.simulated(network(), 0.01, steps=STEPS), yg.profile("a100"))
    assert report.bound == "launches"
    assert report.seconds is not None
    assert report.seconds.nominal >= 2 * STEPS * 5e-6


def test_a_simulation_needs_its_steps_and_a_share() -> None:
    with pytest.raises(GraphError, match="nothing says how long"):
        baseline.simulated(network())
    with pytest.raises(GraphError, match="activity 2 of cells"):
        baseline.simulated(network(), 2, steps=1)
