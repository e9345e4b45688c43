"""From a graph to a plan: which NeuronGroups, which Synapses, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.graph import Edge, Graph, Node
from yuragi.wiring.maps import synaptic
from yuragi_brian2.cells import cells
from yuragi_brian2.draft import Arrival, Batch
from yuragi_brian2.plan import Cells, Counter, Plan, Wires
from yuragi_brian2.rules import Rule, rule_of, synapses

__all__ = ["MANY_DELAYS", "build", "fan_out"]

Array = NDArray[Any]
MANY_DELAYS = 8
"""More projections than that between the same populations and port share one Synapses object, each
synapse with its delay; up to that, each has its own, and its sum the reference's bits."""

# The slots of a population within a step: what arrives 0, code before the integrator 1, integrator
# 2, code after it 3, threshold 4, reset 5, monitors and counts 6, what weights that learn send 7.
_SLOTS, _SENT = 10, 7


def build(graph: Graph, batch: Batch) -> Plan:
    """The plan of a graph for some of its trials."""
    projections = _projections(graph)
    made = _populations(graph, projections, batch)
    return Plan(
        cells=made,
        wires=tuple(_wires(graph, projection, batch) for projection in projections),
        counters=tuple(_counters(graph, made, batch.trials)),
        dt=batch.dt,
        steps=batch.steps,
        trials=batch.trials,
        first=batch.first,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Projection:
    """What becomes one Synapses object: edges that share ends and port, mostly one.

    source, target: places of the populations in the order of update.
    late: steps that what is sent waits; at the source, or at the target where the weights learn.
    summed: formed at every step, not when a unit spikes.
    """

    number: int
    edges: tuple[Edge, ...]
    source: int
    target: int
    late: int
    summed: bool
    rule: Rule | None

    @property
    def variable(self) -> str:
        """What it adds to, at the target."""
        return f"arrived{self.number}_y"

    @property
    def order(self) -> int:
        """When it delivers: before the update of its target; weights that learn, once its source
        has emitted, since an event counts with the weight of the step that it was sent in.
        """
        return _SLOTS * self.target if self.rule is None else _SLOTS * self.source + _SENT


def _projections(graph: Graph) -> list[_Projection]:
    place = {node.name: k for k, node in enumerate(graph.order())}
    last = _SLOTS * len(place)
    return [
        _Projection(
            number=number,
            edges=tuple(edges),
            source=place[edges[0].source],
            target=place[edges[0].target],
            late=_delays_in_queue(edges[0], place),
            summed=_is_summed(graph.node(edges[0].source)),
            rule=rule_of(graph, edges[0], number=number, order=last),
        )
        for number, edges in enumerate(_bundles(graph, place))
    ]


def _populations(
    graph: Graph, projections: Sequence[_Projection], batch: Batch
) -> tuple[Cells, ...]:
    """The NeuronGroups of a graph, in the order of their update."""
    made = []
    for k, node in enumerate(graph.order()):
        arrivals = [
            Arrival(
                port=projection.edges[0].port,
                variable=projection.variable,
                events=f"events{projection.number}_y" if batch.activity == "state" else None,
                summed=projection.summed,
                late=projection.late if projection.rule else 0,
            )
            for projection in projections
            if projection.target == k
        ]
        rules = [p.rule for p in projections if p.rule is not None and k in (p.source, p.target)]
        waiting = {p.late for p in projections if p.source == k and p.rule is None}
        made.append(
            cells(
                graph,
                node,
                arrivals,
                rules,
                name=f"cells{k}",
                order=_SLOTS * k,
                late=sorted(waiting - {0}) if node.dynamics.graded else (),
                batch=batch,
            )
        )
    return tuple(made)


def _is_summed(source: Node) -> bool:
    """Whether its values are summed at every step, not when a unit spikes."""
    return source.dynamics.graded and not source.dynamics.spiking


def _delays_in_queue(edge: Edge, place: Mapping[str, int]) -> int:
    """Steps that an event spends in the queue.

    The queue of a target that is updated after its source takes what was sent in the same step;
    else it takes what was sent in the step before, which is one step late already.
    """
    return edge.delay if place[edge.source] < place[edge.target] else edge.delay - 1


def _bundles(graph: Graph, place: Mapping[str, int]) -> list[list[Edge]]:
    """Projections that share a Synapses object, in the order in which the reference adds them."""
    alike: dict[tuple[str, str, str, bool], list[Edge]] = {}
    for edge in graph.edges:
        if edge.weights.synapses:
            ends = (edge.source, edge.target, edge.port, edge.plasticity is None)
            alike.setdefault(ends, []).append(edge)
    bundles = []
    for edges in alike.values():
        plain = edges[0].plasticity is None and not graph.node(edges[0].source).dynamics.graded
        merge = plain and len(edges) > MANY_DELAYS
        bundles += [edges] if merge else [[edge] for edge in edges]
    index = {id(edge): k for k, edge in enumerate(graph.edges)}
    return sorted(
        bundles,
        key=lambda bundle: (-bundle[0].delay, place[bundle[0].source], index[id(bundle[0])]),
    )


def _wires(graph: Graph, projection: _Projection, batch: Batch) -> Wires:
    edge, rule = projection.edges[0], projection.rule
    one = len(projection.edges) == 1
    pre, post, weight, delay = _synapses(graph, projection)
    model, on_pre = _delivery(graph, projection, batch)
    learning = None
    if rule is not None:
        declared, learning = synapses(rule, batch)
        model = f"{model}\n{declared}" if declared else model
    post_size, pre_size = edge.weights.shape
    return Wires(
        name=f"synapses{projection.number}",
        title=edge.name if one else f"{edge.source} -> {edge.target}.{edge.port}",
        source=f"cells{projection.source}",
        target=f"cells{projection.target}",
        variable=projection.variable,
        model=model,
        on_pre=None if projection.summed else on_pre,
        pre=_tiled(pre, pre_size, batch.trials),
        post=_tiled(post, post_size, batch.trials),
        weight=np.tile(weight, batch.trials),
        delay=int(delay[0]) if one else np.tile(delay, batch.trials),
        order=projection.order,
        learning=learning,
    )


def _delivery(graph: Graph, projection: _Projection, batch: Batch) -> tuple[str, str]:
    """The equations of a projection, and what a spike does."""
    edge, learns = projection.edges[0], projection.rule is not None
    source, variable = graph.node(edge.source).dynamics, projection.variable
    kind = "integer" if graph.node(edge.target).dynamics.integer else "1"
    late = 0 if learns else projection.late
    value = f"sent{late}_y_pre" if late else "sent_y_pre"
    sent, event = "w", "1"
    if learns and edge.shift:
        sent = f"w * {2**edge.shift}"
    if source.graded:
        sent, event = f"{sent} * {value}", f"int({value} != 0)"
    model = f"w : {kind}" if learns else f"w : {kind} (constant)"
    on_pre = f"{variable}_post += {sent}"
    if projection.summed:
        model += f"\n{variable}_post = {sent} : {kind} (summed)"
    if batch.activity == "state":
        counted = f"events{projection.number}_y_post"
        on_pre += f"\n{counted} += {event}"
        if projection.summed:
            model += f"\n{counted} = {event} : 1 (summed)"
    return model, on_pre


def _synapses(graph: Graph, projection: _Projection) -> tuple[Array, Array, Array, Array]:
    """(pre, post, weight, delay in the queue) of each synapse of one trial."""
    edges = projection.edges
    kind = np.int64 if graph.node(edges[0].target).dynamics.integer else np.float64
    if projection.rule is not None:
        matrix = edges[0].weights.csr()
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        return matrix.indices, rows, matrix.data.astype(kind), np.zeros(matrix.nnz, np.int64)
    parts = [_by_source(edge, kind) for edge in edges]
    pre, post, weight = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    queue = projection.late - edges[0].delay  # 0, or -1 where the queue itself takes a step
    steps = np.repeat([queue + e.delay for e in edges], [len(part) for part, _, _ in parts])
    if len(edges) > 1:
        order = np.lexsort((post, pre))
        pre, post, weight, steps = pre[order], post[order], weight[order], steps[order]
    return pre, post, weight, steps


def _by_source(edge: Edge, kind: Any) -> tuple[Array, Array, Array]:
    """(pre, post, weight) by source, then by target."""
    columns = synaptic(edge.weights.csr().tocsc())
    columns.sort_indices()
    pre = np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr))
    return pre, columns.indices, columns.data.astype(kind) * kind(2**edge.shift)


def _tiled(index: Array, size: int, trials: int) -> Array:
    """The indices of every trial."""
    shifted = index[None, :] + size * np.arange(trials)[:, None]  # (trials, synapses)
    return shifted.reshape(-1)


def _counters(graph: Graph, made: tuple[Cells, ...], trials: int) -> Iterator[Counter]:
    """One for each population that sends in every step, or that has inputs."""
    for place, group in enumerate(made):
        node = graph.node(group.title)
        sends = node.dynamics.graded and not node.dynamics.spiking
        active = "active_y" in group.equations
        if sends or active:
            yield Counter(
                name=f"counter{place}",
                source=group.name,
                trials=trials,
                order=group.order + 6,
                sends=sends,
                active=active,
                fan_out=fan_out(graph, node),
            )


def fan_out(graph: Graph, node: Node) -> Array:
    """The synapses of each unit.  shape (size,)"""
    total = np.zeros(node.size)
    for edge in graph.edges:
        if edge.source == node.name:
            rows = edge.weights.csr()
            kept = rows if edge.plasticity is not None else synaptic(rows)
            total += np.bincount(kept.indices, minlength=node.size)
    return total
