"""The expression tree: numbers, names, noise draws and calls of known functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

__all__ = [
    "Call",
    "Draw",
    "Expression",
    "Name",
    "Number",
    "is_flag",
    "names",
    "rewrite",
    "substitute",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A state variable, parameter, port, algebraic variable or `dt`."""

    id: str


@dataclass(frozen=True, slots=True)
class Draw:
    """A uniform draw in (0, 1); `index` numbers the draws of one population."""

    index: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `yuragi.equations.functions` applied to expressions."""

    function: str
    args: tuple[Expression, ...]


Expression = Number | Name | Draw | Call


_FLAGS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})


def is_flag(expression: Expression) -> bool:
    """Whether the tree is a condition, not a number."""
    return isinstance(expression, Call) and expression.function in _FLAGS


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node of the tree, parents first."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Call):
            stack.extend(reversed(node.args))


def names(expression: Expression) -> frozenset[str]:
    """The names that occur in the tree."""
    return frozenset(node.id for node in walk(expression) if isinstance(node, Name))


def rewrite(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The tree with `change` applied to every node, leaves first."""
    if isinstance(expression, Call):
        args = tuple(rewrite(arg, change) for arg in expression.args)
        expression = Call(expression.function, args)
    return change(expression)


def substitute(expression: Expression, by: Mapping[str, Expression]) -> Expression:
    """The tree with names replaced by expressions."""

    def change(node: Expression) -> Expression:
        return by.get(node.id, node) if isinstance(node, Name) else node

    return rewrite(expression, change)
