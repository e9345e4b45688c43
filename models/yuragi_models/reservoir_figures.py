"""Pictures of reservoirs: prediction beside target, memory curves, forecasts of an orbit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

__all__ = ["memory_figure", "prediction_figure"]

_INK, _COLOURS = "#1f3b57", ("#c1572b", "#7a8f3c", "#8a5a9e", "#2b7a78")


def prediction_figure(
    wanted: ArrayLike, predicted: Mapping[str, ArrayLike], title: str = "", *, step: float = 1.0
) -> Figure:
    """The target and each prediction over time, the error below.  shapes (steps,)

    step: time of a step, for the axis.
    """
    goal = np.asarray(wanted)
    time = step * np.arange(len(goal))
    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    above.plot(time, goal, color=_INK, linewidth=2, label="target")
    for k, (name, found) in enumerate(predicted.items()):
        colour = _COLOURS[k % len(_COLOURS)]
        above.plot(time, np.asarray(found), color=colour, linewidth=1, label=name)
        below.plot(time, np.asarray(found) - goal, color=colour, linewidth=1)
    below.axhline(0.0, color=_INK, linewidth=0.8)
    below.set(xlabel="step" if step == 1.0 else "time", ylabel="error")
    above.set(title=title)
    above.legend(frameon=False, ncols=3, loc="upper right")
    for panel in (above, below):
        panel.spines[["top", "right"]].set_visible(False)
    return figure


def memory_figure(curves: Mapping[str, ArrayLike], title: str = "") -> Figure:
    """MC_k over the delay k, with each sum.  shapes (delays,)"""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    panel: Any = figure.subplots()
    for k, (name, curve) in enumerate(curves.items()):
        values = np.asarray(curve)
        colour = (_INK, *_COLOURS)[k % (1 + len(_COLOURS))]
        panel.plot(values, color=colour, label=f"{name}: sum {values.sum():.1f}")
    panel.set(xlabel="delay in steps", ylabel="memory MC", ylim=(0.0, 1.05), title=title)
    panel.legend(frameon=False)
    panel.spines[["top", "right"]].set_visible(False)
    return figure
