"""Which of a chip's integers fit 32 bits, so that they need no more memory than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.equations.tree import Call, Expression, Name, Number
from yuragi.graph import Edge, Graph, Node
from yuragi_chip.columns import Synapses

__all__ = ["ring_word", "state_word"]

_LARGEST = 2**31 - 1


def state_word(node: Node) -> str:
    """int32 where every update and reset saturates within it; int64 or float64 else."""
    dynamics = node.dynamics
    if not dynamics.integer:
        return "float64"
    system = dynamics.system
    written = [expression for _, expression in (*system.updates, *system.reset)]
    found = [_largest(expression, dynamics, {}) for expression in written]
    found += [_most(value) for value in node.initial.values()]
    return "int32" if all(f is not None and f <= _LARGEST for f in found) else "int64"


def ring_word(graph: Graph, node: Node, weights: Sequence[Synapses]) -> str:
    """int32 where no sum that can arrive at a port leaves it; int64 or float64 else."""
    if not node.dynamics.integer:
        return "float64"
    for port in node.dynamics.ports:
        sums = [
            _sum(graph, edge, held)
            for edge, held in zip(graph.edges, weights, strict=True)
            if (edge.target, edge.port) == (node.name, port)
        ]
        given = [s for s in graph.stimuli if (s.target, s.port) == (node.name, port)]
        known = [found for found in sums if found is not None]
        total = sum(known) + sum(_most(stimulus.values) for stimulus in given)
        if len(known) < len(sums) or total > _LARGEST:
            return "int64"
    return "int32"


def _sum(graph: Graph, edge: Edge, held: Synapses) -> int | None:
    """The most that a unit can receive over an edge: inputs times weight times what is sent."""
    dynamics = graph.node(edge.source).dynamics
    sent = 1 if dynamics.output is None else _largest(Name(dynamics.output), dynamics, {})
    if sent is None or edge.plasticity is not None:
        return None
    return held.heaviest * sent << edge.shift


def _most(values: NDArray[Any]) -> int:
    return max(abs(int(values.min())), abs(int(values.max()))) if values.size else 0


def _largest(expression: Expression, dynamics: Dynamics, seen: Mapping[str, None]) -> int | None:
    """The largest |value| that an expression can take; None where the text does not say."""
    match expression:
        case Number(value):
            return abs(int(value))
        case Call("saturate", (_, Number(bits))):
            return int(2 ** (int(bits) - 1)) - 1
        case Call("wrap", (_, Number(bits))):
            return int(2 ** (int(bits) - 1))
        case Call("lookup", (Name(table), _)):
            return max(abs(value) for value in dynamics.tables[table][2:])
        case Call("max", (Call("min", (_, Number(high))), Number(low))):
            return max(abs(int(high)), abs(int(low)))
        case Name(name) if name not in seen:
            meaning = dict((*dynamics.system.bindings, *dynamics.system.updates))
            if name in meaning:
                return _largest(meaning[name], dynamics, {**seen, name: None})
    return None
