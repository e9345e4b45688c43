"""Text with a unit ("23.6 pJ") as an SI number of the dimension that was asked for."""

from __future__ import annotations

import functools
import math
import re
from importlib import import_module
from typing import Any

from yuragi.errors import YuragiError

__all__ = ["UnitError", "quantity"]

# One number and one unit word: what pint could compute beyond that (products, powers, calls)
# never reaches it, so a stranger's file cannot make it work without bound.
_QUANTITY = re.compile(
    r"\s{0,4}([+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?(?:[eE][+-]?[0-9]{1,3})?)"
    r"\s{0,4}([A-Za-z\u00b5\u03bc]{1,16})\s{0,4}"
)
_LONGEST = 64
# What profiles and model files are written in. Any other unit asks pint, which takes most of a
# second to start.
_COMMON = {
    prefix + symbol: (unit, factor)
    for symbol, unit in (("J", "joule"), ("s", "second"), ("W", "watt"))
    for prefix, factor in (
        ("", 1.0), ("k", 1e3), ("m", 1e-3), ("u", 1e-6), ("\u00b5", 1e-6), ("\u03bc", 1e-6),
        ("n", 1e-9), ("p", 1e-12), ("f", 1e-15),
    )
}  # fmt: skip


class UnitError(YuragiError, ValueError):
    """A text is not a number with a unit of the dimension that is needed."""


def quantity(text: str, unit: str) -> float:
    """Read `text` as an SI number.

        text: a number and one unit, e.g. "23.6 pJ", "1 ms", "0.232 W".
        unit: the SI unit of the result, e.g. "joule", "second", "watt".

    Errors: UnitError where the text is no number with a unit, the unit is unknown, has another
    dimension, or the value is not finite.

    >>> round(quantity("23.6 pJ", "joule") * 1e12, 9)
    23.6
    """
    if not isinstance(text, str):
        raise UnitError(f"{text!r} carries no unit; write a number with a unit of {unit}")
    match = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        example = _EXAMPLES.get(unit, f"a number of {unit}s")
        raise UnitError(f"{_shown(text)} is not a number and one unit; write it like {example}")
    named, factor = _COMMON.get(match[2], ("", 0.0))
    if named != unit:
        factor = _factor(match[2], unit, text)
    value = float(match[1]) * factor
    if not math.isfinite(value):
        raise UnitError(f"{_shown(text)} is not a finite number of {unit}s")
    return value


_EXAMPLES = {"joule": '"23.6 pJ"', "second": '"3.5 ns"', "watt": '"0.232 W"'}


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "...")


@functools.cache
def _registry() -> Any:
    return import_module("pint").UnitRegistry(cache_folder=None)


def _factor(symbol: str, unit: str, text: str) -> float:
    registry = _registry()
    pint = import_module("pint")
    try:
        return float(registry.Quantity(1.0, symbol).to(unit).magnitude)
    except pint.UndefinedUnitError:
        raise UnitError(f"{_shown(text)}: there is no unit {symbol!r}") from None
    except pint.DimensionalityError:
        raise UnitError(f"{_shown(text)}: {symbol} is not a unit of {unit}") from None
    except (pint.OffsetUnitCalculusError, pint.LogarithmicUnitCalculusError, ValueError):
        raise UnitError(f"{_shown(text)}: {symbol} does not scale to {unit}") from None
