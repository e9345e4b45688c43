"""Where the parts of a network lie on a chip, and what a message from each unit costs in hops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Comparison", "Layout", "Mesh", "Part", "Placement", "Routes"]

Integers = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Units first to stop-1 of a population, in the order of its placement, on one core."""

    node: str
    first: int
    stop: int

    @property
    def size(self) -> int:
        """How many units."""
        return self.stop - self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """The tiles of a chip, numbered column by column: tile = x * height + y."""

    width: int = 1
    height: int = 1
    cores_per_tile: int = 1

    @property
    def cores(self) -> int:
        """Cores of one chip."""
        return self.width * self.height * self.cores_per_tile

    def tile(self, core: Integers) -> Integers:
        """The tile of each core, counted through all chips."""
        return core // self.cores_per_tile

    def place(self, core: Integers) -> tuple[Integers, Integers]:
        """(x, y) of each core's tile; chips stand side by side in x."""
        tile = self.tile(core)
        chip, local = np.divmod(tile, self.width * self.height)
        return chip * self.width + local // self.height, local % self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a placement costs beside others, by the traffic that it was made for.

    objective: "hops", "busiest" or "fewest".
    unit: "J" or "hops" a step; "s" or "operations" a step; "cores".
    traffic: where the traffic was known from.
    random: the median of some random placements.  bound: no placement is below.
    """

    objective: str
    unit: str
    traffic: str
    placed: float
    in_order: float
    random: float
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placement:
    """The core of every part.

    parts: in the order of the graph's populations, ascending.
    cores: the core of each part; empty before `place`.   shape (parts,)
    order: units in the order in which the parts of their population cut them; a population that
        is missing is cut as it is numbered.              shape (size,)
    multicast: whether one packet serves all cores that a message reaches.
    """

    parts: tuple[Part, ...]
    cores: tuple[int, ...] = ()
    mesh: Mesh = field(default_factory=Mesh)
    order: Mapping[str, Integers] = field(default_factory=dict)
    comparison: Comparison | None = None
    multicast: bool = False

    def __eq__(self, other: object) -> bool:
        """Whether every unit is on the same core of the same mesh, in the same parts."""
        if not isinstance(other, Placement):
            return NotImplemented
        same = (self.parts, self.cores, self.mesh, self.multicast) == (
            *(other.parts, other.cores, other.mesh, other.multicast),
        )
        return (
            same
            and self.order.keys() == other.order.keys()
            and all(np.array_equal(units, other.order[name]) for name, units in self.order.items())
        )

    def __hash__(self) -> int:
        return hash((self.parts, self.cores, self.mesh))

    def units(self, part: Part) -> Integers:
        """The units of a part.  shape (size,)"""
        if part.node in self.order:
            return self.order[part.node][part.first : part.stop]
        return np.arange(part.first, part.stop)

    @property
    def used(self) -> tuple[int, ...]:
        """The cores in use, ascending."""
        return tuple(sorted(set(self.cores)))

    @property
    def tiles(self) -> int:
        """How many tiles hold a core in use."""
        return len(set(self.mesh.tile(np.asarray(self.used, dtype=np.int64)).tolist()))

    @property
    def chips(self) -> int:
        """How many chips hold a core in use."""
        return len({core // self.mesh.cores for core in self.used})

    def core_of(self, node: str) -> Integers:
        """The core of each unit of a population, as an index into `used`.  shape (size,)"""
        index = {core: k for k, core in enumerate(self.used)}
        pieces = [
            np.full(part.size, index[core], dtype=np.int64)
            for part, core in zip(self.parts, self.cores, strict=True)
            if part.node == node
        ]
        joined = np.concatenate(pieces)
        if node not in self.order:
            return joined
        found = np.empty_like(joined)
        found[self.order[node]] = joined
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Routes:
    """For each unit of a population, the cores that its messages reach.

    Entry k of unit j, pointer[j] <= k < pointer[j + 1], says: core[k] (an index into the
    placement's `used`) holds synapses[k] targets; to reach it takes packets[k] packets more, and
    hops_x[k] + hops_y[k] tiles more are crossed than to reach the entries before it. A packet for
    each core crosses all tiles to it; one packet for all cores crosses only what is new. Where
    there are many entries each field is in the shortest type that holds it.
    """

    pointer: Integers
    core: Integers
    synapses: Integers
    hops_x: Integers
    hops_y: Integers
    packets: Integers


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """Where the cores in use lie, and the packets that went over the links between tiles.

    used: the number of each core, ascending, chips one after the other.
    multicast: whether one packet served all cores that a message reached.
    counted: gives the links, which few ask for: every packet is followed from tile to tile.
    """

    mesh: Mesh
    used: tuple[int, ...]
    counted: Callable[[], Integers]
    multicast: bool = False

    @cached_property
    def links(self) -> Integers:
        """Packets that left tile (x, y) for larger x, smaller x, larger y, smaller y.

        Chips side by side in x, all trials and steps together.  shape (4, width * chips, height)
        """
        return self.counted()


RouteTable = Mapping[str, Routes]
