"""Checks of the samplers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import BernoulliRBM

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
    profile: str = "ideal",
    burn_in: int = 50,
    **parameters: float,
) -> float:
    """The mean divergence over machines, each sampled in 100 trials."""
    found = []
    for k in range(machines):
        machine = random_machine(
            units, scale=scale, seed=seed + k, method=method, parameters=parameters
        )
        states = machine.sample(
            samples // _TRIALS, trials=_TRIALS, burn_in=burn_in, profile=profile
        )
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
    grid: dict[str, Any] = {
        "potential_step": potential_step,
        "probability_step": 2.0**-probability_bits,
    }
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


def law_of_time(
    units: int, scale: float, times: Sequence[float], machines: int, seed: int
) -> float:
    """The power of time with which the mean divergence of the chaotic machine falls."""
    found = chaotic(units, scale, times, machines, seed)
    return float(np.polyfit(np.log(times), np.log(found), 1)[0])


def chaotic_in_steps(
    units: int, scale: float, step: float, samples: int, machines: int, profile: str, seed: int
) -> list[float]:
    """The chaotic machine in Euler steps, in floats and in a chip's integers."""
    return [
        sampled(
            units, scale, machines, seed, samples=samples, method="chaotic", profile=name,
            burn_in=1000, step=step,
        )
        for name in ("ideal", profile)
    ]  # fmt: skip


def gibbs_on_chip(
    units: int, scale: float, sweeps: int, machines: int, profile: str, seed: int
) -> float:
    """Sequential Gibbs sampling in a chip's integers."""
    return sampled(units, scale, machines, seed, samples=sweeps, method="gibbs", profile=profile)


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


def features_of_scikit_learn(
    hidden: int, learning_rate: float, iterations: int, penalty: float, seeds: int
) -> float:
    """The mean test accuracy of scikit-learn's own machine in the place of ours."""
    found = []
    for seed in range(seeds):
        images = digits(seed=seed)
        train, test = (x.reshape(len(x), -1) for x in (images.train, images.test))
        machine = BernoulliRBM(
            hidden, learning_rate=learning_rate, n_iter=iterations, random_state=seed
        ).fit(train)
        reader = LogisticRegression(C=penalty, max_iter=2000)
        reader.fit(machine.transform(train), images.train_labels)
        found.append(reader.score(machine.transform(test), images.test_labels))
    return float(np.mean(found))


def layers_in_turn(
    visible: int, hidden: int, spread: float, sweeps: int, profile: str, seed: int
) -> list[float]:
    """The divergence of the visible states of a restricted machine, in floats and on a chip.

    Its weights and biases are normal; the exact distribution sums over the hidden states.
    """
    rng = np.random.default_rng(seed)
    machine = RestrictedBoltzmann(hidden, iterations=0, seed=seed).fit(np.zeros((1, visible)))
    machine.weights_ = rng.normal(0.0, spread, (hidden, visible))
    machine.visible_bias_ = rng.normal(0.0, spread, visible)
    machine.hidden_bias_ = rng.normal(0.0, spread, hidden)
    states = (np.arange(2**visible)[:, None] >> np.arange(visible)) & 1
    inside = states @ machine.weights_.T + machine.hidden_bias_
    log_p = states @ machine.visible_bias_ + np.logaddexp(0.0, inside).sum(axis=1)
    exact = np.exp(log_p - np.logaddexp.reduce(log_p))
    starts = rng.integers(0, 2, (_TRIALS, visible))
    found = []
    for name in ("ideal", profile):
        drawn = machine.sample(starts, 50 + sweeps // _TRIALS, profile=name)[0][:, 50:]
        codes = drawn.reshape(-1, visible).astype(np.int64) @ (1 << np.arange(visible))
        found.append(divergence(np.bincount(codes, minlength=2**visible) / len(codes), exact))
    return found


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
    "BM-3b": parallel,
    "BM-4b": resting,
    "BM-6": coarse,
    "BM-9": gibbs_on_chip,
    "CBM-1": chaotic,
    "CBM-2": chaotic,
    "CBM-3": residence,
    "CBM-4": law_of_time,
    "CBM-5": chaotic_in_steps,
    "RBM-1": digits_by_features,
    "RBM-2": features_of_scikit_learn,
    "RBM-3": layers_in_turn,
}
