"""Accuracy against joules per inference, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter
from matplotlib.transforms import ScaledTranslation

from yuragi.errors import RunError
from yuragi.power.band import Band
from yuragi.power.compare import Comparison
from yuragi.power.row import Row
from yuragi.units import engineering

__all__ = ["accuracy_figure"]

_MARKERS = {"neuromorphic": "o", "digital": "s"}
_FAN_POINTS = 6.0
_SAME = 1e-3


def accuracy_figure(comparison: Comparison, *, title: str = "") -> Figure:
    """Draw every row that has an accuracy and a total.

    Joules are logarithmic, bands are bars; round marks are neuromorphic, square ones digital.
    Rows of the same accuracy (to 0.1 %) are fanned out by a few points so that no bar hides
    another. The figure belongs to no window: save it with `figure.savefig(path)`.

    Errors: RunError where no row has both.
    """
    points = [
        (row, row.accuracy, row.total_j)
        for row in comparison.rows
        if row.accuracy is not None and row.total_j is not None and row.total_j.low > 0
    ]
    if not points:
        raise RunError("nothing to draw: no row has both an accuracy and a total energy")
    figure = Figure(figsize=(9.0, 4.5), layout="constrained", dpi=150)
    axes = figure.add_subplot()
    colours = colormaps["tab10" if len(points) <= 10 else "tab20"]
    fans = _fans([accuracy for _, accuracy, _ in points])
    for place, ((row, accuracy, joules), fan) in enumerate(zip(points, fans, strict=True)):
        moved = axes.transData + ScaledTranslation(0, fan / 72, figure.dpi_scale_trans)
        _draw(axes, row, (accuracy, joules), color=colours(place % colours.N), transform=moved)
    _dress(axes, title, apart=any(fans))
    _frame(axes, [joules for _, _, joules in points], [accuracy for _, accuracy, _ in points])
    return figure


def _fans(accuracies: Sequence[float]) -> list[float]:
    """Points by which each row is moved up: 0 where its accuracy is its own."""
    keys = [round(accuracy / _SAME) for accuracy in accuracies]
    seen: dict[int, int] = {}
    moves = []
    for key in keys:
        rank = seen.get(key, 0)
        seen[key] = rank + 1
        moves.append(_FAN_POINTS * (rank - (keys.count(key) - 1) / 2))
    return moves


def _draw(axes: Axes, row: Row, place: tuple[float, Band], **style: Any) -> None:
    accuracy, joules = place
    axes.errorbar(
        [joules.nominal],
        [accuracy],
        xerr=[[joules.nominal - joules.low], [joules.high - joules.nominal]],
        fmt=_MARKERS.get(row.kind, "^"),
        markersize=6,
        capsize=2.5,
        elinewidth=1.4,
        label=f"{row.platform}: {row.name}",
        **style,
    )


def _dress(axes: Axes, title: str, *, apart: bool) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: engineering(value, "J", 1)))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1.0))
    axes.set_xlabel("energy per inference")
    axes.set_ylabel("accuracy (equal ones are drawn apart)" if apart else "accuracy")
    axes.set_title(title, loc="left")
    axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8)


def _frame(axes: Axes, joules: Sequence[Band], accuracies: Sequence[float]) -> None:
    """Limits around the bands; the fans hide the data from matplotlib's own choice."""
    axes.set_xlim(min(band.low for band in joules) / 2, max(band.high for band in joules) * 2)
    bottom, top = min(accuracies), max(accuracies)
    room = max(0.01, 0.25 * (top - bottom))
    axes.set_ylim(bottom - room, top + room)
