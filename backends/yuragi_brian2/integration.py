"""Which differential equations Brian2's own integrators solve; the others become maps before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from brian2.core.clocks import Clock
from brian2.devices.device import runtime_device
from brian2.stateupdaters.base import StateUpdateMethod, UnsupportedEquationsException
from brian2.units import second

from yuragi import reference
from yuragi.graph import Graph, Node, Probe
from yuragi.hardware.profile import Profile
from yuragi.passes.discretise import Discretise
from yuragi_brian2.build import build
from yuragi_brian2.draft import Batch
from yuragi_brian2.isolation import isolated
from yuragi_brian2.objects import neurons
from yuragi_brian2.outcome import Collected
from yuragi_brian2.plan import Cells
from yuragi_brian2.targets import session

__all__ = ["integrable"]

_STEPS = 2
_AGREES = 1e-9


def integrable(graph: Graph, profile: Profile) -> tuple[Graph, tuple[str, ...]]:
    """The graph as Brian2 can integrate it, and a line for each population that it cannot.

    Brian2's method is asked first: `exact` and `exponential_euler` refuse what sympy finds no form
    for. The form of `exact` may divide by a difference that is 0 (two equal time constants) or
    almost 0: two steps of it are compared with the map that `discretise` writes.
    """
    mapped: dict[str, Node] = {}
    lines = []
    for node in graph.nodes:
        if not node.dynamics.system.derivatives:
            continue
        reason = _refused(graph, node) or _wrong(graph, node, profile)
        if reason:
            alone = Graph(nodes=(node,), seed=graph.seed, dt=graph.dt)
            mapped[node.name] = Discretise().apply(alone, profile).nodes[0]
            lines.append(
                f"{node.name}: Brian2's {node.dynamics.method} {reason}; it runs the map that "
                "discretise writes, which is then not checked by Brian2"
            )
    nodes = tuple(mapped.get(node.name, node) for node in graph.nodes)
    return replace(graph, nodes=nodes), tuple(lines)


def _refused(graph: Graph, node: Node) -> str | None:
    """What Brian2's own method says against the equations."""
    alone = Graph(nodes=(node,), seed=graph.seed, dt=graph.dt)
    cells: Cells = build(alone, Batch(first=0, trials=1, steps=1, dt=graph.dt or 1.0)).cells[0]
    with isolated({}, runtime_device):
        group: Any = neurons(cells, Clock(dt=1e-4 * second, name="trial"))
        group._network = group.id  # Brian2 warns of objects that never were in one
        variables = group.resolve_all(group.equations.identifiers, {}, user_identifiers=())
        try:
            StateUpdateMethod.apply_stateupdater(group.equations, variables, cells.method)
        except UnsupportedEquationsException as problem:
            return f"refuses its equations ({problem})"
    return None


def _wrong(graph: Graph, node: Node, profile: Profile) -> str | None:
    """How `exact` fails on a system of equations, with the population's own parameters."""
    if node.dynamics.method != "exact" or len(node.dynamics.system.derivatives) < 2:
        return None
    states = node.dynamics.system.states
    started = replace(
        node,
        initial={name: np.asarray(0.1 * (k + 1)) for k, name in enumerate(states)},
    )
    trial = Graph(
        nodes=(started,),
        probes=tuple(Probe(node=node.name, variable=name) for name in states),
        seed=graph.seed,
        dt=graph.dt,
    )
    wanted = reference.run(Discretise().apply(trial, profile), steps=_STEPS).traces
    found = dict(_run(trial))
    worst = max(
        float(np.abs(found[key] - trace.values).max() / np.abs(trace.values).max())
        for key, trace in wanted.items()
        if trace.values.any()
    )
    if np.isfinite(worst) and worst <= _AGREES:
        return None
    off = f"is off by {worst:.2g}" if np.isfinite(worst) else "divides by 0"
    return f"{off} with these parameters"


def _run(graph: Graph) -> Iterator[tuple[tuple[str, str], Any]]:
    plan = build(graph, Batch(first=0, trials=1, steps=_STEPS, dt=graph.dt or 1.0))
    collected = Collected(graph, _STEPS, 1)
    with session(plan, steps=_STEPS, target="numpy", progress=None) as objects:
        collected.add(plan, objects)
    for key, trace in collected.recorder.all_traces().items():
        yield key, trace.values
