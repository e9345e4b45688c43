"""What Brian2 cannot run, found before a run, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from yuragi.dynamics import Dynamics
from yuragi.equations.functions import FUNCTIONS
from yuragi.errors import UnsupportedError
from yuragi.graph import Edge, Graph, Node
from yuragi.plasticity import Plasticity
from yuragi_brian2.functions import CPP, INTEGER

__all__ = ["DECLARED", "check"]

_OPERATORS = {name for name, known in FUNCTIONS.items() if known.infix}
_OPERATORS |= {"and", "lookup", "neg", "not", "or"}
DECLARED: tuple[str, ...] = (
    "differential equations without dt: Brian2 integrates in seconds",
    "one projection between integers and floats: a sum is one or the other",
    "a projection that learns between integers and floats, or that has no synapse",
)
"""Declared in the backend's capabilities."""


def check(graph: Graph) -> tuple[str, ...]:
    """Lines for the log.

    Raises UnsupportedError with everything that stands against the graph.
    """
    found = [reason for node in graph.nodes for reason in _against(graph, node)]
    found += [
        f"{edge.name}: floats cannot add up in integers"
        for edge in graph.edges
        if graph.node(edge.target).dynamics.integer and edge.weights.dtype.kind == "f"
    ]
    found += [
        reason
        for edge in graph.edges
        if edge.plasticity is not None
        for reason in _against_rule(graph, edge, edge.plasticity)
    ]
    if found:
        raise UnsupportedError("; ".join(found), found)
    return (
        *(
            f"{node.name}: {node.size:,} units, "
            + (f"Brian2's {node.dynamics.method}" if _integrated(node) else "one map a step")
            for node in graph.order()
        ),
        f"{len(graph.edges)} projection(s), {graph.synapses:,} synapses",
    )


def _integrated(node: Node) -> bool:
    return bool(node.dynamics.system.derivatives)


def _against(graph: Graph, node: Node) -> Iterator[str]:
    """What stands against a population."""
    if _integrated(node) and graph.dt is None:
        yield (
            f"{node.name}: differential equations need dt; give Network(dt=...) or "
            "compile(dt=...) in seconds"
        )
    yield from _strange(node.name, node.dynamics)


def _against_rule(graph: Graph, edge: Edge, rule: Plasticity) -> Iterator[str]:
    """What stands against a projection that learns."""
    yield from _strange(f"{edge.name}: {rule.name}", rule.dynamics)
    if graph.node(edge.source).dynamics.integer != rule.integer:
        yield f"{edge.name}: {rule.name} and {edge.source}: one only is in integers"
    if not edge.weights.csr().nnz:
        yield f"{edge.name}: no synapse that could learn"


def _strange(what: str, dynamics: Dynamics) -> Iterator[str]:
    """The functions of a text that have no form in Brian2."""
    known = INTEGER.keys() if dynamics.integer else CPP.keys()
    strange = sorted(dynamics.functions - known - _OPERATORS)
    if strange:
        yield f"{what}: {', '.join(strange)} has no form in Brian2"
