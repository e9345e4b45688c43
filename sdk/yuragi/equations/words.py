"""Fixed-point formats: the words of a programmable core, and integers with a fraction."""

from __future__ import annotations

import math
from dataclasses import dataclass

from yuragi.equations.tree import Call, Expression, Number
from yuragi.errors import UnsupportedError

__all__ = ["Fixed", "Word", "bits_for"]

_MAX_FRACTION = 30


def bits_for(low: float, high: float) -> int:
    """Integer bits that |x| <= max(-low, high) takes, without the sign; may be negative."""
    largest = max(abs(low), abs(high))
    if not math.isfinite(largest):
        raise UnsupportedError(f"a range of [{low:g}, {high:g}] has no fixed-point format")
    return math.floor(math.log2(largest)) + 1 if largest > 0.0 else -_MAX_FRACTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Word lengths of a programmable core.

    state_bits: states, signed.      intermediate_bits: results within an update, signed.
    coefficient_bits: constants that multiply, signed.
    segments: intervals of a table over the span in which its function bends.
    point: fraction bits of every value where the core's arithmetic has one format; None: each value
        has as many as its range leaves.
    rounds_down: whether what a shift to the right loses is cut off, not rounded half up.
    """

    state_bits: int
    intermediate_bits: int
    coefficient_bits: int
    segments: int
    point: int | None = None
    rounds_down: bool = False

    def fraction(self, low: float, high: float) -> int:
        """The fraction bits that a range leaves to an intermediate result."""
        if self.point is not None:
            return self.point
        return min(self.intermediate_bits - 1 - bits_for(low, high), _MAX_FRACTION)

    def state_fraction(self, low: float, high: float) -> int:
        """The fraction bits that a range leaves to a state."""
        if self.point is not None:
            return self.point
        return min(self.state_bits - 1 - bits_for(low, high), _MAX_FRACTION)

    def kept(self, fraction: int, low: float, high: float) -> int:
        """The fraction bits that a result keeps of those that it was formed with."""
        return self.point if self.point is not None else min(fraction, self.fraction(low, high))

    def moved(self, expression: Expression, bits: int) -> Expression:
        """The integers of an expression on a grid of `bits` more fraction bits."""
        if bits == 0:
            return expression
        if isinstance(expression, Number) and bits > 0:
            return Number(expression.value * 2**bits)
        if bits < 0 and self.rounds_down:
            return Call("shiftdown", (expression, Number(float(-bits))))
        return Call("shift", (expression, Number(float(bits))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """An integer expression that stands for low <= expression 2^-fraction <= high."""

    expression: Expression
    fraction: int
    low: float
    high: float
