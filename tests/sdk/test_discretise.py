"""discretise: each method has its order, `exact` is exact, noise stays the same noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import scipy.linalg

from yuragi import reference
from yuragi.dynamics import Dynamics
from yuragi.errors import UnsupportedError
from yuragi.hardware import load
from yuragi.network import Network
from yuragi.passes.discretise import Discretise

IDEAL = load("ideal")


def states_at(
    unit: Dynamics, dt: float, seconds: float, *, size: int = 1, **options: Any
) -> dict[str, np.ndarray]:
    """Each state after some seconds, by the unit's own method."""
    net = Network(seed=2, dt=dt)
    net.population("c", size, unit, **options)
    for name in unit.system.states:
        net.probe("c", name)
    steps = round(seconds / dt)
    found = reference.run(Discretise().apply(net.graph(), IDEAL), steps=steps)
    return {name: found.trace("c", name)[-1] for name in unit.system.states}


def unit(method: str, equations: str, initial: Mapping[str, float], **fields: Any) -> Dynamics:
    return Dynamics(
        name=method,
        equations=equations,
        output=next(iter(initial)),
        initial=initial,
        method=method,
        **fields,
    )


PENDULUM = "dx/dt = y\ndy/dt = -sin(x) - friction\nfriction = 0.3*y*(1 + x*x)"
PENDULUM_AT_1 = {"x": 1.0, "y": 0.5}


def _pendulum_error(method: str, dt: float) -> float:
    found = states_at(unit(method, PENDULUM, PENDULUM_AT_1), dt, 1.0)
    fine = states_at(unit("rk4", PENDULUM, PENDULUM_AT_1), 1 / 1024, 1.0)
    return math.hypot(*(float(found[name][0] - fine[name][0]) for name in "xy"))


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("exponential_euler", 1), ("rk4", 4)])
def test_the_error_of_a_method_falls_with_its_order(method: str, order: int) -> None:
    steps = [1 / 16, 1 / 32, 1 / 64]
    errors = [_pendulum_error(method, dt) for dt in steps]

    slopes = np.diff(np.log2(errors)) / np.diff(np.log2(steps))

    assert slopes == pytest.approx(order, abs=0.15)


LOGISTIC = "dx/dt = x*(1 - x)"


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("exponential_euler", 2), ("rk4", 4)])
def test_the_order_holds_for_one_nonlinear_variable(method: str, order: int) -> None:
    exact = 0.1 * math.e**2 / (1 + 0.1 * (math.e**2 - 1))
    steps = [1 / 8, 1 / 16, 1 / 32]
    errors = [
        abs(float(states_at(unit(method, LOGISTIC, {"x": 0.1}), dt, 2.0)["x"][0]) - exact)
        for dt in steps
    ]

    slopes = np.diff(np.log2(errors)) / np.diff(np.log2(steps))

    assert slopes == pytest.approx(order, abs=0.2)


@pytest.mark.parametrize("method", ["exact", "exponential_euler"])
def test_a_linear_equation_is_solved_to_the_closed_form(method: str) -> None:
    relaxing = unit(method, "dv/dt = (a - v)/tau", {"v": 3.0}, parameters={"a": 2.0, "tau": 0.02})

    found = states_at(relaxing, 0.005, 0.1)["v"][0]

    assert found == pytest.approx(2.0 + math.exp(-5.0), rel=1e-12)


def test_exact_solves_each_unit_with_its_own_parameters() -> None:
    tau = np.array([0.01, 0.02, 0.5])
    relaxing = unit("exact", "dv/dt = -v/tau", {"v": 1.0}, parameters={"tau": 1.0})

    found = states_at(relaxing, 0.01, 0.1, size=3, parameters={"tau": tau})["v"]

    assert found == pytest.approx(np.exp(-0.1 / tau), rel=1e-12)


def test_exact_solves_coupled_states() -> None:
    a = np.array([[-1.0, 4.0], [-9.0, -2.0]])
    coupled = unit(
        "exact", "dx/dt = -x + 4*y\ndy/dt = rate - 2*y\nrate = -9*x", {"x": 1.0, "y": 2.0}
    )

    found = states_at(coupled, 0.125, 1.0)

    assert [found["x"][0], found["y"][0]] == pytest.approx(scipy.linalg.expm(a) @ [1, 2], rel=1e-12)


def test_exact_solves_an_integrator_whose_matrix_has_no_inverse() -> None:
    falling = unit("exact", "dx/dt = v\ndv/dt = g", {"x": 0.0, "v": 1.0}, parameters={"g": -2.0})

    found = states_at(falling, 0.125, 2.0)

    assert [found["x"][0], found["v"][0]] == pytest.approx([2.0 - 4.0, -3.0], abs=1e-12)


def test_exact_counts_an_input_as_constant_within_the_step() -> None:
    driven = Dynamics(
        name="d", equations="dv/dt = -v/0.1 + i", ports=("i",), output="v", method="exact"
    )
    net = Network(dt=0.05)
    net.population("c", 1, driven)
    net.stimulate("c", [[1.0], [0.0]], port="i")
    net.probe("c", "v")
    found = reference.run(Discretise().apply(net.graph(), IDEAL), steps=2).trace("c", "v")[:, 0]
    keep = math.exp(-0.5)

    assert found.tolist() == pytest.approx([0.1 * (1 - keep), 0.1 * (1 - keep) * keep], rel=1e-12)


def test_exact_keeps_names_apart_that_run_together() -> None:
    names = unit(
        "exact",
        "da/dt = b_c - a\nda_b/dt = 5*c\ndb_c/dt = -b_c\ndc/dt = -2*c",
        {"a": 0.0, "a_b": 0.0, "b_c": 1.0, "c": 1.0},
    )
    found = states_at(names, 0.25, 1.0)

    assert found["a"][0] == pytest.approx(math.exp(-1), rel=1e-12)
    assert found["a_b"][0] == pytest.approx(2.5 * (1 - math.exp(-2)), rel=1e-12)


@pytest.mark.parametrize("method", ["exact", "exponential_euler", "euler", "rk4"])
def test_two_states_that_share_a_noise_term_get_the_same_noise(method: str) -> None:
    shared = unit(method, "xi = normal()\ndv/dt = xi - v\ndu/dt = xi - u", {"v": 0.0, "u": 0.0})

    found = states_at(shared, 0.1, 1.0)

    assert found["u"][0] == found["v"][0] != 0.0


@pytest.mark.parametrize("method", ["exact", "exponential_euler", "euler", "rk4"])
def test_noise_counts_as_constant_within_the_step(method: str) -> None:
    """Four stages of rk4 with a draw each would average it away: variance 10/36."""
    pure = unit(method, "dv/dt = normal()", {"v": 0.0})

    found = states_at(pure, 1.0, 1.0, size=4_000)["v"]

    # five standard errors of 4,000 draws
    assert found.var() == pytest.approx(1.0, abs=5 * (2 / 4_000) ** 0.5)


def test_a_long_sum_can_be_discretised() -> None:
    long = unit("euler", "dv/dt = " + " + ".join(["k"] * 140), {"v": 0.0}, parameters={"k": 1.0})

    assert states_at(long, 0.5, 0.5)["v"][0] == 70.0


def test_maps_and_differential_equations_live_together() -> None:
    mixed = unit("euler", "n(t+1) = n + 1\ndv/dt = n", {"v": 0.0, "n": 0.0})

    found = states_at(mixed, 0.5, 2.0)

    assert (found["n"][0], found["v"][0]) == (4.0, 0.5 * (0 + 1 + 2 + 3))


def test_threshold_and_reset_are_kept() -> None:
    lif = Dynamics(
        name="lif",
        equations="dv/dt = 1",
        threshold="v > v_th",
        reset="v = v_r",
        parameters={"v_th": 0.9, "v_r": 0.5},
        method="exact",
    )
    net = Network(dt=0.25)
    net.population("c", 1, lif)
    net.probe("c", "spikes")
    found = reference.run(Discretise().apply(net.graph(), IDEAL), steps=8).spikes("c")[:, 0]

    assert np.flatnonzero(found).tolist() == [3, 5, 7]


@pytest.mark.parametrize(
    ("method", "equations", "message"),
    [
        ("exact", "dv/dt = -v*v", "c: dv/dt is not linear .*exponential_euler, rk4 or euler"),
        ("exact", "dv/dt = -v*u\ndu/dt = 1", "c: dv/dt is not linear"),
        ("exact", "dv/dt = -v*uniform()", "c: dv/dt is not linear"),
        ("exact", "dv/dt = -v*g\ng = uniform()", "c: dv/dt is not linear"),
        ("exact", "dv/dt = -v*n\nn(t+1) = n + 1", "c: dv/dt is not linear"),
        (
            "exponential_euler",
            "dv/dt = -abs(v)",
            "c: dv/dt has no derivative of abs .*rk4 or euler",
        ),
    ],
)
def test_a_method_refuses_what_it_cannot_do(method: str, equations: str, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        states_at(unit(method, equations, {"v": 1.0}), 0.1, 0.1)


def test_without_dt_the_way_out_is_named() -> None:
    net = Network()
    net.population("c", 1, unit("euler", "dv/dt = -v", {"v": 1.0}))

    with pytest.raises(
        UnsupportedError, match=r"c: differential equations need dt; give Network\("
    ):
        Discretise().apply(net.graph(), IDEAL)


def test_maps_are_left_alone() -> None:
    net = Network()
    net.population("c", 1, Dynamics(name="m", equations="v(t+1) = v", output="v"))
    graph = net.graph()

    assert Discretise().apply(graph, IDEAL).nodes == graph.nodes
