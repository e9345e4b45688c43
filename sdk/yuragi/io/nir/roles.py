"""A unit and its recurrent weights, read by what they are, whatever edge brings the input.

The graphs that snnTorch, Spyx and older NIRTorch make of a recurrent layer lead the input to the
weights: input -> w_rec -> lif, lif -> w_rec. Their readers give it to the unit.
"""

from __future__ import annotations

from dataclasses import replace

from yuragi.io.nir.nodes import NirGraph

__all__ = ["by_role"]

_UNITS = ("CubaLIF", "IF", "LIF")
_WEIGHTS = ("Affine", "Linear")


def by_role(graph: NirGraph) -> tuple[NirGraph, tuple[str, ...]]:
    """The graph with every such input led to its unit, and the names of those units."""
    after, before = graph.after(), graph.before()
    unit_of = {
        name: after[name][0]
        for name, node in graph.nodes.items()
        if node.kind in _WEIGHTS and len(after[name]) == 1
    }
    led = {
        (source, name): (source, unit)
        for name, unit in unit_of.items()
        if graph.nodes[unit].kind in _UNITS and unit in before[name] and before[unit] == [name]
        for source in before[name]
        if source != unit
    }
    edges = tuple(dict.fromkeys(led.get(edge, edge) for edge in graph.edges))
    return replace(graph, edges=edges), tuple(sorted({unit for _, unit in led.values()}))
