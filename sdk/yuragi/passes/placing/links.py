"""The packets on every link of the mesh, from how often each unit sent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import GraphError
from yuragi.graph import Graph
from yuragi.passes.placing.compiled import compiled
from yuragi.placement import Layout, Placement

__all__ = ["layout_of"]

Array = NDArray[Any]


def layout_of(graph: Graph, sends: Mapping[str, Array]) -> Layout:
    """Where the cores of a run lie, and what went over each link.

    sends: by population, how often each unit sent.      shape (size,)
    Raises GraphError where the graph has no placement.
    """
    placement = graph.placement
    if placement is None:
        raise GraphError("the graph has no placement yet")
    return Layout(
        mesh=placement.mesh,
        used=placement.used,
        counted=partial(_links, graph, placement, sends),
        multicast=placement.multicast,
    )


def _links(graph: Graph, placement: Placement, sends: Mapping[str, Array]) -> Array:
    mesh, used = placement.mesh, np.asarray(placement.used, dtype=np.int64)
    x, y = mesh.place(used)
    links = np.zeros((4, mesh.width * (int(used.max()) // mesh.cores + 1), mesh.height), np.int64)
    for name, routes in graph.routes.items():
        home = placement.core_of(name)
        _walk(
            routes.pointer, routes.core, routes.hops_x, routes.hops_y, home, sends[name],
            x, y, links,
        )  # fmt: skip
    return links


@compiled
def _walk(
    pointer: Any,
    core: Any,
    hops_x: Any,
    hops_y: Any,
    home: Any,
    sends: Any,
    x: Any,
    y: Any,
    links: Any,
) -> None:
    """Along x in the sender's row, then along y; hops count from the end of either leg."""
    for unit in range(len(pointer) - 1):
        if sends[unit] == 0:
            continue
        row = y[home[unit]]
        for entry in range(pointer[unit], pointer[unit + 1]):
            column, end = x[core[entry]], y[core[entry]]
            east, north = column > x[home[unit]], end > row
            for back in range(1, hops_x[entry] + 1):
                at = column - back if east else column + back
                links[0 if east else 1, at, row] += sends[unit]
            for back in range(1, hops_y[entry] + 1):
                at = end - back if north else end + back
                links[2 if north else 3, column, at] += sends[unit]
