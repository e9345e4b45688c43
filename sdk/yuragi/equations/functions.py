"""The functions that equations may call: arity, meaning and cost of each.

The meaning is given once, in NumPy. exp, tanh, sigmoid and exprel are plain arithmetic
(`equations.exponential`); log, sin, cos and powers go through Python's `math`, element by element.
A compiled kernel does the same steps and calls the same C library, so that both give the same bits.
Integer functions take and return int64; they are what the `quantise` pass lowers to.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.exponential import exp, expm1, sigmoid, tanh

__all__ = [
    "FUNCTIONS",
    "Function",
    "decay",
    "fixed",
    "lookup",
    "power",
    "saturate",
    "shift",
    "shiftdown",
    "wrap",
]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of the language.

    arity: number of arguments.
    numpy: its meaning on arrays.
    cost: class of operation for the census: add, mul, div, compare, select, logic, shift, table or
        transcendental.
    infix: the Python operator, or None where it is written as a call.
    internal: whether only passes may use it, never a text.
    """

    arity: int
    numpy: Callable[..., Array]
    cost: str
    infix: str | None = None
    internal: bool = False


def _scalar(function: Callable[[float], float]) -> Callable[..., Array]:
    each = np.frompyfunc(function, 1, 1)

    def apply(x: Array) -> Array:
        return np.asarray(each(x), dtype=np.float64)

    return apply


def _log(x: float) -> float:
    if x > 0.0:
        return math.log(x)
    return -math.inf if x == 0.0 else math.nan


def _exprel(x: Array) -> Array:
    """(exp(x) - 1) / x, 1 at x = 0."""
    return np.where(x == 0.0, 1.0, expm1(x) / np.where(x == 0.0, 1.0, x))


def _sin(x: float) -> float:
    return math.sin(x) if math.isfinite(x) else math.nan


def _cos(x: float) -> float:
    return math.cos(x) if math.isfinite(x) else math.nan


def _exp2_of_the_c_library() -> Callable[[float], float]:
    """What `math.exp2` calls, for Python 3.10, which has none and in which Lava runs."""
    function = ctypes.CDLL(None).exp2
    function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double]
    return function


_exp2: Callable[[float], float] = getattr(math, "exp2", None) or _exp2_of_the_c_library()


def power(x: float, y: float) -> float:
    """x^y; the powers that compilers replace are defined by what they are replaced with."""
    if y in _SHORT_POWERS:
        return _SHORT_POWERS[y](x)
    try:
        return _exp2(y) if x == 2.0 else math.pow(x, y)
    except OverflowError:
        return math.inf if x > 0.0 or y % 2.0 == 0.0 else -math.inf
    except ValueError:
        return math.inf if x == 0.0 else math.nan


_SHORT_POWERS: dict[float, Callable[[float], float]] = {
    2.0: lambda x: x * x,
    0.5: lambda x: math.sqrt(x) if x >= 0.0 else math.nan,
    -1.0: lambda x: 1.0 / x if x != 0.0 else math.copysign(math.inf, x),
}
_each_pow = np.frompyfunc(power, 2, 1)


def _power(x: Array, y: Array) -> Array:
    return np.asarray(_each_pow(x, y), dtype=np.float64)


def _clip(x: Array, low: Array, high: Array) -> Array:
    return np.minimum(np.maximum(x, low), high)


def _heaviside(x: Array) -> Array:
    return np.where(x >= 0, 1.0, 0.0)


def _relu(x: Array) -> Array:
    return np.where(x > 0, x, 0 * x)


def shift(x: Array, bits: Array) -> Array:
    """X * 2^bits; to the right it rounds half up: (x + 2^(-bits-1)) >> -bits."""
    left = np.maximum(bits, 0)
    right = np.maximum(-bits, 0)
    half = np.where(right > 0, np.left_shift(1, np.maximum(right - 1, 0)), 0)
    return np.right_shift(np.left_shift(x, left) + half, right)


def decay(x: Array, keep: Array) -> Array:
    """sgn(x) floor(|x| keep / 4096): the 12-bit decay of Loihi's compartments."""
    return np.sign(x) * np.right_shift(np.abs(x) * keep, 12)


def saturate(x: Array, bits: Array) -> Array:
    """X clipped to a signed word that is symmetric about 0: |x| <= 2^(bits-1) - 1."""
    top = np.left_shift(np.int64(1), bits - 1) - 1
    return np.minimum(np.maximum(x, -top), top)


def wrap(x: Array, bits: Array) -> Array:
    """X in a signed word that overflows, two's complement: -2^(bits-1) <= x < 2^(bits-1)."""
    half = np.left_shift(np.int64(1), bits - 1)
    return np.bitwise_and(x + half, 2 * half - 1) - half


def shiftdown(x: Array, bits: Array) -> Array:
    """floor(x 2^-bits): an arithmetic shift to the right, for bits from 0."""
    return np.right_shift(x, bits)


def fixed(x: Array, bits: Array) -> Array:
    """floor(x 2^bits): a draw on the grid of the integers."""
    return np.floor(np.ldexp(x, bits)).astype(np.int64)


def lookup(table: Array, x: Array) -> Array:
    """Linear interpolation between the knots of `table`, flat beyond its ends.

    table: [first, shift, y_0, ..., y_n]; knot k stands at first + k 2^shift.   shape (n + 3,)
    x: the place to read, in the same integers as `first`.
    """
    first, width, knots = int(table[0]), int(table[1]), table[2:]
    span = (len(knots) - 1) << width
    place = np.minimum(np.maximum(x - first, 0), span)
    index = np.minimum(np.right_shift(place, width), len(knots) - 2)
    rest = place - np.left_shift(index, width)
    rise = (knots[index + 1] - knots[index]) * rest
    return np.asarray(knots[index] + shift(rise, np.asarray(-width)))


def _infix(symbol: str, numpy: Callable[..., Array], cost: str) -> Function:
    return Function(arity=2, numpy=numpy, cost=cost, infix=symbol)


FUNCTIONS: dict[str, Function] = {
    "add": _infix("+", np.add, "add"),
    "sub": _infix("-", np.subtract, "add"),
    "mul": _infix("*", np.multiply, "mul"),
    "div": _infix("/", np.divide, "div"),
    "neg": Function(arity=1, numpy=np.negative, cost="add"),
    "pow": Function(arity=2, numpy=_power, cost="transcendental"),
    "lt": _infix("<", np.less, "compare"),
    "le": _infix("<=", np.less_equal, "compare"),
    "gt": _infix(">", np.greater, "compare"),
    "ge": _infix(">=", np.greater_equal, "compare"),
    "eq": _infix("==", np.equal, "compare"),
    "ne": _infix("!=", np.not_equal, "compare"),
    "and": Function(arity=2, numpy=np.logical_and, cost="logic"),
    "or": Function(arity=2, numpy=np.logical_or, cost="logic"),
    "not": Function(arity=1, numpy=np.logical_not, cost="logic"),
    "where": Function(arity=3, numpy=np.where, cost="select"),
    "min": Function(arity=2, numpy=np.minimum, cost="compare"),
    "max": Function(arity=2, numpy=np.maximum, cost="compare"),
    "clip": Function(arity=3, numpy=_clip, cost="compare"),
    "abs": Function(arity=1, numpy=np.abs, cost="add"),
    "sign": Function(arity=1, numpy=np.sign, cost="compare"),
    "floor": Function(arity=1, numpy=np.floor, cost="add"),
    "heaviside": Function(arity=1, numpy=_heaviside, cost="compare"),
    "relu": Function(arity=1, numpy=_relu, cost="compare"),
    "sqrt": Function(arity=1, numpy=np.sqrt, cost="transcendental"),
    "exp": Function(arity=1, numpy=exp, cost="transcendental"),
    "log": Function(arity=1, numpy=_scalar(_log), cost="transcendental"),
    "sin": Function(arity=1, numpy=_scalar(_sin), cost="transcendental"),
    "cos": Function(arity=1, numpy=_scalar(_cos), cost="transcendental"),
    "tanh": Function(arity=1, numpy=tanh, cost="transcendental"),
    "sigmoid": Function(arity=1, numpy=sigmoid, cost="transcendental"),
    "exprel": Function(arity=1, numpy=_exprel, cost="transcendental"),
    "shift": Function(arity=2, numpy=shift, cost="shift", internal=True),
    "decay": Function(arity=2, numpy=decay, cost="mul", internal=True),
    "saturate": Function(arity=2, numpy=saturate, cost="compare", internal=True),
    "wrap": Function(arity=2, numpy=wrap, cost="shift", internal=True),
    "shiftdown": Function(arity=2, numpy=shiftdown, cost="shift", internal=True),
    "fixed": Function(arity=2, numpy=fixed, cost="shift", internal=True),
    "lookup": Function(arity=2, numpy=lookup, cost="table", internal=True),
}
