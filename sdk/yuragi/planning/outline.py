"""A network as numbers: how many units, how many synapses, how often they send."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from yuragi.errors import GraphError
from yuragi.graph import Edge, Graph, Node
from yuragi.network import SPIKE_INPUT

__all__ = ["Group", "Growth", "Link", "Outline", "Rates", "Wiring", "from_numbers", "outline"]

Rates: TypeAlias = float | Mapping[str, ArrayLike]
Wiring: TypeAlias = Literal["random", "local"]
Growth: TypeAlias = Literal["fan_in", "density"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A population: its size, and the mean share of its units that send in a step."""

    name: str
    size: float
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """All projections from one group to another.

    events: synaptic events in a mean step.
    shared: weights of kernels that serve every place; None where nothing is shared.
    """

    source: str
    target: str
    synapses: float
    events: float
    delay_min: int = 1
    delay_max: int = 1
    shared: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Groups and links; nothing in it grows with the network.

    wiring: "random": the inputs of a unit are drawn from all units of the source; "local": units
        that share a core hear the same sources and are heard by the same cores, the other end.
    steps: of one inference.   dt: seconds that a step stands for in the model, or None.
    """

    name: str
    groups: tuple[Group, ...]
    links: tuple[Link, ...]
    steps: int
    dt: float | None = None
    wiring: Wiring = "random"

    def __post_init__(self) -> None:
        if self.steps < 1 or not self.groups:
            raise GraphError(f"{self.name}: needs a population and at least 1 step")
        for group in self.groups:
            if not (math.isfinite(group.size) and group.size >= 1):
                raise GraphError(f"{group.name}: size {group.size}, expected at least 1")
            if not 0 <= group.rate <= 1:
                raise GraphError(
                    f"{group.name}: rate {group.rate}, expected the share of units that send in a "
                    "step, from 0 to 1"
                )
        for link in self.links:
            if not (math.isfinite(link.synapses) and link.synapses >= 0 and link.events >= 0):
                raise GraphError(f"{link.source} -> {link.target}: synapses {link.synapses}")

    @property
    def units(self) -> float:
        """How many units there are."""
        return sum(group.size for group in self.groups)

    @property
    def synapses(self) -> float:
        """How many weights are not zero."""
        return sum(link.synapses for link in self.links)

    def group(self, name: str) -> Group:
        """The group of that name."""
        return next(group for group in self.groups if group.name == name)

    def into(self, name: str) -> tuple[Link, ...]:
        """The links that end at a group."""
        return tuple(link for link in self.links if link.target == name)

    def out_of(self, name: str) -> tuple[Link, ...]:
        """The links that begin at a group."""
        return tuple(link for link in self.links if link.source == name)

    def grown(self, factor: float, growth: Growth = "fan_in") -> Outline:
        """With `factor` times the units.

        growth: "fan_in": each unit keeps its number of inputs; "density": each keeps the share of
            all units that it hears, so that synapses grow with the square.
        """
        weights = factor if growth == "fan_in" else factor * factor
        return replace(
            self,
            groups=tuple(replace(g, size=max(1.0, g.size * factor)) for g in self.groups),
            links=tuple(
                replace(k, synapses=k.synapses * weights, events=k.events * weights)
                for k in self.links
            ),
        )

    def at_rate(self, rate: float) -> Outline:
        """With the same share of units sending in every group.  Errors: GraphError."""
        old = {group.name: group.rate for group in self.groups}
        return replace(
            self,
            groups=tuple(replace(g, rate=rate) for g in self.groups),
            links=tuple(
                replace(
                    k,
                    events=k.events * rate / old[k.source] if old[k.source] else k.synapses * rate,
                )
                for k in self.links
            ),
        )

    def busier(self, factor: float) -> Outline:
        """With `factor` times the events.  Errors: GraphError beyond one for a unit and step."""
        return replace(
            self,
            groups=tuple(replace(g, rate=g.rate * factor) for g in self.groups),
            links=tuple(replace(k, events=k.events * factor) for k in self.links),
        )


def outline(
    graph: Graph,
    rates: Rates | None = None,
    *,
    steps: int | None = None,
    name: str = "network",
) -> Outline:
    """The outline of a graph.

        rates: the share of units that send in a step, for all spiking populations or by
            population; one value or one for each unit.   shape () or (size,)
            Graded populations send in every step unless they are named, and inputs whose spikes
            are given as often as these come.
        steps: of one inference; by default as long as the longest stimulus.

    Errors: GraphError for an unknown population, a missing rate, a rate outside 0 to 1, or where
    nothing says how many steps there are.
    """
    lengths = [stimulus.values.shape[-2] for stimulus in graph.stimuli]
    if steps is None and not lengths:
        raise GraphError("how many steps has an inference? Nothing is stimulated; give steps")
    lasts = max(lengths) if steps is None else steps
    found = _rates(graph, rates, lasts)
    pairs: dict[tuple[str, str], list[Edge]] = {}
    for edge in graph.edges:
        pairs.setdefault((edge.source, edge.target), []).append(edge)
    return Outline(
        name=name,
        groups=tuple(
            Group(name=node.name, size=node.size, rate=float(np.mean(found[node.name])))
            for node in graph.nodes
        ),
        links=tuple(_link(pair, edges, found[pair[0]]) for pair, edges in pairs.items()),
        steps=lasts,
        dt=graph.dt,
    )


def from_numbers(
    neurons: float,
    synapses: float,
    *,
    rate_hz: float,
    dt: float = 1e-3,
    steps: int = 1000,
    name: str = "network",
) -> Outline:
    """One population of `neurons`, connected at random to itself, as numbers of any size.

        rate_hz: spikes a second and unit;  dt: seconds a step.

    Errors: GraphError where a number is not positive, a unit would spike more than once a step, or
    it has more synapses than pairs of units.
    """
    for label, value in (("neurons", neurons), ("synapses", synapses), ("dt", dt)):
        if not (math.isfinite(value) and value > 0):
            raise GraphError(f"{label} {value!r}: expected a number above 0")
    rate = rate_hz * dt
    if not 0 <= rate <= 1:
        raise GraphError(f"rate_hz {rate_hz} at dt {dt}: {rate:g} spikes a step, expected 0 to 1")
    if synapses > neurons * neurons:
        raise GraphError(f"{synapses:g} synapses are more than the pairs of {neurons:g} neurons")
    group = Group(name="neurons", size=neurons, rate=rate)
    link = Link(source="neurons", target="neurons", synapses=synapses, events=synapses * rate)
    return Outline(name=name, groups=(group,), links=(link,), steps=steps, dt=dt)


def _sent(graph: Graph, steps: int) -> dict[str, ArrayLike]:
    """How often each unit that sends what it is given spikes, for those whose spikes are known."""
    into = [stimulus.target for stimulus in graph.stimuli]
    fed = {edge.target for edge in graph.edges}
    return {
        stimulus.target: (stimulus.values[..., :steps, :] > 0.5).mean(
            axis=tuple(range(stimulus.values.ndim - 1))
        )
        * (min(steps, stimulus.values.shape[-2]) / steps)
        for stimulus in graph.stimuli
        if graph.node(stimulus.target).dynamics == SPIKE_INPUT
        and into.count(stimulus.target) == 1
        and stimulus.target not in fed
    }


def _rates(graph: Graph, rates: Rates | None, steps: int) -> dict[str, Any]:
    """The rate of every unit, by population: named, known from a stimulus, or that of all."""
    if isinstance(rates, Mapping):
        for name in rates:
            graph.node(name)
        named, common = rates, None
    else:
        named, common = {}, rates
    known = {**_sent(graph, steps), **named}
    return {
        node.name: _rate(node, known.get(node.name, common if node.dynamics.spiking else 1.0))
        for node in graph.nodes
    }


def _rate(node: Node, given: ArrayLike | None) -> Any:
    if given is None:
        raise GraphError(
            f"{node.name}: nothing says how often it spikes; give rates, the share of its units "
            f"that spike in a step: rates={{{node.name!r}: 0.02}}, --rates {node.name}=0.02"
        )
    array = np.asarray(given, dtype=np.float64)
    if array.shape not in ((), (node.size,)) or not ((array >= 0) & (array <= 1)).all():
        raise GraphError(
            f"{node.name}: expected a rate from 0 to 1, or one for each of {node.size} units"
        )
    return np.broadcast_to(array, (node.size,))


def _link(pair: tuple[str, str], edges: list[Edge], rate: Any) -> Link:
    events = 0.0
    for edge in edges:
        events += _events(edge, rate)
    kernels = [edge.weights.shared_weights for edge in edges]
    shared = None if None in kernels else float(sum(k for k in kernels if k is not None))
    return Link(
        source=pair[0],
        target=pair[1],
        synapses=float(sum(edge.weights.synapses for edge in edges)),
        events=events,
        delay_min=min(edge.delay for edge in edges),
        delay_max=max(edge.delay for edge in edges),
        shared=shared,
    )


def _events(edge: Edge, rate: Any) -> float:
    """sum_j rate_j fan_out_j; the mean rate is enough where all rates are the same."""
    if float(np.ptp(rate)) == 0:
        return float(rate[0]) * edge.weights.synapses
    matrix = edge.weights.csr()
    fan_out = np.bincount(matrix.indices[matrix.data != 0], minlength=len(rate))
    return float(fan_out @ rate)
