"""Wiring: maps and the rules that make them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from yuragi.errors import GraphError
from yuragi.wiring.maps import Dense, LinearMap, Sparse, as_map, synaptic
from yuragi.wiring.rules import hebbian, one_to_one, random, ring, spectral_radius

W = np.array([[0.0, 1.5, 0.0], [-2.0, 0.0, 0.0]])


def _dense(weights: LinearMap) -> np.ndarray:
    return weights.csr().toarray()


@pytest.mark.parametrize(
    "weights",
    [W, W.tolist(), scipy.sparse.csr_array(W), scipy.sparse.coo_matrix(W), Dense(W)],
    ids=["array", "lists", "csr", "coo matrix", "map"],
)
def test_every_form_of_weights_means_the_same_map(weights: object) -> None:
    found = as_map(weights)  # type: ignore[arg-type]  # all of them are allowed

    assert np.array_equal(_dense(found), W)
    assert (found.shape, found.synapses) == ((2, 3), 2)


def test_an_array_that_is_mostly_zero_is_held_sparse() -> None:
    assert isinstance(as_map(W), Sparse)
    assert isinstance(as_map(np.ones((2, 3))), Dense)


def test_stored_duplicates_are_one_synapse_and_a_stored_zero_is_one_too() -> None:
    coo = scipy.sparse.coo_array(([1.0, 2.0, 0.0], ([0, 0, 1], [1, 1, 2])), shape=(2, 3))

    found = as_map(coo)

    assert found.synapses == 2
    assert _dense(found)[0, 1] == 3.0


def test_an_integer_weight_of_zero_is_no_synapse() -> None:
    stored = scipy.sparse.csr_array(([0, 2], ([0, 1], [1, 2])), shape=(2, 3), dtype=np.int8)

    assert Sparse(stored).synapses == 1
    assert synaptic(stored).nnz == 1


def test_a_map_does_not_change_with_the_array_it_came_from() -> None:
    array = np.ones((2, 2))
    found = as_map(array)
    array[0, 0] = 9.0

    assert _dense(found)[0, 0] == 1.0


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), r"expected shape \(post, pre\), found \(3,\)"),
        (np.ones((2, 2, 2)), r"expected shape \(post, pre\)"),
        ([[1.0, 2.0], [3.0]], "expected an array of numbers"),
        ([["a"]], "expected an array of numbers"),
        ([[np.nan]], "expected finite numbers"),
        ([[np.inf]], "expected finite numbers"),
        (scipy.sparse.csr_array([[np.nan]]), "expected finite numbers"),
    ],
)
def test_weights_that_are_no_map_are_refused(weights: object, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        as_map(weights)  # type: ignore[arg-type]  # what a user can pass


@given(st.integers(0, 2**32 - 1))
def test_other_values_go_back_to_the_same_places(seed: int) -> None:
    weights = random(5, 7, density=0.4, seed=seed)

    doubled = weights.changed(weights.values() * 2)

    assert np.array_equal(_dense(doubled), 2 * _dense(weights))


@given(
    patterns=st.lists(
        st.lists(st.sampled_from([-1, 1]), min_size=6, max_size=6), min_size=1, max_size=4
    )
)
def test_hebbian_weights_are_the_sum_of_products(patterns: list[list[int]]) -> None:
    expected = np.array(
        [
            [0.0 if i == j else sum(p[i] * p[j] for p in patterns) / 6 for j in range(6)]
            for i in range(6)
        ]
    )

    assert np.allclose(_dense(hebbian(patterns)), expected, rtol=0, atol=1e-15)


def test_hebbian_reads_one_and_zero_as_plus_and_minus() -> None:
    assert np.array_equal(_dense(hebbian([[1, 0, 1]])), _dense(hebbian([[1, -1, 1]])))


def test_hebbian_keeps_the_diagonal_where_it_is_asked_for() -> None:
    assert np.array_equal(np.diag(_dense(hebbian([[1, -1]], scale=2.0, diagonal=True))), [2.0, 2.0])


@pytest.mark.parametrize(
    "patterns", [[], [[]], [[0.5, 1]], [[-1, 0]], [[[1, -1]]], [[2, 2]]], ids=str
)
def test_hebbian_refuses_what_is_no_pattern(patterns: object) -> None:
    with pytest.raises(GraphError, match="patterns: expected"):
        hebbian(patterns)  # type: ignore[arg-type]  # what a user can pass


@pytest.mark.parametrize("inputs", [1, 3, 9, 20])
def test_every_unit_of_a_random_map_has_the_same_number_of_different_inputs(inputs: int) -> None:
    matrix = random(50, 40 if inputs > 3 else 400, inputs=inputs, seed=3).csr()

    assert np.array_equal(np.diff(matrix.indptr), np.full(50, inputs))
    assert matrix.has_canonical_format or inputs == 20


@pytest.mark.parametrize("size", [30, 600], ids=["dense eigenvalues", "iterated eigenvalues"])
def test_a_random_map_has_the_spectral_radius_it_was_asked_for(size: int) -> None:
    weights = random(size, size, density=0.1, radius=0.95, seed=5)

    found = np.abs(np.linalg.eigvals(_dense(weights))).max()

    assert found == pytest.approx(0.95, rel=1e-9)


def test_a_random_map_is_a_function_of_its_seed() -> None:
    first, again, other = (_dense(random(9, 9, density=0.5, seed=s)) for s in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_random_weights_lie_between_their_bounds() -> None:
    values = random(30, 30, low=2.0, high=3.0, seed=0).values()

    assert values.min() >= 2.0
    assert values.max() < 3.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"density": 0.0}, r"density 0.0: expected in \(0, 1\]"),
        ({"density": 1.5}, r"density 1.5: expected in \(0, 1\]"),
        ({"inputs": 0}, "inputs 0: expected from 1 to 4"),
        ({"inputs": 5}, "inputs 5: expected from 1 to 4"),
        ({"radius": 0.9}, "radius: expected a square map"),
    ],
)
def test_a_random_map_refuses_what_cannot_be(options: dict[str, float], message: str) -> None:
    with pytest.raises(GraphError, match=message):
        random(3, 4, seed=0, **options)  # type: ignore[arg-type]  # inputs is whole


def test_a_ring_leads_around() -> None:
    assert np.array_equal(_dense(ring(3, 0.5)), [[0, 0, 0.5], [0.5, 0, 0], [0, 0.5, 0]])
    assert spectral_radius(ring(3, 0.5)) == pytest.approx(0.5, rel=1e-12)


def test_one_to_one_is_diagonal() -> None:
    assert np.array_equal(_dense(one_to_one(3, -2.0)), np.diag([-2.0] * 3))
