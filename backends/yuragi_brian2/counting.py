"""Counts the units that send and those with input, step by step, while Brian2 runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from brian2.core.operations import NetworkOperation
from brian2.groups.neurongroup import NeuronGroup
from brian2.monitors.statemonitor import StateMonitor
from brian2.synapses.synapses import Synapses
from numpy.typing import NDArray

from yuragi_brian2.plan import Counter

__all__ = ["COUNTED", "Found", "by_summing", "while_running"]

Array = NDArray[Any]
COUNTED = {
    "spikes": "int(sent_y_pre != 0)",
    "synaptic_events": "fan_out * int(sent_y_pre != 0)",
    "messages": "int(fan_out > 0) * int(sent_y_pre != 0)",
    "active_updates": "int(active_y_pre)",
}
"""What is counted, and the term of a unit in the sum."""


class Found(Protocol):
    """What a counter found."""

    def counts(self) -> Mapping[str, Array]:
        """By name.  shape (trials, steps)"""
        ...


def _names(counter: Counter) -> list[str]:
    return [n for n in COUNTED if (counter.active if n == "active_updates" else counter.sends)]


class _Watched:
    """Reads the arrays of a population in every step of a run in Python."""

    def __init__(self, counter: Counter, group: Any, steps: int) -> None:
        self.fan_out = np.rint(counter.fan_out).astype(np.int64)
        self.reached = self.fan_out > 0
        shape = counter.trials, steps
        self.found = {name: np.zeros(shape, np.int64) for name in _names(counter)}
        self.sent = group.variables["sent_y"] if counter.sends else None
        self.active = group.variables["active_y"] if counter.active else None
        self.shape = counter.trials, len(self.fan_out)
        self.step = 0

    def look(self) -> None:
        """Count this step."""
        if self.active is not None:
            busy = self.active.get_value().reshape(self.shape)
            self.found["active_updates"][:, self.step] = np.count_nonzero(busy, axis=1)
        if self.sent is not None:
            sending = self.sent.get_value().reshape(self.shape) != 0
            self.found["spikes"][:, self.step] = np.count_nonzero(sending, axis=1)
            self.found["synaptic_events"][:, self.step] = sending @ self.fan_out
            self.found["messages"][:, self.step] = np.count_nonzero(sending & self.reached, axis=1)
        self.step += 1

    def counts(self) -> Mapping[str, Array]:
        """What was found."""
        return self.found


def while_running(
    counter: Counter, group: Any, clock: Any, steps: int
) -> tuple[Found, tuple[Any, ...]]:
    """For runs in Python, where it costs a few microseconds a step."""
    watched = _Watched(counter, group, steps)
    operation = NetworkOperation(
        watched.look, when="groups", order=counter.order, clock=clock, name=counter.name
    )
    return watched, (operation,)


class _Summed:
    """Reads the monitor of sums that Brian2 formed."""

    def __init__(self, names: list[str], monitor: Any) -> None:
        self.names = names
        self.monitor = monitor

    def counts(self) -> Mapping[str, Array]:
        """What the monitor holds."""
        return {
            name: np.rint(np.asarray(getattr(self.monitor, name)[:])).astype(np.int64)
            for name in self.names
        }


def by_summing(counter: Counter, group: Any, clock: Any) -> tuple[Found, tuple[Any, ...]]:
    """For programs in C++: synapses from every unit to a counter of its trial."""
    names = _names(counter)
    target = NeuronGroup(
        counter.trials, "\n".join(f"{name} : 1" for name in names),
        method="euler", namespace={}, clock=clock, name=counter.name,
    )  # fmt: skip
    model = ["fan_out : 1 (constant)", *(f"{n}_post = {COUNTED[n]} : 1 (summed)" for n in names)]
    made = Synapses(
        group, target, "\n".join(model), namespace={}, clock=clock, name=f"{counter.name}_inputs"
    )
    size = len(counter.fan_out)
    made.connect(i=np.arange(size * counter.trials), j=np.repeat(np.arange(counter.trials), size))
    made.fan_out = np.tile(counter.fan_out, counter.trials)
    for updater in made.summed_updaters.values():
        updater.when, updater.order = "groups", counter.order
    monitor = StateMonitor(
        target, names, record=True, when="end", clock=clock, name=f"{counter.name}_monitor"
    )
    return _Summed(names, monitor), (target, made, monitor)
