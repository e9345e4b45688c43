"""Between which numbers the value of an expression stays, given where its names stay.

Ends are arrays, an interval for each element. What a rule does not bound is unbounded, never wrong:
ends that are not numbers, as of 0 times infinity, count as infinite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from itertools import product
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.functions import FUNCTIONS
from yuragi.equations.tree import Draw, Expression, Name, Number

__all__ = ["Interval", "interval"]

Array = NDArray[Any]
Interval: TypeAlias = tuple[Array, Array]
_EVERYTHING = (np.asarray(-np.inf), np.asarray(np.inf))
_RISING = (
    "exp", "exprel", "floor", "heaviside", "log", "max", "min", "relu", "sigmoid", "sign", "sqrt",
    "tanh",
)  # fmt: skip


def interval(expression: Expression, spans: Mapping[str, Interval]) -> Interval:
    """The ends of an expression's value.  spans: of every name that it has"""
    if isinstance(expression, Number):
        return np.asarray(expression.value), np.asarray(expression.value)
    if isinstance(expression, Name):
        return spans[expression.id]
    if isinstance(expression, Draw):
        return np.asarray(0.0), np.asarray(1.0)
    rule = _RULES.get(expression.function)
    if rule is None:
        return _EVERYTHING
    with np.errstate(all="ignore"):
        if expression.function == "mul" and expression.args[0] == expression.args[1]:
            low, high = _square(interval(expression.args[0], spans))
        else:
            low, high = rule(*(interval(arg, spans) for arg in expression.args))
    return np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)


def _rising(function: str) -> Callable[..., Interval]:
    meaning = FUNCTIONS[function].numpy

    def rule(*args: Interval) -> Interval:
        return meaning(*(low for low, _ in args)), meaning(*(high for _, high in args))

    return rule


def _add(x: Interval, y: Interval) -> Interval:
    return x[0] + y[0], x[1] + y[1]


def _subtract(x: Interval, y: Interval) -> Interval:
    return x[0] - y[1], x[1] - y[0]


def _multiply(x: Interval, y: Interval) -> Interval:
    corners = [a * b for a, b in product(x, y)]
    return reduce(np.minimum, corners), reduce(np.maximum, corners)


def _square(x: Interval) -> Interval:
    low, high = _size(x)
    return low * low, high * high


def _divide(x: Interval, y: Interval) -> Interval:
    through = (y[0] <= 0.0) & (y[1] >= 0.0)
    low, high = _multiply(x, (1.0 / y[1], 1.0 / y[0]))
    return np.where(through, -np.inf, low), np.where(through, np.inf, high)


def _negative(x: Interval) -> Interval:
    return -x[1], -x[0]


def _size(x: Interval) -> Interval:
    inside = (x[0] <= 0.0) & (x[1] >= 0.0)
    low, high = np.abs(x[0]), np.abs(x[1])
    return np.where(inside, 0.0, np.minimum(low, high)), np.maximum(low, high)


def _clip(x: Interval, low: Interval, high: Interval) -> Interval:
    return (
        np.minimum(np.maximum(x[0], low[0]), high[0]),
        np.minimum(np.maximum(x[1], low[1]), high[1]),
    )


def _either(_flag: Interval, x: Interval, y: Interval) -> Interval:
    return np.minimum(x[0], y[0]), np.maximum(x[1], y[1])


def _turning(_x: Interval) -> Interval:
    return np.asarray(-1.0), np.asarray(1.0)


_RULES: Mapping[str, Callable[..., Interval]] = {
    "abs": _size,
    "add": _add,
    "clip": _clip,
    "cos": _turning,
    "div": _divide,
    "mul": _multiply,
    "neg": _negative,
    "sin": _turning,
    "sub": _subtract,
    "where": _either,
    **{function: _rising(function) for function in _RISING},
}
