"""Each unit of the zoo against its closed form or a published number."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import yuragi as yg
from yuragi_models.units import UNITS


def simulate(name, size, steps, probe, *, parameters=None, initial=None, inputs=None):
    """The trace of a variable of unconnected units.  shape (steps, size)"""
    net = yg.Network(dt=1e-5)
    net.population("cells", size, name, parameters=parameters, initial=initial)
    for port, values in (inputs or {}).items():
        net.stimulate("cells", values, port=port)
    net.probe("cells", probe)
    recording = yg.compile(net).run(steps=steps)
    return recording.spikes("cells") if probe == "spikes" else recording.trace("cells", probe)


def chaotic_exponent(a, *, k, alpha, epsilon, steps=80_000):
    """mean ln |k - alpha x (1 - x)/epsilon| of single chaotic neurons.  shape (len(a),)"""
    x = simulate(
        "chaotic_neuron",
        len(a),
        steps,
        "x",
        parameters={"k_r": k, "alpha": alpha, "epsilon": epsilon, "a": a},
        initial={"zeta": np.linspace(0.05, 0.4, len(a))},
    )[500:]
    return np.log(np.abs(k - alpha * x * (1 - x) / epsilon)).mean(axis=0), (x >= 0.5).mean(axis=0)


def test_every_unit_is_filed_under_its_own_name():
    assert all(unit.name == name for name, unit in UNITS.items())


@pytest.mark.parametrize("name", sorted(UNITS))
def test_every_unit_runs_without_input_and_stays_finite(name):
    unit = UNITS[name]
    variable = unit.system.variables[0]
    assert np.isfinite(simulate(name, 3, 50, variable)).all()


@pytest.mark.parametrize("truth", list(itertools.product((0, 1), repeat=4)))
def test_mcculloch_pitts_units_compute_every_function_of_two_inputs(truth):
    """One unit detects each pair of inputs (1943); an output unit adds those that are wanted."""
    pairs = np.array(list(itertools.product((0.0, 1.0), repeat=2)))
    net = yg.Network()
    net.input("inputs", 2, pairs)
    detectors = net.population(
        "detectors", 4, "mcculloch_pitts", parameters={"theta": np.maximum(pairs.sum(axis=1), 0.0)}
    )
    net.population("output", 1, "mcculloch_pitts")
    net.project("inputs", "detectors", weights=2 * pairs - 1, port="i", delay=0)
    net.project(detectors, "output", weights=np.array([truth], dtype=float), port="i", delay=0)
    net.probe("output", "spikes")
    assert yg.compile(net).run().spikes("output")[:, 0].astype(int).tolist() == list(truth)


def test_mcculloch_pitts_units_compute_xor_in_two_layers():
    net = yg.Network()
    net.input("inputs", 2, [[0, 0], [0, 1], [1, 0], [1, 1]])
    net.population("hidden", 2, "mcculloch_pitts", parameters={"theta": [1.0, 2.0]})
    net.population("output", 1, "mcculloch_pitts")
    net.project("inputs", "hidden", weights=np.ones((2, 2)), port="i", delay=0)
    net.project("hidden", "output", weights=[[1.0, -2.0]], port="i", delay=0)
    net.probe("output", "spikes")
    assert yg.compile(net).run().spikes("output")[:, 0].tolist() == [False, True, True, False]


def test_sigmoid_is_one_half_at_zero_and_symmetric():
    y = simulate("sigmoid", 3, 1, "y", inputs={"i": [[0.0, 0.7, -0.7]]})[0]
    assert y[0] == 0.5
    assert y[1] + y[2] == pytest.approx(1.0, abs=1e-15)


def test_relu_cuts_what_is_negative():
    y = simulate("relu", 3, 1, "y", inputs={"i": [[-2.0, 0.5, 3.0]]}, parameters={"bias": 1.0})
    assert y[0].tolist() == [0.0, 1.5, 4.0]


def test_integrator_forgets_by_its_leak():
    v = simulate("integrator", 1, 4, "v", inputs={"i": [[1.0]]}, parameters={"leak": 0.5})
    assert v[:, 0].tolist() == [1.0, 0.5, 0.25, 0.125]


def test_accumulator_adds_what_arrives_to_its_initial_value():
    v = simulate("accumulator", 1, 3, "v", inputs={"i": [[1.0], [2.0], [4.0]]}, initial={"v": -1.0})
    assert v[:, 0].tolist() == [0.0, 2.0, 6.0]


def test_leaky_tanh_is_the_published_equation():
    rng = np.random.default_rng(1)
    drive, recurrent = rng.normal(size=(2, 30, 5))
    bias = rng.normal(size=5)
    found = simulate(
        "leaky_tanh",
        5,
        30,
        "x",
        inputs={"drive": drive, "recurrent": recurrent},
        parameters={"leak": 0.3, "bias": bias},
    )
    x, wanted = np.zeros(5), []
    for u, r in zip(drive, recurrent, strict=True):
        x = 0.7 * x + 0.3 * np.tanh(u + r + bias)
        wanted.append(x)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("decay", "bias", "threshold"), [(0.9, 0.2, 1.0), (0.97, 0.1, 2.5), (0.0, 2.0, 1.0)]
)
def test_lif_fires_at_the_first_step_that_the_closed_form_allows(decay, bias, threshold):
    steps = np.arange(1, 200)
    reached = bias * (1 - decay**steps) / (1 - decay) > threshold
    interval = int(steps[reached.argmax()])
    parameters = {"decay": decay, "bias": bias, "v_th": threshold}
    spikes = simulate("lif", 1, 400, "spikes", parameters=parameters)
    assert np.diff(np.flatnonzero(spikes[:, 0])).tolist() == [interval] * (400 // interval - 1)


def test_cuba_lif_adds_the_current_of_the_same_step_after_its_decay():
    u_wanted, v_wanted = [1.0, 0.5, 0.25], [1.0, 1.25, 1.1875]
    parameters = {"delta_u": 0.5, "delta_v": 0.25, "v_th": 10.0}
    for variable, wanted in (("u", u_wanted), ("v", v_wanted)):
        found = simulate("cuba_lif", 1, 3, variable, parameters=parameters, inputs={"i": [[1.0]]})
        assert found[:, 0].tolist() == wanted


def test_cuba_lif_threshold_is_strict():
    parameters = {"delta_u": 1.0, "delta_v": 1.0, "v_th": 1.0}
    spikes = simulate("cuba_lif", 2, 1, "spikes", parameters=parameters, inputs={"i": [[1.0, 1.5]]})
    assert spikes[0].tolist() == [False, True]


@pytest.mark.parametrize(
    ("decay", "bias", "threshold", "interval"),
    [(0, 100, 10, 7), (409, 1000, 100, 10), (41, 1000, 500, 39), (128, 700, 300, 62)],
)
def test_cuba_lif_has_the_intervals_of_lavas_integer_process(decay, bias, threshold, interval):
    """First n with bias (1 - d^n)/(1 - d) > 64 v_th, d = 1 - decay/4096."""
    parameters = {"delta_v": decay / 4096, "bias": float(bias), "v_th": 64.0 * threshold}
    spikes = simulate("cuba_lif", 1, 3 * interval, "spikes", parameters=parameters)
    wanted = [interval - 1, 2 * interval - 1, 3 * interval - 1]
    assert np.flatnonzero(spikes[:, 0]).tolist() == wanted


@pytest.mark.parametrize(
    ("rate", "first", "last"), [(1 / 2, 1 / 3, 2 / 3), (1 / 3, 1 / 7, 2 / 7), (2 / 3, 5 / 7, 6 / 7)]
)
def test_nagumo_sato_rests_on_a_plateau_of_its_staircase(rate, first, last):
    """k = .5, alpha = 1; Hata (1982)."""
    a = np.array([first + 1e-4, (first + last) / 2, last - 1e-4])
    spikes = simulate("nagumo_sato", 3, 6200, "spikes", parameters={"a": a})
    np.testing.assert_allclose(spikes[200:].mean(axis=0), rate, rtol=0, atol=1e-12)


def test_nagumo_sato_leaves_the_plateau_beyond_its_ends():
    a = np.array([1 / 3 - 1e-3, 2 / 3 + 1e-3])
    rates = simulate("nagumo_sato", 2, 6200, "spikes", parameters={"a": a})[200:].mean(axis=0)
    assert rates[0] < 0.5 < rates[1]


def test_nagumo_sato_contracts_by_k_in_every_step():
    """Lyapunov exponent ln k: two orbits with the same spikes approach by k a step."""
    y = simulate(
        "nagumo_sato", 2, 20, "y", parameters={"k": 0.7, "a": 0.5}, initial={"y": [0.5, 0.501]}
    )
    distance = np.abs(y[:, 1] - y[:, 0])
    np.testing.assert_allclose(np.log(distance[1:] / distance[:-1]), np.log(0.7), atol=1e-9)


def test_chaotic_neuron_has_the_known_exponents_and_their_symmetry():
    """k = .7, alpha = 1, epsilon = .02: a and 1 - a mirror one another."""
    a = np.repeat([0.1, 0.35, 0.9], 8)  # one orbit of 80,000 steps is off by up to 0.007
    exponents, _ = chaotic_exponent(a, k=0.7, alpha=1.0, epsilon=0.02)
    means = exponents.reshape(3, 8).mean(axis=1)
    np.testing.assert_allclose(means, [0.343, 0.355, 0.343], rtol=0, atol=0.003)


def test_chaotic_neuron_locks_to_one_third_one_half_two_thirds():
    _, rates = chaotic_exponent(np.array([0.25, 0.5, 0.75]), k=0.7, alpha=1.0, epsilon=0.02)
    np.testing.assert_allclose(rates, [1 / 3, 1 / 2, 2 / 3], rtol=0, atol=1e-3)


def test_chaotic_neuron_obeys_its_time_average_identity():
    """mean x = (a - (1 - k_r) mean zeta)/alpha on any orbit, with error O(1/steps)."""
    net = yg.Network()
    net.population("cells", 1, "chaotic_neuron", initial={"zeta": 0.3})
    net.probe("cells", "x")
    net.probe("cells", "zeta")
    recording = yg.compile(net).run(steps=20_000)
    x, zeta = recording.trace("cells", "x").mean(), recording.trace("cells", "zeta").mean()
    assert x == pytest.approx((2.0 - 0.1 * zeta) / 10.0, abs=1e-4)


def test_chaotic_neuron_without_memory_is_a_hopfield_net_that_keeps_its_patterns():
    patterns = np.random.default_rng(0).choice([-1.0, 1.0], size=(3, 100))
    net = yg.Network()
    quiet = {"k_f": 0.0, "k_r": 0.0, "alpha": 0.0, "a": 0.0, "epsilon": 1e-3}
    net.population("cells", 100, "chaotic_neuron", parameters=quiet)
    w = yg.hebbian(patterns).csr().toarray()
    net.project("cells", "cells", weights=2 * w, port="feedback")
    # Outputs 0 and 1 stand for -1 and +1: sum_j w_ij (2 x_j - 1).  The first step sets the pattern.
    drive = np.tile(-w.sum(axis=1), (20, 1))
    drive[0] = patterns[1]
    net.stimulate("cells", drive, port="drive")
    net.probe("cells", "x")
    x = yg.compile(net).run().trace("cells", "x")
    np.testing.assert_array_equal(x > 0.5, np.tile(patterns[1] > 0, (20, 1)))


@pytest.mark.parametrize(
    ("k", "alpha", "wanted"),
    [(0.9, 1.95, np.log(0.945) / 2), (0.9, 2.5, 0.2601), (0.5, 3.0, 0.273)],
)
def test_chaotic_relu_has_the_exponent_of_its_skew_tent_map(k, alpha, wanted):
    parameters = {"k": k, "alpha": alpha}
    y = simulate("chaotic_relu", 1, 100_000, "y", parameters=parameters, initial={"y": 0.3})[1000:]
    slopes = np.where(y > 0, k - alpha, k)
    assert np.log(np.abs(slopes)).mean() == pytest.approx(wanted, abs=0.004)


def test_izhikevich_regular_spiking_cell_fires_at_its_known_rate():
    """I = 10 at h = .05 ms: 22.2 spikes a second; I = 3 leaves it at rest."""
    parameters = {"bias": [3.0, 10.0]}
    spikes = simulate("izhikevich", 2, 60_000, "spikes", parameters=parameters)
    rates = spikes[20_000:].sum(axis=0) / 2.0
    assert rates[0] == 0.0
    assert rates[1] == pytest.approx(22.2, abs=0.6)


_BOTH_AXONS = {"g_k": [36.0, 40.0], "g_l": [0.3, 0.24], "e_l": [10.6, 10.613]}


@pytest.mark.parametrize(
    ("unit", "method", "own", "dt", "steps"),
    [
        ("hodgkin_huxley_1952", "exponential_euler", {"current": 20.0, **_BOTH_AXONS}, 5e-5, 285),
        ("morris_lecar_homoclinic", "rk4", {"current": [150.0, 200.0]}, 1e-4, 300),
    ],
)
def test_a_membrane_in_integers_fires_when_it_fires_in_floats(unit, method, own, dt, steps):
    net = yg.Network(dt=dt)
    net.population("cells", 2, replace(UNITS[unit], method=method), parameters=own)
    net.probe("cells", "spikes")
    floats, integers = (
        yg.compile(net, backend="reference", profile=name, **options).run(steps=steps)
        for name, options in (("ideal", {}), ("loihi2", {"calibration_steps": steps}))
    )
    expected, found = (run.spike_trains["cells"] for run in (floats, integers))

    assert set(expected.unit) == {0, 1}
    assert found.unit.tolist() == expected.unit.tolist()
    assert np.abs(found.step - expected.step).max() <= 2
    assert integers.overflows["cells"]["v"] == 0
