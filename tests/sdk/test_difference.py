"""The report of where two runs first differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import yuragi as yg
from yuragi.cli import cli
from yuragi.errors import RunError

STEPS = 60


def unit(text: str = "v(t+1) = 0.9*v + i", **options: Any) -> yg.Dynamics:
    given = {"threshold": "v > 1", "reset": "v = 0"} | options
    return yg.Dynamics(name="unit", equations=text, ports=("i",), **given)


def run(dynamics: yg.Dynamics, *, delay: int = 0, states: bool = True) -> yg.Recording:
    net = yg.Network(seed=0)
    pulses = np.random.default_rng(0).random((STEPS, 5)) < 0.5
    net.input("in", 5, pulses, spiking=True)
    net.population("cells", 5, dynamics)
    net.project("in", "cells", weights=0.4 * np.eye(5), port="i", delay=delay)
    net.probe("cells", "spikes")
    if states:
        net.probe("cells", "v")
    return yg.compile(net, backend="reference").run(steps=STEPS)


def test_runs_that_are_the_same_have_no_difference() -> None:
    assert yg.difference(run(unit()), run(unit())) is None


@pytest.mark.parametrize(
    ("other", "suspected"),
    [
        ({"reset": "v -= 1"}, "reset: after the last spike the voltages are"),
        ({"threshold": "v >= 1"}, "threshold: the voltages before the step agree"),
        ({"text": "v(t+1) = 0.9*v + 1.2*i"}, "gain or decay: the voltages are as 1.2 to 1"),
        ({"text": "v(t+1) = 0.8*v + i"}, "gain or decay: the voltages are as 0.888889 to 1"),
        ({"text": "v(t+1) = 0.9*v + 1.005*i"}, "rounding: the voltages are 0.4 and 0.402 in"),
        ({"refractory": 1}, "refractory steps: after a spike the voltage of the second stands"),
    ],
    ids=["reset", "threshold", "gain", "decay", "rounding", "refractory"],
)
def test_the_rule_that_differs_is_suspected(other: dict[str, str], suspected: str) -> None:
    first = unit(text="v(t+1) = v + 0.625*i") if "threshold" in other else unit()
    text = other.get("text", first.equations)
    second = unit(text, **{k: v for k, v in other.items() if k != "text"})

    found = yg.difference(run(first), run(second))

    assert found is not None
    assert found.suspected[0].startswith(suspected)


def test_a_run_that_is_a_step_late_is_recognised() -> None:
    found = yg.difference(run(unit()), run(unit(), delay=1))

    assert found is not None
    assert found.suspected[0] == "delay: all spikes are the same, 1 step(s) later in the second"


def test_the_report_names_unit_step_and_both_states() -> None:
    one, other = run(unit()), run(unit(reset="v -= 1"))
    differs = one.spikes("cells") != other.spikes("cells")
    step = int(differs.any(axis=1).argmax())

    found = yg.difference(one, other)

    assert found is not None
    assert (found.population, found.variable, found.step) == ("cells", "spikes", step)
    assert found.unit == int(differs[step].argmax())
    assert found.states["v"].now == (
        one.trace("cells", "v")[step, found.unit],
        other.trace("cells", "v")[step, found.unit],
    )
    assert found.spikes["cells"] == (int(differs.sum()), differs.size)
    assert f"first difference: trial 0, step {step}, cells, unit {found.unit}" in str(found)


def test_without_states_the_report_asks_for_them() -> None:
    found = yg.difference(run(unit(), states=False), run(unit(reset="v -= 1"), states=False))

    assert found is not None
    assert "probe the population's states" in found.suspected[-1]


def test_values_are_compared_where_no_spike_differs() -> None:
    quiet = {"threshold": "v > 100"}
    found = yg.difference(run(unit(**quiet)), run(unit("v(t+1) = 0.9*v + 2*i", **quiet)))

    assert found is not None
    assert found.variable == "v"
    assert found.right == 2 * found.left
    assert found.suspected == ("values only: no spike differs; as 2 to 1",)


def test_runs_with_nothing_in_common_are_refused() -> None:
    net = yg.Network()
    net.population("others", 1, unit())
    net.probe("others", "spikes")
    other = yg.compile(net, backend="reference").run(steps=3)

    with pytest.raises(RunError, match="nothing in common"):
        yg.difference(run(unit()), other)


def test_two_dialects_of_a_file_are_compared_on_the_command_line(tmp_path: Path) -> None:
    nir = pytest.importorskip("nir", reason="needs the extra nir")
    four = {"tau": np.full(4, 1e-3), "r": np.full(4, 10.0), "v_leak": np.zeros(4)}
    cells = nir.LIF(**four, v_threshold=np.ones(4))
    graph = nir.NIRGraph.from_list(nir.Linear(np.eye(4)), cells)
    nir.write(tmp_path / "model.nir", graph)
    np.save(tmp_path / "in.npy", np.random.default_rng(0).random((50, 4)) < 0.5)
    words = ["diff", tmp_path / "model.nir", "--input", tmp_path / "in.npy", "--dialects"]

    differs = CliRunner().invoke(cli, [*map(str, words), "snntorch,lava", "--json"])
    same = CliRunner().invoke(cli, [*map(str, words), "snntorch,snntorch"])

    assert (differs.exit_code, same.exit_code) == (1, 0)
    found = json.loads(differs.stdout)
    assert found["population"] == "lif"
    assert found["suspected"][0].startswith("delay: all spikes are the same, 1 step(s) later")
    assert "v" in found["states"]
    assert "no difference" in same.stdout


def test_a_bias_that_acts_at_once_in_one_run_only_is_suspected_first() -> None:
    quick = yg.Dynamics(
        name="unit", equations="v(t+1) = 0.9*v + i + 0.2*n\nn(t+1) = 1", ports=("i",),
        threshold="v > 1", reset="v = 0", initial={"n": 1.0},
    )  # fmt: skip
    slow = yg.Dynamics(
        name="unit", equations="v(t+1) = 0.9*v + i + 0.2*n\nn(t+1) = 1", ports=("i",),
        threshold="v > 1", reset="v = 0",
    )  # fmt: skip

    found = yg.difference(run(quick), run(slow))

    assert found is not None
    assert found.suspected[0].startswith("step 0: v differs in 5 unit(s) from the start")
