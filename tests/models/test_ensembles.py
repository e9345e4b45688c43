"""The tools of statistical mechanics agree with closed forms and with one another."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuragi.errors import GraphError
from yuragi_models.analysis import ensembles
from yuragi_models.analysis.ensemble_figures import free_energy_figure
from yuragi_models.analysis.ensembles import Ensemble, annealed_log_z, mean_field, periodic_lattice
from yuragi_models.boltzmann import divergence
from yuragi_models.ising_problem import IsingProblem


def problem(seed, size=7):
    draws = np.random.default_rng(seed)
    j = np.triu(draws.normal(size=(size, size)), 1)
    return IsingProblem.of(j + j.T, draws.normal(size=size))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), beta=st.floats(0.1, 2.0))
def test_no_factorised_distribution_has_a_smaller_free_energy(seed, beta):
    ensemble = Ensemble(problem=problem(seed), beta=beta)
    m = np.random.default_rng(seed).uniform(-1, 1, 7)
    q = ensemble.of(m)
    gap = ensemble.variational(q) - ensemble.free_energy
    assert gap >= -1e-12
    assert divergence(q, ensemble.probabilities) == pytest.approx(beta * gap, abs=1e-9)


def test_the_mean_field_says_the_free_energy_of_its_distribution():
    held = problem(3)
    found = mean_field(held, 0.2)
    ensemble = Ensemble(problem=held, beta=0.2)
    assert found.free_energy == pytest.approx(
        ensemble.variational(ensemble.of(found.magnetisations))
    )
    assert found.free_energy > ensemble.free_energy


def test_annealed_importance_sampling_finds_log_z():
    held = problem(5, size=10)
    exact = Ensemble(problem=held, beta=0.7).log_z
    found = annealed_log_z(held, 0.7, chains=200, steps=200)
    assert abs(found.log_z - exact) < 4 * found.error + 1e-3
    assert found.error < 0.1
    assert found.plot().get_ylabel() == "chains"


def test_the_square_lattice_of_onsager_and_yang():
    assert pytest.approx(2.269185, abs=1e-6) == 1 / ensembles.ONSAGER_BETA
    assert ensembles.onsager_energy(0.4) == pytest.approx(-1.106079, abs=1e-6)
    assert ensembles.onsager_energy(0.5) == pytest.approx(-1.745565, abs=1e-6)
    assert ensembles.onsager_energy(ensembles.ONSAGER_BETA + 1e-9) == pytest.approx(
        -np.sqrt(2), abs=1e-6
    )
    assert ensembles.onsager_magnetisation(0.5) == pytest.approx(0.911319, abs=1e-6)
    assert ensembles.onsager_magnetisation(0.4) == 0.0


def test_distances_of_two_point_distributions_have_closed_forms():
    p, q = [0.5, 0.5], [0.9, 0.1]
    kl = 0.5 * np.log(0.5 / 0.9) + 0.5 * np.log(0.5 / 0.1)
    assert divergence(p, q) == pytest.approx(kl, abs=1e-12)
    js = 0.5 * (divergence(p, [0.7, 0.3]) + divergence(q, [0.7, 0.3]))
    assert ensembles.jensen_shannon(p, q) == pytest.approx(js, abs=1e-12)
    assert ensembles.jensen_shannon([1, 0], [0, 1]) == pytest.approx(np.log(2), abs=1e-12)
    assert ensembles.wasserstein([0.0, 2.0], p, q) == pytest.approx(0.8, abs=1e-12)


def test_more_spins_than_can_be_enumerated_are_refused():
    with pytest.raises(GraphError, match="at most 20"):
        Ensemble(problem=periodic_lattice(5, 5))


def test_the_mean_field_settles_at_its_critical_temperature():
    found = mean_field(periodic_lattice(3, 4), 0.25)
    assert np.abs(found.magnetisations).max() < 1e-3
    assert found.free_energy == pytest.approx(-12 * np.log(2.0) / 0.25)


def test_free_energies_and_divergences_are_drawn_over_the_temperature(tmp_path):
    figure = free_energy_figure(periodic_lattice(2, 3), [0.2, 0.5, 1.0], chains=10)
    exact, field = (line.get_ydata() for line in figure.axes[0].get_lines()[::2])
    assert (field >= exact).all()
    divergences = figure.axes[1].get_lines()[0].get_ydata()
    assert divergences == pytest.approx(6 * np.array([0.2, 0.5, 1.0]) * (field - exact))
    figure.savefig(tmp_path / "free_energy.png")
