"""What a packed network does in a mean step, from rates alone."""

from __future__ import annotations

import math

import numpy as np

from yuragi.hardware import Profile
from yuragi.planning.outline import Outline
from yuragi.planning.packing import Packed, Packing, reached
from yuragi.power.census import EVENTS, Census
from yuragi.recording import COUNTS, Counts

__all__ = ["expected"]

_HOW = {
    "neuron_updates": "units times steps",
    "synaptic_events": "sum over projections of synapses times the rate of their source, by steps",
    "active_updates": "units that at least one event reaches, were events independent",
    "inactive_updates": "the other updates",
    "spikes": "units times rate times steps",
    "messages": "spikes times the cores that a unit reaches, were targets spread at random",
    "hops_x": "messages times the mean distance in x of two tiles in use, were cores random",
    "hops_y": "messages times the mean distance in y of two tiles in use, were cores random",
}


def expected(network: Outline, packing: Packing, profile: Profile) -> Census:
    """The mean events of an inference, and those of the fullest core of every group.

    Events are taken to be independent: a unit that receives m events in a mean step is active in
    1 - exp(-m) of the steps. Where the profile's active updates are those of units that are not at
    rest, all units that receive anything count. Chips stand in a square.
    """
    away = _distances(network, packing, profile)
    cores = [_core(network, packing, one, profile, away) for one in packing.groups]
    arrays = {name: np.array([core[name] for core in cores]).reshape(1, 1, -1) for name in _BY_CORE}
    shares = [one.group.size / one.fullest for one in packing.groups]
    totals = {
        name: network.steps * math.fsum(c[name] * s for c, s in zip(cores, shares, strict=True))
        for name in ("neuron_updates", "inactive_updates", *_BY_CORE)
    }
    return Census(
        totals={name: totals.get(name, 0.0) for name in ("neuron_updates", *EVENTS)},
        counts=Counts(arrays=arrays, cores=packing.cores, tiles=packing.tiles, chips=packing.chips),
        origin="estimated",
        trials=1,
        steps=network.steps,
        cores=packing.cores,
        tiles=packing.tiles,
        chips=packing.chips,
        dt=network.dt,
        synapses=network.synapses,
        how=_HOW,
    )


# Nothing learns in an estimate, and then a run has no such count either.
_BY_CORE = tuple(name for name in COUNTS if name != "synapse_updates")


def _core(
    network: Outline,
    packing: Packing,
    one: Packed,
    profile: Profile,
    away: tuple[float, float],
) -> dict[str, float]:
    """Events of the fullest core of a group in a mean step."""
    group, units = one.group, one.fullest
    into = network.into(group.name)
    each = math.fsum(link.events for link in into) / group.size
    spikes = units * group.rate
    active = 1.0 if profile.activity == "state" and each else -math.expm1(-each)
    messages = spikes * math.fsum(
        reached(network, link, packing.of(link.target)) for link in network.out_of(group.name)
    )
    arriving = math.fsum(
        network.group(link.source).size
        * network.group(link.source).rate
        * reached(network, link, one)
        / one.cores
        for link in into
    )
    return {
        "synaptic_events": each * units,
        "neuron_updates": units,
        "active_updates": active * units,
        "inactive_updates": (1 - active) * units,
        "spikes": spikes,
        "messages": messages,
        "messages_in": arriving,
        "hops_x": messages * away[0],
        "hops_y": messages * away[1],
    }


def _distances(network: Outline, packing: Packing, profile: Profile) -> tuple[float, float]:
    """Mean distance in tiles, in x and y: of two tiles in use at random, or of neighbours."""
    width, height = profile.structure.mesh
    if network.wiring == "local":
        cores = max(
            (reached(network, link, packing.of(link.target)) for link in network.links), default=1.0
        )
        side = math.sqrt(max(1.0, cores / profile.structure.cores_per_tile))
        return _mean_distance(side), _mean_distance(min(side, height))
    if packing.chips == 1:
        columns = min(math.ceil(math.sqrt(packing.tiles)), width)
        return _mean_distance(columns), _mean_distance(math.ceil(packing.tiles / columns))
    side = math.sqrt(packing.chips)
    return _mean_distance(width * side), _mean_distance(height * side)


def _mean_distance(places: float) -> float:
    return (places * places - 1) / (3 * places)
