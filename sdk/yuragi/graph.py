"""The graph: what a network is between description and program. Immutable, ordered, verified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import networkx
import numpy as np
from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError
from yuragi.placement import Placement, Routes
from yuragi.plasticity import Plasticity
from yuragi.wiring.maps import LinearMap, Sparse

__all__ = ["Edge", "Graph", "Node", "Origin", "Probe", "Stimulus", "outline"]

Array = NDArray[Any]
_SIGNS = ("mixed", "excitatory", "inhibitory")
_MAX_SHIFT = 62


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """A population.

    parameters: a value for each parameter of the dynamics.      shape () or (size,)
    initial: a value for each state at step 0.                   shape () or (size,)
    scales: what 1 stands for in each variable and port, once quantised; 1.0 where it is missing.
    latency: steps by which it runs late against the description, since `retime`.
    """

    name: str
    size: int
    dynamics: Dynamics
    parameters: Mapping[str, Array]
    initial: Mapping[str, Array]
    scales: Mapping[str, float] = field(default_factory=dict)
    latency: int = 0

    @property
    def output_scale(self) -> float:
        """What 1 stands for in the value that a unit sends."""
        output = self.dynamics.output
        return 1.0 if output is None else self.scales.get(output, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edge:
    """A projection: target.port receives sum_j w[i, j] s_j(t - delay).

    delay: in steps; what is sent in step t arrives in step t + delay.
    shift: weights count 2^shift times (the weight exponent of a chip); from 0 once quantised.
    scale: what weight 1 stands for, once quantised.
    sign: "mixed", or "excitatory" or "inhibitory" where a chip needs no bit for the sign.
    cut: lowest bits that a chip does not store; `shift` counts them, the chip's exponent does not.
    plasticity: how the weights learn; every stored weight is a synapse then, a zero too.
    """

    source: str
    target: str
    port: str
    weights: LinearMap
    delay: int = 1
    shift: int = 0
    scale: float = 1.0
    sign: str = "mixed"
    cut: int = 0
    plasticity: Plasticity | None = None

    @property
    def name(self) -> str:
        """Source -> target.port, with the delay where it is not 1."""
        late = f" (delay {self.delay})" if self.delay != 1 else ""
        return f"{self.source} -> {self.target}.{self.port}{late}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stimulus:
    """Values added to a port, step by step; nothing is added after the last.

    values: shape (steps, size) or (trials, steps, size)
    """

    target: str
    port: str
    values: Array

    def at(self, step: int) -> Array | None:
        """The values of a step, shape (size,) or (trials, size); None after the last."""
        steps = self.values.shape[-2]
        return self.values[..., step, :] if step < steps else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Asks for "spikes" or a variable of a population, in every `every`-th step.

    node: a population, or the name of a projection that learns, for its weights and traces.
    """

    node: str
    variable: str
    every: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """The file of another framework that a graph was made from, and what had to be decided.

    format, version: of the file.      dialect: the framework whose rules were followed.
    notes: what was assumed, approximated or not carried, a line each.
    names: the file's name of each population.      shapes: of images, where they are not flat.
    outputs: the population that each output of the file shows.
    paths: by projection, in order, kind and name of the linear layers that it stands for.
    kept: values that the dialect does not read, by (population, parameter).
    """

    format: str
    version: str
    dialect: str
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    paths: tuple[tuple[str, ...], ...] = ()
    kept: Mapping[tuple[str, str], Array] = field(default_factory=dict)


def outline(nodes: Sequence[Node], edges: Sequence[Edge]) -> str:
    """How much there is, in a line."""
    units = sum(node.size for node in nodes)
    return f"populations {len(nodes):,}, units {units:,}, projections {len(edges):,}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Graph:
    """Populations, projections, stimuli and probes, with what the passes add.

    dt: seconds a step stands for; None where only steps count.
    placement, routes: set by the passes split, place and route.
    origin: where it was imported from.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()
    stimuli: tuple[Stimulus, ...] = ()
    probes: tuple[Probe, ...] = ()
    seed: int = 0
    dt: float | None = None
    placement: Placement | None = None
    routes: Mapping[str, Routes] = field(default_factory=dict)
    origin: Origin | None = None

    def __post_init__(self) -> None:
        _verify(self)

    def __repr__(self) -> str:
        return f"<Graph: {outline(self.nodes, self.edges)}>"

    def node(self, name: str) -> Node:
        """The population of that name; GraphError where there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        known = ", ".join(node.name for node in self.nodes)
        raise GraphError(f"no population {name!r}; there are {known}")

    @property
    def learning(self) -> tuple[Edge, ...]:
        """The projections whose weights learn."""
        return tuple(edge for edge in self.edges if edge.plasticity is not None)

    def probed(self, probe: Probe) -> Node | Edge:
        """What a probe asks: the population, or the projection that learns, of that name."""
        named = (edge for edge in self.learning if edge.name == probe.node)
        return next(named, None) or self.node(probe.node)

    @property
    def integer(self) -> bool:
        """Whether it is in integers."""
        return any(node.dynamics.integer for node in self.nodes)

    @property
    def units(self) -> int:
        """How many units there are."""
        return sum(node.size for node in self.nodes)

    @property
    def synapses(self) -> int:
        """How many weights are not zero."""
        return sum(edge.weights.synapses for edge in self.edges)

    @property
    def delays(self) -> int:
        """The longest delay, at least 1."""
        return max((edge.delay for edge in self.edges), default=1) or 1

    def order(self) -> tuple[Node, ...]:
        """The populations in the order of their update: a zero-delay edge comes before its target.

        Raises GraphError where zero-delay edges close a circle.
        """
        now = networkx.DiGraph()
        now.add_nodes_from(range(len(self.nodes)))
        index = {node.name: k for k, node in enumerate(self.nodes)}
        now.add_edges_from((index[e.source], index[e.target]) for e in self.edges if e.delay == 0)
        try:
            return tuple(self.nodes[k] for k in networkx.lexicographical_topological_sort(now))
        except networkx.NetworkXUnfeasible:
            circle = networkx.find_cycle(now)
            path = " -> ".join(self.nodes[k].name for k, _ in (*circle, circle[0]))
            raise GraphError(f"zero delays close a circle: {path}; give one a delay of 1") from None

    def view(self) -> networkx.MultiDiGraph[str]:
        """A networkx copy of the structure, for drawing and analysis."""
        view: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        for node in self.nodes:
            view.add_node(node.name, size=node.size, dynamics=node.dynamics.name)
        for edge in self.edges:
            view.add_edge(
                edge.source,
                edge.target,
                port=edge.port,
                delay=edge.delay,
                synapses=edge.weights.synapses,
            )
        return view


def _verify(graph: Graph) -> None:
    seen: set[str] = set()
    if not graph.nodes:
        raise GraphError("the network has no population")
    if graph.dt is not None and not 0.0 < graph.dt < 1e6:
        raise GraphError(f"dt {graph.dt}: expected seconds above 0")
    for node in graph.nodes:
        if node.name in seen:
            raise GraphError(f"two populations are called {node.name!r}")
        seen.add(node.name)
        _verify_node(node)
    for edge in graph.edges:
        _verify_edge(graph, edge)
    _verify_learning(graph)
    for stimulus in graph.stimuli:
        _verify_stimulus(graph, stimulus)
    rates: dict[tuple[str, str], int] = {}
    for probe in graph.probes:
        _verify_probe(graph, probe)
        if rates.setdefault((probe.node, probe.variable), probe.every) != probe.every:
            raise GraphError(f"probe {probe.node}.{probe.variable}: asked for at two rates")
    graph.order()


def _verify_node(node: Node) -> None:
    if type(node.size) is not int or node.size < 1:
        raise GraphError(f"{node.name}: size {node.size!r}, expected at least 1")
    wanted: tuple[tuple[str, Iterable[str], Mapping[str, Array]], ...] = (
        ("parameter", node.dynamics.parameters, node.parameters),
        ("initial value", node.dynamics.system.states, node.initial),
    )
    for kind, names, given in wanted:
        known = list(names)
        for name in known:
            if name not in given:
                raise GraphError(f"{node.name}: {kind} {name} is missing")
        for name, value in given.items():
            if name not in known:
                listed = ", ".join(known) or "none"
                raise GraphError(f"{node.name}: no {kind} {name!r}; there are {listed}")
            if value.shape not in ((), (node.size,)):
                raise GraphError(
                    f"{node.name}: {kind} {name} has shape {value.shape}, "
                    f"expected () or ({node.size},)"
                )
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                raise GraphError(f"{node.name}: {kind} {name} is not finite")


def _verify_port(graph: Graph, what: str, target: str, port: str) -> Node:
    node = graph.node(target)
    if port not in node.dynamics.ports:
        known = ", ".join(node.dynamics.ports) or "none"
        raise GraphError(f"{what}: {target} has no port {port!r}; there are {known}")
    return node


def _verify_edge(graph: Graph, edge: Edge) -> None:
    source, target = graph.node(edge.source), _verify_port(graph, edge.name, edge.target, edge.port)
    if not (source.dynamics.spiking or source.dynamics.graded):
        raise GraphError(f"{edge.name}: {edge.source} has neither threshold nor output to send")
    expected = (target.size, source.size)
    if edge.weights.shape != expected:
        raise GraphError(
            f"{edge.name}: weights have shape {edge.weights.shape}, "
            f"expected {expected}, (post, pre)"
        )
    if target.dynamics.integer and edge.weights.dtype.kind not in "iu":
        raise GraphError(f"{edge.name}: {edge.target} is in integers, the weights are not")
    if edge.sign not in _SIGNS:
        raise GraphError(f"{edge.name}: sign {edge.sign!r}, expected {', '.join(_SIGNS)}")
    lowest = 0 if target.dynamics.integer else -_MAX_SHIFT
    if type(edge.shift) is not int or not lowest <= edge.shift <= _MAX_SHIFT:
        raise GraphError(
            f"{edge.name}: exponent {edge.shift!r}, expected from {lowest} to {_MAX_SHIFT}"
        )
    if type(edge.delay) is not int or not 0 <= edge.delay < 2**20:
        raise GraphError(f"{edge.name}: delay {edge.delay!r}, expected steps from 0")


def _verify_learning(graph: Graph) -> None:
    named = [edge.name for edge in graph.learning]
    for edge in graph.learning:
        _verify_plasticity(graph, edge)
        if named.count(edge.name) > 1:
            raise GraphError(f"{edge.name}: two projections with plasticity between the same ends")


def _verify_plasticity(graph: Graph, edge: Edge) -> None:
    rule, weights, target = edge.plasticity, edge.weights, graph.node(edge.target)
    if rule is None:
        return
    if not isinstance(weights, Sparse) or not weights.whole:
        raise GraphError(f"{edge.name}: plasticity needs weights whose zeros are kept")
    unknown = [name for name in rule.reads if name not in target.dynamics.system.variables]
    if unknown:
        known = ", ".join(target.dynamics.system.variables)
        raise GraphError(
            f"{edge.name}: {rule.name} reads {', '.join(unknown)}; {edge.target} has {known}"
        )
    if edge.shift and not rule.integer:
        raise GraphError(f"{edge.name}: plasticity: give the weights themselves, not an exponent")
    if rule.integer != target.dynamics.integer:
        raise GraphError(f"{edge.name}: {rule.name} and {edge.target}: one only is in integers")


def _verify_stimulus(graph: Graph, stimulus: Stimulus) -> None:
    node = _verify_port(graph, f"stimulus of {stimulus.target}", stimulus.target, stimulus.port)
    shape = stimulus.values.shape
    if len(shape) not in (2, 3) or shape[-1] != node.size:
        raise GraphError(
            f"stimulus of {node.name}.{stimulus.port}: shape {shape}, "
            f"expected (steps, {node.size}) or (trials, steps, {node.size})"
        )
    if node.dynamics.integer and stimulus.values.dtype.kind not in "iu":
        raise GraphError(
            f"stimulus of {node.name}.{stimulus.port}: {node.name} is in integers, "
            "the values are not"
        )
    if stimulus.values.dtype.kind == "f" and not np.isfinite(stimulus.values).all():
        raise GraphError(f"stimulus of {node.name}.{stimulus.port}: values are not finite")


def _verify_probe(graph: Graph, probe: Probe) -> None:
    asked = graph.probed(probe)
    kind: Literal["spikes"] = "spikes"
    if isinstance(asked, Node):
        known = [*asked.dynamics.system.variables]
        known += [kind] if asked.dynamics.spiking else []
    else:
        known = [] if asked.plasticity is None else [*asked.plasticity.dynamics.system.states]
    if probe.variable not in known:
        listed = ", ".join(known)
        raise GraphError(f"probe {probe.node}.{probe.variable}: there are {listed}")
    if type(probe.every) is not int or probe.every < 1:
        raise GraphError(
            f"probe {probe.node}.{probe.variable}: every {probe.every!r}, expected from 1"
        )
