"""The next-generation reservoir: delayed inputs, their products, and a linear read-out."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from yuragi.backend import Program
from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi_models.analog import INTEGRATOR

__all__ = ["NextGenerationReservoir"]

Array = NDArray[Any]
_EXAMPLE_STEPS = 2000
_PRODUCT = Dynamics(name="product", equations="y = left*right", ports=("left", "right"), output="y")


@final
class NextGenerationReservoir(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Nonlinear vector autoregression (NVAR): a reservoir without units.

        l(t) = [u(t), u(t - stride), ..., u(t - (delays - 1) stride)]
        prediction = w [l, all products l_i l_j of order 2] + c

    delays: k.      stride: s.
    ridge: of the read-out, on all weights and, where penalise_bias, on c.
    standardise: whether inputs are first given mean 0 and variance 1; without it the error of
        accurate data goes into directions that the orbit hardly visits, and forecasts diverge.
    differences: whether the read-out learns y - u, as a step of integration.
    steps: None: the rows of X are the steps of one sequence; else each row holds `steps` of them,
        at least 1 + (delays - 1) stride, and is predicted from its last.
    Source: Gauthier, Bollt, Griffith, Barbosa, Nat. Commun. 12 (2021) 5564.
    """

    def __init__(
        self,
        *,
        delays: int = 1,
        stride: int = 1,
        ridge: float = 1e-6,
        standardise: bool = True,
        differences: bool = False,
        penalise_bias: bool = True,
        steps: int | None = 1,
    ) -> None:
        self.delays = delays
        self.stride = stride
        self.ridge = ridge
        self.standardise = standardise
        self.differences = differences
        self.penalise_bias = penalise_bias
        self.steps = steps

    @property
    def warm_up(self) -> int:
        """Steps before the first one that can be predicted."""
        return (self.delays - 1) * self.stride

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit the read-out.

        X: shape (steps, inputs) with steps=None.      y: shape (steps,) or (steps, outputs)
        Raises GraphError, a ValueError, for parameters out of range and too few steps.
        """
        self._check()
        rows, goal = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        sequences = self._sequences(rows)
        flat = sequences.reshape(-1, sequences.shape[2])
        spread = flat.std(axis=0)
        self.mean_ = flat.mean(axis=0) if self.standardise else np.zeros(flat.shape[1])
        self.scale_ = (
            np.where(spread > 0, spread, 1.0) if self.standardise else np.ones(spread.size)
        )
        self.examples_ = flat[:_EXAMPLE_STEPS]
        self.one_output_ = goal.ndim == 1
        # The means of the training sequence stand for y too where y is the next input.
        targets = goal.reshape(len(goal), -1)
        self.series_ = self.steps is None and targets.shape[1] == flat.shape[1]
        if self.differences and not self.series_:
            raise GraphError("differences: expected the next inputs as y")
        z = (sequences - self.mean_) / self.scale_
        if self.series_:
            targets = (targets - self.mean_) / self.scale_
            targets = targets - z[0] if self.differences else targets
        features = self._features(z)
        if self.steps is None:
            targets = targets[self.warm_up :]
        self._solve(features.reshape(-1, features.shape[-1]), targets)
        return self

    def predict(self, X: ArrayLike, program: Program | None = None) -> Array:
        """A value for each row; nan for the first `warm_up` steps of a sequence.

        program: `network` compiled for any backend, instead of NumPy.
        """
        check_is_fitted(self, "w_out_")
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        z = (self._sequences(rows) - self.mean_) / self.scale_
        if program is not None:
            found = self._on(program, z)
        else:
            found = self._features(z) @ self.w_out_.T + self.bias_out_
        if self.differences:
            found = found + z[:, self.warm_up :]
        if self.series_:
            found = found * self.scale_ + self.mean_
        if self.steps is None:
            found = np.concatenate([np.full((self.warm_up, found.shape[2]), np.nan), found[0]])
        else:
            found = found[:, -1]
        return np.asarray(found[:, 0] if self.one_output_ else found)

    def forecast(self, X: ArrayLike, steps: int) -> Array:
        """What follows the last steps of X.  shape (..., steps, inputs) to (..., steps, inputs)

        Predictions that leave the training range by far are cut at 1,000 standard deviations.
        Raises GraphError where it was not fitted on the next inputs of one sequence.
        """
        check_is_fitted(self, "w_out_")
        if not self.series_:
            raise GraphError("outputs are not the next inputs of a sequence")
        history = (np.asarray(X, dtype=np.float64) - self.mean_) / self.scale_
        if history.shape[-2] <= self.warm_up:
            raise GraphError(f"{history.shape[-2]} steps, expected more than {self.warm_up}")
        window = history[..., history.shape[-2] - self.warm_up - 1 :, :]
        limit = 1000.0 * (1.0 if self.standardise else float(self.examples_.std()))
        found = []
        for _ in range(steps):
            flat = window.reshape(-1, *window.shape[-2:])
            value = self._features(flat)[:, 0] @ self.w_out_.T + self.bias_out_
            value = value.reshape(*window.shape[:-2], -1)
            value = np.clip(value + window[..., -1, :] * self.differences, -limit, limit)
            window = np.concatenate([window[..., 1:, :], value[..., None, :]], axis=-2)
            found.append(value)
        return np.asarray(np.stack(found, axis=-2) * self.scale_ + self.mean_)

    @property
    def network(self) -> Network:
        """The same as populations: "input", "products", "readout", whose v is probed.

        The input is (u - mean_)/scale_. A product takes a step and so does the read-out.
        """
        check_is_fitted(self, "w_out_")
        inputs, size = self.mean_.size, self.mean_.size * self.delays
        left, right = np.array(list(combinations_with_replacement(range(size), 2))).T
        network = Network()
        network.input("input", inputs)
        network.population("products", len(left), _PRODUCT)
        outputs = len(self.bias_out_)
        own = {"leak": 0.0, "bias": self.bias_out_}
        network.population("readout", outputs, INTEGRATOR, parameters=own)
        for tap in range(self.delays):
            late, first = tap * self.stride, tap * inputs
            for port, factor in (("left", left), ("right", right)):
                choose = (factor[:, None] == first + np.arange(inputs)).astype(float)
                network.project("input", "products", weights=choose, port=port, delay=1 + late)
            weights = self.w_out_[:, first : first + inputs]
            network.project("input", "readout", weights=weights, port="i", delay=2 + late)
        network.project("products", "readout", weights=self.w_out_[:, size:], port="i")
        z = (self.examples_ - self.mean_) / self.scale_
        network.stimulate("input", np.pad(z, ((0, 2), (0, 0))), port="i")
        network.probe("readout", "v")
        return network

    def _check(self) -> None:
        rules = (
            (self.delays >= 1, f"delays {self.delays}: expected from 1"),
            (self.stride >= 1, f"stride {self.stride}: expected from 1"),
            (self.ridge >= 0.0, f"ridge {self.ridge}: expected from 0"),
            (
                self.steps is None or self.steps > self.warm_up,
                f"steps {self.steps}: expected more than {self.warm_up}",
            ),
        )
        for holds, complaint in rules:
            if not holds:
                raise GraphError(complaint)

    def _sequences(self, rows: Array) -> Array:
        """Shape (sequences, steps, inputs)"""
        if self.steps is not None:
            if rows.shape[1] % self.steps:
                raise GraphError(f"{rows.shape[1]} features are not {self.steps} steps")
            return rows.reshape(len(rows), self.steps, -1)
        if len(rows) <= self.warm_up:
            raise GraphError(f"{len(rows)} steps, expected more than {self.warm_up}")
        return rows[None]

    def _features(self, z: Array) -> Array:
        """[l, products].  shape (sequences, steps, inputs) to (sequences, steps - warm_up, ...)"""
        stop = z.shape[1]
        taps = [
            z[:, self.warm_up - k * self.stride : stop - k * self.stride]
            for k in range(self.delays)
        ]
        linear = np.concatenate(taps, axis=2)
        left, right = np.array(list(combinations_with_replacement(range(linear.shape[2]), 2))).T
        return np.concatenate([linear, linear[..., left] * linear[..., right]], axis=2)

    def _solve(self, features: Array, targets: Array) -> None:
        """Min |[1, features] w - targets|^2 + ridge |w|^2"""
        design = np.concatenate([np.ones((len(features), 1)), features], axis=1)
        gram = design.T @ design  # (1 + features, samples) @ (samples, 1 + features)
        penalty = np.full(gram.shape[0], self.ridge)
        penalty[0] = self.ridge if self.penalise_bias else 0.0
        gram[np.diag_indices_from(gram)] += penalty
        found = np.linalg.lstsq(gram, design.T @ targets, rcond=None)[0].T
        self.bias_out_, self.w_out_ = found[:, 0], found[:, 1:]

    def _on(self, program: Program, z: Array) -> Array:
        padded = np.pad(z, ((0, 0), (0, 2), (0, 0)))
        trace = program.run(padded).trace("readout", "v", physical=True)
        trace = trace.reshape(len(z), -1, len(self.bias_out_))
        return np.asarray(trace[:, 2 + self.warm_up : 2 + z.shape[1]])
