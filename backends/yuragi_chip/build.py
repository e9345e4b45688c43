"""A graph turned into the arrays of a run and the compiled operations of a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi import noise
from yuragi.errors import UnsupportedError
from yuragi.graph import Edge, Graph, Node
from yuragi.hardware.profile import Activity
from yuragi.probing import Recorder
from yuragi.wiring.packed import HALF
from yuragi_chip.aligned import zeros
from yuragi_chip.binding import Bound
from yuragi_chip.codegen import KernelShape
from yuragi_chip.columns import Synapses
from yuragi_chip.kernels import bind, bind_kernel, bind_rule
from yuragi_chip.learning import Learning, learning_of
from yuragi_chip.listing import BLOCK, SLACK
from yuragi_chip.routing import Traffic
from yuragi_chip.rule_code import RuleShape
from yuragi_chip.shapes import shape_of
from yuragi_chip.vectors import SIDE

__all__ = ["Built", "BuiltNode", "Tallies", "build"]

Array = NDArray[Any]
_LISTED = 2**23


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tallies:
    """Counts of a run.

    named: shape (trials, steps, names, cores)      active: active updates, (trials, steps, cores)
    learned: synapse updates, (trials, steps, cores), no trial where nothing learns
    """

    named: Array
    active: Array
    learned: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BuiltNode:
    """The state of a population.

    states: shape (states, trials, size)        sums: of tallies, shape (summed, trials)
    seen: probed bindings, shape (seen, trials, size)
    ring: what is still to arrive, shape (depth, ports, trials, size)
    sent: shape (trials, size and a unit that never sends), bytes filled up to a multiple of BLOCK
    busy: whether a unit's update is active, shape (trials, size filled up likewise)
    sends: how often each unit sent, shape (trials, size)
    events: units that sent, step after step, shape (trials, room)
    bounds: where those of the last step begin and end, shape (trials, 2)
    found: how many in each step kept, shape (trials, steps kept)
    arrived: where an event is still to arrive, shape (depth, trials, size), where that is asked
    """

    node: Node
    shape: KernelShape
    traffic: Traffic
    states: Array
    sums: Array
    seen: Array
    ring: Array
    sent: Array
    busy: Array
    sends: Array
    events: Array
    bounds: Array
    found: Array
    arrived: Array
    spikes: bool

    def variable(self, name: str) -> tuple[Array, int]:
        """Where a state or a probed binding is kept: the array and its index there."""
        states = self.node.dynamics.system.states
        if name in states:
            return self.states, states.index(name)
        return self.seen, self.shape.seen.index(name)

    def tally(self, name: str) -> Array:
        """What a state that only counts has counted.  shape (trials, size), or (trials,) summed"""
        if name in self.shape.summed:
            return self.sums[self.shape.summed.index(name)]
        held, index = self.variable(name)
        return held[index]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Built:
    """All populations in the order of their update, and what a step consists of.

    learning: the projections that learn, by name.
    operations: rows of (function, table, latency).      bound: what keeps their tables alive
    depth: the most steps between two readings of the events.
    """

    nodes: tuple[BuiltNode, ...]
    learning: dict[str, Learning]
    operations: Array
    bound: tuple[Bound, ...]
    depth: int


def build(
    graph: Graph,
    weights: tuple[Synapses, ...],
    traffic: Mapping[str, Traffic],
    *,
    steps: int,
    trials: int,
    tallies: Tallies,
    recorder: Recorder,
    activity: Activity = "input",
    each: bool = False,
) -> Built:
    """Allocate a run of `trials` trials; UnsupportedError for differential equations.

    each: whether overflows and active updates are kept unit by unit, whoever asks.
    """
    probed = {probe.node for probe in graph.probes if probe.variable == "spikes"}
    most = max((node.size for node in graph.nodes if node.name in probed), default=1)
    depth = max(1, min(steps, _LISTED // (trials * most)))
    order = graph.order()
    nodes = {}
    for node in order:
        shape = shape_of(
            graph, node, weights, steps=steps, activity=activity,
            alone=tallies.active.shape[-1] == 1, each=each,
        )  # fmt: skip
        kept = depth if node.name in probed else 0
        slots = _slots(graph, node, order)
        nodes[node.name] = _node(node, shape, traffic[node.name], trials, kept, slots)
    learning = {edge.name: learning_of(edge, trials) for edge in graph.learning}
    rows: list[tuple[int, int, int]] = []
    bound: list[Bound] = []
    for built in nodes.values():
        for operation in _operations(graph, built, nodes, weights, learning, tallies, recorder):
            bound.append(operation)
            rows.append((operation.address, operation.table.ctypes.data, built.node.latency))
    for held in learning.values():
        latency = nodes[held.edge.target].node.latency
        for operation in _learn(graph, held, nodes, tallies, recorder):
            bound.append(operation)
            rows.append((operation.address, operation.table.ctypes.data, latency))
    return Built(
        nodes=tuple(nodes.values()),
        learning=learning,
        operations=np.array(rows, dtype=np.int64).reshape(-1, 3),
        bound=tuple(bound),
        depth=depth,
    )


def _node(
    node: Node, shape: KernelShape, traffic: Traffic, trials: int, depth: int, slots: int
) -> BuiltNode:
    system = node.dynamics.system
    if system.derivatives:
        raise UnsupportedError(f"{node.name}: discretise its differential equations first")
    size = trials, node.size
    states = zeros((len(system.states), *size), dtype=shape.state)
    for k, name in enumerate(system.states):
        states[k] = node.initial[name]
    blocks = -(-node.size // BLOCK) * BLOCK
    room = blocks if shape.sent == "uint8" else node.size + 1
    return BuiltNode(
        node=node,
        shape=shape,
        traffic=traffic,
        states=states,
        sums=zeros((len(shape.summed), trials), dtype=np.int64),
        seen=zeros((len(shape.seen), *size), dtype=shape.number),
        ring=zeros((slots, len(node.dynamics.ports), *size), dtype=shape.ring),
        sent=zeros((trials, room), dtype=shape.sent),
        busy=zeros((trials, blocks), dtype=np.uint8),
        sends=zeros(size, dtype=np.uint32),
        events=zeros((trials, max(depth, 1) * node.size + SLACK), dtype=np.int32),
        bounds=zeros((trials, 2), dtype=np.int64),
        found=zeros((trials, max(depth, 1)), dtype=np.int32),
        arrived=zeros((slots, *size) if shape.activity == "state" else (0, 0, 0), dtype=np.uint8),
        spikes=depth > 0,
    )


def _slots(graph: Graph, node: Node, updated: tuple[Node, ...]) -> int:
    """Steps that a port must hold: as many as the longest delay to it.

    One more where what comes that late is sent before the population reads what is due.
    """
    order = [other.name for other in updated]
    late = order.index(node.name)
    arriving = [edge for edge in graph.edges if edge.target == node.name]
    longest = max((edge.delay for edge in arriving), default=0)
    before = (order.index(edge.source) < late for edge in arriving if edge.delay == longest)
    return max(1, longest + any(before))


def _operations(
    graph: Graph,
    built: BuiltNode,
    nodes: dict[str, BuiltNode],
    weights: tuple[Synapses, ...],
    learning: dict[str, Learning],
    tallies: Tallies,
    recorder: Recorder,
) -> Iterator[Bound]:
    """What a population does in a step, in order."""
    name, ports = built.node.name, built.node.dynamics.ports
    for stimulus in graph.stimuli:
        if stimulus.target == name:
            shape = (-1, *stimulus.values.shape[-2:])
            values = np.ascontiguousarray(stimulus.values.reshape(shape), built.shape.number)
            port = ports.index(stimulus.port)
            yield bind("stimulate", {"port": port, "values": values, "ring": built.ring})
    yield _update(graph, built, tallies)
    if built.shape.watched and not built.shape.alone:
        yield _active(built, tallies)
    yield _list(built)
    yield _count(built, tallies)
    for edge, held in zip(graph.edges, weights, strict=True):
        if edge.source == name:
            yield _send(built, edge, learning.get(edge.name, held), nodes[edge.target])
            if nodes[edge.target].shape.activity == "state":
                yield _mark(built, edge, held, nodes[edge.target])
    yield from _kept(recorder, name, built)


def _kept(recorder: Recorder, name: str, held: BuiltNode | Learning) -> Iterator[Bound]:
    for (probed, variable), trace in recorder.traces.items():
        if probed == name:
            values, index = held.variable(variable)
            every = recorder.every[probed, variable]
            yield bind("keep", {"index": index, "every": every, "values": values, "trace": trace})


def _learn(
    graph: Graph,
    held: Learning,
    nodes: dict[str, BuiltNode],
    tallies: Tallies,
    recorder: Recorder,
) -> Iterator[Bound]:
    """What a projection that learns does at the end of a step."""
    source, target = nodes[held.edge.source], nodes[held.edge.target]
    reads = {name: target.variable(name) for name in held.rule.reads}
    shape = RuleShape(
        rule=held.rule,
        sent=(source.shape.sent, target.shape.sent),
        reads=tuple(array.dtype.name for array, _ in reads.values()),
    )
    tally = tallies.learned, target.traffic.core
    yield bind_rule(shape, held.values(graph, shape, (source.sent, target.sent), reads, tally))
    yield from _kept(recorder, held.edge.name, held)


def _update(graph: Graph, built: BuiltNode, tallies: Tallies) -> Bound:
    node, shape = built.node, built.shape
    dynamics, kind = node.dynamics, shape.number
    keys = noise.key(graph.seed, node.name)
    scalars = np.array([node.parameters[n] for n in shape.scalar], dtype=kind).reshape(-1)
    vectors = zeros((len(shape.vector), node.size), dtype=shape.given)
    for k, name in enumerate(shape.vector):
        vectors[k] = node.parameters[name]
    waits = built.sent.shape[0] if dynamics.refractory else 0
    waiting = zeros((waits, node.size), dtype=shape.wait)
    tables = [np.asarray(table, dtype=np.int64) for table in dynamics.tables.values()]
    return bind_kernel(
        shape,
        {
            "latency": node.latency, "key0": keys[0], "key1": keys[1], "dt": graph.dt or 1.0,
            "states": built.states, "sums": built.sums, "waiting": waiting, "ring": built.ring,
            "sent": built.sent, "seen": built.seen, "scalars": scalars, "vectors": vectors,
            "busy": tallies.active if shape.alone else built.busy,
            **({"arrived": built.arrived} if shape.activity == "state" else {}),
            **{f"t{k}": table for k, table in enumerate(tables)},
        },
    )  # fmt: skip


def _active(built: BuiltNode, tallies: Tallies) -> Bound:
    values = {"busy": built.busy, "active": tallies.active}
    traffic = built.traffic
    parts, members, masks = traffic.parts, traffic.members, traffic.masks
    if not len(members):
        return bind("count_active", {"segments": parts, **values})
    if masks is None:
        return bind("count_members", {"segments": parts, "members": members, **values})
    bits = zeros((len(built.busy), masks.shape[1]), dtype=np.uint64)
    return bind("count_scattered", {"masks": masks, "bits": bits, **values})


def _list(built: BuiltNode) -> Bound:
    sent: dict[str, Any] = {"keep": int(built.spikes), "sent": built.sent}
    out = {"events": built.events, "bounds": built.bounds, "found": built.found}
    if built.shape.sent != "uint8":
        return bind("list_values", {**sent, "size": built.node.size, **out})
    trials, room = built.sent.shape
    marks = zeros((trials, 2, room // BLOCK), dtype=np.uint64)
    return bind("list_spikes", {**sent, "marks": marks, **out})


def _count(built: BuiltNode, tallies: Tallies) -> Bound:
    traffic = built.traffic
    values: dict[str, Any] = {
        "everyone": traffic.everyone,
        "tally": tallies.named,
        "sends": built.sends,
        "events": built.events,
        "bounds": built.bounds,
    }
    rows = traffic.rows
    if traffic.added is not None:
        return bind("count_alone", {**values, "added": traffic.added})
    values["own"] = traffic.own
    if rows is None:
        values |= {"pointer": traffic.pointer, "reached": traffic.reached}
        return bind("count_listed", {**values, "synapses": traffic.synapses})
    sums = zeros((len(built.sends), tallies.named.shape[2], rows.shape[1]), dtype=np.uint32)
    return bind("count_rows", {**values, "rows": rows, "sums": sums})


def _send(built: BuiltNode, edge: Edge, held: Synapses | Learning, target: BuiltNode) -> Bound:
    values: dict[str, Any] = {
        "delay": edge.delay,
        "port": target.node.dynamics.ports.index(edge.port),
        "shift": edge.shift,
        "sent": built.sent,
        "events": built.events,
        "bounds": built.bounds,
    }
    if isinstance(held, Learning):
        values |= {"pointer": held.pointer, "target": held.reached, "weight": held.weight}
        return bind("send_learning", {**values, "ring": target.ring})
    if held.packed is not None:
        packed = held.packed
        values["shift"] -= packed.shift
        words = {"pointer": packed.pointer, "packed": packed.words, "ring": target.ring}
        if packed.bits == HALF:
            return bind("send_halves", values | words)
        return bind("send_words", {**values, "bits": packed.bits, **words})
    if held.pointer is None or held.target is None:
        return bind("send_dense", {**values, "weight": held.weight, "ring": target.ring})
    values |= {"pointer": held.pointer, "target": held.target, "weight": held.weight}
    if held.rows is None:
        return bind("send_sparse", {**values, "ring": target.ring})
    rows = held.rows
    values |= {"row_pointer": rows.pointer, "source": rows.source, "row_weight": rows.weight}
    rest = zeros((len(built.sent), SIDE), dtype=target.ring.dtype)
    return bind("send_either", {**values, "rest": rest, "ring": target.ring})


def _mark(built: BuiltNode, edge: Edge, held: Synapses, target: BuiltNode) -> Bound:
    pointer, units = held.pointer, held.target
    if held.packed is not None:
        units = held.packed.target
    elif pointer is None or units is None:
        stored = scipy.sparse.csr_array(held.weight)  # (pre, post)
        pointer, units = stored.indptr.astype(np.int32), stored.indices.astype(np.int32)
    values: dict[str, Any] = {
        "delay": edge.delay,
        "events": built.events,
        "bounds": built.bounds,
        "pointer": pointer,
        "target": units,
        "arrived": target.arrived,
    }
    return bind("mark", values)
