"""From a graph to a plan: which NeuronGroups, which Synapses, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.graph import Edge, Graph, Node
from yuragi.wiring.maps import synaptic
from yuragi_brian2.cells import cells
from yuragi_brian2.draft import Arrival, Batch
from yuragi_brian2.plan import Cells, Counter, Plan, Wires

__all__ = ["MANY_DELAYS", "build", "fan_out", "populations"]

Array = NDArray[Any]
MANY_DELAYS = 8
"""More projections than that between the same populations and port share one Synapses object, each
synapse with its delay; up to that, each has its own, and its sum the reference's bits."""

_SLOTS = 10


def build(graph: Graph, batch: Batch) -> Plan:
    """The plan of a graph for some of its trials."""
    place = {node.name: k for k, node in enumerate(graph.order())}
    made = populations(graph, batch)
    return Plan(
        cells=made,
        wires=tuple(
            _wires(graph, bundle, place, count, batch)
            for count, bundle in enumerate(_bundles(graph, place))
        ),
        counters=tuple(_counters(graph, made, place, batch.trials)),
        dt=batch.dt,
        steps=batch.steps,
        trials=batch.trials,
        first=batch.first,
    )


def populations(graph: Graph, batch: Batch) -> tuple[Cells, ...]:
    """The NeuronGroups of a graph, in the order of their update."""
    nodes = graph.order()
    place = {node.name: k for k, node in enumerate(nodes)}
    arrivals: dict[str, list[Arrival]] = {node.name: [] for node in nodes}
    for count, bundle in enumerate(_bundles(graph, place)):
        summed = _is_summed(graph.node(bundle[0].source))
        arrival = Arrival(
            port=bundle[0].port,
            variable=f"arrived{count}_y",
            events=f"events{count}_y" if batch.activity == "state" else None,
            summed=summed,
        )
        arrivals[bundle[0].target].append(arrival)
    return tuple(
        cells(
            graph,
            node,
            arrivals[node.name],
            name=f"cells{k}",
            order=_SLOTS * k,
            late=_lateness(graph, node, place),
            batch=batch,
        )
        for k, node in enumerate(nodes)
    )


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
    alike: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in graph.edges:
        if edge.weights.synapses:
            alike.setdefault((edge.source, edge.target, edge.port), []).append(edge)
    bundles = []
    for edges in alike.values():
        plain = not graph.node(edges[0].source).dynamics.graded
        merge = plain and len(edges) > MANY_DELAYS
        bundles += [edges] if merge else [[edge] for edge in edges]
    index = {id(edge): k for k, edge in enumerate(graph.edges)}
    return sorted(
        bundles,
        key=lambda bundle: (-bundle[0].delay, place[bundle[0].source], index[id(bundle[0])]),
    )


def _lateness(graph: Graph, node: Node, place: Mapping[str, int]) -> list[int]:
    """How many steps after the one that it was sent in a graded value is needed."""
    if not node.dynamics.graded:
        return []
    late = {_delays_in_queue(e, place) for e in graph.edges if e.source == node.name}
    return sorted(late - {0})


def _wires(
    graph: Graph, bundle: list[Edge], place: Mapping[str, int], count: int, batch: Batch
) -> Wires:
    edge = bundle[0]
    source = graph.node(edge.source).dynamics
    variable = f"arrived{count}_y"
    late = _delays_in_queue(edge, place)
    value = f"sent{late}_y_pre" if late else "sent_y_pre"
    kind = "integer" if graph.node(edge.target).dynamics.integer else "1"
    model, on_pre = f"w : {kind} (constant)", f"{variable}_post += w"
    event = "1"
    if source.graded:
        on_pre, event = f"{on_pre} * {value}", f"int({value} != 0)"
    if _is_summed(graph.node(edge.source)):
        model += f"\n{variable}_post = w * {value} : {kind} (summed)"
    if batch.activity == "state":
        on_pre += f"\nevents{count}_y_post += {event}"
        if _is_summed(graph.node(edge.source)):
            model += f"\nevents{count}_y_post = {event} : 1 (summed)"
    parts = [_synapses(e, np.int64 if kind == "integer" else np.float64) for e in bundle]
    sizes = [len(pre) for pre, _, _ in parts]
    pre, post, weight = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    steps = np.repeat([_delays_in_queue(e, place) for e in bundle], sizes)
    if len(bundle) > 1:
        order = np.lexsort((post, pre))
        pre, post, weight, steps = pre[order], post[order], weight[order], steps[order]
    post_size, pre_size = edge.weights.shape
    return Wires(
        name=f"synapses{count}",
        title=edge.name if len(bundle) == 1 else f"{edge.source} -> {edge.target}.{edge.port}",
        source=f"cells{place[edge.source]}",
        target=f"cells{place[edge.target]}",
        variable=variable,
        model=model,
        on_pre=None if _is_summed(graph.node(edge.source)) else on_pre,
        pre=_tiled(pre, pre_size, batch.trials),
        post=_tiled(post, post_size, batch.trials),
        weight=np.tile(weight, batch.trials),
        delay=late if len(bundle) == 1 else np.tile(steps, batch.trials),
        order=_SLOTS * place[edge.target],
    )


def _synapses(edge: Edge, kind: Any) -> tuple[Array, Array, Array]:
    """(pre, post, weight) by source, then by target."""
    columns = synaptic(edge.weights.csr().tocsc())
    columns.sort_indices()
    pre = np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr))
    return pre, columns.indices, columns.data.astype(kind) * kind(2**edge.shift)


def _tiled(index: Array, size: int, trials: int) -> Array:
    """The indices of every trial."""
    shifted = index[None, :] + size * np.arange(trials)[:, None]  # (trials, synapses)
    return shifted.reshape(-1)


def _counters(
    graph: Graph, made: tuple[Cells, ...], place: Mapping[str, int], trials: int
) -> Iterator[Counter]:
    """One for each population that sends in every step, or that has inputs."""
    for group in made:
        node = graph.node(group.title)
        sends = node.dynamics.graded and not node.dynamics.spiking
        active = "active_y" in group.equations
        if sends or active:
            yield Counter(
                name=f"counter{place[node.name]}",
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
            total += np.bincount(synaptic(edge.weights.csr()).indices, minlength=node.size)
    return total
