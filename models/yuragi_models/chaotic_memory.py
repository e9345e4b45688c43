"""The associative network of chaotic neurons: it recalls its patterns and leaves them again."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi.network import Network
from yuragi.recording import Recording
from yuragi.wiring.rules import hebbian
from yuragi_models.analysis.visits import Visits, visits
from yuragi_models.chaotic import CHAOTIC_NEURON

__all__ = ["ChaoticMemory", "adachi_aihara_patterns", "balanced_patterns"]

Array = NDArray[Any]
_CALIBRATION_STEPS = 200

_IMAGES = """
.....#.... ..###...## ..#....#.. ##......##
....###... .######### ..##..##.. ###....###
....###... ###.####.. ..######.. .###..###.
...#####.. ##...##... ..######.. ..######..
...##.##.. .......... ..######.. ...###....
..###.###. ...##...## .########. ....###...
..##...##. ..####.### ########## ..######..
.###...### #########. ...####... .###..###.
.######### ##...###.. ....##.... ###....###
.######### .......... .....#.... ##......##
"""


def adachi_aihara_patterns() -> Array:
    """The four images of 10 x 10 cells, rows of +1 and -1.  shape (4, 100)

    Source: Adachi & Aihara, Neural Networks 10 (1997) 83.
    """
    rows = [line.split() for line in _IMAGES.split("\n") if line]
    cells = np.array([[list(part) for part in row] for row in rows])  # (10, 4, 10)
    return np.where(cells == "#", 1.0, -1.0).transpose(1, 0, 2).reshape(4, 100)


def balanced_patterns(count: int = 4, size: int = 100, *, seed: int = 0) -> Array:
    """Random patterns, half +1 and half -1.  shape (count, size)"""
    rng = np.random.default_rng(seed)
    half = np.repeat([1.0, -1.0], [size - size // 2, size // 2])
    return np.array([rng.permutation(half) for _ in range(count)])


@final
class ChaoticMemory:
    """Chaotic neurons with Hebb's weights w_ij = sum_p xi_i^p xi_j^p/patterns.

        eta_i(t+1)  = k_f eta_i + sum_j w_ij x_j
        zeta_i(t+1) = k_r zeta_i - alpha x_i + a
        x_i         = sigmoid((eta_i + zeta_i)/epsilon)

    With four patterns in 100 units its largest Lyapunov exponent turns positive between k_r = .94
    and .95; below, recall goes on for some thousand steps and ends on a cycle. With k_f = k_r =
    alpha = a = 0 it is a Hopfield network.

    patterns: +1 and -1.      shape (patterns, size)
    diagonal: whether units excite themselves.      seed: of the first zeta, uniform in (-1, 1).
    Source: Adachi & Aihara, Neural Networks 10 (1997) 83.
    """

    def __init__(
        self,
        patterns: ArrayLike,
        *,
        k_f: float = 0.2,
        k_r: float = 0.95,
        alpha: float = 10.0,
        a: float = 2.0,
        epsilon: float = 0.015,
        diagonal: bool = False,
        seed: int = 0,
    ) -> None:
        self.patterns = np.atleast_2d(np.asarray(patterns, dtype=np.float64))
        held = hebbian(self.patterns, scale=1.0 / len(self.patterns), diagonal=diagonal)
        self.weights: Array = held.csr().toarray()
        self.parameters = {"k_f": k_f, "k_r": k_r, "alpha": alpha, "a": a, "epsilon": epsilon}
        self.seed = seed

    @property
    def size(self) -> int:
        """How many units there are."""
        return int(self.patterns.shape[1])

    @cached_property
    def start(self) -> Array:
        """The first zeta.  shape (size,)"""
        return np.random.default_rng(self.seed).uniform(-1.0, 1.0, self.size)

    @cached_property
    def network(self) -> Network:
        """One population, `memory`, probed for x; inputs may come in through its port `drive`."""
        net = Network(seed=self.seed)
        net.population(
            "memory",
            self.size,
            CHAOTIC_NEURON,
            parameters=self.parameters,
            initial={"zeta": self.start},
        )
        net.project("memory", "memory", weights=self.weights, port="feedback")
        net.stimulate("memory", np.zeros((_CALIBRATION_STEPS, self.size)), port="drive")
        net.probe("memory", "x")
        return net

    def read(self, recording: Recording, *, least: float = 0.99) -> Visits:
        """The visits in a run of the network, its trials one after the other."""
        trace = recording.traces["memory", "x"]
        x = (trace.values * trace.scale).reshape(-1, self.size)
        return visits(x, self.patterns, least=least)

    def orbit(self, steps: int) -> Array:
        """The output x after each step, in a compiled loop.  shape (steps, size)"""
        x, _ = self._follow(steps, kept=steps)
        return x

    def exponent(self, steps: int = 20_000, *, discard: int = 2_000) -> float:
        """The largest Lyapunov exponent, from the growth of a tangent vector.

        discard: steps before the growth counts.
        """
        _, growth = self._follow(discard + steps, discard=discard, tangent=True)
        return growth / steps

    def cycle(self, *, discard: int = 20_000, longest: int = 10_000) -> int:
        """The period of the orbit after `discard` steps, 0 where it is above `longest`.

        Two steps are the same where no x differs by more than 1e-9.
        """
        x = self.orbit(discard + 2 * longest)[discard:]
        again = np.flatnonzero(np.abs(x[1:] - x[0]).max(axis=1) < 1e-9) + 1
        for period in again[again <= longest]:
            if np.abs(x[period:] - x[:-period]).max() < 1e-9:
                return int(period)
        return 0

    def _follow(
        self, steps: int, *, kept: int = 0, discard: int = 0, tangent: bool = False
    ) -> tuple[Array, float]:
        run: Any = _run
        numbers = (self.parameters[name] for name in ("k_f", "k_r", "alpha", "a", "epsilon"))
        x, growth = run(self.weights, self.start, *numbers, steps, kept, discard, tangent)
        return x, float(growth)


@numba.njit(cache=True)
def _run(
    w: Any, start: Any, k_f: float, k_r: float, alpha: float, a: float, epsilon: float,
    steps: int, kept: int, discard: int, tangent: bool,
) -> Any:  # fmt: skip
    """(x of the first `kept` steps, sum of the logarithms of the tangent vector's growth)."""
    size = start.shape[0]
    found = np.empty((kept, size))
    state = np.zeros((size, 4))  # eta, zeta and their tangents
    state[:, 1] = start
    state[:, 3] = np.cos(np.arange(size) * 1.0)
    x = np.empty((size, 2))  # x and its tangent
    for i in range(size):
        x[i, 0] = 1.0 / (1.0 + np.exp(-start[i] / epsilon))
        x[i, 1] = x[i, 0] * (1.0 - x[i, 0]) / epsilon * state[i, 3]
    sent = np.zeros((size, 2))  # nothing is sent before the first step
    total = 0.0
    for t in range(steps):
        drive = np.dot(w, sent)  # (size, size) @ (size, 2)
        norm = 0.0
        for i in range(size):
            state[i, 0] = k_f * state[i, 0] + drive[i, 0]
            state[i, 1] = k_r * state[i, 1] - alpha * x[i, 0] + a
            state[i, 2] = k_f * state[i, 2] + drive[i, 1]
            state[i, 3] = k_r * state[i, 3] - alpha * x[i, 1]
            norm += state[i, 2] ** 2 + state[i, 3] ** 2
        norm = np.sqrt(norm)
        for i in range(size):
            if tangent:
                state[i, 2] /= norm
                state[i, 3] /= norm
            v = 1.0 / (1.0 + np.exp(-(state[i, 0] + state[i, 1]) / epsilon))
            x[i, 0] = v
            x[i, 1] = v * (1.0 - v) / epsilon * (state[i, 2] + state[i, 3])
            if t < kept:
                found[t, i] = v
        sent = x.copy()
        if t >= discard:
            total += np.log(norm)
    return found, total
