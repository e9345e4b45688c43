"""Checks of the tools of statistical mechanics."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np

from yuragi_models.analysis.ensembles import (
    ONSAGER_BETA,
    Ensemble,
    annealed_log_z,
    curie_weiss,
    curie_weiss_log_z,
    jensen_shannon,
    mean_field,
    onsager_energy,
    onsager_magnetisation,
    periodic_lattice,
    wasserstein,
)
from yuragi_models.boltzmann import BoltzmannMachine, divergence, random_machine
from yuragi_models.ising_problem import IsingProblem

__all__ = ["CHECKS"]


def magnetisations(beta_J: Sequence[float]) -> list[float]:
    """Of the Curie-Weiss model."""
    return [curie_weiss(beta) for beta in beta_J]


def free_energies(beta: float, N: Sequence[int]) -> list[float]:
    """Ln Z / N of the Curie-Weiss model."""
    return [curie_weiss_log_z(beta, size) / size for size in N]


def small_lattice(beta: float) -> list[float]:
    """Ln Z, energy, heat capacity and mean |m| per spin of the 4 x 4 lattice."""
    ensemble = Ensemble(problem=periodic_lattice(4, 4), beta=beta)
    spins = np.abs(ensemble.states.mean(axis=1))
    return [
        ensemble.log_z,
        ensemble.mean(ensemble.energies) / 16,
        ensemble.heat_capacity / 16,
        ensemble.mean(spins),
    ]


def sampled_lattice(beta: Sequence[float], sweeps: int = 5000, side: int = 32) -> list[float]:
    """U at both temperatures and m at the lower, sampled by Metropolis on the engine."""
    problem = periodic_lattice(side, side)
    found = []
    for value in beta:
        machine = BoltzmannMachine.of(problem, temperature=1 / value, method="metropolis", seed=1)
        states = machine.sample(sweeps, burn_in=sweeps // 2)
        spins = 2.0 * states[::10] - 1.0
        found.append(float(problem.energies(spins).mean() / problem.size))
    return [*found, float(np.abs(spins.mean(axis=1)).mean())]


def gibbs_bogoliubov(n: str, machines: int = 20) -> float:
    """The largest |D_KL(Q || p) - beta (F[Q] - F)| over factorised Q, some of them mean fields."""
    del n
    worst, draws = 0.0, np.random.default_rng(0)
    for seed in range(machines):
        machine = random_machine(2 + seed % 11, scale=1.2, seed=seed)
        problem = IsingProblem.of(machine.w, machine.b)
        ensemble = Ensemble(problem=problem, beta=0.5 + draws.random())
        guesses = [draws.uniform(-1, 1, problem.size)]
        if seed % 2:
            guesses.append(mean_field(problem, ensemble.beta).magnetisations)
        for m in guesses:
            q = ensemble.of(m)
            gap = ensemble.beta * (ensemble.variational(q) - ensemble.free_energy)
            worst = max(worst, abs(divergence(q, ensemble.probabilities) - gap))
    return worst


def distances(p: Sequence[float], q: Sequence[float]) -> list[float]:
    """How far KL, Jensen-Shannon and Wasserstein are at most off their forms for two points.

    p, q: pairs of probabilities of the first of the points 0 and 1.
    """
    worst = np.zeros(3)
    for a, b in zip(p, q, strict=True):
        one, other = np.array([a, 1 - a]), np.array([b, 1 - b])
        middle = (a + b) / 2
        closed = (
            _two_points(a, b),
            (_two_points(a, middle) + _two_points(b, middle)) / 2,
            abs(a - b),
        )
        found = (
            divergence(one, other),
            jensen_shannon(one, other),
            wasserstein([0.0, 1.0], one, other),
        )
        worst = np.maximum(worst, np.abs(np.subtract(found, closed)))
    return [float(x) for x in worst]


def _two_points(a: float, b: float) -> float:
    return a * log(a / b) + (1 - a) * log((1 - a) / (1 - b))


def square_lattice(beta: Sequence[float]) -> list[float]:
    """T_c, u(T_c), and the exact energies and magnetisation at the temperatures of SM-4."""
    return [
        1.0 / ONSAGER_BETA,
        onsager_energy(ONSAGER_BETA * (1.0 - 1e-9)),
        *(onsager_energy(value) for value in beta),
        onsager_magnetisation(beta[-1]),
    ]


def annealed(side: int, beta: float, chains: int, steps: int, seed: int) -> list[float]:
    """Ln Z of a periodic lattice by annealed importance sampling, and how many errors it is off."""
    problem = periodic_lattice(side, side)
    found = annealed_log_z(problem, beta, chains=chains, steps=steps, seed=seed)
    exact = Ensemble(problem=problem, beta=beta).log_z
    return [found.log_z, abs(found.log_z - exact) / found.error]


CHECKS = {
    "SM-1": magnetisations,
    "SM-2": free_energies,
    "SM-3": small_lattice,
    "SM-4": sampled_lattice,
    "SM-5": square_lattice,
    "SM-6": gibbs_bogoliubov,
    "SM-7": distances,
    "SM-8": annealed,
}
