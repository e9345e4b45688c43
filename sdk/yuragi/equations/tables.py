"""Look-up tables with linear interpolation for curves: functions of one argument."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from yuragi.equations.functions import FUNCTIONS, lookup
from yuragi.errors import UnsupportedError

__all__ = ["SMOOTH", "Curve", "Table", "make_table", "make_tables", "normal_table", "smooth"]

Array = NDArray[Any]
SMOOTH = frozenset({"tanh", "sigmoid", "exp", "log", "sqrt", "sin", "cos", "exprel"})
_SATURATING = ("tanh", "sigmoid")
_LEAST = {"sqrt": 0.0, "log": 2.0**-10}  # log has no value at 0
_SATURATES_AT = 8.0
_TOLERANCE = 2.0**-8
_MOST_TABLES = 5
_SPLIT = 16.0
_PROBES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What a table holds.

    name: in words for the log.      values: at each of many arguments.
    scale: by which the argument is multiplied first.
    flat: where its limits are reached, on both sides of 0, or None.
    least: the least argument, as a part of the largest, or None.
    """

    name: str
    values: Callable[[Array], Array]
    scale: float = 1.0
    flat: float | None = None
    least: float | None = None

    def at(self, places: Array) -> Array:
        """The values at some places."""
        with np.errstate(all="ignore"):
            return np.asarray(self.values(np.asarray(self.scale * places)), dtype=np.float64)

    def defined(self, low: float, high: float) -> tuple[float, float]:
        """The part of a range where it has values, if there is one."""
        if self.least is None or max(self.scale * low, self.scale * high) <= 0.0:
            return low, high
        if self.scale < 0.0:
            return low, min(high, self.least * low)
        return max(low, self.least * high), high


def smooth(function: str, scale: float = 1.0) -> Curve:
    """f(scale x) for a smooth function of the language."""
    flat = _SATURATES_AT if function in _SATURATING else None
    return Curve(
        name=function,
        values=FUNCTIONS[function].numpy,
        scale=scale,
        flat=flat,
        least=_LEAST.get(function),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Knots of a function; knot k stands at (first + k 2^width) 2^-fraction of its argument.

    knots: values at the knots.     shape (segments + 1,)
    argument: fraction bits of the argument.
    """

    first: int
    width: int
    knots: Array
    argument: int = 0

    @property
    def segments(self) -> int:
        """Intervals between knots."""
        return len(self.knots) - 1

    @property
    def last(self) -> float:
        """The largest argument."""
        return math.ldexp(float(self.first + (self.segments << self.width)), -self.argument)

    def error(self, curve: Curve, fraction: int) -> float:
        """The largest |table - f|, roundings included, read at 16 places in each segment.

        fraction: fraction bits of the values.
        """
        places = self.first + (np.arange(self.segments * _PROBES) << self.width) // _PROBES
        found = np.ldexp(lookup(np.array(self.integers(fraction)), places), -fraction)
        exact = curve.at(np.ldexp(places.astype(np.float64), -self.argument))
        return float(np.abs(found - exact).max())

    def integers(self, fraction: int) -> tuple[int, ...]:
        """[first, width, y_0, ..., y_n] with values on a grid of `fraction` bits."""
        grid = np.rint(np.ldexp(self.knots, fraction)).astype(np.int64)
        return (self.first, self.width, *(int(value) for value in grid))


def make_table(
    curve: Curve,
    *,
    low: float,
    high: float,
    fraction: int,
    segments: int,
    span: float | None = None,
) -> Table:
    """The table of a curve over low <= x <= high.

    A curve with limits is tabled where it has not reached them; beyond, it is at its limits
    exactly, and 0 is a knot, so that a unit at rest sends nothing and signs are treated
    alike. The distance of knots is the power of two at or below span / segments; where the argument
    keeps to a part of that span, it is the finest that covers the part with no more than
    `segments`, and one more where 0 is a knot.

    fraction: fraction bits of x.      span: the range of the curve, if that is more than here.
    Raises UnsupportedError where it is not finite, or a straight line between knots errs by more
    than 2^-8 of its range.
    """
    start, stop, width_of = low, high, high - low
    if curve.flat is not None:
        left, right = sorted(side / curve.scale for side in (-curve.flat, curve.flat))
        start, stop, width_of = max(low, left), min(high, right), right - left
        if start >= stop:
            start, stop = left, right
    whole, seen = (math.ldexp(x / segments, fraction) for x in (width_of, stop - start))
    width = min(math.floor(math.log2(max(whole, 1.0))), math.ceil(math.log2(max(seen, 1.0))))
    first = math.floor(math.ldexp(start, fraction))
    if curve.flat is not None:
        first = first >> width << width
    count = max(1, math.ceil((math.ldexp(stop, fraction) - first) / 2**width))
    places = np.ldexp(first + np.arange(count + 1) * float(2**width), -fraction)
    knots, middle = curve.at(places), curve.at((places[1:] + places[:-1]) / 2)
    _check(curve.name, knots, middle, f"[{start:g}, {stop:g}]", span)
    if curve.flat is not None:
        limits = curve.at(np.array([-np.inf, np.inf]))
        knots[0] = limits[0] if start > low else knots[0]
        knots[-1] = limits[1] if stop < high else knots[-1]
    return Table(first=first, width=width, knots=knots, argument=fraction)


def make_tables(
    curve: Curve, *, low: float, high: float, fraction: int, segments: int
) -> tuple[Table, ...]:
    """Tables for low <= x <= high, ascending, each for what lies above the one before.

    One where it is good enough; else the lowest sixteenth gets a table of its own, as sqrt and log
    need, which bend at their low ends. Raises UnsupportedError where five are not enough.
    """
    ends = curve.at(np.array([low, high]))
    span = float(np.ptp(ends)) if np.isfinite(ends).all() else None
    above: list[Table] = []
    top = high

    def table(low: float, high: float) -> Table:
        return make_table(
            curve,
            low=low,
            high=high,
            fraction=fraction,
            segments=segments,
            span=span if above or high < top else None,
        )

    while True:
        try:
            return (table(low, top), *reversed(above))
        except UnsupportedError:
            bottom = low + (top - low) / _SPLIT
            fine = math.ldexp(top - low, fraction) < 2 * segments
            if fine or span is None or len(above) + 1 == _MOST_TABLES:
                raise
        above.append(table(bottom, top))
        top = bottom


def normal_table(segments: int, bits: int) -> Table:
    """The quantile of a normal variable of variance 1/2, at a uniform argument of `bits` bits.

    The sum of two reads at independent draws is standard normal: what straight lines make of the
    shoulders is symmetric, and the outermost knots stand where the variance is exactly 1/2.
    Excess kurtosis about -0.01 and |z| < 4.7 with 256 segments.
    """
    segments = min(2 ** int(math.log2(segments)), 2**bits)
    inner = ndtri(np.arange(1, segments) / segments)
    a, b = inner[:-1], inner[1:]
    between = float((a * a + a * b + b * b).sum()) / 3.0
    start = float(inner[-1])
    # 2 (K^2 + K start + start^2)/3 + between = segments, for a variance of 1.
    missing = 1.5 * (segments - between) - start**2
    end = (math.sqrt(start**2 + 4.0 * missing) - start) / 2.0
    knots = np.concatenate(([-end], inner, [end])) / math.sqrt(2.0)
    return Table(first=0, width=bits - int(math.log2(segments)), knots=knots, argument=bits)


def _check(name: str, knots: Array, middle: Array, place: str, whole: float | None) -> None:
    if not (np.isfinite(knots).all() and np.isfinite(middle).all()):
        raise UnsupportedError(f"{name} has no table over {place}")
    error = float(np.abs(middle - (knots[1:] + knots[:-1]) / 2).max())
    span = float(np.ptp(knots)) if whole is None else whole
    if error > _TOLERANCE * span:
        raise UnsupportedError(
            f"a table of {name} over {place} errs by {error / span:.1%} of its range; more "
            "segments or a narrower range are needed"
        )
