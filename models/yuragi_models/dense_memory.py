"""Dense associative memories: hidden units for patterns, so that many more can be stored."""

from __future__ import annotations

from math import comb
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi import backend
from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi.wiring.maps import as_map
from yuragi_models.hopfield_rules import signs

__all__ = ["DenseMemory", "ModernHopfield"]

Array = NDArray[Any]
_CALIBRATED = 32
_DEGREES = (2, 3, 4)

_VISIBLE = Dynamics(
    name="dense_visible",
    equations="""
        wait(t+1) = where(wait < 0.5, period - 1, wait - 1)
        h         = where(s > 0, if_up, if_down)
        chosen    = where(h > 0, 1, where(h < 0, -1, s))
        mine      = where(wait < 0.5, chosen, s)
        s(t+1)    = where(cue > 0, 1, where(cue < 0, -1, mine))
    """,
    ports=("if_up", "if_down", "cue"),
    output="s",
    parameters={"period": 2.0},
    initial={"s": 1.0, "wait": 0.0},
)


def _difference(degree: int, name: str) -> Dynamics:
    """A hidden unit that sends ((m + unit)^degree - m^degree) norm; a unit below 0 and norm too.

    Written as a polynomial in m, so that a chip's formats need no room for its two large terms.
    """
    terms = [
        f"{comb(degree, k)}*unit**{degree - k}" + "*m" * k if degree - k > 1 else
        f"{degree}*unit" + "*m" * k
        for k in range(degree)
    ]  # fmt: skip
    return Dynamics(
        name=name,
        equations=f"y = norm*({' + '.join(reversed(terms))})",
        ports=("m",),
        output="y",
        parameters={"norm": 1.0, "unit": 1.0},
    )


@final
class DenseMemory:
    """s_i = sgn sum_p [F(xi_i^p + rest) - F(-xi_i^p + rest)], rest = sum_(j != i) xi_j^p s_j.

    F(x) = x^degree; degree 2 is Hebb's rule, degree 3 holds about size^2/(6 ln size) patterns.
    With m^p = xi^p s of the present state, a unit needs two sums over the patterns only: of
    F(m) - F(m - 2) and of F(m + 2) - F(m), each with the sign of xi_i^p. Two hidden populations of
    a unit for each pattern send these; a recall takes two steps.

    patterns: of +1 and -1, or 1 and 0.      degree: 2, 3 or 4.
    asynchronous: one visible unit at a time, else all at once.
    Source: Krotov & Hopfield, Advances in Neural Information Processing Systems 29 (2016).
    Raises GraphError for other patterns and degrees.
    """

    def __init__(
        self, patterns: ArrayLike, *, degree: int = 3, asynchronous: bool = False, seed: int = 0
    ) -> None:
        if degree not in _DEGREES:
            raise GraphError(f"degree {degree}: expected one of {_DEGREES}")
        self.patterns = signs(patterns)
        self.degree = degree
        self.asynchronous = asynchronous
        self.seed = seed

    @property
    def network(self) -> Network:
        """`visible`, probed for its states s, and the hidden `rising` and `falling`."""
        xi, degree = self.patterns, self.degree
        count, size = xi.shape
        net = Network(seed=self.seed)
        order = np.random.default_rng(self.seed).permutation(size)
        turns = 2.0 * order if self.asynchronous else np.zeros(size)
        net.population(
            "visible",
            size,
            _VISIBLE,
            parameters={"period": turns.max() + 2.0},
            initial={"wait": turns},
        )
        scale = 1.0 / size
        norm = 1.0 / (1.0 - (1.0 - 2.0 * scale) ** degree)
        for name, sign in (("rising", 1.0), ("falling", -1.0)):
            own = {"norm": sign * norm, "unit": sign * 2.0 * scale}
            net.population(name, count, _difference(degree, f"dense_{name}"), parameters=own)
        up, down = (xi > 0).T.astype(float), (xi < 0).T.astype(float)  # (size, patterns)
        for name in ("rising", "falling"):
            net.project("visible", name, weights=as_map(xi * scale), port="m")
        net.project("falling", "visible", weights=as_map(up), port="if_up")
        net.project("rising", "visible", weights=as_map(-down), port="if_up")
        net.project("rising", "visible", weights=as_map(up), port="if_down")
        net.project("falling", "visible", weights=as_map(-down), port="if_down")
        shown = np.zeros((min(count, _CALIBRATED), 16, size))
        shown[:, 0] = xi[:_CALIBRATED]
        net.stimulate("visible", shown, port="cue")
        net.probe("visible", "s")
        return net

    def steps(self, updates: int = 1) -> int:
        """Steps of a recall: the cue, then every unit's updates."""
        return 1 + updates * 2 * (self.patterns.shape[1] if self.asynchronous else 1)

    def stimulus(self, cues: ArrayLike) -> dict[str, Array]:
        """What sets the first states of a run."""
        return {"visible.cue": signs(cues)[:, None, :]}

    def recall(
        self, cues: ArrayLike, *, updates: int = 1, profile: str = "ideal", name: str = "chip"
    ) -> Array:
        """The states after `updates` updates of every unit.  +1 and -1, shape (cues, size)"""
        program = backend.compile(self.network, backend=name, profile=profile)
        return self.read(program.run(self.stimulus(cues), steps=self.steps(updates)))

    def read(self, recording: Recording) -> Array:
        """The states at the end of a run.  +1 and -1, shape (trials, size)"""
        return np.where(recording.traces["visible", "s"].values[:, -1] > 0, 1, -1)


_ANALOG = Dynamics(
    name="attention_query",
    equations="""
        wait(t+1) = where(wait < 0.5, 3, wait - 1)
        x(t+1)    = where(wait < 0.5, read, x) + cue
    """,
    ports=("read", "cue"),
    output="x",
    initial={"wait": 4.0},
)
_MATCH = Dynamics(
    name="attention_match",
    equations="""
        u = i - highest
        e = where(u < -span, 0, exp(clip(u, -span, 1)))
    """,
    ports=("i",),
    output="e",
    parameters={"highest": 0.0, "span": 40.0},
)
_NORMALISER = Dynamics(
    name="attention_normaliser",
    equations="level = log(i + least)",
    ports=("i",),
    output="level",
    parameters={"least": 1e-17},
)
_ATTENTION = Dynamics(
    name="attention",
    equations="""
        u = i - highest - level
        p = where(u < -span, 0, exp(clip(u, -span, 0)))
    """,
    ports=("i", "level"),
    output="p",
    parameters={"highest": 0.0, "span": 40.0},
)


@final
class ModernHopfield:
    """x <- X' softmax(beta X x): one step of attention recalls one of exponentially many patterns.

    The softmax is made of populations, without a division: `match` sends exp(u - highest),
    `normaliser` the logarithm of their sum, and `attention` exp(u - highest - logarithm).
    A recall takes four steps.

    patterns: X, any real values.      shape (patterns, size)
    beta: inverse temperature.      highest = beta max |x|^2 keeps the exponentials small.
    span: exponentials below exp(-span) count as 0; a chip's tables want about 8.
    Source: Ramsauer et al., Hopfield networks is all you need, arXiv 2008.02217 (2020).
    Raises GraphError for a beta or a span that is not above 0.
    """

    def __init__(
        self, patterns: ArrayLike, *, beta: float = 1.0, span: float = 40.0, seed: int = 0
    ) -> None:
        if not (beta > 0.0 and span > 0.0):
            raise GraphError(f"beta {beta}, span {span}: expected above 0")
        self.patterns = np.atleast_2d(np.asarray(patterns, dtype=np.float64))
        self.beta = beta
        self.span = span
        self.seed = seed

    @property
    def network(self) -> Network:
        """`query`, probed for x, with `match`, `normaliser` and `attention`."""
        stored, beta = self.patterns, self.beta
        count, size = stored.shape
        highest = beta * float((stored**2).sum(axis=1).max())
        net = Network(seed=self.seed)
        net.population("query", size, _ANALOG)
        ends = {"highest": highest, "span": self.span}
        net.population("match", count, _MATCH, parameters=ends)
        least = {"least": float(np.exp(-self.span))}
        net.population("normaliser", 1, _NORMALISER, parameters=least)
        net.population("attention", count, _ATTENTION, parameters=ends)
        weights = as_map(beta * stored)
        net.project("query", "match", weights=weights, port="i")
        net.project("query", "attention", weights=weights, port="i")
        net.project("match", "normaliser", weights=np.ones((1, count)), port="i")
        net.project("normaliser", "attention", weights=np.ones((count, 1)), port="level")
        net.project("attention", "query", weights=as_map(stored.T), port="read")
        shown = np.zeros((min(count, _CALIBRATED), 12, size))
        shown[:, 0] = stored[:_CALIBRATED]
        net.stimulate("query", shown, port="cue")
        net.probe("query", "x")
        return net

    def recall(
        self, cues: ArrayLike, *, updates: int = 1, profile: str = "ideal", name: str = "chip"
    ) -> Array:
        """The query x after `updates` updates.  shape (cues, size)"""
        program = backend.compile(self.network, backend=name, profile=profile)
        values = np.atleast_2d(np.asarray(cues, dtype=np.float64))
        recording = program.run({"query.cue": values[:, None, :]}, steps=1 + 4 * updates)
        trace = recording.traces["query", "x"]
        return np.asarray(trace.values[:, -1] * trace.scale)
