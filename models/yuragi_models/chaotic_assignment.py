"""Chaotic search for quadratic assignment: tired units propose exchanges, a host counts savings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numba
import numpy as np
from numpy.typing import NDArray

from yuragi.network import Network
from yuragi.recording import Recording
from yuragi_models.assignment_instances import Assignment
from yuragi_models.chaotic import CHAOTIC_PROPOSAL

__all__ = ["Assigned", "ChaoticAssignment"]

Array = NDArray[Any]
_SCALED_BY = 20


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assigned:
    """What the starts of a search found.

    places: the best assignment of each, the place of every element.  shape (starts, size)
    costs: shape (starts,)
    """

    places: Array
    costs: Array

    @property
    def best(self) -> Array:
        """The assignment of the lowest cost.  shape (size,)"""
        return np.asarray(self.places[int(self.costs.argmin())])


@final
class ChaoticAssignment:
    """A unit for each element i and place j proposes that i go to j and change with who is there.

        u_ij = gain_ij + zeta_ij,   gain_ij = -beta Delta_ij/scale
        zeta_ij(t+1) = k_r zeta_ij - alpha sigmoid(u_ij/epsilon) + theta (1 - k_r)

    Units have their turn one after the other; one that fires (u > 0) has its exchange made, better
    or worse. Delta is what the exchange would add to the cost, scale the mean |Delta| of all
    exchanges of twenty random assignments: one start alone may lie where it is far from the mean.
    The refractoriness of a unit that has fired is a list of forbidden moves that fades.

    The search is a hybrid: the units run on any backend, the host counts Delta and makes the
    exchanges. `network` and `gains` replay the units with what the host gave them.

    beta, k_r, alpha, theta, epsilon: as above.      seed: of the first assignments.
    Source: Hasegawa, Ikeguchi, Aihara & Itoh, Eur. J. Oper. Res. 139 (2002) 543.
    """

    def __init__(
        self,
        problem: Assignment,
        *,
        beta: float = 1.5,
        k_r: float = 0.7,
        alpha: float = 2.0,
        theta: float = 1.2,
        epsilon: float = 0.02,
        seed: int = 0,
    ) -> None:
        self.problem = problem
        self.beta = beta
        self.numbers = {"k_r": k_r, "alpha": alpha, "theta": theta, "epsilon": epsilon}
        self.seed = seed

    def start(self, starts: int) -> Array:
        """The first assignments.  shape (starts, size)"""
        rng = np.random.default_rng(self.seed)
        return np.array([rng.permutation(self.problem.size) for _ in range(starts)])

    @cached_property
    def scale(self) -> float:
        """The mean |Delta|."""
        rng = np.random.default_rng([self.seed, 1])
        flows, distances, size = self.problem.flows, self.problem.distances, self.problem.size
        mean: Any = _mean_change
        drawn = [rng.permutation(size) for _ in range(_SCALED_BY)]
        return float(np.mean([mean(flows, distances, places) for places in drawn]))

    def solve(self, starts: int = 1, *, sweeps: int = 1000) -> Assigned:
        """Search in compiled loops; a sweep is a turn of every unit."""
        best = self.start(starts)
        for places in best:
            places[:], _, _ = self._search(places, sweeps, keep=0)
        return Assigned(places=best, costs=self.problem.costs(best))

    def gains(self, sweeps: int) -> tuple[Array, Array]:
        """What the units were given in the first start, and whether they fired.

        Both of shape (sweeps, size^2), unit i size + j; the gain of a unit whose exchange changes
        nothing is -beta, so that it rests.
        """
        _, gains, fired = self._search(self.start(1)[0], sweeps, keep=sweeps)
        return gains, fired

    def _search(self, start: Array, sweeps: int, *, keep: int) -> tuple[Array, Array, Array]:
        run: Any = _run
        per_change = self.beta / self.scale if self.scale else 0.0
        given = (self.problem.flows, self.problem.distances, start.copy(), self.beta, per_change)
        places, gains, fired = run(*given, *self.numbers.values(), sweeps, keep)
        return places, gains, fired

    def network(self, sweeps: int) -> Network:
        """The units of the first start, `proposals`, and what the host gives them in `sweeps`."""
        net = Network(seed=self.seed)
        net.population(
            "proposals",
            self.problem.size**2,
            CHAOTIC_PROPOSAL,
            parameters=self.numbers,
            initial={"zeta": self.numbers["theta"]},
        )
        net.stimulate("proposals", self.gains(sweeps)[0], port="gain")
        net.probe("proposals", "spikes")
        return net

    def read(self, recording: Recording) -> Array:
        """Who fired in each step of a run of the network.  shape (steps, size^2)"""
        return recording.spikes("proposals")


@numba.njit(cache=True)
def _delta(flows: Any, distances: Any, p: Any, r: int, s: int) -> float:
    """What the exchange of elements r and s adds to the cost; symmetric matrices."""
    total = 0.0
    for k in range(p.shape[0]):
        if k not in (r, s):
            far = distances[p[s], p[k]] - distances[p[r], p[k]]
            total += (flows[r, k] - flows[s, k]) * far
    return 2.0 * total


@numba.njit(cache=True)
def _mean_change(flows: Any, distances: Any, p: Any) -> float:
    """The mean |Delta| of all exchanges."""
    size, total = p.shape[0], 0.0
    for r in range(size):
        for s in range(r):
            total += abs(_delta(flows, distances, p, r, s))
    return total / max(size * (size - 1) / 2, 1)


@numba.njit(cache=True)
def _run(
    flows: Any, distances: Any, p: Any, beta: float, per_change: float, k_r: float, alpha: float,
    theta: float, epsilon: float, sweeps: int, keep: int,
) -> Any:  # fmt: skip
    """(the best places, gains and firings of the first `keep` sweeps)"""
    size = p.shape[0]
    gains, fired = np.empty((keep, size * size)), np.zeros((keep, size * size), dtype=np.bool_)
    zeta = np.full(size * size, theta)
    holder = np.argsort(p)
    change, lowest, best = 0.0, 0.0, p.copy()
    for t in range(sweeps):
        for unit in range(size * size):
            i, j = unit // size, unit % size
            other = holder[j]
            delta = _delta(flows, distances, p, i, other)
            gain = -per_change * delta if other != i else -beta
            u = gain + zeta[unit]
            zeta[unit] = k_r * zeta[unit] - alpha / (1.0 + np.exp(-u / epsilon)) + theta * (1 - k_r)
            if t < keep:
                gains[t, unit], fired[t, unit] = gain, u > 0
            if u > 0 and other != i:
                p[i], p[other] = p[other], p[i]
                holder[p[i]], holder[p[other]] = i, other
                change += delta
                if change < lowest - 1e-9:
                    lowest, best = change, p.copy()
    return best, gains, fired
