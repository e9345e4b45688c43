"""exp, expm1, tanh and sigmoid in plain arithmetic, the same bits on every machine.

    exp(x) = 2^k (1 + e),   k = round(x / ln 2),   r = x - k ln 2,   e = r + r^2 q(r)

ln 2 is held in two parts, so that k times the first is exact (Cody and Waite, "Software Manual for
the Elementary Functions", 1980); q is the Taylor polynomial of (exp(r) - 1 - r) / r^2 to r^11, off
by less than 5e-18 on |r| <= ln(2)/2. Every operation is rounded to float64, none fused. Adding
ROUND leaves k in the low bits of a float64, where it becomes two powers of two: the product of both
reaches results below the normal numbers.

Errors against the true values are below 2.5 units in the last place (exp below 1.5).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "COEFFICIENTS",
    "HIGHEST",
    "LARGE",
    "LN2_HIGH",
    "LN2_LOW",
    "LOG2_E",
    "LOWEST",
    "ONE",
    "ROUND",
    "SATURATED",
    "exp",
    "expm1",
    "sigmoid",
    "tanh",
]

Array = NDArray[Any]

LOG2_E = 1.4426950408889634
LN2_HIGH = 6.93147180369123816490e-01  # the first 33 bits of ln 2
LN2_LOW = 1.90821492927058770002e-10
ROUND = 1.5 * 2.0**52
ONE = 1023 << 52  # the bits of 1.0
HIGHEST = 710.0  # exp of it is infinity
LOWEST = -746.0  # exp of it is 0
SATURATED = 44.0  # tanh of half of it is 1
COEFFICIENTS = tuple(1.0 / math.factorial(k) for k in range(13, 1, -1))
LARGE = 40.0  # expm1 is exp from here


def _reduced(x: Array) -> tuple[Array, Array, Array]:
    """(e, s, t) with exp(x) = (1 + e) s t; s and t are powers of two."""
    rounded = np.asarray(x * LOG2_E + ROUND, dtype=np.float64)
    k = rounded - ROUND
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    q = np.asarray(COEFFICIENTS[0])
    for c in COEFFICIENTS[1:]:
        q = q * r + c
    bits = rounded.view(np.int64)
    half = bits >> 1
    s = np.asarray((half << 52) + ONE).view(np.float64)
    t = np.asarray(((bits - half) << 52) + ONE).view(np.float64)
    return r + r * r * q, s, t


def _within(x: Array) -> Array:
    low = np.where(x < LOWEST, LOWEST, x)
    return np.where(low > HIGHEST, HIGHEST, low)


def exp(x: Array) -> Array:
    """e^x"""
    with np.errstate(all="ignore"):
        e, s, t = _reduced(_within(x))
        return (1.0 + e) * s * t


def expm1(x: Array) -> Array:
    """e^x - 1, exact near 0."""
    with np.errstate(all="ignore"):
        z = _within(x)
        e, s, t = _reduced(z)
        return np.where(z > LARGE, (1.0 + e) * s * t, (s * t) * e + (s * t - 1.0))


def tanh(x: Array) -> Array:
    """(e^2x - 1) / (e^2x + 1)"""
    with np.errstate(all="ignore"):
        y = 2.0 * np.abs(x)
        e, s, t = _reduced(np.where(y > SATURATED, SATURATED, y))
        grown = (s * t) * e + (s * t - 1.0)
        return np.copysign(grown / (grown + 2.0), x)


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), written so that e^-x never overflows."""
    z = exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, z) / (1.0 + z)
