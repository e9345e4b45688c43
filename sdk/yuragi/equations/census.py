"""How many operations of each kind a unit's update takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from yuragi.equations.functions import FUNCTIONS
from yuragi.equations.system import System
from yuragi.equations.tree import Call, Draw, Expression, walk

__all__ = ["called", "calls_of", "census"]


def _count(expression: Expression) -> Counter[str]:
    found: Counter[str] = Counter()
    for node in walk(expression):
        if isinstance(node, Call):
            found[FUNCTIONS[node.function].cost] += 1
        elif isinstance(node, Draw):
            found["draw"] += 1
    return found


def _all(system: System) -> list[Expression]:
    lines = (*system.bindings, *system.updates, *system.derivatives, *system.reset)
    trees = [expression for _, expression in lines]
    return trees if system.threshold is None else [*trees, system.threshold]


def calls_of(trees: Iterable[Expression]) -> frozenset[str]:
    """The functions that occur in trees."""
    nodes = (node for tree in trees for node in walk(tree))
    return frozenset(node.function for node in nodes if isinstance(node, Call))


def called(system: System) -> frozenset[str]:
    """The functions that occur anywhere in the equations."""
    return calls_of(_all(system))


def census(system: System) -> dict[str, int]:
    """Operations of one update of one unit, without the reset, by class of cost.

    Classes: add, mul, div, compare, select, logic, shift, table, transcendental, draw.
    A binding counts once, however often it is used.
    """
    total: Counter[str] = Counter()
    for _, expression in (*system.bindings, *system.updates, *system.derivatives):
        total += _count(expression)
    if system.threshold is not None:
        total += _count(system.threshold)
    return dict(sorted(total.items()))
