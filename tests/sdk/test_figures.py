"""Pictures show what they are about, with few units and with many."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from yuragi.errors import RunError
from yuragi.figures import raster_figure, traces_figure
from yuragi.recording import Counts, Recording, SpikeTrain, Trace

STEPS = 200


def recording(size: int) -> Recording:
    rng = np.random.default_rng(0)
    step, unit = np.nonzero(rng.random((STEPS, size)) < 0.02)
    train = SpikeTrain(size=size, trial=np.zeros_like(step), step=step, unit=unit)
    return Recording(
        backend="none",
        profile=None,
        steps=STEPS,
        trials=1,
        dt=None,
        seed=0,
        spike_trains={"cells": train},
        traces={("cells", "v"): Trace(values=rng.random((1, STEPS, size)))},
        counts=Counts(arrays={}),
    )


def ink(figure: Figure, axes: Axes) -> float:
    """The share of a panel that is not white."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3]
    box = axes.get_window_extent()
    inside = pixels[int(box.y0) + 4 : int(box.y1) - 4, int(box.x0) + 4 : int(box.x1) - 4]
    return float((inside.min(axis=2) < 200).mean())


@pytest.mark.parametrize("size", [1, 10, 300, 301, 10_000])
def test_a_raster_shows_its_spikes(size: int) -> None:
    figure = raster_figure(recording(size))
    assert ink(figure, figure.axes[0]) > 0.001


@pytest.mark.parametrize("size", [1, 10, 11, 10_000])
def test_traces_are_drawn(size: int) -> None:
    figure = traces_figure(recording(size))
    assert ink(figure, figure.axes[0]) > 0.01


def test_every_population_gets_a_raster_and_a_rate() -> None:
    figure = raster_figure(recording(10), title="cells")
    assert [axes.get_ylabel() for axes in figure.axes] == ["cells\nunit", "rate per step"]


def test_a_recording_without_spikes_is_no_empty_picture() -> None:
    bare = recording(3)
    empty = Recording(
        **{name: getattr(bare, name) for name in ("backend", "profile", "steps", "trials", "dt")},
        seed=0,
        spike_trains={},
        traces={},
        counts=bare.counts,
    )
    with pytest.raises(RunError, match="no spikes were probed"):
        raster_figure(empty)
    with pytest.raises(RunError, match="no variable was probed"):
        traces_figure(empty)
