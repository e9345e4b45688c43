"""The integer functions of the equation language in 32 bits, one number at a time.

For equations of which `yuragi_chip.spans` says that no step leaves 32 bits: the values are those of
`yuragi_chip.scalars`, twice as many at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yuragi_chip import scalars
from yuragi_chip.scalars import inline

f_and, f_or, f_not = scalars.f_and, scalars.f_or, scalars.f_not


@inline
def f_neg(x: Any) -> Any:
    return np.int32(-x)


@inline
def f_where(condition: Any, x: Any, y: Any) -> Any:
    return np.int32(x if condition else y)


@inline
def f_min(x: Any, y: Any) -> Any:
    return np.int32(x if x < y else y)


@inline
def f_max(x: Any, y: Any) -> Any:
    return np.int32(x if x > y else y)


@inline
def f_abs(x: Any) -> Any:
    return np.int32(-x if x < 0 else x)


@inline
def f_shift(x: Any, bits: Any) -> Any:
    if bits >= 0:
        return np.int32(x << bits)
    return np.int32(np.int32(x + (1 << (-bits - 1))) >> -bits)


@inline
def f_shiftdown(x: Any, bits: Any) -> Any:
    return np.int32(x >> bits)


@inline
def f_decay(x: Any, keep: Any) -> Any:
    """|x| keep / 4096 in two halves: what is above 12 bits passes the division whole."""
    size = np.int32(-x if x < 0 else x)
    low = np.int32(np.int32(np.int32(size & 4095) * keep) >> 12)
    kept = np.int32(np.int32(np.int32(size >> 12) * keep) + low)
    return np.int32(kept if x >= 0 else -kept)


@inline
def f_saturate(x: Any, bits: Any) -> Any:
    top = np.int32((np.int64(1) << (bits - 1)) - 1)
    low = np.int32(x if x > -top else -top)
    return np.int32(low if low < top else top)


@inline
def f_wrap(x: Any, bits: Any) -> Any:
    half = np.int32(np.int64(1) << (bits - 1))
    return np.int32(np.int32(np.int32(x + half) & np.int32(2 * half - 1)) - half)
