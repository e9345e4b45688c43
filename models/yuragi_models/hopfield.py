"""Hopfield memories: patterns stored in weights and recalled from cues, as networks."""

from __future__ import annotations

from typing import Any, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from yuragi import backend
from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi.wiring.maps import as_map
from yuragi_models.hopfield_rules import RULES, signs
from yuragi_models.hopfield_units import CONTINUOUS_HOPFIELD, HOPFIELD
from yuragi_models.spiking import CUBA_LIF

__all__ = ["ContinuousHopfield", "HopfieldMemory", "SpikingHopfield", "energy", "overlaps"]

Array = NDArray[Any]
_CALIBRATED = 32


def energy(states: ArrayLike, w: ArrayLike) -> Array:
    """Energies E = -s' w s/2 of states.  shape (..., size) to (...)"""
    s = np.asarray(states, dtype=np.float64)
    return np.asarray(-0.5 * ((s @ np.asarray(w)) * s).sum(axis=-1))


def overlaps(states: ArrayLike, patterns: ArrayLike) -> Array:
    """m_p = xi^p s/size of each state.  shape (..., size) to (..., patterns)"""
    xi = signs(patterns)
    return np.asarray(np.asarray(states, dtype=np.float64) @ xi.T / xi.shape[1])


def _cue(values: ArrayLike) -> Array:
    """Cues of +1 and -1 as the stimulus of the first step.  shape (trials, 1, size)"""
    return signs(values)[:, None, :]


def _shown(patterns: Array, steps: int) -> Array:
    """What calibrates a chip: some patterns as cues, then silence.  shape (trials, steps, size)"""
    values = np.zeros((min(len(patterns), _CALIBRATED), steps, patterns.shape[1]))
    values[:, 0] = patterns[:_CALIBRATED]
    return values


@final
class HopfieldMemory(BaseEstimator):
    """Patterns of +1 and -1 (or 1 and 0) that are recalled from parts or from noise.

    rule: "hebb", "pseudo_inverse" or "storkey".      diagonal: whether w_ii is kept.
    update: "synchronous"; "asynchronous", one unit a step in a random order; or "blocks".
    blocks: how many blocks of random units take turns, where update is "blocks".
    sweeps: how often every unit has its turn before the answer.
    seed: of the order.
    After `fit`: weights_, shape (size, size), and patterns_.
    Source: Hopfield, PNAS 79 (1982) 2554.
    """

    def __init__(
        self,
        *,
        rule: str = "hebb",
        update: str = "asynchronous",
        blocks: int = 4,
        sweeps: int = 10,
        diagonal: bool = False,
        seed: int = 0,
    ) -> None:
        self.rule = rule
        self.update = update
        self.blocks = blocks
        self.sweeps = sweeps
        self.diagonal = diagonal
        self.seed = seed

    def fit(self, patterns: ArrayLike, y: object = None) -> Self:
        """Store patterns.  shape (patterns, size)

        Raises GraphError for other values, an unknown rule or update, no sweep and no block.
        """
        del y
        if self.rule not in RULES:
            raise GraphError(f"rule {self.rule!r}: expected one of {', '.join(RULES)}")
        if self.sweeps < 1 or self.blocks < 1:
            raise GraphError(f"sweeps {self.sweeps}, blocks {self.blocks}: expected from 1")
        if self.update not in ("synchronous", "asynchronous", "blocks"):
            raise GraphError(
                f"update {self.update!r}: expected synchronous, asynchronous or blocks"
            )
        self.patterns_ = signs(patterns)
        self.weights_ = RULES[self.rule](self.patterns_, diagonal=self.diagonal)
        self.n_features_in_ = self.patterns_.shape[1]
        return self

    @property
    def slots_(self) -> NDArray[np.int64]:
        """When each unit has its turn.  shape (size,)"""
        check_is_fitted(self, "weights_")
        size = self.n_features_in_
        count = {"synchronous": 1, "asynchronous": size, "blocks": self.blocks}[self.update]
        order: NDArray[np.int64] = np.random.default_rng(self.seed).permutation(size)
        return order % count

    @property
    def steps_(self) -> int:
        """Steps of a recall: the cue, then the sweeps."""
        return 1 + self.sweeps * (int(self.slots_.max()) + 1)

    @property
    def network(self) -> Network:
        """One population, `memory`, whose states s are probed in every step."""
        net = Network(seed=self.seed)
        slots = self.slots_
        net.population(
            "memory",
            self.n_features_in_,
            HOPFIELD,
            parameters={"period": slots.max() + 1.0},
            initial={"wait": slots},
        )
        # Hebb's weights times the size are whole numbers, which a chip holds exactly.
        whole = self.rule == "hebb"
        weights = np.rint(self.weights_ * self.n_features_in_) if whole else self.weights_
        net.project("memory", "memory", weights=as_map(weights), port="field")
        net.stimulate("memory", _shown(self.patterns_, 16), port="cue")
        net.probe("memory", "s")
        return net

    def stimulus(self, cues: ArrayLike) -> dict[str, Array]:
        """What sets the first states of a run."""
        return {"memory.cue": _cue(cues)}

    def predict(
        self,
        cues: ArrayLike,
        *,
        profile: str = "ideal",
        name: str = "chip",
        encode: str | None = "sigma_delta",
    ) -> Array:
        """The states that the cues end in.  +1 and -1, shape (cues, size)

        name: of the backend.      encode: how states are sent; by default only their changes.
        """
        options: dict[str, Any] = {"encode": encode} if name == "chip" else {}
        program = backend.compile(self.network, backend=name, profile=profile, **options)
        return self.read(program.run(self.stimulus(cues), steps=self.steps_))[:, -1]

    def read(self, recording: Recording) -> Array:
        """The states of every step.  +1 and -1, shape (trials, steps, size)"""
        return np.asarray(np.where(recording.traces["memory", "s"].values > 0, 1, -1))

    def score(self, cues: ArrayLike, patterns: ArrayLike) -> float:
        """The share of cues that end in exactly their pattern."""
        return float((self.predict(cues) == signs(patterns)).all(axis=1).mean())


@final
class SpikingHopfield:
    """A Hopfield memory of plain spikes, for chips without graded ones, all units at once.

        z_i(t+1) = H(sum_j 2 w_ij z_j(t) - sum_j w_ij + keep z_i(t)),   w = sum_p xi_i^p xi_j^p

    A spike stands for +1, silence for -1. Sums are whole numbers of one parity: where they can be
    0, keep = 2 leaves the unit as it is then, and changes nothing else. The unit is a CUBA-LIF
    without memory, so that a fixed-function chip runs it; 8-bit weights are exact with up to 63
    patterns, Loihi's even weights of 9 bits with up to 127.

    patterns: of +1 and -1, or 1 and 0, stored by Hebb's rule.
    Source: Hopfield, PNAS 79 (1982) 2554, in units of 0 and 1.
    """

    def __init__(self, patterns: ArrayLike, *, seed: int = 0) -> None:
        self.patterns = signs(patterns)
        self.seed = seed

    @property
    def network(self) -> Network:
        """`cue` sends the first state, `memory` recalls it; the spikes of `memory` are probed."""
        xi = self.patterns
        count, size = xi.shape
        w = xi.T @ xi  # (size, P) @ (P, size)
        np.fill_diagonal(w, 0.0)
        keep = 0.0 if (size - 1) * count % 2 else 2.0
        level = 2.0 ** np.ceil(np.log2(np.abs(w).sum(axis=1).max() + keep + 1.0))
        net = Network(seed=self.seed)
        shown = np.zeros((min(count, _CALIBRATED), 16, 2 * size))
        shown[:, 0] = self.stimulus(xi)["cue.i"][:_CALIBRATED, 0]
        net.input("cue", 2 * size, shown, spiking=True)
        own = {"delta_u": 1.0, "delta_v": 1.0, "v_th": level, "bias": level - w.sum(axis=1)}
        net.population("memory", size, CUBA_LIF, parameters=own)
        net.project("memory", "memory", weights=as_map(2.0 * w + keep * np.eye(size)), port="i")
        force = np.concatenate([np.eye(size), -np.eye(size)], axis=1) * 2.0 * level
        net.project("cue", "memory", weights=as_map(force), port="i")
        net.probe("memory", "spikes")
        return net

    def stimulus(self, cues: ArrayLike) -> dict[str, Array]:
        """Cues as spikes: the first half of the inputs for +1, the second for -1."""
        s = signs(cues)
        return {"cue.i": (np.concatenate([s, -s], axis=1) > 0).astype(float)[:, None, :]}

    def recall(
        self, cues: ArrayLike, *, steps: int = 12, profile: str = "ideal", name: str = "chip"
    ) -> Array:
        """The states that the cues end in.  +1 and -1, shape (cues, size)"""
        program = backend.compile(self.network, backend=name, profile=profile)
        recording = program.run(self.stimulus(cues), steps=steps)
        train = recording.spike_trains["memory"]
        states = -np.ones((recording.trials, train.size))
        last = train.step == recording.steps - 1
        states[train.trial[last], train.unit[last]] = 1
        return states


@final
class ContinuousHopfield:
    """du/dt = -u + w tanh(gain u) + bias: analog units that descend an energy.

    patterns: of +1 and -1, or 1 and 0, stored by `rule`.      shape (patterns, size)
    gain: steepness.      step: of time, in time constants.      After it: w, shape (size, size).
    Source: Hopfield, PNAS 81 (1984) 3088.
    Raises GraphError for other patterns, an unknown rule, a gain or a step that is not above 0.
    """

    def __init__(
        self,
        patterns: ArrayLike,
        *,
        rule: str = "hebb",
        gain: float = 4.0,
        step: float = 0.1,
        seed: int = 0,
    ) -> None:
        if rule not in RULES:
            raise GraphError(f"rule {rule!r}: expected one of {', '.join(RULES)}")
        if not (gain > 0.0 and step > 0.0):
            raise GraphError(f"gain {gain}, step {step}: expected above 0")
        self.patterns = signs(patterns)
        self.w = RULES[rule](self.patterns)
        self.gain = gain
        self.step = step
        self.seed = seed

    @property
    def network(self) -> Network:
        """One population, `memory`, probed for its potentials u."""
        net = Network(seed=self.seed)
        parameters = {"gain": self.gain, "step": self.step}
        size = self.w.shape[0]
        net.population("memory", size, CONTINUOUS_HOPFIELD, parameters=parameters)
        net.project("memory", "memory", weights=as_map(self.w), port="field")
        net.stimulate("memory", _shown(self.patterns, 64), port="cue")
        net.probe("memory", "u")
        return net

    def stimulus(self, cues: ArrayLike) -> dict[str, Array]:
        """What sets the first potentials, in +-1."""
        return {"memory.cue": np.asarray(cues, dtype=np.float64)[:, None, :]}

    def recall(
        self, cues: ArrayLike, *, steps: int = 200, profile: str = "ideal", name: str = "chip"
    ) -> Array:
        """The potentials u in every step.  shape (cues, steps, size)"""
        program = backend.compile(self.network, backend=name, profile=profile)
        recording = program.run(self.stimulus(cues), steps=steps)
        trace = recording.traces["memory", "u"]
        return np.asarray(trace.values * trace.scale)

    def energy(self, u: ArrayLike) -> Array:
        """-v' w v/2 + sum (1/gain) int_0^v artanh, v = tanh(gain u).  shape (..., size) to (...)"""
        x = self.gain * np.asarray(u, dtype=np.float64)
        v = np.tanh(x)
        # int_0^v artanh = v artanh v + ln(1 - v^2)/2, and ln(1 - tanh^2 x) = -2 ln cosh x.
        log_cosh = np.abs(x) + np.log1p(np.exp(-2.0 * np.abs(x))) - np.log(2.0)
        return energy(v, self.w) + (v * x - log_cosh).sum(axis=-1) / self.gain
