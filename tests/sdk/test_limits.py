"""Limits: each is measured, a network one unit beyond is refused by name, repairs hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuragi import hardware, reference
from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.errors import CapacityError, UnsupportedError
from yuragi.graph import Graph
from yuragi.hardware import Constant, Profile, load
from yuragi.network import Network
from yuragi.passes.check import Check, CheckReport, check_report
from yuragi.passes.limits import AT_LEAST, LIMITS, delay_limit, stated_limit
from yuragi.passes.lowering import PASSES, lower
from yuragi.passes.pipeline import run_passes
from yuragi.passes.pruning import pruned
from yuragi.passes.relays import with_relays
from yuragi.passes.repair import find_repair
from yuragi.passes.split import Split
from yuragi.passes.synapse_memory import held_synapses
from yuragi.wiring.convolution import conv2d
from yuragi.wiring.maps import as_map

LOIHI, LOIHI2 = load("loihi"), load("loihi2")
WITHOUT_CHECK = tuple(step for step in PASSES if not isinstance(step, Check))
LIF = Dynamics(
    name="lif",
    equations="v(t+1) = 0.9*v + i + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    parameters={"bias": 0.3},
)
INTEGRATE = replace(LIF, equations="v(t+1) = v + i + bias")
CURRENT = Dynamics(
    name="current",
    equations="u(t+1) = 0.75*u + i\nv(t+1) = 0.5*v + 0.75*u + i",
    ports=("i",),
    threshold="v >= 1",
    reset="v -= 1",
)
FROM_ZERO = replace(LIF, equations="v(t+1) = max(v + i - bias, 0)")
HAS = {"odin": FROM_ZERO, "truenorth": INTEGRATE, "xylo_audio2": CURRENT}
TANH = Dynamics(name="tanh", equations="y = tanh(i)", ports=("i",), output="y")


def constant(value: float, unit: str = "unit", low: float = -1e3) -> Constant:
    found = LOIHI.limits["units_per_core"]
    return replace(found, value=float(value), low=low, high=1e12, unit=unit)


def limited(profile: Profile, **limits: float) -> Profile:
    """The profile with other limits; names of number formats change those."""
    changed = {name: constant(value) for name, value in limits.items() if name not in _NUMBERS}
    numbers = profile.numbers
    if numbers is not None:
        formats: dict[str, Any] = {n: constant(v) for n, v in limits.items() if n in _NUMBERS}
        numbers = replace(numbers, **formats)
    return replace(profile, limits={**profile.limits, **changed}, numbers=numbers)


_NUMBERS = ("weight_bits", "weight_exponent_max", "state_bits")


def recurrent(size: int = 24, delay: int = 3, unit: Dynamics = LIF, seed: int = 0) -> Graph:
    """All to all, and a read-out; few weights and short delays where a chip has no more."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(size, size)), rng.normal(size=(4, size)) * 8]
    if unit in (INTEGRATE, FROM_ZERO):
        weights = [np.where(np.arange(size) % 2, 1.0, -0.5) * np.ones_like(w) for w in weights]
    delay = 1 if unit is CURRENT else delay
    net = Network(seed=1)
    net.population("a", size, unit)
    net.population("b", 4, unit)
    net.project("a", "a", weights=weights[0], port="i", delay=delay)
    net.project("a", "b", weights=weights[1], port="i")
    net.stimulate("a", rng.random((20, size)), port="i")
    return net.graph()


def emulated() -> Iterator[tuple[str, str]]:
    """Every stated limit of every chip, emulated or not."""
    for name in hardware.names():
        profile = load(name)
        if profile.kind == "neuromorphic":
            for code in LIMITS:
                if stated_limit(profile, code) is not None:
                    yield name, code


STATED = list(emulated())
FLOATS = {name for name, _ in STATED if load(name).not_emulated or load(name).numbers is None}
# Bits of weights and states are those of integers; chips that are not emulated keep floats.
CASES = [c for c in STATED if c[0] not in FLOATS or c[1] not in ("weight_bits", "state_bits")]


def test_every_chip_states_limits() -> None:
    chips = {name for name in hardware.names() if load(name).kind == "neuromorphic"}
    assert {name for name, _ in CASES} == chips
    assert len(CASES) >= 45


@pytest.mark.parametrize("case", [c for c in STATED if c not in CASES], ids=str)
def test_a_limit_of_integers_is_unchecked_where_floats_are_kept(case: tuple[str, str]) -> None:
    name, code = case
    lowered, _ = run_passes(recurrent(), load(name), WITHOUT_CHECK)
    assert code in check_report(lowered, load(name)).unchecked


def fullest(report: CheckReport, code: str) -> int:
    found = [h.found for h in (*report.headroom, *report.violations) if h.code == code]
    return min(found) if code in AT_LEAST else max(found)


@pytest.mark.parametrize(("name", "code"), CASES)
def test_one_beyond_a_stated_limit_is_a_violation_that_names_it(name: str, code: str) -> None:
    profile = load(name)
    unit = HAS.get(name, LIF)
    lowered, _ = run_passes(recurrent(unit=unit), profile, WITHOUT_CHECK)
    taken = fullest(check_report(lowered, profile), code)
    step = 1 if code in AT_LEAST else -1
    tight = limited(profile, **{code: taken + step})
    exact = limited(profile, **{code: taken})

    broken = [v for v in check_report(lowered, tight).violations if v.code == code]

    assert broken
    assert all((v.limit - v.found) * step > 0 and code in str(v) and v.repair for v in broken)
    assert not [v for v in check_report(lowered, exact).violations if v.code == code]


@settings(max_examples=15, deadline=None)
@given(case=st.sampled_from(CASES), size=st.integers(2, 30), below=st.integers(1, 3))
def test_a_network_beyond_a_limit_is_refused_by_name_or_made_to_hold_it(
    case: tuple[str, str], size: int, below: int
) -> None:
    name, code = case
    profile = load(name)
    if profile.dynamics == ("chaotic_neuron",):
        profile = replace(profile, dynamics="any")
    unit = HAS.get(name, LIF)
    lowered, _ = run_passes(recurrent(size, unit=unit), profile, WITHOUT_CHECK)
    taken = fullest(check_report(lowered, profile), code)
    beyond = taken + below if code in AT_LEAST else max(taken - below, 1)
    tight = limited(profile, **{code: beyond})
    said, found = "", None
    try:
        found, _ = lower(recurrent(size, unit=unit), tight)
    except (CapacityError, UnsupportedError) as problem:
        said = str(problem)

    if found is None:
        mended = profile.not_emulated and "Its limits were checked and hold" in said
        # smaller parts hold fewer units and are on more cores than a unit can reach
        parted = code == "units_per_core" and "fan_out_cores_max" in said
        assert code in said or code.split("_")[0] in said or mended or parted
    else:
        assert not check_report(found, tight).violations


@pytest.mark.parametrize("code", ["fan_in", "fan_out", "operations_per_update", "chips_max"])
def test_limits_of_other_chips_are_refused_by_name_too(code: str) -> None:
    with pytest.raises(CapacityError, match=code):
        lower(recurrent(), limited(LOIHI2, **{code: 0}))


def test_tables_are_counted_once_a_core() -> None:
    graph = recurrent(unit=TANH)
    lowered, _ = run_passes(graph, LOIHI2, WITHOUT_CHECK)
    knots = [len(t) - 2 for t in lowered.node("a").dynamics.tables.values()]

    with pytest.raises(CapacityError, match=rf"{knots[0] * 24:,} bits of tables, the limit is 1 "):
        lower(graph, limited(LOIHI2, table_bits_per_core=1))


def test_what_a_profile_does_not_state_is_listed_as_unchecked() -> None:
    lowered, _ = lower(recurrent(), LOIHI2)
    unknown = limited(LOIHI2, colours_max=3)

    assert {"fan_in", "fan_out", "operations_per_update"} <= set(
        check_report(lowered, LOIHI2).unchecked
    )
    assert "colours_max" in check_report(lowered, unknown).unchecked


def test_integers_that_are_given_are_held_to_the_words_of_the_chip() -> None:
    lowered, _ = lower(recurrent(), LOIHI2)
    edge = lowered.edges[0]
    wide = edge.weights.changed(edge.weights.values().astype(np.int16) * 2)
    heavy = replace(lowered, edges=(replace(edge, weights=wide, shift=9), *lowered.edges[1:]))

    with pytest.raises(CapacityError) as refused:
        Check().apply(heavy, LOIHI2)

    found = {v.code: (v.found, v.limit) for v in refused.value.violations}
    assert found == {"weight_bits": (9, 8), "weight_exponent_max": (9, 7)}


# -- synapse memory ------------------------------------------------------------------------------


@pytest.mark.parametrize(("density", "encoding"), [(0.05, "sparse"), (1.0, "dense")])
def test_the_cheapest_encoding_is_taken_and_named(density: float, encoding: str) -> None:
    rng = np.random.default_rng(2)
    net = Network()
    net.population("a", 64, LIF)
    weights = np.where(rng.random((64, 64)) < density, 1.0, 0.0)
    net.project("a", "a", weights=weights, port="i")
    lowered, log = lower(net.graph(), LOIHI2)
    assert lowered.placement is not None
    (held,) = held_synapses(lowered, lowered.placement, LOIHI2)
    sources = np.count_nonzero(weights.any(axis=0))

    assert held.encoding == encoding
    assert held.bits == {"sparse": held.synapses * (8 + 6), "dense": int(sources) * 64 * 8}
    assert f"a -> a.i: {encoding}, {held.cheapest:,} bits of synapses" in str(log[-1])


def test_each_core_takes_its_own_encoding() -> None:
    weights = np.zeros((64, 64))
    weights[:32] = 1.0
    weights[32:, 0::16] = np.eye(32, 4)
    net = Network()
    net.population("a", 64, LIF)
    net.project("a", "a", weights=weights, port="i")
    _, log = lower(net.graph(), limited(LOIHI2, units_per_core=32))

    assert "dense on 1 core(s) and sparse on 1 core(s)" in str(log[-1])


def test_a_kernel_is_held_once_where_a_map_offers_it() -> None:
    graph = recurrent()
    lowered, _ = lower(graph, LOIHI2)
    assert lowered.placement is not None
    plain = held_synapses(lowered, lowered.placement, LOIHI2)

    assert all("convolution" not in each.bits for each in plain)
    assert as_map(np.ones((2, 2))).shared_weights is None


@pytest.mark.parametrize("channels", [1, 4])
def test_a_convolution_is_held_as_its_kernel_where_that_is_the_cheapest(channels: int) -> None:
    kernel = np.random.default_rng(0).normal(size=(channels, 1, 3, 3))
    weights = conv2d(kernel, (10, 10))
    net = Network()
    net.population("image", 100, TANH)
    net.population("found", weights.shape[0], TANH)
    net.project("image", "found", weights=weights, port="i")
    net.stimulate("image", np.random.default_rng(1).normal(size=(20, 100)), port="i")
    lowered, log = lower(net.graph(), LOIHI2)
    assert lowered.placement is not None

    (held,) = held_synapses(lowered, lowered.placement, LOIHI2)

    synapses, units = channels * 64 * 9, channels * 64
    index = int(np.ceil(np.log2(units)))
    assert held.bits == {
        "sparse": synapses * (8 + index),
        "dense": 100 * units * 8,
        "convolution": channels * 9 * 8,
    }
    assert (held.encoding, held.cheapest) == ("convolution", channels * 9 * 8)
    assert "convolution" in str(log[-1])


# -- delays --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("units", "delay"), [(1, 62), (132, 62), (256, 32), (1024, 8), (4096, 8)])
def test_fuller_cores_of_loihi_have_shorter_delays(units: int, delay: int) -> None:
    assert delay_limit(LOIHI, units) == delay
    assert delay_limit(LOIHI2, units) == 62


def test_a_population_with_long_delays_is_cut_into_parts_that_hold_them() -> None:
    net = Network()
    net.population("a", 600, LIF)
    net.project("a", "a", weights=np.eye(600), port="i", delay=40)
    lowered, _ = lower(net.graph(), LOIHI)
    assert lowered.placement is not None

    assert max(part.size for part in lowered.placement.parts) <= 8192 // 40


@pytest.mark.parametrize("unit", [LIF, TANH], ids=["spikes", "values"])
@pytest.mark.parametrize("delay", [62, 63, 124, 125, 200])
def test_relays_deliver_the_same_in_the_same_step(unit: Dynamics, delay: int) -> None:
    graph = replace(recurrent(6, delay, unit), probes=())
    relayed, names = with_relays(graph, 62)
    seen: list[list[np.ndarray]] = []
    for each in (graph, relayed):
        kept: list[np.ndarray] = []

        def observe(name: str, values: dict[str, np.ndarray], kept: Any = kept) -> None:
            if name == "a":
                kept.append(values[unit.system.variables[0]].copy())

        reference.run(each, steps=260, observe=observe)
        seen.append(kept)

    assert len(names) == (delay - 1) // 62
    assert all(edge.delay <= 62 for edge in relayed.edges)
    assert np.allclose(*seen, rtol=1e-12, atol=1e-12)


# -- repairs -------------------------------------------------------------------------------------


def test_a_delay_beyond_the_limit_is_refused_with_a_repair_that_was_applied() -> None:
    with pytest.raises(CapacityError) as refused:
        compile_network(recurrent(delay=70), profile="loihi")

    text = str(refused.value)
    assert "a -> a.i (delay 70): 70 steps of delay, the limit is 62 (delay_max)" in text
    assert "every limit holds then: relay: a-relay1" in text
    assert "24 more units" in text
    assert "0 steps later" in text
    assert "J in the calibration run" in text


def test_axons_are_split_without_being_asked_and_the_log_says_so() -> None:
    net = Network()
    net.population("a", 64, LIF)
    net.project("a", "a", weights=np.eye(64), port="i")
    program = compile_network(net, profile=limited(LOIHI2, axons_in_per_core=10))

    assert program.log[-1].name == "repair"
    assert "split: a in parts of" in str(program.log[-1])
    assert not check_report(program.graph, limited(LOIHI2, axons_in_per_core=10)).violations


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        ({"fan_in": 10}, "prune: a keeps its largest inputs"),
        ({"fan_out": 10}, "prune: a keeps its largest targets"),
        ({"axons_in_per_core": 5}, "prune: a keeps its largest inputs"),
        ({"synapse_bits_per_core": 120}, "prune: a keeps its largest inputs"),
        ({"fan_in": 10, "delay_max": 2}, "relay: a-relay1"),
    ],
)
def test_repairs_hold_every_limit_and_have_a_price(limits: dict[str, int], word: str) -> None:
    tight = limited(LOIHI2, **limits)
    found = find_repair(recurrent(), tight, PASSES)
    assert found is not None

    again, _ = lower(found.graph, tight)

    assert word in "; ".join(found.actions)
    assert not found.same
    assert not check_report(found.lowered, tight).violations
    assert not check_report(again, tight).violations
    assert any("core(s)" in cost for cost in found.costs)


def test_integer_weights_that_are_too_wide_lose_their_lowest_bits() -> None:
    lowered, _ = run_passes(recurrent(), LOIHI2, PASSES[:4])
    edge = lowered.edges[0]
    wide = edge.weights.changed(edge.weights.values().astype(np.int16) * 4 + 1)
    heavy = replace(
        lowered, edges=(replace(edge, weights=wide, scale=edge.scale / 4), *lowered.edges[1:])
    )
    found = find_repair(heavy, LOIHI2, PASSES)
    assert found is not None
    mended = found.graph.edges[0]

    assert mended.shift == edge.shift + 2
    assert np.abs(mended.weights.values()).max() <= 127
    assert np.allclose(
        mended.weights.values() * mended.scale, wide.values() * edge.scale / 4, atol=edge.scale / 2
    )
    assert "re-scale: a -> a.i (delay 3) by 2^2" in str(found)
    assert any("weight error" in cost for cost in found.costs)


def test_tables_that_are_too_large_get_fewer_segments() -> None:
    net = Network()
    net.population("a", 4, TANH)
    net.stimulate("a", np.linspace(-3.0, 3.0, 40)[:, None] * np.ones(4), port="i")
    found = find_repair(net.graph(), limited(LOIHI2, table_bits_per_core=3000), PASSES)

    assert found is not None
    assert "tables: " in str(found)


def test_too_many_chips_have_no_repair_and_the_refusal_says_so() -> None:
    with pytest.raises(CapacityError, match="no repair is known with which every limit holds"):
        lower(recurrent(), limited(LOIHI2, chips_max=0))


def test_pruning_keeps_the_largest_and_states_the_error() -> None:
    net = Network()
    net.population("a", 3, LIF)
    net.population("b", 1, LIF)
    net.project("a", "b", weights=[[3.0, -4.0, 0.5]], port="i")
    net.project("b", "b", weights=[[1.0]], port="i")
    graph = pruned(net.graph(), "b", {0: 2})

    assert [e.weights.csr().toarray().tolist() for e in graph.edges] == [
        [[3.0, -4.0, 0.0]],
        [[0.0]],
    ]


def test_a_unit_that_is_too_large_alone_is_listed_with_everything_else() -> None:
    tight = limited(LOIHI2, synapse_bits_per_core=100, delay_max=2)
    lowered, _ = run_passes(recurrent(), tight, WITHOUT_CHECK)
    codes = {violation.code for violation in check_report(lowered, tight).violations}

    assert codes == {"synapse_bits_per_core", "delay_max"}
    assert Split(max_units=5).apply(recurrent(), tight).placement is not None
