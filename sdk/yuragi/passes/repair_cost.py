"""What a repaired network costs more than the one that did not fit."""

from __future__ import annotations

import numpy as np

from yuragi import reference
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.calibrate import calibration_run
from yuragi.units import engineering

__all__ = ["cost_lines"]

_FEW_SYNAPSES = 2_000_000
_EVENTS = ("synaptic_events", "active_updates", "inactive_updates", "messages")


def cost_lines(
    before: tuple[Graph, Graph], after: tuple[Graph, Graph], profile: Profile
) -> tuple[str, ...]:
    """Cores, chips, units, steps and joules that a repair adds, each from what to what.

    before, after: the graph of maps, and the one that was lowered and placed from it.
    Joules are those of the calibration run: updates, synaptic events and packets where the profile
    prices them, without hops and static power.
    """
    lines = []
    old, new = before[1].placement, after[1].placement
    if old is not None and new is not None:
        lines.append(f"{len(old.used):,} -> {len(new.used):,} core(s)")
        if old.chips != new.chips:
            lines.append(f"{old.chips:,} -> {new.chips:,} chip(s)")
    if before[1].units != after[1].units:
        lines.append(f"{after[1].units - before[1].units:,} more units")
    if before[1].synapses != after[1].synapses:
        lines.append(f"{before[1].synapses:,} -> {after[1].synapses:,} synapses")
    late = [max(node.latency for node in graph.nodes) for graph in (before[1], after[1])]
    lines.append(f"{late[1] - late[0]} steps later")
    steps = min(calibration_run(graphs[0])[1] for graphs in (before, after))
    joules = [_joules(*graphs, profile, steps) for graphs in (before, after)]
    if joules[0] is None or joules[1] is None:
        lines.append("joules not estimated")
    else:
        lines.append(
            f"{engineering(joules[0], 'J')} -> {engineering(joules[1], 'J')} in the calibration run"
        )
    return tuple(lines)


def _joules(graph: Graph, lowered: Graph, profile: Profile, steps: int) -> float | None:
    prices = {name: profile.energy[name].value for name in _EVENTS if name in profile.energy}
    if not prices or graph.synapses > _FEW_SYNAPSES:
        return None
    short, steps, trials = calibration_run(graph, steps=steps)
    counts = reference.run(short, steps=steps, trials=trials).counts
    packets = [len(r.core) for r in lowered.routes.values()]
    senders = [int((np.diff(r.pointer) > 0).sum()) for r in lowered.routes.values()]
    copies = sum(packets) / max(sum(senders), 1)
    active = counts.total("active_updates")
    found = {
        "synaptic_events": counts.total("synaptic_events"),
        "active_updates": active,
        "inactive_updates": counts.total("neuron_updates") - active,
        "messages": counts.total("messages") * copies,
    }
    return sum(price * found[name] for name, price in prices.items())
