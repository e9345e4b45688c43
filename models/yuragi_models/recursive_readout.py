"""Read-outs that learn step by step: recursive least squares, and FORCE in a closed loop."""

from __future__ import annotations

from typing import Any, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.wiring.maps import Dense, as_map
from yuragi.wiring.rules import random
from yuragi_models.analog import LEAKY_TANH

__all__ = ["Force", "RecursiveLeastSquares"]

Array = NDArray[Any]


def _update(w: Array, inverse: Array, features: Array, error: Array, forgetting: float) -> None:
    """One step of recursive least squares, in place.

    k = P f/(forgetting + f' P f),  w += (y - w f) k',  P = (P - k f' P)/forgetting
    """
    passed = inverse @ features  # (features, features) @ (features,)
    gain = passed / (forgetting + features @ passed)
    w += np.outer(error, gain)
    inverse -= np.outer(gain, passed)
    if forgetting != 1.0:
        inverse /= forgetting


@final
class RecursiveLeastSquares(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Linear regression that learns from one sample after the other.

    After n samples the weights minimise sum_i forgetting^(n-i) |y_i - w [1, x_i]|^2
    + forgetting^n ridge |w|^2: ridge regression where forgetting is 1.

    ridge: above 0.      forgetting: in (0, 1].
    After `fit` or `partial_fit`: coef_, shape (outputs, features), and intercept_, (outputs,).
    Source: Haykin, Adaptive Filter Theory, 4th ed. (2002), chapter 9.
    """

    def __init__(self, *, ridge: float = 1e-6, forgetting: float = 1.0) -> None:
        self.ridge = ridge
        self.forgetting = forgetting

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Start anew and learn from the rows in order."""
        for name in ("inverse_", "weights_"):
            self.__dict__.pop(name, None)
        return self._learn(X, y, reset=True)

    def partial_fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from more rows."""
        return self._learn(X, y, reset=not hasattr(self, "inverse_"))

    def predict(self, X: ArrayLike) -> Array:
        """Shape (samples,) or (samples, outputs), as that of y"""
        check_is_fitted(self, "weights_")
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        found = rows @ self.weights_[:, 1:].T + self.weights_[:, 0]
        return np.asarray(found[:, 0] if self.one_output_ else found)

    @property
    def coef_(self) -> Array:
        """The weights of the features.  shape (outputs, features)"""
        check_is_fitted(self, "weights_")
        return np.asarray(self.weights_[:, 1:])

    @property
    def intercept_(self) -> Array:
        """Shape (outputs,)"""
        check_is_fitted(self, "weights_")
        return np.asarray(self.weights_[:, 0])

    def _learn(self, X: ArrayLike, y: ArrayLike, *, reset: bool) -> Self:
        if not self.ridge > 0.0 or not 0.0 < self.forgetting <= 1.0:
            raise GraphError(
                f"ridge {self.ridge}, forgetting {self.forgetting}: expected above 0, in (0, 1]"
            )
        rows, goal = validate_data(
            self, X, y, dtype=np.float64, multi_output=True, y_numeric=True, reset=reset
        )
        targets = goal.reshape(len(goal), -1)
        if reset:
            self.one_output_ = goal.ndim == 1
            self.weights_ = np.zeros((targets.shape[1], rows.shape[1] + 1))
            self.inverse_ = np.eye(rows.shape[1] + 1) / self.ridge
        elif targets.shape[1] != len(self.weights_):
            raise GraphError(f"{targets.shape[1]} outputs, learned were {len(self.weights_)}")
        for row, target in zip(rows, targets, strict=True):
            features = np.concatenate([[1.0], row])
            error = target - self.weights_ @ features
            _update(self.weights_, self.inverse_, features, error, self.forgetting)
        return self


@final
class Force:
    """A chaotic network that learns to make a signal while its own output is fed back.

        x(t+1) = (1 - leak) x(t) + leak tanh(w r(t) + w_fb z(t)),  z = w_out x

    The read-out learns by recursive least squares in every step, so that the error is small from
    the start and the feedback nearly right; then it stands still.

    units: of the network.      gain: spectral radius of w, above 1 chaotic before it learns.
    density: share of the sources.      leak: dt/tau.      rate: P starts as 1/rate.
    Source: Sussillo & Abbott, Neuron 63 (2009) 544, here on the units that an echo state has.
    """

    def __init__(
        self,
        units: int = 300,
        *,
        gain: float = 1.5,
        density: float = 0.1,
        leak: float = 0.1,
        rate: float = 1.0,
        seed: int = 0,
    ) -> None:
        if not rate > 0.0 or not 0.0 < leak <= 1.0:
            raise GraphError(f"rate {rate}, leak {leak}: expected above 0, in (0, 1]")
        self.units = units
        self.leak = leak
        self.seed = seed
        self.w = random(units, units, density=density, radius=gain, seed=seed)
        rng = np.random.default_rng((seed, 1))
        self.w_fb = rng.uniform(-1.0, 1.0, (units, 1))
        self.x = rng.uniform(-0.5, 0.5, units)
        self.w_out = np.zeros((1, units))
        self._inverse = np.eye(units) / rate

    def learn(self, signal: ArrayLike, *, every: int = 1) -> Array:
        """Follow a signal and learn in every `every`-th step; what was sent.  shape (steps,)"""
        wanted = np.asarray(signal, dtype=np.float64)
        if wanted.ndim != 1:
            raise GraphError(f"signal {wanted.shape}: expected one value a step")
        return self._go(len(wanted), wanted, every)

    def run(self, steps: int) -> Array:
        """Make the signal, without learning.  shape (steps,)"""
        return self._go(steps, None, 1)

    def _go(self, steps: int, wanted: Array | None, every: int) -> Array:
        w, sent = self.w.csr(), np.empty(steps)
        for t in range(steps):
            drive = w @ self.x + self.w_fb[:, 0] * (self.w_out @ self.x)[0]
            self.x = (1.0 - self.leak) * self.x + self.leak * np.tanh(drive)
            z = self.w_out @ self.x  # (1, units) @ (units,)
            sent[t] = z[0]
            if wanted is not None and t % every == 0:
                _update(self.w_out, self._inverse, self.x, wanted[t] - z, 1.0)
        return sent

    @property
    def network(self) -> Network:
        """The trained loop from its present state, the feedback folded into the weights.

        w + w_fb w_out is one map, so that the loop fits chips whose messages take a step. The
        population "readout" sums w_out x, probed as v.
        """
        network = Network(seed=self.seed)
        own: dict[str, Any] = {"leak": self.leak, "bias": 0.0}
        network.population(
            "reservoir", self.units, LEAKY_TANH, parameters=own, initial={"x": self.x}
        )
        folded = self.w.csr().toarray() + self.w_fb @ self.w_out
        network.project("reservoir", "reservoir", weights=Dense(folded), port="recurrent")
        # Nothing was sent before the first step: what x sends arrives there as a stimulus.
        network.stimulate("reservoir", (folded @ self.x)[None], port="drive")
        network.population("readout", 1, "integrator", parameters={"leak": 0.0})
        network.project("reservoir", "readout", weights=as_map(self.w_out), port="i")
        network.probe("readout", "v")
        return network
