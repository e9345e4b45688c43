"""Pictures of memories, searches and samplers: recall, energy, cuts, distributions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "capacity_figure",
    "cuts_figure",
    "distribution_figure",
    "energy_trace_figure",
    "recall_figure",
    "tour_figure",
]

_COLOURS = ("#1f3b57", "#c1572b", "#7a8f3c", "#8a5a9e")
_INK, _ACCENT = _COLOURS[:2]
_MOST_SHOWN = 10
_MOST_STATES = 64

Array = NDArray[Any]


def recall_figure(rows: Mapping[str, ArrayLike], shape: tuple[int, int], title: str = "") -> Figure:
    """Images side by side, a row for each name, such as stored, cue and recalled.

    rows: name -> shape (images, pixels); the first ten are drawn.
    """
    count = min(_MOST_SHOWN, *(len(np.asarray(images)) for images in rows.values()))
    figure = Figure(figsize=(0.8 * count + 1.2, 0.9 * len(rows) + 0.4), layout="constrained")
    panels = figure.subplots(len(rows), count, squeeze=False)
    for line, (name, images) in zip(panels, rows.items(), strict=True):
        for panel, image in zip(line, np.asarray(images)[:count], strict=True):
            panel.imshow(image.reshape(shape), cmap="Greys", interpolation="nearest")
            panel.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    figure.suptitle(title)
    return figure


def energy_trace_figure(energies: ArrayLike, title: str = "", *, label: str = "step") -> Figure:
    """The energy of each run over its steps.  energies: shape (runs, steps)"""
    values = np.atleast_2d(np.asarray(energies))
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    panel = figure.subplots()
    panel.plot(values.T, color=_INK, alpha=max(0.15, 1.0 / len(values)), linewidth=1)
    panel.plot(values.mean(axis=0), color=_ACCENT, linewidth=2, label="mean")
    panel.set(xlabel=label, ylabel="energy", title=title)
    panel.legend(frameon=False)
    panel.spines[["top", "right"]].set_visible(False)
    return figure


def capacity_figure(
    loads: ArrayLike,
    recalled: Mapping[str, ArrayLike],
    *,
    mark: float | None = None,
    title: str = "",
) -> Figure:
    """The share that is recalled over the number of patterns, a line for each name.

    loads: shape (loads,)      recalled: name -> shape (loads,)      mark: a load to point at.
    """
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    panel = figure.subplots()
    for (name, shares), colour in zip(recalled.items(), _COLOURS, strict=False):
        panel.plot(np.asarray(loads), np.asarray(shares), "o-", color=colour, label=name)
    if mark is not None:
        panel.axvline(mark, color="black", linestyle=":", label=f"{mark:,.0f} patterns")
    panel.set(xlabel="patterns stored", ylabel="share recalled", ylim=(-0.03, 1.03), title=title)
    panel.set_xscale("log")
    panel.legend(frameon=False)
    panel.spines[["top", "right"]].set_visible(False)
    return figure


def cuts_figure(
    cuts: Mapping[str, ArrayLike],
    *,
    best: float | None = None,
    title: str = "",
    label: str = "cut",
    of: str = "replicas",
) -> Figure:
    """How many replicas found each cut, a colour for each name; a line at the best known.

    label, of: what is counted where it is no cut of replicas, such as costs of starts.
    """
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    panel = figure.subplots()
    values = [np.asarray(found) for found in cuts.values()]
    edges = np.histogram_bin_edges(np.concatenate(values), bins=20)
    colours = [*_COLOURS] * len(values)
    panel.hist(values, bins=edges.tolist(), label=list(cuts), color=colours[: len(values)])
    if best is not None:
        panel.axvline(best, color="black", linestyle=":", label=f"best known {best:,.0f}")
    panel.set(xlabel=label, ylabel=of, title=title)
    panel.legend(frameon=False)
    panel.spines[["top", "right"]].set_visible(False)
    return figure


def distribution_figure(
    exact: ArrayLike, sampled: Mapping[str, ArrayLike], title: str = ""
) -> Figure:
    """The probability of each state beside what samplers visited, the most probable 64 states."""
    p = np.asarray(exact)
    order = np.argsort(-p)[:_MOST_STATES]
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    panel = figure.subplots()
    panel.bar(np.arange(len(order)), p[order], color="#d5dbe1", label="exact")
    for (name, found), colour in zip(sampled.items(), _COLOURS, strict=False):
        panel.plot(np.asarray(found)[order], "o", markersize=3, color=colour, label=name)
    panel.set(xlabel="state, the most probable first", ylabel="probability", title=title)
    panel.legend(frameon=False)
    panel.spines[["top", "right"]].set_visible(False)
    return figure


def tour_figure(places: ArrayLike, order: ArrayLike, title: str = "") -> Figure:
    """A closed tour over a map.  places: shape (cities, 2)      order: shape (cities,)"""
    at, tour = np.asarray(places), np.asarray(order)
    closed = at[np.append(tour, tour[0])]
    length = float(np.hypot(*np.diff(closed, axis=0).T).sum())
    figure = Figure(figsize=(4.8, 4.8), layout="constrained")
    panel = figure.subplots()
    panel.plot(*closed.T, color=_INK, linewidth=1.5, zorder=1)
    panel.scatter(at[:, 0], at[:, 1], s=60, color=_ACCENT, zorder=2)
    for city, place in enumerate(at):
        panel.annotate(str(city), place, xytext=(6, 6), textcoords="offset points")
    panel.set(title=f"{title}  {length:.4f}".strip(), aspect="equal", xticks=[], yticks=[])
    panel.margins(0.1)
    return figure
