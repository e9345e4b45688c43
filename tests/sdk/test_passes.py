"""The passes: what each keeps, what each refuses, and that a chip's integers are a chip's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from yuragi import reference
from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.errors import CapacityError, GraphError, UnsupportedError
from yuragi.graph import Graph, Stimulus
from yuragi.hardware import Profile, load
from yuragi.network import Network
from yuragi.passes.calibrate import calibrate
from yuragi.passes.check import Check, check_report
from yuragi.passes.place import Place
from yuragi.passes.quantise import Quantise
from yuragi.passes.retime import Retime
from yuragi.passes.route import Route
from yuragi.passes.split import Split
from yuragi.passes.weights import finest_scale, rounded, weight_error
from yuragi.wiring.maps import as_map
from yuragi.wiring.rules import random

IDEAL, LOIHI, LOIHI2 = load("ideal"), load("loihi"), load("loihi2")
WORD = 2**23 - 1
LIF = Dynamics(
    name="lif",
    equations="v(t+1) = 0.9*v + i + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    parameters={"bias": 0.3},
)
NOISY = replace(LIF, equations="v(t+1) = 0.9*v + i + bias*uniform()")
TANH = Dynamics(name="tanh", equations="y = tanh(i)", ports=("i",), output="y")
RELAY = Dynamics(name="relay", equations="y = i", ports=("i",), output="y")


def one(unit: Dynamics, **options: Any) -> Network:
    net = Network(dt=0.001)
    net.population("c", 1, unit, **options)
    return net


def limited(profile: Profile, **limits: int) -> Profile:
    """The profile with other limits."""
    changed = {
        name: replace(profile.limits[name], value=float(value), low=0.0, high=1e12)
        for name, value in limits.items()
    }
    return replace(profile, limits={**profile.limits, **changed})


# -- retime --------------------------------------------------------------------------------------


def _layers(unit: Dynamics) -> Network:
    """in -> a -> b with no delay, in -> b past it, b -> a a step later."""
    net = Network(seed=4)
    net.input("in", 3, np.random.default_rng(1).random((30, 3)) > 0.5, spiking=True)
    for name in "ab":
        net.population(name, 3, unit, initial={"v": 0.7})
        net.probe(name, "spikes")
    for source, target, delay in (("in", "a", 0), ("a", "b", 0), ("in", "b", 0), ("b", "a", 2)):
        weights = random(3, 3, low=-0.5, high=1.0, seed=ord(target))
        net.project(source, target, weights=weights, port="i", delay=delay)
    return net


@pytest.mark.parametrize(
    "unit", [LIF, NOISY, replace(LIF, refractory=2)], ids=["bias", "noise", "p"]
)
def test_retime_keeps_the_spikes_later_by_the_latency(unit: Dynamics) -> None:
    graph = _layers(unit).graph()
    late = Retime().apply(graph, LOIHI2)
    soon = reference.run(graph, steps=40)
    later = reference.run(late, steps=44)

    for name in "ab":
        latency = late.node(name).latency
        assert np.array_equal(soon.spikes(name)[:40], later.spikes(name)[latency : latency + 40])
        assert not later.spikes(name)[:latency].any()


def test_retime_delays_each_population_as_little_as_it_can() -> None:
    late = Retime().apply(_layers(LIF).graph(), LOIHI2)

    assert {node.name: node.latency for node in late.nodes} == {"in": 0, "a": 1, "b": 2}
    assert [edge.delay for edge in late.edges] == [1, 1, 2, 1]


def test_retime_leaves_an_ideal_chip_alone() -> None:
    graph = _layers(LIF).graph()

    assert Retime().apply(graph, IDEAL) is graph


def test_retime_refuses_a_circle_that_is_faster_than_a_step_a_projection() -> None:
    net = Network()
    for name in "ab":
        net.population(name, 1, LIF)
    net.project("a", "b", weights=[[1.0]], port="i", delay=0)
    net.project("b", "a", weights=[[1.0]], port="i", delay=1)

    with pytest.raises(UnsupportedError, match=r"a circle of projections .*a delay of 1"):
        Retime().apply(net.graph(), LOIHI2)


# -- weights -------------------------------------------------------------------------------------


def test_weights_on_a_binary_grid_lose_nothing() -> None:
    weights = as_map(np.array([[0.5, -1.25], [3.0, 0.75]]))
    scale = finest_scale(weights, 127)

    assert np.array_equal(
        rounded(weights, scale, 127).csr().toarray() * scale, weights.csr().toarray()
    )


@pytest.mark.parametrize("profile", ["loihi", "loihi2", "truenorth"])
def test_weights_of_one_are_ones_with_an_exponent_where_the_chip_has_one(profile: str) -> None:
    unit = replace(LIF, equations="v(t+1) = v + i", parameters={})
    net = Network()
    net.population("c", 2, unit)
    net.project("c", "c", weights=[[0.0, 2.0], [-1.0, 0.0]], port="i")
    edge = compile_network(net, profile=profile).graph.edges[0]
    room = (load(profile).number("weight_exponent_max") or 0) + edge.cut - edge.shift

    assert np.array_equal(edge.weights.values() * edge.scale, [0.0, 2.0, -1.0, 0.0])
    assert room == 0 or edge.weights.values().min() == -1


def test_a_sum_of_ones_leaves_the_payload_the_bits_that_finer_weights_would_take() -> None:
    """16 inputs of at most 1: 24 bits leave 18 for fractions with weights of 1, 13 with 64."""
    net = Network()
    net.population("a", 16, Dynamics(name="a", equations="y = i", ports=("i",), output="y"))
    net.population("b", 1, LINEAR)
    net.stimulate("a", np.full((4, 16), 0.6), port="i")
    net.project("a", "b", weights=np.ones((1, 16)), port="i")
    program = compile_network(net, profile="loihi2")

    assert "sent with 18 fraction bits" in "\n".join(map(str, program.log))
    assert program.graph.edges[0].weights.values().max() == 1


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20))
@example([5e-324])
def test_rounding_a_weight_errs_by_half_a_step_at_most(values: list[float]) -> None:
    weights = as_map(np.array([values]))
    scale = finest_scale(weights, 127)
    grid = rounded(weights, scale, 127).values()

    assert np.abs(grid).max(initial=0) <= 127
    assert np.abs(grid * scale - weights.values()).max(initial=0) <= scale * (0.5 + 1e-9)


def test_the_report_of_rounding_counts_what_was_lost() -> None:
    net = Network()
    net.population("c", 1, LIF)
    net.population("s", 3, LIF)
    net.project("s", "c", weights=[[127.0, 1.4, 0.4]], port="i")
    edge = net.graph().edges[0]
    after = replace(edge, weights=rounded(edge.weights, 1.0, 127), scale=1.0)

    error = weight_error(edge, after)

    assert (error.synapses, error.lost) == (3, 1)
    assert error.relative == pytest.approx(
        (0.4**2 + 0.4**2) ** 0.5 / np.linalg.norm([127, 1.4, 0.4])
    )
    assert str(error) == "3 weights, relative error 0.45%, 1 became 0"


# -- quantise, programmable ----------------------------------------------------------------------


def _ports(graph: Graph, steps: int = 12) -> dict[tuple[str, str], int]:
    """The largest magnitude at every port of a run."""
    seen: dict[tuple[str, str], int] = {}

    def observe(name: str, values: Any) -> None:
        for port in graph.node(name).dynamics.ports:
            key = name, port
            seen[key] = max(seen.get(key, 0), int(np.abs(values[port]).max()))

    reference.run(graph, steps=steps, observe=observe)
    return seen


LINEAR = Dynamics(name="linear", equations="v(t+1) = 0.5*v + i", ports=("i",), output="v")
RELU = Dynamics(name="relu", equations="v(t+1) = 0.5*v + i\ny = relu(v)", ports=("i",), output="y")


@settings(max_examples=20, deadline=None)
@given(
    unit=st.sampled_from([LINEAR, RELU, RELAY]),
    size=st.integers(1, 60),
    high=st.floats(0.01, 100.0),
    drive=st.floats(0.01, 50.0),
)
def test_no_input_however_large_overflows_the_accumulator(
    unit: Dynamics, size: int, high: float, drive: float
) -> None:
    net = Network()
    net.population("a", size, unit)
    net.population("b", 2, LINEAR)
    net.stimulate("a", np.full((8, size), drive), port="i")
    net.project("a", "b", weights=random(2, size, low=0.0, high=high, seed=size), port="i")
    graph = Quantise().apply(net.graph(), LOIHI2)
    flood = Stimulus(target="a", port="i", values=np.full((12, size), 2**40, dtype=np.int64))

    found = _ports(replace(graph, stimuli=(flood,)))["b", "i"]

    assert found <= WORD
    assert found > WORD // 8 or size == 1 or unit is RELAY  # whose inputs have eight places


def test_spikes_of_two_projections_share_the_unit_of_their_port() -> None:
    net = Network()
    for name in "ab":
        net.population(name, 1, LIF)
    net.project("a", "b", weights=[[1.0]], port="i")
    net.project("b", "b", weights=[[64.0]], port="i")
    graph = Quantise().apply(net.graph(), LOIHI2)

    counted = [int(e.weights.values()[0]) * 2**e.shift for e in graph.edges]

    assert counted[1] == 64 * counted[0]
    assert graph.node("b").scales["i"] * counted[0] == 1.0


def test_weights_use_no_exponent_that_the_chip_lacks() -> None:
    net = Network()
    for name in "ab":
        net.population(name, 1, LIF)
    net.project("a", "b", weights=[[1.0]], port="i")
    net.project("b", "b", weights=[[5000.0]], port="i")

    edges = Quantise().apply(net.graph(), LOIHI2).edges

    assert max(edge.shift for edge in edges) <= (LOIHI2.number("weight_exponent_max") or 0)
    assert edges[1].weights.values()[0] * edges[1].scale == pytest.approx(5000.0, rel=0.01)


def test_a_graded_source_beside_spikes_keeps_its_weights_and_its_values() -> None:
    net = Network()
    net.population("s", 1, LIF, parameters={"bias": 0.0})
    net.population("g", 1, TANH)
    net.population("c", 1, RELAY)
    net.project("s", "c", weights=[[1.0]], port="i")
    net.project("g", "c", weights=[[0.1]], port="i")
    net.stimulate("g", np.linspace(-2, 2, 40)[:, None], port="i")
    net.probe("c", "y")

    real, grid = (
        compile_network(net, backend="reference", profile=p).run().trace("c", "y", physical=True)
        for p in ("ideal", "loihi2")
    )

    # 14 bits between the largest sum and its unit are left to weight and value together
    assert np.abs(real - grid).max() < 0.01


def test_a_state_never_leaves_its_word() -> None:
    net = one(replace(LINEAR, equations="v(t+1) = 2*v + i"))
    net.stimulate("c", np.ones((4, 1)), port="i")
    net.probe("c", "v")
    program = compile_network(net, backend="reference", profile="loihi2", calibration_steps=8)

    assert program.run(steps=60).trace("c", "v").max() == WORD


def test_a_port_that_nothing_feeds_has_a_grid_for_what_comes_later() -> None:
    net = one(RELAY)
    net.probe("c", "y")
    program = compile_network(net, backend="reference", profile="loihi2")

    found = program.run(np.array([[0.3]])).trace("c", "y", physical=True)

    assert found[0, 0] == pytest.approx(0.3, abs=2**-8)


@pytest.mark.parametrize(
    ("unit", "tolerance"),
    [(LINEAR, 1e-4), (TANH, 2e-3), (RELU, 1e-4), (NOISY, 0.02)],
    ids=lambda u: getattr(u, "name", ""),
)
def test_integers_follow_the_floats(unit: Dynamics, tolerance: float) -> None:
    net = one(unit)
    net.stimulate("c", np.linspace(-1, 1, 20)[:, None], port="i")
    variable = unit.system.variables[-1]
    net.probe("c", variable)

    real, grid = (
        compile_network(net, backend="reference", profile=name)
        .run()
        .trace("c", variable, physical=True)
        for name in ("ideal", "loihi2")
    )

    assert np.abs(real - grid).max() < tolerance


def test_several_noise_terms_stay_in_their_places_in_integers() -> None:
    unit = Dynamics(
        name="u", equations="v(t+1) = uniform()\nw = uniform()\nu(t+1) = uniform()", output="w"
    )
    net = one(unit)
    for name in "vwu":
        net.probe("c", name)

    real, grid = (
        compile_network(net, backend="reference", profile=p).run(steps=5)
        for p in ("ideal", "loihi2")
    )

    for name in "vwu":
        found = grid.trace("c", name, physical=True)
        assert np.abs(real.trace("c", name) - found).max() < 2**-15


def test_a_draw_that_a_condition_reads_twice_is_one_draw_in_integers() -> None:
    unit = Dynamics(
        name="u", equations="y = i", ports=("i",), threshold="0.25 < uniform() + 0*y < 0.75"
    )
    net = Network(seed=3)
    net.population("c", 50, unit)
    net.stimulate("c", np.ones((40, 50)), port="i")
    net.probe("c", "spikes")

    real, grid = (
        compile_network(net, backend="reference", profile=p).run() for p in ("ideal", "loihi2")
    )

    assert np.array_equal(real.spikes("c"), grid.spikes("c"))


@pytest.mark.parametrize("name", ["table0", "k0", "sent", "shift", "lookup", "saturate"])
def test_names_that_the_pass_writes_may_be_taken(name: str) -> None:
    unit = Dynamics(
        name="u",
        equations=f"{name}(t+1) = k*{name} + i\ny = tanh({name})",
        ports=("i",),
        output="y",
        parameters={"k": 0.5},
    )
    net = Network()
    net.population("c", 2, unit, parameters={"k": [0.3, 0.7]})
    net.stimulate("c", np.ones((3, 2)), port="i")

    assert Quantise().apply(net.graph(), LOIHI2).node("c").dynamics.integer


def test_all_populations_without_an_integer_form_are_listed_at_once() -> None:
    net = Network()
    for name, text in (
        ("p", "v(t+1) = v**i"),
        ("q", "v(t+1) = 1/(i - 0.5)"),
        ("r", "v(t+1) = i"),
    ):
        net.population(name, 1, Dynamics(name=name, equations=text, ports=("i",), output="v"))
        net.stimulate(name, np.ones((3, 1)), port="i")

    with pytest.raises(UnsupportedError, match="loihi2 cannot run") as refused:
        Quantise().apply(net.graph(), LOIHI2)

    assert [str(v).split(":")[0] for v in refused.value.violations] == ["p", "q"]


def test_a_network_that_diverges_has_no_ranges() -> None:
    net = one(Dynamics(name="u", equations="v(t+1) = v*v + 2", output="v"))

    with pytest.raises(GraphError, match=r"c\.v is not finite in the calibration run"):
        calibrate(net.graph())


# -- quantise, fixed function --------------------------------------------------------------------

CUBA = {
    "ports": ("i",),
    "threshold": "v > 1",
    "reset": "v = 0",
    "parameters": {"a": 0.5, "b": 0.9},
}


@pytest.mark.parametrize(
    ("equations", "threshold", "reset"),
    [
        ("n = a*u + i\nu(t+1) = n\nv(t+1) = b*v + n", "v > 1", "v = 0"),
        ("u(t+1) = a*u + i\nv(t+1) = b*v + a*u + i", "v > 1", "v = 0"),
        ("u(t+1) = i + u*a\nv(t+1) = (a*u + i) + v*b", "1 < v", "v = 0*1"),
        (
            "u(t+1) = u - (1 - a)*u + i\nv(t+1) = v - v*(1 - b) + u + i - (1 - a)*u",
            "v - 1 > 0",
            "v = 0",
        ),
        ("v(t+1) = b*v + n\nn = i - -a*u\nu(t+1) = n", "2*v > 2", "v = 0"),
        ("u(t+1) = (2*u + 2*i/a)*a/2\nv(t+1) = b*v + (u + i/a)*a", "m > 1\n", "v = 0"),
        ("n = a*u + i\nu(t+1) = n\nv(t+1) = b*v + n", "-v < -1", "v = 0"),
    ],
)
def test_a_cuba_lif_unit_is_recognised_however_it_is_written(
    equations: str, threshold: str, reset: str
) -> None:
    if "m" in threshold:
        equations += "\nm = v"
    plain = Dynamics(name="plain", equations="n = a*u + i\nu(t+1) = n\nv(t+1) = b*v + n", **CUBA)
    other = Dynamics(
        name="other", equations=equations, **{**CUBA, "threshold": threshold, "reset": reset}
    )
    traces = []
    for unit in (plain, other):
        net = one(unit)
        net.stimulate("c", np.array([[0.25], [0.5], [0.0], [0.125], [0.5]]), port="i")
        for variable in ("u", "v", "spikes"):
            net.probe("c", variable)
        run = compile_network(net, backend="reference", profile="loihi").run(steps=12)
        traces.append((run.trace("c", "u"), run.trace("c", "v"), run.spikes("c")))

    assert all(np.array_equal(x, y) for x, y in zip(*traces, strict=True))
    assert traces[0][2].any()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"output": "v"}, "it sends values; the chip sends binary spikes"),
        ({"equations": "v(t+1) = b*v + i + a*uniform()"}, "it draws noise"),
        ({"reset": "v = 0.5"}, "its reset is not v = 0"),
        ({"reset": "v -= 1"}, "its reset is not v = 0"),
        ({"reset": None}, "its reset is not v = 0"),
        ({"equations": "u(t+1) = a*u + i\nv(t+1) = b*v + u"}, "v does not take in the new u"),
        (
            {"equations": "u(t+1) = a*u + i\nv(t+1) = b*v + u + i"},
            "v takes in the old u; the chip adds the new one",
        ),
        ({"equations": "v(t+1) = b*v*v + a*i"}, "v\\(t\\+1\\) is not linear"),
        ({"equations": "v(t+1) = b*v + a*relu(i)"}, "v\\(t\\+1\\) is not linear"),
        (
            {"threshold": "v >= 1", "equations": "v(t+1) = a*b*v + i"},
            "not of the form v > constant",
        ),
        ({"threshold": "v < 1", "equations": "v(t+1) = a*b*v + i"}, "not of the form v > constant"),
        ({"equations": "w(t+1) = a\nu(t+1) = w\nv(t+1) = b*v + i"}, "3 states and 1 ports"),
        ({"equations": "n = a*u + i - v\nu(t+1) = n\nv(t+1) = b*v + n"}, "u depends on v"),
        ({"equations": "n = a*u + i + 1\nu(t+1) = n\nv(t+1) = b*v + n"}, "u has a bias of its own"),
        ({"threshold": "v > 1 + i", "equations": "v(t+1) = a*b*v + i"}, "i is not constant"),
    ],
)
def test_a_unit_of_another_form_is_refused_with_the_reason(
    change: dict[str, Any], reason: str
) -> None:
    unit = Dynamics(name="u", **{"equations": "v(t+1) = a*b*v + i", **CUBA, **change})

    with pytest.raises(UnsupportedError, match=reason):
        Quantise().apply(one(unit).graph(), LOIHI)


def test_all_populations_that_a_chip_cannot_run_are_listed_at_once() -> None:
    net = Network()
    net.population("g", 1, TANH)
    net.population("n", 1, NOISY)
    net.population("ok", 1, LIF)
    net.population("mp", 1, "mcculloch_pitts", parameters={"theta": 5.0})
    with pytest.raises(UnsupportedError) as refused:
        Quantise().apply(net.graph(), LOIHI)

    assert [str(v).split(" ")[0] for v in refused.value.violations] == ["g", "n", "mp"]


def test_a_spike_input_passes_on_what_is_above_a_half() -> None:
    net = Network()
    net.input("in", 4, np.array([[0.5, 0.51, 7.0, -1.0]]), spiking=True)
    net.probe("in", "spikes")
    program = compile_network(net, backend="reference", profile="loihi")

    assert program.run().spikes("in").tolist() == [[False, True, True, False]]


def test_a_probe_of_what_the_chip_does_not_compute_is_refused() -> None:
    unit = Dynamics(name="u", **{**CUBA, "equations": "v(t+1) = a*b*v + i\nenergy = v*v"})
    net = one(unit)
    net.probe("c", "energy")

    with pytest.raises(UnsupportedError, match=r"probe c\.energy: there are spikes, u, v"):
        Quantise().apply(net.graph(), LOIHI)


@pytest.mark.parametrize("gain", [0.01, 0.1, 3.0, -0.5])
def test_an_input_that_is_scaled_on_its_way_is_scaled_on_the_chip(gain: float) -> None:
    unit = Dynamics(name="u", **{**CUBA, "equations": f"v(t+1) = (a + b - 0.6)*v + {gain}*i"})
    net = one(unit)
    net.stimulate("c", np.full((6, 1), 0.125 / gain), port="i")
    net.probe("c", "v")

    found = compile_network(net, backend="reference", profile="loihi").run()

    expected = 0.125 * (1 - 0.8 ** np.arange(1, 7)) / 0.2
    assert found.trace("c", "v", physical=True)[:, 0] == pytest.approx(expected, rel=1e-3)


def test_a_current_that_is_scaled_on_its_way_is_traced_in_its_own_units() -> None:
    equations = "n = a*u + i\nu(t+1) = n\nv(t+1) = b*v + 0.05*n"
    net = one(Dynamics(name="u", equations=equations, **CUBA), initial={"u": 4.0})
    net.stimulate("c", np.full((4, 1), 1.0), port="i")
    for name in ("u", "n", "v"):
        net.probe("c", name)

    real, grid = (
        compile_network(net, backend="reference", profile=p).run() for p in ("ideal", "loihi")
    )

    for name in ("u", "n", "v"):
        found = grid.trace("c", name, physical=True)
        assert found == pytest.approx(real.trace("c", name), rel=1e-3)


@pytest.mark.parametrize("bias", [0.01, 0.9, 1.5, 40.0])
def test_a_bias_has_a_mantissa_and_an_exponent_that_the_chip_holds(bias: float) -> None:
    equations = f"v(t+1) = a*b*v + i + {bias}"
    unit = Dynamics(name="u", **{**CUBA, "equations": equations})

    held = int(Quantise().apply(one(unit).graph(), LOIHI).node("c").parameters["bias"])
    exponent = (held & -held).bit_length() - 1

    assert held > 0
    assert any(held >> e < 2**12 and held >> e << e == held for e in range(min(exponent, 7) + 1))


def test_stimuli_of_a_spike_input_add_up_before_they_are_compared() -> None:
    net = Network()
    net.input("in", 2, np.array([[0.3, 1.0]]), spiking=True)
    net.stimulate("in", np.array([[0.4, -1.0]]), port="i")
    net.probe("in", "spikes")

    real, grid = (
        compile_network(net, backend="reference", profile=p).run().spikes("in")
        for p in ("ideal", "loihi")
    )

    assert np.array_equal(real, grid)


def test_a_current_never_leaves_its_word() -> None:
    equations = "n = u + i\nu(t+1) = n\nv(t+1) = 0*a*b*v + n"
    net = one(Dynamics(name="u", **{**CUBA, "equations": equations}))
    net.stimulate("c", np.full((400, 1), -50.0), port="i")
    net.probe("c", "u")

    found = compile_network(net, backend="reference", profile="loihi").run()

    assert np.abs(found.trace("c", "u")).max() <= WORD


def trunc0(x: int, keep: int) -> int:
    return abs(x) * keep // 4096 * (1 if x >= 0 else -1)


def loihi_lif(
    inputs: Sequence[int], *, keep_u: int, keep_v: int, bias: int, threshold: int, u: int, v: int
) -> tuple[list[int], list[int], list[int]]:
    """u, v, spikes by the rule of the chip, in Python's own integers."""
    us, vs, spikes = [], [], []
    for synaptic in inputs:
        u = (trunc0(u, keep_u) + 64 * synaptic + 2**23) % 2**24 - 2**23
        v = max(-WORD, min(WORD, trunc0(v, keep_v) + u + bias))
        fired = v > 64 * threshold
        v = 0 if fired else v
        us.append(u)
        vs.append(v)
        spikes.append(int(fired))
    return us, vs, spikes


@settings(max_examples=25, deadline=None)
@given(
    decay=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)),
    bias=st.floats(-0.2, 0.2),
    start=st.tuples(st.floats(-1.0, 1.0), st.floats(-1.0, 0.9)),
    drive=st.lists(st.floats(-1.0, 1.0), min_size=20, max_size=20),
)
def test_the_integers_of_loihi_are_those_of_its_rule(
    decay: tuple[float, float], bias: float, start: tuple[float, float], drive: list[float]
) -> None:
    unit = Dynamics(
        name="u",
        **{
            **CUBA,
            "equations": "n = a*u + i\nu(t+1) = n\nv(t+1) = b*v + n + c",
            "parameters": {"a": decay[0], "b": decay[1], "c": bias},
        },
    )
    net = one(unit, initial={"u": start[0], "v": start[1]})
    net.stimulate("c", np.array(drive)[:, None], port="i")
    for variable in ("u", "v", "spikes"):
        net.probe("c", variable)
    program = compile_network(net, backend="reference", profile="loihi")
    node, run = program.graph.node("c"), program.run()
    held = {name: int(value) for name, value in node.parameters.items()}
    assert held["keep_u"] == min(round(decay[0] * 4096), 4095)  # delta_u + 1 is at least 1
    assert held["keep_v"] == max(round(decay[1] * 4096), 1)  # delta_v is at most 4095

    u, v, spikes = loihi_lif(
        program.graph.stimuli[0].values[:, 0].tolist(),
        keep_u=held["keep_u"],
        keep_v=held["keep_v"],
        bias=held["bias"],
        threshold=held["v_th"] // 64,
        u=int(node.initial["u"]),
        v=int(node.initial["v"]),
    )

    assert run.trace("c", "u")[:, 0].tolist() == u
    assert run.trace("c", "v")[:, 0].tolist() == v
    assert run.spikes("c")[:, 0].astype(int).tolist() == spikes


# -- split, place, route, check ------------------------------------------------------------------


def _placed(graph: Graph, profile: Profile, max_units: int | None = None) -> Graph:
    for step in (Split(max_units=max_units), Place(), Route()):
        graph = step.apply(graph, profile)
    return graph


def _cells(size: int, density: float = 0.2, seed: int = 1) -> Graph:
    net = Network()
    net.population("a", size, LIF)
    net.population("b", max(size // 2, 1), LIF)
    net.project(
        "a", "b", weights=random(max(size // 2, 1), size, density=density, seed=seed), port="i"
    )
    net.project("a", "a", weights=random(size, size, density=density, seed=seed), port="i")
    return net.graph()


def test_a_population_that_is_larger_than_a_core_is_split() -> None:
    net = Network()
    net.population("a", 2500, LIF)

    placement = Split().apply(net.graph(), LOIHI).placement

    assert placement is not None
    assert [(p.first, p.stop) for p in placement.parts] == [(0, 1024), (1024, 2048), (2048, 2500)]


def test_a_population_is_split_by_its_synapses_too() -> None:
    graph = _cells(400, density=1.0)
    small = limited(LOIHI2, synapse_bits_per_core=200_000)
    report = check_report(_placed(graph, small), small)

    assert report.violations == ()
    assert {h.code for h in report.headroom} >= {"synapse_bits_per_core", "units_per_core"}


def test_a_unit_whose_synapses_alone_do_not_fit_a_core_is_named() -> None:
    tight = limited(LOIHI2, synapse_bits_per_core=10)
    graph = _placed(_cells(20), tight)

    with pytest.raises(
        CapacityError, match=r"core \d+ \([ab], unit \d+\): .* bits of synapses, the limit is 10 "
    ):
        Check().apply(graph, tight)


@pytest.mark.parametrize("units", [0, -3])
def test_parts_have_at_least_a_unit(units: int) -> None:
    with pytest.raises(GraphError, match="max_units"):
        Split(max_units=units).apply(_cells(4), LOIHI2)


@settings(max_examples=20, deadline=None)
@given(size=st.integers(2, 40), units=st.integers(1, 7), seed=st.integers(0, 99))
def test_parts_cover_every_unit_once_and_never_share_a_core(
    size: int, units: int, seed: int
) -> None:
    placement = _placed(_cells(size, seed=seed), LOIHI2, units).placement
    assert placement is not None

    covered = [(p.node, unit) for p in placement.parts for unit in range(p.first, p.stop)]

    assert sorted(covered) == [("a", k) for k in range(size)] + [("b", k) for k in range(size // 2)]
    assert len(set(placement.cores)) == len(placement.parts)
    assert max(part.size for part in placement.parts) <= units


def _partners(count: int, apart: int) -> Graph:
    """Units that each talk to the one `apart` places on."""
    net = Network()
    net.population("a", count, LIF)
    net.project("a", "a", weights=np.eye(count, k=-apart), port="i")
    return net.graph()


def _hops(graph: Graph) -> tuple[float, float]:
    """Hops as placed, and in order, with a core for each unit."""
    graph = _placed(graph, LOIHI2, 1)
    assert graph.placement is not None
    compared = graph.placement.comparison
    assert compared is not None
    return compared.placed, compared.in_order


def test_place_brings_parts_together_that_talk() -> None:
    found, in_order = _hops(_partners(40, 20))

    assert found < in_order / 2


@pytest.mark.parametrize("apart", range(1, 6))
def test_place_stays_in_order_where_that_is_better(apart: int) -> None:
    found, in_order = _hops(_partners(100, apart))

    assert found <= in_order


def test_place_shares_cores_only_where_a_chip_has_too_few() -> None:
    net = Network()
    for k in range(130):
        net.population(f"p{k}", 1, LIF)

    placement = _placed(net.graph(), LOIHI2).placement

    assert placement is not None
    assert placement.chips == 1


@settings(max_examples=20, deadline=None)
@given(size=st.integers(2, 40), units=st.integers(1, 7), seed=st.integers(0, 99))
def test_routes_reach_every_synapse_and_hops_are_symmetrical(
    size: int, units: int, seed: int
) -> None:
    graph = _placed(_cells(size, seed=seed), LOIHI2, units)
    assert graph.placement is not None
    distance: dict[tuple[int, int], tuple[int, int]] = {}
    reached = 0
    for name, routes in graph.routes.items():
        home = np.repeat(graph.placement.core_of(name), np.diff(routes.pointer))
        reached += int(routes.synapses.sum())
        for source, target, x, y in zip(
            home, routes.core, routes.hops_x, routes.hops_y, strict=True
        ):
            assert distance.setdefault((int(source), int(target)), (int(x), int(y))) == (x, y)

    assert reached == graph.synapses
    for (source, target), hops in distance.items():
        assert distance.get((target, source), hops) == hops
        assert (hops == (0, 0)) or source != target


@pytest.mark.parametrize(
    ("source", "target", "x", "y"),
    [(0, 3, 0, 0), (0, 4, 0, 1), (0, 16, 1, 0), (0, 127, 7, 3), (5, 128, 8, 1)],
)
def test_hops_are_counted_in_tiles_column_by_column(
    source: int, target: int, x: int, y: int
) -> None:
    net = Network()
    for name in "ab":
        net.population(name, 1, LIF)
    net.project("a", "b", weights=[[1.0]], port="i")
    graph = Split().apply(net.graph(), LOIHI2)
    assert graph.placement is not None
    graph = replace(graph, placement=replace(graph.placement, cores=(source, target)))

    routes = Route().apply(graph, LOIHI2).routes["a"]

    assert (routes.hops_x.tolist(), routes.hops_y.tolist()) == ([x], [y])


def test_check_lists_every_broken_limit_at_once_with_a_repair() -> None:
    net = Network()
    net.population("a", 30, LIF)
    net.project("a", "a", weights=np.ones((30, 30)), port="i", delay=70)
    graph = _placed(net.graph(), LOIHI2)
    tight = limited(
        LOIHI2,
        units_per_core=20,
        synapse_bits_per_core=5_000,
        axons_in_per_core=7,
        axons_out_per_core=3,
    )

    with pytest.raises(CapacityError) as broken:
        Check().apply(graph, tight)

    found = {v.code: (v.found, v.limit) for v in broken.value.violations}
    assert found == {
        "units_per_core": (30, 20),
        "synapse_bits_per_core": (30 * 30 * 8, 5_000),
        "axons_in_per_core": (30, 7),
        "axons_out_per_core": (30, 3),
        "delay_max": (70, 62),
    }
    assert all(v.repair for v in broken.value.violations)
    assert str(broken.value).startswith("5 limit(s) of loihi2 broken:")
    assert "30 units, the limit is 20 (units_per_core); 2 cores would hold it" in str(broken.value)


def test_check_leaves_a_graph_that_fits_alone() -> None:
    graph = _placed(_cells(10), LOIHI2)

    assert Check().apply(graph, LOIHI2) is graph


@pytest.mark.parametrize("step", [Place(), Route(), Check()])
def test_a_pass_that_needs_an_earlier_one_says_so(step: Any) -> None:
    with pytest.raises(GraphError, match=r"the graph is not (split|placed) yet"):
        step.apply(_cells(3), LOIHI2)
