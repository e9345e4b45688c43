"""The restricted Boltzmann machine, learnt by contrastive divergence."""

from __future__ import annotations

from typing import Any, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from yuragi import backend
from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.wiring.maps import as_map
from yuragi_models.sampling_units import GIBBS

__all__ = ["RestrictedBoltzmann"]

Array = NDArray[Any]


def _sigmoid(u: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-u)))


@final
class RestrictedBoltzmann(TransformerMixin, BaseEstimator):
    """p(v, h) = exp(h' w v + a' v + b' h)/Z, v visible and h hidden units of 0 and 1.

        dw = rate (<h v'>_data - <h v'>_after k steps of Gibbs sampling from the data)

    hidden: units.      learning_rate, iterations, batch: of the gradient; an iteration sees all.
    gibbs_steps: k.      seed: of the first weights, the order and the draws.
    After `fit`: weights_, shape (hidden, visible), visible_bias_, hidden_bias_.
    Source: Hinton, Neural Computation 14 (2002) 1771.
    """

    def __init__(
        self,
        hidden: int = 100,
        *,
        learning_rate: float = 0.06,
        iterations: int = 20,
        batch: int = 10,
        gibbs_steps: int = 1,
        seed: int = 0,
    ) -> None:
        self.hidden = hidden
        self.learning_rate = learning_rate
        self.iterations = iterations
        self.batch = batch
        self.gibbs_steps = gibbs_steps
        self.seed = seed

    def fit(self, values: ArrayLike, y: object = None) -> Self:
        """Learn from samples.  From 0 to 1, read as probabilities, shape (samples, visible)

        Raises GraphError for values beyond these, no hidden unit and an empty batch.
        """
        del y
        v = validate_data(self, values, dtype=np.float64)
        if v.min() < 0.0 or v.max() > 1.0:
            raise GraphError(f"samples from {v.min():g} to {v.max():g}: expected from 0 to 1")
        if self.hidden < 1 or self.batch < 1:
            raise GraphError(f"hidden {self.hidden}, batch {self.batch}: expected from 1")
        rng = np.random.default_rng(self.seed)
        self.weights_ = rng.normal(0.0, 0.01, size=(self.hidden, v.shape[1]))
        self.visible_bias_ = np.zeros(v.shape[1])
        self.hidden_bias_ = np.zeros(self.hidden)
        for _ in range(self.iterations):
            order = rng.permutation(len(v))
            for first in range(0, len(v), self.batch):
                self._learn(v[order[first : first + self.batch]], rng)
        return self

    def _learn(self, data: Array, rng: np.random.Generator) -> None:
        positive = self._hidden_given(data)
        h = positive
        for _ in range(self.gibbs_steps):
            spikes = (rng.random(h.shape) < h).astype(np.float64)
            expected = _sigmoid(spikes @ self.weights_ + self.visible_bias_)
            v = (rng.random(expected.shape) < expected).astype(np.float64)
            h = self._hidden_given(v)
        rate = self.learning_rate / len(data)
        # (hidden, samples) @ (samples, visible)
        self.weights_ += rate * (positive.T @ data - h.T @ v)
        self.visible_bias_ += rate * (data - v).sum(axis=0)
        self.hidden_bias_ += rate * (positive - h).sum(axis=0)

    def transform(self, values: ArrayLike) -> Array:
        """The probability of each hidden unit.  shape (samples, hidden)"""
        check_is_fitted(self, "weights_")
        return self._hidden_given(validate_data(self, values, dtype=np.float64, reset=False))

    def _hidden_given(self, v: Array) -> Array:
        return _sigmoid(v @ self.weights_.T + self.hidden_bias_)

    @property
    def network(self) -> Network:
        """`visible` and `hidden` in turns, which is exact: units of a layer are not connected.

        The states z of both are probed in every step; visible units begin as they are clamped.
        """
        check_is_fitted(self, "weights_")
        net = Network(seed=self.seed)
        layers = {"visible": (self.visible_bias_, 0), "hidden": (self.hidden_bias_, 1)}
        for name, (bias, turn) in layers.items():
            net.population(
                name,
                len(bias),
                GIBBS,
                parameters={"bias": bias, "period": 2.0},
                initial={"wait": turn},
            )
            net.probe(name, "z")
        net.project("visible", "hidden", weights=as_map(self.weights_), port="field")
        net.project("hidden", "visible", weights=as_map(self.weights_.T), port="field")
        rng = np.random.default_rng(self.seed)
        first = np.zeros((8, 64, self.n_features_in_))
        first[:, 0] = rng.choice([-1.0, 1.0], size=(8, self.n_features_in_))
        net.stimulate("visible", first, port="clamp")
        return net

    def sample(
        self, values: ArrayLike, sweeps: int, *, profile: str = "ideal", name: str = "chip"
    ) -> tuple[Array, Array]:
        """(visible, hidden) after each sweep of Gibbs sampling from visible states of 0 and 1.

        name: of the backend.      returns: 0 and 1, shapes (samples, sweeps, units)
        """
        v = np.atleast_2d(np.asarray(values, dtype=np.float64))
        program = backend.compile(self.network, backend=name, profile=profile)
        stimulus = {"visible.clamp": np.where(v > 0.5, 1.0, -1.0)[:, None, :]}
        recording = program.run(stimulus, steps=2 * sweeps)
        layers = (recording.traces[layer, "z"].values > 0 for layer in ("visible", "hidden"))
        visible, hidden = (np.asarray(z[:, 1::2], dtype=np.uint8) for z in layers)
        return visible, hidden
