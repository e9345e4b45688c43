"""The reference interpreter: slow, short, the definition of what every backend computes.

Step t of a network:

1. gather   port(t)    = sum over projections of w s(t - d), sources ascending, plus the stimulus
2. update   state(t+1) = F(state(t), port(t), noise(t)), all units at once
3. emit     s(t)       = what threshold and output say of the new state; then the reset
4. learn    w(t+1)     = what the plasticity of a projection says, once all have emitted

A unit that spiked skips `refractory` steps: its held states stand still and it sends nothing.
A population with a latency of L steps begins in step L, so that it does the same L steps later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi import noise
from yuragi.equations.evaluate import evaluate
from yuragi.errors import UnsupportedError
from yuragi.graph import Edge, Graph, Node, Stimulus
from yuragi.learning import Learner
from yuragi.probing import Recorder
from yuragi.recording import COUNTS, Counts, Recording
from yuragi.wiring.maps import synaptic

__all__ = ["Observer", "run"]

Array = NDArray[Any]
_Weights: TypeAlias = scipy.sparse.csc_array | Learner
_Projection: TypeAlias = tuple[Edge, _Weights, Array]
Observer = Callable[[str, Mapping[str, Array]], None]
# The columns of those that send are taken out where so many times as many units do not.
_FEW = 4


@dataclass(slots=True)
class _Population:
    """The state of one population through a run."""

    node: Node
    trials: int
    key: tuple[int, int]
    dt: float
    state: dict[str, Array] = field(init=False)
    waiting: Array = field(init=False)
    sent: Array = field(init=False)
    unreset: dict[str, Array] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        shape = (self.trials, self.node.size)
        kind = np.int64 if self.node.dynamics.integer else np.float64
        self.state = {
            name: np.broadcast_to(self.node.initial[name], shape).astype(kind)
            for name in self.node.dynamics.system.states
        }
        self.waiting = np.zeros(shape, dtype=np.int64)
        self.sent = np.zeros(shape, dtype=kind)

    def step(self, step: int, ports: dict[str, Array]) -> dict[str, Array]:
        """Update and emit; returns every variable at the end of the step.

        `unreset` holds what the reset assigns as it was before.
        """
        dynamics = self.node.dynamics
        system = dynamics.system
        shape = self.waiting.shape
        drawn: dict[int, Array] = {}

        def draw(index: int) -> Array:
            if index not in drawn:
                drawn[index] = noise.uniform(
                    self.key, step=step, trials=shape[0], size=shape[1], draw=index
                )
            return drawn[index]

        def value(expression: Any, values: dict[str, Array]) -> Array:
            found = evaluate(expression, values, draw=draw, integer=dynamics.integer)
            return np.broadcast_to(found, shape)

        def bound(values: dict[str, Array]) -> dict[str, Array]:
            for name, expression in system.bindings:
                values[name] = value(expression, values)
            return values

        given = {**self.node.parameters, **ports, **_tables(self.node)}
        given["dt"] = np.asarray(self.dt)
        free = self.waiting == 0
        old = bound({**given, **self.state})
        new = {name: value(expression, old) for name, expression in system.updates}
        if dynamics.refractory:
            for name in dynamics.held:
                new[name] = np.where(free, new[name], self.state[name])
        values = bound({**given, **new})
        self.waiting = np.maximum(self.waiting - 1, 0)
        if system.threshold is None:
            self.sent = values[dynamics.output] if dynamics.output else np.zeros(shape)
            self.state = new
            return values
        fired = value(system.threshold, values) & free
        self.sent = np.where(fired, values[dynamics.output] if dynamics.output else 1, 0)
        self.waiting[fired] = dynamics.refractory
        self.unreset = {name: new[name] for name, _ in system.reset}
        for name, expression in system.reset:
            new[name] = values[name] = np.where(fired, value(expression, values), new[name])
        self.state = new
        return values


def _tables(node: Node) -> dict[str, Array]:
    return {name: np.asarray(t, dtype=np.int64) for name, t in node.dynamics.tables.items()}


@dataclass(slots=True)
class _Pending:
    """What has been sent and not yet arrived: a ring of steps for each port."""

    graph: Graph
    trials: int
    ring: dict[tuple[str, str], Array] = field(init=False)

    def __post_init__(self) -> None:
        depth = self.graph.delays + 1
        self.ring = {
            (node.name, port): np.zeros(
                (depth, self.trials, node.size),
                dtype=np.int64 if node.dynamics.integer else np.float64,
            )
            for node in self.graph.nodes
            for port in node.dynamics.ports
        }

    def send(self, edge: Edge, weights: _Weights, sent: Array, step: int) -> None:
        ring = self.ring[edge.target, edge.port]
        if isinstance(weights, Learner):
            arriving = weights.arriving(sent)
        else:
            units = np.flatnonzero(sent.any(axis=0))
            if _FEW * len(units) < sent.shape[1]:
                weights, sent = weights[:, units], sent[:, units]
            arriving = (weights @ sent.T.astype(ring.dtype)).T  # (post, pre) @ (pre, trials)
        if edge.shift:
            arriving = arriving * 2**edge.shift
        ring[(step + edge.delay) % len(ring)] += arriving

    def take(self, node: Node, step: int, stimuli: Sequence[Stimulus]) -> dict[str, Array]:
        ports = {}
        for port in node.dynamics.ports:
            ring = self.ring[node.name, port]
            slot = step % len(ring)
            drive = ring[slot].copy()
            ring[slot] = 0
            for stimulus in stimuli:
                if (stimulus.target, stimulus.port) == (node.name, port):
                    added = stimulus.at(step)
                    drive = drive if added is None else drive + added
            ports[port] = drive
        return ports


@dataclass(slots=True)
class _Counter:
    """Counts of one run, all on one core."""

    arrays: dict[str, Array]

    def add(self, name: str, step: int, per_trial: Array) -> None:
        self.arrays[name][:, step, 0] += per_trial


def run(
    graph: Graph,
    *,
    steps: int,
    trials: int = 1,
    progress: Callable[[int, int], None] | None = None,
    observe: Observer | None = None,
    before_reset: Observer | None = None,
) -> Recording:
    """Run a graph of maps, in floats or in the integers that `quantise` wrote.

    progress: called with (steps done, steps).
    observe: called after each update with the population's name and its variables and ports, and
        after each step of learning with the projection's name, its weights and traces.
    before_reset: called then with the states that the reset assigns, as they were before it.
    Raises UnsupportedError for differential equations, which `discretise` turns into maps.
    """
    for node in graph.nodes:
        if node.dynamics.system.derivatives:
            raise UnsupportedError(f"{node.name}: discretise its differential equations first")
    dt = graph.dt or 1.0
    populations = [
        _Population(node, trials, noise.key(graph.seed, node.name), dt) for node in graph.order()
    ]
    pending = _Pending(graph, trials)
    projections = [_projection(graph, edge, trials) for edge in graph.edges]
    learners = {edge.name: held for edge, held, _ in projections if isinstance(held, Learner)}
    counter = _Counter({name: np.zeros((trials, steps, 1), dtype=np.int64) for name in COUNTS})
    recorder = Recorder(graph, steps, trials)
    with np.errstate(all="ignore"):
        for step in range(steps):
            seen: dict[str, Mapping[str, Array]] = {}
            for population in populations:
                node = population.node
                counter.add("neuron_updates", step, np.full(trials, node.size))
                if step < node.latency:
                    continue
                ports = pending.take(node, step, graph.stimuli)
                values = seen[node.name] = population.step(step - node.latency, ports)
                if observe:
                    observe(node.name, values)
                if before_reset:
                    before_reset(node.name, population.unreset)
                _keep(recorder, step, population, values)
                _count_update(counter, step, population, ports)
                _send(counter, step, population, pending, projections)
            _learn(counter, step, populations, seen, projections, recorder, observe)
            if progress:
                progress(step + 1, steps)
    return Recording(
        backend="reference",
        profile=None,
        steps=steps,
        trials=trials,
        dt=graph.dt,
        seed=graph.seed,
        spike_trains=recorder.spike_trains(),
        traces=recorder.all_traces(),
        counts=Counts(arrays=counter.arrays),
        overflows=_overflows(populations, learners.values()),
        learned={name: learner.learned() for name, learner in learners.items()},
    )


def _overflows(
    populations: Iterable[_Population], learners: Iterable[Learner]
) -> dict[str, dict[str, int]]:
    """How often a word overflowed, by population or projection, where that is counted."""
    counting = [(p.node.name, p.node.dynamics.tallies, p.state) for p in populations]
    counting += [(each.edge.name, each.rule.tallies, each.state) for each in learners]
    return {
        name: {what: int(state[tally].sum()) for tally, what in tallies.items()}
        for name, tallies, state in counting
        if tallies
    }


def _keep(
    recorder: Recorder, step: int, population: _Population, values: Mapping[str, Array]
) -> None:
    name = population.node.name
    for probe in dict.fromkeys(recorder.graph.probes):
        if probe.node == name and probe.variable != "spikes":
            recorder.keep(name, probe.variable, step, 0, values[probe.variable])
        elif probe.node == name:
            recorder.spike(name, step, *np.nonzero(population.sent))


def _learn(
    counter: _Counter,
    step: int,
    populations: Sequence[_Population],
    seen: Mapping[str, Mapping[str, Array]],
    projections: Sequence[_Projection],
    recorder: Recorder,
    observe: Observer | None,
) -> None:
    """Every projection that learns, once both its populations have begun."""
    sent = {population.node.name: population.sent for population in populations}
    for edge, learner, _ in projections:
        if not isinstance(learner, Learner) or not {edge.source, edge.target} <= seen.keys():
            continue
        begun = step - recorder.graph.node(edge.target).latency
        learner.step(begun, sent[edge.source], sent[edge.target], seen[edge.target])
        counter.add("synapse_updates", step, np.full(recorder.trials, learner.matrix.nnz))
        if observe:
            observe(edge.name, learner.state)
        for probe in dict.fromkeys(recorder.graph.probes):
            if probe.node == edge.name:
                recorder.keep(edge.name, probe.variable, step, 0, learner.state[probe.variable])


def _projection(graph: Graph, edge: Edge, trials: int) -> _Projection:
    """What learns, or the synapses in the widest type; and how many each source unit has."""
    weights: _Weights
    if edge.plasticity is not None:
        weights = Learner(graph, edge, trials)
        matrix = weights.matrix
    else:
        matrix = synaptic(edge.weights.csr())
        weights = matrix.astype(np.float64 if matrix.dtype.kind == "f" else np.int64).tocsc()
    return edge, weights, np.bincount(matrix.indices, minlength=graph.node(edge.source).size)


def _count_update(
    counter: _Counter, step: int, population: _Population, ports: dict[str, Array]
) -> None:
    active = np.zeros(population.sent.shape, dtype=np.bool_)
    for drive in ports.values():
        active |= drive != 0
    counter.add("active_updates", step, active.sum(axis=1))


def _send(
    counter: _Counter,
    step: int,
    population: _Population,
    pending: _Pending,
    projections: Sequence[_Projection],
) -> None:
    sending = population.sent != 0
    reaching = np.zeros(population.node.size, dtype=np.bool_)
    for edge, weights, fan_out in projections:
        if edge.source == population.node.name:
            reaching |= fan_out > 0
            pending.send(edge, weights, population.sent, step)
            counter.add("synaptic_events", step, sending @ fan_out)
    counter.add("spikes", step, sending.sum(axis=1))
    for name in ("messages", "messages_in"):
        counter.add(name, step, (sending & reaching).sum(axis=1))
