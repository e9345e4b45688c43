"""Predicts values of sequences with a network: a relay, a reservoir, a linear read-out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import scipy.signal
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted, validate_data

from yuragi import backend
from yuragi.backend import Program
from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi_models.analog import INTEGRATOR
from yuragi_models.drawing import Drawn
from yuragi_models.readout import fit_readout
from yuragi_models.series import Series, read
from yuragi_models.states import states

__all__ = ["SequenceRegressor"]

Array = NDArray[Any]
_CHUNK_BYTES = 2**27
_EXAMPLES, _EXAMPLE_STEPS = 32, 2000
_SWITCH = Dynamics(
    name="switch",
    equations="y = gate*teacher + (1 - gate)*feedback",
    ports=("teacher", "gate", "feedback"),
    output="y",
)
_SQUARE = Dynamics(name="square", equations="y = i*i", ports=("i",), output="y")


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceRegressor(MultiOutputMixin, RegressorMixin, BaseEstimator, ABC):
    """What reservoir regressors share; a subclass says which reservoir it has.

        prediction(t) = w_out [u(t), s(t)] + c         s: what the reservoir sends once u(t) is in

    Sequences X have the shape (sequences, steps, inputs), with y of shape (sequences, steps) or
    (sequences, steps, outputs): a value for every step. Two-dimensional X holds a sequence of
    `steps` steps in each row, shape (samples, steps * inputs), y its value at the end; with
    steps = None all rows are the steps of one sequence, and y has a value for each.

    In the network u(t) leaves the input in step t, reaches the reservoir in step t + 1 and the
    read-out in step t + 2; where squares are read, they come between and take a step.

    units: size of the reservoir.
    input_scaling, bias_scaling: w_in and b are uniform in (-1, 1) times these.
    ridge: penalty of the read-out; None: the best in generalised cross-validation, `ridge_`.
    washout: steps of a sequence that it does not learn from; 0 where each row of X is a sequence.
    steps: of a row of X; None: all rows are one sequence.
    direct: whether the read-out weighs the inputs.
    weight_bits, readout_bits: the grid of w and w_in, and of w_out; None: floats.
    profile, options: what `compile` gets for the reservoir whose states the read-out learns from;
        with profile="loihi2" these are a chip's integers, and the read-out stays here, in floats.
    seed: of all draws.
    """

    units: int = field(default=100, kw_only=False)
    input_scaling: float = 0.2
    bias_scaling: float = 0.5
    ridge: float | None = None
    washout: int = 0
    steps: int | None = 1
    direct: bool = True
    weight_bits: int | None = None
    readout_bits: int | None = None
    profile: str = "ideal"
    options: Mapping[str, Any] | None = None
    seed: int = 0
    _dynamics: ClassVar[Dynamics]
    _recurrent_port: ClassVar[str] = "recurrent"
    _input_port: ClassVar[str] = "drive"
    _sent: ClassVar[str] = "x"

    @abstractmethod
    def _draw(self, inputs: int) -> Drawn:
        """The weights of the reservoir."""

    @abstractmethod
    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        """Parameters of the reservoir.  spread: uniform in (-1, 1), shape (units,)"""

    @property
    def _memory(self) -> float:
        """The share that the read-out keeps from step to step: it filters spikes."""
        return 0.0

    @property
    def _squared(self) -> bool:
        """Whether the read-out reads x_i^2 of odd i."""
        return False

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Draw the reservoir, run it on the sequences and fit the read-out.

        Raises GraphError, a ValueError, for parameters out of range and arrays that do not fit.
        """
        self._check()
        series = read(X, y, self.steps)
        rows, y_rows = validate_data(
            self, series.rows, series.targets, dtype=np.float64, multi_output=True, y_numeric=True
        )
        sequences = series.shaped(rows)
        drawn = self._draw(sequences.shape[2])
        self.w_, self.w_in_, self.spread_ = drawn.w, drawn.w_in, drawn.spread
        chosen = np.linspace(0, len(sequences) - 1, min(_EXAMPLES, len(sequences)), dtype=int)
        self.examples_ = sequences[chosen, :_EXAMPLE_STEPS]
        self.whole_ = series.whole
        self.one_output_ = y_rows.ndim == 1
        features = self._features(sequences)
        if series.whole:
            goal = y_rows.reshape(*sequences.shape[:2], -1)
            if self.washout >= goal.shape[1]:
                raise GraphError(f"washout {self.washout} of {goal.shape[1]} steps leaves none")
            features, goal = features[:, self.washout :], goal[:, self.washout :]
        elif self.washout:
            raise GraphError(
                f"washout {self.washout}: each row of X is a sequence of {self.steps} steps of its "
                "own, with a value at its end; steps=None makes all rows one sequence"
            )
        else:
            features, goal = features[:, -1:], y_rows.reshape(len(sequences), 1, -1)
        found = fit_readout(
            features.reshape(-1, features.shape[2]),
            goal.reshape(-1, goal.shape[2]),
            ridge=self.ridge,
            bits=self.readout_bits,
        )
        self.w_out_, self.bias_out_, self.ridge_ = found.w, found.c, found.ridge
        return self

    def predict(self, X: ArrayLike, program: Program | None = None) -> Array:
        """A value for each step, or for each row.  shape of y

        program: `network` compiled for any backend; it then computes the read-out too. Without
            it the reservoir runs on `profile` and the read-out here, in floats.
        """
        series = self._read(X)
        sequences = series.shaped(validate_data(self, series.rows, dtype=np.float64, reset=False))
        if program is None:
            found = self._features(sequences) @ self.w_out_.T + self.bias_out_
        else:
            found = self._on(program, sequences)
        if not self.whole_:
            found = found[:, -1]
        elif not series.deep:
            found = found[0]
        return np.asarray(found[..., 0] if self.one_output_ else found)

    def forecast(self, X: ArrayLike, steps: int, program: Program | None = None) -> Array:
        """What follows: after the sequences the network's own predictions are its inputs.

        X: shape (sequences, steps, inputs) or (steps, inputs);   the result has `steps` steps.
        program: `closed_loop` compiled, the emulated chip's floats by default.
        Raises GraphError where the outputs are not the next inputs.
        """
        check_is_fitted(self, "w_out_")
        given = np.asarray(X, dtype=np.float64)
        history = given if given.ndim == 3 else given[None]
        self._check_loop(history, steps)
        chosen = program or backend.compile(self.closed_loop)
        count, length, inputs = history.shape
        stop = length - 1 + steps
        teacher = np.zeros((count, stop, inputs))
        gate = np.zeros((count, stop, inputs))
        teacher[:, :length] = history[:, :stop]
        gate[:, :length] = 1.0
        stimulus = {"input.teacher": teacher, "input.gate": gate}
        trace = chosen.run(stimulus).trace("readout", "v", physical=True)
        found = trace.reshape(count, stop, inputs)[:, length - 1 :]
        return np.asarray(found if given.ndim == 3 else found[0])

    def score(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        program: Program | None = None,
    ) -> float:
        """R^2, over all steps from `washout` on."""
        found, goal = self.predict(X, program), np.asarray(y, dtype=np.float64)
        if np.ndim(X) == 3:
            found, goal = (a[:, self.washout :].reshape(-1, *a.shape[2:]) for a in (found, goal))
        elif self.whole_ and sample_weight is None:
            found, goal = found[self.washout :], goal[self.washout :]
        return float(r2_score(goal, found, sample_weight=sample_weight))

    def states(self, X: ArrayLike, program: Program | None = None) -> Array:
        """What the reservoir sends in each step.  shape (sequences, steps, units)

        program: `network` compiled, by default the reservoir alone on `profile`.
        """
        series = self._read(X)
        sequences = series.shaped(validate_data(self, series.rows, dtype=np.float64, reset=False))
        return self._run(program or self._program(), sequences)

    @property
    def network(self) -> Network:
        """The trained network: "input", "reservoir", "readout", whose v is probed.

        Up to 32 of the training sequences are its own stimulus, from which `compile` learns the
        ranges of a chip's integers.
        """
        check_is_fitted(self, "w_out_")
        network = self._untrained()
        network.stimulate("input", self._padded(self.examples_), port="i")
        self._read_out(network, late=1)
        if self.direct:
            weights = self.w_out_[:, : self.w_in_.shape[1]]
            network.project("input", "readout", weights=weights, port="i", delay=self._hops)
        return network

    @property
    def closed_loop(self) -> Network:
        """The trained network that reads its own predictions where "input.gate" is 0.

        input(t) = gate teacher(t) + (1 - gate) readout(t-1); the way from there to the read-out
        takes no step, so chips whose messages take one cannot hold it.
        """
        check_is_fitted(self, "w_out_")
        inputs = self.w_in_.shape[1]
        network = Network(seed=self.seed)
        network.population("input", inputs, _SWITCH)
        self._reservoir(network, late=0)
        self._read_out(network, late=0)
        network.project("readout", "input", weights=np.eye(inputs), port="feedback")
        if self.direct:
            weights = self.w_out_[:, :inputs]
            network.project("input", "readout", weights=weights, port="i", delay=0)
        silent = np.zeros((1, inputs))
        network.stimulate("input", silent, port="teacher")
        network.stimulate("input", silent, port="gate")
        return network

    @property
    def _hops(self) -> int:
        return 3 if self._squared else 2

    def _check(self) -> None:
        rules = (
            (self.units >= 1, f"units {self.units}: expected from 1"),
            (self.ridge is None or self.ridge >= 0.0, f"ridge {self.ridge}: expected from 0"),
            (self.weight_bits is None or self.weight_bits >= 2, "weight_bits: expected from 2"),
            (self.readout_bits is None or self.readout_bits >= 2, "readout_bits: expected from 2"),
            (self.seed >= 0, f"seed {self.seed}: expected from 0"),
            (self.washout >= 0, f"washout {self.washout}: expected from 0"),
            (self.steps is None or self.steps >= 1, f"steps {self.steps}: expected from 1"),
        )
        for holds, complaint in rules:
            if not holds:
                raise GraphError(complaint)

    def _check_loop(self, history: Array, steps: int) -> None:
        inputs, outputs = self.w_in_.shape[1], self.w_out_.shape[0]
        if inputs != outputs or not self.whole_:
            raise GraphError(f"{outputs} outputs are not the next {inputs} inputs of a sequence")
        if history.ndim != 3 or history.shape[2] != inputs or history.shape[1] < 1:
            raise GraphError(f"history {history.shape}: expected (sequences, steps, {inputs})")
        if steps < 1:
            raise GraphError(f"steps {steps}: expected from 1")

    def _read(self, X: ArrayLike) -> Series:
        check_is_fitted(self, "w_out_")
        series = read(X, None, None if self.whole_ else self.steps)
        if series.whole != self.whole_:
            raise GraphError("sequences with three dimensions, fitted were rows")
        return series

    def _untrained(self) -> Network:
        network = Network(seed=self.seed)
        network.input("input", self.w_in_.shape[1])
        self._reservoir(network, late=1)
        return network

    def _reservoir(self, network: Network, *, late: int) -> None:
        parameters = self._parameters(self.spread_)
        network.population("reservoir", self.units, self._dynamics, parameters=parameters)
        port = self._input_port
        network.project("input", "reservoir", weights=self.w_in_, port=port, delay=late)
        network.project("reservoir", "reservoir", weights=self.w_, port=self._recurrent_port)

    def _read_out(self, network: Network, *, late: int) -> None:
        """late: the delay from the reservoir to the read-out, without squares."""
        kept, inputs = self._memory, self.w_in_.shape[1] if self.direct else 0
        network.population(
            "readout",
            len(self.bias_out_),
            INTEGRATOR,
            parameters={"leak": kept, "bias": (1.0 - kept) * self.bias_out_},
            initial={"v": self.bias_out_},
        )
        network.probe("readout", "v")
        weights = self.w_out_[:, inputs : inputs + self.units].copy()
        if self._squared:
            odd = np.arange(1, self.units, 2)
            choose = np.zeros((len(odd), self.units))
            choose[np.arange(len(odd)), odd] = 1.0
            network.population("squares", len(odd), _SQUARE)
            network.project("reservoir", "squares", weights=choose, port="i", delay=late)
            network.project("squares", "readout", weights=weights[:, odd], port="i", delay=late)
            weights[:, odd] = 0.0
            late *= 2
        network.project("reservoir", "readout", weights=weights, port="i", delay=late)

    def _program(self) -> Program:
        network = self._untrained()
        network.probe("reservoir", self._sent)
        network.stimulate("input", self._padded(self.examples_), port="i")
        return backend.compile(network, profile=self.profile, **(self.options or {}))

    def _padded(self, sequences: Array) -> Array:
        return np.pad(sequences, ((0, 0), (0, self._hops), (0, 0)))

    def _chunks(self, sequences: Array) -> Iterator[Array]:
        """Some sequences at a time, so that their states stay small."""
        size = max(1, _CHUNK_BYTES // (8 * self.units * (sequences.shape[1] + self._hops)))
        return (sequences[first : first + size] for first in range(0, len(sequences), size))

    def _run(self, program: Program, sequences: Array) -> Array:
        parts = []
        for chunk in self._chunks(sequences):
            sent = states(program.run(self._padded(chunk)), self._sent)
            parts.append(sent[:, 1 : 1 + chunk.shape[1]])
        return np.concatenate(parts)

    def _features(self, sequences: Array) -> Array:
        """What the read-out weighs.  shape (sequences, steps, inputs + units)"""
        states = self._run(self._program(), sequences)
        if self._squared:
            states[..., 1::2] **= 2
        found = np.concatenate([sequences, states], axis=2) if self.direct else states
        if self._memory:
            found = scipy.signal.lfilter([1.0], [1.0, -self._memory], found, axis=1)
        return np.asarray(found)

    def _on(self, program: Program, sequences: Array) -> Array:
        parts = []
        for chunk in self._chunks(sequences):
            trace = program.run(self._padded(chunk)).trace("readout", "v", physical=True)
            trace = trace.reshape(len(chunk), -1, len(self.bias_out_))
            parts.append(trace[:, self._hops : self._hops + chunk.shape[1]])
        return np.concatenate(parts)
