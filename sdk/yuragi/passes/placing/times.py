"""The time of a step on groups of units, as far as it is known before a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.hardware.profile import Profile
from yuragi.passes.placing.exchange import Exchange
from yuragi.passes.placing.pattern import Pattern
from yuragi.placement import Mesh

__all__ = ["Work", "step_work"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Work:
    """Seconds of work a step, or operations where the profile states no latency.

    unit: updates, spikes and synaptic events of each unit.      shape (units,)
    message: of a message;  hop: of a tile in x and y.
    barrier: with one tile in use, and with all;  tiles: of a chip.
    """

    unit: Array
    message: float
    hop: tuple[float, float]
    barrier: tuple[float, float]
    tiles: int
    seconds: bool

    def step(self, group: Array, cores: Array, mesh: Mesh, found: Exchange) -> float:
        """The busiest core, the flight of its messages, the barrier."""
        count = len(cores)
        sent = found.rate.sum(axis=1)
        busy = np.bincount(group, weights=self.unit, minlength=count) + sent * self.message
        x, y = mesh.place(cores)
        flight = (found.rate * np.abs(x[:, None] - x[None, :])).sum(axis=1) * self.hop[0]
        flight += (found.rate * np.abs(y[:, None] - y[None, :])).sum(axis=1) * self.hop[1]
        late = flight / np.where(sent > 0, sent, 1.0)
        used = len(np.unique(mesh.tile(cores)))
        share = (min(used, self.tiles) - 1) / max(self.tiles - 1, 1)
        barrier = self.barrier[0] * (1 - share) + self.barrier[1] * share
        return float(busy.max() + late.max() + barrier)

    def bound(self, cores: int) -> float:
        """Work that is shared out evenly over so many cores; a unit is on one core."""
        even = float(self.unit.sum()) / max(cores, 1)
        return max(even, float(self.unit.max(initial=0.0))) + min(self.barrier)


def step_work(found: Pattern, rates: Array, profile: Profile) -> Work:
    """The expected work of every unit.

    A unit has input in a step with the probability that a message arrives, if they arrive on
    their own.
    """
    rate_in = found.gathered(rates)
    active = 1.0 - np.exp(-rate_in)
    known = {name: constant.value for name, constant in profile.latency.items()}
    seconds = bool(known)
    if not seconds:
        known = {"synaptic_events": 1.0, "active_updates": 1.0, "inactive_updates": 1.0}

    def cost(name: str) -> float:
        return known.get(name, 0.0)

    unit = (
        active * cost("active_updates")
        + (1.0 - active) * cost("inactive_updates")
        + np.minimum(rates, 1.0) * cost("spikes")
        + rate_in * cost("synaptic_events")
    )
    overhead = cost("step_overhead")
    return Work(
        unit=unit,
        message=cost("messages"),
        hop=(cost("hops_x"), cost("hops_y")),
        barrier=(overhead + cost("barrier_one_tile"), overhead + cost("barrier_all_tiles")),
        tiles=profile.structure.tiles,
        seconds=seconds,
    )
