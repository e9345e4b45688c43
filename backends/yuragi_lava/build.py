"""From a graph to a plan: which Lava process each population, projection, stimulus and probe is."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import networkx
import numpy as np
from numpy.typing import NDArray

from yuragi import noise, reference
from yuragi.graph import Edge, Graph, Node, Probe
from yuragi.recording import Recording
from yuragi_lava.code import generated, given
from yuragi_lava.compartments import (
    Compartment,
    NotLifError,
    float_compartment,
    integer_compartment,
)
from yuragi_lava.plan import (
    Argument,
    Batch,
    Plan,
    Sink,
    Source,
    Tag,
    Unit,
    Wire,
    kind_of,
)
from yuragi_lava.wires import Bundle, bundles, image_shapes, largest_sums, process

__all__ = ["build", "is_source"]

Array = NDArray[Any]
_LIF_SUM = 2**24
_WORD_SUM = 2**30
_ACCUMULATOR = 30


def is_source(graph: Graph, node: Node) -> bool:
    """Whether what a population sends is known before the run: no state, nothing arrives."""
    system = node.dynamics.system
    fed = any(edge.target == node.name and edge.weights.synapses for edge in graph.edges)
    return not (system.states or system.draws or node.dynamics.refractory or fed)


def known(graph: Graph, *, steps: int, trials: int) -> Recording | None:
    """What the sources send, with their probes; None where there are none."""
    nodes = tuple(node for node in graph.nodes if is_source(graph, node))
    if not nodes:
        return None
    names = {node.name for node in nodes}
    probes = {(p.node, p.variable): p for p in graph.probes if p.node in names}
    for node in nodes:
        wanted = ["spikes"] if node.dynamics.spiking else []
        wanted += [node.dynamics.output] if node.dynamics.output else []
        for variable in wanted:
            probes[node.name, variable] = Probe(node=node.name, variable=variable)
    alone = replace(
        graph,
        nodes=nodes,
        edges=(),
        stimuli=tuple(s for s in graph.stimuli if s.target in names),
        probes=tuple(probes.values()),
        placement=None,
        routes={},
    )
    return reference.run(alone, steps=steps, trials=trials)


def build(
    graph: Graph, batch: Batch, sources: Recording | None, accumulator_bits: int | None = None
) -> Plan:
    """The plan of a graph for some of its trials.

    sources: what `known` gave.      accumulator_bits: of the chip, where the graph is in integers.
    """
    work = _Work(graph=graph, batch=batch, accumulator_bits=accumulator_bits)
    nodes = [node for node in graph.order() if not is_source(graph, node)]
    units = [work.unit(node, name) for node, name in zip(nodes, _named(nodes), strict=True)]
    ends = {unit.title: unit.name for unit in units}
    inputs = []
    for k, node in enumerate(n for n in graph.nodes if is_source(graph, n)):
        name = f"source_{k}"
        ends[node.name] = name
        if sources is not None:
            inputs.append(Source(name=name, title=node.name, values=work.sent(sources, node)))
    by_title = {unit.title: unit for unit in units}
    wires = work.wires(by_title, ends)
    used = {wire.source for wire in wires}
    inputs = [source for source in inputs if source.name in used]
    stimuli = work.stimuli(by_title, len(graph.nodes))
    return Plan(
        tag=work.tag,
        batch=batch,
        units=tuple(units),
        sources=(*inputs, *stimuli),
        wires=wires,
        sinks=tuple(work.sinks(units)),
        parts=_parts(units, wires),
    )


def _named(nodes: Iterable[Node]) -> list[str]:
    """A name in the code for each population, near to its own."""
    found: list[str] = []
    for node in nodes:
        plain = re.sub(r"[^A-Za-z0-9_]", "_", node.name).lower()
        name = plain if plain[:1].isalpha() and not keyword.iskeyword(plain) else f"units_{plain}"
        name = f"{name[:40]}_units"
        while name in found:
            name += "_"
        found.append(name)
    return found


def _parts(units: list[Unit], wires: tuple[Wire, ...]) -> tuple[str, ...]:
    """One unit of each connected part."""
    joined = networkx.Graph()
    names = [unit.name for unit in units]
    joined.add_nodes_from(names)
    joined.add_edges_from((wire.source, wire.target) for wire in wires)
    groups = [
        [name for name in names if name in group] for group in networkx.connected_components(joined)
    ]
    return tuple(group[0] for group in groups if group)


@dataclass(slots=True, kw_only=True)
class _Work:
    """One plan while it is made."""

    graph: Graph
    batch: Batch
    accumulator_bits: int | None

    @property
    def tag(self) -> Tag:
        return "fixed_pt" if self.graph.integer else "floating_pt"

    # -- populations ---------------------------------------------------------------------------

    def unit(self, node: Node, name: str) -> Unit:
        """The process of a population."""
        try:
            return self._lif(node, name, self._compartment(node))
        except NotLifError as reason:
            return self._generated(node, name, str(reason))

    def _compartment(self, node: Node) -> Compartment:
        if node.latency:
            raise NotLifError("it runs late")
        integer = node.dynamics.integer
        found = integer_compartment(node) if integer else float_compartment(node, self.graph.dt)
        strange = sorted(v for v in self._probed(node) if v not in found.reads)
        if strange:
            raise NotLifError(f"{', '.join(strange)} is probed, which Lava's LIF does not have")
        if node.dynamics.integer and self._most(node) >= _LIF_SUM:
            raise NotLifError("more may arrive than 32 bits hold")
        return found

    def _most(self, node: Node) -> float:
        """The largest sum that can arrive at a unit, stimuli with it."""
        edges = [edge for edge in self.graph.edges if edge.target == node.name]
        given = [s.values for s in self.graph.stimuli if s.target == node.name]
        stimulated = sum(float(np.abs(values).max(initial=0)) for values in given)
        if any(self._graded(edge) for edge in edges):
            return float("inf")
        return float(largest_sums(edges, node.size).max(initial=0.0)) + stimulated

    def _graded(self, edge: Edge) -> bool:
        return self.graph.node(edge.source).dynamics.graded

    def _probed(self, node: Node) -> list[str]:
        """The variables of a population that are probed, once each."""
        names = [p.variable for p in self.graph.probes if p.node == node.name]
        return [name for name in dict.fromkeys(names) if name != "spikes"]

    def _lif(self, node: Node, name: str, found: Compartment) -> Unit:
        arguments: dict[str, Argument] = {"du": found.du, "dv": found.dv, "vth": found.vth}
        each = {"u": found.u, "v": found.v, "bias_mant": found.bias_mant}
        if node.dynamics.integer:
            each["bias_exp"] = found.bias_exp
        for key, values in each.items():
            arguments[key] = self._tiled(values)
        if found.refractory:
            arguments["refractory_period"] = found.refractory
        return Unit(
            name=name,
            title=node.name,
            size=node.size * self.batch.trials,
            kind="LIFRefractory" if found.refractory else "LIF",
            arguments=arguments,
            ports=dict.fromkeys(node.dynamics.ports, "a_in"),
            compartment=found,
        )

    def _generated(self, node: Node, name: str, reason: str) -> Unit:
        states = node.dynamics.system.states
        seen = [v for v in self._probed(node) if v not in states and not self._is_sent(node, v)]
        values: dict[str, Argument] = {
            key: self._tiled(value) for key, value in node.parameters.items()
        }
        values |= {key: np.asarray(t, np.int64) for key, t in node.dynamics.tables.items()}
        arguments: dict[str, Argument] = {
            given("s", key): self._tiled(node.initial[key]) for key in states
        }
        if not node.dynamics.integer:
            values["dt"] = self.graph.dt or 1.0
        if node.dynamics.system.draws:
            key = noise.key(self.graph.seed, node.name)
            trials, first = self.batch.trials, self.batch.first
            arguments["noise"] = f"dict(key={key}, trials={trials}, first={first})"
        made = generated(node, self.tag, seen)
        return Unit(
            name=name,
            title=node.name,
            size=node.size * self.batch.trials,
            kind="",
            arguments=arguments,
            values=values,
            ports={port: given("p", port) for port in node.dynamics.ports},
            generated=made,
            note=reason,
        )

    def _tiled(self, values: Array) -> Argument:
        """A number, or one for each unit of each trial."""
        if values.ndim == 0:
            return values.item()
        return np.tile(values, self.batch.trials)

    def _is_sent(self, node: Node, variable: str) -> bool:
        """Whether a variable is what the units send in every step, so that it is kept already."""
        dynamics = node.dynamics
        return dynamics.output == variable and not dynamics.spiking and not node.latency

    # -- what leads to them ----------------------------------------------------------------------

    def sent(self, sources: Recording, node: Node) -> Array:
        """What a source sends.  shape (size, steps)"""
        first, last = self.batch.first, self.batch.first + self.batch.trials
        kind = kind_of(self.tag)
        spiking, output = node.dynamics.spiking, node.dynamics.output
        values: Array = np.ones((), dtype=kind)
        if output is not None:
            values = sources.traces[node.name, output].values
        if spiking:
            train = sources.spike_trains[node.name]
            raster = train.raster(sources.trials, sources.steps)
            values = np.where(raster, values, 0)
        return self._across(values[first:last])

    def _across(self, values: Array) -> Array:
        """(trials, steps, size) as Lava wants it.  shape (trials * size, steps)"""
        trials, steps, size = values.shape
        return values.transpose(0, 2, 1).reshape(trials * size, steps).astype(kind_of(self.tag))

    def stimuli(self, units: Mapping[str, Unit], first: int) -> tuple[Source, ...]:
        """Stimuli of populations that are more than sources."""
        found = []
        for k, stimulus in enumerate(s for s in self.graph.stimuli if s.target in units):
            unit = units[stimulus.target]
            values = stimulus.values
            if values.ndim == 2:
                values = np.broadcast_to(values, (self.batch.trials, *values.shape))
            else:
                values = values[self.batch.first : self.batch.first + self.batch.trials]
            values = self._across(values[:, : self.batch.steps])
            if unit.compartment is not None and unit.compartment.gain != 1.0:
                values = values * unit.compartment.gain
            found.append(
                Source(
                    name=f"source_{first + k}",
                    title=f"{stimulus.target}.{stimulus.port}",
                    values=values,
                    target=unit.name,
                    port=unit.ports[stimulus.port],
                )
            )
        return tuple(found)

    def wires(self, units: Mapping[str, Unit], ends: Mapping[str, str]) -> tuple[Wire, ...]:
        """Projections, in the order in which the reference adds them up at a port."""
        place = {node.name: k for k, node in enumerate(self.graph.order())}
        groups = bundles([e for e in self.graph.edges if e.target in units])
        groups.sort(key=lambda edges: (-max(e.delay for e in edges), place[edges[0].source]))
        return tuple(self._wire(k, g, units[g[0].target], ends) for k, g in enumerate(groups))

    def _wire(self, k: int, edges: tuple[Edge, ...], unit: Unit, ends: Mapping[str, str]) -> Wire:
        edge, lif = edges[0], unit.compartment
        bundle = Bundle(
            edges=edges,
            graded=self._graded(edge),
            integer=self.graph.integer,
            gain=lif.gain if lif is not None else 1.0,
            exponent=lif.exponents.get(edge.port, 0) if lif is not None else 0,
            bounded=self._bounded(edges),
        )
        kind, arguments = process(bundle, self.batch.trials)
        image, out_image = image_shapes(arguments, bundle)
        return Wire(
            name=f"projection_{k}",
            title=edge.name if len(edges) == 1 else f"{edge.source} -> {edge.target}.{edge.port}",
            kind=kind,
            arguments=arguments,
            source=ends[edge.source],
            target=unit.name,
            port=unit.ports[edge.port],
            image=image,
            out_image=out_image,
        )

    def _bounded(self, edges: tuple[Edge, ...]) -> bool:
        """Whether sums fit 32 bits: those of spikes by their weights, others by the chip's word."""
        if self._graded(edges[0]):
            return self.accumulator_bits is not None and self.accumulator_bits <= _ACCUMULATOR
        size = edges[0].weights.shape[0]
        return bool(largest_sums(edges, size).max(initial=0.0) < _WORD_SUM)

    # -- what is kept ----------------------------------------------------------------------------

    def sinks(self, units: Iterable[Unit]) -> list[Sink]:
        """Messages of all populations, then the probed variables."""
        found: list[Sink] = []

        def keep(
            unit: Unit, variable: str, key: str, every: int = 1, *, last: bool = False
        ) -> None:
            found.append(
                Sink(
                    name=f"sink_{len(found)}", key=f"{unit.title}.{key}", unit=unit.name,
                    size=unit.size, variable=variable, every=every, last=last,
                )
            )  # fmt: skip

        for unit in units:
            node = self.graph.node(unit.title)
            keep(unit, "s_out", "sent")
            rates = {p.variable: p.every for p in self.graph.probes if p.node == node.name}
            for variable in self._probed(node):
                if unit.compartment is not None:
                    keep(unit, unit.compartment.reads[variable][0], variable, rates[variable])
                elif not self._is_sent(node, variable):
                    kind = "s" if variable in node.dynamics.system.states else "a"
                    keep(unit, given(kind, variable), variable, rates[variable])
            for tally in node.dynamics.tallies if unit.generated is not None else ():
                keep(unit, given("s", tally), f"{tally} at the end", last=True)
        return found
