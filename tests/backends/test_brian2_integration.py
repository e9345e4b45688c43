"""What Brian2's own methods cannot integrate runs as the map of `discretise`, and that is said."""

from __future__ import annotations

import numpy as np
import pytest

from yuragi.backend import Program
from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.network import Network

pytest.importorskip("yuragi_brian2", reason="Brian2 is not installed", exc_type=ImportError)

SYNAPSE = "dv/dt = (s - v)/tau_v\nds/dt = (i - s)/tau_s"


def network(equations: str, method: str, parameters: dict[str, float], size: int = 1) -> Network:
    unit = Dynamics(
        name="unit", equations=equations, ports=("i",), output="v",
        parameters=parameters, method=method,
    )  # fmt: skip
    net = Network(dt=1e-3)
    net.population("cells", size, unit)
    net.stimulate("cells", np.full((30, size), 0.7), port="i")
    net.probe("cells", "v")
    return net


def constants(tau_s: float) -> dict[str, float]:
    return {"tau_v": 0.01, "tau_s": tau_s}


def differs(program: Program, net: Network) -> float:
    found = program.run().trace("cells", "v")
    wanted = compile_network(net, backend="reference").run().trace("cells", "v")
    assert np.abs(wanted).max() > 0.01
    return float(np.abs(found - wanted).max())


@pytest.mark.parametrize("tau_s", [0.01, 0.01 * (1 + 1e-9)], ids=["equal", "almost equal"])
def test_two_equal_time_constants_run_and_the_log_says_how(tau_s: float) -> None:
    net = network(SYNAPSE, "exact", constants(tau_s))
    program = compile_network(net, backend="brian2_numpy")
    lines = str(program.log[-1])

    assert "it runs the map that discretise writes" in lines
    assert differs(program, net) == 0.0


def test_two_time_constants_apart_are_brian2s_own_to_integrate() -> None:
    net = network(SYNAPSE, "exact", constants(0.004))
    program = compile_network(net, backend="brian2_numpy")

    assert "discretise" not in str(program.log[-1])
    assert "Brian2's exact" in str(program.log[-1])
    assert 0.0 < differs(program, net) < 1e-12


@pytest.mark.parametrize(
    ("equations", "method", "parameters"),
    [
        ("dv/dt = i*g", "exact", {"g": 2.0}),
        ("dv/dt = i - v*v*v*g", "exponential_euler", {"g": 2.0}),
    ],
    ids=["no leak", "cubic"],
)
def test_equations_that_brian2_refuses_run_and_the_log_gives_its_reason(
    equations: str, method: str, parameters: dict[str, float]
) -> None:
    net = network(equations, method, parameters)
    program = compile_network(net, backend="brian2_numpy")

    assert f"Brian2's {method} refuses its equations" in str(program.log[-1])
    assert differs(program, net) == 0.0
