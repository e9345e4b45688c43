"""Networks that learn to move on their own: a cosine wave, a letter drawn in the plane.

Every unit has a target field h_i(t), a sum of waves of the period of the movement. While it is
taught, gate = 1, the units follow that field, and each weight follows the error of the field that
the network itself would give (least mean squares, the rule `delta`):

    x(t+1) = x + h (tanh(gate teacher + (1 - gate) recurrent) - x) + noise
    w(t+1) = w + rate gate (teacher - recurrent) x(t - 1)

Then the gate shuts, nothing is learned any more, and the network goes round by itself; a linear
read-out, fitted by ridge regression while it was taught, draws the movement.
Source: Kurikawa & Kaneko, Nat. Commun. 16 (2025), arXiv:2409.13597, for the tasks; teaching by the
field of each unit: DePasquale et al., PLoS ONE 13 (2018) e0191527.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import Ridge

from yuragi import backend
from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi_models.learning_rules import DELTA
from yuragi_models.rate_units import TAUGHT_TANH

__all__ = ["TrajectoryLearner", "cosine", "letter"]

Array = NDArray[Any]


def cosine(steps: int = 60) -> Array:
    """One period of a cosine wave.  shape (steps, 1)"""
    return np.cos(2.0 * np.pi * np.arange(steps) / steps)[:, None]


def letter(name: str = "R", steps: int = 120) -> Array:
    """A letter as one closed stroke in the plane, there and back, within +-1.  shape (steps, 2)

    Raises GraphError for a letter that is not in the alphabet of strokes.
    """
    if name not in _STROKES:
        raise GraphError(f"letter {name!r}: there are {', '.join(_STROKES)}")
    corners = np.array(_STROKES[name], dtype=np.float64)
    path = np.concatenate((corners, corners[-2:0:-1], corners[:1]))
    length = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))))
    at = np.linspace(0.0, length[-1], steps, endpoint=False)
    drawn = np.column_stack([np.interp(at, length, path[:, k]) for k in (0, 1)])
    smooth = np.fft.rfft(drawn, axis=0)
    smooth[_WAVES + 1 :] = 0.0
    return np.fft.irfft(smooth, n=steps, axis=0)


_WAVES = 8
_STROKES = {
    "A": [(-0.8, -1), (0, 1), (0.8, -1), (0.4, 0), (-0.4, 0)],
    "N": [(-0.7, -1), (-0.7, 1), (0.7, -1), (0.7, 1)],
    "R": [(-0.6, -1), (-0.6, 1), (0.4, 1), (0.6, 0.5), (0.4, 0), (-0.6, 0), (0.7, -1)],
    "Y": [(-0.8, 1), (0, 0), (0.8, 1), (0, 0), (0, -1)],
}


class TrajectoryLearner:
    """A network of taught tanh units that learns one periodic movement.

    units: how many.      waves: harmonics of the period in the fields.
    rate: of the rule `delta`, for the sum over all weights of a unit.
    rounds: periods of teaching;  alone: periods without.
    step, sigma: as h and sigma of the unit.
    g: the weights before learning are normal, of variance g^2 / units.
    profile: what it learns and runs on: "ideal" in floats, or a chip in its integers.
    seed: of all draws.
    Source: tasks of Kurikawa & Kaneko, Nat. Commun. 16 (2025), arXiv:2409.13597; teaching by the
    field of each unit of DePasquale et al., PLoS ONE 13 (2018) e0191527.
    """

    def __init__(
        self,
        units: int = 100,
        *,
        waves: int = 5,
        rate: float = 1.5,
        rounds: int = 150,
        alone: int = 10,
        step: float = 0.3,
        sigma: float = 0.0,
        g: float = 0.5,
        profile: str = "ideal",
        seed: int = 0,
    ) -> None:
        self.units, self.waves, self.rate, self.rounds = units, waves, rate, rounds
        self.alone = alone
        self.step, self.sigma, self.g = step, sigma, g
        self.profile, self.seed = profile, seed

    def fields(self, period: int) -> Array:
        """What each unit is taught, one period.  shape (period, units)"""
        draws = np.random.default_rng((self.seed, 1))
        angle = 2.0 * np.pi * np.arange(period) / period
        found = np.zeros((period, self.units))
        for wave in range(1, self.waves + 1):
            size, phase = draws.normal(size=self.units) / wave, draws.random(self.units)
            found += size * np.cos(wave * angle[:, None] + 2.0 * np.pi * phase)
        return found

    def network(self, period: int) -> Network:
        """The network with its teacher for `rounds` periods, then `alone` periods without."""
        draws = np.random.default_rng((self.seed, 2))
        weights = draws.normal(scale=self.g / np.sqrt(self.units), size=(self.units,) * 2)
        net = Network(seed=self.seed)
        values = {"h": self.step, "sigma": self.sigma}
        net.population("units", self.units, TAUGHT_TANH, parameters=values)
        teacher = np.zeros(((self.rounds + self.alone) * period, self.units))
        teacher[: self.rounds * period] = np.tile(self.fields(period), (self.rounds, 1))
        gate = np.zeros_like(teacher)
        gate[: self.rounds * period] = 1.0
        net.stimulate("units", teacher, port="teacher")
        net.stimulate("units", gate, port="gate")
        rule = replace(DELTA, parameters={"rate": self.rate / self.units})
        net.project("units", "units", weights=weights, port="recurrent", plasticity=rule)
        net.probe("units", "x")
        return net

    def fit(self, movement: ArrayLike) -> TrajectoryLearner:
        """Teach one period of a movement, then let it move alone.  shape (period, axes)

        Sets `path_`, what is drawn alone, shape (alone * period, axes); `error_`, the root mean
        square error of the last period at its best phase, over that of the movement; `run_`, the
        recording, whose weights are what was learned.
        Raises GraphError for a movement of another shape.
        """
        wanted = np.asarray(movement, dtype=np.float64)
        if wanted.ndim != 2 or len(wanted) < 2 * self.waves + 1:
            raise GraphError(f"movement: shape {wanted.shape}, expected (period, axes)")
        period = len(wanted)
        program = backend.compile(self.network(period), backend="chip", profile=self.profile)
        self.run_: Recording = program.run()
        x = self.run_.trace("units", "x", physical=True)
        taught = x[: self.rounds * period]
        read = Ridge(alpha=1e-3).fit(taught[-2 * period :], np.tile(wanted, (2, 1)))
        self.path_: Array = read.predict(x[len(taught) :]).reshape(-1, wanted.shape[1])
        last = self.path_[-period:]
        shifts = [np.mean((np.roll(last, k, axis=0) - wanted) ** 2) for k in range(period)]
        self.error_ = float(np.sqrt(min(shifts) / np.mean(wanted**2)))
        return self
