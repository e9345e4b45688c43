"""The tiles that packets cross in XY order: along x first, then along y."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yuragi.passes.placing.compiled import compiled

__all__ = ["new_tiles", "whole_paths"]

Array = NDArray[Any]
Paths: TypeAlias = tuple[Array, Array, Array]


def whole_paths(pointer: Array, core: Array, home: Array, x: Array, y: Array) -> Paths:
    """(hops_x, hops_y, packets): a packet for each core that a unit reaches, shape (entries,)

    pointer, core: the cores that each unit reaches.      home: the core of each unit.
    x, y: the tile of each core.
    """
    source = np.repeat(home, np.diff(pointer))
    hops_x = np.abs(x[core] - x[source]).astype(np.int32)
    hops_y = np.abs(y[core] - y[source]).astype(np.int32)
    return hops_x, hops_y, np.ones(len(core), dtype=np.int32)


def new_tiles(pointer: Array, core: Array, home: Array, x: Array, y: Array) -> Paths:
    """The same for one packet a unit, copied on the way: what each core adds to its tree."""
    hops_x, hops_y, packets = (np.zeros(len(core), dtype=np.int32) for _ in range(3))
    _grow(pointer, core, home, x, y, hops_x, hops_y, packets, *np.zeros((2, x.max() + 1), np.int64))
    return hops_x, hops_y, packets


@compiled
def _grow(
    pointer: Any,
    core: Any,
    home: Any,
    x: Any,
    y: Any,
    hops_x: Any,
    hops_y: Any,
    packets: Any,
    up: Any,
    down: Any,
) -> None:
    """A tree is a piece of the sender's row, and a piece of each column that it turns into.

    up, down: room for how far it goes in each column.
    """
    for unit in range(len(pointer) - 1):
        left, right = 0, 0
        here_x, here_y = x[home[unit]], y[home[unit]]
        for entry in range(pointer[unit], pointer[unit + 1]):
            up[x[core[entry]]] = 0
            down[x[core[entry]]] = 0
        for entry in range(pointer[unit], pointer[unit + 1]):
            column = x[core[entry]]
            across, along = column - here_x, y[core[entry]] - here_y
            if across > right:
                hops_x[entry] = across - right
                right = across
            elif -across > left:
                hops_x[entry] = -across - left
                left = -across
            if along > up[column]:
                hops_y[entry] = along - up[column]
                up[column] = along
            elif -along > down[column]:
                hops_y[entry] = -along - down[column]
                down[column] = -along
            packets[entry] = 1 if entry == pointer[unit] else 0
