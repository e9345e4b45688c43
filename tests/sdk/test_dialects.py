"""Dialects of Loihi's compartment: where four tools differ, and each against its own rule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuragi.backend import compile as compile_network
from yuragi.errors import CapacityError, UnsupportedError
from yuragi.network import Network
from yuragi.passes.cuba.dialects import DIALECTS
from yuragi.recording import Recording

WRAP = 2**23


def driven(
    weights: Sequence[int],
    *,
    raster: Any = None,
    steps: int = 6,
    exponent: int = 0,
    sign: str = "mixed",
    refractory: int = 0,
    **registers: int,
) -> Network:
    """One compartment, and inputs that all spike in every step unless a raster says otherwise."""
    spikes = np.ones((steps, len(weights))) if raster is None else np.asarray(raster)
    net = Network()
    net.input("in", len(weights), spikes, spiking=True)
    given = {"delta_u": 4095, "v_th_mant": 2**17 - 1, **registers}
    net.population("c", 1, "loihi_cuba", parameters=given, refractory=refractory)
    net.project("in", "c", weights=[list(weights)], port="i", exponent=exponent, sign=sign)
    for variable in ("u", "v", "spikes"):
        net.probe("c", variable)
    return net


def run(net: Network, dialect: str, **more: Any) -> Recording:
    return compile_network(net, backend="reference", profile="loihi", dialect=dialect).run(**more)


def values(net: Network, variable: str) -> dict[str, list[int]]:
    """The variable of the compartment in every dialect, step by step."""
    return {name: run(net, name).trace("c", variable)[:, 0].tolist() for name in DIALECTS}


def spikes(net: Network, dialect: str) -> list[int]:
    return np.flatnonzero(run(net, dialect).spikes("c")[:, 0]).tolist()


ONCE = [[1]] + 5 * [[0]]


# -- where they give different spikes -------------------------------------------------------------


def test_with_delta_u_0_a_current_still_decays_but_in_brian2_loihi() -> None:
    u = values(driven([64], raster=ONCE, delta_u=0), "u")

    assert u["brian2_loihi"] == [0] + 5 * [4096]
    for name in ("loihi", "lava", "nengo_loihi"):
        assert u[name] == [0, 4096, 4095, 4094, 4093, 4092]


def test_a_voltage_that_keeps_nothing_exists_in_brian2_loihi_only() -> None:
    net = driven([62], raster=ONCE, delta_v=4096)

    assert run(net, "brian2_loihi").trace("c", "v")[:, 0].tolist() == [0, 62 * 64, 0, 0, 0, 0]
    for name in ("loihi", "lava", "nengo_loihi"):
        with pytest.raises(UnsupportedError, match=r"c: delta_v 4096, .* from 0 to 4,095"):
            run(net, name)


def test_a_current_beyond_its_word_wraps_grows_or_wraps_where_it_arrives() -> None:
    # 5 x 128 x 2^7 x 64 = 5,242,880 a step: beyond the 21 bits of an accumulator, not beyond 23
    net = driven(5 * [128], exponent=7, delta_u=0, steps=4)
    arriving = 5 * 128 * 2**13

    u = values(net, "u")

    decayed = arriving * 4095 // 4096
    assert u["brian2_loihi"][:3] == [0, arriving, 2 * arriving]
    assert u["loihi"][:3] == u["lava"][:3] == [0, arriving, decayed + arriving - 2**24]
    assert u["nengo_loihi"][1] == arriving - 2**22


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([128] * 8, {"loihi": -WRAP, "lava": WRAP, "nengo_loihi": 0, "brian2_loihi": WRAP}),
        ([-128] * 8, {"loihi": -WRAP, "lava": WRAP, "nengo_loihi": 0, "brian2_loihi": -WRAP}),
    ],
)
def test_a_sum_of_2_to_the_23_stays_where_lava_is_off_by_one(
    weights: list[int], expected: Mapping[str, int]
) -> None:
    u = values(driven(weights, exponent=7, steps=2), "u")

    assert {name: trace[1] for name, trace in u.items()} == expected


def test_a_voltage_below_0_is_held_at_0_by_nengo_loihi() -> None:
    v = values(driven([-62], raster=ONCE), "v")

    assert v.pop("nengo_loihi") == 6 * [0]
    assert all(trace == [0, *5 * [-62 * 64]] for trace in v.values())


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (-3, {"loihi": -4, "lava": -4, "nengo_loihi": -4, "brian2_loihi": -2}),
        (-5, {"loihi": -6, "lava": -6, "nengo_loihi": -4, "brian2_loihi": -4}),
        (5, {"loihi": 4, "lava": 4, "nengo_loihi": 4, "brian2_loihi": 4}),
        (7, {"loihi": 6, "lava": 6, "nengo_loihi": 8, "brian2_loihi": 6}),
    ],
)
def test_the_lowest_bit_of_a_mixed_weight_is_cut_in_each_tools_way(
    weight: int, expected: Mapping[str, int]
) -> None:
    u = values(driven([weight], raster=ONCE), "u")

    assert {name: trace[1] // 64 for name, trace in u.items()} == expected


def test_a_weight_of_one_sign_keeps_its_lowest_bit() -> None:
    for weight, sign in ((5, "excitatory"), (-5, "inhibitory")):
        u = values(driven([weight], raster=ONCE, sign=sign), "u")

        assert all(trace[1] == 64 * weight for trace in u.values())


def test_a_negative_exponent_rounds_the_sum_in_lava_and_each_weight_elsewhere() -> None:
    net = driven([3, 3, 3, 3], exponent=-2, sign="excitatory", raster=[[1, 1, 1, 1], [0] * 4])

    u = {name: trace[1] // 64 for name, trace in values(net, "u").items()}

    assert u == {"loihi": 0, "lava": 3, "nengo_loihi": 4, "brian2_loihi": 0}


def test_a_voltage_at_the_threshold_is_no_spike_in_any_dialect() -> None:
    at, above = (driven([w], raster=ONCE, v_th_mant=60) for w in (60, 62))

    assert all(not spikes(at, name) for name in DIALECTS)
    assert all(spikes(above, name) == [1] for name in DIALECTS)


def test_a_refractory_register_of_1_skips_no_step() -> None:
    net = driven([64], v_th_mant=1, steps=4)

    assert all(spikes(net, name) == [1, 2, 3] for name in DIALECTS)


def test_one_skipped_step_is_a_register_of_2_and_missing_in_lavas_fixed_point_model() -> None:
    net = driven([64], refractory=1, v_th_mant=1)

    for name in ("loihi", "nengo_loihi", "brian2_loihi"):
        assert spikes(net, name) == [1, 3, 5]
    with pytest.raises(UnsupportedError, match="1 refractory steps are skipped, lava has 0 to 0"):
        run(net, "lava")


def test_a_decay_rounds_towards_zero_not_down() -> None:
    net = driven([-6], raster=ONCE, delta_u=1000)

    for name, u in values(net, "u").items():
        kept = 3096 if name == "brian2_loihi" else 3095
        left = [-384]
        for _ in range(4):
            left.append(-(-left[-1] * kept // 4096))
        assert u == [0, *left]
        assert abs(left[-1]) < math.floor(384 * (kept / 4096) ** 4)


def test_brian2_loihi_has_no_bias() -> None:
    net = driven([64], bias_mant=5)

    with pytest.raises(UnsupportedError, match=r"bias_mant 5, brian2_loihi takes .* from 0 to 0"):
        run(net, "brian2_loihi")


def test_lava_shifts_a_bias_to_the_right_with_its_sign() -> None:
    net = driven([0], bias_mant=-5, bias_exp=-1, steps=2)

    assert run(net, "lava").trace("c", "v")[:, 0].tolist() == [-3, -6, -9, -12, -15, -18][:2]
    with pytest.raises(UnsupportedError, match="bias_exp -1"):
        run(net, "loihi")


def test_a_voltage_far_below_0_stops_where_its_word_ends() -> None:
    # 62 x 2^13 = 507,904 down in every step, from step 1 on
    v = values(driven([-62], exponent=7, steps=30), "v")

    assert v["nengo_loihi"][-1] == 0
    assert v["brian2_loihi"][-1] < -29 * 507_904 < -WRAP
    assert v["loihi"][-1] == v["lava"][-1] == 1 - WRAP


def test_the_weight_that_brian2_loihi_clips_fits_no_word_of_the_chip() -> None:
    """-256 2^7 64 = -2^21 is held at -(2^21 - 64), of 16 bits; with 2^6 it is what it says."""
    for exponent, u in ((6, -(2**20)), (5, -(2**19))):
        net = driven([-256], exponent=exponent, sign="inhibitory", raster=ONCE)
        assert run(net, "brian2_loihi").trace("c", "u")[1, 0] == u

    with pytest.raises(CapacityError, match="16 bits a weight, the limit is 9"):
        run(driven([-256], exponent=7, sign="inhibitory"), "brian2_loihi")


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("register", ["delta_u", "delta_v", "bias_mant", "bias_exp", "v_th_mant"])
def test_the_ends_of_a_register_are_taken_and_one_more_is_refused(name: str, register: str) -> None:
    low, high = getattr(DIALECTS[name], register)
    for value in (low, high):
        run(driven([2], **{register: value}), name)
    for value in (low - 1, high + 1):
        with pytest.raises(UnsupportedError, match=f"c: {register} {value}, {name} takes"):
            run(driven([2], **{register: value}), name)


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("what", ["refractory", "exponent"])
def test_so_are_those_of_refractory_steps_and_exponents(name: str, what: str) -> None:
    low, high = getattr(DIALECTS[name], what)
    for value in (low, high):
        run(driven([2], **{what: value}), name)
    with pytest.raises(UnsupportedError, match=f"{high + 1}.* {name} has {low} to {high}"):
        run(driven([2], **{what: high + 1}), name)


@pytest.mark.parametrize(
    ("name", "last"), [("loihi", 62), ("lava", 62), ("nengo_loihi", 1), ("brian2_loihi", 62)]
)
def test_the_longest_delay_arrives_in_its_step_and_one_more_is_refused(
    name: str, last: int
) -> None:
    def late(delay: int) -> Network:
        net = Network()
        net.input("in", 1, [[1], *([[0]] * 70)], spiking=True)
        net.population("c", 1, "loihi_cuba", parameters={"delta_u": 4095, "v_th_mant": 9000})
        net.project("in", "c", weights=[[2]], port="i", delay=delay)
        net.probe("c", "u")
        return net

    assert np.flatnonzero(run(late(last), name).trace("c", "u")).tolist() == [last]
    with pytest.raises((UnsupportedError, CapacityError), match=rf"delay {last + 1}\b"):
        run(late(last + 1), name)


# -- each against its own rule, on random recurrent networks ---------------------------------------


class Lava:
    """PyLifModelBitAcc and Dense."""

    def arriving(self, groups: Mapping[tuple[str, int, str], list[int]]) -> int:
        total = 0
        for (_, exponent, sign), weights in groups.items():
            cut = [(w >> 1) << 1 if sign == "mixed" else w for w in weights]
            total += sum(cut) << exponent if exponent >= 0 else sum(cut) >> -exponent
        return total << 6

    def step(self, u: int, v: int, a: int, r: Mapping[str, int]) -> tuple[int, int]:
        top = 2**23
        u = int(math.copysign(1, u)) * (abs(u) * (4096 - (r["delta_u"] + 1)) >> 12) + a
        wrapped = u - 2 * top if u > top else u
        u = u + 2 * top if wrapped <= -top else wrapped
        v = int(math.copysign(1, v)) * (abs(v) * (4096 - r["delta_v"]) >> 12)
        return u, max(-top + 1, min(top - 1, v + u + (r["bias_mant"] << r["bias_exp"])))


class Loihi(Lava):
    """The same with a word of two's complement and an exponent on each weight."""

    def arriving(self, groups: Mapping[tuple[str, int, str], list[int]]) -> int:
        total = 0
        for (_, exponent, sign), weights in groups.items():
            for w in weights:
                even = w - w % 2 if sign == "mixed" else w
                total += math.floor(even * 2.0**exponent)
        return 64 * total

    def step(self, u: int, v: int, a: int, r: Mapping[str, int]) -> tuple[int, int]:
        u = math.trunc(u * (4095 - r["delta_u"]) / 4096) + a
        u = (u + 2**23) % 2**24 - 2**23
        v = math.trunc(v * (4096 - r["delta_v"]) / 4096) + u + r["bias_mant"] * 2 ** r["bias_exp"]
        return u, min(max(v, 1 - 2**23), 2**23 - 1)


class NengoLoihi:
    """The emulator's interface.py with discretize_weights."""

    def arriving(self, groups: Mapping[tuple[str, int, str], list[int]]) -> int:
        return sum(
            self.weight(w, int(sign == "mixed"), exponent)
            for (_, exponent, sign), weights in groups.items()
            for w in weights
        )

    def weight(self, w: int, s: int, exponent: int) -> int:
        m = 2 ** (8 - s) - 1
        held = max(-m, min(m, round(w / 2**s)))
        s2 = s + exponent
        if s2 < 0:
            held = max(-m, min(m, round(held * 2.0**s2) * 2**-s2))
        return (held << s2 if s2 >= 0 else held >> -s2) << 6

    def overflow(self, x: int, bits: int) -> int:
        mask = 1 << bits
        return (x & (mask - 1)) - (x & mask)

    def step(self, u: int, v: int, a: int, r: Mapping[str, int]) -> tuple[int, int]:
        q0 = self.overflow(a, 21)
        u = (u > 0) * (abs(u) * (4095 - r["delta_u"]) >> 12) - (u < 0) * (
            abs(u) * (4095 - r["delta_u"]) >> 12
        )
        u = self.overflow(u + q0, 23)
        u2 = self.overflow(u + (r["bias_mant"] << r["bias_exp"]), 23)
        decayed = abs(v) * (4096 - r["delta_v"]) >> 12
        return u, max(0, min(2**23 - 1, (decayed if v >= 0 else -decayed) + u2))


class Brian2Loihi:
    """The equations of LoihiNeuronGroup; I after the decay of a step, before its synapses."""

    def arriving(self, groups: Mapping[tuple[str, int, str], list[int]]) -> int:
        limit = 2**21 - 2**6
        total = 0
        for (_, exponent, sign), weights in groups.items():
            precision = 2 if sign == "mixed" else 1
            for w in weights:
                scaled = int(w / precision) * precision * 2 ** (6.0 + exponent)
                total += max(-limit, min(limit, math.floor(scaled / 64) * 64))
        return total

    def step(self, u: int, v: int, a: int, r: Mapping[str, int]) -> tuple[int, int]:
        def lost(x: int, delta: int) -> int:
            return (1 if x >= 0 else -1) * -(-abs(x) * delta // 4096)

        u = u - lost(u, r["delta_u"]) + a
        return u, v - lost(v, r["delta_v"]) + u


TOOLS: Mapping[str, Any] = {
    "loihi": Loihi(),
    "lava": Lava(),
    "nengo_loihi": NengoLoihi(),
    "brian2_loihi": Brian2Loihi(),
}
Link = tuple[str, np.ndarray, int, str, int]
STEPS = 200


def links(rng: np.random.Generator, name: str, inputs: int, size: int) -> list[Link]:
    """Projections from the inputs and among the units: source, weights, exponent, sign, delay."""
    found: list[Link] = []
    for _ in range(3):
        source = "in" if rng.random() < 0.6 or not found else "c"
        sign = str(rng.choice(["mixed", "excitatory", "inhibitory"], p=[0.6, 0.25, 0.15]))
        low, high = {"mixed": (-255, 255), "excitatory": (0, 256), "inhibitory": (-255, 1)}[sign]
        weights = rng.integers(low, high, (size, inputs if source == "in" else size))
        weights *= rng.random(weights.shape) < 0.7
        delay = 1 if name == "nengo_loihi" else int(rng.integers(1, 4))
        exponent = int(rng.integers(-8, 8))
        if any((s, e) == (source, exponent) for s, _, e, _, _ in found):
            exponent = 1 if exponent in (-8, 0) else -exponent
        found.append((source, weights, exponent, sign, delay))
    return found


def registers(rng: np.random.Generator, name: str, size: int) -> dict[str, np.ndarray]:
    bias = 0 if name == "brian2_loihi" else 4000
    return {
        "delta_u": rng.choice([0, 1, 40, 700, 4000, 4095], size),
        "delta_v": rng.choice([0, 3, 128, 2000, 4095], size),
        "bias_mant": rng.integers(-bias, bias + 1, size),
        "bias_exp": np.full(size, 0) if not bias else rng.integers(0, 8, size),
        "v_th_mant": rng.choice([1, 50, 3000, 60_000, 131_071], size),
    }


def emulated(
    name: str,
    raster: np.ndarray,
    connected: Sequence[Link],
    held: Mapping[str, np.ndarray],
    refractory: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u, v, spikes of a tool's rule, unit by unit in Python's own integers."""
    tool, size = TOOLS[name], len(held["delta_u"])
    us, vs = (np.zeros((STEPS, size), dtype=object) for _ in range(2))
    fired = np.zeros((STEPS, size), dtype=bool)
    u, v, wait = [0] * size, [0] * size, [0] * size
    sent = {"in": raster.astype(bool), "c": fired}
    for t in range(STEPS):
        for i in range(size):
            groups: dict[tuple[str, int, str], list[int]] = {}
            for k, (source, weights, exponent, sign, delay) in enumerate(connected):
                active = np.flatnonzero(sent[source][t - delay]) if t >= delay else ()
                group = groups.setdefault((f"{source} {k}", exponent, sign), [])
                group += [int(weights[i, j]) for j in active]
            own = {key: int(value[i]) for key, value in held.items()}
            u[i], new = tool.step(u[i], v[i], tool.arriving(groups), own)
            if wait[i]:
                wait[i] -= 1
            else:
                v[i] = new
                if new > own["v_th_mant"] << 6:
                    v[i], wait[i], fired[t, i] = 0, refractory, True
        us[t], vs[t] = u, v
    return us, vs, fired


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_dialect_is_its_tools_rule_on_random_networks(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs, size = int(rng.integers(1, 6)), int(rng.integers(1, 5))
    raster = rng.random((STEPS, inputs)) < rng.choice([0.05, 0.3, 0.8])
    connected, held = links(rng, name, inputs, size), registers(rng, name, size)
    refractory = 0 if name == "lava" else int(rng.choice([0, 3]))
    net = Network()
    net.input("in", inputs, raster, spiking=True)
    net.population("c", size, "loihi_cuba", parameters=held, refractory=refractory)
    for source, weights, exponent, sign, delay in connected:
        net.project(
            source, "c", weights=weights, port="i", delay=delay, exponent=exponent, sign=sign
        )
    for variable in ("u", "v", "spikes"):
        net.probe("c", variable)

    u, v, fired = emulated(name, raster, connected, held, refractory)

    for backend in ("reference", "chip"):
        found = compile_network(net, backend=backend, profile="loihi", dialect=name).run()
        assert np.array_equal(found.trace("c", "u"), u), backend
        assert np.array_equal(found.trace("c", "v"), v), backend
        assert np.array_equal(found.spikes("c"), fired), backend
