"""SI numbers as text in engineering format: 2.36e-11 J reads "23.6 pJ".

Reading a text back, and its check of dimension, live in `yuragi.quantity`, so that printing a
number does not pay for a table of units.
"""

from __future__ import annotations

import math

__all__ = ["engineering", "engineering_band"]

_PREFIXES = {
    -24: "y",
    -21: "z",
    -18: "a",
    -15: "f",
    -12: "p",
    -9: "n",
    -6: "\N{MICRO SIGN}",
    -3: "m",
    0: "",
    3: "k",
    6: "M",
    9: "G",
    12: "T",
    15: "P",
    18: "E",
}
_PLAIN_FROM = 0.1


def engineering(value: float, unit: str, digits: int = 3) -> str:
    """Write an SI value with the prefix that leaves 1 to 999 before it.

    From 0.1 to 1000 the unit itself is kept, as meters print it: 0.679 W, not 679 mW.

        value: the number in `unit`, an SI unit symbol such as "J" or "s".
        digits: significant digits kept.

    >>> engineering(2.36e-11, "J"), engineering(0.679, "W"), engineering(12.2e9, "W")
    ('23.6 pJ', '0.679 W', '12.2 GW')
    """
    rounded = _rounded(value, digits)
    exponent = _exponent(rounded)
    if exponent is None:
        return f"{value:.{digits}g} {unit}"
    return f"{_digits(rounded, exponent, digits)} {_PREFIXES[exponent]}{unit}"


def engineering_band(low: float, nominal: float, high: float, unit: str, digits: int = 3) -> str:
    """Write a band under one prefix, that of the nominal value.

    >>> engineering_band(23.6e-12, 25e-12, 60e-12, "J")
    '25.0 [23.6, 60.0] pJ'
    >>> engineering_band(1.0, 1.0, 1.0, "W")
    '1.00 W'
    """
    if low == nominal == high:
        return engineering(nominal, unit, digits)
    exponent = _exponent(_rounded(nominal, digits))
    if exponent is None:
        ends = f"[{low:.{digits}g}, {high:.{digits}g}]"
        return f"{nominal:.{digits}g} {ends} {unit}"
    parts = [_digits(_rounded(part, digits), exponent, digits) for part in (low, nominal, high)]
    return f"{parts[1]} [{parts[0]}, {parts[2]}] {_PREFIXES[exponent]}{unit}"


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


def _exponent(value: float) -> int | None:
    """The power of ten of the prefix; None where no prefix fits."""
    size = abs(value)
    if value == 0 or _PLAIN_FROM <= size < 1000:
        return 0
    if not math.isfinite(value):
        return None
    exponent = 3 * math.floor(int(f"{size:e}".partition("e")[2]) / 3)
    return exponent if exponent in _PREFIXES else None


def _digits(value: float, exponent: int, digits: int) -> str:
    scaled = value / 10.0**exponent
    if scaled == 0:
        return "0"
    text = f"{scaled:#.{digits}g}"
    if "e" not in text:
        return text.rstrip(".")
    # An end of a band, far from the nominal value whose prefix it shares.
    return f"{scaled:,.0f}" if abs(scaled) >= 1 else f"{scaled:.{digits}g}"
