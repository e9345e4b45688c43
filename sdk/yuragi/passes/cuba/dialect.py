"""What a reading of Loihi's compartment consists of: its equations as text, its ranges as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Dialect", "Interval", "Rounding", "down"]

Array: TypeAlias = NDArray[Any]
Interval: TypeAlias = tuple[int, int]
Rounding: TypeAlias = Callable[[Array, str, int], Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Integer semantics of the current-based leaky integrate-and-fire compartment.

    equations: lines of integer equations over {u}, {v}, {input}, {keep_u}, {keep_v} and {bias};
        {now} is the current of this step, {summed} and {driven} what becomes u and v. A spike is
        where v > 64 v_th_mant, strictly; then v = 0.
    overflows: what is counted: a word, and the condition of a step in which it overflows.
    offset_u: what the chip adds to the register delta_u: keep_u = 4096 - offset_u - delta_u.
    delta_u, delta_v, bias_mant, bias_exp, v_th_mant, refractory, delay, exponent: ranges of the
        parameters, both ends included; refractory in steps skipped, delay in steps from sending
        to use (1: the next step), None: as the profile says.
    weights: range of a weight by the sign mode of its projection.
    cut: weights with the bits that do not exist cut off, (weights, sign mode, exponent).
    scaled: weights times 2^exponent in integers; None: the exponent is applied to the sum.
    inputs, currents, drives, voltages: ranges of the words of the sum of inputs, of u, of u + bias
        and of v; None: unlimited.
    """

    name: str
    equations: str
    overflows: Mapping[str, str] = field(default_factory=dict)
    offset_u: int = 1
    delta_u: Interval = (0, 4095)
    delta_v: Interval = (0, 4095)
    bias_mant: Interval = (-4096, 4095)
    bias_exp: Interval = (0, 7)
    v_th_mant: Interval = (0, 2**17 - 1)
    refractory: Interval = (0, 62)
    delay: Interval | None = None
    exponent: Interval = (-8, 7)
    weights: Mapping[str, Interval]
    cut: Rounding
    scaled: Callable[[Array, int], Array] | None
    inputs: Interval | None = None
    currents: Interval | None = None
    drives: Interval | None = None
    voltages: Interval | None = None


def down(values: Array, exponent: int) -> Array:
    """Values times 2^exponent, rounded down."""
    if exponent >= 0:
        return np.left_shift(values, exponent)
    return np.right_shift(values, -exponent)
