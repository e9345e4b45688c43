"""Routes as the arrays that compiled loops read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.placement import Routes

__all__ = ["everyone", "routes_of", "segments"]

Array = NDArray[Any]
_RUN = 16


def segments(core: Array) -> tuple[Array, Array]:
    """Runs of units on one core, as rows of (first, stop, core), and who is counted there.

    Where there are many runs, the units are sorted by core and the rows say where each core's are.
    The units are empty where they are numbered as they stand.
    """
    members = np.zeros(0, dtype=np.int32)
    if _RUN * np.count_nonzero(np.diff(core)) > len(core):
        members = np.argsort(core, kind="stable").astype(np.int32)
        core = core[members]
    cuts = np.flatnonzero(np.diff(core)) + 1
    first = np.concatenate(([0], cuts))
    stop = np.concatenate((cuts, [len(core)]))
    return np.stack([first, stop, core[first]], axis=1).astype(np.int64), members


def routes_of(routes: Routes | None, size: int) -> dict[str, Array]:
    """The fields of `Routes`, empty for a population without targets."""
    empty = np.zeros(0, dtype=np.int32)
    if routes is None:
        names = ("reached", "synapses", "packets", "hops_x", "hops_y")
        return {"pointer": np.zeros(size + 1, dtype=np.int64), **dict.fromkeys(names, empty)}
    entries = {
        "reached": routes.core,
        "synapses": routes.synapses,
        "packets": routes.packets,
        "hops_x": routes.hops_x,
        "hops_y": routes.hops_y,
    }
    narrow = {name: np.ascontiguousarray(held, dtype=np.int32) for name, held in entries.items()}
    return {"pointer": np.ascontiguousarray(routes.pointer, dtype=np.int64), **narrow}


def everyone(core: Array, routes: dict[str, Array], cores: int) -> Array:
    """What is counted in a step in which every unit sends, in the order of the tallies.

    core: of each unit, shape (size,)      returns: shape (6, cores); empty where cores is 0
    """
    if not cores:
        return np.zeros((6, 0), dtype=np.int64)
    home = np.repeat(core, np.diff(routes["pointer"]))
    reached = routes["reached"]
    summed = (
        (reached, routes["synapses"]),
        (core, None),
        (home, routes["packets"]),
        (home, routes["hops_x"]),
        (home, routes["hops_y"]),
        (reached, None),
    )
    counts = [np.bincount(place, weights, minlength=cores) for place, weights in summed]
    return np.array(counts).astype(np.int64)
