"""Pictures of a chip at work: the load of its cores, the traffic on its mesh, the time of steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from yuragi.errors import RunError
from yuragi.placement import Layout
from yuragi.power.step_times import StepTimes
from yuragi.recording import Recording
from yuragi.units import engineering

__all__ = ["cores_figure", "time_figure", "traffic_figure"]

Array = NDArray[Any]
_INK, _FAINT, _EMPTY = "#1f3b57", "#9aa5b1", "#f1f3f5"
_COLOURS = {
    "synaptic_events": "#2b6cb0",
    "active_updates": "#90cdf4",
    "inactive_updates": "#c6e3f7",
    "spikes": "#68a17c",
    "messages": "#c1572b",
    "messages_in": "#e2936f",
    "flight": "#f6ad55",
    "barrier": "#c9ced6",
    "waiting for the tick": "#eceff2",
}
_BLUES = LinearSegmentedColormap.from_list("light blues", ("#f5f9fd", "#a9cdeb", "#5b9bd0"))
_REDS = LinearSegmentedColormap.from_list("light reds", ("#fdeee2", "#f0a27a", "#b03a1f"))
_BARS = 400
_MOST_ROWS = 400
_LARGEST_TILE, _LEGIBLE_TILE = 2.4, 0.6
_SIDE, _WIDEST = 8.0, 16.0


def cores_figure(recording: Recording, times: StepTimes | None, *, title: str = "") -> Figure:
    """The mesh with the load of each core: its work a step, or its events where nothing has a time.

    Only the tiles around those in use are drawn. Raises RunError for a run without a layout.
    """
    layout = _layout(recording)
    load, what = _load(recording, times)
    x, y, columns, rows = _window(layout)
    side = int(np.ceil(np.sqrt(layout.mesh.cores_per_tile)))
    figure, axes, inches = _mesh_axes(columns, rows, title)
    _draw_chips(axes, layout, _origin(layout))
    cell = 0.92 / side
    shown = columns * rows * side * side
    drawn, patches = [], []
    for tile_x, tile_y in np.ndindex(columns, rows):
        axes.add_patch(_square(tile_x, tile_y, 0.98, facecolor="white", edgecolor=_FAINT))
        for k in range(layout.mesh.cores_per_tile):
            corner = _corner(tile_x, tile_y, k, side, cell)
            axes.add_patch(Rectangle(corner, cell * 0.94, cell * 0.94, facecolor=_EMPTY))
    within = np.asarray(layout.used) % layout.mesh.cores_per_tile
    most = max(float(load.max(initial=0.0)), 1e-300)
    for k, value in enumerate(load):
        corner = _corner(x[k], y[k], int(within[k]), side, cell)
        patches.append(Rectangle(corner, cell * 0.94, cell * 0.94))
        drawn.append(value)
        number = layout.used[k]
        text = f"{number}" if shown > 64 else f"core {number}\n{_short(value, what)}"
        axes.text(
            corner[0] + cell * 0.47, corner[1] + cell * 0.47, text,
            ha="center", va="center", fontsize=_font(inches / side),
            color=_INK,
        )  # fmt: skip
    held = PatchCollection(patches, cmap=_BLUES, edgecolor="none")
    held.set_array(np.array(drawn))
    held.set_clim(0.0, most)
    axes.add_collection(held)
    bar = figure.colorbar(held, ax=axes, shrink=0.8, pad=0.01)
    bar.ax.yaxis.set_major_formatter(lambda value, _: _short(value, what))
    bar.set_label(f"{what} of a core and step, mean")
    mean = max(float(load.mean()), 1e-300)
    _note(axes, f"{_in_use(recording, layout)}; the fullest has {most / mean:.2f} x the mean load")
    return figure


def traffic_figure(recording: Recording, *, title: str = "") -> Figure:
    """The mesh with the packets on every link a step, and those that each tile sends.

    Raises RunError for a run without a layout.
    """
    layout = _layout(recording)
    x, y, columns, rows = _window(layout, links=True)
    steps = recording.steps * recording.trials
    sent = np.zeros((columns, rows))
    np.add.at(sent, (x, y), recording.counts.per_core.messages / steps)
    figure, axes, inches = _mesh_axes(columns, rows, title)
    _draw_chips(axes, layout, _origin(layout, links=True))
    _draw_tiles(axes, sent, inches)
    lines, values = _link_lines(layout, steps, *_origin(layout, links=True))
    note = f"{_count(recording.counts.messages / steps)} packets and "
    note += f"{_count(recording.counts.hops / steps)} hops a step; "
    if not lines:
        _note(axes, note + "no message leaves its tile")
        return figure
    most = max(values)
    widths = [(1.0 + 5.0 * value / most) * min(inches, 1.0) for value in values]
    held = LineCollection(lines, cmap=_REDS, linewidths=widths, capstyle="butt", zorder=1)
    held.set_array(np.array(values))
    held.set_clim(0.0, most)
    axes.add_collection(held)
    bar = figure.colorbar(held, ax=axes, shrink=0.8, pad=0.01)
    bar.set_label("packets on a link and step, mean")
    if columns * rows <= 16:
        for line, value in zip(lines, values, strict=True):
            _label_link(axes, line, value)
    note += f"the busiest link carries {_count(most)}; in tiles: packets sent; "
    _note(axes, note + "packets keep to the right")
    return figure


def time_figure(recording: Recording, times: StepTimes, *, title: str = "") -> Figure:
    """What each step takes and what it waits for; below, the work of every core.

    A mark shows the busiest core of each step. Many steps are drawn as means of several.
    """
    steps, cores = times.per_core.shape
    figure = Figure(figsize=(9.0, 6.4), layout="constrained", dpi=150)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1.1])
    every = -(-steps // _BARS)
    at = np.arange(0, steps, every)
    unit, scale = _scaled(float(times.per_step.max()))
    _draw_parts(upper, times, at, steps, scale)
    upper.set_ylabel(f"time of a step in {unit}")
    share = float(times.share.mean())
    upper.set_title(
        f"mean step {engineering(float(times.per_step.mean()), 's')}, longest "
        f"{engineering(float(times.per_step.max()), 's')}; the busiest core works for {share:.0%} "
        f"of a step",
        loc="left", fontsize=9, color=_INK,
    )  # fmt: skip
    numbers = np.asarray(recording.layout.used if recording.layout else np.arange(cores))
    group = -(-cores // _MOST_ROWS)
    thinned = _means(_means(times.per_core, at, steps).T, np.arange(0, cores, group), cores)
    image = lower.imshow(
        thinned * scale, origin="lower", aspect="auto", interpolation="nearest", cmap=_BLUES,
        vmin=0.0, extent=(-0.5, steps - 0.5, -0.5, cores - 0.5),
    )  # fmt: skip
    _draw_busiest(lower, times, at, steps)
    lower.yaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    names = {k: str(number) for k, number in enumerate(numbers.tolist())}
    lower.yaxis.set_major_formatter(lambda value, _: names.get(round(value), ""))
    lower.set_ylabel(f"core{f', means of {group}' if group > 1 else ''} (mark: the busiest)")
    lower.set_xlabel("step")
    bar = figure.colorbar(image, ax=lower, pad=0.01)
    bar.set_label(f"work in {unit}")
    return figure


def _layout(recording: Recording) -> Layout:
    if recording.layout is None:
        raise RunError(
            f"nothing to draw: this run of backend {recording.backend} does not say where its "
            "cores lie; run it again on the chip backend"
        )
    return recording.layout


def _load(recording: Recording, times: StepTimes | None) -> tuple[Array, str]:
    if times is not None:
        return times.per_core.mean(axis=0), "time"
    counts, steps = recording.counts, recording.steps * recording.trials
    return (counts.per_core.synaptic_events + counts.per_core.neuron_updates) / steps, "events"


def _origin(layout: Layout, *, links: bool = False) -> tuple[int, int, int, int]:
    """The corner and size of the part of the mesh that is drawn."""
    x, y = layout.mesh.place(np.asarray(layout.used, dtype=np.int64))
    touched = np.argwhere(layout.links.any(axis=0)) if links else np.zeros((0, 2), dtype=np.int64)
    every_x = np.concatenate((x, touched[:, 0]))
    every_y = np.concatenate((y, touched[:, 1]))
    left, low = int(every_x.min()), int(every_y.min())
    return left, low, int(every_x.max()) - left + 1, int(every_y.max()) - low + 1


def _window(layout: Layout, *, links: bool = False) -> tuple[Array, Array, int, int]:
    left, low, columns, rows = _origin(layout, links=links)
    x, y = layout.mesh.place(np.asarray(layout.used, dtype=np.int64))
    return x - left, y - low, columns, rows


def _mesh_axes(columns: int, rows: int, title: str) -> tuple[Figure, Axes, float]:
    """A figure, its axes in tiles, and the inches of a tile."""
    wide = max(_SIDE / columns, min(_LEGIBLE_TILE, _WIDEST / columns))
    tile = min(wide, _SIDE / rows, _LARGEST_TILE)
    size = (max(tile * columns + 1.6, 6.6), tile * rows + 1.0)
    figure = Figure(figsize=size, layout="constrained", dpi=150)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    axes = figure.add_subplot()
    axes.set_xlim(-0.52, columns - 0.48)
    axes.set_ylim(-0.52, rows - 0.48)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure, axes, tile


def _draw_chips(axes: Axes, layout: Layout, origin: tuple[int, int, int, int]) -> None:
    """Where one chip ends and the next begins, with their numbers, if there are several."""
    left, _, columns, _ = origin
    width = layout.mesh.width
    first, last = left // width, (left + columns - 1) // width
    if first == last:
        return
    for chip in range(first, last + 1):
        begin, end = max(chip * width - left, 0), min((chip + 1) * width - left, columns)
        if chip > first:
            axes.axvline(begin - 0.5, color=_INK, linewidth=1.2, linestyle=(0, (4, 2)), zorder=4)
        axes.text(
            (begin + end - 1) / 2, -0.56, f"chip {chip}", ha="center", va="top", fontsize=9,
            color=_INK,
        )  # fmt: skip


def _square(x: int, y: int, size: float, **style: Any) -> Rectangle:
    return Rectangle((x - size / 2, y - size / 2), size, size, linewidth=0.8, **style)


def _corner(x: int, y: int, core: int, side: int, cell: float) -> tuple[float, float]:
    column, row = core % side, core // side
    return (
        x - 0.46 + column * cell + cell * 0.03,
        y + 0.46 - (row + 1) * cell + cell * 0.03,
    )


def _font(inches: float) -> float:
    """The size of a text in a square of so many inches."""
    return min(max(16.0 * inches, 3.5), 11.0)


def _short(value: float, what: str) -> str:
    return engineering(value, "s", 3) if what == "time" else _count(value)


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _in_use(recording: Recording, layout: Layout) -> str:
    counts, mesh = recording.counts, layout.mesh
    return (
        f"{counts.cores} of {mesh.cores * counts.chips} cores, {counts.tiles} of "
        f"{mesh.width * mesh.height * counts.chips} tiles, {counts.chips} chip(s)"
    )


def _note(axes: Axes, text: str) -> None:
    axes.text(
        0.0, 1.01, text, transform=axes.transAxes, ha="left", va="bottom", fontsize=9, color=_INK
    )


def _draw_tiles(axes: Axes, sent: Array, inches: float) -> None:
    size = 0.44
    patches = [_square(x, y, size) for x, y in np.ndindex(*sent.shape)]
    held = PatchCollection(patches, cmap=_BLUES, edgecolor=_FAINT, linewidth=0.8, zorder=2)
    held.set_array(sent.ravel())
    most = max(float(sent.max()), 1e-300)
    held.set_clim(0.0, most)
    axes.add_collection(held)
    for x, y in np.ndindex(*sent.shape):
        axes.text(
            x, y, _count(float(sent[x, y])), ha="center", va="center", zorder=3,
            fontsize=_font(size * inches),
            color=_INK,
        )  # fmt: skip


_STEPS = ((1, 0), (-1, 0), (0, 1), (0, -1))


def _link_lines(
    layout: Layout, steps: int, left: int, low: int, columns: int, rows: int
) -> tuple[list[list[tuple[float, float]]], list[float]]:
    """A line for every link in use, to the right of the way that its packets go."""
    lines, values = [], []
    for (dx, dy), packets in zip(_STEPS, layout.links, strict=True):
        for x, y in np.argwhere(packets[left : left + columns, low : low + rows] > 0).tolist():
            aside_x, aside_y = 0.07 * dy, -0.07 * dx
            lines.append(
                [
                    (x + 0.24 * dx + aside_x, y + 0.24 * dy + aside_y),
                    (x + 0.76 * dx + aside_x, y + 0.76 * dy + aside_y),
                ]
            )
            values.append(float(packets[left + x, low + y]) / steps)
    return lines, values


def _label_link(axes: Axes, line: list[tuple[float, float]], value: float) -> None:
    (x0, y0), (x1, y1) = line
    across = abs(x1 - x0) > abs(y1 - y0)
    right = np.sign(x1 - x0) if across else np.sign(y1 - y0)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    shift = (0.0, -0.07 * right) if across else (0.09 * right, 0.0)
    axes.text(
        x + shift[0], y + shift[1], _count(value), ha="center", va="center", fontsize=7,
        color=_INK,
    )  # fmt: skip


def _scaled(most: float) -> tuple[str, float]:
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if most * scale >= 1.0:
            return unit, scale
    return "ns", 1e9


def _means(values: Array, at: Array, steps: int) -> Array:
    lengths = np.diff(np.append(at, steps))
    summed: Array = np.add.reduceat(values, at, axis=0)
    return summed / lengths.reshape(-1, *([1] * (values.ndim - 1)))


def _draw_parts(axes: Axes, times: StepTimes, at: Array, steps: int, scale: float) -> None:
    """What a step waits for, one on top of the other."""
    flat = np.ones(steps)
    free = times.per_core.max(axis=1) + times.flight + times.barrier
    parts = {**times.parts, "flight": times.flight, "barrier": times.barrier * flat}
    parts["waiting for the tick"] = times.per_step - free
    kept = {
        name: np.repeat(_means(values, at, steps) * scale, np.diff(np.append(at, steps)))
        for name, values in parts.items()
        if values.max(initial=0.0) > 1e-6 * times.per_step.max()
    }
    edges = np.clip(np.arange(-1, steps + 1), -0.5, steps - 0.5)
    axes.stackplot(
        edges, [np.pad(values, 1, mode="edge") for values in kept.values()],
        labels=[name.replace("_", " ") for name in kept],
        colors=[_COLOURS[name] for name in kept], step="mid", linewidth=0,
    )  # fmt: skip
    axes.set_xlim(-0.5, steps - 0.5)
    axes.set_ylim(0, 1.2 * float(np.sum(list(kept.values()), axis=0).max()))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper right", ncols=len(kept))


def _draw_busiest(axes: Axes, times: StepTimes, at: Array, steps: int) -> None:
    """The core that is busiest most often among the steps of a mark."""
    ends = np.append(at[1:], steps)
    most = [
        int(np.bincount(times.busiest[begin:end]).argmax())
        for begin, end in zip(at, ends, strict=True)
    ]
    size = min(max(2000.0 / len(at), 3.0), 40.0)
    axes.scatter((at + ends - 1) / 2, most, s=size, color="#c1572b", linewidths=0)
