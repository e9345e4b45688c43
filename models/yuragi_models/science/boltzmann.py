"""Checks of the samplers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from yuragi_models.boltzmann import BoltzmannMachine, divergence, random_machine
from yuragi_models.chaotic_boltzmann import occupation
from yuragi_models.digits import digits
from yuragi_models.ising_problem import IsingProblem
from yuragi_models.restricted_boltzmann import RestrictedBoltzmann

__all__ = ["CHECKS"]

_TRIALS = 100


def sampled(
    units: int,
    scale: float,
    machines: int,
    seed: int,
    *,
    samples: int,
    method: str,
    **parameters: float,
) -> float:
    """The mean divergence over machines, each sampled in 100 trials."""
    found = []
    for k in range(machines):
        machine = random_machine(
            units, scale=scale, seed=seed + k, method=method, parameters=parameters
        )
        states = machine.sample(samples // _TRIALS, trials=_TRIALS, burn_in=50)
        found.append(machine.divergence(states))
    return float(np.mean(found))


def gibbs(units: int, scale: float, sweeps: int, machines: int, seed: int) -> float:
    """Sequential Gibbs sampling."""
    return sampled(units, scale, machines, seed, samples=sweeps, method="gibbs")


def metropolis(units: int, scale: float, sweeps: int, machines: int, seed: int) -> float:
    """Sequential Metropolis sampling."""
    return sampled(units, scale, machines, seed, samples=sweeps, method="metropolis")


def neural(units: int, scale: float, tau: float, steps: int, machines: int, seed: int) -> float:
    """Neural sampling."""
    return sampled(units, scale, machines, seed, samples=steps, method="neural", tau=tau)


def parallel(
    units: int, scales: Sequence[float], steps: int, machines: int, seed: int
) -> list[float]:
    """All units drawn at once, for each scale."""
    return [
        sampled(units, scale, machines, seed, samples=steps, method="parallel") for scale in scales
    ]


def resting(
    units: int, scale: float, refractory: float, steps: int, machines: int, seed: int
) -> float:
    """All units drawn at once, with rest after a change."""
    return sampled(
        units, scale, machines, seed, samples=steps, method="resting", refractory=refractory
    )


def coarse(
    units: int,
    scale: float,
    potential_step: float,
    probability_bits: int,
    sweeps: int,
    machines: int,
    seed: int,
) -> float:
    """Gibbs sampling with a grid of potentials and one of probabilities."""
    grid = {"potential_step": potential_step, "probability_step": 2.0**-probability_bits}
    return sampled(units, scale, machines, seed, samples=sweeps, method="coarse", **grid)


def lattice(side: int, beta: float, profile: str, sweeps: int, seed: int) -> float:
    """The energy per spin of a periodic lattice, sampled on a chip; neighbours never together."""
    place = np.arange(side * side).reshape(side, side)
    j = np.zeros((side * side, side * side))
    for axis in (0, 1):
        j[place, np.roll(place, 1, axis=axis)] = j[place, np.roll(place, -1, axis=axis)] = 1.0
    problem = IsingProblem.of(j)
    machine = BoltzmannMachine.of(problem, temperature=1.0 / beta, seed=seed)
    states = machine.sample(sweeps // _TRIALS, trials=_TRIALS, burn_in=100, profile=profile)
    return float(problem.energies(2.0 * states - 1.0).mean()) / side**2


def chaotic(
    units: int, scale: float, times: Sequence[float], machines: int, seed: int
) -> list[float]:
    """The chaotic machine from event to event: the mean divergence after each time."""
    made = [random_machine(units, scale=scale, seed=seed + k) for k in range(machines)]
    return [
        float(
            np.mean(
                [
                    divergence(occupation(m.w, m.b, time=time, seed=seed), m.distribution)
                    for m in made
                ]
            )
        )
        for time in times
    ]


def residence(inputs: Sequence[float], time: float) -> float:
    """The largest difference of the share of time in state 1 from sigmoid(u), one unit.

    Whole cycles last 1 each, so that after a whole number of them the shares are exact.
    """
    found = [occupation(np.zeros((1, 1)), np.array([u]), time=time, seed=0)[1] for u in inputs]
    return float(np.abs(found - 1.0 / (1.0 + np.exp(-np.asarray(inputs)))).max())


def digits_by_features(
    hidden: int, learning_rate: float, iterations: int, penalty: float, seed: int
) -> float:
    """The test accuracy of logistic regression on the hidden units.  penalty: its C"""
    images = digits(seed=seed)
    train, test = (x.reshape(len(x), -1) for x in (images.train, images.test))
    machine = RestrictedBoltzmann(
        hidden, learning_rate=learning_rate, iterations=iterations, seed=seed
    ).fit(train)
    reader = LogisticRegression(C=penalty, max_iter=2000)
    reader.fit(machine.transform(train), images.train_labels)
    return float(reader.score(machine.transform(test), images.test_labels))


CHECKS = {
    "BM-1a": gibbs,
    "BM-1b": gibbs,
    "BM-1c": metropolis,
    "BM-2": neural,
    "BM-3": parallel,
    "BM-4": resting,
    "BM-5": coarse,
    "BM-7": coarse,
    "BM-8": lattice,
    "CBM-1": chaotic,
    "CBM-3": residence,
    "RBM-1": digits_by_features,
}
