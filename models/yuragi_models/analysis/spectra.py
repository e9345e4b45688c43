"""Lyapunov spectra of networks: how fast small differences grow, in every direction.

A frame of tangent vectors is carried along an orbit by the derivatives of the equations and made
orthonormal again in every step; the logarithms of its stretching are summed up.
Source: Benettin, Galgani, Giorgilli, Strelcyn, Meccanica 15 (1980) 9; dimension: Kaplan & Yorke,
Lecture Notes in Mathematics 730 (1979) 204.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi import backend
from yuragi.equations.evaluate import evaluate
from yuragi.equations.tree import Expression, names
from yuragi.errors import UnsupportedError
from yuragi.graph import Graph, Node
from yuragi.network import Network
from yuragi_models.analysis.slopes import partial

__all__ = ["Spectrum", "spectrum"]

Array = NDArray[Any]
_BLOCKS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum:
    """The largest exponents, the largest first: per step of maps, per unit of time of flows.

    exponents: shape (count,)      course: their running means, shape (blocks, count)
    """

    exponents: Array
    course: Array

    @property
    def dimension(self) -> float:
        """The Kaplan-Yorke dimension: how many directions keep a volume; nan if all of them do."""
        sums = np.cumsum(self.exponents)
        if self.exponents[0] < 0:
            return 0.0
        whole = int((sums >= 0).sum())
        if whole == len(sums):
            return float("nan")
        return float(whole + sums[whole - 1] / abs(self.exponents[whole]))

    @property
    def entropy(self) -> float:
        """The sum of the positive exponents, in nats: what the orbit tells in a step."""
        return float(self.exponents[self.exponents > 0].sum())

    def plot(self, figure: Any = None) -> Any:
        """The exponents, and how they settled; the figure."""
        if figure is None:
            from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load

            figure = Figure(figsize=(7.2, 3.2), layout="constrained")
        ends, course = figure.subplots(1, 2, width_ratios=(3, 2))
        colours = np.where(self.exponents > 0, "#c1572b", "#1f3b57")
        ends.bar(1 + np.arange(len(self.exponents)), self.exponents, color=colours)
        ends.set(xlabel="exponent", ylabel="Lyapunov exponent")
        share = (1 + np.arange(len(self.course))) / len(self.course)
        course.plot(share, self.course[:, :5], linewidth=1)
        course.set(xlabel="share of the run", title="the five largest", ylabel="running mean")
        for panel in (ends, course):
            panel.axhline(0.0, color="0.6", linewidth=0.8)
            panel.spines[["top", "right"]].set_visible(False)
        return figure


def spectrum(
    network: Network, *, count: int | None = None, steps: int = 5000, discard: int = 500
) -> Spectrum:
    """The largest `count` exponents of a network of maps or of differential equations.

        count: all states by default.      discard: steps before stretching counts.
    The network starts as it is, and hears its own stimulus, the first trial of it.
    Errors: UnsupportedError for delays of more than a step, units that reset or draw, and
    functions without a derivative.
    """
    graph = backend.compile(network, backend="reference").graph
    _check(graph)
    tangents = {node.name: _Tangent(node=node, dt=graph.dt or 1.0) for node in graph.order()}
    wires = [(edge, scipy.sparse.csr_array(edge.weights.csr())) for edge in graph.edges]
    states = sum(tangent.rows - tangent.node.size for tangent in tangents.values())
    number = states if count is None else min(count, states)
    rows = sum(tangent.rows for tangent in tangents.values())
    frame = np.linalg.qr(np.random.default_rng(graph.seed).normal(size=(rows, number)))[0]
    _hand_out(tangents, frame)
    sums, course = np.zeros(number), []
    for step in range(discard + steps):
        _advance(graph, tangents, wires, step)
        stacked = np.concatenate([part for t in tangents.values() for part in t.parts()])
        frame, r = np.linalg.qr(stacked)
        _hand_out(tangents, frame)
        if step >= discard:
            with np.errstate(divide="ignore"):
                sums += np.log(np.abs(np.diag(r)))
            if (step - discard + 1) % max(1, steps // _BLOCKS) == 0:
                course.append(sums / (step - discard + 1))
    flows = any(node.dynamics.system.derivatives for node in network.graph().nodes)
    unit, order = (graph.dt or 1.0) if flows else 1.0, np.argsort(-sums)
    found = sums[order] / (steps * unit)
    return Spectrum(exponents=found, course=np.array(course)[:, order] / unit)


@dataclass(slots=True)
class _Tangent:
    """The state of one population and its derivatives along the frame.

    slopes: of each equation by each name in it.
    """

    node: Node
    dt: float
    state: dict[str, Array] = field(init=False)
    moved: dict[str, Array] = field(init=False)
    sent: Array = field(init=False)
    sent_moved: Array = field(init=False)
    _slopes: dict[str, dict[str, Expression]] = field(init=False)

    def __post_init__(self) -> None:
        system, size = self.node.dynamics.system, self.node.size
        self.state = {
            name: np.broadcast_to(self.node.initial[name], (size,)).astype(np.float64)
            for name in system.states
        }
        self.sent = np.zeros(size)
        moving = {*system.states, *self.node.dynamics.ports, *(n for n, _ in system.bindings)}
        self._slopes = {
            f"{kind} {name}": {n: partial(e, n) for n in sorted(names(e) & moving)}
            for kind, rows in (("new", system.updates), ("same", system.bindings))
            for name, e in rows
        }

    @property
    def rows(self) -> int:
        """Rows of the frame: for every state, then for what was sent."""
        return self.node.size * (len(self.state) + 1)

    def parts(self) -> list[Array]:
        """The rows of the frame, in their order."""
        return [*self.moved.values(), self.sent_moved]

    def step(self, ports: Mapping[str, Array], ports_moved: Mapping[str, Array]) -> None:
        """One step of the orbit and of the frame."""
        dynamics = self.node.dynamics
        given = {**self.node.parameters, **ports, "dt": np.asarray(self.dt)}
        values, moved = {**given, **self.state}, {**ports_moved, **self.moved}
        self._bind(values, moved)
        new = {n: self._value(e, values) for n, e in dynamics.system.updates}
        self.moved = {n: self._along(f"new {n}", values, moved) for n in new}
        self.state = new
        values, moved = {**given, **new}, {**ports_moved, **self.moved}
        self._bind(values, moved)
        self.sent_moved = np.zeros_like(self.sent_moved)
        if dynamics.output:
            self.sent, self.sent_moved = values[dynamics.output], moved[dynamics.output]

    def _bind(self, values: dict[str, Array], moved: dict[str, Array]) -> None:
        for name, expression in self.node.dynamics.system.bindings:
            values[name] = self._value(expression, values)
            moved[name] = self._along(f"same {name}", values, moved)

    def _value(self, expression: Expression, values: Mapping[str, Array]) -> Array:
        return np.broadcast_to(evaluate(expression, values), (self.node.size,))

    def _along(self, equation: str, values: Mapping[str, Array], moved: Mapping[str, Array]) -> Any:
        """The derivative of a value along every vector of the frame.  shape (size, count)"""
        found = np.zeros_like(self.sent_moved)
        for name, slope in self._slopes[equation].items():
            found += self._value(slope, values)[:, None] * moved[name]
        return found


def _advance(graph: Graph, tangents: dict[str, _Tangent], wires: list[Any], step: int) -> None:
    """One step of all populations: what was sent in the step before, or in this one, arrives."""
    before = {name: (t.sent, t.sent_moved) for name, t in tangents.items()}
    for name, tangent in tangents.items():
        ports = {p: np.zeros(tangent.node.size) for p in tangent.node.dynamics.ports}
        moved = {p: np.zeros_like(tangent.sent_moved) for p in ports}
        for stimulus in graph.stimuli:
            values = stimulus.at(step) if stimulus.target == name else None
            if values is not None:
                ports[stimulus.port] = ports[stimulus.port] + np.atleast_2d(values)[0]
        for edge, w in wires:
            if edge.target == name:
                source = tangents[edge.source]
                now = (source.sent, source.sent_moved)
                sent, sent_moved = before[edge.source] if edge.delay else now
                ports[edge.port] = ports[edge.port] + w @ sent
                moved[edge.port] = moved[edge.port] + w @ sent_moved
        tangent.step(ports, moved)


def _hand_out(tangents: Mapping[str, _Tangent], frame: Array) -> None:
    """Give every population its rows of the frame."""
    ends = np.cumsum([tangent.rows for tangent in tangents.values()])
    for tangent, own in zip(tangents.values(), np.split(frame, ends[:-1]), strict=True):
        *moved, tangent.sent_moved = np.split(own, len(tangent.state) + 1)
        tangent.moved = dict(zip(tangent.state, moved, strict=True))


def _check(graph: Graph) -> None:
    """Refuse what has no tangent."""
    for edge in graph.edges:
        if np.max(edge.delay) > 1:
            raise UnsupportedError(f"{edge.name}: delays of more than a step have no tangent here")
    for node in graph.nodes:
        dynamics = node.dynamics
        sends = any(edge.source == node.name for edge in graph.edges)
        if dynamics.system.reset or dynamics.refractory or (sends and not dynamics.output):
            raise UnsupportedError(f"{node.name}: a spike is a jump, which has no tangent")
