"""Chaotic networks: a memory that wanders, searches whose chaos fades or tires, coupled maps."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import yuragi as yg
from yuragi.errors import GraphError
from yuragi_models.analysis.visits import overlaps, visits
from yuragi_models.assignment_instances import (
    OPTIMA,
    Assignment,
    assignment_instance,
    grid_distances,
)
from yuragi_models.chaotic_assignment import ChaoticAssignment
from yuragi_models.chaotic_memory import ChaoticMemory, adachi_aihara_patterns, balanced_patterns
from yuragi_models.coupled_maps import CoupledMaps, clusters
from yuragi_models.tours import TEN_CITIES, distances, gr48, shortest_tour, tour_lengths
from yuragi_models.transient_chaos import TransientChaos

IMAGES = adachi_aihara_patterns()
TEN = distances(TEN_CITIES)
SHORTEST = float(tour_lengths(TEN, shortest_tour(TEN)))
# of QAPLIB, tai20a.sln: the element at each place, from 1
TAI20A = [10, 9, 12, 20, 19, 3, 14, 6, 17, 11, 5, 7, 15, 16, 18, 2, 4, 8, 13, 1]
# found by local search; the published optimum of gr48 is 5046
GR48 = [
    4, 30, 11, 9, 14, 23, 36, 46, 42, 44, 1, 39, 38, 41, 34, 19, 37, 29, 3, 18, 2, 24, 22, 33,
    17, 45, 40, 43, 27, 6, 28, 0, 12, 47, 15, 10, 35, 25, 5, 13, 8, 20, 16, 26, 31, 21, 7, 32,
]  # fmt: skip
FLOATS = pytest.mark.parametrize("backend", ["reference", "chip", "brian2_numpy"])


def random_assignment(size, seed):
    rng = np.random.default_rng(seed)
    flows, places = (np.triu(rng.integers(0, 9, (size, size)), 1) for _ in range(2))
    return Assignment(flows=(flows + flows.T) * 1.0, distances=(places + places.T) * 1.0)


def test_the_published_images_have_their_cells_and_hardly_overlap():
    assert (IMAGES > 0).sum(axis=1).tolist() == [50, 50, 49, 50]
    apart = IMAGES @ IMAGES.T / 100 - np.eye(4)
    assert apart.min() == pytest.approx(-0.04)
    assert apart.max() == pytest.approx(0.12)


@FLOATS
def test_the_compiled_orbit_is_that_of_the_network(backend):
    memory = ChaoticMemory(balanced_patterns(3, 30, seed=2), seed=1)
    x = yg.compile(memory.network, backend=backend).run(steps=60).trace("memory", "x")
    np.testing.assert_allclose(memory.orbit(60), x, atol=1e-9)


def states(memory, steps):
    net = memory.network
    net.probe("memory", "eta")
    net.probe("memory", "zeta")
    run = yg.compile(net).run(steps=steps)
    return np.concatenate([run.trace("memory", name)[-1] for name in ("eta", "zeta")])


@pytest.mark.parametrize("steps", [5, 20, 30])
def test_the_tangent_vector_grows_as_two_orbits_of_the_network_part(steps):
    memory, near = (ChaoticMemory(IMAGES, k_r=0.97, seed=3) for _ in range(2))
    near.start = memory.start + 1e-9 * np.cos(np.arange(100.0))
    apart = np.linalg.norm(states(near, steps) - states(memory, steps)) / 1e-9
    assert steps * memory.exponent(steps, discard=0) == pytest.approx(np.log(apart), abs=0.01)


def test_less_refractory_memory_ends_on_a_cycle_with_its_exponent():
    memory = ChaoticMemory(IMAGES, k_r=0.7)
    assert memory.cycle(discard=5000, longest=100) == 10
    assert memory.exponent(500, discard=5000) == pytest.approx(np.log(0.7), abs=1e-3)


@pytest.mark.parametrize("profile", ["ideal", "loihi2"])
def test_all_images_are_visited_and_left_again_in_floats_and_in_integers(profile):
    memory = ChaoticMemory(IMAGES)
    recording = yg.compile(memory.network, profile=profile).run(steps=10_000)
    found = memory.read(recording)
    assert found.visited == 4
    assert (found.stays < 50).all()
    trace = recording.traces["memory", "x"]
    assert trace.values.mean() * trace.scale == pytest.approx(0.235, abs=0.02)
    if profile == "loihi2":
        assert yg.energy(recording).total_j.nominal > 0


def test_visits_are_counted_once_for_each_stay():
    pattern = np.array([[1.0, -1.0, 1.0, -1.0]])
    there, away = [1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]
    negative = [0.0, 1.0, 0.0, 1.0]
    found = visits([there, there, away, there, negative], pattern)
    assert found.steps.tolist() == [3]
    assert found.entries.tolist() == [2]
    assert found.stays.tolist() == [1.5]
    assert found.reversed_steps.tolist() == [1]
    assert found.visited == 1
    assert len(found.plot().axes) == 1
    assert overlaps([away], pattern).tolist() == [[0.5]]
    with pytest.raises(GraphError, match="patterns of 4 units, states of 3"):
        overlaps([[0.0, 1.0, 1.0]], pattern)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), cities=st.integers(3, 7))
def test_dynamic_programming_finds_the_shortest_of_all_tours(seed, cities):
    d = distances(np.random.default_rng(seed).random((cities, 2)))
    every = [(0, *rest) for rest in permutations(range(1, cities))]
    assert tour_lengths(d, shortest_tour(d)) == pytest.approx(tour_lengths(d, every).min())


def test_a_tour_of_gr48_has_the_length_of_its_published_optimum():
    d = gr48()
    assert sorted(GR48) == list(range(48))
    assert tour_lengths(d, GR48) == 5046
    found = TransientChaos(d, update="asynchronous", beta=0.05).solve(1, sweeps=100)
    assert not found.lengths[0] < 5046


@FLOATS
@pytest.mark.parametrize("update", ["synchronous", "asynchronous"])
def test_the_compiled_search_for_tours_is_the_network(update, backend):
    model = TransientChaos(distances(TEN_CITIES[:4]), update=update, seed=1)
    program = yg.compile(model.network, backend=backend)
    recording = program.run(model.stimulus(1), steps=model.steps(30))
    found = recording.traces["cells", "x"].values[0]
    np.testing.assert_allclose(found[1:], model.outputs(30), atol=1e-9)


def test_chaos_that_fades_finds_the_shortest_tour_and_no_chaos_does_not():
    assert pytest.approx(2.6907, abs=1e-4) == SHORTEST
    with_chaos = TransientChaos(TEN).solve(40)
    assert (with_chaos.lengths < SHORTEST + 1e-6).sum() >= 34
    assert with_chaos.lengths[np.isfinite(with_chaos.lengths)].min() > SHORTEST - 1e-6
    without = TransientChaos(TEN, z0=0.0).solve(40)
    assert (without.lengths < SHORTEST + 1e-6).sum() <= 1


def test_tours_are_found_in_the_integers_of_a_chip():
    model = TransientChaos(TEN)
    program = yg.compile(model.network, profile="loihi2")
    recording = program.run(model.stimulus(10), steps=model.steps(1000))
    found = model.read(recording)
    assert (found.lengths < SHORTEST + 1e-6).sum() >= 7
    assert sorted(found.best.tolist()) == list(range(10))
    assert yg.energy(recording).total_j.nominal > 0


def test_outputs_that_are_no_tour_have_no_length():
    model = TransientChaos(distances(TEN_CITIES[:3]))
    tour, none = np.eye(3).reshape(-1), np.eye(3)[[0, 0, 1]].reshape(-1)
    found = model.decode([tour, none])
    assert found.orders.tolist() == [[0, 1, 2], [-1, -1, -1]]
    assert found.feasible == 1
    with pytest.raises(GraphError, match="none of 1 starts"):
        _ = model.decode([none]).best


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"distances": np.zeros((4, 4))}, "not all 0"), ({"update": "random"}, "asynchronous")],
)
def test_a_search_for_tours_that_makes_no_sense_is_refused(given, reason):
    with pytest.raises(GraphError, match=reason):
        TransientChaos(**{"distances": TEN, **given})


def test_the_known_solution_of_tai20a_has_its_known_cost():
    places = np.argsort(np.array(TAI20A) - 1)
    assert assignment_instance("tai20a").costs(places) == OPTIMA["tai20a"]


@pytest.mark.parametrize(
    ("name", "given"),
    [("nug12", {}), ("nug30", {"k_r": 0.8, "alpha": 1.0, "theta": 0.8}), ("tai20a", {})],
)
def test_no_assignment_beats_the_known_optimum_and_good_ones_are_found(name, given):
    search = ChaoticAssignment(assignment_instance(name), **given)
    costs = search.solve(4, sweeps=300).costs
    assert costs.min() >= OPTIMA[name]
    assert costs.mean() < 1.04 * OPTIMA[name]
    assert costs.max() < search.problem.costs(search.start(4)).min()
    if name == "nug12":
        assert costs.min() == 578


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000))
def test_costs_of_assignments_are_counted_right(seed):
    problem = random_assignment(5, seed)
    found = ChaoticAssignment(problem, seed=seed).solve(4, sweeps=200)
    costs = [problem.costs(p) for p in permutations(range(5))]
    assert problem.costs(found.best) == found.costs.min()
    assert min(costs) <= found.costs.min() < np.median(costs)


def test_nearly_all_small_assignments_are_solved():
    solved = 0
    for seed in range(100):
        problem = random_assignment(5, seed)
        found = ChaoticAssignment(problem, seed=seed).solve(4, sweeps=200)
        solved += found.costs.min() == min(problem.costs(p) for p in permutations(range(5)))
    assert solved >= 97


@FLOATS
def test_units_fire_on_every_backend_as_in_the_search(backend):
    search = ChaoticAssignment(random_assignment(5, 1))
    _, fired = search.gains(40)
    assert 0 < fired.sum() < fired.size
    found = search.read(yg.compile(search.network(40), backend=backend).run(steps=40))
    np.testing.assert_array_equal(found, fired)


def test_units_fire_in_the_integers_of_a_chip_nearly_as_in_the_search():
    search = ChaoticAssignment(assignment_instance("nug12"))
    _, fired = search.gains(100)
    recording = yg.compile(search.network(100), profile="loihi2").run(steps=100)
    assert (search.read(recording) != fired).sum() <= 0.01 * fired.sum()


def test_an_assignment_that_is_not_one_is_refused():
    with pytest.raises(GraphError, match="flows: expected symmetry"):
        Assignment(flows=np.triu(np.ones((3, 3))), distances=np.zeros((3, 3)))
    with pytest.raises(GraphError, match="distances: expected a square"):
        Assignment(flows=np.zeros((3, 3)), distances=np.zeros((2, 2)))
    with pytest.raises(GraphError, match="no instance 'nug31'"):
        assignment_instance("nug31")
    assert grid_distances(2, 2).tolist()[0] == [0, 1, 1, 2]


@FLOATS
def test_coupled_maps_are_the_network(backend):
    maps = CoupledMaps(12, a=1.7, coupling=0.2, seed=1)
    recording = yg.compile(maps.network, backend=backend).run(maps.stimulus(2), steps=25)
    found = recording.traces["maps", "x"].values
    np.testing.assert_allclose(found, maps.orbit(25, starts=2), atol=1e-9)


@pytest.mark.parametrize("profile", ["ideal", "loihi2"])
def test_strong_coupling_makes_one_cluster_weaker_a_few_and_weak_as_many_as_maps(profile):
    def found(a, coupling):
        maps = CoupledMaps(50, a=a, coupling=coupling)
        program = yg.compile(maps.network, profile=profile)
        return maps.read(program.run(maps.stimulus(2), steps=1500))

    assert found(1.8, 0.5) == [[50], [50]]
    assert all(2 <= len(sizes) <= 4 for sizes in found(1.6, 0.2))
    assert all(len(sizes) >= 45 for sizes in found(1.9, 0.1))


def test_maps_move_as_one_where_the_coupling_outweighs_their_chaos(monkeypatch):
    # at a = 2 the exponent of a map is ln 2, so that 1/2 is the border
    near = np.full((1, 10), 0.3) + 1e-9 * np.arange(10)
    for coupling, together in ((0.55, True), (0.45, False)):
        maps = CoupledMaps(10, a=2.0, coupling=coupling)
        monkeypatch.setattr(maps, "start", {1: near}.get)
        apart = np.ptp(maps.orbit(400)[0], axis=1)
        assert (apart[300:].max() < 1e-9) == together


def test_clusters_are_counted_by_gaps():
    assert clusters([0.5, -1.0, 0.5 + 1e-9, 0.7]) == [2, 1, 1]
    with pytest.raises(GraphError, match="0 < a <= 2"):
        CoupledMaps(3, a=2.5)
