"""Routes as the arrays that compiled loops read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.graph import Graph, Node
from yuragi.placement import Placement, Routes
from yuragi_chip.vectors import COUNTED, LANES

__all__ = ["Traffic", "segments", "traffic"]

Array = NDArray[Any]
_RUN = 16
_FULL = 4
_BITS = 64
_MANY = 256
_SHORT = 2**8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traffic:
    """Where a population lies and what its messages are counted as; made once for a program.

    core: of each unit, as an index into the cores in use, shape (size,)
    parts, members: as `segments` says.
    masks: a bit for each unit of a core, 64 in a word, shape (cores, words); None for many cores
        and where members are numbered as they stand.
    own: core, packets, hops in x and hops in y of each unit's message, shape (size, 4)
    pointer, reached, synapses: which cores each unit reaches, and with how many synapses.
    rows: the same as a full array, shape (size, cores, filled up to a multiple of LANES); None
        where that takes more room.
    added: what each unit's message adds to each tally, shape (size, COUNTED); None where it is more
        than one core's.
    everyone: what is counted where every unit sends, in the order of the tallies, shape (6, cores);
        no cores for a population that spikes.
    """

    core: Array
    parts: Array
    members: Array
    masks: Array | None
    own: Array
    pointer: Array
    reached: Array
    synapses: Array
    rows: Array | None
    added: Array | None
    everyone: Array


def traffic(graph: Graph, placement: Placement) -> dict[str, Traffic]:
    """The traffic of every population of a placed and routed graph."""
    cores = len(placement.used)
    return {
        node.name: _traffic(node, placement.core_of(node.name), graph.routes.get(node.name), cores)
        for node in graph.nodes
    }


def _traffic(node: Node, core: Array, routes: Routes | None, cores: int) -> Traffic:
    parts, members = segments(core)
    pointer, reached, synapses = _reached(routes, node.size)
    own = _own(routes, core)
    counted = np.zeros((6, 0), dtype=np.int64)
    if not node.dynamics.spiking:
        counted = _everyone(own, reached, synapses, cores)
    return Traffic(
        core=core,
        parts=parts,
        members=members,
        masks=_masks(core, cores) if len(members) else None,
        own=own,
        pointer=pointer,
        reached=reached,
        synapses=synapses,
        rows=None if cores == 1 else _rows(pointer, reached, synapses, cores),
        added=_added(own, pointer, synapses) if cores == 1 else None,
        everyone=counted,
    )


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


def _masks(core: Array, cores: int) -> Array | None:
    if cores > _MANY:
        return None
    words = -(-len(core) // _BITS)
    held = np.zeros((cores, words * _BITS), dtype=bool)
    held[core, np.arange(len(core))] = True
    return np.packbits(held, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def _own(routes: Routes | None, core: Array) -> Array:
    own = np.zeros((len(core), 4), dtype=np.int64)
    own[:, 0] = core
    if routes is not None:
        for k, entries in enumerate((routes.packets, routes.hops_x, routes.hops_y), start=1):
            sums = np.concatenate(([0], np.cumsum(entries, dtype=np.int64)))
            own[:, k] = np.diff(sums[routes.pointer])
    return _short(own)


def _reached(routes: Routes | None, size: int) -> tuple[Array, Array, Array]:
    if routes is None:
        empty = np.zeros(0, dtype=np.uint8)
        return np.zeros(size + 1, dtype=np.int64), empty, empty
    held = (routes.pointer.astype(np.int64, copy=False), routes.core, routes.synapses)
    pointer, core, synapses = (np.ascontiguousarray(array) for array in held)
    return pointer, core, synapses


def _rows(pointer: Array, reached: Array, synapses: Array, cores: int) -> Array | None:
    size, width = len(pointer) - 1, -(-cores // LANES) * LANES
    if not len(reached) or width * size > max(_FULL * len(reached), LANES * size):
        return None
    rows = np.zeros((size, width), dtype=np.uint8 if int(synapses.max()) < _SHORT else np.int32)
    rows[np.repeat(np.arange(size), np.diff(pointer)), reached] = synapses
    return rows


def _added(own: Array, pointer: Array, synapses: Array) -> Array:
    added = np.zeros((len(own), COUNTED), dtype=np.int64)
    reaching = np.diff(pointer).astype(bool)
    added[reaching, 0] = synapses
    added[:, 1] = 1
    added[:, 2:5] = own[:, 1:]
    added[:, 5] = reaching
    return _short(added)


def _short(counts: Array) -> Array:
    """Counts in as few bytes as hold them: those of each message are read from far away."""
    most = int(counts.max(initial=0))
    return counts.astype(np.uint8 if most < 2**8 else np.uint16 if most < 2**16 else np.uint32)


def _everyone(own: Array, reached: Array, synapses: Array, cores: int) -> Array:
    home = own[:, 0]
    summed = (
        (reached, synapses),
        (home, None),
        (home, own[:, 1]),
        (home, own[:, 2]),
        (home, own[:, 3]),
        (reached, None),
    )
    counts = [np.bincount(at, weights, minlength=cores) for at, weights in summed]
    return np.array(counts).astype(np.int64)
