"""Networks that learn: rules with known ends, movements, and the learned weights on a chip."""

from __future__ import annotations

import numpy as np
import pytest

import yuragi as yg
from yuragi.errors import GraphError
from yuragi_models import RateNetwork, TrajectoryLearner
from yuragi_models.learning_rules import OJA, PAIR_STDP
from yuragi_models.trajectories import cosine, letter


def test_the_weights_of_a_linear_unit_become_the_first_principal_component():
    draws = np.random.default_rng(0)
    mixed = draws.normal(size=(4000, 3)) @ np.array([[1.0, 0.5, 0], [0, 0.6, 0.2], [0, 0, 0.3]])
    linear = yg.Dynamics(name="linear", equations="y = i", ports=("i",), output="y")
    net = yg.Network()
    net.input("in", 3, mixed)
    net.population("out", 1, linear)
    net.project("in", "out", weights=[[0.3, 0.3, 0.3]], port="i", delay=0, plasticity=OJA)
    found = yg.compile(net, backend="chip").run()
    learned = found.weights("in -> out.i (delay 0)").toarray()[0]
    first = np.linalg.svd(mixed - mixed.mean(axis=0))[2][0]
    assert abs(learned @ first) / np.linalg.norm(learned) > 0.99
    assert np.linalg.norm(learned) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("lag", "sign"), [(3, 1), (-3, -1)])
def test_a_source_that_spikes_first_is_strengthened_and_one_that_is_late_is_weakened(lag, sign):
    steps = np.arange(200)
    early, late = steps % 50 == 20, steps % 50 == 20 + lag
    net = yg.Network()
    net.input("pre", 1, early[:, None], spiking=True)
    net.input("post", 1, late[:, None], spiking=True)
    net.project("pre", "post", weights=[[0.5]], port="i", delay=50, plasticity=PAIR_STDP)
    weight = yg.compile(net, backend="chip").run().weights("pre -> post.i (delay 50)").toarray()
    assert np.sign(weight[0, 0] - 0.5) == sign


def test_the_overlap_with_the_target_grows_while_a_rate_network_learns():
    model = RateNetwork(60, sigma=0.1, memories=2, seed=3)
    inputs, targets = model.tasks(2)
    net = model.learn(inputs, targets, time=100.0, rate=0.5)
    x = yg.compile(net, backend="chip").run(steps=1000).trace("units", "x")
    overlap = (x.reshape(len(x), 2, 60) * targets).mean(axis=2)
    assert (overlap[-100:].mean(axis=0) > overlap[:100].mean(axis=0) + 0.05).all()


def test_the_speed_of_learning_is_predicted_by_spontaneous_activity():
    found = RateNetwork(60, g=0.2, memories=3, sigma=0.3, seed=1).fluctuation_learning(12, time=100)
    one, two = found.correlations
    assert one > 0.9
    assert two > 0.7
    assert 0.6 < found.slope < 1.0
    assert found.plot().get_xlabel().startswith("predicted")


@pytest.mark.parametrize(("profile", "most"), [("ideal", 0.15), ("loihi2", 0.3)])
def test_a_network_taught_a_cosine_goes_on_alone_in_floats_and_in_integers(profile, most):
    found = TrajectoryLearner(60, rounds=60, alone=5, waves=2, profile=profile).fit(cosine(40))
    assert found.error_ < most
    assert found.path_.shape == (200, 1)
    learned = found.run_.learned["units -> units.recurrent"]
    assert (profile == "loihi2") == (learned.values.dtype.kind == "i")


def test_what_was_not_taught_is_not_drawn():
    found = TrajectoryLearner(60, rounds=60, alone=5, waves=2, rate=0.0).fit(cosine(40))
    assert found.error_ > 0.5


def test_letters_are_closed_strokes_within_the_square():
    for name in "ANRY":
        drawn = letter(name)
        assert np.abs(drawn).max() < 1.2
        assert np.hypot(*(drawn[0] - drawn[-1])) < 0.2


def test_an_unknown_letter_and_a_movement_of_another_shape_are_refused():
    with pytest.raises(GraphError, match="there are A, N, R, Y"):
        letter("%")
    with pytest.raises(GraphError, match=r"expected \(period, axes\)"):
        TrajectoryLearner(10).fit(np.zeros(40))
