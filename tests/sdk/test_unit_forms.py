"""Chips whose neuron is a text in their profile: ODIN, TrueNorth and Xylo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from numpy.typing import NDArray

from yuragi import hardware, reference
from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.errors import CapacityError, ProfileError, RunError, UnsupportedError
from yuragi.hardware.profile import Profile, Structure
from yuragi.io.profile_file import profile_text
from yuragi.network import Network
from yuragi.passes.lowering import PASSES
from yuragi.passes.repair import find_repair
from yuragi.passes.weight_types import types_of
from yuragi.recording import Recording

Array = NDArray[Any]
STEPS = 120
TRUENORTH = replace(  # few cores are quick to place
    hardware.load("truenorth"), structure=Structure(tiles=4, mesh=(2, 2))
)
XYLO = hardware.load("xylo_audio2")
ODIN = hardware.load("odin")
INTEGRATE = Dynamics(
    name="integrate",
    equations="v(t+1) = v + i + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    parameters={"bias": 0.05},
)
CURRENT = Dynamics(
    name="current",
    equations="u(t+1) = 0.75*u + i\nv(t+1) = keep*v + 0.75*u + i + bias",
    ports=("i",),
    threshold="v >= 1",
    reset="v -= 1",
    parameters={"keep": 0.9, "bias": 0.01},
)


def network(unit: Dynamics, weights: Array, recurrent: Array | None = None) -> Network:
    rng = np.random.default_rng(0)
    net = Network(seed=1)
    raster = rng.random((STEPS, weights.shape[1])) < 0.3
    net.input("in", weights.shape[1], 1.0 * raster, spiking=True)
    net.population("cells", weights.shape[0], unit)
    net.project("in", "cells", weights=weights, port="i")
    if recurrent is not None:
        net.project("cells", "cells", weights=recurrent, port="i")
        net.population("out", 3, unit)
        net.project("cells", "out", weights=recurrent[:3], port="i")
    for node in net.graph().nodes[1:]:
        for name in (*unit.system.states, "spikes"):
            net.probe(node.name, name)
    return net


def run_both(net: Network, profile: Profile) -> tuple[Any, Recording]:
    """The program and its run, which the reference repeats to the bit."""
    program = compile_network(net, profile=profile)
    run = program.run()
    again = compile_network(net, profile=profile, backend="reference").run()
    for key, trace in run.traces.items():
        assert np.array_equal(trace.values, again.traces[key].values)
    assert run.overflows == again.overflows
    return program, run


def whole(program: Any, source: str, target: str) -> Array:
    """The weights of a projection in integers, exponent included."""
    (edge,) = (e for e in program.graph.edges if (e.source, e.target) == (source, target))
    found: Array = edge.weights.csr().toarray().astype(np.int64) << edge.shift
    return found


def registers(program: Any, name: str) -> dict[str, Array]:
    node = program.graph.node(name)
    return {n: np.broadcast_to(v, node.size) for n, v in node.parameters.items()}


# -- TrueNorth -----------------------------------------------------------------------------------


def alternating(cells: int = 12, inputs: int = 8) -> Array:
    """Two values of weights, as for excitation and inhibition."""
    kept = np.random.default_rng(2).random((cells, inputs)) < 0.6
    return np.where(np.arange(inputs) % 2, 0.5, -0.25) * kept


def test_truenorth_integrates_leaks_and_compares_as_its_makers_wrote() -> None:
    """Cassidy et al., IJCNN 2013: V += sum of weights, V += leak, a spike where V >= alpha."""
    program, run = run_both(network(INTEGRATE, alternating()), TRUENORTH)
    weights = whole(program, "in", "cells")
    set_to = registers(program, "cells")
    arriving = np.vstack([np.zeros(8), run_input(program)]).astype(np.int64)  # a step late
    v = np.zeros(12, dtype=np.int64)
    for step in range(STEPS):
        v = v + weights @ arriving[step] + set_to["leak"]
        fired = v >= set_to["alpha"]
        v = np.where(fired, 0, v)
        assert np.array_equal(run.trace("cells", "v")[step], v)
        assert np.array_equal(run.spikes("cells")[step], fired)
    assert run.spikes("cells").sum() > 100


def run_input(program: Any) -> Array:
    (stimulus,) = (s for s in program.graph.stimuli if s.target == "in")
    values: Array = stimulus.values
    return values


def test_the_threshold_of_an_integer_is_the_next_where_it_is_strict() -> None:
    strict = compile_network(network(INTEGRATE, alternating()), profile=TRUENORTH)
    weak = replace(INTEGRATE, threshold="v >= 1")
    inclusive = compile_network(network(weak, alternating()), profile=TRUENORTH)

    assert registers(strict, "cells")["alpha"][0] == registers(inclusive, "cells")["alpha"][0] + 1


def test_a_potential_stops_at_the_largest_negative_threshold_and_is_counted() -> None:
    steps = 400
    net = Network()
    net.input("in", 8, np.ones((steps, 8)), spiking=True)
    net.population("cells", 1, INTEGRATE)
    net.project("in", "cells", weights=np.full((1, 8), -1.0), port="i")
    net.probe("cells", "v")
    program, run = run_both(net, TRUENORTH)

    assert whole(program, "in", "cells")[0].tolist() == [-128] * 8
    assert run.trace("cells", "v").min() == -262_143
    # (1,024 - 6) a step, from step 1 on
    first = 1 + 262_143 // (8 * 128 - int(registers(program, "cells")["leak"][0]))
    assert run.overflows["cells"]["v"] == steps - first


def test_four_types_of_axons_are_what_a_core_has() -> None:
    ranks = np.arange(1.0, 6.0)
    four = np.tile(ranks[:4] / 8, (3, 2))
    five = np.tile(ranks / 8, (3, 2))

    assert compile_network(network(INTEGRATE, four), profile=TRUENORTH)
    with pytest.raises(CapacityError, match="5 types of weights, the limit is 4"):
        compile_network(network(INTEGRATE, five), profile=TRUENORTH)


def test_axons_share_a_type_where_no_unit_tells_them_apart() -> None:
    weights = scipy.sparse.csc_array(np.array([[1, 0, 2, 1], [0, 3, 3, 4]]))

    assert types_of(weights).tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (
            replace(INTEGRATE, equations="v(t+1) = 0.9*v + i + bias"),
            "v keeps 0.9 of itself in a step; this neuron keeps all of it",
        ),
        (replace(INTEGRATE, refractory=2), "it has refractory steps; this neuron has none"),
        (replace(INTEGRATE, reset="v = 0.5"), "its reset is not v = 0 or v less its threshold"),
        (CURRENT, "this neuron has no current"),
    ],
)
def test_what_truenorth_has_not_is_refused_with_the_reason(unit: Dynamics, reason: str) -> None:
    with pytest.raises(UnsupportedError, match=reason):
        compile_network(network(unit, alternating()), profile=TRUENORTH)


# -- Xylo ----------------------------------------------------------------------------------------


def _decay(value: int, dash: int) -> int:
    """As in xylosim 0.1.3, XyloIAFNeuron.cpp: v >> dash, but at least 1 towards 0."""
    moved = value >> dash
    return moved if moved else (value > 0) - (value < 0)


def _added(x: int, y: int) -> int:
    return max(-32768, min(32767, x + y))


def _evolved(i: int, v: int, arriving: int, most: int, **set_to: int) -> tuple[int, int, int]:
    """One step of a neuron of Xylo: current, potential, spikes."""
    i = _added(i, arriving)
    i -= _decay(i, set_to["dash_i"])
    rise = _added(_added(-_decay(v, set_to["dash_v"]), i), set_to["bias"])
    v, spikes = _added(v, rise), 0
    while v >= set_to["level"] and spikes < most:
        v, spikes = v - set_to["level"], spikes + 1
    return i, v, spikes


def xylo_network() -> Network:
    rng = np.random.default_rng(0)
    return network(CURRENT, rng.normal(0.15, 0.5, (12, 8)), rng.normal(0.0, 0.2, (12, 12)))


def test_xylo_decays_by_shifts_and_fires_up_to_31_times_a_step() -> None:
    """0 of 17,955 values differed from xylosim 0.1.3 on such a network of 400 steps."""
    program, run = run_both(xylo_network(), XYLO)
    inputs = np.vstack([np.zeros(8), run_input(program)]).astype(np.int64)
    weights = {name: whole(program, *name) for name in (("in", "cells"), ("cells", "cells"))}
    weights["cells", "out"] = whole(program, "cells", "out")
    sizes, most = {"cells": 12, "out": 3}, {"cells": 31, "out": 1}
    state = {n: [(0, 0, 0)] * size for n, size in sizes.items()}
    counts = []
    for step in range(STEPS):
        before = np.array([spikes for _, _, spikes in state["cells"]])
        arriving = {
            "cells": weights["in", "cells"] @ inputs[step] + weights["cells", "cells"] @ before,
            "out": weights["cells", "out"] @ before,
        }
        for name, size in sizes.items():
            set_to = registers(program, name)
            state[name] = [
                _evolved(
                    *state[name][k][:2],
                    int(arriving[name][k]),
                    most[name],
                    **{word: int(values[k]) for word, values in set_to.items()},
                )
                for k in range(size)
            ]
            found = np.array(state[name])
            assert np.array_equal(run.trace(name, "u")[step], found[:, 0])
            assert np.array_equal(run.trace(name, "v")[step], found[:, 1])
            assert np.array_equal(run.spikes(name)[step], found[:, 2] > 0)
        counts.append(before.max())
    assert max(counts) > 1
    # 0.9 is kept as 1 - 2^-3, 0.75 as it is
    said = "\n".join(str(entry) for entry in program.log)
    assert "cells: current_decay as a shift, within 0 of what is kept" in said
    assert "cells: voltage_decay as a shift, within 0.025 of what is kept" in said


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (INTEGRATE, "its reset is not v less its threshold"),
        (replace(INTEGRATE, reset="v -= 1"), "this neuron has a current that decays"),
    ],
)
def test_what_xylo_has_not_is_refused_with_the_reason(unit: Dynamics, reason: str) -> None:
    with pytest.raises(UnsupportedError, match=reason):
        compile_network(network(unit, alternating()), profile=XYLO)


@pytest.mark.parametrize(
    ("profile", "unit", "inputs", "limit"),
    [
        (TRUENORTH, INTEGRATE, 257, "257 inputs of a unit, the limit is 256"),
        (XYLO, CURRENT, 64, "64 inputs of a unit, the limit is 63"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_one_input_beyond_the_fan_in_is_refused_by_name(
    profile: Profile, unit: Dynamics, inputs: int, limit: str
) -> None:
    with pytest.raises(CapacityError, match=limit):
        compile_network(network(unit, np.full((4, inputs), 0.25)), profile=profile)


# -- ODIN ----------------------------------------------------------------------------------------

FROM_ZERO = Dynamics(
    name="from_zero",
    equations="v(t+1) = max(v + i - leak, 0)",
    ports=("i",),
    threshold="v >= theta",
    reset="v = 0",
    parameters={"leak": 2.0, "theta": 20.0},
)


def _event(v: int, weight: int, inhibits: bool, theta: int) -> tuple[int, int]:
    """lif_neuron_state.v: an event adds or takes its weight within 8 bits, then the comparison."""
    v = max(v - weight, 0) if inhibits else min(v + weight, 255)
    return (0, 1) if v >= theta else (v, 0)


def by_events(rng: np.random.Generator, v: Array, weights: Array, sent: Array) -> tuple[Any, Any]:
    """A step of ODIN: the leak, what inhibits, then what excites in any order; (v, spikes)."""
    order = rng.permutation(np.flatnonzero(sent))
    after, fired = np.maximum(v - 2, 0), np.zeros(len(v), dtype=np.int64)
    for inhibits in (True, False):
        for source in order:
            for unit in np.flatnonzero(weights[:, source]):
                weight = int(weights[unit, source])
                if (weight < 0) == inhibits:
                    after[unit], spike = _event(int(after[unit]), abs(weight), inhibits, 20)
                    fired[unit] += spike
    return after, fired


def one_sign(rng: np.random.Generator, shape: tuple[int, int], *, alike: bool) -> Array:
    """3 bits, every third source inhibits; alike: all that excite a unit weigh the same."""
    each = rng.integers(1, 6, (shape[0], 1)) if alike else rng.integers(0, 6, shape)
    kept = (rng.random(shape) < 0.7) * np.broadcast_to(each, shape)
    return np.where(np.arange(shape[1]) % 3 == 2, -rng.integers(0, 8, shape), kept) * 1.0


@pytest.mark.parametrize("seed", range(3))
def test_odin_does_what_its_circuit_does_event_by_event_in_any_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = network(FROM_ZERO, one_sign(rng, (12, 8), alike=True))
    program, run = run_both(net, ODIN)
    weights = sum(
        edge.weights.csr().toarray().astype(np.int64)
        for edge in program.graph.edges
        if edge.source == "in"
    )
    arriving = np.vstack([np.zeros(8), run_input(program)])
    v = np.zeros(12, dtype=np.int64)
    for step in range(STEPS):
        v, fired = by_events(rng, v, weights, arriving[step])
        assert np.array_equal(run.trace("cells", "v")[step], v)
        assert np.array_equal(run.spikes("cells")[step], fired == 1)
    assert run.overflows["cells"] == {"order": 0, "second": 0}
    assert run.spikes("cells").sum() >= 30


def test_a_step_of_odin_that_depends_on_the_order_of_its_events_is_counted() -> None:
    """From 14 - 2 = 12 the event of 5 reaches 16 and leaves 3, the event of 3 first leaves 0."""
    assert _event(_event(12, 5, False, 16)[0], 3, False, 16) == (3, 0)
    assert _event(_event(12, 3, False, 16)[0], 5, False, 16) == (0, 1)
    net = Network()
    net.input("in", 2, np.ones((6, 2)), spiking=True)
    net.population("cells", 1, replace(FROM_ZERO, parameters={"leak": 2.0, "theta": 16.0}))
    net.project("in", "cells", weights=np.array([[3.0, 5.0]]), port="i")
    net.probe("cells", "v")
    program, run = run_both(net, ODIN)

    assert run.trace("cells", "v")[:3, 0].tolist() == [0, 8, 14]
    assert run.overflows["cells"] == {"order": 1}
    with pytest.raises(RunError, match="cells: order overflowed in unit 0, step 3"):
        program.run(overflow="raise")


def test_a_source_that_excites_and_inhibits_is_two_on_odin() -> None:
    rng = np.random.default_rng(4)
    net = network(FROM_ZERO, rng.integers(-7, 8, (12, 8)) * 1.0)
    with pytest.raises(CapacityError, match="2 signs of the weights of a unit, the limit is 1"):
        compile_network(net, profile=ODIN)
    found = find_repair(net.graph(), ODIN, PASSES)
    assert found is not None
    free = replace(ODIN, limits={k: v for k, v in ODIN.limits.items() if k != "signs_per_unit"})

    mended, given = (
        reference.run(found.lowered, steps=STEPS),
        compile_network(net, profile=free).run(),
    )

    assert np.array_equal(mended.trace("cells", "v"), given.trace("cells", "v"))


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (INTEGRATE, "v can fall below 0; that of this neuron stops there"),
        (
            replace(FROM_ZERO, equations="v(t+1) = max(v + i + leak, 0)"),
            "it has a bias; this neuron has a leak only",
        ),
        (replace(FROM_ZERO, reset="v -= theta"), "its reset is not v = 0"),
    ],
)
def test_what_odin_has_not_is_refused_with_the_reason(unit: Dynamics, reason: str) -> None:
    with pytest.raises(UnsupportedError, match=reason):
        compile_network(network(unit, alternating()), profile=ODIN)


# -- profiles ------------------------------------------------------------------------------------

NEEDED = [
    ("odin", "weight_bits"),
    ("odin", "threshold_bits"),
    ("odin", "bias_mantissa_bits"),
    ("truenorth", "weight_bits"),
    ("truenorth", "threshold_bits"),
    ("truenorth", "bias_mantissa_bits"),
    ("xylo_audio2", "weight_bits"),
    ("xylo_audio2", "decay_bits"),
    ("xylo_audio2", "threshold_bits"),
    ("xylo_audio2", "bias_mantissa_bits"),
]


@pytest.mark.parametrize(("name", "number"), NEEDED)
def test_a_register_without_a_length_is_refused_by_name(name: str, number: str) -> None:
    profile = hardware.load(name)
    assert profile.numbers is not None
    short = replace(profile, numbers=replace(profile.numbers, **{number: None}))

    with pytest.raises(ProfileError, match=f"states no numbers.{number}, which its neurons need"):
        compile_network(network(INTEGRATE, alternating()), profile=short)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("full = v + arriving + leak", "full = v + arriving + leek", "unknown name 'leek'"),
        ("voltage: v", "voltage: w", "there is no w"),
        ("bits: threshold_bits", "bits: colour_bits", "there is no numbers.colour_bits"),
    ],
)
def test_a_neuron_with_a_mistake_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    path = tmp_path / "chip.yaml"
    text = profile_text(hardware.load("truenorth"))
    assert old in text
    path.write_text(text.replace(old, new))

    with pytest.raises(ProfileError, match=rf"chip.yaml, line \d+, unit.*{reason}"):
        hardware.load(path)
