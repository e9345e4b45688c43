"""A noisy network of tanh units that learns by a Hebb-type rule, and how fast it learns.

    dx = (-x + tanh(beta (J x + gamma eta))) dt + sigma dW
    dJ = epsilon (xi - x) x^T / N                             the rule, for a target xi

How fast the overlap m = xi.x / N with the target grows in a first step of learning follows from
the spontaneous activity alone (the fluctuation-learning relation). With C the covariance of x
without input, and x_e the mean of x with the input eta, linear response gives

    FLR1    dm = (2 beta / sigma^2) xi^T C dJ x_e / N               any rule dJ
    FLR2    dm ~ (xi^T C xi) (eta^T C eta)                          Hebb-type rules

Source: Kurikawa & Kaneko, Nat. Commun. 16 (2025), arXiv:2409.13597.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi import backend
from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.plasticity import Plasticity
from yuragi_models.learning_rules import HEBB_TO_TARGET
from yuragi_models.rate_units import NOISY_TANH

__all__ = ["FluctuationLearning", "RateNetwork"]

Array = NDArray[Any]
_MODES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FluctuationLearning:
    """What `RateNetwork.fluctuation_learning` found, one value for each task.

    predicted: dm of FLR1;  by_variance: the product of FLR2;  measured: dm.      shape (tasks,)
    """

    predicted: Array
    by_variance: Array
    measured: Array

    @property
    def correlations(self) -> tuple[float, float]:
        """Of what was measured with FLR1, and with FLR2."""
        found = [
            float(np.corrcoef(by, self.measured)[0, 1]) for by in (self.predicted, self.by_variance)
        ]
        return found[0], found[1]

    @property
    def slope(self) -> float:
        """Measured against predicted by FLR1, least squares through 0."""
        return float(self.predicted @ self.measured / (self.predicted @ self.predicted))

    def plot(self, axes: Any = None) -> Any:
        """Measured against predicted speed, a dot for each task; returns the axes."""
        if axes is None:
            from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load

            axes = Figure(figsize=(4.5, 4.0), layout="constrained").subplots()
        axes.axline((0.0, 0.0), slope=1.0, color="0.8", zorder=0)
        axes.plot(self.predicted, self.measured, "o", markersize=5, color="tab:blue")
        axes.set_xlabel("predicted by spontaneous activity (FLR1)")
        axes.set_ylabel("measured speed of learning")
        one, two = self.correlations
        axes.set_title(f"correlation {one:.3f} (FLR1), {two:.3f} (FLR2)", fontsize="medium")
        return axes


class RateNetwork:
    """N noisy tanh units with random weights, and memories embedded in them.

    units: N.      g: random weights are normal, of variance g^2 / N.
    symmetric: whether J is.      memories: patterns of +-1, embedded as (strength/N) sum mu mu^T.
    beta, gamma, sigma, step: as in the unit `noisy_tanh`; step is its h.
    seed: of weights, memories, tasks and noise.      After it: weights, shape (units, units).
    Source: Kurikawa & Kaneko, Nat. Commun. 16 (2025), arXiv:2409.13597.
    Raises GraphError for fewer than two units, a sigma or a step that is not above 0.
    """

    def __init__(
        self,
        units: int = 100,
        *,
        g: float = 0.2,
        symmetric: bool = True,
        memories: int = 0,
        strength: float = 0.5,
        beta: float = 1.0,
        gamma: float = 0.1,
        sigma: float = 0.1,
        step: float = 0.1,
        seed: int = 0,
    ) -> None:
        if units < 2:
            raise GraphError(f"{units} unit(s): expected at least 2")
        if not (sigma > 0.0 and step > 0.0):
            raise GraphError(f"sigma {sigma}, step {step}: expected above 0")
        self.units = units
        self.beta, self.gamma, self.sigma, self.step, self.seed = beta, gamma, sigma, step, seed
        draws = np.random.default_rng((seed, 1))
        random = draws.normal(scale=g / np.sqrt(units), size=(units, units))
        if symmetric:
            random = np.tril(random, -1)
            random = random + random.T
        np.fill_diagonal(random, 0.0)
        self.memories = draws.choice([-1.0, 1.0], size=(memories, units))
        self.weights: Array = random + strength / units * (self.memories.T @ self.memories)

    def tasks(self, number: int) -> tuple[Array, Array]:
        """Inputs and targets of +-1 that overlap what is in the network by a random share.

        That is a memory; where there is none, the signs of one of the five strongest modes of the
        symmetric part of the weights, the directions in which the activity fluctuates most.
        shape (number, units) each
        """
        modes = np.linalg.eigh(self.weights + self.weights.T)[1][:, -_MODES:].T
        held = self.memories if len(self.memories) else np.sign(modes)
        draws = np.random.default_rng((self.seed, 2))

        def patterns() -> Array:
            found = draws.choice([-1.0, 1.0], size=(number, self.units))
            chosen = held[draws.integers(len(held), size=number)]
            kept = draws.random((number, self.units)) < draws.random((number, 1))
            return np.where(kept, chosen, found)

        return patterns(), patterns()

    def network(
        self,
        *,
        inputs: Array | None = None,
        targets: Array | None = None,
        weights: Array | None = None,
        plasticity: Plasticity | None = None,
    ) -> Network:
        """Copies of the network side by side, one for each input.

        inputs, targets: shape (copies, units)      weights: (units, units) or (copies, ...)
        plasticity: how the weights learn; `hebb_to_target` follows the targets.
        """
        eta = np.zeros((1, self.units)) if inputs is None else np.asarray(inputs)
        xi = np.zeros_like(eta) if targets is None else np.asarray(targets)
        copies = len(eta)
        w = np.broadcast_to(
            self.weights if weights is None else weights, (copies, self.units, self.units)
        )
        net = Network(seed=self.seed)
        values = {"beta": self.beta, "gamma": self.gamma, "sigma": self.sigma, "h": self.step}
        net.population(
            "units",
            copies * self.units,
            NOISY_TANH,
            parameters={**values, "eta": eta.reshape(-1), "xi": xi.reshape(-1)},
        )
        block = scipy.sparse.block_diag(list(w), format="csr")
        net.project("units", "units", weights=block, port="recurrent", plasticity=plasticity)
        return net

    def covariance(self, time: float = 3000.0, *, every: float = 0.5) -> Array:
        """The covariance of x without input, from a run of so much time.  shape (units, units)"""
        net = self.network()
        net.probe("units", "x", every=max(1, round(every / self.step)))
        x = _run(net, round(time / self.step)).trace("units", "x")
        return np.cov(x[len(x) // 20 :], rowvar=False)

    def evoked(self, inputs: Array, time: float, *, weights: Array | None = None) -> Array:
        """The mean of x with each input, the first 5 % left out.  shape (copies, units)"""
        net = self.network(inputs=inputs, weights=weights)
        net.probe("units", "x", every=5)
        x = _run(net, round(time / self.step)).trace("units", "x")
        means: Array = x[len(x) // 20 :].mean(axis=0).reshape(len(inputs), self.units)
        return means

    def fluctuation_learning(
        self, tasks: int = 24, *, time: float = 3000.0, rate: float = 0.1
    ) -> FluctuationLearning:
        """Predict and measure how fast each of some tasks is learned in a first step.

        time: of each run; of the spontaneous one, which is of one copy only, ten times as much.
        rate: epsilon of the step; before and after it the noise is the same.
        """
        inputs, targets = self.tasks(tasks)
        spread = self.covariance(10.0 * time)
        before = self.evoked(inputs, time)
        change = rate / self.units * np.einsum("ki,kj->kij", targets - before, before)
        after = self.evoked(inputs, time, weights=self.weights + change)
        response = np.einsum("ki,ij,kjl,kl->k", targets, spread, change, before)
        return FluctuationLearning(
            predicted=2.0 * self.beta / self.sigma**2 * response / self.units,
            by_variance=_variance(targets, spread) * _variance(inputs, spread),
            measured=np.einsum("ki,ki->k", targets, after - before) / self.units,
        )

    def learn(self, inputs: Array, targets: Array, *, time: float, rate: float = 0.02) -> Network:
        """The network that learns online while it runs, `rate` a unit of time; not yet run."""
        rule = Plasticity(
            name=HEBB_TO_TARGET.name,
            equations=HEBB_TO_TARGET.equations,
            reads=HEBB_TO_TARGET.reads,
            parameters={"rate": rate * self.step / self.units},
        )
        net = self.network(inputs=inputs, targets=targets, plasticity=rule)
        net.probe("units", "x", every=max(1, round(time / self.step / 500)))
        return net


def _variance(patterns: Array, spread: Array) -> Array:
    found: Array = np.einsum("ki,ij,kj->k", patterns, spread, patterns)
    return found


def _run(net: Network, steps: int) -> Any:
    return backend.compile(net, backend="chip").run(steps=steps)
