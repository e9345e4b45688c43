"""Ising problems and the machines that minimise them, on every backend."""

from types import SimpleNamespace

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import yuragi as yg
from yuragi.errors import GraphError
from yuragi_models.annealing import SimulatedAnnealing
from yuragi_models.bifurcation import SimulatedBifurcation
from yuragi_models.coherent import CoherentIsing
from yuragi_models.graphbase import Flip
from yuragi_models.instances import gset, instance, sherrington_kirkpatrick
from yuragi_models.ising_problem import IsingProblem

SMALL = sherrington_kirkpatrick(24, seed=3)
MACHINES = {
    "discrete": SimulatedBifurcation(SMALL, steps=60, seed=1),
    "ballistic": SimulatedBifurcation(SMALL, steps=60, discrete=False, seed=1),
    "coherent": CoherentIsing(SMALL, steps=60, seed=1),
}


def all_states(size):
    return 1 - 2 * ((np.arange(2**size)[:, None] >> np.arange(size)) & 1)


def positions(machine, *, backend="chip", profile="ideal"):
    program = yg.compile(machine.network, backend=backend, profile=profile)
    recording = program.run(machine.stimulus(2), steps=machine.steps)
    return recording.traces["spins", "x"].values[:, -1]


@given(bits=st.lists(st.booleans(), min_size=6, max_size=6), seed=st.integers(0, 50))
def test_a_qubo_has_the_energy_of_its_quadratic_form(bits, seed):
    q = np.random.default_rng(seed).normal(size=(6, 6))
    x = np.array(bits, dtype=float)
    assert IsingProblem.qubo(q).energies(2 * x - 1) == pytest.approx(x @ q @ x)


def test_a_qubo_by_names_answers_in_its_own_variables():
    problem = IsingProblem.qubo({("a", "a"): -1.0, ("a", "b"): 3.0, ("b", "b"): -0.5})
    states = all_states(2)
    best = states[problem.energies(states).argmin()]
    assert problem.sample(best) == {"a": 1, "b": 0}
    assert problem.energies(best) == -1.0


def test_the_cut_of_a_graph_is_what_networkx_counts():
    graph = networkx.gnp_random_graph(12, 0.5, seed=2)
    networkx.set_edge_attributes(graph, {e: k + 1 for k, e in enumerate(graph.edges)}, "weight")
    spins = np.random.default_rng(0).choice([-1, 1], size=12)
    side = {node for node, s in zip(graph.nodes, spins, strict=True) if s > 0}
    wanted = networkx.cut_size(graph, side, weight="weight")
    assert IsingProblem.max_cut(graph).cuts(spins) == pytest.approx(wanted)


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
def test_a_dimod_model_keeps_its_energies_and_names(vartype):
    model = SimpleNamespace(
        linear={"a": 0.5, "b": -1.0, "c": 0.0},
        quadratic={("a", "b"): 2.0, ("c", "a"): -1.5},
        offset=0.25,
        vartype=SimpleNamespace(name=vartype),
    )
    problem = IsingProblem.from_dimod(model)
    for spins in all_states(3):
        value = problem.sample(spins)
        wanted = model.offset + sum(h * value[n] for n, h in model.linear.items())
        wanted += sum(j * value[a] * value[b] for (a, b), j in model.quadratic.items())
        assert problem.energies(spins) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("couplings", "reason"),
    [
        ([[0, 1], [2, 0]], "J_ij = J_ji"),
        ([[1, 0], [0, 0]], "zero diagonal"),
        ([[0, 1]], "expected"),
    ],
)
def test_a_problem_that_is_not_one_is_refused(couplings, reason):
    with pytest.raises(GraphError, match=reason):
        IsingProblem.of(np.array(couplings, dtype=float), np.zeros(2))


def test_bits_are_the_lowest_bits_of_single_draws():
    one, many = Flip(7), Flip(7)
    wanted = [one.below(2) for _ in range(300)]
    found = [*many.bits(13), *many.bits(200), *(many.below(2) for _ in range(10)), *many.bits(77)]
    assert found == wanted


def test_a_graph_without_recipe_is_refused_with_those_that_have_one():
    with pytest.raises(GraphError, match="no recipe for G14; there are 1, 2"):
        gset(14)
    with pytest.raises(GraphError, match="no instance"):
        instance("K3000")


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_the_chip_in_floats_is_the_reference(machine):
    np.testing.assert_array_equal(
        positions(machine), positions(machine, backend="reference"), strict=True
    )


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_brian2_is_the_reference_within_rounding(machine):
    found = positions(machine, backend="brian2_numpy")
    np.testing.assert_allclose(found, positions(machine, backend="reference"), atol=1e-9)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_the_chip_in_integers_is_the_reference_in_integers_and_has_joules(machine):
    program = yg.compile(machine.network, profile="loihi2")
    recording = program.run(machine.stimulus(2), steps=machine.steps)
    graph = yg.compile(machine.network, profile="loihi2").graph
    door = yg.compile(graph, backend="reference")
    wanted = door.run(machine.stimulus(2), steps=machine.steps)
    np.testing.assert_array_equal(
        recording.traces["spins", "x"].values, wanted.traces["spins", "x"].values
    )
    assert yg.energy(recording).total_j.nominal > 0
    assert machine.read(recording).energies.max() < 0.5 * SMALL.energies(np.ones(24)).clip(None, 0)


@pytest.mark.parametrize("discrete", [True, False])
def test_the_compiled_search_is_the_network(discrete):
    problem = IsingProblem.max_cut(networkx.random_regular_graph(4, 60, seed=1))
    machine = SimulatedBifurcation(problem, steps=80, discrete=discrete, seed=2)
    recording = yg.compile(machine.network).run(machine.stimulus(6), steps=80)
    np.testing.assert_array_equal(machine.solve(6).spins, machine.read(recording).spins)


@pytest.mark.parametrize("discrete", [True, False])
def test_the_compiled_search_is_the_network_on_dense_couplings_and_with_fields(discrete):
    problem = IsingProblem(couplings=SMALL.couplings, fields=np.linspace(-40.0, 40.0, 24))
    machine = SimulatedBifurcation(problem, steps=50, discrete=discrete, seed=5)
    recording = yg.compile(machine.network).run(machine.stimulus(4), steps=50)
    np.testing.assert_array_equal(machine.solve(4).spins, machine.read(recording).spins)


def test_the_result_does_not_depend_on_the_number_of_threads():
    machine = SimulatedBifurcation(SMALL, steps=50)
    np.testing.assert_array_equal(
        machine.solve(5, threads=1).spins, machine.solve(5, threads=3).spins
    )


def test_nearly_all_small_problems_are_solved():
    """In 24 of a thousand problems all 64 replicas end in a state next to the best."""
    solved = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        j = np.triu(rng.normal(size=(8, 8)), k=1)
        problem = IsingProblem.of(j + j.T, rng.normal(size=8))
        lowest = problem.energies(all_states(8)).min()
        machine = SimulatedBifurcation(problem, steps=400, step=0.5, seed=seed)
        found = machine.solve(64, threads=1)
        assert problem.energies(found.best) == pytest.approx(found.energies.min())
        solved += found.energies.min() == pytest.approx(lowest)
    assert solved >= 38


def test_only_signs_that_change_are_sent():
    machine = MACHINES["discrete"]
    recording = yg.compile(machine.network).run(machine.stimulus(1), steps=machine.steps)
    sent = recording.counts.per_step.spikes
    assert sent[0] == 24
    assert sent[1:].mean() < 8


def test_a_problem_without_couplings_is_refused():
    with pytest.raises(GraphError, match="no couplings"):
        SimulatedBifurcation(IsingProblem.of(np.zeros((3, 3)), np.ones(3)))


@pytest.mark.parametrize("profile", ["ideal", "loihi2"])
def test_annealing_solves_a_small_problem(profile):
    problem = sherrington_kirkpatrick(10, seed=1)
    lowest = problem.energies(all_states(10)).min()
    found = SimulatedAnnealing(problem, sweeps=60, hot=6.0).solve(12, profile=profile)
    assert found.energies.min() == pytest.approx(lowest)


@pytest.mark.parametrize("backend", ["reference", "brian2_numpy"])
def test_annealing_is_the_same_on_every_backend(backend):
    machine = SimulatedAnnealing(IsingProblem.max_cut(networkx.cycle_graph(12)), sweeps=10)
    np.testing.assert_array_equal(machine.solve(3, name=backend).spins, machine.solve(3).spins)


def test_spins_that_are_not_coupled_have_their_turn_together():
    machine = SimulatedAnnealing(IsingProblem.max_cut(networkx.cycle_graph(12)), sweeps=10)
    assert machine.steps == 1 + 2 * 10
