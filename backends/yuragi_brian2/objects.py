"""A plan as Brian2 objects in a network of their own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2.core.clocks import Clock
from brian2.core.network import Network
from brian2.core.preferences import prefs
from brian2.groups.neurongroup import NeuronGroup
from brian2.input.timedarray import TimedArray
from brian2.monitors.spikemonitor import SpikeMonitor
from brian2.monitors.statemonitor import StateMonitor
from brian2.synapses.synapses import Synapses
from brian2.units import second

from yuragi_brian2.counting import Found, by_summing, while_running
from yuragi_brian2.functions import function
from yuragi_brian2.plan import Block, Cells, Namespace, Plan, Seen, Wires
from yuragi_brian2.stored import ring_function, table_function

__all__ = ["Objects", "construct", "neurons"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Objects:
    """A network and what watches it.

    groups, synapses: by name.      spikes, counts: by NeuronGroup.
    traces: by name of the NeuronGroup or Synapses, and of the variable in the code.
    """

    network: Any
    groups: Mapping[str, Any]
    synapses: Mapping[str, Any]
    spikes: Mapping[str, Any]
    traces: Mapping[tuple[str, str], Any]
    counts: Mapping[str, Found]


def construct(plan: Plan, *, standalone: bool = False) -> Objects:
    """Make the objects, for the device that is active.

    standalone: whether it is a C++ program, in which nothing of Python runs.

    Everything stands in the slot "groups" and is put in order there: for one population after the
    other, what arrives, the update, the threshold, the reset.
    """
    clock = Clock(dt=plan.dt * second, name="steps")
    groups = {cells.name: neurons(cells, clock) for cells in plan.cells}
    network = Network(*groups.values(), name="network")
    spikes: dict[str, Any] = {}
    traces: dict[tuple[str, str], Any] = {}
    counts: dict[str, Found] = {}
    for cells in plan.cells:
        group = groups[cells.name]
        if cells.spikes:
            spikes[cells.name] = _spike_monitor(cells, group)
            network.add(spikes[cells.name])
        for seen in cells.seen:
            traces[cells.name, seen.name] = _trace(group, cells.size, seen, clock)
    synapses = {wires.name: _synapses(wires, groups, clock) for wires in plan.wires}
    for wires in plan.wires:
        for seen in wires.learning.seen if wires.learning else ():
            made = _trace(synapses[wires.name], len(wires.weight), seen, clock)
            traces[wires.name, seen.name] = made
    network.add(*synapses.values(), *traces.values())
    for counter in plan.counters:
        group = groups[counter.source]
        counts[counter.source], parts = (
            by_summing(counter, group, clock)
            if standalone
            else while_running(counter, group, clock, plan.steps)
        )
        network.add(*parts)
    return Objects(
        network=network,
        groups=groups,
        synapses=synapses,
        spikes=spikes,
        traces=traces,
        counts=counts,
    )


def neurons(cells: Cells, clock: Any) -> Any:
    """The NeuronGroup of a population, with its code in order."""
    namespace = _named(cells.namespace)
    for name, values in cells.stimuli.items():
        namespace[name] = TimedArray(values, dt=clock.dt, name=f"{cells.name}_{name}")
    group = NeuronGroup(
        cells.size,
        cells.equations,
        method=cells.method or "euler",
        dtype=dict.fromkeys(cells.whole, np.int64),
        threshold=cells.threshold,
        reset=cells.reset or None,
        namespace=namespace,
        clock=clock,
        order=cells.order + 2,
        name=cells.name,
    )
    for block in cells.blocks:
        _run(group, block, clock)
    if cells.threshold:
        group.thresholder["spike"].when, group.thresholder["spike"].order = (
            "groups", cells.order + 4,
        )  # fmt: skip
    if cells.reset:
        group.resetter["spike"].when, group.resetter["spike"].order = "groups", cells.order + 5
    if cells.method:
        _hoist(group.state_updater)
    for name, values in cells.values.items():
        setattr(group, name, values)
    return group


def _named(namespace: Namespace) -> dict[str, Any]:
    """What code names, as Brian2 takes it."""
    return {
        **{name: function(name) for name in namespace.functions},
        **{name: table_function(name, table) for name, table in namespace.tables.items()},
        **namespace.constants,
        **{ring.name: ring_function(ring) for ring in namespace.rings},
    }


def _run(group: Any, block: Block, clock: Any) -> None:
    group.run_regularly(block.text, clock=clock, when="groups", order=block.order, name=block.name)


def _hoist(updater: Any) -> None:
    """Let Brian2 take constants out of the loop of its integrators, as it does by default.

    Everywhere else that is switched off: it reorders products, and a map has an exact meaning.
    """
    plain = updater.before_run

    def before_run(namespace: Any) -> Any:
        with _optimised():
            return plain(namespace)

    updater.before_run = before_run


@contextmanager
def _optimised() -> Any:
    saved = prefs.codegen.loop_invariant_optimisations
    prefs.codegen.loop_invariant_optimisations = True
    try:
        yield
    finally:
        prefs.codegen.loop_invariant_optimisations = saved


def _spike_monitor(cells: Cells, group: Any) -> Any:
    return SpikeMonitor(
        group,
        variables=[cells.value] if cells.value else None,
        when="groups",
        order=cells.order + 6,
        name=f"{cells.name}_spikes",
    )


def _trace(group: Any, size: int, seen: Seen, clock: Any) -> Any:
    timing = {"dt": seen.every * clock.dt} if seen.every > 1 else {"clock": clock}
    return StateMonitor(
        group,
        seen.name,
        record=np.arange(size),  # of synapses, C++ standalone cannot know how many there are
        when="end",
        name=f"{group.name}_{seen.name}_trace",
        **timing,
    )


def _synapses(wires: Wires, groups: Mapping[str, Any], clock: Any) -> Any:
    homogeneous = np.ndim(wires.delay) == 0
    options: dict[str, Any] = {}
    if wires.on_pre is not None:
        options["on_pre"] = wires.on_pre
        if homogeneous:
            options["delay"] = int(wires.delay) * clock.dt
    learning = wires.learning
    made = Synapses(
        groups[wires.source],
        groups[wires.target],
        wires.model,
        dtype={
            "w": wires.weight.dtype,
            **dict.fromkeys(learning.whole if learning else (), np.int64),
        },
        namespace=_named(learning.namespace) if learning else {},
        clock=clock,
        name=wires.name,
        **options,
    )
    made.connect(i=wires.pre, j=wires.post)
    made.w = wires.weight
    if learning:
        _run(made, learning.block, clock)
        for name, values in learning.values.items():
            setattr(made, name, values)
    if wires.on_pre is None:
        for updater in made.summed_updaters.values():
            updater.when, updater.order = "groups", wires.order
        return made
    made.pre.when, made.pre.order = "groups", wires.order
    if not homogeneous:
        made.pre.delay = wires.delay * clock.dt
    return made
