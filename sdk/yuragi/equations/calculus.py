"""Derivatives, simplification and linear forms of trees."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from yuragi.equations.tree import Call, Expression, Name, Number, names, rewrite, substitute
from yuragi.errors import UnsupportedError

__all__ = ["derivative", "expand", "linear", "simplify"]

ZERO, ONE = Number(0.0), Number(1.0)


def _number(value: float) -> Callable[[Expression], bool]:
    return lambda node: isinstance(node, Number) and node.value == value


_is_zero, _is_one = _number(0.0), _number(1.0)


def _folded(function: str, x: float, y: float) -> Expression | None:
    """The number of an operation on two numbers; None where there is none."""
    if function == "div" and y == 0.0:
        return None
    value = x / y if function == "div" else {"add": x + y, "sub": x - y, "mul": x * y}[function]
    return Number(value) if math.isfinite(value) else None


def _simplify_pair(node: Call, x: Expression, y: Expression) -> Expression | None:
    """X + 0, x - 0, 0 - x, x 0, x 1, x / 1, 0 / x; None where nothing is to be had."""
    match node.function:
        case "add" if _is_zero(x) or _is_zero(y):
            return y if _is_zero(x) else x
        case "sub" if _is_zero(x) or _is_zero(y):
            return x if _is_zero(y) else Call("neg", (y,))
        case "mul" if _is_zero(x) or _is_zero(y):
            return ZERO
        case "mul" if _is_one(x) or _is_one(y):
            return y if _is_one(x) else x
        case "div" if _is_zero(x) or _is_one(y):
            return x
    return None


def _simplify(node: Expression) -> Expression:
    """One node whose arguments are simple already."""
    match node:
        case Call("add" | "sub" | "mul" | "div", (Number(x), Number(y))):
            return _folded(node.function, x, y) or node
        case Call("add" | "sub" | "mul" | "div", (left, right)):
            return _simplify_pair(node, left, right) or node
        case Call("neg", (Number(x),)):
            return Number(-x)
        case Call("neg", (Call("neg", (inner,)),)):
            return inner
    return node


def simplify(expression: Expression) -> Expression:
    """The tree without additions of 0, products with 0 and 1, and sums of numbers."""
    return rewrite(expression, _simplify)


def _product(x: Expression, y: Expression) -> Expression:
    return Call("mul", (x, y))


def _chain(outer: Callable[[Expression], Expression]) -> Callable[..., Expression]:
    """The rule of a function of one argument, from its derivative."""
    return lambda x, dx: _product(outer(x), dx)


def _exprel_slope(x: Expression, dx: Expression) -> Expression:
    """(e^x - exprel(x))/x, by its series 1/2 + x/3 + x^2/8 next to 0."""
    series = Call("add", (Call("div", (x, Number(3.0))), Number(0.5)))
    series = Call("add", (series, Call("div", (_product(x, x), Number(8.0)))))
    away = Call("div", (Call("sub", (Call("exp", (x,)), Call("exprel", (x,)))), x))
    near = Call("lt", (Call("abs", (x,)), Number(1e-4)))
    return _product(Call("where", (near, series, away)), dx)


_RULES: Mapping[str, Callable[..., Expression]] = {
    "add": lambda x, y, dx, dy: Call("add", (dx, dy)),
    "sub": lambda x, y, dx, dy: Call("sub", (dx, dy)),
    "mul": lambda x, y, dx, dy: Call("add", (_product(dx, y), _product(x, dy))),
    "div": lambda x, y, dx, dy: Call(
        "div", (Call("sub", (_product(dx, y), _product(x, dy))), _product(y, y))
    ),
    "neg": lambda x, dx: Call("neg", (dx,)),
    "where": lambda c, x, y, dc, dx, dy: Call("where", (c, dx, dy)),
    "exprel": _exprel_slope,
    "exp": _chain(lambda x: Call("exp", (x,))),
    "log": _chain(lambda x: Call("div", (ONE, x))),
    "sin": _chain(lambda x: Call("cos", (x,))),
    "cos": _chain(lambda x: Call("neg", (Call("sin", (x,)),))),
    "tanh": _chain(lambda x: Call("sub", (ONE, _product(Call("tanh", (x,)), Call("tanh", (x,)))))),
    "sigmoid": _chain(
        lambda x: _product(Call("sigmoid", (x,)), Call("sub", (ONE, Call("sigmoid", (x,)))))
    ),
}


def derivative(expression: Expression, name: str) -> Expression:
    """D expression / d name, simplified.

    Raises UnsupportedError for a function of `name` without a rule here.
    """
    if name not in names(expression):
        return ZERO
    if isinstance(expression, Name):
        return ONE
    if not isinstance(expression, Call) or expression.function not in _RULES:
        what = expression.function if isinstance(expression, Call) else "a draw"
        raise UnsupportedError(f"no derivative of {what} with respect to {name}")
    inner = tuple(derivative(arg, name) for arg in expression.args)
    return simplify(_RULES[expression.function](*expression.args, *inner))


def expand(expression: Expression, bindings: Iterable[tuple[str, Expression]]) -> Expression:
    """The tree with algebraic variables replaced by what they stand for."""
    done: dict[str, Expression] = {}
    for name, value in bindings:
        done[name] = substitute(value, done)
    return substitute(expression, done)


def linear(
    expression: Expression, variables: Iterable[str]
) -> tuple[dict[str, Expression], Expression] | None:
    """(coefficients, rest) with expression = sum coefficient * variable + rest; None if not linear.

    Coefficients and rest hold none of the variables.
    """
    listed = tuple(variables)
    coefficients = {}
    for name in listed:
        try:
            slope = derivative(expression, name)
        except UnsupportedError:
            return None
        if names(slope) & set(listed):
            return None
        coefficients[name] = slope
    rest = simplify(substitute(expression, dict.fromkeys(listed, ZERO)))
    return coefficients, rest
