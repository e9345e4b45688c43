"""What a budget leaves room for: network size against inferences a second, chip by chip."""

from __future__ import annotations

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from yuragi.errors import RunError
from yuragi.planning.budget import Budget, Fit
from yuragi.planning.demands import Demands, most_inferences, unmet
from yuragi.planning.estimate import estimated
from yuragi.units import engineering

__all__ = ["budget_figure", "frontier"]

_POINTS = 60
_DECADES = 5.0


def frontier(found: Budget, fit: Fit) -> list[tuple[float, float]]:
    """Units and the most inferences a second at that size, up to the largest that fits."""
    largest = fit.size.factor
    if largest is None:
        return []
    demands = found.demands
    free = Demands(energy_j=demands.energy_j, latency_s=demands.latency_s, chips=demands.chips)
    smallest = max(largest * 10**-_DECADES, 1 / max(g.size for g in found.network.groups))
    points = []
    for step in range(_POINTS):
        factor = smallest * (largest / smallest) ** (step / (_POINTS - 1))
        network = found.network.grown(factor, found.growth)
        here = estimated(network, fit.estimate.profile)
        rate = most_inferences(here, demands)
        if rate and not unmet(here, free):
            points.append((network.units, rate))
    return _falling(points)


def _falling(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A smaller network may be spread like a larger one, so it is never slower."""
    best, found = 0.0, []
    for units, rate in reversed(points):
        best = max(best, rate)
        found.append((units, best))
    return found[::-1]


def budget_figure(found: Budget) -> Figure:
    """Draw the region below each chip's frontier; the cross is the network and the rate asked for.

    Errors: RunError where no chip leaves any room.
    """
    lines = [(fit, frontier(found, fit)) for fit in found.fits]
    lines = [(fit, points) for fit, points in lines if len(points) > 1]
    if not lines:
        raise RunError("nothing to draw: within this budget no chip holds a network of any size")
    figure = Figure(figsize=(9.0, 5.0), layout="constrained", dpi=150)
    axes = figure.add_subplot()
    bottom = min(rate for _, points in lines for _, rate in points) / 10
    colours = colormaps["tab10"]
    for place, (fit, points) in enumerate(lines):
        across, up = [p[0] for p in points], [p[1] for p in points]
        colour = colours(place % 10)
        label = f"{fit.estimate.profile.label}" + (
            "" if fit.fits else " (the network does not fit)"
        )
        axes.plot(across, up, color=colour, linewidth=1.6, label=label)
        axes.plot([across[-1]] * 2, [up[-1], bottom], color=colour, linewidth=1.6)
        axes.fill_between(across, up, bottom, color=colour, alpha=0.08)
    _dress(axes, found, bottom)
    return figure


def _dress(axes: Axes, found: Budget, bottom: float) -> None:
    demands = found.demands
    asked = demands.rate_hz
    if asked is None:
        axes.axvline(found.network.units, color="black", linewidth=1.0, linestyle=":")
    else:
        axes.plot([found.network.units], [asked], "x", color="black", markersize=9)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(bottom=bottom)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: engineering(value, "/s", 2)))
    axes.set_xlabel(f"units, growing by {found.growth.replace('_', '-')}")
    axes.set_ylabel("inferences a second")
    limits = [
        f"{name} {engineering(value, unit)}"
        for name, value, unit in (
            ("power", demands.power_w, "W"),
            ("energy", demands.energy_j, "J"),
            ("latency", demands.latency_s, "s"),
        )
        if value is not None
    ]
    limits += [] if demands.chips is None else [f"{demands.chips} chip(s)"]
    axes.set_title("within " + (", ".join(limits) or "the limits of the chips"), loc="left")
    axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1.0))
