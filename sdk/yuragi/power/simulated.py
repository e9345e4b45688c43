"""The same network simulated step by step on a conventional machine, as a workload."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol, TypeAlias

from yuragi.errors import GraphError
from yuragi.graph import Edge, Graph, Node
from yuragi.network import Network
from yuragi.power.layers import Layer
from yuragi.power.workload import Workload
from yuragi.recording import Recording

__all__ = ["Activity", "simulated"]

Activity: TypeAlias = "float | Mapping[str, float] | Recording | None"


class _Compiled(Protocol):
    """A program, whose graph is simulated."""

    @property
    def graph(self) -> Graph: ...


def simulated(
    network: Network | Graph | _Compiled,
    activity: Activity = None,
    *,
    steps: int | None = None,
    dtype: str = "float32",
    batch: int = 1,
    accuracy: float | None = None,
    name: str = "simulated",
) -> Workload:
    """Count one inference of a network that a conventional machine simulates, clock by clock.

        activity: the share of units that send in a step, for all or by population, or a run of the
            network, whose counts are taken; then only synapses that an event passes are worked on.
            None: every synapse in every step, as a matrix product does.
        steps: of one inference; by default the run's, or as long as the stimulus.

    An update takes the operations of the unit's equations, reads its states, parameters and inputs
    and writes its states and output. A synaptic event is an addition (of a graded one a
    multiply-accumulate), reads a weight and, where synapses are a list, its target, and reads and
    writes the target's sum. Every population and every projection is a launch in every step.

    Errors: GraphError where the steps are not known, or an activity is no share.
    """
    graph = network.graph() if isinstance(network, Network) else _graph_of(network)
    lasts = _steps(graph, steps, activity)
    layers = [_update(node, lasts) for node in graph.nodes]
    if isinstance(activity, Recording):
        layers += _measured(graph, activity, lasts)
    else:
        layers += [_projection(edge, graph, activity, lasts) for edge in graph.edges]
    how = {True: "dense", False: "by events"}[activity is None]
    return Workload(
        name=f"{name}, {how}",
        layers=tuple(layers),
        dtype=dtype,
        batch=batch,
        accuracy=accuracy,
        peak=math.ceil(sum(layer.outputs / lasts for layer in layers)),
        notes=(f"{lasts:,} steps, one after the other",),
    )


def _graph_of(network: Graph | _Compiled) -> Graph:
    return network if isinstance(network, Graph) else network.graph


def _steps(graph: Graph, steps: int | None, activity: Activity) -> int:
    if steps is None and isinstance(activity, Recording):
        return activity.steps
    lengths = [stimulus.values.shape[-2] for stimulus in graph.stimuli]
    found = max(lengths, default=0) if steps is None else steps
    if found < 1:
        raise GraphError("steps: nothing says how long an inference is; give steps")
    return found


def _update(node: Node, steps: int) -> Layer:
    """A population, for all steps."""
    states = len(node.dynamics.system.states)
    own = sum(value.size > 1 for value in node.parameters.values())
    return Layer(
        kind="update",
        name=node.name,
        operations=steps * node.size * sum(node.dynamics.operations.values()),
        parameters=node.size * own,
        reads=steps * node.size * own,
        inputs=steps * node.size * (states + len(node.dynamics.ports)),
        outputs=steps * node.size * (states + 1),
        launches=steps,
    )


def _projection(
    edge: Edge, graph: Graph, activity: float | Mapping[str, float] | None, steps: int
) -> Layer:
    source = next(node for node in graph.nodes if node.name == edge.source)
    synapses = edge.weights.synapses
    if activity is None:
        post, pre = edge.weights.shape
        weights = edge.weights.shared_weights or synapses
        return Layer(
            kind="product",
            name=edge.name,
            macs=steps * synapses,
            parameters=weights,
            reads=steps * weights,
            inputs=steps * pre,
            outputs=steps * post,
            launches=steps,
        )
    share = activity.get(edge.source, 0.0) if isinstance(activity, Mapping) else activity
    if not 0 <= share <= 1:
        raise GraphError(f"activity {share!r} of {edge.source}: expected a share, 0 to 1")
    events = round(steps * synapses * share)
    return _events([edge], events, graded=source.dynamics.graded, launches=steps)


def _measured(graph: Graph, run: Recording, steps: int) -> list[Layer]:
    """The synaptic events of a run, of all projections together."""
    if not graph.edges:
        return []
    events = round(run.counts.total("synaptic_events") / run.trials * steps / run.steps)
    graded = any(node.dynamics.graded for node in graph.nodes)
    return [_events(graph.edges, events, graded=graded, launches=steps * len(graph.edges))]


def _events(
    edges: list[Edge] | tuple[Edge, ...], events: int, *, graded: bool, launches: int
) -> Layer:
    """Events that each pass one synapse."""
    stored = sum(edge.weights.shared_weights or edge.weights.synapses for edge in edges)
    full = all(edge.weights.synapses == math.prod(edge.weights.shape) for edge in edges)
    shared = all(edge.weights.shared_weights is not None for edge in edges)
    each = 1 if full or shared else 2  # a weight, and where it goes
    return Layer(
        kind="events",
        name=edges[0].name if len(edges) == 1 else f"{len(edges)} projections",
        macs=events if graded else 0,
        operations=0 if graded else events,
        parameters=stored * each,
        reads=events * each,
        shared=False,
        inputs=events,
        outputs=events,
        launches=launches,
    )
