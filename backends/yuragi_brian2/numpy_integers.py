"""The integer functions of the equation language on arrays, for Brian2's NumPy target.

They mean what `yuragi.equations.functions` defines, on int64. An exported script carries the source
of those that it uses.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def whole_w(x: Any) -> Any:
    """A condition, or a float that is a whole number, as an integer."""
    return np.asarray(x).astype(np.int64)


def where_w(condition: Any, x: Any, y: Any) -> Any:
    """One where the condition holds, else the other."""
    return np.where(condition, x, y)


def min_w(x: Any, y: Any) -> Any:
    """The smaller one."""
    return np.minimum(x, y)


def max_w(x: Any, y: Any) -> Any:
    """The larger one."""
    return np.maximum(x, y)


def clip_w(x: Any, low: Any, high: Any) -> Any:
    """Kept between low and high."""
    return np.minimum(np.maximum(x, low), high)


def abs_w(x: Any) -> Any:
    """The absolute value."""
    return np.abs(x)


def sign_w(x: Any) -> Any:
    """-1, 0 or 1."""
    return np.sign(x)


def relu_w(x: Any) -> Any:
    """The larger of 0 and x."""
    return np.maximum(x, 0)


def shift_w(x: Any, bits: Any) -> Any:
    """X times 2^bits; to the right it rounds half up."""
    left, right = np.maximum(bits, 0), np.maximum(-np.asarray(bits), 0)
    half = np.where(right > 0, np.left_shift(1, np.maximum(right - 1, 0)), 0)
    return np.right_shift(np.left_shift(x, left) + half, right)


def shiftdown_w(x: Any, bits: Any) -> Any:
    """An arithmetic shift to the right."""
    return np.right_shift(x, bits)


def decay_w(x: Any, keep: Any) -> Any:
    """sgn(x) floor(|x| keep / 4096)."""
    return np.sign(x) * np.right_shift(np.abs(x) * keep, 12)


def saturate_w(x: Any, bits: Any) -> Any:
    """Kept within a signed word that is symmetric about 0."""
    top = np.left_shift(np.int64(1), np.asarray(bits) - 1) - 1
    return np.minimum(np.maximum(x, -top), top)


def wrap_w(x: Any, bits: Any) -> Any:
    """In a signed word that overflows, two's complement."""
    half = np.left_shift(np.int64(1), np.asarray(bits) - 1)
    return np.bitwise_and(x + half, 2 * half - 1) - half


def fixed_w(x: Any, bits: Any) -> Any:
    """A draw on the grid of the integers."""
    return np.floor(np.ldexp(x, bits)).astype(np.int64)
