"""The current-based leaky integrate-and-fire unit that comes nearest to another, and how near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yuragi import reference
from yuragi.errors import YuragiError
from yuragi.graph import Graph, Node, Probe
from yuragi.passes.calibrate import calibration_run

__all__ = ["Nearest", "nearest"]

Array = NDArray[Any]
_MOST_UNITS = 256
_MOST_WORK = 5_000_000
_HALVINGS = 14
_CURRENTS = (1.0, 0.3)
_LEAKS = (1.0, 0.3, 0.1, 0.02)
_DRIVES = (0.0, 0.5, 1.2)


class Nearest(NamedTuple):
    """Parameters of the unit model cuba_lif.

    error: rms over units of the difference of their mean rates; rate: of the unit that it stands
        for, on average.  Spikes a step, in `steps` steps of the calibration run.
    """

    delta_u: float
    delta_v: float
    v_th: float
    bias: float
    error: float
    rate: float
    steps: int
    graded: bool

    def __str__(self) -> str:
        meant = "the rate that stands for its value" if self.graded else "its own rate"
        return (
            f"nearest: cuba_lif with delta_u={self.delta_u:.4g}, delta_v={self.delta_v:.4g}, "
            f"v_th={self.v_th:.4g}, bias={self.bias:.4g}; {self.error:.3g} spikes a step (rms over "
            f"units) from {meant}, {self.rate:.3g} on average, over {self.steps} steps"
        )


def nearest(graph: Graph, names: Sequence[str]) -> Mapping[str, Nearest]:
    """For each population, from one run of the network in floats with its own stimuli.

    What a unit sends is compared as a rate: its spikes, or its value as a share of the range that
    its population was seen in. Candidates get what arrived at the unit, over all its ports; their
    threshold is chosen by halving, so that they spike as often. Nothing is proposed for a network
    that is too large to be run here, or that cannot be run.
    """
    if graph.units + graph.synapses > _MOST_WORK // 64:
        return {}
    drives: dict[str, list[Array]] = {name: [] for name in names}
    sent: dict[str, list[Array]] = {name: [] for name in names}

    def observe(population: str, values: Mapping[str, Array]) -> None:
        if population in drives:
            node = graph.node(population)
            arrived = sum((values[p][0] for p in node.dynamics.ports), np.zeros(node.size))
            drives[population].append(arrived[:_MOST_UNITS])
            output = node.dynamics.output
            if output is not None and not node.dynamics.spiking:
                sent[population].append(values[output][0][:_MOST_UNITS])

    short, steps, trials = calibration_run(graph)
    spiking = [name for name in names if graph.node(name).dynamics.spiking]
    asked = replace(short, probes=tuple(Probe(node=n, variable="spikes") for n in spiking))
    try:
        run = reference.run(asked, steps=steps, trials=trials, observe=observe)
    except YuragiError:
        return {}
    found = {}
    for name in names:
        node = graph.node(name)
        drive = np.array(drives[name])  # (steps, units)
        if node.dynamics.spiking:
            train = run.spike_trains.get(name)
            if train is None:
                continue
            first = train.unit[train.trial == 0]
            rates = np.bincount(first, minlength=node.size)[:_MOST_UNITS] / steps
        else:
            rates = _shares(np.array(sent[name]))
        if drive.size and rates.any() and np.isfinite(drive).all():
            found[name] = _fit(node, drive, rates)
    return found


def _shares(values: Array) -> Array:
    """The mean of each unit as a share of the range of all.  shape (units,)"""
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    shares: Array = (values.mean(axis=0) - low) / (high - low) if high > low else np.zeros(0)
    return shares


def _fit(node: Node, drive: Array, rates: Array) -> Nearest:
    best: Nearest | None = None
    wanted = float(rates.mean())
    for delta_u, delta_v, share in product(_CURRENTS, _LEAKS, _DRIVES):
        current = _filtered(drive, delta_u)
        v_th = _threshold(current, delta_v, share, wanted)
        bias = share * v_th * delta_v
        error = float(np.sqrt(np.mean((_rates(current, delta_v, v_th, bias) - rates) ** 2)))
        if best is None or error < best.error:
            best = Nearest(
                delta_u=delta_u,
                delta_v=delta_v,
                v_th=v_th,
                bias=bias,
                error=error,
                rate=wanted,
                steps=len(drive),
                graded=not node.dynamics.spiking,
            )
    if best is None:
        raise ValueError("there are candidates")
    return best


def _filtered(drive: Array, delta_u: float) -> Array:
    """u(t+1) = (1 - delta_u) u(t) + i(t)"""
    current = np.empty_like(drive)
    u = np.zeros(drive.shape[1])
    for step, arriving in enumerate(drive):
        u = (1 - delta_u) * u + arriving
        current[step] = u
    return current


def _rates(current: Array, delta_v: float, v_th: float, bias: float) -> Array:
    """Spikes a step of each unit.  shape (units,)"""
    v = np.zeros(current.shape[1])
    spikes = np.zeros(current.shape[1])
    for u in current:
        v = (1 - delta_v) * v + u + bias
        fired = v > v_th
        spikes += fired
        v[fired] = 0.0
    return spikes / len(current)


def _threshold(current: Array, delta_v: float, share: float, wanted: float) -> float:
    """The threshold with which units spike as often as wanted: more spikes below it."""
    low, high = 0.0, float(np.abs(current).sum(axis=0).max()) + 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _rates(current, delta_v, middle, share * middle * delta_v).mean() > wanted:
            low = middle
        else:
            high = middle
    return high
