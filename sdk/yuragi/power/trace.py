"""Where a figure comes from: counts, constants and sources, and how they were put together."""

from __future__ import annotations

import difflib
import math
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from yuragi.errors import RunError
from yuragi.hardware import Constant, Profile
from yuragi.power.band import Band

__all__ = ["Rule", "Trace", "explain", "figures", "of_constant", "ratio"]

Rule: TypeAlias = Literal["count", "constant", "given", "sum", "product", "ratio", "model"]
_SHORT = {"joule": "J", "second": "s", "watt": "W", "hertz": "Hz"}
_LEAVES = ("count", "constant", "given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One figure and what it is made of.

    rule: "count" (something that was counted, estimated or described), "constant" (of a
        profile), "given" (by the user), "sum", "product" and "ratio" of the parts, or "model"
        (of the parts by the formula in `note`).
    note: how it was counted, the source of a constant, or the formula.
    """

    name: str
    value: Band
    unit: str
    rule: Rule
    parts: tuple[Trace, ...] = ()
    note: str = ""

    def recomputed(self) -> Band:
        """The figure from its parts anew; leaves and models give their value."""
        bands = [part.recomputed() for part in self.parts]
        if self.rule == "sum":
            return Band.total(bands)
        if self.rule == "product":
            return math.prod(bands, start=Band.exact(1.0))
        if self.rule == "ratio":
            return ratio(*bands)
        return self.value

    def leaves(self) -> Iterator[Trace]:
        """The counts, constants and given numbers below."""
        if self.rule in _LEAVES:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """The tree, a line each."""
        indent = "  " * depth
        how = {"sum": "sum of", "product": "product of", "ratio": "ratio of"}.get(self.rule, "")
        note = f": {self.note}" if self.note else ""
        said = f"{how}{note}" if how else f"{self.rule}{note}"
        yield from textwrap.wrap(
            f"{self.name} = {self.text()}  ({said})",
            width=110,
            initial_indent=indent,
            subsequent_indent=indent + "    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for part in self.parts:
            yield from part.lines(depth + 1)

    def text(self) -> str:
        """The value with its unit."""
        if self.unit in _SHORT.values():
            return self.value.text(self.unit)
        ends = (self.value.low, self.value.nominal, self.value.high)
        if ends[0] == ends[2]:
            return f"{_plain(ends[1])} {self.unit}".rstrip()
        return f"{_plain(ends[1])} [{_plain(ends[0])}, {_plain(ends[2])}] {self.unit}".rstrip()

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "name": self.name,
            "value": self.value.as_dict(),
            "unit": self.unit,
            "rule": self.rule,
            "note": self.note,
            "parts": [part.as_dict() for part in self.parts],
        }


def of_constant(profile: Profile, name: str, constant: Constant) -> Trace:
    """The trace of a constant, with basis, scope and source."""
    source = profile.sources.get(constant.source, constant.source)
    note = f"{constant.basis}, {constant.scope}, {constant.confidence} confidence; {source}"
    if constant.note:
        note += f"; {constant.note}"
    return Trace(
        name=f"{profile.label} {name}",
        value=Band.of(constant),
        unit=_SHORT.get(constant.unit, constant.unit),
        rule="constant",
        note=note,
    )


def ratio(above: Band, below: Band) -> Band:
    """End by end, each with the end that goes with it; a ratio to nothing is 0.

    What stands above mostly grows with what stands below (joules with the seconds that they take),
    so that the ends of both belong together.
    """
    pairs = (
        (above.low, below.low),
        (above.nominal, below.nominal),
        (above.high, below.high),
    )
    ends = sorted(top / bottom if bottom else 0.0 for top, bottom in pairs)
    nominal = above.nominal / below.nominal if below.nominal else 0.0
    return Band(low=min(ends[0], nominal), nominal=nominal, high=max(ends[2], nominal))


def figures(document: object, place: str = "") -> Iterator[tuple[str, Band]]:
    """Every number of a report's `as_dict`, by its place; a band is one figure."""
    if isinstance(document, Mapping):
        if set(document) == {"low", "nominal", "high"}:
            yield place, Band(**document)
            return
        for key, value in document.items():
            yield from figures(value, f"{place}.{key}" if place else str(key))
    elif isinstance(document, (list, tuple)):
        for index, value in enumerate(document):
            yield from figures(value, f"{place}[{index}]")
    elif isinstance(document, (int, float)) and not isinstance(document, bool):
        yield place, Band.exact(float(document))


def explain(traces: Mapping[str, Trace], figure: str = "all") -> str:
    """The trace of one figure, of all whose place begins so, or of "all".

    Errors: RunError for a figure that the report does not have.
    """
    found = {
        place: trace
        for place, trace in traces.items()
        if figure in ("all", place) or place.startswith((f"{figure}.", f"{figure}["))
    }
    if not found:
        near = difflib.get_close_matches(figure, traces, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(traces)}"
        raise RunError(f"the report has no figure {figure!r}; {hint}")
    blocks = ("\n".join([f"{place}:", *trace.lines(1)]) for place, trace in found.items())
    return "\n\n".join(blocks)


def _plain(number: float) -> str:
    if (number == int(number) and abs(number) < 1e12) or 1e4 <= abs(number) < 1e12:
        return f"{number:,.0f}"
    return f"{number:.4g}"
