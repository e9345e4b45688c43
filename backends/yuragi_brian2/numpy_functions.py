"""The functions of the equation language on arrays, for Brian2's NumPy target.

They mean what `yuragi.equations.functions` and `yuragi.noise` define, to the bit. An exported
script carries the source of those that it uses, and that of the exponential; it needs no yuragi.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yuragi.equations.exponential import exp, expm1, sigmoid, tanh


def each(function: Any, *args: Any) -> Any:
    """A function of numbers on arrays, by the same C library as compiled code."""
    return np.asarray(np.frompyfunc(function, len(args), 1)(*args), dtype=np.float64)


def exp_f(x: Any) -> Any:
    """The exponential."""
    return exp(np.asarray(x, dtype=np.float64))


def log_f(x: Any) -> Any:
    """The logarithm, -infinity at 0, nan below."""
    return each(lambda v: math.log(v) if v > 0.0 else (-math.inf if v == 0.0 else math.nan), x)


def sin_f(x: Any) -> Any:
    """The sine, nan at infinity."""
    return each(lambda v: math.sin(v) if math.isfinite(v) else math.nan, x)


def cos_f(x: Any) -> Any:
    """The cosine, nan at infinity."""
    return each(lambda v: math.cos(v) if math.isfinite(v) else math.nan, x)


def tanh_f(x: Any) -> Any:
    """The hyperbolic tangent."""
    return tanh(np.asarray(x, dtype=np.float64))


def sqrt_f(x: Any) -> Any:
    """The square root, nan below 0."""
    return np.sqrt(x)


def sigmoid_f(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return sigmoid(np.asarray(x, dtype=np.float64))


def exprel_f(x: Any) -> Any:
    """(exp(x) - 1) / x, 1 at 0."""
    x = np.asarray(x, dtype=np.float64)
    return np.where(x == 0.0, 1.0, expm1(x) / np.where(x == 0.0, 1.0, x))


def pow_f(x: Any, y: Any) -> Any:
    """A power; squares, roots and inverses as products, roots and quotients."""

    def value(v: float, n: float) -> float:
        if n == 2.0:
            return v * v
        if n == 0.5:
            return math.sqrt(v) if v >= 0.0 else math.nan
        if n == -1.0:
            return 1.0 / v if v != 0.0 else math.copysign(math.inf, v)
        try:
            return math.exp2(n) if v == 2.0 else math.pow(v, n)
        except OverflowError:
            return math.inf if v > 0.0 or n % 2.0 == 0.0 else -math.inf
        except ValueError:
            return math.inf if v == 0.0 else math.nan

    return each(value, x, y)


def div_f(x: Any, y: Any) -> Any:
    """The quotient, infinity or nan at y = 0."""
    return np.divide(x, y)


def min_f(x: Any, y: Any) -> Any:
    """The smaller one."""
    return np.minimum(x, y)


def max_f(x: Any, y: Any) -> Any:
    """The larger one."""
    return np.maximum(x, y)


def clip_f(x: Any, low: Any, high: Any) -> Any:
    """Kept between low and high."""
    return np.minimum(np.maximum(x, low), high)


def abs_f(x: Any) -> Any:
    """The absolute value."""
    return np.abs(x)


def sign_f(x: Any) -> Any:
    """-1, 0 or 1."""
    return np.sign(x)


def floor_f(x: Any) -> Any:
    """The largest whole number that is not above x."""
    return np.floor(x)


def heaviside_f(x: Any) -> Any:
    """1 from 0 on, else 0."""
    return np.where(np.asarray(x) >= 0, 1.0, 0.0)


def relu_f(x: Any) -> Any:
    """The larger of 0 and x."""
    x = np.asarray(x)
    return np.where(x > 0, x, 0 * x)


def where_f(condition: Any, x: Any, y: Any) -> Any:
    """One where the condition holds, else the other."""
    return np.where(condition, x, y)


def lt_f(x: Any, y: Any) -> Any:
    """Whether x < y."""
    return np.less(x, y)


def le_f(x: Any, y: Any) -> Any:
    """Whether x <= y."""
    return np.less_equal(x, y)


def gt_f(x: Any, y: Any) -> Any:
    """Whether x > y."""
    return np.greater(x, y)


def ge_f(x: Any, y: Any) -> Any:
    """Whether x >= y."""
    return np.greater_equal(x, y)


def eq_f(x: Any, y: Any) -> Any:
    """Whether x == y."""
    return np.equal(x, y)


def ne_f(x: Any, y: Any) -> Any:
    """Whether x != y."""
    return np.not_equal(x, y)


def and_f(x: Any, y: Any) -> Any:
    """Both conditions."""
    return np.logical_and(x, y)


def or_f(x: Any, y: Any) -> Any:
    """One condition or both."""
    return np.logical_or(x, y)


def not_f(x: Any) -> Any:
    """Not the condition."""
    return np.logical_not(x)


def uniform_f(key0: Any, key1: Any, unit: Any, step: Any, trial: Any, draw: Any) -> Any:
    """A draw in (0, 1): Philox4x32-10 of the counter (unit, step, trial, draw)."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    counter = [np.asarray(c).astype(np.uint64) for c in (unit, step, trial, draw)]
    c0, c1, c2, c3 = np.broadcast_arrays(*counter)
    c1 = c1 & low
    k0, k1 = int(key0), int(key1)
    for _ in range(10):
        left, right = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1 = (right >> half) ^ c1 ^ np.uint64(k0), right & low
        c2, c3 = (left >> half) ^ c3 ^ np.uint64(k1), left & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    bits = (c0 >> np.uint64(6)) * np.uint64(1 << 26) + (c1 >> np.uint64(6))
    return (bits.astype(np.float64) + 0.5) * 2.0**-52
