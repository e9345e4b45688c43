"""Which of a chip's integers fit 32 bits, so that they need no more than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.equations.tree import Call, Expression, Name, Number
from yuragi.graph import Edge, Graph, Node
from yuragi_chip.columns import Synapses
from yuragi_chip.spans import Span, fits

__all__ = ["computed_in", "given_word", "only_counts", "ring_word", "state_word"]

_LARGEST = 2**31 - 1
_COUNTED = 2**30


def state_word(node: Node, steps: int) -> str:
    """int32 where every update and reset saturates within it; int64 or float64 else."""
    if not node.dynamics.integer:
        return "float64"
    found = [_state(node, name, steps) for name in node.dynamics.system.states]
    return "int32" if all(f is not None and f <= _LARGEST for f in found) else "int64"


def ring_word(graph: Graph, node: Node, weights: Sequence[Synapses]) -> str:
    """int16 or int32 where no sum that can arrive at a port leaves it; int64 or float64 else."""
    if not node.dynamics.integer:
        return "float64"
    sums = [_arriving(graph, node, port, weights) for port in node.dynamics.ports]
    known = [s for s in sums if s is not None]
    if len(known) < len(sums):
        return "int64"
    most = max(known, default=0)
    return _shortest(most)


def given_word(node: Node) -> str:
    """int16 or int32 where all parameters with a value for each unit fit; int64 or float64 else."""
    if not node.dynamics.integer:
        return "float64"
    most = max((_most(value) for value in node.parameters.values() if value.ndim), default=0)
    return _shortest(most)


def computed_in(graph: Graph, node: Node, weights: Sequence[Synapses], steps: int) -> str:
    """int32 where no step of an update can leave it; int64 or float64 else."""
    dynamics = node.dynamics
    if not dynamics.integer:
        return "float64"
    most = {name: _state(node, name, steps) for name in dynamics.system.states}
    most |= {port: _arriving(graph, node, port, weights) for port in dynamics.ports}
    known: dict[str, Span] = {
        name: (int(value.min()), int(value.max())) for name, value in node.parameters.items()
    }
    for name, found in most.items():
        if found is None:
            return "int64"
        known[name] = (-found, found)
    return "int32" if _fits(dynamics, tuple(known.items())) else "int64"


@lru_cache(maxsize=256)
def _fits(dynamics: Dynamics, known: tuple[tuple[str, Span], ...]) -> bool:
    return fits(dynamics, dict(known))


def _shortest(most: int) -> str:
    return "int16" if most < 2**15 else "int32" if most <= _LARGEST else "int64"


def _state(node: Node, name: str, steps: int) -> int | None:
    """The largest |value| of a state; None where the text does not say."""
    found = _assigned(node.dynamics, name)
    if only_counts(node.dynamics, name):
        most = _most(node.initial[name]) + steps * len(found)
        return most if most <= _COUNTED else None
    known = [f for f in found if f is not None]
    return max([*known, _most(node.initial[name])]) if len(known) == len(found) else None


@lru_cache(maxsize=1024)
def _assigned(dynamics: Dynamics, name: str) -> tuple[int | None, ...]:
    """The largest |value| of each assignment to a state; None where the text does not say."""
    return tuple(_largest(tree, dynamics, {}) for tree in _written(dynamics, name))


@lru_cache(maxsize=1024)
def only_counts(dynamics: Dynamics, name: str) -> bool:
    """Whether a state is a tally that each assignment makes grow by at most 1."""
    written = _written(dynamics, name)
    return name in dynamics.tallies and all(_counts(name, tree) for tree in written)


def _written(dynamics: Dynamics, name: str) -> list[Expression]:
    system = dynamics.system
    return [tree for own, tree in (*system.updates, *system.reset) if own == name]


def _counts(name: str, expression: Expression) -> bool:
    """Whether an assignment makes a state grow by at most 1."""
    match expression:
        case Name(own):
            return own == name
        case Call("add", (Name(own), Call("where", (_, Number(1), Number(0))))):
            return own == name
    return False


def _arriving(graph: Graph, node: Node, port: str, weights: Sequence[Synapses]) -> int | None:
    """The most that can arrive at a port; None where a sender's text does not say."""
    sums = [
        _sum(graph, edge, held)
        for edge, held in zip(graph.edges, weights, strict=True)
        if (edge.target, edge.port) == (node.name, port)
    ]
    given = [s for s in graph.stimuli if (s.target, s.port) == (node.name, port)]
    known = [found for found in sums if found is not None]
    if len(known) < len(sums):
        return None
    return sum(known) + sum(_most(stimulus.values) for stimulus in given)


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
