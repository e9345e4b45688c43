"""Checks of chaotic networks: associative memory, travelling salesman, quadratic assignment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from yuragi import backend
from yuragi_models.assignment_instances import assignment_instance
from yuragi_models.chaotic_assignment import ChaoticAssignment
from yuragi_models.chaotic_memory import (
    ChaoticMemory,
    adachi_aihara_patterns,
    balanced_patterns,
)
from yuragi_models.tours import TEN_CITIES, distances, gr48, shortest_tour, tour_lengths
from yuragi_models.transient_chaos import Tours, TransientChaos

__all__ = ["CHECKS"]

_CITIES = {"Hopfield-Tank ten cities": lambda: distances(TEN_CITIES), "gr48": gr48}


def _memory(k_f: float, alpha: float, a: float, eps: float, k_r: float) -> ChaoticMemory:
    """The network with the published images."""
    images = adachi_aihara_patterns()
    return ChaoticMemory(images, k_f=k_f, k_r=k_r, alpha=alpha, a=a, epsilon=eps)


def exponent(
    k_f: float, alpha: float, a: float, eps: float, k_r: float, N: int, patterns: int,
    steps: int = 200_000,
) -> float:  # fmt: skip
    """The largest Lyapunov exponent."""
    del N, patterns
    return _memory(k_f, alpha, a, eps, k_r).exponent(steps, discard=steps // 5)


def exponent_on_cycle(
    k_f: float, alpha: float, a: float, eps: float, k_r: float, N: int, patterns: int
) -> float:
    """The exponent where the orbit has reached a cycle; nan where it has not."""
    del N, patterns
    memory = _memory(k_f, alpha, a, eps, k_r)
    period = memory.cycle(discard=20_000)
    return memory.exponent(50 * period, discard=20_000) if period else float("nan")


def onset(
    k_f: float, alpha: float, a: float, eps: float, N: int, patterns: int, steps: int = 200_000
) -> float:
    """The k_r where a line through exponents at nine values from .93 to .97 is zero."""
    del N, patterns
    k_r = np.linspace(0.93, 0.97, 9)
    found = [_memory(k_f, alpha, a, eps, k).exponent(steps, discard=steps // 5) for k in k_r]
    crossing = int(np.flatnonzero(np.diff(np.sign(found)) > 0)[0])
    low, high = found[crossing : crossing + 2]
    return float(k_r[crossing] - low * (k_r[1] - k_r[0]) / (high - low))


def images() -> list[float]:
    """Active cells of the published images, and the smallest and largest overlap of two."""
    held = adachi_aihara_patterns()
    overlaps = (held @ held.T / held.shape[1])[np.triu_indices(len(held), 1)]
    return [*((held > 0).sum(axis=1).tolist()), float(overlaps.min()), float(overlaps.max())]


def exponents_of_sets(k_r: Sequence[float], sets: int, steps: int) -> list[float]:
    """The smallest, the mean and the largest exponent over random balanced images, for each k_r."""
    found: list[float] = []
    for decay in k_r:
        each = [
            ChaoticMemory(balanced_patterns(4, 100, seed=seed), k_r=decay).exponent(
                steps, discard=steps // 5
            )
            for seed in range(sets)
        ]
        found += [min(each), float(np.mean(each)), max(each)]
    return found


def cycles(k_r: float, starts: int) -> list[int]:
    """The shortest and the longest cycle that starts end on where units excite themselves."""
    found = [
        ChaoticMemory(adachi_aihara_patterns(), k_r=k_r, diagonal=True, seed=seed).cycle(
            discard=60_000, longest=2_000
        )
        for seed in range(starts)
    ]
    return [min(found), max(found)]


def recall(k_r: Sequence[float], steps: int, profile: str = "ideal") -> list[float]:
    """For each k_r how many of the four images are visited, and the mean activity."""
    found: list[float] = []
    for decay in k_r:
        memory = ChaoticMemory(adachi_aihara_patterns(), k_r=decay)
        run = backend.compile(memory.network, profile=profile).run(steps=steps)
        active = run.trace("memory", "x", physical=True).mean()
        found += [int(memory.read(run, least=0.9).visited), float(active)]
    return found


def balance(k_r: float, alpha: float, a: float, steps: int) -> float:
    """The largest |mean x - (a - (1 - k_r) mean zeta)/alpha| of a unit."""
    net = ChaoticMemory(adachi_aihara_patterns(), k_r=k_r, alpha=alpha, a=a).network
    net.probe("memory", "zeta")
    run = backend.compile(net).run(steps=steps)
    x, zeta = (run.trace("memory", name).mean(axis=0) for name in ("x", "zeta"))
    return float(np.abs(x - (a - (1.0 - k_r) * zeta) / alpha).max())


def fixed_points(alpha: float, a: float, k_f: float, k_r: float) -> float:
    """The share of stored images that a run without refractoriness keeps."""
    memory = _memory(k_f, alpha, a, 0.015, k_r)
    images = memory.patterns
    cue = np.zeros((len(images), 1, memory.size))
    cue[:, 0] = 10.0 * images
    run = backend.compile(memory.network, backend="chip").run({"memory.drive": cue}, steps=10)
    x = run.traces["memory", "x"].values[:, -1]
    return float(np.mean(((x > 0.5) == (images > 0)).all(axis=1)))


def optimum(instance: str) -> float:
    """The length of a shortest tour."""
    d = _CITIES[instance]()
    return float(tour_lengths(d, shortest_tour(d)))


def _search(
    k: float, A: float, I0: float, eps: float, W1: float, W2: float, starts: int, instance: str,
    update: str, z0: float, beta: float,
) -> Tours:  # fmt: skip
    how: Literal["synchronous", "asynchronous"] = (
        "synchronous" if update == "sync" else "asynchronous"
    )
    network = TransientChaos(
        _CITIES[instance](), update=how, k=k, strength=A, i0=I0, epsilon=eps, z0=z0, beta=beta,
        w1=W1, w2=W2,
    )  # fmt: skip
    return network.solve(starts, sweeps=1000)


def optimal_tours(cities: int, **given: Any) -> int:
    """How many starts end in a shortest tour."""
    del cities
    found = _search(**given)
    return int((found.lengths < optimum(given["instance"]) + 1e-6).sum())


def without_chaos(cities: int, **given: Any) -> list[int]:
    """How many starts end in a shortest tour, and in any tour."""
    return [optimal_tours(cities, **given), _search(**given).feasible]


def tours_on_chip(starts: int, z0: float, beta: float, sweeps: int, profile: str) -> int:
    """How many starts end in a shortest tour in a chip's integers, all units at once."""
    network = TransientChaos(distances(TEN_CITIES), update="synchronous", z0=z0, beta=beta)
    program = backend.compile(network.network, profile=profile)
    found = network.read(program.run(network.stimulus(starts), steps=sweeps))
    return int((found.lengths < optimum("Hopfield-Tank ten cities") + 1e-6).sum())


def gaps(instance: str, optimum: float, z0: float, beta: float, starts: int) -> list[float]:
    """The best and the mean gap in percent of those starts that end in a tour."""
    network = TransientChaos(_CITIES[instance](), update="asynchronous", z0=z0, beta=beta)
    found = network.solve(starts, sweeps=1000)
    over = 100.0 * (found.lengths / optimum - 1.0)
    return [float(np.nanmin(over)), float(np.nanmean(over))]


def assignment_gap(
    instance: str, optimum: float, beta: float, k_r: float, alpha: float, theta: float,
    eps: float, sweeps: int, seeds: int,
) -> float:  # fmt: skip
    """The mean gap in percent."""
    search = ChaoticAssignment(
        assignment_instance(instance), beta=beta, k_r=k_r, alpha=alpha, theta=theta, epsilon=eps
    )
    return float(100.0 * (search.solve(seeds, sweeps=sweeps).costs.mean() / optimum - 1.0))


CHECKS = {
    "CNN-1": exponent,
    "CNN-2": exponent,
    "CNN-3": exponent,
    "CNN-4": exponent_on_cycle,
    "CNN-5": balance,
    "CNN-6": recall,
    "CNN-7": onset,
    "CNN-8": images,
    "CNN-9": fixed_points,
    "CNN-10": exponents_of_sets,
    "CNN-11": cycles,
    "CNN-12": recall,
    "TSP-0": optimum,
    "TSP-1": optimal_tours,
    "TSP-3": optimal_tours,
    "TSP-4": without_chaos,
    "TSP-6": gaps,
    "TSP-7": tours_on_chip,
    "QAP-1": assignment_gap,
    "QAP-3": assignment_gap,
    "QAP-5": assignment_gap,
}
