"""Reservoir classifiers: accuracy, scikit-learn's rules, and what reaches a chip."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeCV
from sklearn.utils.estimator_checks import estimator_checks_generator

import yuragi as yg
from yuragi import reference
from yuragi.backend import with_stimulus
from yuragi.errors import GraphError, RunError, UnsupportedError
from yuragi_models import sequences
from yuragi_models.cycle_reservoir import CycleReservoirClassifier
from yuragi_models.digits import digits
from yuragi_models.liquid import LiquidClassifier
from yuragi_models.readout import fit_readout, on_grid
from yuragi_models.reservoir import ChaoticReservoirClassifier, ReservoirClassifier

RANDOM = (ReservoirClassifier, ChaoticReservoirClassifier)
KINDS = (*RANDOM, CycleReservoirClassifier, LiquidClassifier)
# Needs a setting or a package that the suite does not have.
SKIPPED = {"check_array_api_input", "check_classifier_data_not_an_array"}


def small(kind, **parameters):
    return kind(units=60, steps=8, **parameters)


@pytest.fixture(scope="module")
def images():
    return digits(seed=0)


@pytest.fixture(scope="module")
def trained(images):
    return small(ReservoirClassifier).fit(images.train, images.train_labels)


@pytest.fixture(scope="module", params=RANDOM, ids=lambda kind: kind.__name__)
def five(request):
    """Of five seeds: the split, the model that has learned it, the share of labels it has right."""
    found = []
    for seed in range(5):
        part = digits(seed=seed)
        model = request.param(seed=seed).fit(part.train, part.train_labels)
        found.append((part, model, model.score(part.test, part.test_labels)))
    return found


def test_three_hundred_units_name_the_digits_over_five_seeds(five):
    accuracies = [accuracy for _, _, accuracy in five]
    assert np.mean(accuracies) == pytest.approx(0.988, abs=0.005)
    assert min(accuracies) > 0.975


def test_a_chips_integers_keep_the_accuracy_over_five_seeds(five):
    lost = []
    for part, model, accuracy in five:
        program = yg.compile(model.network, profile="loihi2")
        assert program.graph.integer
        lost.append(accuracy - model.score(part.test, part.test_labels, program=program))
    assert max(lost) <= 0.01
    assert np.mean(lost) <= 0.005


@pytest.mark.parametrize(
    ("kind", "bound"), [(CycleReservoirClassifier, 0.975), (LiquidClassifier, 0.94)]
)
def test_a_ring_and_a_liquid_name_the_digits_in_floats_and_in_a_chips_integers(images, kind, bound):
    model = kind().fit(images.train, images.train_labels)
    program = yg.compile(model.network, profile="loihi2")
    assert program.graph.integer
    labels = model.classify(program.run(model.stimulus(images.test)))
    in_floats = model.score(images.test, images.test_labels)
    assert in_floats > bound
    assert np.mean(labels == images.test_labels) == pytest.approx(in_floats, abs=0.01)


def test_what_a_liquid_transforms_to_is_how_often_its_units_spike(images):
    model = small(LiquidClassifier).fit(images.train, images.train_labels)
    network = model.network
    network.probe("reservoir", "spikes")
    spikes = yg.compile(network).run(model.stimulus(images.test)).spikes("reservoir")
    rates = model.transform(images.test)
    np.testing.assert_allclose(rates, spikes[:, :9].mean(axis=1), atol=1e-12)
    assert 0.1 < rates.mean() < 0.4


@pytest.mark.parametrize("kind", KINDS)
def test_the_chips_integers_are_those_of_the_reference(images, kind):
    model = small(kind).fit(images.train, images.train_labels)
    program = yg.compile(model.network, profile="loihi2")
    stimulus = model.stimulus(images.test[:5])
    wanted = reference.run(with_stimulus(program.graph, stimulus), steps=10, trials=5)
    found = program.run(stimulus).trace("readout", "v")
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, wanted.trace("readout", "v"))


def test_a_chip_without_tanh_says_so(trained):
    with pytest.raises(UnsupportedError, match="reservoir"):
        yg.compile(trained.network, profile="loihi")


@pytest.mark.parametrize("kind", KINDS)
def test_scikit_learns_checks_pass(kind):
    ran = 0
    for estimator, check in estimator_checks_generator(kind(units=40), legacy=True):
        name = getattr(check, "func", check).__name__
        if name not in SKIPPED:
            check(estimator)
            ran += 1
    assert ran > 40


def test_a_clone_has_the_same_parameters_and_no_memory(trained):
    copy = clone(trained)
    assert copy.get_params() == trained.get_params()
    assert not hasattr(copy, "w_out_")


def test_the_same_seed_gives_the_same_network_and_another_seed_another(images, trained):
    again = small(ReservoirClassifier).fit(images.train, images.train_labels)
    other = small(ReservoirClassifier, seed=1).fit(images.train, images.train_labels)
    np.testing.assert_array_equal(again.w_out_, trained.w_out_)
    assert not np.array_equal(other.w_in_, trained.w_in_)


def test_flat_samples_and_sequences_are_the_same(images, trained):
    flat = images.test.reshape(len(images.test), -1)
    np.testing.assert_array_equal(trained.predict(flat), trained.predict(images.test))


def test_predictions_do_not_depend_on_the_number_of_threads(images, trained):
    program = yg.compile(trained.network)
    stimulus = trained.stimulus(images.test)
    one, two = (program.run(stimulus, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.trace("readout", "v"), two.trace("readout", "v"))


def test_every_backend_names_the_same_digits(images, trained):
    few = images.test[:20]
    program = yg.compile(trained.network, backend="reference")
    np.testing.assert_array_equal(trained.predict(few, program), trained.predict(few))


def test_the_readout_on_the_chip_is_the_regression_on_the_sums_of_states(images):
    model = small(ReservoirClassifier, windows=3).fit(images.train, images.train_labels)
    network = model.network
    network.probe("reservoir", "x")
    states = yg.compile(network).run(model.stimulus(images.test)).trace("reservoir", "x")
    states = states.reshape(len(images.test), 10, 60)
    # 9, 7 and 4 of the S + 1 states, the delays of the three connections being 1, 3 and 6.
    sums = np.concatenate([states[:, :stop].sum(axis=1) for stop in (9, 7, 4)], axis=1)
    wanted = sums @ model.w_out_.T + model.bias_out_
    np.testing.assert_allclose(model.decision_function(images.test), wanted, atol=1e-9)
    np.testing.assert_allclose(model.transform(images.test), sums[:, :60] / 9, atol=1e-12)


def test_the_chip_keeps_the_grid_of_weights_that_several_connections_share(images):
    model = small(ReservoirClassifier, windows=4).fit(images.train, images.train_labels)
    edges = yg.compile(model.network, profile="loihi2").graph.edges
    found = [e.weights.csr().toarray() * e.scale for e in edges if e.target == "readout"]
    assert len(found) == 4
    np.testing.assert_allclose(np.concatenate(found, axis=1), model.w_out_, atol=1e-9)


def test_samples_in_several_chunks_are_classified_like_all_at_once(images, trained, monkeypatch):
    states, labels = trained.transform(images.test), trained.predict(images.test)
    monkeypatch.setattr(sequences, "_CHUNK_BYTES", 8 * 60 * 10 * 7)
    np.testing.assert_array_equal(trained.transform(images.test), states)
    np.testing.assert_array_equal(trained.predict(images.test), labels)


def test_one_trial_is_classified_like_many(images, trained):
    program = yg.compile(trained.network)
    one = program.run(trained.stimulus(images.test[:1])[0])
    assert trained.classify(one).tolist() == trained.predict(images.test[:1]).tolist()


def test_two_classes_have_one_score(images):
    binary = images.train_labels < 2
    model = small(ReservoirClassifier).fit(images.train[binary], images.train_labels[binary])
    chosen = images.test[images.test_labels < 2]
    scores = model.decision_function(chosen)
    assert scores.shape == (len(chosen),)
    np.testing.assert_array_equal(scores > 0, model.predict(chosen) == 1)


def test_a_recording_that_is_too_short_is_refused(images, trained):
    recording = yg.compile(trained.network).run(images.test[:2])
    with pytest.raises(RunError, match=r"8 steps.*after 10"):
        trained.classify(recording)


def test_sequences_of_another_length_are_refused(images, trained):
    with pytest.raises(GraphError, match="7 steps, fitted were 8"):
        trained.predict(images.test[:, :7])


def test_samples_that_are_not_whole_steps_are_refused():
    with pytest.raises(GraphError, match="10 features a sample are not 8 steps"):
        ReservoirClassifier(units=5, steps=8).fit(np.zeros((4, 10)), [0, 1, 0, 1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"ridge": 0.0}, "ridge 0.0: expected above 0"),
        ({"weight_bits": 1}, "weight_bits: expected from 2"),
        ({"seed": -1}, "seed -1: expected from 0"),
        ({"windows": 0}, "windows 0: expected from 1"),
        ({"units": 0}, "expected from 1"),
    ],
)
def test_parameters_out_of_range_are_refused_when_fitted(wrong, message):
    model = ReservoirClassifier(**{"units": 5, **wrong})
    with pytest.raises(GraphError, match=message):
        model.fit(np.zeros((4, 10)), [0, 1, 0, 1])


def test_a_pickled_estimator_predicts_the_same(images, trained):
    again = pickle.loads(pickle.dumps(trained))  # noqa: S301 - its own
    np.testing.assert_array_equal(again.predict(images.test), trained.predict(images.test))


@pytest.mark.parametrize("kind", KINDS)
def test_all_weights_lie_on_the_grid_of_eight_bits(images, kind):
    model = small(kind).fit(images.train, images.train_labels)
    for values in (model.w_.values(), model.w_in_, model.w_out_):
        steps = values / (np.abs(values).max() / 127)
        np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)


def test_each_unit_has_as_many_inputs_as_asked_for(images):
    model = small(ReservoirClassifier, synapses=7, weight_bits=None)
    model.fit(images.train[:100], images.train_labels[:100])
    assert np.diff(model.w_.csr().indptr).tolist() == [7] * 60


def test_the_network_carries_training_sequences_for_calibration(trained):
    (stimulus,) = trained.network.graph().stimuli
    assert stimulus.values.shape == (32, 10, 8)


def test_rounding_leaves_what_is_on_the_grid():
    once = on_grid(np.random.default_rng(0).normal(size=(10, 30)), 8)
    np.testing.assert_allclose(on_grid(once, 8), once, rtol=0, atol=1e-15)
    assert on_grid(np.zeros((2, 2)), 8).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_the_readouts_bias_makes_up_for_rounded_weights():
    """Features far from zero: with the bias of the unrounded weights the mean score would shift."""
    rng = np.random.default_rng(0)
    features = 5.0 + 0.1 * rng.normal(size=(200, 20))
    targets = np.eye(3)[rng.integers(0, 3, 200)]
    readout = fit_readout(features, targets, ridge=1e-3, bits=4)
    scores = features @ readout.w.T + readout.c
    np.testing.assert_allclose(scores.mean(axis=0), targets.mean(axis=0), atol=1e-12)


def test_without_rounding_the_readout_is_ridge_regression():
    rng = np.random.default_rng(0)
    features, targets = rng.normal(size=(50, 4)), rng.normal(size=(50, 2))
    readout = fit_readout(features, targets, ridge=0.5, bits=None)
    centred, goal = features - features.mean(0), targets - targets.mean(0)
    # The gradient of |A w - y|^2 + ridge |w|^2 vanishes.
    gradient = centred.T @ (centred @ readout.w.T - goal) + 0.5 * readout.w.T
    np.testing.assert_allclose(gradient, 0.0, atol=1e-12)


def test_the_penalty_is_chosen_by_leaving_out_each_sample_in_turn():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 20))
    targets = features[:, :3] @ rng.normal(size=(3, 1)) + rng.normal(size=(60, 1))
    chosen = fit_readout(features, targets, ridge=None, bits=None)
    tried = chosen.ridge * 10.0 ** np.arange(-2.0, 3.0)
    best = RidgeCV(tried).fit(features, targets).alpha_
    assert best == pytest.approx(chosen.ridge)


def test_the_penalty_grows_where_rounding_would_spoil_small_ones():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 20)) * 10.0 ** -np.linspace(0.0, 6.0, 20)
    targets = features @ rng.normal(size=(20, 2))
    fine, coarse = (fit_readout(features, targets, ridge=None, bits=b) for b in (None, 4))
    assert coarse.ridge > fine.ridge
    error = features @ coarse.w.T + coarse.c - targets
    assert error.std() < 0.3 * targets.std()
