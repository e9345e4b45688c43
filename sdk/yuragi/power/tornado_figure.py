"""A tornado, drawn: how far each constant moves the joules of an inference."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from yuragi.errors import RunError
from yuragi.power.sensitivity import Tornado
from yuragi.units import engineering

__all__ = ["tornado_figure"]

_LOW, _HIGH = "#6f8fb0", "#c1572b"


def tornado_figure(tornado: Tornado) -> Figure:
    """Draw a bar for each constant, the one that matters most on top.

    Errors: RunError where no constant has a band.
    """
    if not tornado.swings:
        raise RunError("nothing to draw: no constant of this report has a band")
    swings = tornado.swings[::-1]
    figure = Figure(figsize=(9.0, 1.4 + 0.38 * len(swings)), layout="constrained", dpi=150)
    axes = figure.add_subplot()
    for row, swing in enumerate(swings):
        for end, joules, colour in (("low", swing.at_low, _LOW), ("high", swing.at_high, _HIGH)):
            label = f"constant at its {end} end" if row == 0 else None
            axes.barh(row, joules - tornado.total, left=tornado.total, color=colour, label=label)
    axes.axvline(tornado.total, color="black", linewidth=1.0)
    axes.set_yticks(range(len(swings)), [f"{one.name}  ({one.constant.basis})" for one in swings])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: engineering(value, "J")))
    axes.set_xlabel(f"total energy per inference, nominal {engineering(tornado.total, 'J')}")
    axes.set_title(tornado.name, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    return figure
