"""The packets of a run in the order in which each core sends them, where that is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import GraphError, RunError
from yuragi.graph import Graph
from yuragi.recording import Messages
from yuragi_chip.build import BuiltNode

__all__ = ["MessageLog"]

Array = NDArray[Any]
_MOST = 2**27


class MessageLog:
    """Collects what each core did in every step, in the order in which its units lie on it."""

    def __init__(self, graph: Graph, steps: int, trials: int) -> None:
        placement = graph.placement
        if placement is None:
            raise GraphError("the graph has no placement yet")
        sizes = [node.size for node in graph.nodes]
        first = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        self._first = {node.name: int(at) for node, at in zip(graph.nodes, first[:-1], strict=True)}
        self._shape = trials, steps
        used = {core: k for k, core in enumerate(placement.used)}
        parts = sorted(zip(placement.parts, placement.cores, strict=True), key=lambda pair: pair[1])
        self._order = np.concatenate([self._first[p.node] + placement.units(p) for p, _ in parts])
        core = np.concatenate([np.full(p.size, used[c], dtype=np.int32) for p, c in parts])
        self._core = core
        self._ends = np.append(np.flatnonzero(np.diff(core)), len(core) - 1)
        counts = np.zeros(first[-1], dtype=np.int64)
        reached, synapses = [], []
        for node in graph.nodes:
            routes = graph.routes.get(node.name)
            if routes is not None:
                at = self._first[node.name]
                counts[at : at + node.size] = np.diff(routes.pointer)
                reached.append(routes.core)
                synapses.append(routes.synapses)
        self._pointer = np.concatenate(([0], np.cumsum(counts)))
        self._reached = np.concatenate([*reached, np.zeros(0, dtype=np.int32)]).astype(np.int32)
        self._synapses = np.concatenate([*synapses, np.zeros(0, dtype=np.int32)]).astype(np.int32)
        self._kept: dict[tuple[int, int], tuple[Array, ...]] = {}
        self._entries = 0

    def take(self, nodes: Iterable[BuiltNode], step: int, first: int, last: int) -> None:
        """What the step that just ended did.  Raises RunError where it becomes too much."""
        for trial in range(first, last):
            busy = np.zeros(len(self._order), dtype=np.int32)
            sent = np.zeros(len(self._order), dtype=np.int32)
            for built in nodes:
                if step < built.node.latency:
                    continue
                at = self._first[built.node.name]
                busy[at : at + built.node.size] = built.busy[trial, : built.node.size]
                begin, end = built.bounds[trial]
                sent[at + built.events[trial, begin:end]] = 1
            kept = self._step(busy[self._order], sent[self._order])
            self._entries += len(kept[0])
            if self._entries > _MOST:
                raise RunError(f"more than {_MOST:,} messages; keep those of fewer steps")
            self._kept[trial, step] = kept

    def _step(self, busy: Array, sent: Array) -> tuple[Array, ...]:
        """Entries of one step: source, target, events, and the work before each."""
        fan = np.diff(self._pointer)[self._order]
        sender = np.flatnonzero(sent.astype(bool) & (fan > 0))
        marks = np.concatenate((2 * sender, 2 * self._ends + 1))
        marks = marks[np.argsort(marks, kind="stable")]
        at, ending = marks >> 1, (marks & 1).astype(bool)
        packets = np.where(ending, 1, fan[at])
        start = np.concatenate(([0], np.cumsum(packets)))[:-1]
        total = int(packets.sum())
        offset = np.arange(total) - np.repeat(start, packets)
        entry = np.repeat(np.where(ending, 0, self._pointer[self._order[at]]), packets) + offset
        leaving = ~np.repeat(ending, packets)
        target = np.full(total, -1, dtype=np.int32)
        events = np.zeros(total, dtype=np.int32)
        target[leaving] = self._reached[entry[leaving]]
        events[leaving] = self._synapses[entry[leaving]]
        done = np.cumsum(np.stack([busy, 1 - busy, sent]), axis=1)[:, at]
        work = np.zeros((3, total), dtype=np.int32)
        work[:, start] = np.diff(done, axis=1, prepend=0)
        return np.repeat(self._core[at], packets), target, events, *work

    def messages(self) -> Messages:
        """All of them, trial by trial, step by step."""
        trials, steps = self._shape
        kept = [self._kept[trial, step] for trial in range(trials) for step in range(steps)]
        columns = [np.concatenate(column) for column in zip(*kept, strict=True)]
        source, target, events, active, inactive, spikes = columns
        return Messages(
            trials=trials,
            first=np.concatenate(([0], np.cumsum([len(k[0]) for k in kept]))),
            source=source,
            target=target,
            synaptic_events=events,
            active=active,
            inactive=inactive,
            spikes=spikes,
        )
