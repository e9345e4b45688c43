"""Hopfield memories: what their rules promise, and the same recall on every backend."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import yuragi as yg
from yuragi.errors import GraphError
from yuragi_models.dense_memory import DenseMemory, ModernHopfield
from yuragi_models.hopfield import (
    ContinuousHopfield,
    HopfieldMemory,
    SpikingHopfield,
    energy,
    overlaps,
)
from yuragi_models.hopfield_rules import (
    RULES,
    capacity,
    hebb,
    one_step_error,
    pseudo_inverse,
    retrieval_overlap,
    storkey,
)

RNG = np.random.default_rng(0)
PATTERNS = RNG.choice([-1.0, 1.0], size=(5, 60))
CUES = PATTERNS * np.where(RNG.random(PATTERNS.shape) < 0.1, -1.0, 1.0)
BACKENDS = ("reference", "chip", "brian2_numpy")
UPDATES = ("synchronous", "asynchronous", "blocks")


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("rule", RULES)
def test_a_memory_recalls_its_patterns_from_noise(rule, update):
    memory = HopfieldMemory(rule=rule, update=update, sweeps=5).fit(PATTERNS)
    np.testing.assert_array_equal(memory.predict(CUES), PATTERNS)
    assert memory.score(CUES, PATTERNS) == 1.0


@pytest.mark.parametrize("update", UPDATES)
def test_every_backend_recalls_step_by_step_the_same(update):
    memory = HopfieldMemory(update=update, sweeps=1).fit(PATTERNS)
    found = {}
    for name in BACKENDS:
        program = yg.compile(memory.network, backend=name)
        found[name] = memory.read(program.run(memory.stimulus(CUES), steps=memory.steps_))
    np.testing.assert_array_equal(found["chip"], found["reference"])
    np.testing.assert_array_equal(found["brian2_numpy"], found["reference"])


@pytest.mark.parametrize("update", UPDATES)
def test_recall_in_integers_is_recall_in_floats_and_has_joules(update):
    memory = HopfieldMemory(update=update, sweeps=3).fit(PATTERNS)
    program = yg.compile(memory.network, profile="loihi2")
    recording = program.run(memory.stimulus(CUES), steps=memory.steps_)
    floats = yg.compile(memory.network).run(memory.stimulus(CUES), steps=memory.steps_)
    np.testing.assert_array_equal(memory.read(recording), memory.read(floats))
    assert yg.energy(recording).total_j.nominal > 0


def test_sending_changes_only_saves_events_and_changes_nothing():
    memory = HopfieldMemory().fit(PATTERNS)
    stimulus = memory.stimulus(CUES)
    plain, changes = (
        yg.compile(memory.network, encode=code).run(stimulus, steps=memory.steps_)
        for code in (None, "sigma_delta")
    )
    np.testing.assert_array_equal(memory.read(plain), memory.read(changes))
    assert changes.counts.synaptic_events < plain.counts.synaptic_events / 50


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 20))
def test_energy_never_rises_in_asynchronous_recall(seed, count):
    rng = np.random.default_rng(seed)
    memory = HopfieldMemory(sweeps=3, seed=seed).fit(rng.choice([-1, 1], size=(count, 24)))
    program = yg.compile(memory.network)
    cues = rng.choice([-1, 1], size=(6, 24))
    states = memory.read(program.run(memory.stimulus(cues), steps=memory.steps_))
    assert np.diff(energy(states, memory.weights_), axis=1).max() <= 1e-9


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_synchronous_recall_ends_in_a_fixed_point_or_a_cycle_of_two(seed):
    rng = np.random.default_rng(seed)
    memory = HopfieldMemory(update="synchronous", sweeps=40)
    memory.fit(rng.choice([-1, 1], size=(8, 20)))
    program = yg.compile(memory.network)
    cues = rng.choice([-1, 1], size=(6, 20))
    states = memory.read(program.run(memory.stimulus(cues), steps=memory.steps_))
    np.testing.assert_array_equal(states[:, -1], states[:, -3])


@given(seed=st.integers(0, 10_000), count=st.integers(1, 39))
def test_the_projection_rule_leaves_every_pattern_as_it_is(seed, count):
    xi = np.random.default_rng(seed).choice([-1.0, 1.0], size=(count, 40))
    np.testing.assert_allclose(xi @ pseudo_inverse(xi, diagonal=True), xi, atol=1e-9)


@given(seed=st.integers(0, 10_000))
def test_every_rule_gives_symmetric_weights_without_diagonal(seed):
    xi = np.random.default_rng(seed).choice([-1.0, 1.0], size=(6, 15))
    for rule in RULES.values():
        w = rule(xi)
        np.testing.assert_allclose(w, w.T, atol=1e-12)
        assert not np.diag(w).any()


def test_storkeys_rule_begins_as_hebbs_and_holds_more():
    one = PATTERNS[:1]
    np.testing.assert_allclose(storkey(one), hebb(one), atol=1e-12)
    many = np.random.default_rng(5).choice([-1.0, 1.0], size=(16, 100))
    fixed = {rule: (np.sign(many @ RULES[rule](many)) == many).mean() for rule in RULES}
    assert fixed["hebb"] < fixed["storkey"] <= 1.0


def test_the_errors_of_one_step_are_those_of_the_published_table():
    """Hertz, Krogh & Palmer (1991): loads .105, .138, .185, .37, .61."""
    found = [one_step_error(load) for load in (0.105, 0.138, 0.185, 0.37, 0.61)]
    np.testing.assert_allclose(found, [0.001, 0.0036, 0.01, 0.05, 0.1], rtol=0.02)


@pytest.mark.parametrize("profile", ["ideal", "loihi2", "loihi"])
@pytest.mark.parametrize("count", [4, 5])
def test_plain_spikes_recall_as_values_do(profile, count):
    patterns = PATTERNS[:count, :59]
    wanted = HopfieldMemory(update="synchronous", sweeps=11).fit(patterns).predict(CUES[:, :59])
    found = SpikingHopfield(patterns).recall(CUES[:, :59], profile=profile)
    np.testing.assert_array_equal(found, wanted)


def test_plain_spikes_recall_on_brian2():
    found = SpikingHopfield(PATTERNS).recall(CUES, name="brian2_numpy")
    np.testing.assert_array_equal(found, SpikingHopfield(PATTERNS).recall(CUES))


@pytest.mark.parametrize("degree", [2, 3, 4])
def test_a_dense_memory_updates_as_its_published_rule(degree):
    xi = np.random.default_rng(degree).choice([-1.0, 1.0], size=(12, 15))
    states = np.random.default_rng(1).choice([-1.0, 1.0], size=(10, 15))
    rest = (states @ xi.T)[:, :, None] - xi[None] * states[:, None]  # (states, patterns, size)
    force = ((xi + rest) ** degree - (rest - xi) ** degree).sum(axis=1)
    clear = np.abs(force) > 1e-9  # the sums of the network are rounded, so that a tie is none there
    found = DenseMemory(xi, degree=degree).recall(states)
    np.testing.assert_array_equal(found[clear], np.sign(force)[clear])
    assert clear.mean() > 0.8


@pytest.mark.parametrize("backend", ["reference", "brian2_numpy"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_dense_memory_recalls_alike_on_every_backend(backend, asynchronous):
    memory = DenseMemory(PATTERNS[:, :20], asynchronous=asynchronous)
    found = memory.recall(CUES[:, :20], name=backend)
    np.testing.assert_array_equal(found, memory.recall(CUES[:, :20]))


def test_a_dense_memory_holds_more_patterns_than_units_in_a_chips_integers():
    rng = np.random.default_rng(3)
    xi = rng.choice([-1.0, 1.0], size=(80, 60))
    cues = xi * np.where(rng.random(xi.shape) < 0.05, -1.0, 1.0)
    found = DenseMemory(xi).recall(cues, updates=2, profile="loihi2")
    assert (found == xi).all(axis=1).mean() > 0.9


def test_one_update_of_the_modern_network_is_a_softmax_over_the_patterns():
    rng = np.random.default_rng(0)
    stored, query = rng.normal(size=(40, 16)), rng.normal(size=(3, 16))
    u = 0.8 * query @ stored.T
    p = np.exp(u - u.max(axis=1, keepdims=True))
    wanted = p / p.sum(axis=1, keepdims=True) @ stored
    for name in BACKENDS:
        found = ModernHopfield(stored, beta=0.8).recall(query, name=name)
        np.testing.assert_allclose(found, wanted, atol=1e-9)


def test_the_modern_network_recalls_in_a_chips_integers():
    rng = np.random.default_rng(0)
    stored = rng.normal(size=(50, 32))
    stored *= np.sqrt(31) / np.linalg.norm(stored, axis=1, keepdims=True)
    query = stored[:20] + 0.3 * rng.normal(size=(20, 32))
    found = ModernHopfield(stored, beta=0.5, span=6.0).recall(query, profile="loihi2")
    np.testing.assert_array_equal((found @ stored.T).argmax(axis=1), np.arange(20))


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_the_continuous_network_descends_its_energy(seed):
    rng = np.random.default_rng(seed)
    model = ContinuousHopfield(rng.choice([-1.0, 1.0], size=(4, 20)), step=0.05)
    potentials = model.recall(rng.uniform(-1, 1, size=(4, 20)), steps=60)
    assert np.diff(model.energy(potentials[:, 1:]), axis=1).max() <= 1e-9


@pytest.mark.parametrize("backend", ["reference", "brian2_numpy"])
def test_the_continuous_network_recalls_alike_on_every_backend(backend):
    model = ContinuousHopfield(PATTERNS, rule="pseudo_inverse")
    found = model.recall(0.5 * CUES, steps=60, name=backend)
    np.testing.assert_allclose(found, model.recall(0.5 * CUES, steps=60), atol=1e-9)
    np.testing.assert_array_equal(np.sign(found[:, -1]), PATTERNS)


def test_the_continuous_network_recalls_in_a_chips_integers():
    model = ContinuousHopfield(PATTERNS, rule="pseudo_inverse")
    found = model.recall(0.5 * CUES, profile="loihi2")
    np.testing.assert_array_equal(np.sign(found[:, -1]), PATTERNS)


def test_overlaps_are_one_with_the_own_pattern():
    np.testing.assert_allclose(np.diag(overlaps(PATTERNS, PATTERNS > 0)), 1.0)


@pytest.mark.parametrize(
    ("options", "patterns", "reason"),
    [
        ({"rule": "hebbian"}, PATTERNS, "expected one of hebb"),
        ({"update": "random"}, PATTERNS, "expected synchronous"),
        ({}, [[1.0, 0.5]], "expected rows"),
    ],
)
def test_what_is_no_memory_is_refused(options, patterns, reason):
    with pytest.raises(GraphError, match=reason):
        HopfieldMemory(**options).fit(patterns)


def test_the_overlap_of_recall_falls_to_its_value_at_capacity_and_is_0_beyond():
    load, overlap = capacity()
    loads = np.linspace(0.02, load * (1 - 1e-9), 20)
    found = [retrieval_overlap(x) for x in loads]
    assert np.all(np.diff(found) < 0)
    assert found[-1] == pytest.approx(overlap, abs=1e-3)
    assert retrieval_overlap(load * 1.01) == 0.0
    with pytest.raises(GraphError, match="above 0"):
        retrieval_overlap(0.0)


def test_a_degree_without_a_form_is_refused():
    with pytest.raises(GraphError, match="degree 7"):
        DenseMemory(PATTERNS, degree=7)
