"""Between which integers the value of an integer function stays, given where its arguments stay.

Every rule is exact for a single call: its ends are values that are taken, or 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import TypeAlias

__all__ = ["RULES", "Span", "hull"]

Span: TypeAlias = tuple[int, int]


def hull(*spans: Span) -> Span:
    """The smallest span that holds all of them."""
    return min(low for low, _ in spans), max(high for _, high in spans)


def _add(x: Span, y: Span) -> Span:
    return x[0] + y[0], x[1] + y[1]


def _subtract(x: Span, y: Span) -> Span:
    return x[0] - y[1], x[1] - y[0]


def _multiply(x: Span, y: Span) -> Span:
    corners = [a * b for a, b in product(x, y)]
    return min(corners), max(corners)


def _shift(x: Span, bits: Span) -> Span:
    def moved(value: int, by: int) -> int:
        return value << by if by >= 0 else (value + (1 << (-by - 1))) >> -by

    corners = [moved(a, b) for a, b in product(x, bits)]
    return min(corners), max(corners)


def _shift_down(x: Span, bits: Span) -> Span:
    corners = [a >> b for a, b in product(x, bits)]
    return min(corners), max(corners)


def _decay(x: Span, keep: Span) -> Span:
    """Towards 0, so that 0 is among the ends where both signs are not."""
    corners = [(abs(a) * k >> 12) * (1 if a >= 0 else -1) for a, k in product(x, keep)]
    return min(corners), max(corners)


def _saturate(x: Span, bits: Span) -> Span:
    top = (1 << (bits[1] - 1)) - 1
    return max(min(x[0], top), -top), max(min(x[1], top), -top)


def _wrap(x: Span, bits: Span) -> Span:
    half = 1 << (bits[1] - 1)
    return x if x[0] >= -half and x[1] < half else (-half, half - 1)


def _clip(x: Span, low: Span, high: Span) -> Span:
    return _least(_most(x, low), high)


def _where(_flag: Span, x: Span, y: Span) -> Span:
    return hull(x, y)


def _least(x: Span, y: Span) -> Span:
    return min(x[0], y[0]), min(x[1], y[1])


def _most(x: Span, y: Span) -> Span:
    return max(x[0], y[0]), max(x[1], y[1])


def _negative(x: Span) -> Span:
    return -x[1], -x[0]


def _size(x: Span) -> Span:
    ends = abs(x[0]), abs(x[1])
    return (0 if x[0] <= 0 <= x[1] else min(ends)), max(ends)


def _sign(x: Span) -> Span:
    return (x[0] > 0) - (x[0] < 0), (x[1] > 0) - (x[1] < 0)


RULES: Mapping[str, Callable[..., Span]] = {
    "abs": _size,
    "add": _add,
    "clip": _clip,
    "decay": _decay,
    "max": _most,
    "min": _least,
    "mul": _multiply,
    "neg": _negative,
    "saturate": _saturate,
    "shift": _shift,
    "shiftdown": _shift_down,
    "sign": _sign,
    "sub": _subtract,
    "where": _where,
    "wrap": _wrap,
}
