"""encode: values into what a chip can send: graded spikes, changes, or rates of spikes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import UnsupportedError
from yuragi.graph import Edge, Graph, Node
from yuragi.hardware.profile import Profile
from yuragi.passes.calibrate import Range, calibrate
from yuragi.passes.encoding_error import coding_report
from yuragi.passes.rewriting import Lines, fresh

__all__ = ["KINDS", "Encode"]

Array = NDArray[Any]
Ranges = Mapping[tuple[str, str], Range]
_LARGEST_CHANGE = 3.0
KINDS = ("graded", "sigma_delta", "rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encode:
    """How populations send their values y to receivers of sum_j w[i, j] y_j.

        graded        the value itself, in every step where it is not 0
        sigma_delta   c = q round((y - h)/q), sent where it is not 0; then h += c.  |y - h| <= q/2
                      (a change of more than three times the range of y takes two steps).
                      Receivers add up what arrives: p(t) = p(t-1) + sum_j w[i, j] c_j.
        rate          spikes at the rate r = (y - low)/(high - low), once the sum of r reaches 1
                      (or each step with probability r).  Receivers average over a window:
                      p(t) = p(t-1) + (sum_j w[i, j] (high - low) s_j - p(t-1))/window, + w low.

    kind: one of these; None: graded where the chip has payloads, else rate.
    step: q as a share of the calibrated range of y, rounded down to a power of two.
    window: steps over which receivers of rates average.      random: whether spikes are drawn.
    Populations that send at spikes only stay as they are; on `ideal`, None changes nothing.

    Source of the second: Yousefzadeh et al., "Asynchronous spiking neurons, the natural key to
    exploit temporal sparsity", IEEE JETCAS 9 (2019) 668.
    Raises UnsupportedError for graded spikes on a chip that sends binary ones.
    """

    kind: str | None = None
    step: float = 2.0**-6
    window: int = 32
    random: bool = False

    def apply(self, graph: Graph, profile: Profile) -> Graph:
        """The graph with senders and receivers of that kind."""
        return self.explain(graph, profile)[0]

    def explain(self, graph: Graph, profile: Profile) -> tuple[Graph, tuple[str, ...]]:
        """The graph, and the error and the messages of the coding on the calibration run."""
        kind = self._chosen(profile)
        names = [] if graph.integer else senders(graph)
        if kind == "graded" or not names:
            return graph, ()
        ranges = calibrate(graph)
        spans = {name: _span(graph.node(name), ranges) for name in names}
        coded = _CODES[kind](self, graph, spans)
        window = self.window if kind == "rate" else None
        return coded, coding_report(graph, coded, spans, kind, window)

    def note(self, before: Graph, after: Graph) -> tuple[str, ...]:
        """Nothing more than `explain` says."""
        return ()

    def _chosen(self, profile: Profile) -> str:
        if self.kind is not None and self.kind not in KINDS:
            raise UnsupportedError(f"encode {self.kind!r}: expected one of {', '.join(KINDS)}")
        if profile.kind != "neuromorphic" or profile.numbers is None:
            return self.kind or "graded"
        payload = profile.number("payload_bits")
        if self.kind in ("graded", "sigma_delta") and payload is None:
            raise UnsupportedError(
                f"{profile.name} sends binary spikes, {self.kind} needs a payload; "
                'encode="rate" sends spikes at a rate'
            )
        fixed_function = profile.dynamics != "any"
        return self.kind or ("graded" if payload is not None or fixed_function else "rate")


def senders(graph: Graph) -> list[str]:
    """The populations that send a value in every step to somebody."""
    heard = {edge.source for edge in graph.edges}
    return [
        node.name
        for node in graph.nodes
        if node.dynamics.graded and not node.dynamics.spiking and node.name in heard
    ]


def _span(node: Node, ranges: Ranges) -> tuple[float, float]:
    found = ranges[node.name, node.dynamics.output or ""]
    return (found.low, found.high) if found.high > found.low else (0.0, 1.0)


def _sigma_delta(pass_: Encode, graph: Graph, spans: Mapping[str, tuple[float, float]]) -> Graph:
    nodes = {node.name: node for node in graph.nodes}
    ports, edges = _own_ports(graph, nodes, spans, lambda edge: edge)
    for (name, port), changes in ports.items():
        nodes[name] = _listening(nodes[name], port, changes, "{total} = {held} + {heard}", None)
    for name, (low, high) in spans.items():
        quantum = 2.0 ** math.floor(math.log2((high - low) * pass_.step))
        largest = 2 ** math.ceil(math.log2(_LARGEST_CHANGE * (high - low) / quantum))
        nodes[name] = _sends_changes(nodes[name], quantum, largest)
    return replace(graph, nodes=tuple(nodes.values()), edges=edges)


def _sends_changes(node: Node, quantum: float, largest: int) -> Node:
    held, change = fresh(node, "held"), fresh(node, "change")
    lines = Lines.of(node.dynamics)
    lines.add(f"{held}(t+1) = {held}")
    steps = f"floor(({node.dynamics.output} - {held})/{quantum!r} + 0.5)"
    lines.add(f"{change} = {quantum!r}*clip({steps}, {-largest}, {largest})")
    dynamics = replace(
        node.dynamics,
        equations=lines.text(),
        output=change,
        threshold=f"{change} != 0",
        reset=f"{held} = {held} + {change}",
        initial={**node.dynamics.initial, held: 0.0},
    )
    return replace(node, dynamics=dynamics, initial={**node.initial, held: np.asarray(0.0)})


def _rate(pass_: Encode, graph: Graph, spans: Mapping[str, tuple[float, float]]) -> Graph:
    nodes = {node.name: node for node in graph.nodes}

    def spiking(edge: Edge) -> Edge:
        low, high = spans[edge.source]
        return replace(edge, weights=edge.weights.changed(edge.weights.values() * (high - low)))

    ports, edges = _own_ports(graph, nodes, spans, spiking)
    average = f"{{total}} = {{held}} + ({{heard}} - {{held}})*{1.0 / pass_.window!r}"
    for (name, port), spikes in ports.items():
        base = _base(graph, name, port, spans)
        nodes[name] = _listening(nodes[name], port, spikes, average, base)
    for name, span in spans.items():
        nodes[name] = _sends_rates(nodes[name], span, random=pass_.random)
    return replace(graph, nodes=tuple(nodes.values()), edges=edges)


def _base(
    graph: Graph, name: str, port: str, spans: Mapping[str, tuple[float, float]]
) -> Array | None:
    """What a receiver hears of senders at rate 0: sum_j w[i, j] low.  shape (size,)"""
    total = np.zeros(graph.node(name).size)
    for edge in graph.edges:
        if (edge.target, edge.port) == (name, port) and edge.source in spans:
            total += edge.weights.csr().sum(axis=1) * spans[edge.source][0]
    return total if total.any() else None


def _sends_rates(node: Node, span: tuple[float, float], *, random: bool) -> Node:
    low, high = span
    level, dynamics = fresh(node, "level"), node.dynamics
    lines = Lines.of(dynamics)
    lines.add(f"{level} = clip(({dynamics.output} - ({low!r}))*{1.0 / (high - low)!r}, 0, 1)")
    if random:
        coded = replace(
            dynamics,
            equations=lines.text(),
            output=None,
            threshold=f"draw({dynamics.system.draws}) < {level}",
        )
        return replace(node, dynamics=coded)
    phase = fresh(node, "phase")
    lines.add(f"{phase}(t+1) = {phase} + {level}")
    coded = replace(
        dynamics,
        equations=lines.text(),
        output=None,
        threshold=f"{phase} >= 1",
        reset=f"{phase} = {phase} - 1",
        initial={**dynamics.initial, phase: 0.0},
    )
    return replace(node, dynamics=coded, initial={**node.initial, phase: np.asarray(0.0)})


def _own_ports(
    graph: Graph,
    nodes: Mapping[str, Node],
    spans: Mapping[str, tuple[float, float]],
    changed: Callable[[Edge], Edge],
) -> tuple[dict[tuple[str, str], str], tuple[Edge, ...]]:
    """A port of its own for what is coded, beside each port that other things may reach."""
    ports: dict[tuple[str, str], str] = {}
    edges = []
    for edge in graph.edges:
        if edge.source not in spans:
            edges.append(edge)
            continue
        key = edge.target, edge.port
        new = ports.setdefault(key, fresh(nodes[edge.target], f"{edge.port}_coded"))
        edges.append(replace(changed(edge), port=new))
    return ports, tuple(edges)


def _listening(node: Node, port: str, heard: str, rule: str, base: Array | None) -> Node:
    """The node that decodes what arrives at `heard` and adds it to what its port receives."""
    held, total = fresh(node, f"{port}_held"), fresh(node, f"{port}_total")
    constant = fresh(node, f"{port}_base") if base is not None else None
    base_text = f" + {constant}" if constant else ""
    lines = Lines.with_input(
        node.dynamics, port, f"{port} + {total}{base_text}", f"{port} + {held}{base_text}"
    )
    lines.add(f"{held}(t+1) = {total}")
    lines.add(rule.format(total=total, held=held, heard=heard))
    own = {} if constant is None or base is None else {constant: base}
    dynamics = replace(
        node.dynamics,
        equations=lines.text(),
        threshold=lines.threshold,
        reset=lines.reset,
        ports=(*node.dynamics.ports, heard),
        parameters={**node.dynamics.parameters, **{n: float(v.flat[0]) for n, v in own.items()}},
        initial={**node.dynamics.initial, held: 0.0},
    )
    return replace(
        node,
        dynamics=dynamics,
        parameters={**node.parameters, **own},
        initial={**node.initial, held: np.asarray(0.0)},
    )


_CODES: Mapping[str, Callable[[Encode, Graph, Mapping[str, tuple[float, float]]], Graph]] = {
    "sigma_delta": _sigma_delta,
    "rate": _rate,
}
