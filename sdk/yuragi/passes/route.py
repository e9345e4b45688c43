"""route: which cores each unit's messages reach, and how many tiles they cross."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import GraphError
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.placing.exchange import reached
from yuragi.passes.placing.paths import new_tiles, whole_paths
from yuragi.passes.placing.pattern import Pattern, pattern
from yuragi.placement import Placement, Routes

__all__ = ["Route"]

Array = NDArray[Any]
_FEW = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Packets in XY order, along x first, from each sending unit to the cores of its targets.

    multicast: one packet a message, copied where the paths to its cores part, so that a tile that
        they share is crossed once; else a packet for each core, which crosses
        |x_target - x_source| + |y_target - y_source| tiles. None: as the placement says.

    Needs a placed graph (GraphError).
    """

    multicast: bool | None = None

    def apply(self, graph: Graph, profile: Profile) -> Graph:
        """The graph with `routes` for every population that has targets."""
        placement = graph.placement
        if placement is None or not placement.cores:
            raise GraphError("route: the graph is not placed yet")
        if self.multicast is not None:
            placement = replace(placement, multicast=self.multicast)
        sending = {edge.source for edge in graph.edges}
        names = [node.name for node in graph.nodes if node.name in sending]
        routes = _routes(pattern(graph), placement, names)
        return replace(graph, placement=placement, routes=routes)

    def note(self, before: Graph, after: Graph) -> tuple[str, ...]:
        """How many cores a message reaches on average, and how far they are."""
        entries = sum(len(routes.core) for routes in after.routes.values())
        senders = sum(int((np.diff(r.pointer) > 0).sum()) for r in after.routes.values())
        if not entries:
            return ("no population has targets",)
        hops = sum(
            int(r.hops_x.sum(dtype=np.int64)) + int(r.hops_y.sum(dtype=np.int64))
            for r in after.routes.values()
        )
        packets = sum(int(r.packets.sum(dtype=np.int64)) for r in after.routes.values())
        cores = f", {entries / senders:.2f} cores a message" if packets < entries else ""
        return (
            f"{senders:,} sending units, {packets / senders:.2f} packets a message{cores}, "
            f"{hops / packets:.2f} hops a packet",
        )


def _routes(found: Pattern, placement: Placement, names: list[str]) -> dict[str, Routes]:
    home = found.joined({name: placement.core_of(name) for name in found.names})
    used = np.asarray(placement.used, dtype=np.int64)
    pointer, core, synapses = reached(found, home, len(used))
    x, y = placement.mesh.place(used)
    paths = new_tiles if placement.multicast else whole_paths
    hops_x, hops_y, packets = paths(pointer, core, home, x, y)
    routes = {}
    for name in names:
        mine = found.part(name)
        own = pointer[mine.start : mine.stop + 1]
        part = slice(int(own[0]), int(own[-1]))
        routes[name] = Routes(
            pointer=own - own[0],
            core=_narrow(core[part]),
            synapses=_narrow(synapses[part]),
            hops_x=_narrow(hops_x[part]),
            hops_y=_narrow(hops_y[part]),
            packets=_narrow(packets[part]),
        )
    return routes


def _narrow(values: Array) -> Array:
    """Many numbers in the shortest type that holds them; few as they are: a type, a kernel."""
    if len(values) <= _FEW:
        return values
    most = int(values.max())
    kind = next((k for k in (np.uint8, np.uint16) if most <= np.iinfo(k).max), np.int32)
    return values.astype(kind)
