"""Checks of the Ising machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from yuragi import backend
from yuragi_models import instances as known
from yuragi_models.annealing import SimulatedAnnealing
from yuragi_models.bifurcation import SimulatedBifurcation
from yuragi_models.coherent import CoherentIsing
from yuragi_models.graphbase import Flip
from yuragi_models.instances import BEST_CUTS, edge_digest, gset, sherrington_kirkpatrick

__all__ = ["CHECKS"]


def generator(seed: int) -> list[int]:
    """The first value, and one below 0x55555555 after 133 more."""
    flip = Flip(seed)
    first = flip.draw()
    flip.bits(133)
    return [first, flip.below(0x55555555)]


def graphs(graphs: Sequence[str]) -> list[int | str]:
    """Edges and digest of each graph."""
    made = [gset(int(name[1:])) for name in graphs]
    return [found for graph in made for found in (graph.number_of_edges(), edge_digest(graph))]


def _cuts(
    name: str, *, dt: float, steps: int, replicas: int, seed: int, discrete: bool
) -> np.ndarray:
    """The cut of each replica."""
    model = SimulatedBifurcation(
        known.instance(name), steps=steps, step=dt, discrete=discrete, seed=seed
    )
    return -model.solve(replicas).energies


def success(instance: str, dt: float, steps: int, replicas: int, seed: int) -> list[float]:
    """The share of replicas that reach the best known cut, and the best cut."""
    found = _cuts(instance, dt=dt, steps=steps, replicas=replicas, seed=seed, discrete=True)
    return [float(np.mean(found == BEST_CUTS[instance])), float(found.max())]


def best_and_mean(instance: str, dt: float, steps: int, replicas: int, seed: int) -> list[float]:
    """The best and the mean cut of the discrete form."""
    found = _cuts(instance, dt=dt, steps=steps, replicas=replicas, seed=seed, discrete=True)
    return [float(found.max()), float(found.mean())]


def ballistic_mean(instance: str, dt: float, steps: int, replicas: int, seed: int) -> float:
    """The mean cut of the ballistic form."""
    found = _cuts(instance, dt=dt, steps=steps, replicas=replicas, seed=seed, discrete=False)
    return float(found.mean())


def best(instance: str, dt: float, steps: int, replicas: int, seed: int) -> float:
    """The best cut of the discrete form."""
    return best_and_mean(instance, dt, steps, replicas, seed)[0]


def best_each(
    instances: Sequence[str], dt: float, steps: int, replicas: int, seed: int
) -> list[float]:
    """The best cut of each graph."""
    return [best(name, dt, steps, replicas, seed) for name in instances]


def weights_of_k2000() -> list[float]:
    """The sum of the weights over pairs, and the offset of the energy: minus half of it."""
    problem = known.k2000()
    return [-float(problem.couplings.sum()), problem.offset]


def spin_glass_on_chip(
    units: int, instances: int, steps: int, replicas: int, profile: str, seed: int
) -> float:
    """As `spin_glass`, in a chip's integers."""
    lowest = []
    for k in range(instances):
        problem = sherrington_kirkpatrick(units, seed=seed + k)
        model = SimulatedBifurcation(problem, steps=steps, step=1.0, seed=seed + k)
        program = backend.compile(model.network, profile=profile)
        found = model.read(program.run(model.stimulus(replicas), steps=steps))
        lowest.append(found.energies.min())
    return float(np.mean(lowest)) / units**1.5


def best_on_chip(
    instance: str, profile: str, dt: float, steps: int, replicas: int, seed: int
) -> float:
    """The best cut in a chip's integers."""
    problem = known.instance(instance)
    model = SimulatedBifurcation(problem, steps=steps, step=dt, seed=seed)
    program = backend.compile(model.network, profile=profile)
    return float(-model.read(program.run(model.stimulus(replicas), steps=steps)).energies.min())


def spin_glass(units: int, instances: int, seed: int) -> float:
    """The mean of the lowest energies over units^1.5, the best of 32 replicas of each instance."""
    lowest = []
    for k in range(instances):
        problem = sherrington_kirkpatrick(units, seed=seed + k)
        model = SimulatedBifurcation(problem, steps=2000, step=1.0, seed=seed + k)
        lowest.append(model.solve(32).energies.min())
    return float(np.mean(lowest)) / units**1.5


def amplitude_correction(
    instance: str, time: float, dt: float, pump: float, beta: float, replicas: int, seed: int
) -> list[float]:
    """The best cut with correction of amplitudes, and without."""
    problem, steps = known.instance(instance), round(time / dt)
    found = []
    for rate in (beta, 0.0):
        model = CoherentIsing(problem, steps=steps, step=dt, pump=pump, beta=rate, seed=seed)
        found.append(float(-model.solve(replicas).energies.min()))
    return found


def annealed(
    instance: str, profile: str, sweeps: int, replicas: int, seed: int, hot: float = 3.0,
    cold: float = 0.1,
) -> float:  # fmt: skip
    """The best cut of simulated annealing."""
    model = SimulatedAnnealing(
        known.instance(instance), sweeps=sweeps, hot=hot, cold=cold, seed=seed
    )
    return float(-model.solve(replicas, profile=profile).energies.min())


def annealed_each(instances: Sequence[str], **given: Any) -> list[float]:
    """The best cut of simulated annealing on each graph."""
    return [annealed(name, "ideal", **given) for name in instances]


CHECKS = {
    "MC-0": generator,
    "MC-1": graphs,
    "MC-1b": best_each,
    "MC-1c": best_each,
    "MC-1d": annealed_each,
    "MC-2": best_each,
    "MC-3": success,
    "MC-4": best_on_chip,
    "MC-5": best_and_mean,
    "MC-6": ballistic_mean,
    "MC-7": best_and_mean,
    "MC-8": best,
    "MC-9": weights_of_k2000,
    "MC-10": success,
    "SK-1": spin_glass,
    "SK-2": spin_glass,
    "SK-3": spin_glass_on_chip,
    "SA-1": annealed,
    "SA-2": annealed,
    "CAC-1": amplitude_correction,
}
