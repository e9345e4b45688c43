"""Ranges that states cannot leave: what the equations map into itself.

A chaotic unit fills a range that its equations bound on all sides: what it needs beyond a
calibration run is no matter of a margin. The calibrated range is cut into pieces and grows by their
images until these lie within it. Then so does every orbit, and so does what the range maps to, unit
by unit: it shrinks towards what each really fills.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.intervals import Interval, interval
from yuragi.graph import Graph, Node
from yuragi.passes.calibrate import Range

__all__ = ["Enclosed", "enclosed"]

Array = NDArray[Any]
Enclosed = Mapping[tuple[str, str], tuple[float, float]]
_PIECES = 128
_FEWEST_PIECES = 8
_MOST_CELLS = 2**17
_ROUNDS = 32
_SLACK = 2.0**-7
_UNBOUNDED = (np.asarray(-np.inf), np.asarray(np.inf))


def enclosed(graph: Graph, ranges: Mapping[tuple[str, str], Range]) -> Enclosed:
    """Ends by (population, state) of the states for which there is such a range.

    ranges: of a calibration run.
    Nothing may arrive at a port to which nothing is connected; what arrives elsewhere is unbounded.
    The ends are 1 % of the range beyond what was found, for what integers round and tables err.
    Populations that reset are left out.
    """
    fed = {(e.target, e.port) for e in graph.edges} | {(s.target, s.port) for s in graph.stimuli}
    ends: dict[tuple[str, str], tuple[float, float]] = {}
    for node in graph.nodes:
        system = node.dynamics.system
        if system.reset or system.derivatives:
            continue
        ports = {
            port: _UNBOUNDED if (node.name, port) in fed else (np.zeros(()), np.zeros(()))
            for port in node.dynamics.ports
        }
        seen = {name: ranges[node.name, name] for name in system.states}
        start = {n: (np.array([found.low]), np.array([found.high])) for n, found in seen.items()}
        values = {**node.parameters, "dt": np.asarray(graph.dt or 1.0)}
        known = {name: (value, value) for name, value in values.items()} | ports
        for name, (low, high) in _Map(node=node, known=known).settled(start).items():
            if (low < high).any():
                slack = _SLACK * float((high - low).max())
                ends[node.name, name] = float(low.min()) - slack, float(high.max()) + slack
    return ends


class _Map:
    """The equations of a population as a map of intervals.  known: of parameters and ports"""

    def __init__(self, *, node: Node, known: Mapping[str, Interval]) -> None:
        self._system = node.dynamics.system
        self._known = known
        self._initial = {
            name: (node.initial[name].min(), node.initial[name].max())
            for name in self._system.states
        }
        size = max([1, *(low.size for low, _ in known.values())])
        pieces = min(_PIECES, _MOST_CELLS // size)
        self._pieces = pieces if pieces >= _FEWEST_PIECES else 0

    def settled(self, start: Mapping[str, Interval]) -> dict[str, Interval]:
        """The ranges that hold, as far as they shrink; states without one are left out."""
        bounded, after = self._holding(start)
        for _ in range(_ROUNDS):
            before, bounded = bounded, {n: _common(after[n], bounded[n]) for n in bounded}
            if all(_alike(bounded[name], before[name]) for name in bounded):
                break
            after = self._images(bounded)
        return bounded

    def _holding(self, start: Mapping[str, Interval]) -> tuple[dict[str, Interval], ...]:
        """Ranges that hold their images, and these; a state that has none is unbounded."""
        bounded = dict(start)
        while True:
            for _ in range(_ROUNDS):
                after = self._images(bounded)
                out = [n for n, span in bounded.items() if not _within(after[n], span)]
                if not out:
                    return bounded, after
                lost = [n for n in out if not np.isfinite(after[n]).all()]
                if lost:
                    break
                bounded |= {n: _grown(bounded[n], after[n]) for n in out}
            bounded = {n: start[n] for n in bounded if n not in (lost or out)}

    def _images(self, bounded: Mapping[str, Interval]) -> dict[str, Interval]:
        return {name: self._image(name, bounded) for name in bounded}

    def _image(self, state: str, bounded: Mapping[str, Interval]) -> Interval:
        """Where a state is at the start and after a step; its own range is cut into pieces."""
        if not self._pieces:
            return _UNBOUNDED
        spans = {**self._known, **dict.fromkeys(self._system.states, _UNBOUNDED), **bounded}
        cuts = np.linspace(*spans[state], self._pieces + 1)  # (pieces + 1, 1) or (.., size)
        spans[state] = cuts[:-1], cuts[1:]
        update = dict(self._system.updates)[state]
        for name, tree in self._system.needed([update]):
            spans[name] = interval(tree, spans)
        low, high = (np.atleast_2d(end) for end in interval(update, spans))
        first, last = self._initial[state]
        return np.minimum(low.min(axis=0), first), np.maximum(high.max(axis=0), last)


def _common(x: Interval, y: Interval) -> Interval:
    return np.maximum(x[0], y[0]), np.minimum(x[1], y[1])


def _grown(span: Interval, by: Interval) -> Interval:
    """The range with what it maps to, and a little more at the ends that give way."""
    slack = _SLACK * (span[1] - span[0])
    low, high = by[0] - slack, by[1] + slack
    return np.where(by[0] < span[0], low, span[0]), np.where(by[1] > span[1], high, span[1])


def _within(inner: Interval, outer: Interval) -> bool:
    return bool(np.all(inner[0] >= outer[0]) and np.all(inner[1] <= outer[1]))


def _alike(new: Interval, old: Interval) -> bool:
    """Whether shrinking has come to its end, or as good as."""
    width = new[1] - new[0]
    return bool(np.all(old[1] - old[0] - width <= _SLACK * width))
