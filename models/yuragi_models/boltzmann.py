"""Boltzmann machines: their exact distribution, and networks that sample it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final, Self, final

import networkx
import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi import backend
from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi.wiring.maps import as_map
from yuragi_models.ising_problem import IsingProblem
from yuragi_models.sampling_units import (
    CHAOTIC_BOLTZMANN,
    COARSE_GIBBS,
    GIBBS,
    METROPOLIS,
    NEURAL_SAMPLER,
    RESTING_GIBBS,
)

__all__ = ["BoltzmannMachine", "divergence", "random_machine"]

Array = NDArray[Any]
_MOST_ENUMERATED: Final = 20
_METHODS: Final = {
    "gibbs": GIBBS,
    "coarse": COARSE_GIBBS,
    "metropolis": METROPOLIS,
    "neural": NEURAL_SAMPLER,
    "parallel": GIBBS,
    "resting": RESTING_GIBBS,
    "chaotic": CHAOTIC_BOLTZMANN,
}
_ONE_AT_A_TIME: Final = frozenset({"gibbs", "coarse", "metropolis", "neural"})


@final
class BoltzmannMachine:
    """p(z) = exp(z' w z/2 + b' z)/Z for z of 0 and 1, and a network that samples it.

    w: symmetric, its diagonal zero.      shape (size, size)      b: shape (size,)
    method: "gibbs", "coarse" (on grids), "metropolis" or "neural" (Buesing et al. 2011), units in
        turns, connected ones never together; "chaotic": no randomness; "parallel" and "resting":
        all units at once, which does not sample p.
    parameters: of the unit, such as beta, tau, step or refractory.
    seed: of the draws and of the first states.
    Source: Ackley, Hinton & Sejnowski, Cogn. Sci. 9 (1985) 147.
    Raises GraphError where w is not symmetric, has a diagonal or does not fit b.
    """

    def __init__(
        self,
        w: ArrayLike,
        b: ArrayLike,
        *,
        method: str = "gibbs",
        parameters: Mapping[str, float] | None = None,
        seed: int = 0,
    ) -> None:
        self.w, self.b = np.asarray(w, dtype=np.float64), np.asarray(b, dtype=np.float64)
        if self.w.shape != (self.size, self.size):
            raise GraphError(f"w {self.w.shape}, expected ({self.size}, {self.size}) as b")
        if not np.array_equal(self.w, self.w.T) or np.diag(self.w).any():
            raise GraphError("w: expected a symmetric array with a zero diagonal")
        if method not in _METHODS:
            raise GraphError(f"method {method!r}: expected one of {', '.join(_METHODS)}")
        self.method = method
        self.parameters = dict(parameters or {})
        self.seed = seed

    @classmethod
    def of(cls, problem: IsingProblem, *, temperature: float = 1.0, **options: Any) -> Self:
        """The machine whose z = (1 + s)/2 has p ~ exp(-E(s)/temperature)."""
        j = problem.couplings.toarray() / temperature
        h = problem.fields / temperature
        return cls(4.0 * j, 2.0 * h - 2.0 * j.sum(axis=1), **options)

    @property
    def size(self) -> int:
        """How many units."""
        return int(self.b.shape[0])

    @cached_property
    def slots(self) -> NDArray[np.int64]:
        """A colour for each unit, connected units of different ones.  shape (size,)"""
        if self.method not in _ONE_AT_A_TIME:
            return np.zeros(self.size, dtype=np.int64)
        coupled = networkx.from_numpy_array(self.w != 0)
        colours = networkx.greedy_color(coupled, strategy="saturation_largest_first")
        return np.array([colours[k] for k in range(self.size)], dtype=np.int64)

    @property
    def sweep(self) -> int:
        """Steps in which every unit has its turn once."""
        return int(self.slots.max()) + 1

    @cached_property
    def network(self) -> Network:
        """One population, `units`, its states probed once in every sweep.

        Its own stimulus sets random first states in 8 trials, then leaves it alone.
        """
        net = Network(seed=self.seed)
        unit = _METHODS[self.method]
        parameters: dict[str, ArrayLike] = {"bias": self.b, **self.parameters}
        if self.method == "neural" and "tau" in self.parameters:
            parameters["log_tau"] = float(np.log(self.parameters["tau"]))
        turns = "period" in unit.parameters
        if turns:
            parameters["period"] = float(self.sweep)
        initial = {"wait": self.slots} if turns else {}
        net.population("units", self.size, unit, parameters=parameters, initial=initial)
        net.project("units", "units", weights=as_map(self.w), port="field")
        clamp = np.zeros((8, 256, self.size))
        clamp[:, 0] = self.first(8)
        net.stimulate("units", clamp, port="clamp")
        if self.method == "chaotic":
            net.stimulate("units", self._phases(8), port="start")
        net.probe("units", self._state, every=self.sweep)
        return net

    def first(self, trials: int) -> Array:
        """Random first states as a clamp of +1 and -1.  shape (trials, size)"""
        rng = np.random.default_rng(self.seed)
        return rng.choice([-1.0, 1.0], size=(trials, self.size))

    def _phases(self, trials: int) -> Array:
        """Where the units of a chaotic machine begin between 0 and 1."""
        rng = np.random.default_rng([self.seed, 1])
        return rng.uniform(0.0, 1.0, size=(trials, 1, self.size))

    def stimulus(self, trials: int) -> dict[str, Array]:
        """What sets the first states of a run."""
        given = {"units.clamp": self.first(trials)[:, None, :]}
        if self.method == "chaotic":
            given["units.start"] = self._phases(trials)
        return given

    def sample(
        self,
        sweeps: int,
        *,
        trials: int = 1,
        burn_in: int = 20,
        profile: str = "ideal",
        name: str = "chip",
    ) -> Array:
        """The states after each sweep, all trials one after the other.

        burn_in: sweeps before the first sample.      name: of the backend.
        returns: 0 and 1, shape (trials * sweeps, size)
        Raises GraphError for less than one sweep.
        """
        if sweeps < 1 or burn_in < 0:
            raise GraphError(f"sweeps {sweeps}, burn_in {burn_in}: expected from 1 and from 0")
        program = backend.compile(self.network, backend=name, profile=profile)
        steps = (sweeps + burn_in - 1) * self.sweep + 1
        return self.read(program.run(self.stimulus(trials), steps=steps), burn_in=burn_in)

    def read(self, recording: Recording, *, burn_in: int = 20) -> Array:
        """The states of a run after each sweep.  0 and 1, shape (trials * sweeps, size)"""
        values = recording.traces["units", self._state].values
        return np.asarray(values[:, burn_in:] > 0, dtype=np.uint8).reshape(-1, self.size)

    @property
    def _state(self) -> str:
        return "left" if self.method == "neural" else "z"

    @cached_property
    def log_weights(self) -> Array:
        """Z' w z/2 + b' z of every state, the first unit in the lowest bit.  shape (2^size,)"""
        if self.size > _MOST_ENUMERATED:
            raise GraphError(f"{self.size} units: at most {_MOST_ENUMERATED} are enumerated")
        z = (np.arange(2**self.size)[:, None] >> np.arange(self.size)) & 1
        return np.asarray(0.5 * ((z @ self.w) * z).sum(axis=1) + z @ self.b)

    @property
    def log_z(self) -> float:
        """Ln Z, by enumeration."""
        top = float(self.log_weights.max())
        return top + float(np.log(np.exp(self.log_weights - top).sum()))

    @property
    def distribution(self) -> Array:
        """p(z) of every state.  shape (2^size,)"""
        return np.asarray(np.exp(self.log_weights - self.log_z))

    def divergence(self, states: ArrayLike) -> float:
        """KL(empirical || p) of sampled states, in nats.  states: shape (samples, size)"""
        found = np.asarray(states).astype(np.int64) @ (1 << np.arange(self.size))
        counts = np.bincount(found, minlength=2**self.size)
        return divergence(counts / counts.sum(), self.distribution)


def divergence(p: ArrayLike, q: ArrayLike) -> float:
    """KL(p || q) = sum p ln(p/q), in nats; 0 ln 0 = 0.

    Source: Kullback & Leibler, Ann. Math. Stat. 22 (1951) 79.
    """
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    seen = p > 0
    return float((p[seen] * np.log(p[seen] / q[seen])).sum())


def random_machine(size: int, *, scale: float, seed: int, **options: Any) -> BoltzmannMachine:
    """A machine whose w and b are 2 scale (Beta(.5, .5) - .5): many strong couplings.

    Source: Petrovici, Bill, Bytschok, Schemmel & Meier, Phys. Rev. E 94 (2016) 042312.
    """
    rng = np.random.default_rng(seed)
    drawn = 2.0 * scale * (rng.beta(0.5, 0.5, size=(size, size)) - 0.5)
    upper = np.triu(drawn, k=1)
    b = 2.0 * scale * (rng.beta(0.5, 0.5, size=size) - 0.5)
    return BoltzmannMachine(upper + upper.T, b, seed=seed, **options)
