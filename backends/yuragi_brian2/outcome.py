"""What monitors hold, as spikes, traces and counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.graph import Graph, Node
from yuragi.probing import Recorder
from yuragi.recording import Learned, SpikeTrain
from yuragi_brian2.build import fan_out
from yuragi_brian2.draft import coded
from yuragi_brian2.objects import Objects
from yuragi_brian2.plan import Cells, Plan, Seen

__all__ = ["Collected"]

Array = NDArray[Any]
_COUNTED = ("synaptic_events", "spikes", "messages", "active_updates")


class Collected:
    """Spikes, traces and counts of all batches of a run.

    Counts come from what was sent, each unit's fan-out and which units had input; all stand on one
    core.
    """

    def __init__(self, graph: Graph, steps: int, trials: int) -> None:
        self.graph = graph
        self.steps = steps
        self.trials = trials
        self.recorder = Recorder(graph, steps, trials)
        self.events: dict[str, list[tuple[Array, Array, Array]]] = {
            name: [] for name in self.recorder.events
        }
        self.counts = {name: np.zeros((trials, steps, 1), dtype=np.int64) for name in _COUNTED}
        self.overflows: dict[str, dict[str, int]] = {}
        self.weights = {
            edge.name: np.zeros((trials, edge.weights.csr().nnz), edge.weights.dtype)
            for edge in graph.learning
        }
        self.fan_out = {node.name: fan_out(graph, node) for node in graph.nodes}

    def add(self, plan: Plan, objects: Objects) -> None:
        """Read the monitors of a batch."""
        for cells in plan.cells:
            node = self.graph.node(cells.title)
            if cells.spikes:
                self._spikes(plan, cells, node, objects.spikes[cells.name])
            if cells.name in objects.counts:
                held = slice(plan.first, plan.first + plan.trials)
                for name, found in objects.counts[cells.name].counts().items():
                    self.counts[name][held, :, 0] += found
            for state, what in node.dynamics.tallies.items():
                group = objects.groups[cells.name]
                self._overflow(node.name, what, getattr(group, coded(state, "s")))
            self._traces(plan, cells.name, cells.seen, objects)
        held = slice(plan.first, plan.first + plan.trials)
        for wires in plan.wires:
            if wires.learning:
                kept = {
                    "source": objects.groups[wires.source],
                    "target": objects.groups[wires.target],
                    "synapse": objects.synapses[wires.name],
                }
                for place, word, what in wires.learning.tallies:
                    self._overflow(wires.title, what, getattr(kept[place], word))
                self._traces(plan, wires.name, wires.learning.seen, objects)
                weights = np.asarray(objects.synapses[wires.name].w[:])
                self.weights[wires.title][held] = weights.reshape(plan.trials, -1)

    def _overflow(self, name: str, what: str, tally: Any) -> None:
        """Add what a variable counted."""
        found = self.overflows.setdefault(name, {})
        found[what] = found.get(what, 0) + int(np.asarray(tally[:]).sum())

    def _traces(self, plan: Plan, name: str, listed: Iterable[Seen], objects: Objects) -> None:
        """What the monitors of a NeuronGroup or Synapses object saw."""
        for seen in listed:
            monitor = objects.traces[name, seen.name]
            values = np.asarray(monitor.get_states([seen.name], units=False)[seen.name])
            kept = self.recorder.traces[seen.node, seen.variable]
            shaped = values.reshape(len(values), plan.trials, -1).transpose(1, 0, 2)
            kept[plan.first : plan.first + plan.trials] = shaped
            kept[:, : -(-self._begins(seen.node) // seen.every)] = 0  # it has not begun

    def _begins(self, name: str) -> int:
        """The first step of a population, or of the learning of a projection."""
        named = [edge for edge in self.graph.learning if edge.name == name]
        ends = {end for edge in named for end in (edge.source, edge.target)} or {name}
        return max(self.graph.node(end).latency for end in ends)

    def _spikes(self, plan: Plan, cells: Cells, node: Node, monitor: Any) -> None:
        unit = np.asarray(monitor.i[:])
        step = np.rint(np.asarray(monitor.t_[:]) / plan.dt).astype(np.int64)
        if cells.value:
            sent = np.asarray(getattr(monitor, cells.value)[:]) != 0
            unit, step = unit[sent], step[sent]
        if plan.trials > 1:
            trial, unit = np.divmod(unit, node.size)
            order = np.argsort(trial, kind="stable")  # steps and units ascend already
            trial, unit, step = trial[order] + plan.first, unit[order], step[order]
        else:
            trial = np.broadcast_to(np.int64(plan.first), unit.shape)
        if node.name in self.events:
            self.events[node.name].append((trial, step, unit))
        flat = trial * self.steps + step if self.trials > 1 else step
        sent = self._tally(flat)
        reached = self.fan_out[node.name]
        self.counts["spikes"] += sent
        if (reached == reached[0]).all():
            self.counts["synaptic_events"] += sent * int(reached[0])
        else:
            self.counts["synaptic_events"] += self._tally(flat, reached[unit])
        if reached.any():
            some = flat if reached.all() else flat[reached[unit] > 0]
            self.counts["messages"] += sent if reached.all() else self._tally(some)

    def _tally(self, flat: Array, weights: Array | None = None) -> Array:
        """How many, or the sum of the weights, in each step.  shape (trials, steps, 1)"""
        found = np.bincount(flat, weights=weights, minlength=self.trials * self.steps)
        return np.rint(found).astype(np.int64).reshape(self.trials, self.steps, 1)

    def spike_trains(self) -> dict[str, SpikeTrain]:
        """The spikes by population."""
        trains = {}
        for name, parts in self.events.items():
            trial, step, unit = (
                column[0] if len(parts) == 1 else np.concatenate(column)
                for column in zip(*parts, strict=True)
            )
            trains[name] = SpikeTrain(
                size=self.graph.node(name).size,
                trial=trial, step=step, unit=unit.astype(np.int64),
            )  # fmt: skip
        return trains

    def arrays(self) -> dict[str, Array]:
        """The counts, all on one core."""
        shape = (self.trials, self.steps, 1)
        nothing = np.broadcast_to(np.int64(0), shape)
        learning = {"synapse_updates": self._updates()} if self.weights else {}
        return {
            **learning,
            **self.counts,
            "messages_in": self.counts["messages"],
            "neuron_updates": np.broadcast_to(np.int64(self.graph.units), shape),
            "hops_x": nothing,
            "hops_y": nothing,
        }

    def _updates(self) -> Array:
        """The weights that rules computed.  shape (trials, steps, 1)"""
        step = np.arange(self.steps)
        found = sum(
            (step >= self._begins(name)) * values.shape[1] for name, values in self.weights.items()
        )
        return np.broadcast_to(found[None, :, None], (self.trials, self.steps, 1))

    def learned(self) -> dict[str, Learned]:
        """The weights at the end, by projection."""
        found = {}
        for edge in self.graph.learning:
            rows = edge.weights.csr()
            found[edge.name] = Learned(
                values=self.weights[edge.name],
                indices=rows.indices,
                indptr=rows.indptr,
                shape=(int(rows.shape[0]), int(rows.shape[1])),
                scale=edge.scale,
            )
        return found
