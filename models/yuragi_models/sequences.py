"""Classifies sequences with a network that fits a chip: a relay, a reservoir, sums as read-out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from yuragi import backend
from yuragi.backend import Program
from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError, RunError
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi_models.analog import ACCUMULATOR
from yuragi_models.drawing import Drawn
from yuragi_models.readout import fit_readout
from yuragi_models.states import states

__all__ = ["SequenceClassifier"]

Array = NDArray[Any]
_CHUNK_BYTES = 2**27
_DELAYS = 2
_EXAMPLES = 32


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceClassifier(ClassifierMixin, TransformerMixin, BaseEstimator, ABC):
    """What reservoir classifiers share; a subclass says which reservoir it has.

    The value u(t) of a sequence leaves the input in step t, reaches the reservoir in step t + 1
    and the read-out in step t + 2. A trial of S values therefore takes S + 2 steps. The read-out
    starts at its bias and has then added up S + 1 states, the first of which knows no input yet;
    the largest sum names the class. With `windows` W it hears the reservoir W times, by
    connections of delays 1 + k S/W, k = 0 ... W - 1: they bring the sum of all states, and those
    of the first (W - k)/W of them, so that it knows early states from late ones. `transform`
    gives the mean of all S + 1 states.

    Sequences are arrays of shape (samples, steps, inputs), or (samples, steps * inputs) with the
    parameter `steps`. All weights lie on a grid of `weight_bits` bits, before the states that the
    read-out learns from are computed: a chip of so many bits changes none of them.

    units: size of the reservoir.
    input_scaling, bias_scaling: w_in and b are uniform in (-1, 1) times these; u is best in (0, 1).
    windows: delays by which the read-out hears the reservoir, `steps` of them at most.
    ridge: penalty of the read-out on the mean states; None: the best in generalised
        cross-validation, `ridge_`.
    steps: of a sequence, where X has two dimensions.
    weight_bits: the grid of all weights; None: floats.
    seed: of all draws; the same seed gives the same network.
    """

    units: int = field(default=300, kw_only=False)
    input_scaling: float = 0.5
    bias_scaling: float = 0.2
    windows: int = 2
    ridge: float | None = None
    steps: int = 1
    weight_bits: int | None = 8
    seed: int = 0
    _dynamics: ClassVar[Dynamics]
    _recurrent_port: ClassVar[str] = "recurrent"
    _sent: ClassVar[str] = "x"

    @abstractmethod
    def _draw(self, inputs: int) -> Drawn:
        """The weights of the reservoir."""

    @abstractmethod
    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        """Parameters of the reservoir.  spread: uniform in (-1, 1), shape (units,)"""

    def fit(self, X: ArrayLike, y: ArrayLike) -> SequenceClassifier:
        """Draw the reservoir, run it on the sequences and fit the read-out.

        y: labels.      shape (samples,)
        Raises GraphError, a ValueError, for parameters out of range and arrays that do not fit.
        """
        flat, y = validate_data(self, _flat(X), y, dtype=np.float64)
        check_classification_targets(y)
        self.steps_ = int(np.shape(X)[1]) if _is_deep(X) else self.steps
        self._check(flat.shape[1])
        self.classes_, label = np.unique(y, return_inverse=True)
        drawn = self._draw(flat.shape[1] // self.steps_)
        self.w_, self.w_in_, self.spread_ = drawn.w, drawn.w_in, drawn.spread
        self.examples_ = flat[np.linspace(0, len(flat) - 1, min(_EXAMPLES, len(flat)), dtype=int)]
        readout = fit_readout(
            np.concatenate(self._sums(flat), axis=1),
            np.eye(len(self.classes_))[label],
            ridge=None if self.ridge is None else self.ridge * (self.steps_ + 1) ** 2,
            bits=self.weight_bits,
        )
        self.w_out_, self.bias_out_ = readout.w, readout.c
        self.ridge_ = readout.ridge / (self.steps_ + 1) ** 2
        return self

    @property
    def network(self) -> Network:
        """The trained network: populations "input", "reservoir" and "readout"; readout.v is probed.

        It carries up to 32 of the training sequences as its own stimulus, from which `compile`
        learns the ranges of a chip's integers.
        """
        check_is_fitted(self, "w_out_")
        network = self._untrained()
        classes = len(self.classes_)
        network.population("readout", classes, ACCUMULATOR, initial={"v": self.bias_out_})
        parts = np.split(self.w_out_, len(self._late), axis=1)
        for weights, late in zip(parts, self._late, strict=True):
            network.project("reservoir", "readout", weights=weights, port="i", delay=1 + late)
        network.probe("readout", "v")
        network.stimulate("input", self._padded(self.examples_), port="i")
        return network

    def stimulus(self, X: ArrayLike) -> Array:
        """The sequences as a program's stimulus.  shape (samples, steps + 2, inputs)"""
        check_is_fitted(self, "w_out_")
        if _is_deep(X) and np.shape(X)[1] != self.steps_:
            raise GraphError(f"sequences of {np.shape(X)[1]} steps, fitted were {self.steps_}")
        return self._padded(validate_data(self, _flat(X), dtype=np.float64, reset=False))

    def classify(self, recording: Recording) -> Array:
        """The labels that a recording's read-out names.  shape (trials,)

        recording: of `network` on any backend, run with `stimulus(X)`.
        Raises RunError where the recording ends before the last value has arrived.
        """
        check_is_fitted(self, "w_out_")
        return np.asarray(self.classes_[self._scores(recording).argmax(axis=1)])

    def predict(self, X: ArrayLike, program: Program | None = None) -> Array:
        """Labels.  shape (samples,)

        program: the network compiled for any backend; the emulated chip's floats by default.
        """
        scores = self._run(X, program)
        return np.asarray(self.classes_[scores.argmax(axis=1)])

    def decision_function(self, X: ArrayLike, program: Program | None = None) -> Array:
        """Sums of the read-out: shape (samples, classes); for two classes their difference."""
        scores = self._run(X, program)
        return np.asarray(scores[:, 1] - scores[:, 0]) if scores.shape[1] == 2 else scores

    def score(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        program: Program | None = None,
    ) -> float:
        """The share of labels that are right."""
        return float(accuracy_score(y, self.predict(X, program), sample_weight=sample_weight))

    def transform(self, X: ArrayLike) -> Array:
        """The mean state of the reservoir over a trial.  shape (samples, units)"""
        padded = self.stimulus(X)
        return self._sums(padded[:, : self.steps_].reshape(len(padded), -1))[0] / (self.steps_ + 1)

    @property
    def _late(self) -> tuple[int, ...]:
        """By how many steps each connection to the read-out is later than the first."""
        windows = min(self.windows, self.steps_)
        return tuple(self.steps_ * k // windows for k in range(windows))

    def _check(self, features: int) -> None:
        rules = (
            (self.ridge is None or self.ridge > 0.0, f"ridge {self.ridge}: expected above 0"),
            (self.weight_bits is None or self.weight_bits >= 2, "weight_bits: expected from 2"),
            (self.windows >= 1, f"windows {self.windows}: expected from 1"),
            (self.seed >= 0, f"seed {self.seed}: expected from 0"),
            (
                self.steps_ >= 1 and features % self.steps_ == 0,
                f"{features} features a sample are not {self.steps_} steps of as many inputs",
            ),
        )
        for holds, complaint in rules:
            if not holds:
                raise GraphError(complaint)

    def _untrained(self) -> Network:
        network = Network(seed=self.seed)
        network.input("input", self.w_in_.shape[1])
        parameters = self._parameters(self.spread_)
        network.population("reservoir", self.units, self._dynamics, parameters=parameters)
        network.project("input", "reservoir", weights=self.w_in_, port="drive")
        network.project("reservoir", "reservoir", weights=self.w_, port=self._recurrent_port)
        return network

    def _padded(self, flat: Array) -> Array:
        sequences = flat.reshape(len(flat), self.steps_, -1)
        return np.pad(sequences, ((0, 0), (0, _DELAYS), (0, 0)))

    def _chunks(self, padded: Array) -> Iterator[Array]:
        """Some trials at a time, so that their states stay small."""
        size = max(1, _CHUNK_BYTES // (8 * self.units * padded.shape[1]))
        return (padded[first : first + size] for first in range(0, len(padded), size))

    def _sums(self, flat: Array) -> list[Array]:
        """The sums of states that each connection to the read-out brings.  (samples, units) each"""
        network = self._untrained()
        network.probe("reservoir", self._sent)
        program = backend.compile(network)
        parts = []
        for chunk in self._chunks(self._padded(flat)):
            sent = states(program.run(chunk), self._sent)
            stops = (self.steps_ + 1 - late for late in self._late)
            parts.append([sent[:, :stop].sum(axis=1) for stop in stops])
        return [np.concatenate(sums) for sums in zip(*parts, strict=True)]

    def _run(self, X: ArrayLike, program: Program | None) -> Array:
        stimulus = self.stimulus(X)
        chosen = program or backend.compile(self.network)
        parts = [self._scores(chosen.run(chunk)) for chunk in self._chunks(stimulus)]
        return np.concatenate(parts)

    def _scores(self, recording: Recording) -> Array:
        last = self.steps_ + _DELAYS - 1
        trace = recording.trace("readout", "v", physical=True)
        sums = trace.reshape(recording.trials, -1, len(self.classes_))
        if sums.shape[1] <= last:
            raise RunError(
                f"the recording has {sums.shape[1]} steps; the last value reaches the read-out "
                f"after {last + 1}: run the program on stimulus(X)"
            )
        return np.asarray(sums[:, last])


def _is_deep(X: ArrayLike) -> bool:
    return isinstance(X, (list, tuple, np.ndarray)) and np.ndim(X) == 3


def _flat(X: ArrayLike) -> Any:
    return np.reshape(X, (np.shape(X)[0], -1)) if _is_deep(X) else X
