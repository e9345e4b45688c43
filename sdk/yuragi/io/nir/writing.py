"""A network as a NIR file: exactly where NIR can say it, with a report of what it cannot."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.errors import UnsupportedError
from yuragi.graph import Edge, Graph, Node, Origin
from yuragi.io.nir.deciding import KEY
from yuragi.io.nir.dialects.rule import Dialect
from yuragi.io.nir.dialects.table import DEFAULT_DT, DIALECTS
from yuragi.io.nir.document import nir_module
from yuragi.io.nir.importing import ALWAYS, RELAY
from yuragi.io.nir.layers import Layer, layers_of
from yuragi.io.nir.neurons import Neuron, neuron_of
from yuragi.io.nir.paths import feedback
from yuragi.network import Network

__all__ = ["Written", "to_nir"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a network.

    graph: of the `nir` package.
    losses: what NIR cannot say, a line each; what of it is in the file's metadata says so.
    """

    graph: Any
    losses: tuple[str, ...]


def to_nir(network: Network | Graph, path: str | Path | None = None) -> Written:
    """Write a network as a NIR file, or only make the graph of the `nir` package.

    Units that came from NIR go back with their own parameters; other units go out as LIF, CubaLIF
    or IF where their equations are of that form. Raises UnsupportedError for all others,
    DependencyError without the `nir` package.
    """
    nir = nir_module("nir")
    graph = network.graph() if isinstance(network, Network) else network
    writer = _Writer(graph=graph, nir=nir)
    made = writer.graph_of()
    if path is not None:
        _write(nir, Path(path), made)
    return Written(graph=made, losses=tuple(dict.fromkeys(writer.losses)))


def _write(nir: Any, path: Path, graph: Any) -> None:
    """Beside its place first, so that nothing half-written is left there."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        nir.write(str(beside), graph)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@dataclass(slots=True, kw_only=True, eq=False)
class _Group:
    """The projections that one path of layers became: several for several delays, and its bias."""

    edges: list[Edge]
    bias: Array | None = None
    layers: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True, eq=False)
class _Writer:
    """Writes one graph."""

    graph: Graph
    nir: Any
    losses: list[str] = field(default_factory=list)
    nodes: dict[str, Any] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    closing: tuple[bool, ...] = ()
    routes: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def origin(self) -> Origin:
        """Where the network comes from; nothing where it was not imported."""
        return self.graph.origin or Origin(format="", version="", dialect="")

    def graph_of(self) -> Any:
        """All nodes and edges; UnsupportedError with every population that NIR cannot hold."""
        graph = self.graph
        always = {node.name for node in graph.nodes if node.dynamics == ALWAYS}
        dialect = self._dialect(always)
        neurons: dict[str, Neuron] = {}
        refused = []
        for node in graph.nodes:
            if node.name in always or _is_input(graph, node) or node.dynamics.name == RELAY:
                continue
            try:
                neurons[node.name] = neuron_of(node, graph, self.origin, dialect.name)
            except UnsupportedError as problem:
                refused.append(f"{node.name}: {problem}")
        if refused:
            raise UnsupportedError("NIR has no node for:\n  " + "\n  ".join(refused), refused)
        self._fill(always, neurons, dialect)
        self.closing = self._find_feedback()
        self._fill(always, neurons, dialect)
        self._feedback_first()
        self._lost(dialect.name)
        return self.nir.NIRGraph(
            nodes=self.nodes,
            edges=self.edges,
            metadata={
                KEY: json.dumps({"dialect": dialect.name, "dt": self.graph.dt or DEFAULT_DT})
            },
            type_check=False,
        )

    def _fill(self, always: set[str], neurons: Mapping[str, Neuron], dialect: Dialect) -> None:
        """All nodes and edges; with delays once it is known what closes a circle."""
        for held in (self.nodes, self.edges, self.losses, self.routes):
            held.clear()
        for node in self.graph.nodes:
            if node.name not in always:
                self._add_node(node, neurons.get(node.name), dialect)
        for index, group in enumerate(self._groups(always)):
            self._add_group(group, neurons, dialect, index)
        self._add_outputs(always)

    def _find_feedback(self) -> tuple[bool, ...]:
        """Whether a reader will see feedback in each path."""
        after: dict[str, list[str]] = {name: [] for name in self.nodes}
        for a, b in self.edges:
            after[a].append(b)
        inputs = [self.name(n.name) for n in self.graph.nodes if _is_input(self.graph, n)]
        back = feedback(after, inputs)
        return tuple(any(edge in back for edge in pairwise(route)) for route in self.routes)

    def _feedback_first(self) -> None:
        """Order the edges so that what is run along them, depth first, ends at the output."""
        closing = {
            edge
            for route, closes in zip(self.routes, self.closing, strict=True)
            for edge in pairwise(route)
            if closes
        }
        self.edges.sort(key=lambda edge: edge not in closing)

    def _dialect(self, always: set[str]) -> Dialect:
        """The dialect of the file."""
        name = self.origin.dialect
        if name not in DIALECTS:
            delays = [edge.delay for edge in self.graph.edges if edge.source not in always]
            name = "lava" if delays and min(delays) >= 1 else "snntorch"
        return DIALECTS[name]

    def name(self, population: str) -> str:
        """The name of a population in the file."""
        return self.origin.names.get(population, population)

    def shape(self, population: str) -> tuple[int, ...]:
        """The shape of what a population sends."""
        size = self.graph.node(population).size
        return tuple(self.origin.shapes.get(population, (size,)))

    def _add_node(self, node: Node, neuron: Neuron | None, dialect: Dialect) -> None:
        shape = self.shape(node.name)
        if neuron is None:
            kind = self.nir.Input if _is_input(self.graph, node) else None
            if kind is not None:
                self.nodes[self.name(node.name)] = kind(np.array(shape))
            elif node.name in self.origin.outputs.values():
                self.nodes[self.name(node.name)] = self.nir.Output(np.array(shape))
            else:
                delay = self._delays(node, shape, dialect.delay_to("Delay"))
                self.nodes[self.name(node.name)] = self.nir.Delay(delay=delay)
            return
        values = {key: np.resize(_narrow(value), shape) for key, value in neuron.values.items()}
        made = getattr(self.nir, neuron.kind)(**values)
        if neuron.reset is not None:
            made.metadata = {KEY: json.dumps({"reset": neuron.reset})}
        self.nodes[self.name(node.name)] = made
        self.losses += [f"{node.name}: {each}" for each in neuron.losses]

    def _delays(self, node: Node, shape: tuple[int, ...], late: int) -> Array:
        """Seconds by which each unit of a relay receives late."""
        steps = np.zeros(node.size)
        for edge in self.graph.edges:
            if edge.target == node.name:
                rows = np.diff(edge.weights.csr().indptr) > 0
                steps[rows] = edge.delay - late
        return (steps * (self.graph.dt or DEFAULT_DT)).reshape(shape)

    def _groups(self, always: set[str]) -> list[_Group]:
        """The projections by the path of layers that they came from."""
        known = self.origin.paths
        paths = known if len(known) == len(self.graph.edges) else ()
        groups: list[_Group] = []
        count: dict[str, int] = {}
        for k, edge in enumerate(self.graph.edges):
            layers = paths[k] if paths else ()
            last = groups[-1] if groups and groups[-1].edges[0].target == edge.target else None
            if edge.source in always:
                weights = np.ldexp(edge.weights.csr().toarray()[:, 0], edge.shift)
                if last is not None:
                    last.bias = weights if last.bias is None else last.bias + weights
                continue
            split = self.graph.node(edge.target).dynamics.name == RELAY
            if last is not None and split and paths and last.layers == layers:
                last.edges.append(edge)
                continue
            index = count.get(edge.target, 0)
            count[edge.target] = index + 1
            target = self.graph.node(edge.target)
            ours = target.dynamics.name.startswith("nir_")
            bias = target.parameters.get(f"bias{index or ''}") if ours else None
            groups.append(_Group(edges=[edge], layers=layers, bias=bias))
        return groups

    def _add_group(
        self, group: _Group, neurons: Mapping[str, Neuron], dialect: Dialect, index: int
    ) -> None:
        edge = group.edges[0]
        target = self.graph.node(edge.target)
        neuron = neurons.get(edge.target)
        bias = None if group.bias is None else np.broadcast_to(group.bias, (target.size,))
        if neuron is not None and neuron.bias is not None and edge == self._first(edge.target):
            bias = neuron.bias if bias is None else bias + neuron.bias
        delay = 0
        if self.closing and len(group.edges) == 1:
            late = dialect.delay_to("Delay" if neuron is None else neuron.kind)
            delay = edge.delay - max(late, int(self.closing[index]))
        layers = layers_of(
            group.edges,
            group.layers,
            bias,
            delay=delay * (self.graph.dt or DEFAULT_DT),
            shape=self.shape(edge.source),
            target=self.shape(edge.target),
            channels_last=dialect.channels_last,
        )
        if delay < 0:
            self.losses.append(f"{edge.name}: NIR's feedback takes a step, this takes none")
        self._connect(edge, layers)

    def _connect(self, edge: Edge, layers: list[Layer]) -> None:
        previous = self.name(edge.source)
        route = [previous]
        for layer in layers:
            name = layer.name or self._free(f"{layer.kind.lower()}_{edge.source}_{edge.target}")
            if name in self.nodes:
                name = self._free(name)
            values = {k: _narrow(v) if isinstance(v, np.ndarray) else v
                      for k, v in layer.values.items()}  # fmt: skip
            self.nodes[name] = getattr(self.nir, layer.kind)(**values)
            self.losses += list(layer.losses)
            self.edges.append((previous, name))
            previous = name
            route.append(name)
        self.edges.append((previous, self.name(edge.target)))
        self.routes.append((*route, self.name(edge.target)))

    def _free(self, name: str) -> str:
        taken = {*self.nodes, *map(self.name, (node.name for node in self.graph.nodes))}
        while name in taken:
            name += "_"
        return name

    def _first(self, target: str) -> Edge | None:
        return next((edge for edge in self.graph.edges if edge.target == target), None)

    def _add_outputs(self, always: set[str]) -> None:
        shown = dict(self.origin.outputs)
        if not shown:
            sending = {edge.source for edge in self.graph.edges if edge.source != edge.target}
            sinks = [n.name for n in self.graph.nodes if n.name not in sending | always]
            chosen = sinks or [self.graph.nodes[-1].name]
            shown = {f"output_{name}" if len(chosen) > 1 else "output": name for name in chosen}
        for output, population in shown.items():
            name = self.name(population)
            if output == name:
                continue
            free = output if output not in self.nodes else self._free(output)
            self.nodes[free] = self.nir.Output(np.array(self.shape(population)))
            self.edges.append((name, free))

    def _lost(self, dialect: str) -> None:
        """What no node of NIR says."""
        self.losses.append(
            f"dialect {dialect} and a step of {(self.graph.dt or DEFAULT_DT) * 1e3:g} ms: "
            "in the metadata only"
        )
        if self.graph.stimuli:
            self.losses.append(f"{len(self.graph.stimuli)} stimuli: not in the file")
        hidden = [p for p in self.graph.probes if p.node not in self.origin.outputs.values()]
        if hidden and self.graph.origin is None:
            self.losses.append(f"{len(hidden)} probes: only the populations at the end are outputs")


def _is_input(graph: Graph, node: Node) -> bool:
    fed = any(edge.target == node.name for edge in graph.edges)
    plain = Dynamics(name="relay", equations="y = i", ports=("i",), output="y")
    return not fed and node.dynamics.equations == plain.equations


def _narrow(values: Array) -> Array:
    """In single precision where that loses nothing, as frameworks hold them."""
    array = np.asarray(values)
    if array.dtype != np.float64:
        return array
    with np.errstate(over="ignore"):
        single = array.astype(np.float32)
    return single if np.array_equal(single, array) else array
