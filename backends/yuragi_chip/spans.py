"""Between which integers every step of a unit's equations stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import TypeAlias

from yuragi.dynamics import Dynamics
from yuragi.equations.tree import Call, Expression, Name, Number, is_flag

__all__ = ["Span", "fits"]

Span: TypeAlias = tuple[int, int]
_WORD = 2**31
_DECAY = 12


def fits(dynamics: Dynamics, known: Mapping[str, Span]) -> bool:
    """Whether no value, product or sum of the equations leaves 32 bits.

    known: where states, ports and parameters stay.
    """
    system = dynamics.system
    lines = [*system.bindings, *system.updates, *system.reset]
    if system.threshold is not None:
        lines.append(("", system.threshold))
    spans = dict(known)
    try:
        for name, expression in lines:
            found = _span(expression, spans)
            spans.setdefault(name, found)
    except _UnknownError:
        return False
    return all(low >= -_WORD and high < _WORD for low, high in spans.values())


class _UnknownError(Exception):
    """A function, a name or a number whose span is not known, or one beyond 32 bits."""


def _span(expression: Expression, spans: Mapping[str, Span]) -> Span:
    if isinstance(expression, Number) and expression.value == int(expression.value):
        return int(expression.value), int(expression.value)
    if isinstance(expression, Name) and expression.id in spans:
        return spans[expression.id]
    if not isinstance(expression, Call):
        raise _UnknownError
    args = [_span(arg, spans) for arg in expression.args]
    if is_flag(expression):
        return 0, 1
    if expression.function not in _RULES:
        raise _UnknownError
    steps = tuple(_RULES[expression.function](*args))
    if any(low < -_WORD or high >= _WORD for low, high in steps):
        raise _UnknownError
    return steps[-1]


def _add(x: Span, y: Span) -> Iterator[Span]:
    yield x[0] + y[0], x[1] + y[1]


def _subtract(x: Span, y: Span) -> Iterator[Span]:
    yield x[0] - y[1], x[1] - y[0]


def _multiply(x: Span, y: Span) -> Iterator[Span]:
    corners = [a * b for a, b in product(x, y)]
    yield min(corners), max(corners)


def _shift(x: Span, bits: Span) -> Iterator[Span]:
    """With the sum that it rounds."""
    by, same = bits
    if by != same or abs(by) >= _WORD.bit_length() - 1:
        raise _UnknownError
    if by >= 0:
        yield x[0] << by, x[1] << by
        return
    half = 1 << (-by - 1)
    yield x[0] + half, x[1] + half
    yield (x[0] + half) >> -by, (x[1] + half) >> -by


def _shift_down(x: Span, bits: Span) -> Iterator[Span]:
    by, same = bits
    if by != same or not 0 <= by < _WORD.bit_length() - 1:
        raise _UnknownError
    yield x[0] >> by, x[1] >> by


def _decay(x: Span, keep: Span) -> Iterator[Span]:
    """In two halves, as `yuragi_chip.narrow` multiplies."""
    if keep[0] < 0:
        raise _UnknownError
    most = max(-x[0], x[1], 0)
    yield 0, most
    yield 0, ((1 << _DECAY) - 1) * keep[1]
    yield 0, (most >> _DECAY) * keep[1]
    whole = (most * keep[1]) >> _DECAY
    yield -whole, whole


def _saturate(_x: Span, bits: Span) -> Iterator[Span]:
    if bits[1] > _WORD.bit_length():
        raise _UnknownError
    top = (1 << (bits[1] - 1)) - 1
    yield -top, top


def _wrap(x: Span, bits: Span) -> Iterator[Span]:
    if bits[1] >= _WORD.bit_length():
        raise _UnknownError
    half = 1 << (bits[1] - 1)
    yield x[0] + half, x[1] + half
    yield -half, half - 1


def _where(_flag: Span, x: Span, y: Span) -> Iterator[Span]:
    yield min(x[0], y[0]), max(x[1], y[1])


def _least(x: Span, y: Span) -> Iterator[Span]:
    yield min(x[0], y[0]), min(x[1], y[1])


def _most(x: Span, y: Span) -> Iterator[Span]:
    yield max(x[0], y[0]), max(x[1], y[1])


def _negative(x: Span) -> Iterator[Span]:
    yield -x[1], -x[0]


def _size(x: Span) -> Iterator[Span]:
    top = max(abs(x[0]), abs(x[1]))
    yield -top, top


_RULES: Mapping[str, Callable[..., Iterator[Span]]] = {
    "abs": _size,
    "add": _add,
    "decay": _decay,
    "max": _most,
    "min": _least,
    "mul": _multiply,
    "neg": _negative,
    "saturate": _saturate,
    "shift": _shift,
    "shiftdown": _shift_down,
    "sub": _subtract,
    "where": _where,
    "wrap": _wrap,
}
