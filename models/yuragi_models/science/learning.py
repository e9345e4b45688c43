"""Checks of learning: the fluctuation-learning relation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from yuragi_models.rate_network import FluctuationLearning, RateNetwork

__all__ = ["CHECKS"]


def _found(
    *, g: float, variant: str, units: int, memories: int, strength: float, beta: float,
    gamma: float, sigma: float, step: float, time: float, tasks: int, seed: int,
) -> FluctuationLearning:  # fmt: skip
    network = RateNetwork(
        units,
        g=g,
        symmetric=variant.startswith("symmetric"),
        memories=memories,
        strength=strength,
        beta=beta,
        gamma=gamma,
        sigma=sigma,
        step=step,
        seed=seed,
    )
    return network.fluctuation_learning(tasks, time=time)


def correlations(
    g: float,
    K: int,
    N: int,
    beta: float,
    gamma: float,
    sigma: Sequence[float],
    dt: float,
    T: float,
    tasks: int,
    variant: str,
    a: float = 0.0,
    seeds: Sequence[int] = (0, 1, 2),
) -> list[float]:
    """The median over networks of both correlations, at the noise where it is smaller."""
    medians = []
    for noise in sigma:
        runs = [
            _found(
                g=g, variant=variant, units=N, memories=K, strength=a, beta=beta, gamma=gamma,
                sigma=noise, step=dt, time=T, tasks=tasks, seed=seed,
            ).correlations
            for seed in seeds
        ]  # fmt: skip
        medians.append(np.median(runs, axis=0))
    return [float(value) for value in np.min(medians, axis=0)]


def slope(
    g: float, K: int, a: float, N: int, sigma: float, T: float, tasks: int, variant: str,
    seeds: Sequence[int] = (0, 1, 2), rate: float = 0.1,
) -> float:  # fmt: skip
    """The median over networks of measured against predicted speed."""
    found = [
        RateNetwork(
            N, g=g, symmetric=variant == "symmetric", memories=K, strength=a, sigma=sigma, seed=seed
        )
        .fluctuation_learning(tasks, time=T, rate=rate)
        .slope
        for seed in seeds
    ]
    return float(np.median(found))


def chaotic_correlation(g: float, T: float = 300.0) -> float:
    """The correlation of the first relation in a chaotic network."""
    network = RateNetwork(100, g=g, symmetric=False, memories=5, sigma=0.1, seed=0)
    return network.fluctuation_learning(24, time=T).correlations[0]


def speed_with_memories(memories: Sequence[int], T: float = 300.0) -> float:
    """The smallest growth of the mean measured speed from one number of memories to the next."""
    speeds = []
    for number in memories:
        network = RateNetwork(100, g=0.2, memories=number, strength=0.5, sigma=0.3, seed=1)
        speeds.append(float(network.fluctuation_learning(24, time=T).measured.mean()))
    return float(np.diff(speeds).min())


CHECKS = {
    "FLR-1": correlations,
    "FLR-2": correlations,
    "FLR-5": correlations,
    "FLR-3": slope,
    "FLR-4": slope,
    "FLR-6": chaotic_correlation,
    "FLR-8": slope,
    "FLR-7": speed_with_memories,
}
