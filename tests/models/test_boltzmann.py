"""Boltzmann machines: the exact distribution, and samplers on every backend."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import yuragi as yg
from yuragi.errors import GraphError
from yuragi_models.boltzmann import BoltzmannMachine, divergence, random_machine
from yuragi_models.chaotic_boltzmann import occupation
from yuragi_models.ising_problem import IsingProblem
from yuragi_models.restricted_boltzmann import RestrictedBoltzmann

METHODS = ("gibbs", "coarse", "metropolis", "neural", "parallel", "resting", "chaotic")


def machine(method, **options):
    return random_machine(5, scale=0.6, seed=4, method=method, **options)


@pytest.mark.parametrize("method", METHODS)
def test_the_chip_and_brian2_draw_what_the_reference_draws(method):
    found = {
        name: machine(method).sample(12, trials=2, burn_in=1, name=name)
        for name in ("reference", "chip", "brian2_numpy")
    }
    np.testing.assert_array_equal(found["chip"], found["reference"])
    np.testing.assert_array_equal(found["brian2_numpy"], found["reference"])


@pytest.mark.parametrize("method", METHODS)
def test_the_chips_integers_are_those_of_the_reference_and_have_joules(method):
    model = machine(method)
    program = yg.compile(model.network, profile="loihi2")
    recording = program.run(model.stimulus(3), steps=40)
    wanted = yg.compile(program.graph, backend="reference").run(model.stimulus(3), steps=40)
    np.testing.assert_array_equal(model.read(recording), model.read(wanted))
    assert yg.energy(recording).total_j.nominal > 0


@pytest.mark.parametrize(("method", "most"), [("gibbs", 0.0015), ("metropolis", 0.002)])
def test_a_sampler_keeps_its_distribution_in_a_chips_integers(method, most):
    model = machine(method)
    states = model.sample(400, trials=50, profile="loihi2")  # floats: 31/(2 20,000) = .0008
    assert model.divergence(states) < most


def test_updating_all_units_at_once_samples_something_else():
    states = machine("parallel").sample(400, trials=50)
    assert machine("parallel").divergence(states) > 0.02


def test_units_that_are_not_connected_take_their_turns_together():
    w = np.zeros((6, 6))
    w[:3, 3:] = w[3:, :3] = 0.5
    model = BoltzmannMachine(w, np.zeros(6))
    assert model.sweep == 2
    assert not w[np.equal.outer(model.slots, model.slots)].any()


def test_the_distribution_sums_to_one_and_log_z_is_that_of_free_units():
    model = BoltzmannMachine(np.zeros((3, 3)), [0.5, -1.0, 2.0])
    assert model.distribution.sum() == pytest.approx(1.0)
    assert model.log_z == pytest.approx(np.log1p(np.exp([0.5, -1.0, 2.0])).sum())


@given(seed=st.integers(0, 100))
def test_a_machine_of_an_ising_problem_has_its_energies(seed):
    j = np.triu(np.random.default_rng(seed).normal(size=(4, 4)), k=1)
    problem = IsingProblem.of(j + j.T, j[0])
    model = BoltzmannMachine.of(problem, temperature=0.7)
    spins = 2 * ((np.arange(16)[:, None] >> np.arange(4)) & 1) - 1
    difference = model.log_weights + problem.energies(spins) / 0.7
    np.testing.assert_allclose(difference, difference[0], atol=1e-12)


@given(p=st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3))
def test_the_divergence_is_zero_of_a_distribution_from_itself_and_never_negative(p):
    p = np.array(p) / np.sum(p)
    assert divergence(p, p) == 0.0
    assert divergence(p, [0.2, 0.3, 0.5]) >= -1e-15


def test_the_chaotic_machine_spends_its_time_as_the_distribution_says():
    model = random_machine(4, scale=1.2, seed=0)
    found = occupation(model.w, model.b, time=20_000.0, seed=1)
    assert divergence(found, model.distribution) < 1e-3
    assert found.sum() == pytest.approx(1.0)


def test_one_chaotic_unit_in_steps_keeps_its_times():
    model = BoltzmannMachine(np.zeros((3, 3)), [-2.0, 0.0, 1.5], method="chaotic")
    found = model.sample(20_000, trials=4).mean(axis=0)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-model.b)), atol=0.005)


def test_a_clamped_unit_keeps_its_value():
    model = BoltzmannMachine([[0, 2.0], [2.0, 0]], [0.0, -1.0], seed=1)
    clamp = np.zeros((20, 400, 2))
    clamp[:, :, 0] = 1.0
    program = yg.compile(model.network)
    states = model.read(program.run({"units.clamp": clamp}, steps=400))
    assert states[:, 0].all()
    assert states[:, 1].mean() == pytest.approx(1 / (1 + np.exp(-1.0)), abs=0.03)


@pytest.mark.parametrize(
    ("w", "b", "method", "reason"),
    [
        ([[0, 1], [2, 0]], [0, 0], "gibbs", "symmetric"),
        ([[1, 0], [0, 0]], [0, 0], "gibbs", "zero diagonal"),
        ([[0, 1], [1, 0]], [0], "gibbs", "expected"),
        ([[0, 1], [1, 0]], [0, 0], "heat", "expected one of"),
    ],
)
def test_a_machine_that_is_not_one_is_refused(w, b, method, reason):
    with pytest.raises(GraphError, match=reason):
        BoltzmannMachine(w, b, method=method)


def test_more_than_twenty_units_are_not_enumerated():
    with pytest.raises(GraphError, match="at most 20"):
        BoltzmannMachine(np.zeros((21, 21)), np.zeros(21)).log_z  # noqa: B018


STRIPES = np.repeat(np.eye(4), 3, axis=1)[np.random.default_rng(0).integers(0, 4, 200)]


@pytest.fixture(scope="module")
def learnt():
    return RestrictedBoltzmann(8, learning_rate=0.3, iterations=60, seed=1).fit(STRIPES)


def test_a_restricted_machine_dreams_what_it_was_shown(learnt):
    blank = np.random.default_rng(3).integers(0, 2, size=(30, 12))
    visible, _ = learnt.sample(blank, 60)
    dreamt = visible[:, 20:].reshape(-1, 12)
    groups = dreamt.reshape(-1, 4, 3).mean(axis=2)
    whole = ((groups == 0) | (groups == 1)).all(axis=1) & (groups.sum(axis=1) == 1)
    assert whole.mean() > 0.5  # by chance 4/4096


@pytest.mark.parametrize("name", ["reference", "brian2_numpy"])
def test_the_layers_of_a_restricted_machine_are_drawn_alike_on_every_backend(learnt, name):
    for ours, wanted in zip(
        learnt.sample(STRIPES[:4], 5, name=name), learnt.sample(STRIPES[:4], 5), strict=True
    ):
        np.testing.assert_array_equal(ours, wanted)


def test_a_restricted_machine_dreams_in_a_chips_integers_and_has_joules(learnt):
    program = yg.compile(learnt.network, profile="loihi2")
    recording = program.run(steps=40)
    assert yg.energy(recording).total_j.nominal > 0
    floats, chip = (
        learnt.sample(STRIPES[:50], 40, profile=p)[0].mean() for p in ("ideal", "loihi2")
    )
    assert chip == pytest.approx(floats, abs=0.03)


def test_a_restricted_machine_is_an_estimator_that_scikit_learn_can_clone(learnt):
    from sklearn.base import clone

    assert clone(learnt).get_params() == learnt.get_params()
    assert learnt.transform(STRIPES[:3]).shape == (3, 8)
