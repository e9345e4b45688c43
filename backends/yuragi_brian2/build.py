"""From a graph to a plan: which NeuronGroups, which Synapses, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.graph import Edge, Graph, Node
from yuragi.wiring.maps import synaptic
from yuragi_brian2.cells import Arrival, Batch, cells
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
    return Plan(
        cells=populations(graph, batch),
        wires=tuple(
            _wires(graph, bundle, place, count, batch.trials)
            for count, bundle in enumerate(_bundles(graph, place))
        ),
        counters=tuple(
            _counter(graph, node, place[node.name], batch.trials)
            for node in graph.order()
            if node.dynamics.graded and not node.dynamics.spiking
        ),
        dt=batch.dt,
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
        arrival = Arrival(port=bundle[0].port, variable=f"arrived{count}_y", summed=summed)
        arrivals[bundle[0].target].append(arrival)
    return tuple(
        cells(
            graph,
            node,
            arrivals[node.name],
            name=f"cells{k}",
            order=_SLOTS * k,
            history=_history(graph, node, place),
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


def _history(graph: Graph, node: Node, place: Mapping[str, int]) -> int:
    """For how many steps a graded value is needed after the step that it was sent in."""
    if not node.dynamics.graded:
        return 0
    return max(
        (_delays_in_queue(e, place) for e in graph.edges if e.source == node.name), default=0
    )


def _wires(
    graph: Graph, bundle: list[Edge], place: Mapping[str, int], count: int, trials: int
) -> Wires:
    edge = bundle[0]
    source = graph.node(edge.source).dynamics
    variable = f"arrived{count}_y"
    late = _delays_in_queue(edge, place)
    value = f"sent{late}_y_pre" if late else "sent_y_pre"
    model, on_pre = "w : 1 (constant)", f"{variable}_post += w"
    if source.graded and source.spiking:
        on_pre = f"{variable}_post += w * {value}"
    elif source.graded:
        model = f"{model}\n{variable}_post = w * {value} : 1 (summed)"
    parts = [_synapses(e) for e in bundle]
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
        pre=_tiled(pre, pre_size, trials),
        post=_tiled(post, post_size, trials),
        weight=np.tile(weight, trials),
        delay=late if len(bundle) == 1 else np.tile(steps, trials),
        order=_SLOTS * place[edge.target],
    )


def _synapses(edge: Edge) -> tuple[Array, Array, Array]:
    """(pre, post, weight) by source, then by target."""
    columns = synaptic(edge.weights.csr().tocsc())
    columns.sort_indices()
    pre = np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr))
    return pre, columns.indices, columns.data.astype(np.float64)


def _tiled(index: Array, size: int, trials: int) -> Array:
    """The indices of every trial."""
    shifted = index[None, :] + size * np.arange(trials)[:, None]  # (trials, synapses)
    return shifted.reshape(-1)


def _counter(graph: Graph, node: Node, place: int, trials: int) -> Counter:
    """Units that send, in every step: with a fan-out of its own for each, as weights."""
    return Counter(
        name=f"counter{place}",
        source=f"cells{place}",
        trials=trials,
        order=_SLOTS * place + 6,
        variables=("sends", "events", "reaches"),
        model=(
            "fan_out : 1 (constant)\n"
            "sends_post = int(sent_y_pre != 0.0) : 1 (summed)\n"
            "events_post = fan_out * int(sent_y_pre != 0.0) : 1 (summed)\n"
            "reaches_post = int(fan_out > 0.0) * int(sent_y_pre != 0.0) : 1 (summed)"
        ),
        pre=np.arange(node.size * trials),
        post=np.repeat(np.arange(trials), node.size),
        fan_out=np.tile(fan_out(graph, node), trials),
    )


def fan_out(graph: Graph, node: Node) -> Array:
    """The synapses of each unit.  shape (size,)"""
    total = np.zeros(node.size)
    for edge in graph.edges:
        if edge.source == node.name:
            total += np.bincount(synaptic(edge.weights.csr()).indices, minlength=node.size)
    return total
