"""Estimates: what rates and numbers alone say of a chip, held to runs and to arithmetic."""

from __future__ import annotations

import dataclasses
import json
import tracemalloc
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import yuragi as yg
from yuragi import hardware
from yuragi.cli import cli
from yuragi.errors import GraphError, MissingConstantError, UnsupportedError
from yuragi.planning import from_numbers, outline
from yuragi.planning.estimate import Estimate, estimated
from yuragi.planning.packing import pack
from yuragi_models.units import UNITS

BRAIN = {"neurons": 1e11, "synapses": 1e15, "rate_hz": 1.0}


def network(units: int = 600, inputs: int = 40) -> yg.Network:
    draw = np.random.default_rng(1)
    net = yg.Network(seed=2)
    net.population("drive", inputs, UNITS["cuba_lif"], parameters={"bias": 0.12})
    net.population("cells", units, UNITS["cuba_lif"], parameters={"bias": 0.05})
    inward = (draw.random((units, inputs)) < 0.3) * draw.uniform(0, 0.2, (units, inputs))
    inside = (draw.random((units, units)) < 0.05) * draw.uniform(-0.1, 0.1, (units, units))
    net.project("drive", "cells", weights=inward, port="i")
    net.project("cells", "cells", weights=inside, port="i")
    net.probe("drive", "spikes")
    net.probe("cells", "spikes")
    return net


@pytest.fixture(scope="module")
def run() -> tuple[yg.Network, yg.Recording]:
    net = network()
    return net, yg.compile(net, profile="loihi", dt=1e-3).run(steps=200)


@pytest.fixture(scope="module")
def guess(run: tuple[yg.Network, yg.Recording]) -> Estimate:
    net, recording = run
    rates = {name: recording.spikes(name).mean(axis=0) for name in ("drive", "cells")}
    return yg.estimate(net, "loihi", rates=rates, steps=200, dt=None)


def test_an_estimate_counts_the_events_of_the_run(
    run: tuple[yg.Network, yg.Recording], guess: Estimate
) -> None:
    counted = yg.energy(run[1]).counts
    estimated_counts = guess.report.counts
    assert estimated_counts["neuron_updates"] == counted["neuron_updates"]
    assert estimated_counts["spikes"] == pytest.approx(counted["spikes"], rel=1e-9)
    # 9-bit weights round a few of the synapses of the floats to 0
    assert estimated_counts["synaptic_events"] == pytest.approx(
        counted["synaptic_events"], rel=0.02
    )
    assert estimated_counts["messages"] == pytest.approx(counted["messages"], rel=0.02)


def test_an_estimate_needs_the_cores_of_the_run_and_its_joules(
    run: tuple[yg.Network, yg.Recording], guess: Estimate
) -> None:
    report = yg.energy(run[1])
    assert (guess.cores, guess.chips) == (report.cores, report.chips)
    for ours, theirs in (
        (guess.report.total_j, report.total_j),
        (guess.report.dynamic_j, report.dynamic_j),
        (guess.report.seconds, report.seconds),
    ):
        assert ours is not None
        assert theirs is not None
        assert ours.nominal == pytest.approx(theirs.nominal, rel=0.15)


def test_rates_by_unit_weigh_each_unit_by_its_own_fan_out() -> None:
    graph = network(50, 10).graph()
    edge = next(edge for edge in graph.edges if edge.source == "drive")
    rates = np.linspace(0, 1, 10)
    fan_out = np.count_nonzero(edge.weights.csr().toarray(), axis=0)
    found = outline(graph, {"drive": rates, "cells": 0.0}, steps=1)
    (link,) = found.out_of("drive")
    assert link.events == pytest.approx(float(fan_out @ rates), rel=1e-12)


def test_a_brain_is_estimated_as_numbers_and_not_as_arrays() -> None:
    yg.estimate(**BRAIN)
    tracemalloc.start()
    found = yg.estimate(**BRAIN)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.report.counts["synaptic_events"] == pytest.approx(1e15, rel=1e-9)
    assert peak < 5_000_000


def test_the_chips_of_a_brain_follow_from_its_memory() -> None:
    found = yg.estimate(**BRAIN, profile="truenorth", wiring="local")
    per_core = 65536 // 10_000
    assert found.cores == pytest.approx(1e11 / per_core, rel=1e-9)
    assert found.chips == pytest.approx(1e11 / per_core / 4096, rel=1e-6)
    assert not found.fits
    assert {"fan_in", "chips_max"} <= {broken.code for broken in found.broken}


def test_a_network_that_fits_breaks_nothing_and_says_what_limits_it() -> None:
    found = yg.estimate(neurons=1000, synapses=1e5, rate_hz=10, profile="loihi2")
    assert found.fits
    assert found.limits["chips"] in {"units_per_core", "synapse_bits_per_core"}
    assert found.limits["energy"] == "power.static_chip"


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["loihi", "loihi2", "truenorth", "odin", "xylo_audio2"]),
    st.floats(10, 1e7),
    st.floats(1, 1000),
    st.floats(0, 200),
    st.sampled_from(["random", "local"]),
)
def test_a_larger_network_never_needs_fewer_cores_chips_or_joules(
    chip: str, neurons: float, fan_in: float, rate_hz: float, wiring: Any
) -> None:
    small = from_numbers(neurons, neurons * min(fan_in, neurons), rate_hz=rate_hz)
    small = dataclasses.replace(small, wiring=wiring)
    profile = hardware.load(chip)
    first, second = (estimated(small.grown(factor), profile) for factor in (1.0, 1.7))
    assert second.cores >= first.cores
    assert second.chips >= first.chips
    assert first.report.dynamic_j is not None
    assert second.report.dynamic_j is not None
    assert second.report.dynamic_j.nominal >= first.report.dynamic_j.nominal * (1 - 1e-9)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["loihi", "loihi2", "odin"]), st.floats(10, 1e6), st.floats(0.1, 200))
def test_a_busier_network_is_never_faster_or_cheaper(
    chip: str, neurons: float, rate_hz: float
) -> None:
    calm = from_numbers(neurons, neurons * min(neurons, 100.0), rate_hz=rate_hz)
    first, second = (estimated(calm.busier(f), hardware.load(chip)).report for f in (1.0, 2.0))
    assert first.total_j is not None
    assert second.total_j is not None
    assert first.step_s is not None
    assert second.step_s is not None
    assert second.step_s.nominal >= first.step_s.nominal
    assert second.total_j.nominal >= first.total_j.nominal


def test_the_cores_of_a_packing_hold_every_unit() -> None:
    network_ = from_numbers(12345, 1e6, rate_hz=5)
    packing = pack(network_, hardware.load("loihi"))
    (cells,) = packing.groups
    assert cells.per_core * (cells.cores - 1) < 12345 <= cells.per_core * cells.cores


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"neurons": 10, "synapses": 1000, "rate_hz": 1}, "more than the pairs"),
        ({"neurons": 10, "synapses": 50, "rate_hz": 2000}, "expected 0 to 1"),
        ({"neurons": -1, "synapses": 50, "rate_hz": 1}, "neurons -1: expected a number above 0"),
        ({"neurons": float("nan"), "synapses": 5, "rate_hz": 1}, "above 0"),
        ({"neurons": 10, "rate_hz": 1}, "give a network, or neurons, synapses and rate_hz"),
    ],
)
def test_impossible_numbers_are_refused(numbers: dict[str, Any], message: str) -> None:
    with pytest.raises(GraphError, match=message):
        yg.estimate(**numbers)


def test_inputs_whose_spikes_are_given_need_no_rate() -> None:
    spikes = np.random.default_rng(0).random((3, 40, 8)) < 0.2
    net = yg.Network()
    net.input("pulses", 8, spikes.astype(float), spiking=True)
    net.population("sum", 4, UNITS["accumulator"])
    net.project("pulses", "sum", weights=np.triu(np.ones((4, 8))), port="i")
    counted = yg.energy(yg.compile(net, profile="loihi2").run(steps=50)).counts
    found = yg.estimate(net, "loihi2", steps=50).report.counts
    assert found["synaptic_events"] == pytest.approx(counted["synaptic_events"])
    named = yg.estimate(net, "loihi2", steps=50, rates={"pulses": 0.5}).report.counts
    assert named["synaptic_events"] == pytest.approx(0.5 * 26 * 50)


def test_a_spiking_population_without_a_rate_is_named() -> None:
    with pytest.raises(GraphError, match="drive: nothing says how often it spikes"):
        yg.estimate(network(20, 5), "loihi2", steps=10)


def test_a_graded_population_sends_in_every_step_unless_it_is_named() -> None:
    net = yg.Network()
    net.population("cells", 30, UNITS["leaky_tanh"])
    net.project("cells", "cells", weights=np.ones((30, 30)), port=UNITS["leaky_tanh"].ports[0])
    assert yg.estimate(net, steps=1).report.counts["synaptic_events"] == 900
    sparse = yg.estimate(net, rates={"cells": 0.1}, steps=1)
    assert sparse.report.counts["synaptic_events"] == pytest.approx(90)


def test_a_chip_without_the_size_of_a_core_is_refused() -> None:
    without = dataclasses.replace(yg.profile("spinnaker2"), numbers=None)
    with pytest.raises(MissingConstantError, match="spinnaker2 states no size of a core"):
        yg.estimate(**BRAIN, profile=without)


def test_a_digital_profile_is_refused_with_the_reason() -> None:
    with pytest.raises(UnsupportedError, match="a100 is digital"):
        yg.estimate(**BRAIN, profile="a100")


def test_a_step_longer_than_the_tick_is_a_broken_limit() -> None:
    found = yg.estimate(neurons=1000, synapses=1e6, rate_hz=900, profile="loihi", tick_s=1e-6)
    assert "tick" in {broken.code for broken in found.broken}
    assert found.report.step_s is not None
    assert found.report.step_s.nominal > 1e-6


def test_the_command_prints_the_whole_report_of_one_chip() -> None:
    words = ["estimate", "--neurons", "1e3", "--synapses", "1e4", "--rate-hz", "9", "--full"]
    result = CliRunner().invoke(cli, [*words, "--profiles", "loihi2"])
    assert "estimated from rates and sizes; nothing was run" in result.output
    assert CliRunner().invoke(cli, words).exit_code == 2


def test_the_command_prints_every_chip_and_one_document() -> None:
    words = ["estimate", "--neurons", "1e11", "--synapses", "1e15", "--rate-hz", "1"]
    text = CliRunner().invoke(cli, [*words, "--wiring", "local"])
    assert text.exit_code == 0, text.output
    assert "264 kW" in text.output
    document = json.loads(CliRunner().invoke(cli, [*words, "--json"]).stdout)
    assert len(document["estimates"]) >= 8
    assert all(one["fits"] is False for one in document["estimates"])
