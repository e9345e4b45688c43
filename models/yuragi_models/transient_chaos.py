"""The transiently chaotic network: it searches tours by chaos that fades."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, final

import numba
import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi_models.chaotic import TRANSIENTLY_CHAOTIC
from yuragi_models.tours import tour_lengths

__all__ = ["Tours", "TransientChaos"]

Array = NDArray[Any]
_CALIBRATION_TRIALS = 2
_CALIBRATION_SWEEPS = {"synchronous": 400, "asynchronous": 20}


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tours:
    """What the starts of a search ended in.

    orders: the cities in the order of the tour; -1 where no tour was found.  shape (starts, cities)
    lengths: nan where no tour was found.      shape (starts,)
    """

    orders: Array
    lengths: Array

    @property
    def feasible(self) -> int:
        """How many starts ended in a tour."""
        return int(np.isfinite(self.lengths).sum())

    @property
    def best(self) -> Array:
        """The shortest tour.  shape (cities,)

        Raises GraphError where there is none.
        """
        if not self.feasible:
            raise GraphError(f"none of {len(self.lengths)} starts ended in a tour")
        return np.asarray(self.orders[int(np.nanargmin(self.lengths))])


@final
class TransientChaos:
    """A unit for each city i and position k of a tour; chaos by self-coupling z that decays.

        y_ik(t+1) = k y_ik - z (x_ik - i0) + strength (w1 - w1 (sum_{l != k} x_il +
                    sum_{j != i} x_jk) - w2 sum_{j != i} d_ij (x_j,k+1 + x_j,k-1))
        x_ik = sigmoid(y_ik/epsilon),   z(t+1) = (1 - beta) z

    distances: divided by the largest.      shape (cities, cities)
    update: "synchronous", all units in each step, or "asynchronous": one after the other, each
        hearing what those before it have become; a sweep of it is cities^2 steps of the network.
    z0: of the first sweep; 0 leaves a Hopfield network.      seed: of the first y, in (-1, 1).
    Source: Chen & Aihara, Neural Networks 8 (1995) 915.
    """

    def __init__(
        self,
        distances: ArrayLike,
        *,
        update: Literal["synchronous", "asynchronous"] = "synchronous",
        k: float = 0.9,
        strength: float = 0.015,
        i0: float = 0.65,
        epsilon: float = 0.004,
        z0: float = 0.08,
        beta: float = 0.003,
        w1: float = 1.0,
        w2: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.distances = np.asarray(distances, dtype=np.float64)
        n = len(self.distances)
        if self.distances.shape != (n, n) or n < 3 or self.distances.max() <= 0:
            raise GraphError("distances: expected a square of three cities or more, not all 0")
        if update not in ("synchronous", "asynchronous"):
            raise GraphError(f"update {update!r}: expected synchronous or asynchronous")
        self.cities = n
        self.update = update
        self.numbers = {"k": k, "strength": strength, "i0": i0, "epsilon": epsilon, "beta": beta}
        self.z0, self.w1, self.w2 = z0, w1, w2
        self.seed = seed

    @cached_property
    def weights(self) -> Array:
        """W[ik, jl].  shape (cities^2, cities^2)"""
        n = self.cities
        one, other = np.eye(n), 1.0 - np.eye(n)
        beside = np.roll(one, 1, axis=1) + np.roll(one, -1, axis=1)
        d = self.distances / self.distances.max()
        rules = np.kron(one, other) + np.kron(other, one)
        return np.asarray(-self.w1 * rules - self.w2 * np.kron(d * other, beside))

    @property
    def steps_per_sweep(self) -> int:
        """Steps of the network in which every unit has its turn once."""
        return 1 if self.update == "synchronous" else self.cities**2

    def steps(self, sweeps: int) -> int:
        """Steps of the network for the first states and all sweeps."""
        return 1 + sweeps * self.steps_per_sweep

    def start(self, starts: int) -> Array:
        """The first y.  shape (starts, cities^2)"""
        rng = np.random.default_rng(self.seed)
        return rng.uniform(-1.0, 1.0, size=(starts, self.cities**2))

    def stimulus(self, starts: int) -> dict[str, Array]:
        """What sets the first y of a run: `program.run(model.stimulus(100), steps=...)`."""
        return {"cells.start": self.start(starts)[:, None, :]}

    @cached_property
    def network(self) -> Network:
        """One population, `cells`, unit i cities + k for city i at position k; x is probed."""
        net = Network(seed=self.seed)
        size = self.cities**2
        turns = np.ones(size) if self.update == "synchronous" else 1.0 + np.arange(size)
        net.population(
            "cells",
            size,
            TRANSIENTLY_CHAOTIC,
            parameters={**self.numbers, "bias": self.w1, "period": float(self.steps_per_sweep)},
            initial={"z": self.z0, "wait": turns},
        )
        net.project("cells", "cells", weights=self.weights, port="field")
        shown = self.steps(_CALIBRATION_SWEEPS[self.update])
        start = np.zeros((_CALIBRATION_TRIALS, shown, size))
        start[:, 0] = self.start(_CALIBRATION_TRIALS)
        net.stimulate("cells", start, port="start")
        net.probe("cells", "x", every=self.steps_per_sweep)
        return net

    def solve(self, starts: int = 1, *, sweeps: int = 1500) -> Tours:
        """Run the same equations in a compiled loop; GraphError for less than one start."""
        if starts < 1:
            raise GraphError(f"starts {starts}: expected from 1")
        y = self.start(starts)
        return self.decode(np.array([self._sweep(own, self.z0, sweeps) for own in y]))

    def outputs(self, sweeps: int) -> Array:
        """X of the first start after every sweep.  shape (sweeps, cities^2)"""
        y, z, kept = self.start(1)[0], self.z0, np.empty((sweeps, self.cities**2))
        for sweep in range(sweeps):
            kept[sweep] = self._sweep(y, z, 1)
            z -= self.numbers["beta"] * z
        return kept

    def _sweep(self, y: Array, z: float, sweeps: int) -> Array:
        """The outputs after the sweeps; y is changed in place."""
        w = self._rows
        together = self.update == "synchronous"
        numbers = (*self.numbers.values(), z, self.w1, sweeps, together)
        run: Any = _run
        found: Array = run(w.indptr, w.indices, w.data, y, *numbers)
        return found

    @cached_property
    def _rows(self) -> scipy.sparse.csr_array:
        return scipy.sparse.csr_array(self.weights)

    def read(self, recording: Recording) -> Tours:
        """What a run of the network found."""
        return self.decode(recording.traces["cells", "x"].values[:, -1])

    def decode(self, x: ArrayLike) -> Tours:
        """Tours from outputs: city i is at position k where x_ik is above the mean.

        x: shape (starts, cities^2)
        """
        n = self.cities
        values = np.asarray(x, dtype=np.float64).reshape(-1, n, n)
        chosen = values > values.mean(axis=(1, 2), keepdims=True)
        feasible = (chosen.sum(axis=1) == 1).all(axis=1) & (chosen.sum(axis=2) == 1).all(axis=1)
        orders = np.where(feasible[:, None], chosen.argmax(axis=1), -1)
        lengths = np.full(len(orders), np.nan)
        lengths[feasible] = tour_lengths(self.distances, orders[feasible])
        return Tours(orders=orders, lengths=lengths)


@numba.njit(cache=True)
def _run(
    pointer: Any, source: Any, w: Any, y: Any, k: float, strength: float, i0: float,
    epsilon: float, beta: float, z: float, bias: float, sweeps: int, together: bool,
) -> Any:  # fmt: skip
    """The outputs after `sweeps` sweeps; y is changed in place."""
    x = 1.0 / (1.0 + np.exp(-y / epsilon))
    heard = x.copy()  # what units hear: the outputs before a synchronous sweep, or the present ones
    for _ in range(sweeps):
        for unit in range(y.shape[0]):
            field = bias
            for place in range(pointer[unit], pointer[unit + 1]):
                field += w[place] * heard[source[place]]
            y[unit] = k * y[unit] + strength * field - z * (x[unit] - i0)
            x[unit] = 1.0 / (1.0 + np.exp(-y[unit] / epsilon))
            if not together:
                heard[unit] = x[unit]
        if together:
            heard[:] = x
        z -= beta * z
    return x
