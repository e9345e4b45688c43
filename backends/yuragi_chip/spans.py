"""Between which integers every step of a unit's equations stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from yuragi.dynamics import Dynamics
from yuragi.equations.spans import RULES, Span
from yuragi.equations.tree import Call, Expression, Name, Number, is_flag

__all__ = ["Span", "fits"]

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
    if expression.function not in _INNER:
        raise _UnknownError
    inner = tuple(_INNER[expression.function](*args))
    value = RULES[expression.function](*args)
    if any(low < -_WORD or high >= _WORD for low, high in (*inner, value)):
        raise _UnknownError
    return value


def _nothing(*_args: Span) -> Iterator[Span]:
    return iter(())


def _shift(x: Span, bits: Span) -> Iterator[Span]:
    """The sum that it rounds."""
    by, same = bits
    if by != same or abs(by) >= _WORD.bit_length() - 1:
        raise _UnknownError
    if by < 0:
        half = 1 << (-by - 1)
        yield x[0] + half, x[1] + half


def _shift_down(_x: Span, bits: Span) -> Iterator[Span]:
    if bits[0] != bits[1] or not 0 <= bits[0] < _WORD.bit_length() - 1:
        raise _UnknownError
    return iter(())


def _decay(x: Span, keep: Span) -> Iterator[Span]:
    """In two halves, as `yuragi_chip.narrow` multiplies."""
    if keep[0] < 0:
        raise _UnknownError
    most = max(-x[0], x[1], 0)
    yield 0, most
    yield 0, ((1 << _DECAY) - 1) * keep[1]
    yield 0, (most >> _DECAY) * keep[1]


def _saturate(_x: Span, bits: Span) -> Iterator[Span]:
    if bits[1] > _WORD.bit_length():
        raise _UnknownError
    return iter(())


def _wrap(x: Span, bits: Span) -> Iterator[Span]:
    if bits[1] >= _WORD.bit_length():
        raise _UnknownError
    half = 1 << (bits[1] - 1)
    yield x[0] + half, x[1] + half


_INNER: Mapping[str, Callable[..., Iterator[Span]]] = {
    **dict.fromkeys(("abs", "add", "max", "min", "mul", "neg", "sub", "where"), _nothing),
    "decay": _decay,
    "saturate": _saturate,
    "shift": _shift,
    "shiftdown": _shift_down,
    "wrap": _wrap,
}
"""What a function computes on its way to its value."""
