"""Functions and normal noise as reads of tables, in integers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.evaluate import evaluate
from yuragi.equations.tables import make_tables, normal_table
from yuragi.equations.tree import Call, Draw, Expression, Name, Number, names, rewrite, walk
from yuragi.equations.words import Fixed, Word

__all__ = [
    "DRAW_BITS",
    "factor",
    "match_normal",
    "normal_call",
    "table_call",
    "without_normal",
]

Array = NDArray[Any]
Keep = Callable[[tuple[int, ...]], Name]
DRAW_BITS = 16
# The least argument, as a part of the largest: log has no value at 0.
_LEAST = {"sqrt": 0.0, "log": 2.0**-10}


def table_call(function: str, scale: float, x: Fixed, word: Word, keep: Keep) -> tuple[Fixed, str]:
    """f(scale x) read from tables over the range of x, and the error of that in words.

    A range that a margin carried below 0 ends where sqrt and log do.
    keep: holds a table and gives its name.
    """
    low, high = _defined(function, scale, x.low, x.high)
    tables = make_tables(
        function,
        scale=scale,
        low=low,
        high=high,
        fraction=x.fraction,
        segments=word.segments,
    )
    bottom = min(float(table.knots.min()) for table in tables)
    top = max(float(table.knots.max()) for table in tables)
    fraction = word.state_fraction(bottom, top)
    read: Expression | None = None
    for table in reversed(tables):
        found = Call("lookup", (keep(table.integers(fraction)), x.expression))
        edge = Number(float(table.first + (table.segments << table.width)))
        below = Call("lt", (x.expression, edge))
        read = found if read is None else Call("where", (below, found, read))
    error = max(table.error(function, scale, fraction) for table in tables)
    segments = "+".join(str(table.segments) for table in tables)
    note = (
        f"{function} over [{scale * low:.3g}, {scale * high:.3g}] in a table of {segments} "
        f"segments, error {error / max(top - bottom, 1e-300):.2g} of its range, flat beyond"
    )
    if read is None:
        raise LookupError("no table was made")
    return Fixed(expression=read, fraction=fraction, low=bottom, high=top), note


def _defined(function: str, scale: float, low: float, high: float) -> tuple[float, float]:
    """The part of a range of x in which f(scale x) is defined, if there is one."""
    if function not in _LEAST or max(scale * low, scale * high) <= 0.0:
        return low, high
    if scale < 0.0:
        return low, min(high, _LEAST[function] * low)
    return max(low, _LEAST[function] * high), high


def normal_call(draws: tuple[Draw, Draw], word: Word, keep: Keep) -> tuple[Fixed, str]:
    """A standard normal variable: the sum of two reads of a table of its quantile."""
    table = normal_table(word.segments, DRAW_BITS)
    end = 2.0 * float(table.knots[-1])
    fraction = word.state_fraction(-end, end)
    name = keep(table.integers(fraction))
    bits = Number(float(DRAW_BITS))
    reads = tuple(Call("lookup", (name, Call("fixed", (draw, bits)))) for draw in draws)
    note = (
        f"normal() as two reads of a table of its quantile, {table.segments} segments, "
        f"within +-{end:.2f}"
    )
    return Fixed(expression=Call("add", reads), fraction=fraction, low=-end, high=end), note


def match_normal(expression: Expression) -> tuple[Draw, Draw] | None:
    """The draws of sqrt(-2 log(u1)) cos(2 pi u2), which is what normal() stands for."""
    match expression:
        case Call(
            "mul",
            (
                Call("sqrt", (Call("mul", (Number(-2.0), Call("log", (Draw() as radius,)))),)),
                Call("cos", (Call("mul", (Number(turn), Draw() as angle)),)),
            ),
        ) if turn == 2.0 * math.pi:
            return radius, angle
    return None


def without_normal(expression: Expression) -> Expression:
    """The tree with a draw for each normal(), which needs no function of its own."""

    def change(node: Expression) -> Expression:
        draws = match_normal(node)
        return draws[0] if draws else node

    return rewrite(expression, change)


def factor(expression: Expression, known: Mapping[str, Array]) -> tuple[Expression, float]:
    """(x, c) with expression = c x, as far as c is a single known number."""

    def is_known(part: Expression) -> bool:
        drawn = any(isinstance(node, Draw) for node in walk(part))
        return names(part) <= known.keys() and not drawn

    scale = 1.0
    while isinstance(expression, Call) and expression.function in ("mul", "div"):
        left, right = expression.args
        divided = expression.function == "div"
        constant = right if divided or is_known(right) else left
        if not is_known(constant):
            break
        value = np.asarray(evaluate(constant, known))
        if value.ndim or float(value) == 0.0:
            break
        scale *= 1.0 / float(value) if divided else float(value)
        expression = left if constant is right else right
    return expression, scale
