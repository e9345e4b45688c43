"""Derivatives of expressions that may step: a step is flat wherever it has a slope at all."""

from __future__ import annotations

from yuragi.equations.calculus import derivative
from yuragi.equations.tree import Call, Expression, Name, rewrite

__all__ = ["partial"]

_FLAT = frozenset({"and", "eq", "floor", "ge", "gt", "heaviside", "le", "lt", "ne", "not", "or"})
_FLAT |= {"sign"}


def partial(expression: Expression, name: str) -> Expression:
    """The derivative by a name, where comparisons and `heaviside` have the slope 0.

    Errors: UnsupportedError for functions without a derivative.
    """
    steps: dict[str, Expression] = {}

    def flat(node: Expression) -> Expression:
        """A step by a name of its own; a rectifier is a step times its argument."""
        if not isinstance(node, Call) or node.function not in {*_FLAT, "relu"}:
            return node
        risen, rectified = Name(f"step{len(steps)}_"), node.function == "relu"
        steps[risen.id] = Call("heaviside", node.args) if rectified else node
        return Call("mul", (risen, node.args[0])) if rectified else risen

    def risen_again(node: Expression) -> Expression:
        known = isinstance(node, Name) and node.id in steps
        return rewrite(steps[node.id], risen_again) if known else node  # type: ignore[union-attr]

    return rewrite(derivative(rewrite(expression, flat), name), risen_again)
