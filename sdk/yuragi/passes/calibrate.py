"""Calibration: the range that every variable and port takes in a short run in floats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi import reference
from yuragi.errors import GraphError
from yuragi.graph import Graph, Probe, Stimulus

__all__ = ["Range", "calibrate", "calibration_run", "emission_rates"]

_WORK = 50_000_000
_TRIALS = 32
_STEPS = 64
_MOST_STEPS = 512
_FEWEST_STEPS = 8
_FEW_STEPS = 128
_FEW_TRIALS = 4
_LESS_WORK = 50_000_000


@dataclass(slots=True)
class Range:
    """The smallest and largest value seen; 0 counts as seen."""

    low: float = 0.0
    high: float = 0.0

    def see(self, values: NDArray[Any]) -> None:
        """Widen the range by values."""
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))

    def widened(self, factor: float) -> tuple[float, float]:
        """Both ends times `factor`; (-1, 1) where nothing but 0 was seen."""
        if self.low == self.high == 0.0:
            return -1.0, 1.0
        return self.low * factor, self.high * factor


def _shortened(stimulus: Stimulus, trials: int = _TRIALS) -> Stimulus:
    values = stimulus.values
    return replace(stimulus, values=values[:trials] if values.ndim == 3 else values)


def calibration_run(graph: Graph, *, steps: int | None = None) -> tuple[Graph, int, int]:
    """What `calibrate` runs: the graph with shortened stimuli, and how many steps and trials."""
    short = replace(
        graph,
        stimuli=tuple(_shortened(s) for s in graph.stimuli),
        probes=(),
        placement=None,
        routes={},
    )
    trials = max((s.values.shape[0] for s in short.stimuli if s.values.ndim == 3), default=1)
    longest = max((s.values.shape[-2] for s in short.stimuli), default=0) + graph.delays
    affordable = _WORK // ((graph.synapses + 16 * graph.units) * trials + 1)
    wanted = min(max(longest, _STEPS), _MOST_STEPS) if steps is None else steps
    return short, max(min(wanted, affordable), _FEWEST_STEPS), trials


def calibrate(graph: Graph, *, steps: int | None = None) -> Mapping[tuple[str, str], Range]:
    """Ranges by (population, variable or port), initial values included.

    Runs the graph with its own stimuli, up to 32 trials, for as many steps as they last, 64 to 512,
    and fewer on large networks. What a reset assigns is seen before and after it: the voltage of a
    unit that fires goes beyond its threshold by what arrived. A network without stimuli, noise or
    bias that stays at rest shows ranges of rest: give it a stimulus that is like what it will see.

    Raises GraphError where a value is not finite.
    """
    short, wanted, trials = calibration_run(graph, steps=steps)
    seen = {key: Range() for key in _observed(graph)}
    for node in graph.nodes:
        for name, value in node.initial.items():
            seen[node.name, name].see(value)

    def observe(population: str, values: Mapping[str, NDArray[Any]]) -> None:
        for name, value in values.items():
            if (population, name) in seen:
                seen[population, name].see(np.asarray(value))

    reference.run(short, steps=wanted, trials=trials, observe=observe, before_reset=observe)
    for (population, name), found in seen.items():
        if not np.isfinite([found.low, found.high]).all():
            raise GraphError(f"{population}.{name} is not finite in the calibration run")
    return seen


def _observed(graph: Graph) -> Iterator[tuple[str, str]]:
    """Every variable and port of the populations, every state of the projections that learn."""
    for node in graph.nodes:
        for name in (*node.dynamics.system.variables, *node.dynamics.ports):
            yield node.name, name
    for edge in graph.edges:
        for name in () if edge.plasticity is None else edge.plasticity.dynamics.system.states:
            yield edge.name, name


def emission_rates(graph: Graph, *, steps: int | None = None) -> Mapping[str, NDArray[Any]] | None:
    """Messages of each unit a step, by population, in a short run; None where nothing is sent.

    A unit that sent n times in s steps counts as (n + 1) / (s + 1): what is rare is not never.
    A graph of differential equations, or one too large for a short run, has no rates.
    """
    if any(node.dynamics.system.derivatives for node in graph.nodes):
        return None
    short = replace(
        graph,
        stimuli=tuple(_shortened(s, _FEW_TRIALS) for s in graph.stimuli),
        probes=tuple(
            Probe(node=n.name, variable="spikes") for n in graph.nodes if n.dynamics.spiking
        ),
        placement=None,
        routes={},
    )
    trials = max((s.values.shape[0] for s in short.stimuli if s.values.ndim == 3), default=1)
    late = graph.delays + max(node.latency for node in graph.nodes)
    longest = max((s.values.shape[-2] for s in short.stimuli), default=_FEW_STEPS) + late
    affordable = _LESS_WORK // ((graph.synapses // 4 + 16 * graph.units) * trials + 1)
    wanted = min(longest, _FEW_STEPS + late, affordable) if steps is None else steps
    if wanted < _FEWEST_STEPS + late:
        return None
    graded = [node for node in graph.nodes if not node.dynamics.spiking]
    output = {node.name: node.dynamics.output for node in graded if node.dynamics.output}
    sent = {node.name: np.zeros(node.size, dtype=np.int64) for node in graph.nodes}

    def observe(population: str, values: Mapping[str, NDArray[Any]]) -> None:
        if population in output:
            sent[population] += np.count_nonzero(values[output[population]], axis=0)

    run = reference.run(short, steps=wanted, trials=trials, observe=observe)
    for name, train in run.spike_trains.items():
        sent[name] += np.bincount(train.unit, minlength=train.size)
    if not any(number.any() for number in sent.values()):
        return None
    return {name: (number + 1) / (wanted * trials + 1) for name, number in sent.items()}
