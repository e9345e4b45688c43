"""Every limit, broken: a repair that was applied, measured and priced, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from yuragi.dynamics import Dynamics
from yuragi.errors import CapacityError
from yuragi.graph import Graph
from yuragi.hardware import Constant, Profile, load
from yuragi.network import Network
from yuragi.passes.check import check_report
from yuragi.passes.limits import LIMITS
from yuragi.passes.lowering import PASSES, lower
from yuragi.passes.pipeline import run_passes
from yuragi.passes.pruning import removed_share
from yuragi.passes.repair import find_repair

LOIHI2 = load("loihi2")
LIF = Dynamics(
    name="lif",
    equations="v(t+1) = 0.9*v + i + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    parameters={"bias": 0.3},
)
TANH = Dynamics(name="tanh", equations="y = tanh(i)", ports=("i",), output="y")


def limited(**limits: float) -> Profile:
    """Loihi 2 with other limits."""
    model: Constant = LOIHI2.limits["units_per_core"]
    changed = {
        name: replace(model, value=float(value), low=0.0, high=1e12)
        for name, value in limits.items()
    }
    return replace(LOIHI2, limits={**LOIHI2.limits, **changed})


def recurrent(size: int = 24) -> Graph:
    """All to all, and a read-out."""
    rng = np.random.default_rng(0)
    net = Network(seed=1)
    net.population("a", size, LIF)
    net.population("b", 4, LIF)
    net.project("a", "a", weights=rng.normal(size=(size, size)), port="i", delay=3)
    net.project("a", "b", weights=rng.normal(size=(4, size)) * 8, port="i")
    net.stimulate("a", rng.random((20, size)), port="i")
    return net.graph()


def tables() -> Graph:
    net = Network()
    net.population("a", 4, TANH)
    net.stimulate("a", np.linspace(-3.0, 3.0, 40)[:, None] * np.ones(4), port="i")
    return net.graph()


def many() -> Graph:
    """Twelve populations of two units."""
    net = Network()
    for k in range(12):
        net.population(f"p{k}", 2, LIF)
        net.stimulate(f"p{k}", np.ones((3, 2)), port="i")
    return net.graph()


def integers(**edge: Any) -> Graph:
    """The first projection in integers, with something of it changed."""
    graph, _ = run_passes(recurrent(), LOIHI2, PASSES[:4])
    return replace(graph, edges=(replace(graph.edges[0], **edge), *graph.edges[1:]))


def wide() -> Graph:
    weights = integers().edges[0].weights
    return integers(weights=weights.changed(weights.values().astype(np.int16) * 4))


def far_out() -> Graph:
    graph = integers()
    first = graph.nodes[0]
    start = dict.fromkeys(first.initial, np.asarray(2**29))
    return replace(graph, nodes=(replace(first, initial=start), *graph.nodes[1:]))


def small_chip(**limits: float) -> Profile:
    """A chip of eight cores."""
    profile = limited(**limits)
    return replace(profile, structure=replace(profile.structure, tiles=2, mesh=(2, 1), chips=4))


MENDED: dict[str, tuple[Callable[[], Graph], Profile, str]] = {
    "units_per_core": (recurrent, limited(units_per_core=5), ""),
    "synapses_per_core": (recurrent, limited(synapses_per_core=100), "split"),
    "synapse_bits_per_core": (recurrent, limited(synapse_bits_per_core=120), "prune"),
    "axons_in_per_core": (recurrent, limited(axons_in_per_core=5), "prune"),
    "axons_out_per_core": (recurrent, limited(axons_out_per_core=12), ""),
    "table_bits_per_core": (tables, limited(table_bits_per_core=3000), "tables"),
    "fan_in": (recurrent, limited(fan_in=10), "prune"),
    "fan_out": (recurrent, limited(fan_out=10), "prune"),
    "fan_out_cores_max": (
        recurrent,
        limited(fan_out_cores_max=1, units_per_core=16),
        "keeps its targets on 1 core(s)",
    ),
    "signs_per_unit": (recurrent, limited(signs_per_unit=1), "copy: "),
    "delay_min": (recurrent, limited(delay_min=2), "arrive after 2 steps"),
    "delay_max": (recurrent, limited(delay_max=2), "relay"),
    "weight_bits": (wide, LOIHI2, "re-scale"),
    "state_bits": (far_out, LOIHI2, "start within 24 bits"),
    "weight_exponent_max": (lambda: integers(shift=9), LOIHI2, "by 2^-2"),
}
BEYOND: dict[str, tuple[Callable[[], Graph], Profile]] = {
    "chips_max": (many, small_chip(chips_max=1, units_per_core=2)),
    "operations_per_update": (many, limited(operations_per_update=1)),
    "inputs_max": (many, limited(inputs_max=1)),
    "outputs_max": (many, limited(outputs_max=1)),
    "weight_types_per_core": (recurrent, limited(weight_types_per_core=4)),
}


def test_every_limit_has_a_case() -> None:
    assert MENDED.keys() | BEYOND.keys() == LIMITS.keys()


@pytest.mark.parametrize("code", MENDED)
def test_a_broken_limit_is_mended_measured_again_and_priced(code: str) -> None:
    make, profile, word = MENDED[code]
    found = find_repair(make(), profile, PASSES)
    if not word and found is None:
        # Parts are cut so that it holds from the start.
        lowered, _ = lower(make(), profile)
        assert not check_report(lowered, profile).violations
        return
    assert found is not None

    assert word in "; ".join(found.actions)
    assert not check_report(found.lowered, profile).violations
    assert any("core(s)" in cost for cost in found.costs)
    assert any("J in the calibration run" in cost for cost in found.costs)


def test_parts_that_are_small_enough_for_one_limit_may_be_so_for_another() -> None:
    net = Network()
    net.population("a", 64, LIF)
    near = np.abs(np.subtract.outer(np.arange(64), np.arange(64)))
    net.project("a", "a", weights=0.1 * ((near > 0) & (near < 3)), port="i")
    tight = limited(axons_in_per_core=24, axons_out_per_core=36)

    lowered, log = lower(net.graph(), tight)

    assert not check_report(lowered, tight).violations
    assert any("split: a in parts of" in str(entry) for entry in log)


def test_weights_that_are_left_out_one_after_the_other_are_lost_once() -> None:
    found = find_repair(recurrent(), limited(fan_in=4, fan_out=3), PASSES)
    assert found is not None
    (said,) = (cost for cost in found.costs if cost.startswith("weight error "))

    lost = removed_share(recurrent(), found.graph)

    assert float(said.removeprefix("weight error ").rstrip("%")) == pytest.approx(
        100 * lost, abs=0.01
    )


@pytest.mark.parametrize("code", BEYOND)
def test_a_limit_that_nothing_mends_is_refused_with_the_reason(code: str) -> None:
    make, profile = BEYOND[code]
    with pytest.raises(CapacityError, match=rf"no repair is known[^\n]*:\n    {code}: \w+"):
        lower(make(), profile)


def test_an_exponent_beyond_the_limit_is_taken_into_the_weights() -> None:
    found = find_repair(integers(shift=9), LOIHI2, PASSES)
    assert found is not None
    before, after = integers(shift=9).edges[0], found.graph.edges[0]
    exact = np.clip(before.weights.values().astype(int) * 4, -127, 127)
    assert after.shift == 7
    assert np.array_equal(after.weights.values(), exact)
    assert any("weight error" in cost for cost in found.costs)
