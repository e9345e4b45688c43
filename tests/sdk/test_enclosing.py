"""Ranges that states cannot leave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from yuragi import reference
from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.equations.evaluate import evaluate
from yuragi.equations.intervals import interval
from yuragi.equations.system import parse_system
from yuragi.graph import Graph
from yuragi.network import Network
from yuragi.passes.calibrate import calibrate
from yuragi.passes.enclosing import enclosed
from yuragi_models.chaotic import CHAOTIC_NEURON, CHAOTIC_RELU, SINGLE_CHAOTIC_NEURON

TREES = (
    "x*x - y", "x*y", "x/(2 + y*y)", "x/y", "abs(x - y)", "clip(x, -1, y)", "min(x, y)*max(x, 0.5)",
    "where(x > y, x, -y)", "tanh(3*x)*sigmoid(y)", "exp(x) - sqrt(abs(y))", "sin(x) + cos(y)",
    "exprel(x)*sign(y)", "heaviside(x)*floor(4*y)", "relu(x) - log(1 + abs(y))", "abs(x)**1.5 + y",
)  # fmt: skip


def graph_of(unit: Dynamics, **options: Any) -> Graph:
    net = Network(seed=1)
    net.population("c", 21, unit, **options)
    return net.graph()


@pytest.mark.parametrize("text", TREES)
@given(ends=st.lists(st.floats(-3.0, 3.0), min_size=4, max_size=4), at=st.tuples(
    st.floats(0.0, 1.0), st.floats(0.0, 1.0)))  # fmt: skip
def test_a_value_lies_between_the_ends_of_its_expression(
    text: str, ends: list[float], at: tuple[float, float]
) -> None:
    system = parse_system(equations=f"z = {text}", threshold=None, reset=None, ports=("x", "y"),
                          parameters=())  # fmt: skip
    tree = system.bindings[0][1]
    spans = {n: tuple(map(np.asarray, sorted(ends[k : k + 2]))) for n, k in (("x", 0), ("y", 2))}
    values = {  # clipped: the sum may round to a number beyond the ends
        n: np.clip(low + s * (high - low), low, high)
        for (n, (low, high)), s in zip(spans.items(), at, strict=True)
    }

    low, high = interval(tree, spans)
    with np.errstate(all="ignore"):
        value = evaluate(tree, values)

    beyond = 1e-12 * (1 + abs(value))
    assert not np.isfinite(value) or low - beyond <= value <= high + beyond


@pytest.mark.parametrize(
    ("unit", "options"),
    [
        (SINGLE_CHAOTIC_NEURON, {"parameters": {"a": np.linspace(0.0, 1.0, 21)}}),
        (CHAOTIC_NEURON, {"parameters": {"a": np.linspace(0.0, 2.0, 21), "k_r": 0.7}}),
        (CHAOTIC_RELU, {"parameters": {"alpha": np.linspace(1.95, 2.5, 21)}}),
    ],
)
def test_no_orbit_leaves_the_range_that_its_unit_is_said_to_keep_to(
    unit: Dynamics, options: Any
) -> None:
    """After 16 steps of calibration the range is known; 3,000 steps fill all but 15 % of it."""
    graph = graph_of(unit, **options)
    ends = enclosed(graph, calibrate(graph, steps=16))
    state = unit.system.states[-1]
    seen: list[NDArray[Any]] = []
    reference.run(graph, steps=3000, observe=lambda _, values: seen.append(values[state]))
    low, high = ends["c", state]

    assert low < np.min(seen)
    assert np.max(seen) < high
    assert high - low < 1.15 * np.ptp(seen)


def test_a_state_that_cannot_leave_its_range_needs_no_margin() -> None:
    net = Network()
    net.population("c", 401, SINGLE_CHAOTIC_NEURON, parameters={"a": np.linspace(0.0, 1.0, 401)})
    program = compile_network(net, profile="loihi2")

    assert program.graph.node("c").scales["y"] == 2.0**-23
    assert "cannot leave [-0.795, 0.795]" in "\n".join(map(str, program.log))


def test_what_arrives_is_not_bounded() -> None:
    leak = Dynamics(name="u", equations="v(t+1) = 0.9*v + i", ports=("i",), output="v")
    net = Network()
    net.population("c", 1, leak)
    net.stimulate("c", np.ones((20, 1)), port="i")
    graph = net.graph()

    assert enclosed(graph, calibrate(graph)) == {}


def test_what_grows_without_end_has_no_range() -> None:
    graph = graph_of(Dynamics(name="u", equations="v(t+1) = 1.1*v", initial={"v": 1.0}))

    assert enclosed(graph, calibrate(graph)) == {}
