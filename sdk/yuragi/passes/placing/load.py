"""What each unit takes of a core, what a core has, and by how much groups go over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.placing.exchange import Exchange
from yuragi.passes.split import synapse_bits

__all__ = ["Load", "core_load"]

Array = NDArray[Any]
_ADDED = ("units_per_core", "synapse_bits_per_core")
_COUNTED = ("axons_in_per_core", "axons_out_per_core")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Load:
    """Limits that add up over the units of a core, and limits of the messages of a core.

    need: what each unit takes.                       shape (units, kinds)
    limit: what a core has; infinite where the profile does not state it.     shape (kinds,)
    axons: the most source units of a core, and the most (unit, core) pairs that it sends to.
    """

    need: Array
    limit: Array
    axons: tuple[float, float]

    @property
    def share(self) -> Array:
        """The part of a core that each unit takes, by its scarcest kind.  shape (units,)"""
        stated = np.isfinite(self.limit) & (self.limit > 0)
        if not stated.any():
            return np.full(len(self.need), 1.0 / max(len(self.need), 1))
        return (self.need[:, stated] / self.limit[stated]).max(axis=1)

    def filled(self, group: Array, count: int) -> Array:
        """What the units of each group take.  shape (groups, kinds)"""
        total = np.zeros((count, self.need.shape[1]))
        np.add.at(total, group, self.need)
        return total

    def excess(self, group: Array, count: int, found: Exchange) -> float:
        """By how much limits are broken, each as a share of itself, over all groups; 0: none."""
        over = np.maximum(self.filled(group, count) / self.limit - 1.0, 0.0).sum()
        for limit, axis in zip(self.axons, (0, 1), strict=True):
            over += np.maximum(found.pairs.sum(axis=axis) / limit - 1.0, 0.0).sum()
        return float(over)


def core_load(graph: Graph, profile: Profile) -> Load:
    """The load of every unit of a graph, populations in their order."""
    bits = np.concatenate([synapse_bits(graph, node, profile) for node in graph.nodes])
    need = np.stack([np.ones(len(bits)), bits.astype(np.float64)], axis=1)
    limits = [profile.limit(name) for name in (*_ADDED, *_COUNTED)]
    stated = [np.inf if limit is None else float(limit) for limit in limits]
    return Load(need=need, limit=np.array(stated[:2]), axons=(stated[2], stated[3]))
