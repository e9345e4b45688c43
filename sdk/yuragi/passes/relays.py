"""Relay populations: delays beyond what a chip's axons hold, exactly, a population in between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse

from yuragi.dynamics import Dynamics
from yuragi.graph import Edge, Graph, Node
from yuragi.wiring.maps import Sparse

__all__ = ["with_relays"]

_GRADED = Dynamics(name="relay", equations="y = i", ports=("i",), output="y")
# Of the form that a current-based leaky integrate-and-fire unit has too.
_SPIKING = Dynamics(
    name="spike_repeater",
    equations="v(t+1) = 0*v + i",
    ports=("i",),
    threshold="v > 0.5",
    reset="v = 0",
)


def with_relays(graph: Graph, longest: int) -> tuple[Graph, tuple[str, ...]]:
    """The graph without a delay above `longest`, and the names of the relays.

    A delay of d becomes (d-1) // longest relays in a chain, shared by all projections of a source,
    each `longest` steps late, and the rest on the last projection. What arrives, and when, stays.
    """
    nodes = {node.name: node for node in graph.nodes}
    chains: dict[str, list[str]] = {}
    edges: list[Edge] = []
    added: list[Edge] = []
    for edge in graph.edges:
        links = (edge.delay - 1) // longest if edge.delay > longest else 0
        chain = chains.setdefault(edge.source, [])
        source = nodes[edge.source]
        while len(chain) < links:
            relay = _relay(source, len(chain) + 1, set(nodes))
            before = chain[-1] if chain else edge.source
            identity = scipy.sparse.csr_array(scipy.sparse.eye_array(source.size))
            added.append(
                Edge(
                    source=before,
                    target=relay.name,
                    port="i",
                    weights=Sparse(identity),
                    delay=longest,
                )
            )
            nodes[relay.name] = relay
            chain.append(relay.name)
        if links:
            edge = replace(edge, source=chain[links - 1], delay=edge.delay - links * longest)  # noqa: PLW2901
        edges.append(edge)
    relays = tuple(name for chain in chains.values() for name in chain)
    return replace(graph, nodes=tuple(nodes.values()), edges=(*edges, *added)), relays


def _relay(source: Node, number: int, taken: set[str]) -> Node:
    name = f"{source.name}-relay{number}"
    while name in taken:
        name += "x"
    dynamics = _GRADED if source.dynamics.graded else _SPIKING
    initial = {state: np.asarray(0.0) for state in dynamics.system.states}
    return Node(
        name=name,
        size=source.size,
        dynamics=dynamics,
        parameters={},
        initial=initial,
        latency=source.latency,
    )
