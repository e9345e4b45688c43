"""Which kernel a population takes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from yuragi.dynamics import Dynamics
from yuragi.equations.tree import names
from yuragi.graph import Graph, Node
from yuragi.hardware.profile import Activity
from yuragi_chip.codegen import KernelShape
from yuragi_chip.columns import Synapses
from yuragi_chip.words import computed_in, given_word, only_counts, ring_word, state_word

__all__ = ["shape_of"]


def shape_of(
    graph: Graph,
    node: Node,
    weights: Sequence[Synapses],
    *,
    steps: int,
    activity: Activity,
    alone: bool,
    each: bool,
) -> KernelShape:
    """The shape of the equations of a population in a run.

    alone: whether all lies on one core.
    each: whether overflows and active updates are kept unit by unit, whoever asks.
    """
    dynamics = node.dynamics
    asked = {probe.variable for probe in graph.probes if probe.node == node.name}
    for edge in graph.learning:
        if edge.target == node.name and edge.plasticity is not None:
            asked |= set(edge.plasticity.reads)
    single = {name: value for name, value in node.parameters.items() if not value.ndim}
    return KernelShape(
        dynamics=dynamics,
        vector=tuple(name for name in dynamics.parameters if name not in single),
        zero=tuple(name for name in single if dynamics.integer and not single[name]),
        seen=tuple(name for name, _ in dynamics.system.bindings if name in asked),
        summed=() if each else _summed(node, asked),
        alone=alone and not each,
        activity=activity,
        state=state_word(node, steps),
        ring=ring_word(graph, node, weights),
        given=given_word(node),
        word=computed_in(graph, node, weights, steps),
    )


def _summed(node: Node, asked: set[str]) -> tuple[str, ...]:
    """The tallies that begin at 0 and that nothing reads but what counts on."""
    dynamics = node.dynamics
    counting = [name for name in dynamics.tallies if only_counts(dynamics, name)]
    wanted = asked | _read(dynamics) if counting else asked
    return tuple(name for name in counting if name not in wanted and not node.initial[name].any())


@lru_cache(maxsize=256)
def _read(dynamics: Dynamics) -> frozenset[str]:
    """What is read on its way to anything but itself."""
    system = dynamics.system
    lines = (*system.bindings, *system.updates, *system.reset)
    read = {name for own, tree in lines for name in names(tree) - {own}}
    return frozenset(read | (names(system.threshold) if system.threshold else set()))
