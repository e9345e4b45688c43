"""How many cores a network of some size needs, by every limit of a chip that numbers can tell."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from yuragi.errors import MissingConstantError
from yuragi.hardware import Profile
from yuragi.planning.outline import Group, Link, Outline

__all__ = ["Broken", "Packed", "Packing", "pack", "reached"]

_ROUNDS = 40
_HALVINGS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A limit that the network would break.

    found: what it takes;  limit: what the profile allows.
    """

    code: str
    place: str
    found: float
    limit: float

    def __str__(self) -> str:
        """For messages."""
        return f"{self.code}: {self.place} takes {_number(self.found)} of {_number(self.limit)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A group on its cores.

    per_core: units on a full core; below 1 where one unit takes several cores.
    bound: the limit that a full core reaches.
    """

    group: Group
    per_core: float
    cores: float
    bound: str

    @property
    def fullest(self) -> float:
        """Units on the fullest core."""
        return min(self.per_core, self.group.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """Every group on cores of its own, as the passes split and place them."""

    groups: tuple[Packed, ...]
    cores: int
    tiles: int
    chips: int
    broken: tuple[Broken, ...]

    def of(self, name: str) -> Packed:
        """A group by its name."""
        return next(packed for packed in self.groups if packed.group.name == name)

    @property
    def bound(self) -> str:
        """The limit that is reached on most of the cores."""
        return max(self.groups, key=lambda packed: packed.cores).bound


def pack(network: Outline, profile: Profile) -> Packing:
    """Cut every group so that a full core keeps every limit that the profile states.

    Inputs are taken to be spread evenly and at random. A unit that alone breaks a limit of a core
    takes as many cores as its share, and the limit is listed as broken: no pass cuts a unit.

    Errors: MissingConstantError where the profile states no limit that bounds a core.
    """
    packed = {group.name: _inwards(network, group, profile) for group in network.groups}
    for _ in range(_ROUNDS):  # cores grow, so that units reach more of them, until nothing moves
        again = {name: _outwards(network, one, packed, profile) for name, one in packed.items()}
        if again == packed:
            break
        packed = again
    cores = math.ceil(sum(one.cores for one in packed.values()))
    chips = math.ceil(cores / profile.structure.cores)
    tiles = math.ceil(cores / profile.structure.cores_per_tile)
    groups = tuple(packed.values())
    broken = (*_broken_cores(groups), *_broken_units(network, packed, profile))
    most = profile.limit("chips_max") or profile.structure.chips
    if chips > most:
        broken = (*broken, Broken(code="chips_max", place="the network", found=chips, limit=most))
    return Packing(groups=groups, cores=cores, tiles=tiles, chips=chips, broken=broken)


def reached(network: Outline, link: Link, target: Packed) -> float:
    """Cores that a spike of a source unit with f targets reaches.

    random: K (1 - (1 - 1/K)^f) of K cores;  local: as few as hold f units.
    """
    fan_out = link.synapses / network.group(link.source).size
    cores = target.cores
    if network.wiring == "local":
        fewest = fan_out / max(target.per_core, 1.0)
        return min(max(fewest, min(fan_out, 1.0)), cores)
    if cores <= 1 or fan_out <= 1:
        return min(fan_out, 1.0)
    return -cores * math.expm1(fan_out * math.log1p(-1 / cores))


def _packed(group: Group, bounds: dict[str, float]) -> Packed:
    bound = min(bounds, key=lambda name: bounds[name])
    room = bounds[bound]
    per_core = float(math.floor(room + 1e-9)) if room >= 1 else room
    exact = group.size / per_core
    cores = float(math.ceil(exact)) if exact < 2**53 else exact
    return Packed(group=group, per_core=per_core, cores=cores, bound=bound)


def _inwards(network: Outline, group: Group, profile: Profile) -> Packed:
    """By the units of a core, the memory of their inputs, and the axons that bring them."""
    links = network.into(group.name)
    bounds = {"size": group.size}
    for code, room in _ROOM.items():
        limit = profile.limit(code)
        if limit is not None:
            bounds[code] = room(network, group, links, profile, limit)
    if not any(code in profile.limits for code in _COUNTED):
        known = "synapse_bits_per_core" in profile.limits and profile.number("weight_bits")
        if not known:
            raise MissingConstantError(
                f"{profile.name} states no size of a core (units_per_core, synapses_per_core, or "
                "synapse_bits_per_core with weight_bits), so its cores cannot be counted"
            )
    return _packed(group, bounds)


def _units(
    network: Outline, group: Group, links: tuple[Link, ...], profile: Profile, limit: int
) -> float:
    del network, group, links, profile
    return float(limit)


def _synapse_bits(
    network: Outline, group: Group, links: tuple[Link, ...], profile: Profile, limit: int
) -> float:
    """Each link as the cheapest of sparse (weight and target number), dense, and kernels."""
    bits = profile.number("weight_bits")
    if bits is None:
        return math.inf
    widest = min(group.size, profile.limit("units_per_core") or group.size)
    index = max(1, math.ceil(math.log2(max(widest, 2))))
    each, kernels = 0.0, 0.0
    for link in links:
        sparse = link.synapses / group.size * (bits + index)
        dense = network.group(link.source).size * bits
        if link.shared is not None and link.shared * bits < min(sparse, dense) * widest:
            kernels += link.shared * bits
        else:
            each += min(sparse, dense)
    return (limit - kernels) / each if each and limit > kernels else math.inf


def _synapses(
    network: Outline, group: Group, links: tuple[Link, ...], profile: Profile, limit: int
) -> float:
    del network, profile
    fan_in = sum(link.synapses for link in links) / group.size
    return limit / fan_in if fan_in else math.inf


def _axons_in(
    network: Outline, group: Group, links: tuple[Link, ...], profile: Profile, limit: int
) -> float:
    """The most units u whose sources are at most `limit`: sum_n n (1 - (1 - k/n)^u)."""
    del profile
    if network.wiring == "local":
        return math.inf
    sources = [
        (network.group(link.source).size, link.synapses / group.size)
        for link in links
        if link.synapses
    ]

    def axons(units: float) -> float:
        return sum(_distinct(size, fan_in, units) for size, fan_in in sources)

    if axons(group.size) <= limit:
        return math.inf
    if axons(1.0) > limit:
        return limit / axons(1.0)
    low, high = 1.0, group.size
    for _ in range(_HALVINGS):
        if high - low < 0.5:
            break
        middle = (low + high) / 2
        low, high = (middle, high) if axons(middle) <= limit else (low, middle)
    return low


def _distinct(size: float, fan_in: float, units: float) -> float:
    """Different sources of `units` units that each hear `fan_in` of `size`."""
    if fan_in >= size:
        return size
    return -size * math.expm1(units * math.log1p(-fan_in / size))


_Room = Callable[[Outline, Group, tuple[Link, ...], Profile, int], float]
_ROOM: dict[str, _Room] = {
    "units_per_core": _units,
    "synapse_bits_per_core": _synapse_bits,
    "synapses_per_core": _synapses,
    "axons_in_per_core": _axons_in,
}


_COUNTED = ("units_per_core", "synapses_per_core")


def _outwards(network: Outline, one: Packed, packed: dict[str, Packed], profile: Profile) -> Packed:
    """By the axons that a core sends to."""
    limit = profile.limit("axons_out_per_core")
    links = network.out_of(one.group.name)
    if limit is None or not links or network.wiring == "local":
        return one
    each = sum(reached(network, link, packed[link.target]) for link in links)
    if each * one.fullest <= limit:
        return one
    return _packed(one.group, {"axons_out_per_core": limit / each})


def _broken_cores(groups: tuple[Packed, ...]) -> list[Broken]:
    return [
        Broken(
            code=one.bound, place=f"one unit of {one.group.name}", found=1 / one.per_core, limit=1
        )
        for one in groups
        if one.per_core < 1
    ]


def _broken_units(network: Outline, packed: dict[str, Packed], profile: Profile) -> list[Broken]:
    found: list[Broken] = []

    def check(code: str, place: str, value: float) -> None:
        limit = profile.limit(code)
        if limit is not None and value > limit:
            found.append(Broken(code=code, place=place, found=value, limit=limit))

    for group in network.groups:
        fan_in = sum(link.synapses for link in network.into(group.name)) / group.size
        check("fan_in", f"a unit of {group.name}", fan_in)
        if network.wiring == "local":
            check("axons_in_per_core", f"a core of {group.name}", fan_in)
        links = network.out_of(group.name)
        cores = sum(reached(network, link, packed[link.target]) for link in links)
        check("fan_out_cores_max", f"a unit of {group.name}", cores)
        if network.wiring == "local":
            away = cores * packed[group.name].fullest
            check("axons_out_per_core", f"a core of {group.name}", away)
    for link in network.links:
        check("delay_max", f"{link.source} -> {link.target}", link.delay_max)
    inputs = sum(g.size for g in network.groups if not network.into(g.name))
    outputs = sum(g.size for g in network.groups if not network.out_of(g.name))
    check("inputs_max", "the network", inputs)
    check("outputs_max", "the network", outputs)
    return found


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
