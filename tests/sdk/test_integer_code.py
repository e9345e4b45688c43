"""Integers for any equations: formats, tables, noise and what the log says of each."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from yuragi.backend import Program
from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.equations.functions import FUNCTIONS, lookup
from yuragi.equations.tables import make_tables, smooth
from yuragi.errors import BackendError, GraphError, UnsupportedError
from yuragi.network import Network
from yuragi.recording import Recording

LINEAR = Dynamics(name="linear", equations="v(t+1) = 0.5*v + i", ports=("i",), output="v")
FIRING = Dynamics(name="u", equations="v(t+1) = i", ports=("i",), threshold="v > 1", reset="v = 0")


def one(unit: Dynamics | str, size: int = 1, **options: Any) -> Network:
    net = Network(seed=5)
    net.population("c", size, unit, **options)
    return net


def log_of(program: Program) -> str:
    return "\n".join(str(entry) for entry in program.log)


def both(net: Network, steps: int, **options: Any) -> tuple[Recording, Recording]:
    """A run on the reference and on the emulated chip."""
    runs = [
        compile_network(net, backend=name, profile="loihi2", **options).run(steps=steps)
        for name in ("reference", "chip")
    ]
    return runs[0], runs[1]


# -- formats -------------------------------------------------------------------------------------


def test_a_format_by_hand_is_the_format() -> None:
    net = one(LINEAR)
    net.stimulate("c", np.ones((4, 1)), port="i")
    program = compile_network(net, profile="loihi2", formats={"c.v": 12})

    assert program.graph.node("c").scales["v"] == 2.0**-12
    assert "c.v: 24 bits in steps of 0.000244 (12 fraction bits by hand)" in log_of(program)


def test_a_format_that_is_too_fine_saturates_and_the_log_says_so() -> None:
    net = one(LINEAR)
    net.stimulate("c", np.full((20, 1), 4.0), port="i")
    net.probe("c", "v")
    program = compile_network(net, profile="loihi2", formats={"c.v": 22})

    assert program.run().trace("c", "v").max() == 2**23 - 1
    assert "saturates at +-2; the calibration run went further" in log_of(program)


@pytest.mark.parametrize(("leak", "error"), [(1.0, 0.0), (0.875, 8.0)])
def test_a_reset_that_subtracts_keeps_the_surplus_of_a_strong_input(
    leak: float, error: float
) -> None:
    """v nears 20 and is below 10 after each reset, of which half again would be a word to 16.

    error: in steps of the format; each step rounds by one at most, and keeps 7/8 of its error.
    """
    unit = replace(FIRING, equations=f"v(t+1) = {leak}*v + i", threshold="v > 10", reset="v -= 10")
    net = one(unit, 8)
    drive = np.round(np.linspace(9.3, 9.9, 8) * 16) / 16
    net.stimulate("c", np.tile(drive, (60, 1)), port="i")
    for name in ("v", "spikes"):
        net.probe("c", name)
    real = compile_network(net, profile="ideal").run()

    for grid in both(net, 60):
        difference = grid.trace("c", "v", physical=True) - real.trace("c", "v")

        assert np.array_equal(grid.spikes("c"), real.spikes("c"))
        assert np.abs(difference).max() <= error * grid.traces["c", "v"].scale
        assert grid.overflows["c"]["v"] == 0


def test_the_peak_before_a_reset_to_a_constant_fits_its_word() -> None:
    net = one(FIRING)
    net.stimulate("c", np.full((4, 1), 5.5), port="i")

    assert "seen [0, 5.5], saturates at +-16" in log_of(compile_network(net, profile="loihi2"))


def test_what_a_refractory_unit_does_not_take_does_not_overflow() -> None:
    net = one(replace(FIRING, refractory=3))
    net.stimulate("c", np.full((8, 1), 4.0), port="i")

    for run in both(net, 8, formats={"c.v": 22}):
        assert run.overflows["c"]["v"] == 2  # in steps 0 and 4, in which it takes 4.0 for 2.0


def test_the_calibration_goes_on_where_a_stimulus_was_short() -> None:
    """What moves by itself is seen for 64 steps: v nears 10, far from where one step leads."""
    net = one(replace(LINEAR, equations="v(t+1) = 0.9*v + 1 + i"))
    net.stimulate("c", np.ones((1, 1)), port="i")

    run = compile_network(net, profile="loihi2").run(steps=300)

    assert not any(run.overflows["c"].values())


def test_a_port_that_stimuli_reach_later_has_the_grid_that_was_asked_for() -> None:
    net = one(LINEAR)
    program = compile_network(net, profile="loihi2", formats={"c.i": 4})

    assert program.graph.node("c").scales["i"] == 2.0**-4
    assert "c.i: nothing arrives there in the calibration run; assumed within +-1" in log_of(
        program
    )


def test_ranges_are_read_from_as_many_steps_as_are_asked_for() -> None:
    """v doubles every step: 9 steps of it, 8 at the least, need fewer bits than 20."""
    unit = Dynamics(name="u", equations="v(t+1) = 2*v", output="v")
    net = one(unit, initial={"v": 1.0})
    scales = [
        compile_network(net, profile="loihi2", calibration_steps=steps).graph.node("c").scales["v"]
        for steps in (9, 20)
    ]

    assert scales[1] == scales[0] * 2**11


def test_a_state_that_did_not_move_is_said_to_be_assumed() -> None:
    told = "c.v: 24 bits in steps of 2.38e-07 (22 fraction bits), 0 throughout the calibration run"

    log = log_of(compile_network(one(LINEAR), profile="loihi2"))

    assert told in log
    assert "nothing moved c in the calibration run: compile with a stimulus" in log
    assert 'or choose formats, {"c.v": 12}' in log


def test_a_network_that_is_driven_or_has_formats_is_told_nothing_about_rest() -> None:
    net = one(LINEAR)
    by_hand = log_of(compile_network(net, profile="loihi2", formats={"c.v": 12}))
    net.stimulate("c", np.ones((4, 1)), port="i")

    assert "nothing moved" not in by_hand + log_of(compile_network(net, profile="loihi2"))


@pytest.mark.parametrize(
    ("formats", "message"),
    [
        ({"c.w": 3}, r"format of 'c\.w': there are v, i"),
        ({"d.v": 3}, "no population 'd'"),
        ({"c.v": 99}, "99, expected fraction bits from -30 to 30"),
    ],
)
def test_a_format_of_what_has_none_is_refused(formats: dict[str, int], message: str) -> None:
    with pytest.raises(GraphError, match=message):
        compile_network(one(LINEAR), profile="loihi2", formats=formats)


def test_fixed_function_units_have_no_formats_to_choose() -> None:
    with pytest.raises(UnsupportedError, match="formats of fixed-function units"):
        compile_network(one("cuba_lif"), profile="loihi", formats={"c.v": 3})


def test_an_unknown_option_is_refused_with_those_that_exist() -> None:
    with pytest.raises(BackendError, match=r"no option colour of compile; there are encode, .*"):
        compile_network(one(LINEAR), profile="loihi2", colour="red")


# -- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "low", "high"),
    [
        ("sigmoid", -20.0, 20.0),
        ("tanh", -3.0, 2.0),
        ("exp", -4.0, 1.0),
        ("log", 0.01, 3.0),
        ("sqrt", 0.0, 5.0),
    ],
)
@pytest.mark.parametrize("segments", [64, 256])
def test_tables_err_by_what_they_say(function: str, low: float, high: float, segments: int) -> None:
    fraction, bits = 18, 16
    curve = smooth(function)
    tables = make_tables(curve, low=low, high=high, fraction=fraction, segments=segments)
    exact = FUNCTIONS[function].numpy
    places = np.arange(math.ceil(low * 2**fraction), int(high * 2**fraction), 37)
    read = np.zeros(len(places))
    for table in reversed(tables):
        below = places < table.first + (table.segments << table.width)
        below |= table is tables[-1]
        read[below] = lookup(np.array(table.integers(bits)), places[below]) / 2**bits
    worst = np.abs(read - exact(places / 2**fraction)).max()
    stated = max(table.error(curve, bits) for table in tables)
    span = float(np.ptp(exact(np.array([low, high]))))

    assert worst <= stated * 1.1 + 2.0**-bits
    assert stated <= span * 2.0**-8 + 2.0**-bits


@pytest.mark.parametrize("high", [0.4, 1.3, 2.1, 5.0, 8.0])
def test_a_table_spends_its_segments_where_the_argument_goes(high: float) -> None:
    (table,) = make_tables(smooth("tanh"), low=-high, high=high, fraction=20, segments=256)
    (whole,) = make_tables(smooth("tanh"), low=-8.0, high=8.0, fraction=20, segments=256)

    assert 128 <= table.segments <= 257
    assert 2**whole.width >= 2**table.width
    assert table.error(smooth("tanh"), 30) <= whole.error(smooth("tanh"), 30)


def test_what_a_tanh_unit_sends_is_counted_on_within_one() -> None:
    """By the margin its range would be 1.4; the sum of 8 of them has one bit more this way."""
    net = Network()
    net.population("a", 8, "leaky_tanh", parameters={"leak": 1.0})
    net.stimulate("a", np.linspace(-1.7, 1.7, 30)[:, None].repeat(8, axis=1), port="drive")
    net.project("a", "a", weights=np.full((8, 8), 0.1), port="recurrent")
    log = log_of(compile_network(net, profile="loihi2"))

    assert "a.x: sent with 13 fraction bits" in log


@pytest.mark.parametrize(
    ("text", "low"),
    [("sqrt(i)", 0.0), ("log(i + 0.05)", 0.0), ("sqrt(i + 1)", -1.0), ("log(-2*i + 2.2)", -1.0)],
)
def test_roots_and_logarithms_have_integers(text: str, low: float) -> None:
    """The margin of 1.5 carries the last two arguments below 0."""
    unit = Dynamics(name="u", equations=f"y = {text}", ports=("i",), output="y")
    net = one(unit)
    net.stimulate("c", np.linspace(low, 1.0, 60)[:, None], port="i")
    net.probe("c", "y")
    grid = compile_network(net, backend="chip", profile="loihi2").run()
    real = compile_network(net, backend="chip", profile="ideal").run()

    error = np.abs(grid.trace("c", "y", physical=True) - real.trace("c", "y"))

    assert error[1:].max() < 0.02


def test_the_log_states_the_error_of_a_table_and_its_segments() -> None:
    net = one("chaotic_neuron", parameters={"epsilon": 0.02})
    coarse = log_of(compile_network(net, profile="loihi2", segments=32))
    fine = log_of(compile_network(net, profile="loihi2"))

    assert "c: sigmoid over " in coarse
    assert "segments, error 0.00" in coarse
    assert coarse != fine


def test_too_few_segments_are_refused_with_the_error_that_they_bring() -> None:
    with pytest.raises(UnsupportedError, match=r"a table of sigmoid .* errs by .*%"):
        compile_network(one("chaotic_neuron"), profile="loihi2", segments=4)


# -- noise ---------------------------------------------------------------------------------------


def test_normal_noise_in_integers_has_the_moments_of_a_normal_variable() -> None:
    unit = Dynamics(name="n", equations="z = normal()", output="z")
    net = one(unit, 2000)
    net.probe("c", "z")
    z = compile_network(net, profile="loihi2").run(steps=200).trace("c", "z", physical=True)
    count = z.size

    assert abs(z.mean()) < 4 / math.sqrt(count)
    assert z.var() == pytest.approx(1.0, abs=4 * math.sqrt(2 / count))
    assert (z**4).mean() / z.var() ** 2 - 3 == pytest.approx(-0.01, abs=4 * math.sqrt(24 / count))
    assert (np.abs(z) > 3).mean() == pytest.approx(0.0027, rel=0.1)
    assert 4.0 < np.abs(z).max() < 4.7


def test_normal_noise_is_the_same_on_the_reference_and_on_the_chip() -> None:
    unit = Dynamics(name="n", equations="v(t+1) = 0.9*v + normal(0.1, 0.5)", output="v")
    net = one(unit, 20)
    net.probe("c", "v")
    reference, chip = both(net, 40)

    assert np.array_equal(reference.trace("c", "v"), chip.trace("c", "v"))
    assert "normal() as two reads" in log_of(compile_network(net, profile="loihi2"))


def test_noise_in_a_differential_equation_has_integers_too() -> None:
    unit = Dynamics(
        name="n", equations="dv/dt = (0.2*normal() - v)/0.02", output="v", method="exact"
    )
    net = Network(seed=1, dt=0.001)
    net.population("c", 200, unit)
    net.probe("c", "v")
    deviations = [
        compile_network(net, profile=name).run(steps=300).trace("c", "v", physical=True)[100:].std()
        for name in ("ideal", "loihi2")
    ]

    assert deviations[1] == pytest.approx(deviations[0], rel=0.03)


# -- chaotic neurons -----------------------------------------------------------------------------


def _half_up(x: int, bits: int) -> int:
    return (x + (1 << (bits - 1))) >> bits


def _nagumo_sato(a: float, steps: int) -> list[int]:
    """y' = 0.7 y - H(y) + a with 18 fraction bits, by the rules of the pass, in Python's integers.

    0.7 in 16 bits is 22938/2^15 = 11469/2^14, so that the product has 32 fraction bits and keeps
    the 30 that its range leaves in a word of 32 bits; the sum keeps 29.
    """
    y, ys = 0, []
    for _ in range(steps):
        kept = _half_up(11469 * y, 2) - (2**30 if y >= 0 else 0)
        y = _half_up(_half_up(kept, 1) + round(a * 2**29), 11)
        ys.append(y)
    return ys


def test_nagumo_sato_is_exact_to_the_bit() -> None:
    a = np.linspace(0.0, 1.0, 41)
    net = one("nagumo_sato", 41, parameters={"k": 0.7, "a": a})
    for name in ("y", "spikes"):
        net.probe("c", name)
    expected = np.array([_nagumo_sato(value, 300) for value in a]).T

    for run in both(net, 300, formats={"c.y": 18}):
        assert np.array_equal(run.trace("c", "y"), expected)
        assert np.array_equal(run.spikes("c"), expected >= 0)


def test_the_plateau_of_one_half_is_where_it_is_in_theory() -> None:
    """Rate 1/2 for a in [alpha k/(1+k), alpha/(1+k)]: Hata, J. Math. Kyoto Univ. 22 (1982) 155."""
    a = np.linspace(0.0, 1.0, 601)
    net = one("nagumo_sato", 601, parameters={"k": 0.5, "a": a})
    net.probe("c", "spikes")
    rate = compile_network(net, profile="loihi2").run(steps=2000).spikes("c")[1000:].mean(axis=0)
    inside = (a > 1 / 3 + 0.002) & (a < 2 / 3 - 0.002)
    outside = (a < 1 / 3 - 0.002) | (a > 2 / 3 + 0.002)

    assert np.abs(rate[inside] - 0.5).max() < 2e-3
    assert np.abs(rate[outside] - 0.5).min() > 2e-3


def _single(profile: str, **options: Any) -> NDArray[Any]:
    """The chaotic neuron at 401 biases, k = .7, alpha = 1, epsilon = .02, for 6,000 steps."""
    net = one(
        "chaotic_neuron",
        401,
        parameters={
            "k_f": 0.0,
            "k_r": 0.7,
            "alpha": 1.0,
            "epsilon": 0.02,
            "a": np.linspace(0.0, 1.0, 401),
        },
        initial={"zeta": 0.1},
    )
    net.probe("c", "zeta")
    return compile_network(net, profile=profile, **options).run(steps=6000).trace("c", "zeta")


def test_a_chaotic_neuron_of_24_bits_and_64_segments_keeps_its_rates_and_its_long_orbits() -> None:
    real, grid = _single("ideal"), _single("loihi2", segments=64)
    rates = [(values[1000:] >= 0).mean(axis=0) for values in (real, grid)]
    again = [np.flatnonzero(grid[:-1, unit] == grid[-1, unit]) for unit in range(401)]
    period = np.array([len(grid) - 1 - seen[-1] if len(seen) else len(grid) for seen in again])

    assert np.sqrt(np.mean((rates[0] - rates[1]) ** 2)) < 0.01
    assert 0.25 <= (period > 200).mean() <= 0.36


def _memory(decay: float) -> tuple[Network, NDArray[Any]]:
    """100 chaotic neurons with four stored patterns of 50 active units each."""
    rng = np.random.default_rng(3)
    patterns = np.stack([rng.permutation(np.repeat([1.0, -1.0], 50)) for _ in range(4)])
    net = one("chaotic_neuron", 100, parameters={"k_r": decay}, initial={"eta": patterns[0] / 2})
    net.project("c", "c", weights=patterns.T @ patterns / 4, port="feedback")
    for name in ("x", "eta", "zeta"):
        net.probe("c", name)
    return net, patterns


def _exponent(run: Recording, weights: NDArray[Any], decay: float) -> float:
    """The largest Lyapunov exponent of the float map along an orbit."""
    eta, zeta = (run.trace("c", name, physical=True) for name in ("eta", "zeta"))
    with np.errstate(over="ignore"):
        x = 1.0 / (1.0 + np.exp(-(eta + zeta) / 0.015))
    slopes = x * (1.0 - x) / 0.015
    rng = np.random.default_rng(0)
    u, v, total = rng.normal(size=100), rng.normal(size=100), 0.0
    for slope in slopes:
        moved = slope * (u + v)
        u, v = 0.2 * u + weights @ moved, decay * v - 10.0 * moved
        norm = math.sqrt(u @ u + v @ v)
        total += math.log(norm)
        u, v = u / norm, v / norm
    return total / len(slopes)


@pytest.mark.parametrize(("decay", "sign"), [(0.97, 1), (0.7, -1)])
def test_a_chaotic_memory_keeps_its_activity_and_the_sign_of_its_exponent_in_integers(
    decay: float, sign: int
) -> None:
    """Adachi and Aihara, Neural Networks 10 (1997) 83: chaotic for slow refractoriness only."""
    net, patterns = _memory(decay)
    weights = patterns.T @ patterns / 4
    real, grid = (
        compile_network(net, profile=name).run(steps=6000) for name in ("ideal", "loihi2")
    )
    activity = [run.trace("c", "x", physical=True)[1000:].mean() for run in (real, grid)]

    assert activity[1] == pytest.approx(activity[0], abs=0.01)
    assert math.copysign(1, _exponent(grid, weights, decay)) == sign


# -- divisions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("v/(exp(v) - 1)", 2e-4),  # 0/0 at v = 0
        ("1/(exp(3 - v) + 1)", 2e-4),
        ("tanh(exp(v))*v", 2e-3),  # exp alone would fill its table at one end
        ("(2 + v*v)**1.5", 2e-2),
        ("v/(2 + w)", 2e-3),  # two states: v times a table of 1/(2 + w)
    ],
)
def test_a_quotient_has_the_values_that_it_has_in_floats(text: str, error: float) -> None:
    unit = Dynamics(
        name="u", equations=f"v(t+1) = v + 0.125\nw(t+1) = w + 0.125\ny = {text} + 0*w",
        initial={"v": -4.0625, "w": 0.0},
    )  # fmt: skip
    net = one(unit)
    net.probe("c", "y")
    real = compile_network(net, profile="ideal").run(steps=64).trace("c", "y")

    for grid in both(net, 64):
        assert np.abs(grid.trace("c", "y", physical=True) - real).max() < error


def test_one_table_holds_all_that_depends_on_one_state() -> None:
    unit = Dynamics(name="u", equations="v(t+1) = 0.9*v + 0.1\ny = v/below\nbelow = exp(v) - 1")
    program = compile_network(one(unit), profile="loihi2")

    assert "v / (exp(v) - 1) over" in log_of(program)


@pytest.mark.parametrize(
    ("text", "profile", "reason"),
    [
        ("w/v", "loihi2", "a division by something between -1.02 and 1.02, which may be 0"),
        ("1/v", "loihi2", "a division by something between -1.02 and 1.02, which may be 0"),
        ("w**v", "loihi2", "a power that changes has no form in integers"),
        ("0.00001*v", "spinnaker2", "a factor of 1e-05 is 0 with 15 fraction bits"),
    ],
)
def test_a_part_that_has_no_integers_is_refused_with_the_reason(
    text: str, profile: str, reason: str
) -> None:
    unit = Dynamics(
        name="u", equations=f"v(t+1) = -v\nw(t+1) = w + {text}", initial={"v": 1.0, "w": 1.0}
    )
    with pytest.raises((UnsupportedError, GraphError), match=reason):
        compile_network(one(unit), profile=profile, calibration_steps=8)
