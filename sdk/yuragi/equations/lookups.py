"""Functions and normal noise as reads of tables, in integers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.evaluate import evaluate
from yuragi.equations.system import Assignments
from yuragi.equations.tables import Curve, make_tables, normal_table
from yuragi.equations.text import to_text
from yuragi.equations.tree import (
    Call,
    Draw,
    Expression,
    Name,
    Number,
    is_flag,
    names,
    rewrite,
    substitute,
    walk,
)
from yuragi.equations.words import Fixed, Word
from yuragi.errors import UnsupportedError

__all__ = [
    "DRAW_BITS",
    "factor",
    "match_normal",
    "normal_call",
    "table_call",
    "whole_curve",
    "without_normal",
]

Array = NDArray[Any]
Keep = Callable[[tuple[int, ...]], Name]
DRAW_BITS = 16
_NEAR = 2.0**-20
_WORST = 2.0**-4


def table_call(curve: Curve, x: Fixed, word: Word, keep: Keep) -> tuple[Fixed, str]:
    """A curve read from tables over the range of x, and the error of that in words.

    A range that a margin carried below 0 ends where sqrt and log do.
    keep: holds a table and gives its name.
    """
    low, high = curve.defined(x.low, x.high)
    tables = make_tables(curve, low=low, high=high, fraction=x.fraction, segments=word.segments)
    bottom = min(float(table.knots.min()) for table in tables)
    top = max(float(table.knots.max()) for table in tables)
    fraction = word.state_fraction(bottom, top)
    read: Expression | None = None
    for table in reversed(tables):
        found = Call("lookup", (keep(table.integers(fraction)), x.expression))
        edge = Number(float(table.first + (table.segments << table.width)))
        below = Call("lt", (x.expression, edge))
        read = found if read is None else Call("where", (below, found, read))
    error = max(table.error(curve, fraction) for table in tables)
    if error > _WORST * max(-bottom, top):
        raise UnsupportedError(
            f"{curve.name} goes from {bottom:.3g} to {top:.3g}: too little for {fraction} fraction "
            "bits; other units would fit"
        )
    segments = "+".join(str(table.segments) for table in tables)
    low, high = sorted((curve.scale * low, curve.scale * high))
    note = (
        f"{curve.name} over [{low:.3g}, {high:.3g}] in a table of {segments} segments, "
        f"error {error / max(top - bottom, 1e-300):.2g} of its range, flat beyond"
    )
    if read is None:
        raise LookupError("no table was made")
    return Fixed(expression=read, fraction=fraction, low=bottom, high=top), note


def whole_curve(call: Call, known: Mapping[str, Array], bindings: Assignments) -> tuple[str, Curve]:
    """The one name that an expression depends on, and the curve that it is of that name.

    Where it is 0/0 it has the limit of what is around. Raises UnsupportedError where it depends on
    more than one name, also with `bindings` of one name written out, or units differ in constants.
    """

    def free(tree: Expression) -> frozenset[str]:
        return names(tree) - known.keys()

    tree: Expression = call
    for name, line in reversed(bindings):
        if len(free(tree)) > 1 and name in names(tree) and len(free(line)) == 1:
            tree = substitute(tree, {name: line})
    shared = all(known[name].ndim == 0 for name in names(tree) - free(tree))
    drawn = any(isinstance(node, Draw) for node in walk(tree))
    if len(free(tree)) != 1 or not shared or drawn or is_flag(tree):
        raise UnsupportedError(f"{to_text(call)} is no function of one name that all units share")
    (argument,) = free(tree)

    def values(x: Array) -> Array:
        def at(places: Array) -> Array:
            found = evaluate(tree, {**known, argument: places})
            return np.broadcast_to(found, places.shape)

        found = at(x)
        apart = _NEAR * max(float(np.ptp(x)), _NEAR)
        return np.where(np.isfinite(found), found, (at(x - apart) + at(x + apart)) / 2.0)

    return argument, Curve(name=to_text(tree), values=values)


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
    while isinstance(expression, Call) and expression.function in ("mul", "div", "neg"):
        if expression.function == "neg":
            scale, expression = -scale, expression.args[0]
            continue
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
