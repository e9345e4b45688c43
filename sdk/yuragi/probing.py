"""Collects what the probes of a graph ask for while a run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import RunError
from yuragi.graph import Graph
from yuragi.recording import SpikeTrain, Trace

__all__ = ["Recorder"]

Array = NDArray[Any]
_MAX_TRACE_BYTES = 2**33


@dataclass(slots=True)
class Recorder:
    """Spikes as events and traces as arrays, for one run.

    Raises RunError before the run where the traces would take more than 8 GiB.
    """

    graph: Graph
    steps: int
    trials: int
    events: dict[str, list[tuple[Array, Array, Array]]] = field(init=False)
    traces: dict[tuple[str, str], Array] = field(init=False)
    every: dict[tuple[str, str], int] = field(init=False)

    def __post_init__(self) -> None:
        self.events = {}
        self.traces = {}
        self.every = {}
        total = 0
        for probe in self.graph.probes:
            node = self.graph.node(probe.node)
            if probe.variable == "spikes":
                self.events[node.name] = []
                continue
            samples = -(-self.steps // probe.every)
            shape = (self.trials, samples, node.size)
            kind = np.int64 if node.dynamics.integer else np.float64
            total += 8 * self.trials * samples * node.size
            if total > _MAX_TRACE_BYTES:
                raise RunError(
                    f"probe {node.name}.{probe.variable}: the traces of {self.trials} trials x "
                    f"{self.steps} steps take {total / 2**30:.1f} GiB, at most 8; use every=..."
                )
            self.traces[node.name, probe.variable] = np.zeros(shape, dtype=kind)
            self.every[node.name, probe.variable] = probe.every

    def keep(self, node: str, variable: str, step: int, first: int, values: Array) -> None:
        """Keep a variable if it is due.  values: shape (trials, size), from trial `first` on"""
        every = self.every[node, variable]
        if step % every == 0:
            last = first + values.shape[0]
            self.traces[node, variable][first:last, step // every] = values

    def spike(self, node: str, step: int | Array, trial: Array, unit: Array) -> None:
        """Keep units that sent, in one step or in one for each.  shapes (spikes,)"""
        if len(unit):
            self.events[node].append((trial, unit, np.broadcast_to(step, unit.shape)))

    def spike_trains(self) -> Mapping[str, SpikeTrain]:
        """The spikes by population."""
        return {name: self._train(name, found) for name, found in self.events.items()}

    def all_traces(self) -> Mapping[tuple[str, str], Trace]:
        """The traces by population and variable."""
        return {
            key: Trace(
                values=values,
                every=self.every[key],
                scale=self.graph.node(key[0]).scales.get(key[1], 1.0),
                spike_register=self._spike_register(*key),
            )
            for key, values in self.traces.items()
        }

    def _spike_register(self, population: str, variable: str) -> int:
        dynamics = self.graph.node(population).dynamics
        return dynamics.spike_register if variable in dynamics.system.held else 0

    def _train(self, name: str, found: list[tuple[Array, Array, Array]]) -> SpikeTrain:
        trial = np.concatenate([t for t, _, _ in found] or [np.zeros(0, np.int64)])
        unit = np.concatenate([u for _, u, _ in found] or [np.zeros(0, np.int64)])
        step = np.concatenate([s for _, _, s in found] or [np.zeros(0, np.int64)])
        order = np.lexsort((unit, step, trial))
        return SpikeTrain(
            size=self.graph.node(name).size, trial=trial[order], step=step[order], unit=unit[order]
        )
