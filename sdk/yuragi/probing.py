"""Collects what the probes of a graph ask for while a run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import RunError
from yuragi.graph import Graph, Node, Probe
from yuragi.plasticity import WEIGHT
from yuragi.recording import SpikeTrain, Trace

__all__ = ["Recorder", "overflow_error"]

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
            if probe.variable == "spikes":
                self.events[probe.node] = []
                continue
            samples = -(-self.steps // probe.every)
            size, integer = _asked(self.graph, probe)
            shape = (self.trials, samples, size)
            kind = np.int64 if integer else np.float64
            total += 8 * self.trials * samples * size
            if total > _MAX_TRACE_BYTES:
                raise RunError(
                    f"probe {probe.node}.{probe.variable}: the traces of {self.trials} trials x "
                    f"{self.steps} steps take {total / 2**30:.1f} GiB, at most 8; use every=..."
                )
            self.traces[probe.node, probe.variable] = np.zeros(shape, dtype=kind)
            self.every[probe.node, probe.variable] = probe.every

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
                scale=_scale(self.graph, *key),
                spike_register=self._spike_register(*key),
            )
            for key, values in self.traces.items()
        }

    def _spike_register(self, population: str, variable: str) -> int:
        if not any(node.name == population for node in self.graph.nodes):
            return 0
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


def _asked(graph: Graph, probe: Probe) -> tuple[int, bool]:
    """How many values a probe reads at a time, and whether they are integers."""
    asked = graph.probed(probe)
    if isinstance(asked, Node):
        return asked.size, asked.dynamics.integer
    rule, weights = asked.plasticity, asked.weights
    place = "synapse" if rule is None else rule.places[probe.variable]
    sizes = {"source": weights.shape[1], "target": weights.shape[0], "synapse": weights.synapses}
    return sizes[place], rule is not None and rule.integer


def _scale(graph: Graph, name: str, variable: str) -> float:
    """What integer 1 stands for in a probed variable."""
    asked = graph.probed(Probe(node=name, variable=variable))
    if isinstance(asked, Node):
        return asked.scales.get(variable, 1.0)
    if variable == WEIGHT:
        return asked.scale
    return 1.0 if asked.plasticity is None else asked.plasticity.scales.get(variable, 1.0)


def overflow_error(population: str, word: str, unit: int, step: int, trial: int) -> RunError:
    """What a run says that ends where a word overflows."""
    return RunError(
        f"{population}: {word} overflowed in unit {unit}, step {step}, trial {trial}; smaller "
        'weights or inputs would fit, overflow="report" counts and goes on'
    )
