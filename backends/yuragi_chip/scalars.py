"""The functions of the equation language, one number at a time, for compiled kernels.

Each computes what `yuragi.equations.functions` defines, to the same bits: `exp`, `tanh` and what is
made of them by the same steps of plain arithmetic, `log`, `sin`, `cos` and powers by the same C
library.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from yuragi.equations.exponential import (
    COEFFICIENTS,
    HIGHEST,
    LARGE,
    LN2_HIGH,
    LN2_LOW,
    LOG2_E,
    LOWEST,
    ONE,
    ROUND,
    SATURATED,
)
from yuragi_chip.intrinsics import bits_of, from_bits

C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2 = COEFFICIENTS
inline: Any = njit(nogil=True, error_model="numpy", forceinline=True)


@inline
def f_neg(x: Any) -> Any:
    return -x


@inline
def f_and(x: Any, y: Any) -> Any:
    return x & y


@inline
def f_or(x: Any, y: Any) -> Any:
    return x | y


@inline
def f_not(x: Any) -> Any:
    return not x


@inline
def f_where(condition: Any, x: Any, y: Any) -> Any:
    return x if condition else y


@inline
def f_min(x: Any, y: Any) -> Any:
    return x if x < y or x != x else y


@inline
def f_max(x: Any, y: Any) -> Any:
    return x if x > y or x != x else y


@inline
def f_clip(x: Any, low: Any, high: Any) -> Any:
    return f_min(f_max(x, low), high)


@inline
def f_abs(x: Any) -> Any:
    return abs(x)


@inline
def f_sign(x: Any) -> Any:
    return np.sign(x)


@inline
def f_floor(x: Any) -> Any:
    return np.floor(x)


@inline
def f_heaviside(x: Any) -> Any:
    return 1.0 if x >= 0 else 0.0


@inline
def f_relu(x: Any) -> Any:
    return x if x > 0 else 0 * x


@inline
def f_sqrt(x: Any) -> Any:
    return math.sqrt(x)


@inline
def _reduced(x: Any) -> Any:
    """(e, s, t) with exp(x) = (1 + e) s t, as in `yuragi.equations.exponential`."""
    rounded = x * LOG2_E + ROUND
    k = rounded - ROUND
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    q = C13
    q = q * r + C12
    q = q * r + C11
    q = q * r + C10
    q = q * r + C9
    q = q * r + C8
    q = q * r + C7
    q = q * r + C6
    q = q * r + C5
    q = q * r + C4
    q = q * r + C3
    q = q * r + C2
    bits = bits_of(rounded)
    half = bits >> 1
    return r + r * r * q, from_bits((half << 52) + ONE), from_bits(((bits - half) << 52) + ONE)


@inline
def _expm1(x: Any) -> Any:
    z = _within(x)
    e, s, t = _reduced(z)
    small = (s * t) * e + (s * t - 1.0)
    return (1.0 + e) * s * t if z > LARGE else small


@inline
def _within(x: Any) -> Any:
    low = LOWEST if x < LOWEST else x
    return HIGHEST if low > HIGHEST else low


@inline
def f_exp(x: Any) -> Any:
    e, s, t = _reduced(_within(x))
    return (1.0 + e) * s * t


@inline
def f_log(x: Any) -> Any:
    return math.log(x)


@inline
def f_sin(x: Any) -> Any:
    return math.sin(x)


@inline
def f_cos(x: Any) -> Any:
    return math.cos(x)


@inline
def f_tanh(x: Any) -> Any:
    y = 2.0 * abs(x)
    e, s, t = _reduced(SATURATED if y > SATURATED else y)
    grown = (s * t) * e + (s * t - 1.0)
    return math.copysign(grown / (grown + 2.0), x)


@inline
def f_pow(x: Any, y: Any) -> Any:
    if y == 2.0:
        return x * x
    if y == 0.5:
        return math.sqrt(x)
    if y == -1.0:
        return 1.0 / x
    return math.exp2(y) if x == 2.0 else math.pow(x, y)


@inline
def f_sigmoid(x: Any) -> Any:
    z = f_exp(-abs(x))
    return (1.0 if x >= 0.0 else z) / (1.0 + z)


@inline
def f_exprel(x: Any) -> Any:
    return 1.0 if x == 0.0 else _expm1(x) / x


@inline
def f_shift(x: Any, bits: Any) -> Any:
    if bits >= 0:
        return x << bits
    return (x + (np.int64(1) << (-bits - 1))) >> -bits


@inline
def f_decay(x: Any, keep: Any) -> Any:
    kept = (abs(x) * keep) >> 12
    return kept if x >= 0 else -kept


@inline
def f_saturate(x: Any, bits: Any) -> Any:
    top = (np.int64(1) << (bits - 1)) - 1
    return min(max(x, -top), top)


@inline
def f_wrap(x: Any, bits: Any) -> Any:
    half = np.int64(1) << (bits - 1)
    return ((x + half) & (2 * half - 1)) - half


@inline
def f_shiftdown(x: Any, bits: Any) -> Any:
    return x >> bits


@inline
def f_fixed(x: Any, bits: Any) -> Any:
    return np.int64(np.floor(math.ldexp(x, bits)))


@inline
def f_lookup(table: Any, x: Any) -> Any:
    width = table[1]
    last = table.shape[0] - 3
    place = min(max(x - table[0], 0), last << width)
    index = min(place >> width, last - 1)
    rest = place - (index << width)
    low = table[index + 2]
    return low + f_shift((table[index + 3] - low) * rest, -width)


@inline
def f_uniform(key0: Any, key1: Any, unit: Any, step: Any, trial: Any, draw: Any) -> Any:
    """Philox4x32-10 as in `yuragi.noise`."""
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    c0, c1 = np.uint64(unit), np.uint64(step) & low
    c2, c3 = np.uint64(trial), np.uint64(draw)
    k0, k1 = np.uint64(key0), np.uint64(key1)
    for _ in range(10):
        product0 = c0 * np.uint64(0xD2511F53)
        product1 = c2 * np.uint64(0xCD9E8D57)
        c0 = (product1 >> half) ^ c1 ^ k0
        c1 = product1 & low
        c2 = (product0 >> half) ^ c3 ^ k1
        c3 = product0 & low
        k0 = (k0 + np.uint64(0x9E3779B9)) & low
        k1 = (k1 + np.uint64(0xBB67AE85)) & low
    bits = (c0 >> np.uint64(6)) * np.uint64(1 << 26) + (c1 >> np.uint64(6))
    return (np.float64(bits) + 0.5) * 2.0**-52
