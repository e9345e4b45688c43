"""Pictures of a recording: rasters and traces, legible with ten units and with ten thousand."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from yuragi.errors import RunError
from yuragi.power.report import EnergyReport
from yuragi.power.term import Term
from yuragi.recording import Recording, SpikeTrain, Trace
from yuragi.units import engineering

__all__ = ["energy_figure", "raster_figure", "traces_figure"]

_INK = "#1f3b57"
_ACCENT = "#c1572b"
_FEW_UNITS = 10
_MOST_MARKS = 20_000
_MOST_MARKED = 300
_BINS = (200, 600)
_MOST_ROWS = 2000


def raster_figure(recording: Recording, *, title: str = "", trial: int = 0) -> Figure:
    """Spikes of one trial, a panel a population, with the mean rate below each.

    Many spikes are drawn as their density. Raises RunError where no spikes were probed.
    """
    if not recording.spike_trains:
        raise RunError("nothing to draw: no spikes were probed")
    trains = recording.spike_trains
    figure = _figure(3.2 * len(trains), title)
    panels = figure.subplots(
        2 * len(trains), 1, sharex=True, squeeze=False, height_ratios=[3, 1] * len(trains)
    )[:, 0]
    for k, (name, train) in enumerate(trains.items()):
        chosen = train.trial == trial
        step, unit = train.step[chosen], train.unit[chosen]
        _draw_raster(panels[2 * k], train, step, unit, recording.steps)
        panels[2 * k].set_ylabel(f"{name}\nunit")
        _draw_rate(panels[2 * k + 1], step, train.size, recording)
    panels[-1].set_xlim(-0.5, recording.steps - 0.5)
    panels[-1].set_xlabel("step")
    return figure


def traces_figure(recording: Recording, *, title: str = "", trial: int = 0) -> Figure:
    """Traces of one trial, a panel each: lines for up to ten units, a map for more.

    Raises RunError where no variable was probed.
    """
    if not recording.traces:
        raise RunError("nothing to draw: no variable was probed")
    figure = _figure(2.6 * len(recording.traces), title)
    panels = figure.subplots(len(recording.traces), 1, sharex=True, squeeze=False)[:, 0]
    for panel, ((name, variable), trace) in zip(panels, recording.traces.items(), strict=True):
        if trace.values.shape[2] <= _FEW_UNITS:
            _draw_lines(panel, trace, trial)
            panel.set_ylabel(f"{name}\n{variable}")
        else:
            _draw_map(figure, panel, trace, trial, variable)
            panel.set_ylabel(f"{name}\nunit")
    panels[-1].set_xlabel("step")
    return figure


def energy_figure(report: EnergyReport, *, title: str = "") -> Figure:
    """What one inference pays for, largest first; bars are the bands of the constants.

    Raises RunError where nothing has a price.
    """
    terms = sorted(
        (term for term in (*report.terms, *report.standing) if term.joules.nominal > 0),
        key=lambda term: term.joules.nominal,
    )
    if not terms:
        raise RunError(f"nothing to draw: {report.profile.name} has no price for this run")
    whole = sum(term.joules.nominal for term in terms)
    figure = _figure(1.4 + 0.45 * len(terms), title)
    axes = figure.add_subplot()
    for place, term in enumerate(terms):
        _draw_term(axes, place, term, term.joules.nominal / whole)
    axes.set_yticks(range(len(terms)), [_words(term.name) for term in terms])
    axes.set_ylim(-0.6, len(terms) - 0.4)
    axes.set_xscale("log")
    low = min(term.joules.low or term.joules.nominal for term in terms)
    high = max(term.joules.high for term in terms)
    axes.set_xlim(low / 3, high * 30)
    axes.xaxis.set_major_formatter(lambda value, _: engineering(value, "J", 1))
    missing = f"; no price for {', '.join(report.unpriced)}" if report.unpriced else ""
    axes.set_xlabel(f"energy per inference on {report.profile.name}{missing}")
    axes.grid(visible=True, axis="x", color="#dddddd", linewidth=0.8)
    _clean(axes)
    return figure


def _figure(height: float, title: str) -> Figure:
    figure = Figure(figsize=(9.0, min(max(height, 2.4), 24.0)), layout="constrained", dpi=150)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def _clean(axes: Axes) -> None:
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_raster(
    axes: Axes, train: SpikeTrain, step: NDArray[Any], unit: NDArray[Any], steps: int
) -> None:
    axes.set_ylim(-0.5, train.size - 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    _clean(axes)
    if len(step) > _MOST_MARKS or train.size > _MOST_MARKED:
        rows, columns = min(train.size, _BINS[0]), min(steps, _BINS[1])
        extent = (-0.5, steps - 0.5, -0.5, train.size - 0.5)
        counts, _, _ = np.histogram2d(
            unit, step, bins=(rows, columns), range=(extent[2:], extent[:2])
        )
        # The root of the density: a single spike stays visible beside a burst.
        axes.imshow(
            np.sqrt(counts), origin="lower", aspect="auto", extent=extent, cmap="Blues", vmin=0.0
        )
        return
    # A mark is as tall as its row.
    height = min(max(110.0 / train.size, 1.2), 12.0)
    width = min(max(560.0 / steps, 0.6), 1.4)
    axes.scatter(step, unit, marker="|", s=height**2, linewidths=width, color=_INK, rasterized=True)


def _draw_rate(axes: Axes, step: NDArray[Any], size: int, recording: Recording) -> None:
    counts = np.bincount(step, minlength=recording.steps)
    window = max(1, recording.steps // _BINS[1])
    steps = np.arange(0, recording.steps, window)
    lengths = np.diff(np.append(steps, recording.steps))
    rate = np.add.reduceat(counts, steps) / (lengths * size)
    unit = "rate per step"
    if recording.dt is not None:
        rate, unit = rate / recording.dt, "rate in Hz"
    axes.fill_between(steps, rate, step="mid", color=_ACCENT, alpha=0.8, linewidth=0)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(unit)
    _clean(axes)


def _draw_lines(axes: Axes, trace: Trace, trial: int) -> None:
    values = trace.values[trial] * trace.scale  # (samples, size)
    steps = np.arange(len(values)) * trace.every
    for unit in range(values.shape[1]):
        axes.plot(steps, values[:, unit], linewidth=1.1, label=f"unit {unit}")
    axes.grid(visible=True, color="#eeeeee", linewidth=0.8)
    if values.shape[1] > 1:
        axes.legend(frameon=False, fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    _clean(axes)


def _draw_map(figure: Figure, axes: Axes, trace: Trace, trial: int, variable: str) -> None:
    values = trace.values[trial]  # (samples, size)
    thinned = values[:: -(-values.shape[0] // _MOST_ROWS), :: -(-values.shape[1] // _MOST_ROWS)]
    half = trace.every / 2
    image = axes.imshow(
        (thinned * trace.scale).T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(-half, values.shape[0] * trace.every - half, -0.5, values.shape[1] - 0.5),
        cmap="viridis",
    )
    figure.colorbar(image, ax=axes, label=variable, pad=0.01)


def _draw_term(axes: Axes, place: int, term: Term, share: float) -> None:
    joules = term.joules
    axes.errorbar(
        [joules.nominal],
        [place],
        xerr=[[joules.nominal - joules.low], [joules.high - joules.nominal]],
        fmt="o",
        color=_ACCENT if term.name.startswith("power.") else _INK,
        markersize=6,
        capsize=3,
        elinewidth=1.6,
    )
    axes.annotate(
        f"{engineering(joules.nominal, 'J')}, {share:.1%}",
        (joules.high, place),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )


def _words(name: str) -> str:
    return name.partition(".")[2].replace("_", " ")
