"""Dynamics: what a unit model knows about itself."""

from __future__ import annotations

import numpy as np
import pytest

from yuragi.dynamics import Dynamics
from yuragi.errors import EquationError

LIF = {
    "equations": "u(t+1) = 0.5*u + i\nv(t+1) = 0.9*v + u\nw(t+1) = 0.99*w",
    "ports": ("i",),
    "threshold": "v > 1",
    "reset": "v = 0; w += 1",
}


def test_a_unit_with_a_threshold_sends_spikes() -> None:
    unit = Dynamics(name="lif", **LIF)

    assert (unit.spiking, unit.graded) == (True, False)


def test_a_unit_with_an_output_sends_values() -> None:
    unit = Dynamics(name="y", equations="y = i", ports=("i",), output="y")

    assert (unit.spiking, unit.graded) == (False, True)


def test_the_states_are_those_with_a_map_or_a_derivative() -> None:
    unit = Dynamics(name="x", equations="a = v\ndv/dt = -a\nw(t+1) = v", output="a")

    assert unit.system.states == ("w", "v")
    assert unit.system.variables == ("w", "v", "a")


def test_refractory_units_hold_what_threshold_and_reset_share() -> None:
    assert Dynamics(name="lif", **LIF).system.held == ("v",)


def test_refractory_units_hold_the_tallies_of_what_they_hold() -> None:
    unit = Dynamics(
        name="u",
        equations="u(t+1) = i\nv(t+1) = u\nover_u(t+1) = over_u + 1\nover_v(t+1) = over_v + 1",
        ports=("i",),
        threshold="v > 1",
        reset="v = 0",
        number="integer",
        tallies={"over_u": "u", "over_v": "v"},
    )
    assert unit.held == ("v", "over_v")


def test_refractory_units_hold_all_of_the_reset_where_the_threshold_reads_none_of_it() -> None:
    unit = Dynamics(
        name="x", **{**LIF, "equations": LIF["equations"] + "\ny = v", "threshold": "y > 1"}
    )

    assert unit.system.held == ("v", "w")


def test_a_dynamics_keeps_its_own_copy_of_what_it_was_given() -> None:
    given = {"k": 0.5}
    unit = Dynamics(name="x", equations="v(t+1) = k*v", parameters=given)
    given["k"] = 7.0

    assert unit.parameters == {"k": 0.5}


def test_a_dynamics_cannot_be_changed() -> None:
    unit = Dynamics(name="lif", **LIF)

    with pytest.raises(AttributeError):
        unit.refractory = 3  # type: ignore[misc]


def test_two_dynamics_with_the_same_text_are_equal() -> None:
    assert Dynamics(name="lif", **LIF) == Dynamics(name="lif", **LIF)


def test_a_parameter_may_be_a_numpy_number() -> None:
    unit = Dynamics(name="x", equations="v(t+1) = k*v", parameters={"k": np.float64(0.5)})

    assert unit.parameters["k"] == 0.5


def test_the_error_names_the_unit_model() -> None:
    with pytest.raises(EquationError, match=r"^izhikevich: equations, line 2, column 10: "):
        Dynamics(name="izhikevich", equations="v(t+1) = v\nu(t+1) = q")


def test_noise_terms_are_numbered_in_the_order_of_the_text() -> None:
    unit = Dynamics(name="x", equations="v(t+1) = normal() + uniform()\nw = uniform()", output="w")

    assert unit.system.draws == 4
    assert unit.operations["draw"] == 4


def test_the_functions_in_use_are_known() -> None:
    unit = Dynamics(
        name="x", equations="v(t+1) = tanh(v)**2", threshold="v > 1", reset="v = exp(0)"
    )

    assert unit.functions == {"tanh", "pow", "gt", "exp"}
