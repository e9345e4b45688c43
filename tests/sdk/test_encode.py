"""encode: what is sent instead of values, and the error that each way brings."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from yuragi import reference
from yuragi.backend import Program
from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.errors import UnsupportedError
from yuragi.hardware import Profile, load
from yuragi.network import Network
from yuragi.passes.encode import Encode

LOIHI2 = load("loihi2")
STEPS = 200


def binary(profile: Profile) -> Profile:
    """The profile of a programmable chip that sends binary spikes."""
    if profile.numbers is None:
        raise ValueError(profile.name)
    return replace(profile, numbers=replace(profile.numbers, payload_bits=None), requires=())


def reservoir(seed: int = 0, *, still: bool = False) -> Network:
    """Two inputs, 30 leaky tanh units that feed back, one read-out."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0.0, 4.0 * np.pi, STEPS)
    wave = np.stack([np.sin(t), np.cos(t)], axis=1) / 2
    net = Network(seed=1)
    net.input("in", 2, np.full((STEPS, 2), 0.3) if still else wave)
    net.population("cells", 30, "leaky_tanh", parameters={"leak": 0.3})
    net.population("out", 1, "integrator", parameters={"leak": 0.0})
    net.project("in", "cells", weights=rng.normal(size=(30, 2)), port="drive")
    net.project("cells", "cells", weights=rng.normal(size=(30, 30)) / 8, port="recurrent")
    net.project("cells", "out", weights=rng.normal(size=(1, 30)) / 30, port="i")
    net.probe("out", "v")
    net.probe("cells", "x")
    return net


def line(program: Program, word: str) -> str:
    (entry,) = [entry for entry in program.log if entry.name == "encode"]
    return next(text for text in entry.lines if word in text)


def percent(text: str) -> float:
    """The first percentage of a line."""
    return float(re.findall(r"([\d.]+)%", text)[0])


# -- sigma-delta ---------------------------------------------------------------------------------


def test_receivers_of_changes_hold_the_value_to_half_a_step() -> None:
    graph = Encode(kind="sigma_delta").apply(reservoir().graph(), load("ideal"))
    apart: list[float] = []

    def observe(name: str, values: dict[str, np.ndarray]) -> None:
        if name == "cells":
            apart.append(float(np.abs(values["x"] - values["held"]).max()))

    reference.run(graph, steps=STEPS, observe=observe)

    assert max(apart) <= 2.0**-7  # values within +-1, hence steps of 2^-6
    assert max(apart) > 2.0**-9


def test_a_network_of_changes_computes_nearly_what_it_computed() -> None:
    plain, changes = (
        compile_network(reservoir(), profile="ideal", encode=kind).run().trace("out", "v")
        for kind in (None, "sigma_delta")
    )

    assert np.abs(plain - changes).max() < 0.05 * np.ptp(plain)


def test_a_finer_step_errs_less_and_sends_more() -> None:
    graph, ideal = reservoir().graph(), load("ideal")
    reports = [
        Encode(kind="sigma_delta", step=step).explain(graph, ideal)[1] for step in (0.1, 0.01)
    ]
    errors = [percent(report[1]) for report in reports]
    events = [int(re.findall(r"([\d,]+) sigma", r[-1])[0].replace(",", "")) for r in reports]

    assert errors[1] < errors[0] / 4
    assert events[1] > events[0]


def test_changes_of_what_stands_still_are_not_sent() -> None:
    program = compile_network(reservoir(still=True), profile="loihi2", encode="sigma_delta")
    plain = compile_network(reservoir(still=True), profile="loihi2")

    assert program.run().counts.messages < plain.run().counts.messages / 5
    assert re.search(r"synaptic events .* \(-[89]\d%\)", line(program, "synaptic events"))


def test_sums_of_changes_lose_no_bit_in_integers() -> None:
    program = compile_network(
        reservoir(), backend="reference", profile="loihi2", encode="sigma_delta"
    )
    cells = program.graph.node("cells")
    weights = next(e for e in program.graph.edges if e.port == "recurrent_coded")
    matrix = weights.weights.csr().toarray().astype(np.int64) << weights.shift
    sent, held = np.zeros(30, dtype=np.int64), np.zeros(30, dtype=np.int64)
    scale = round(cells.scales["change"] ** -1)
    wrong: list[int] = []

    def observe(name: str, values: dict[str, np.ndarray]) -> None:
        nonlocal sent
        if name == "cells":
            held[:] = values["recurrent_held"][0]
            wrong.append(int(np.abs(held - matrix @ sent).max()))
            sent = np.rint(values["held"][0] * cells.scales["held"] * scale).astype(np.int64)

    reference.run(program.graph, steps=100, observe=observe)

    assert max(wrong) == 0
    assert np.abs(held).max() > 0


@pytest.mark.parametrize("kind", ["sigma_delta", "rate"])
def test_coded_networks_are_the_same_integers_on_the_chip(kind: str) -> None:
    traces = [
        compile_network(reservoir(), backend=name, profile="loihi2", encode=kind)
        .run()
        .trace("cells", "x")
        for name in ("reference", "chip")
    ]

    assert np.array_equal(*traces)


# -- rate ----------------------------------------------------------------------------------------


def _constant(value: float, **options: object) -> float:
    """What a receiver takes a constant for, on average, sent at a rate."""
    net = Network(seed=2)
    net.input("in", 50, np.concatenate([np.full((600, 50), value), np.full((1, 50), 1.0)]))
    net.population("out", 50, "integrator", parameters={"leak": 0.0})
    net.project("in", "out", weights=np.eye(50), port="i")
    net.probe("out", "v")
    graph = Encode(kind="rate", **options).apply(net.graph(), load("ideal"))  # type: ignore[arg-type]
    return float(reference.run(graph, steps=590).trace("out", "v")[300:].mean())


@pytest.mark.parametrize("value", [0.1, 0.4, 0.85])
@pytest.mark.parametrize("random", [False, True])
def test_a_rate_stands_for_the_value(value: float, random: bool) -> None:
    assert _constant(value, random=random) == pytest.approx(value, abs=0.01)


def test_rates_carry_negative_values_too() -> None:
    net = Network(seed=2)
    net.input("in", 1, np.concatenate([np.full((400, 1), -0.6), np.full((1, 1), 1.0)]))
    net.population("out", 1, "integrator", parameters={"leak": 0.0})
    net.project("in", "out", weights=[[2.0]], port="i")
    net.probe("out", "v")
    graph = Encode(kind="rate").apply(net.graph(), load("ideal"))

    found = reference.run(graph, steps=390).trace("out", "v")[200:]

    assert found.mean() == pytest.approx(-1.2, abs=0.05)


def test_a_chip_of_binary_spikes_gets_rates() -> None:
    program = compile_network(reservoir(), profile=binary(LOIHI2))

    assert "cells: rate, error" in line(program, "cells")
    assert all(not node.dynamics.graded for node in program.graph.nodes if node.name != "out")


# -- choices -------------------------------------------------------------------------------------


def test_a_chip_of_graded_spikes_sends_the_values() -> None:
    graph = reservoir().graph()

    assert Encode().apply(graph, LOIHI2) is graph
    assert Encode(kind="graded").apply(graph, LOIHI2) is graph


@pytest.mark.parametrize("kind", ["graded", "sigma_delta"])
def test_values_need_a_payload(kind: str) -> None:
    with pytest.raises(UnsupportedError, match=r'binary spikes, .* encode="rate"'):
        compile_network(reservoir(), profile=binary(LOIHI2), encode=kind)


def test_an_unknown_kind_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UnsupportedError, match="expected one of graded, sigma_delta, rate"):
        compile_network(reservoir(), profile="loihi2", encode="morse")


def test_what_nobody_hears_and_what_spikes_stays_as_it_is() -> None:
    graph = reservoir().graph()
    coded = Encode(kind="sigma_delta").apply(graph, LOIHI2)
    again = Encode(kind="sigma_delta").apply(coded, LOIHI2)

    assert coded.node("out").dynamics.output == "v"
    assert again is coded


def test_stimuli_of_a_coded_port_act_in_their_step_only() -> None:
    unit = Dynamics(name="u", equations="y = i", ports=("i",), output="y")
    net = Network()
    net.input("in", 1, np.full((20, 1), 0.5))
    net.population("c", 1, unit)
    net.project("in", "c", weights=[[1.0]], port="i", delay=0)
    net.probe("c", "y")
    pulse = np.zeros((20, 1))
    pulse[10] = 0.25
    net.stimulate("c", pulse, port="i")
    found = compile_network(net, backend="reference", profile="ideal", encode="sigma_delta").run()

    assert found.trace("c", "y")[:, 0].tolist() == [0.5] * 10 + [0.75] + [0.5] * 9
