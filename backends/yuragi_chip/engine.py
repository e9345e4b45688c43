"""Runs a graph of maps with compiled loops: event-driven, trials in parallel, counts on."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import GraphError, RunError
from yuragi.graph import Graph
from yuragi.hardware.profile import Activity
from yuragi.probing import Recorder, overflow_error
from yuragi_chip.build import Built, BuiltNode, Tallies, build
from yuragi_chip.columns import Synapses
from yuragi_chip.loop import run_steps
from yuragi_chip.messages import MessageLog
from yuragi_chip.outcome import TALLIED, Outcome, require_room
from yuragi_chip.routing import Traffic

__all__ = ["Watch", "execute"]

Array = NDArray[Any]
Progress = Callable[[int, int], None]
_PATIENCE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a run that goes step by step looks at after each.

    messages: every packet is kept.      overflow: a word that overflows ends the run.
    """

    messages: bool
    overflow: bool


@dataclass(slots=True)
class _Session:
    """Everything that the threads of one run share; each has its own trials."""

    built: Built
    recorder: Recorder
    steps: int
    stop: threading.Event
    progress: Progress | None
    log: MessageLog | None = None
    watch: Watch | None = None

    def run(self, first: int, last: int) -> None:
        """All steps of some trials, so many at a time that Python is heard 20 times a second."""
        begin, chunk = 0, 1
        while begin < self.steps and not self.stop.is_set():
            end = min(begin + chunk, self.steps)
            began = time.perf_counter()
            run_steps(self.built.operations, begin, end, first, last)
            taken = time.perf_counter() - began
            if self.log is not None:
                self.log.take(self.built.nodes, begin, first, last)
            if self.watch is not None and self.watch.overflow:
                self._refuse_overflow(begin, first, last)
            for built in self.built.nodes:
                if built.spikes:
                    self._read_events(built, begin, end, first, last)
            if self.progress and first == 0:
                for step in range(begin, end):
                    self.progress(step + 1, self.steps)
            begin, chunk = end, self._next(chunk, taken)

    def _next(self, chunk: int, taken: float) -> int:
        if self.watch is not None:
            return 1
        factor = 2.0 if taken <= 0.0 else min(max(_PATIENCE / taken, 0.1), 2.0)
        return max(1, min(int(chunk * factor), self.built.depth))

    def _refuse_overflow(self, step: int, first: int, last: int) -> None:
        for name, what, tally in _counting(self.built):
            over = np.argwhere(tally[first:last] != 0)
            if len(over):
                self.stop.set()
                trial, unit = over[0].tolist()
                raise overflow_error(name, what, unit, step, first + trial)

    def _read_events(self, built: BuiltNode, begin: int, end: int, first: int, last: int) -> None:
        """Hand the spikes of steps begin to end-1 to the recorder."""
        steps = np.arange(begin, end)
        for trial in range(first, last):
            unit = built.events[trial, : built.bounds[trial, 1]].copy()
            found = built.found[trial, steps % built.found.shape[1]]
            self.recorder.spike(
                built.node.name, np.repeat(steps, found), np.full(len(unit), trial), unit
            )
        built.bounds[first:last] = 0


def _threads(trials: int, threads: int | None) -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(trials, threads or available or 1))


def _tallies(steps: int, trials: int, cores: int, *, learning: bool) -> Tallies:
    require_room(trials, steps, cores, learning=learning)
    return Tallies(
        named=np.zeros((trials, steps, len(TALLIED), cores), dtype=np.uint32),
        active=np.zeros((trials, steps, cores), dtype=np.uint32),
        learned=np.zeros((trials if learning else 0, steps, cores), dtype=np.uint32),
    )


def execute(
    graph: Graph,
    weights: tuple[Synapses, ...],
    traffic: Mapping[str, Traffic],
    *,
    steps: int,
    trials: int,
    threads: int | None = None,
    progress: Progress | None = None,
    activity: Activity = "input",
    watch: Watch | None = None,
) -> Outcome:
    """Run a placed and routed graph of maps.

    activity: which updates count as active, as the profile says.
    threads: trials are shared out among so many; the result does not depend on it.
    watch: what is looked at after every step.
    Raises RunError where the state stops being finite, where counts and traces do not fit, and for
    an overflow where that is watched.
    """
    if graph.placement is None:
        raise GraphError("the graph has no placement yet")
    recorder = Recorder(graph, steps, trials)
    cores = len(graph.placement.used)
    tallies = _tallies(steps, trials, cores, learning=bool(graph.learning))
    built = build(
        graph,
        weights,
        traffic,
        steps=steps,
        trials=trials,
        tallies=tallies,
        recorder=recorder,
        activity=activity,
        each=watch is not None,
    )
    log = MessageLog(graph, steps, trials) if watch is not None and watch.messages else None
    session = _Session(built, recorder, steps, threading.Event(), progress, log, watch)
    workers = _threads(trials, threads)
    if workers == 1:
        session.run(0, trials)
    else:
        _run_parallel(session, np.linspace(0, trials, workers + 1).astype(int))
    for node in built.nodes:
        _check_finite(node)
    for (name, variable), trace in recorder.traces.items():
        if name in built.learning:
            trace[:] = built.learning[name].in_order(variable, trace)
    sends = {node.node.name: node.sends.sum(axis=0, dtype=np.int64) for node in built.nodes}
    return Outcome(
        spike_trains=recorder.spike_trains(),
        traces=recorder.all_traces(),
        arrays=_arrays(built, tallies),
        sends=sends,
        overflows=_overflows(built),
        messages=None if log is None else log.messages(),
        learned={name: held.learned() for name, held in built.learning.items()},
    )


def _arrays(built: Built, tallies: Tallies) -> dict[str, Array]:
    """The counts by name.  shape (trials, steps, cores)"""
    arrays: dict[str, Array] = dict(zip(TALLIED, np.moveaxis(tallies.named, 2, 0), strict=True))
    arrays["active_updates"] = tallies.active
    arrays["neuron_updates"] = np.broadcast_to(_units(built), tallies.active.shape)
    if built.learning:
        arrays["synapse_updates"] = tallies.learned
    return arrays


def _counting(built: Built) -> Iterator[tuple[str, str, Array]]:
    """(population or projection, word, how often it overflowed, by trial) of every tally."""
    for node in built.nodes:
        for name, what in node.node.dynamics.tallies.items():
            yield node.node.name, what, node.tally(name)
    for projection, learning in built.learning.items():
        for name, what in learning.rule.tallies.items():
            held, index = learning.variable(name)
            yield projection, what, learning.in_order(name, held[index])


def _overflows(built: Built) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, what, tally in _counting(built):
        found.setdefault(name, {})[what] = int(tally.sum(dtype=np.int64))
    return found


def _units(built: Built) -> Array:
    """Units on each core.  shape (cores,)"""
    cores = np.concatenate([node.traffic.core for node in built.nodes])
    return np.bincount(cores).astype(np.uint32)


def _run_parallel(session: _Session, edges: Array) -> None:
    with ThreadPoolExecutor(len(edges) - 1) as pool:
        jobs = [pool.submit(session.run, int(first), int(last)) for first, last in pairwise(edges)]
        try:
            wait(jobs)
        except BaseException:
            session.stop.set()
            raise
        for job in jobs:
            job.result()


def _check_finite(built: BuiltNode) -> None:
    for k, name in enumerate(built.node.dynamics.system.states):
        values = built.states[k]
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            units = np.unique(np.nonzero(~np.isfinite(values))[1])
            raise RunError(
                f"{built.node.name}.{name} is not finite in {len(units)} unit(s), first unit "
                f"{units[0]}: the equations diverge; a smaller step or weights may help"
            )
