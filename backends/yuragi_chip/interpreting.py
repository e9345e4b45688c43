"""Short runs in integers without compiled loops: the reference interprets, routes are counted.

To compile the loops of a network takes seconds, the first time on a machine. Integers leave no
room for a difference: whatever runs them, states, spikes and counts are the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi import reference
from yuragi.backend import Request
from yuragi.graph import Graph, Probe
from yuragi.recording import SpikeTrain
from yuragi_chip.outcome import TALLIED, Outcome, require_room
from yuragi_chip.routing import Traffic

__all__ = ["Allowance", "interpret", "work_of"]

Array = NDArray[Any]
# Numbers that the reference looks at: about a second of them.
_SECOND = 1e9
_CALL = 1e5
_EACH_UNIT = 100
_AT_SENDER = ("spikes", "messages", "hops_x", "hops_y")


@dataclass(slots=True)
class Allowance:
    """The work that may still be interpreted in this process, before the loops are compiled."""

    left: float = _SECOND

    def take(self, request: Request) -> bool:
        """Whether a run is to be interpreted; what it takes is then gone.

        One in integers without learning, for which no threads, packets or ends are asked.
        """
        graph = request.graph
        integers = all(node.dynamics.integer for node in graph.nodes)
        plain = request.threads is None and not request.messages and request.overflow == "report"
        if not integers or graph.learning or not plain:
            return False
        work = work_of(graph, request.steps, request.trials)
        if work > self.left:
            return False
        self.left -= work
        return True


def work_of(graph: Graph, steps: int, trials: int) -> float:
    """What the reference has to do in a run, in numbers looked at."""
    calls = _CALL * (len(graph.nodes) + len(graph.edges))
    return steps * (calls + trials * (_EACH_UNIT * graph.units + graph.synapses))


def interpret(request: Request, traffic: Mapping[str, Traffic]) -> Outcome:
    """Run a placed and routed graph of integers in which no weight learns.

    Updates count as active where there is input. Raises RunError where counts do not fit.
    """
    graph, steps, trials = request.graph, request.steps, request.trials
    cores = 1 + max(int(held.core.max()) for held in traffic.values())
    require_room(trials, steps, cores, learning=False)
    seen = _Seen(graph, traffic, np.zeros((trials, steps, cores), dtype=np.uint32))
    run = reference.run(
        _watched(graph),
        steps=steps,
        trials=trials,
        progress=request.progress,
        observe=seen.observe,
    )
    sent = {**run.spike_trains, **seen.graded()}
    counted = {name: np.zeros((trials, steps, cores), dtype=np.uint32) for name in TALLIED}
    for name, train in sent.items():
        _count(traffic[name], train, counted)
    units = np.concatenate([held.core for held in traffic.values()])
    updates = np.bincount(units, minlength=cores).astype(np.uint32)
    asked = {probe.node for probe in graph.probes if probe.variable == "spikes"}
    return Outcome(
        spike_trains={name: train for name, train in run.spike_trains.items() if name in asked},
        traces=run.traces,
        arrays={
            **counted,
            "active_updates": seen.active,
            "neuron_updates": np.broadcast_to(updates, seen.active.shape),
        },
        sends={name: np.bincount(t.unit, minlength=t.size) for name, t in sent.items()},
        overflows=run.overflows,
        learned={},
    )


def _watched(graph: Graph) -> Graph:
    """The graph with probes of every spike."""
    asked = {probe.node for probe in graph.probes if probe.variable == "spikes"}
    silent = (n.name for n in graph.nodes if n.dynamics.spiking and n.name not in asked)
    more = (Probe(node=name, variable="spikes") for name in silent)
    return replace(graph, probes=(*graph.probes, *more))


class _Seen:
    """What the reference shows of each update and no probe keeps.

    active: units with input, by core.      shape (trials, steps, cores)
    """

    def __init__(self, graph: Graph, traffic: Mapping[str, Traffic], active: Array) -> None:
        self.active = active
        self._nodes = {node.name: node for node in graph.nodes}
        self._step = {node.name: node.latency for node in graph.nodes}
        self._home = {name: _members(held.core, active.shape[2]) for name, held in traffic.items()}
        self._sent: dict[str, list[Array]] = {
            node.name: [] for node in graph.nodes if not node.dynamics.spiking
        }

    def observe(self, name: str, values: Mapping[str, Array]) -> None:
        """One update of a population."""
        dynamics, step = self._nodes[name].dynamics, self._step[name]
        if dynamics.ports:
            busy = np.logical_or.reduce([values[port] != 0 for port in dynamics.ports])
            self.active[:, step] += (busy.astype(np.uint32) @ self._home[name]).astype(np.uint32)
        if name in self._sent and dynamics.output:
            trial, unit = np.nonzero(values[dynamics.output])
            self._sent[name].append(np.stack([trial, np.full(len(unit), step), unit]))
        self._step[name] += 1

    def graded(self) -> dict[str, SpikeTrain]:
        """When units that do not spike sent something."""
        trains = {}
        for name, parts in self._sent.items():
            nothing = np.zeros((3, 0), dtype=np.int64)
            trial, step, unit = np.concatenate([nothing, *parts], axis=1)
            size = self._nodes[name].size
            trains[name] = SpikeTrain(size=size, trial=trial, step=step, unit=unit)
        return trains


def _members(core: Array, cores: int) -> scipy.sparse.csr_array:
    """1 where a unit is on a core.  shape (size, cores)"""
    size = len(core)
    one = np.ones(size, dtype=np.uint32), core, np.arange(size + 1)
    return scipy.sparse.csr_array(one, shape=(size, cores))


def _count(held: Traffic, train: SpikeTrain, counted: Mapping[str, Array]) -> None:
    """Add what the messages of a population do, each at the core where it does it."""
    trials, steps, cores = counted["spikes"].shape
    shape = trials * steps, train.size
    row = train.trial * steps + train.step
    sent = scipy.sparse.csr_array((np.ones_like(row), (row, train.unit)), shape=shape)
    pointer, reached = held.pointer, held.reached
    core, *own = held.own.T
    here, alone = np.arange(train.size + 1), np.ones_like(core)
    each = {
        "synaptic_events": (held.synapses, reached, pointer),
        "messages_in": (np.ones_like(reached), reached, pointer),
        **{
            name: (values, core, here)
            for name, values in zip(_AT_SENDER, (alone, *own), strict=True)
        },
    }
    for name, (values, at, begin) in each.items():
        per_unit = scipy.sparse.csr_array(
            (values.astype(np.int64), at.astype(np.int64), begin), shape=(train.size, cores)
        )
        counted[name] += (sent @ per_unit).toarray().reshape(counted[name].shape).astype(np.uint32)
