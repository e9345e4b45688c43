"""Overlaps of a wandering network with its patterns, and its visits to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError

__all__ = ["Visits", "overlaps", "visits"]

Array = NDArray[Any]
_COLOURS = ("#1f3b57", "#c1572b", "#7a8f3c", "#8a5a9e", "#b8912f", "#4a8f8f")


def overlaps(x: ArrayLike, patterns: ArrayLike, *, threshold: float = 0.5) -> Array:
    """m_p = mean_i s_i xi_i^p, s_i = +1 where x_i is above the threshold, else -1.

    x: shape (steps, size)      patterns: +1 and -1, shape (patterns, size)
    returns: shape (steps, patterns)
    """
    xi, states = np.atleast_2d(np.asarray(patterns)), np.atleast_2d(np.asarray(x))
    if xi.shape[1] != states.shape[1]:
        raise GraphError(f"patterns of {xi.shape[1]} units, states of {states.shape[1]}")
    signs = np.where(states > threshold, 1.0, -1.0)
    return np.asarray(signs @ xi.T / xi.shape[1])  # (steps, size) @ (size, patterns)


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """When a network was at each of its patterns.

    overlaps: shape (steps, patterns)      least: the overlap from which a step counts as a visit.
    steps: steps spent at each pattern.      shape (patterns,)
    entries: how often each was entered.      shape (patterns,)
    reversed_steps: steps spent at the negative of each, which Hebb's weights hold too.
    """

    overlaps: Array
    least: float
    steps: Array
    entries: Array
    reversed_steps: Array

    @property
    def visited(self) -> int:
        """How many patterns were visited, in themselves or as negatives."""
        return int(((self.steps + self.reversed_steps) > 0).sum())

    @property
    def stays(self) -> Array:
        """The mean length of a visit in steps, 0 where there was none.  shape (patterns,)"""
        return np.asarray(self.steps / np.maximum(self.entries, 1))

    def plot(self, figure: Any = None, *, shown: int = 500) -> Any:
        """The last overlaps over time, a band for each pattern, and its share of time; the figure.

        shown: how many steps.
        """
        if figure is None:
            from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load

            figure = Figure(figsize=(8.0, 0.8 + 0.9 * len(self.steps)), layout="constrained")
        bands = figure.subplots(len(self.steps), 1, sharex=True, squeeze=False)[:, 0]
        total = len(self.overlaps)
        when = np.arange(max(0, total - shown), total)
        for k, band in enumerate(bands):
            band.plot(when, self.overlaps[when, k], color=_COLOURS[k % len(_COLOURS)], linewidth=1)
            band.axhline(self.least, color="0.8", linewidth=0.8)
            band.set(ylim=(-1.08, 1.08), yticks=[-1, 0, 1])
            share = 100.0 * self.steps[k] / total
            band.set_ylabel(f"pattern {k}\n{share:.1f} %", rotation=0, ha="right", va="center")
            band.spines[["top", "right"]].set_visible(False)
        bands[0].set_title("overlaps, and the share of time at each pattern")
        bands[-1].set_xlabel("step")
        return figure


def visits(x: ArrayLike, patterns: ArrayLike, *, least: float = 0.99) -> Visits:
    """Count the visits.  x, patterns: as in `overlaps`; least: in (0, 1]."""
    found = overlaps(x, patterns)
    there = found >= least
    entered = there & ~np.vstack([np.zeros_like(there[:1]), there[:-1]])
    return Visits(
        overlaps=found,
        least=least,
        steps=there.sum(axis=0),
        entries=entered.sum(axis=0),
        reversed_steps=(found <= -least).sum(axis=0),
    )
