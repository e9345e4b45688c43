"""What Brian2 cannot run, found before a run, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from brian2.core.clocks import Clock
from brian2.devices.device import runtime_device
from brian2.stateupdaters.base import StateUpdateMethod, UnsupportedEquationsException
from brian2.units import second

from yuragi.equations.functions import FUNCTIONS
from yuragi.errors import UnsupportedError
from yuragi.graph import Graph, Node
from yuragi_brian2.build import populations
from yuragi_brian2.cells import Batch
from yuragi_brian2.functions import CPP
from yuragi_brian2.isolation import isolated
from yuragi_brian2.objects import neurons
from yuragi_brian2.plan import Cells

__all__ = ["DECLARED", "LONGEST_GRADED", "check"]

_OPERATORS = {name for name, known in FUNCTIONS.items() if known.infix} | {"neg"}
LONGEST_GRADED = 64
DECLARED: tuple[str, ...] = (
    "integers: Brian2 has no fixed-point numbers; the chip and the reference run a chip's integers",
    "exact: equations that sympy cannot solve, such as an integrator without a leak",
    "exponential_euler: equations that are not linear in their own variable",
    f"a graded value that arrives more than {LONGEST_GRADED} steps late: each step is an array",
    "plasticity: rules of learning are run by the reference and the chip",
    "the count active_updates",
)
"""Declared in the backend's capabilities."""


def check(graph: Graph) -> tuple[str, ...]:
    """Lines for the log.

    Raises UnsupportedError with everything that stands against the graph.
    """
    if graph.integer:
        raise UnsupportedError(DECLARED[0], [DECLARED[0]])
    if graph.learning:
        names = ", ".join(edge.name for edge in graph.learning)
        raise UnsupportedError(f"{names}: plasticity is run by the reference and the chip", [names])
    found = [reason for node in graph.nodes for reason in _against(graph, node)]
    found += [
        f"{edge.name}: a graded value at most {LONGEST_GRADED} steps late"
        for edge in graph.edges
        if graph.node(edge.source).dynamics.graded and edge.delay > LONGEST_GRADED
    ]
    if found:
        raise UnsupportedError("; ".join(found), found)
    batch = Batch(first=0, trials=1, steps=1, dt=graph.dt or 1.0)
    made = populations(graph, batch)
    found = [refused for cells in made if (refused := _integrates(cells))]
    if found:
        raise UnsupportedError("; ".join(found), found)
    return (
        *(
            f"{cells.title}: {cells.size:,} units, "
            + (f"Brian2's {cells.method}" if cells.method else "one map a step")
            for cells in made
        ),
        f"{len(graph.edges)} projection(s), {graph.synapses:,} synapses",
    )


def _against(graph: Graph, node: Node) -> Iterator[str]:
    """What stands against a population."""
    if node.latency:
        yield f"{node.name}: runs late by {node.latency} step(s), made for a chip"
    if node.dynamics.system.derivatives and graph.dt is None:
        yield (
            f"{node.name}: differential equations need dt; give Network(dt=...) or "
            "compile(dt=...) in seconds"
        )
    strange = sorted(node.dynamics.functions - CPP.keys() - _OPERATORS)
    if strange:
        yield f"{node.name}: {', '.join(strange)} has no form in Brian2"


def _integrates(cells: Cells) -> str | None:
    """Ask Brian2's own method; the reason where it refuses."""
    if cells.method is None:
        return None
    with isolated({}, runtime_device):
        group: Any = neurons(cells, Clock(dt=1e-4 * second, name="trial"))
        group._network = group.id  # Brian2 warns of objects that never were in one
        variables = group.resolve_all(group.equations.identifiers, {}, user_identifiers=())
        try:
            StateUpdateMethod.apply_stateupdater(group.equations, variables, cells.method)
        except UnsupportedEquationsException as problem:
            return (
                f"{cells.title}: Brian2's {cells.method} refuses its equations ({problem}); rk4 or "
                "euler can do it"
            )
    return None
