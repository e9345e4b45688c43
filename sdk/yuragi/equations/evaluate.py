"""A tree's value on NumPy arrays: the definition that every compiled form is held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.functions import FUNCTIONS
from yuragi.equations.tree import Draw, Expression, Name, Number

__all__ = ["evaluate"]

Array = NDArray[Any]


def _no_draw(index: int) -> Array:
    raise LookupError(f"draw {index} has no value here")


def evaluate(
    expression: Expression,
    values: Mapping[str, Array],
    *,
    draw: Callable[[int], Array] = _no_draw,
    integer: bool = False,
) -> Array:
    """The value of a tree.

    values: an array for each name; they broadcast against one another.
    draw: the uniform draws of this step by index.
    integer: whether constants are int64 instead of float64.
    """
    if isinstance(expression, Number):
        return np.asarray(int(expression.value) if integer else expression.value)
    if isinstance(expression, Name):
        return np.asarray(values[expression.id])
    if isinstance(expression, Draw):
        return draw(expression.index)
    args = [evaluate(arg, values, draw=draw, integer=integer) for arg in expression.args]
    return np.asarray(FUNCTIONS[expression.function].numpy(*args))
