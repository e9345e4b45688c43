"""split: populations cut into parts that fit a core."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import GraphError
from yuragi.graph import Graph, Node
from yuragi.hardware.profile import Profile
from yuragi.passes.limits import delay_limit
from yuragi.passes.synapse_memory import synapse_bits
from yuragi.placement import Mesh, Part, Placement

__all__ = ["Split", "synapse_bits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Consecutive units share a part until the next would break a limit of the core.

    max_units: a limit of one's own, below the profile's.
    most: limits of single populations.
    Limits: units_per_core, synapse_bits_per_core, and delay_max where a fuller core has shorter
    delays. A limit that the profile does not state does not bind. A unit that breaks a limit by
    itself has a part of its own; `check` refuses it.
    """

    max_units: int | None = None
    most: Mapping[str, int] = field(default_factory=dict)

    def apply(self, graph: Graph, profile: Profile) -> Graph:
        """The graph with parts in its placement, not yet on cores."""
        for limit in (self.max_units, *self.most.values()):
            if limit is not None and limit < 1:
                raise GraphError(f"split: max_units {limit}, expected at least 1")
        bits = profile.limit("synapse_bits_per_core")
        parts: list[Part] = []
        for node in graph.nodes:
            units = self._units(graph, node, profile)
            parts.extend(_parts(node, units, bits, synapse_bits(graph, node, profile)))
        structure = profile.structure
        mesh = Mesh(
            width=structure.mesh[0],
            height=structure.mesh[1],
            cores_per_tile=structure.cores_per_tile,
        )
        return replace(graph, placement=Placement(parts=tuple(parts), mesh=mesh))

    def note(self, before: Graph, after: Graph) -> tuple[str, ...]:
        """How many parts each population became."""
        if after.placement is None:
            return ()
        found = Counter(part.node for part in after.placement.parts)
        return tuple(
            f"{node.name}: {node.size:,} units in {found[node.name]} part(s)"
            for node in before.nodes
        )

    def _units(self, graph: Graph, node: Node, profile: Profile) -> int:
        stated = (profile.limit("units_per_core"), self.max_units, self.most.get(node.name))
        units = min(n for n in (*stated, node.size) if n is not None)
        longest = max((e.delay for e in graph.edges if e.target == node.name), default=0)
        shortest = delay_limit(profile, units)
        if shortest is None or longest <= shortest:
            return max(units, 1)
        full = profile.limit("units_per_core") or units
        room = int(profile.limits["delay_max"].low) * full // longest
        fits = (delay_limit(profile, room) or 0) >= longest
        return max(min(units, room), 1) if fits else max(units, 1)


def _parts(node: Node, units: int, bits: int | None, cost: NDArray[np.int64]) -> list[Part]:
    parts, first = [], 0
    cumulative = np.concatenate(([0], np.cumsum(cost)))
    while first < node.size:
        stop = min(first + units, node.size)
        if bits is not None:
            held = int(np.searchsorted(cumulative, cumulative[first] + bits, "right")) - 1
            stop = max(min(stop, held), first + 1)
        parts.append(Part(node=node.name, first=first, stop=stop))
        first = stop
    return parts
