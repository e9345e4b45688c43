"""What sinks kept, as spikes, traces and counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import RunError
from yuragi.graph import Graph, Node
from yuragi.probing import Recorder
from yuragi.recording import Recording, SpikeTrain, Trace
from yuragi_lava.plan import Plan, Sink, Unit

__all__ = ["Collected"]

Array = NDArray[Any]
_COUNTED = ("synaptic_events", "spikes", "messages")


class Collected:
    """Spikes, traces and counts of all batches of a run.

    Counts come from what was sent and each unit's fan-out. `active_updates` is not known here.
    """

    def __init__(self, graph: Graph, steps: int, trials: int, sources: Recording | None) -> None:
        self.graph = graph
        self.steps = steps
        self.trials = trials
        self.sources = sources
        self.recorder = Recorder(graph, steps, trials)
        self.counts = {name: np.zeros((trials, steps, 1), dtype=np.int64) for name in _COUNTED}
        self.fan_out = {node.name: _fan_out(graph, node) for node in graph.nodes}
        self.overflows: dict[str, dict[str, int]] = {}
        for node in graph.nodes if sources is not None else ():
            self._source(node)

    def _source(self, node: Node) -> None:
        """What a population without state sent is known already."""
        if self.sources is None:
            return
        held = slice(0, self.trials)
        train = self.sources.spike_trains.get(node.name)
        trace = self.sources.traces.get((node.name, node.dynamics.output or ""))
        if trace is not None:
            sent = trace.values != 0
            if train is not None:
                sent = sent & train.raster(self.trials, self.steps)
            self._count(node, sent, held)
        elif train is not None:
            self._count(node, train.raster(self.trials, self.steps), held)

    def add(self, plan: Plan, found: Mapping[str, Array]) -> None:
        """Read what a batch found.

        Raises RunError where it is not what was asked for.
        """
        units = {unit.name: unit for unit in plan.units}
        for sink in plan.sinks:
            unit = units[sink.unit]
            node = self.graph.node(unit.title)
            values = self._shaped(sink, plan, node, found)
            held = slice(plan.batch.first, plan.batch.first + plan.batch.trials)
            if sink.variable == "s_out":
                self._sent(node, values, held)
            elif sink.last:
                self._overflow(node, sink, int(values.sum()))
            else:
                self._trace(unit, node, sink, values, held)

    def _shaped(self, sink: Sink, plan: Plan, node: Node, found: Mapping[str, Array]) -> Array:
        """(trials, samples, size)"""
        samples = 1 if sink.last else -(-self.steps // sink.every)
        values = found.get(sink.key)
        wanted = (samples, node.size * plan.batch.trials)
        kinds = "iu" if plan.tag == "fixed_pt" else "f"
        if values is None or values.shape != wanted or values.dtype.kind not in kinds:
            shown = "nothing" if values is None else f"{values.dtype} of shape {values.shape}"
            raise RunError(f"Lava's worker gave {shown} for {sink.key}, expected shape {wanted}")
        return values.reshape(samples, plan.batch.trials, node.size).transpose(1, 0, 2)

    def _sent(self, node: Node, values: Array, held: slice) -> None:
        sent = values != 0
        self._count(node, sent, held)
        if node.name in self.recorder.events:
            trial, step, unit = np.nonzero(sent)
            self.recorder.spike(node.name, step, trial + held.start, unit)
        output = node.dynamics.output
        kept = self.recorder.traces.get((node.name, output or ""))
        if kept is not None and not (node.dynamics.spiking or node.latency):
            kept[held] = values[:, :: self.recorder.every[node.name, output or ""]]

    def _trace(self, unit: Unit, node: Node, sink: Sink, values: Array, held: slice) -> None:
        variable = sink.key[len(unit.title) + 1 :]
        if unit.compartment is not None:
            scale = unit.compartment.reads[variable][1]
            values = values if scale == 1.0 else values / scale
        early = -(-node.latency // sink.every)
        kept = self.recorder.traces[node.name, variable][held]
        kept[:, early:] = values[:, early:]

    def _overflow(self, node: Node, sink: Sink, count: int) -> None:
        state = sink.key[len(node.name) + 1 :].removesuffix(" at the end")
        found = self.overflows.setdefault(node.name, {})
        what = node.dynamics.tallies[state]
        found[what] = found.get(what, 0) + count

    def _count(self, node: Node, sent: Array, held: slice) -> None:
        """Units that sent.  shape (trials, steps, size)"""
        reached = self.fan_out[node.name]
        self.counts["spikes"][held, :, 0] += sent.sum(axis=2)
        self.counts["synaptic_events"][held, :, 0] += sent @ reached
        self.counts["messages"][held, :, 0] += (sent & (reached > 0)).sum(axis=2)

    def spike_trains(self) -> dict[str, SpikeTrain]:
        """The spikes by population."""
        found = dict(self.recorder.spike_trains())
        known = self.sources.spike_trains if self.sources is not None else {}
        return {name: known.get(name, train) for name, train in found.items()}

    def traces(self) -> dict[tuple[str, str], Trace]:
        """The traces by population and variable."""
        found = dict(self.recorder.all_traces())
        known = self.sources.traces if self.sources is not None else {}
        return {key: known.get(key, trace) for key, trace in found.items()}

    def arrays(self) -> dict[str, Array]:
        """The counts, all on one core."""
        shape = (self.trials, self.steps, 1)
        nothing = np.broadcast_to(np.int64(0), shape)
        return {
            **self.counts,
            "messages_in": self.counts["messages"],
            "neuron_updates": np.broadcast_to(np.int64(self.graph.units), shape),
            "hops_x": nothing,
            "hops_y": nothing,
        }


def _fan_out(graph: Graph, node: Node) -> Array:
    """The synapses of each unit.  shape (size,)"""
    total = np.zeros(node.size, dtype=np.int64)
    for edge in graph.edges:
        if edge.source == node.name:
            matrix = edge.weights.csr()
            total += np.bincount(matrix.indices[matrix.data != 0], minlength=node.size)
    return total
