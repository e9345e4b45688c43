"""A sweep, drawn: one column over another, a line for each chip and setting."""

from __future__ import annotations

from typing import Any

from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from yuragi.errors import RunError
from yuragi.sweeping.sweep import Swept
from yuragi.units import engineering

__all__ = ["sweep_figure"]

_AXES = ("profile", "size", "precision", "activity")
_UNITS = {"_j": "J", "_s": "s", "_w": "W"}
_MOST_LINES = 20


def sweep_figure(found: Swept, *, x: str = "size", y: str = "total_j") -> Figure:
    """Draw `y` over `x`, both logarithmic, a line for each other setting; hollow where a limit is
    broken.

    Errors: RunError where a column is missing, nothing has both, or there are too many lines.
    """
    for name in (x, y):
        found.column(name)
    lines: dict[tuple[str, ...], list[tuple[float, float, bool]]] = {}
    others = [name for name in found.rows[0] if name in _varying(found) and name != x]
    for row in found.rows:
        if _positive(row[x]) and _positive(row[y]):
            key = tuple(
                f"{name} {row[name]}" if name != "profile" else row[name] for name in others
            )
            lines.setdefault(key, []).append((row[x], row[y], row["status"] == "done"))
    if not lines:
        raise RunError(f"nothing to draw: no row has both {x} and {y} above 0")
    if len(lines) > _MOST_LINES:
        raise RunError(f"{len(lines)} lines are too many to tell apart; sweep fewer values")
    figure = Figure(figsize=(9.0, 5.0), layout="constrained", dpi=150)
    axes = figure.add_subplot()
    colours = colormaps["tab10" if len(lines) <= 10 else "tab20"]
    for place, (key, points) in enumerate(lines.items()):
        points.sort()
        colour = colours(place % colours.N)
        across, up = [p[0] for p in points], [p[1] for p in points]
        axes.plot(across, up, color=colour, linewidth=1.3, label=", ".join(key) or y)
        for inside, face in ((True, colour), (False, "white")):
            kept = [p for p in points if p[2] == inside]
            axes.plot(
                [p[0] for p in kept],
                [p[1] for p in kept],
                "o",
                color=colour,
                markerfacecolor=face,
                markersize=4.5,
            )
    axes.set_xscale("log")
    axes.set_yscale("log")
    unit = next((u for end, u in _UNITS.items() if y.endswith(end)), "")
    if unit or y == "seconds":
        unit = unit or "s"
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: engineering(value, unit)))
    axes.set_xlabel(x)
    axes.set_ylabel(f"{y}   (hollow: breaks a limit)")
    axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def _varying(found: Swept) -> set[str]:
    axes = {name for name in found.rows[0] if name in _AXES or "." in name}
    return {name for name in axes if len({row[name] for row in found.rows}) > 1}


def _positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
