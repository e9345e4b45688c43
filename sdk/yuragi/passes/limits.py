"""What a placed network takes of everything that a profile limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.graph import Graph, Node
from yuragi.hardware.profile import Profile
from yuragi.passes.signs import signs_of
from yuragi.passes.synapse_memory import held_synapses
from yuragi.passes.weight_types import types_of
from yuragi.placement import Placement
from yuragi.wiring.maps import synaptic

__all__ = ["AT_LEAST", "LIMITS", "Measure", "delay_limit", "fan_in", "measures", "stated_limit"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How much of a limit one place takes.

    code: the limit's name in the profile.   place: "core 3", "a -> b.i", "a, unit 7".
    limit: where it depends on the place; else the profile's.
    """

    code: str
    place: str
    found: int
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Placed:
    """alone: the unit of each core that holds a single one, by the core's index."""

    graph: Graph
    placement: Placement
    profile: Profile
    alone: Mapping[int, str]

    def per_core(self, code: str, found: Array) -> Iterator[Measure]:
        for k, core in enumerate(self.placement.used):
            alone = self.alone.get(k)
            place = f"core {core}" if alone is None else f"core {core} ({alone})"
            yield Measure(code=code, place=place, found=int(found[k]))

    def homes(self) -> Iterator[tuple[Node, Array]]:
        for node in self.graph.nodes:
            yield node, self.placement.core_of(node.name)


def stated_limit(profile: Profile, code: str) -> int | None:
    """The profile's limit; number formats count as limits too."""
    if code in profile.limits:
        return profile.limit(code)
    known = profile.numbers is not None and hasattr(profile.numbers, code)
    return profile.number(code) if known else None


def measures(graph: Graph, placement: Placement, profile: Profile) -> Iterator[Measure]:
    """Everything that is measured, limit by limit, where the profile states the limit."""
    alone = _alone(graph, placement)
    placed = _Placed(graph=graph, placement=placement, profile=profile, alone=alone)
    for code, measure in _MEASURES.items():
        if stated_limit(profile, code) is not None:
            yield from measure(placed, code)


def _alone(graph: Graph, placement: Placement) -> dict[int, str]:
    cores = len(placement.used)
    homes = {node.name: placement.core_of(node.name) for node in graph.nodes}
    counts = {name: np.bincount(home, minlength=cores) for name, home in homes.items()}
    single = np.flatnonzero(sum(counts.values()) == 1)
    found: dict[int, str] = {}
    for name, home in homes.items():
        for core in single[counts[name][single] == 1].tolist():
            found[core] = f"{name}, unit {int(np.flatnonzero(home == core)[0])}"
    return found


def delay_limit(profile: Profile, units: int) -> int | None:
    """The longest delay of a core with so many units.

    Where the profile gives a band, its low end holds for a full core: delays are slots that the
    units of a core share, low * units_per_core of them.
    """
    stated = profile.limits.get("delay_max")
    if stated is None:
        return None
    full = profile.limit("units_per_core")
    if full is None or not 0 < stated.low < stated.value:
        return int(stated.value)
    return max(int(stated.low), min(int(stated.value), int(stated.low) * full // max(units, 1)))


def fan_in(graph: Graph, name: str) -> Array:
    """Synapses by unit.  shape (size,)"""
    total = np.zeros(graph.node(name).size, dtype=np.int64)
    for edge in graph.edges:
        if edge.target == name:
            total += np.diff(synaptic(edge.weights.csr()).indptr)
    return total


def _fan_out(graph: Graph, name: str) -> Array:
    total = np.zeros(graph.node(name).size, dtype=np.int64)
    for edge in graph.edges:
        if edge.source == name:
            total += np.bincount(synaptic(edge.weights.csr()).indices, minlength=len(total))
    return total


def _units(placed: _Placed, code: str) -> Iterator[Measure]:
    cores = len(placed.placement.used)
    total = np.zeros(cores, dtype=np.int64)
    for _, home in placed.homes():
        total += np.bincount(home, minlength=cores)
    yield from placed.per_core(code, total)


def _synapse_bits(placed: _Placed, code: str) -> Iterator[Measure]:
    total = np.zeros(len(placed.placement.used), dtype=np.int64)
    for held in held_synapses(placed.graph, placed.placement, placed.profile):
        total[held.core] += held.cheapest
    yield from placed.per_core(code, total)


def _synapses(placed: _Placed, code: str) -> Iterator[Measure]:
    cores = len(placed.placement.used)
    total = np.zeros(cores)
    for node, home in placed.homes():
        total += np.bincount(home, weights=fan_in(placed.graph, node.name), minlength=cores)
    yield from placed.per_core(code, total)


def _weight_types(placed: _Placed, code: str) -> Iterator[Measure]:
    """Of the axons of a core, one for each source unit, delay and port."""
    homes = {node.name: home for node, home in placed.homes()}
    found = np.zeros(len(placed.placement.used), dtype=np.int64)
    for core in range(len(found)):
        rows = []
        for node in placed.graph.nodes:
            here = np.flatnonzero(homes[node.name] == core)
            if len(here):
                rows.append(
                    [
                        synaptic(edge.weights.csr())[here] * 2**edge.shift
                        if edge.target == node.name
                        else scipy.sparse.csr_array((len(here), edge.weights.shape[1]))
                        for edge in placed.graph.edges
                    ]
                )
        if rows and placed.graph.edges:
            found[core] = types_of(scipy.sparse.block_array(rows, format="csc")).max(initial=-1) + 1
    yield from placed.per_core(code, found)


def _axons_in(placed: _Placed, code: str) -> Iterator[Measure]:
    cores = len(placed.placement.used)
    total = np.zeros(cores, dtype=np.int64)
    for routes in placed.graph.routes.values():
        total += np.bincount(routes.core, minlength=cores)
    yield from placed.per_core(code, total)


def _axons_out(placed: _Placed, code: str) -> Iterator[Measure]:
    cores = len(placed.placement.used)
    total = np.zeros(cores, dtype=np.int64)
    for name, routes in placed.graph.routes.items():
        home = placed.placement.core_of(name)
        total += np.bincount(np.repeat(home, np.diff(routes.pointer)), minlength=cores)
    yield from placed.per_core(code, total)


def _tables(placed: _Placed, code: str) -> Iterator[Measure]:
    """Knots of `state_bits` bits; populations on a core share a table that is the same."""
    bits = placed.profile.number("state_bits") or 0
    kept: list[set[tuple[int, ...]]] = [set() for _ in placed.placement.used]
    for node, home in placed.homes():
        for core in np.unique(home):
            kept[core].update(node.dynamics.tables.values())
    total = [sum(len(table) - 2 for table in tables) * bits for tables in kept]
    yield from placed.per_core(code, np.array(total))


def _of_units(
    count: Callable[[Graph, str], Array],
) -> Callable[[_Placed, str], Iterator[Measure]]:
    def measure(placed: _Placed, code: str) -> Iterator[Measure]:
        for node in placed.graph.nodes:
            found = count(placed.graph, node.name)
            worst = int(found.argmax())
            yield Measure(code=code, place=f"{node.name}, unit {worst}", found=int(found[worst]))

    return measure


def _delays(placed: _Placed, code: str) -> Iterator[Measure]:
    full = np.zeros(len(placed.placement.used), dtype=np.int64)
    homes = {node.name: home for node, home in placed.homes()}
    for home in homes.values():
        full += np.bincount(home, minlength=len(full))
    for edge in placed.graph.edges:
        fullest = int(full[homes[edge.target]].max())
        limit = delay_limit(placed.profile, fullest)
        yield Measure(code=code, place=edge.name, found=edge.delay, limit=limit)


def _fan_out_cores(placed: _Placed, code: str) -> Iterator[Measure]:
    for name, routes in placed.graph.routes.items():
        reached = np.diff(routes.pointer)
        worst = int(reached.argmax())
        yield Measure(code=code, place=f"{name}, unit {worst}", found=int(reached[worst]))


def _shortest_delays(placed: _Placed, code: str) -> Iterator[Measure]:
    for edge in placed.graph.edges:
        yield Measure(code=code, place=edge.name, found=edge.delay)


def _inputs(placed: _Placed, code: str) -> Iterator[Measure]:
    """Units that nothing projects to."""
    fed = {edge.target for edge in placed.graph.edges}
    found = sum(node.size for node in placed.graph.nodes if node.name not in fed)
    yield Measure(code=code, place="the network", found=found)


def _outputs(placed: _Placed, code: str) -> Iterator[Measure]:
    """Units that project to nothing."""
    heard = {edge.source for edge in placed.graph.edges}
    found = sum(node.size for node in placed.graph.nodes if node.name not in heard)
    yield Measure(code=code, place="the network", found=found)


def _operations(placed: _Placed, code: str) -> Iterator[Measure]:
    for node in placed.graph.nodes:
        found = sum(node.dynamics.operations.values())
        yield Measure(code=code, place=node.name, found=found)


def _chips(placed: _Placed, code: str) -> Iterator[Measure]:
    yield Measure(code=code, place="the network", found=placed.placement.chips)


def _weight_bits(placed: _Placed, code: str) -> Iterator[Measure]:
    """Two's complement, as wide as the widest weight."""
    for edge in placed.graph.edges:
        if edge.weights.dtype.kind in "iu":
            found = _signed_bits(edge.weights.values())
            yield Measure(code=code, place=edge.name, found=found)


def _state_bits(placed: _Placed, code: str) -> Iterator[Measure]:
    """Initial values; those of a run saturate at the word."""
    for node in placed.graph.nodes:
        if node.dynamics.integer:
            for name, values in node.initial.items():
                found = _signed_bits(np.abs(values.astype(np.int64)))
                yield Measure(code=code, place=f"{node.name}.{name} at step 0", found=found)


def _signed_bits(values: Array) -> int:
    if not values.size:
        return 1
    top = max(int(values.max()), ~int(values.min()))
    return top.bit_length() + 1


def _exponents(placed: _Placed, code: str) -> Iterator[Measure]:
    for edge in placed.graph.edges:
        if edge.weights.dtype.kind in "iu":
            yield Measure(code=code, place=edge.name, found=edge.shift - edge.cut)


_MEASURES: Mapping[str, Callable[[_Placed, str], Iterator[Measure]]] = {
    "units_per_core": _units,
    "synapse_bits_per_core": _synapse_bits,
    "synapses_per_core": _synapses,
    "weight_types_per_core": _weight_types,
    "axons_in_per_core": _axons_in,
    "axons_out_per_core": _axons_out,
    "table_bits_per_core": _tables,
    "fan_in": _of_units(fan_in),
    "fan_out": _of_units(_fan_out),
    "fan_out_cores_max": _fan_out_cores,
    "signs_per_unit": _of_units(signs_of),
    "delay_min": _shortest_delays,
    "delay_max": _delays,
    "operations_per_update": _operations,
    "inputs_max": _inputs,
    "outputs_max": _outputs,
    "chips_max": _chips,
    "weight_bits": _weight_bits,
    "weight_exponent_max": _exponents,
    "state_bits": _state_bits,
}
AT_LEAST = frozenset({"delay_min"})
"""Limits from below."""
LIMITS: Mapping[str, str] = {
    "units_per_core": "units",
    "synapse_bits_per_core": "bits of synapses",
    "synapses_per_core": "synapses",
    "weight_types_per_core": "types of weights",
    "axons_in_per_core": "input axons",
    "axons_out_per_core": "output axons",
    "table_bits_per_core": "bits of tables",
    "fan_in": "inputs of a unit",
    "fan_out": "targets of a unit",
    "fan_out_cores_max": "cores that a unit reaches",
    "signs_per_unit": "signs of the weights of a unit",
    "delay_min": "steps of delay",
    "delay_max": "steps of delay",
    "operations_per_update": "operations an update",
    "inputs_max": "input units",
    "outputs_max": "output units",
    "chips_max": "chips",
    "weight_bits": "bits a weight",
    "weight_exponent_max": "as the exponent of the weights",
    "state_bits": "bits a state",
}
"""Every limit that is checked, with the words for what it counts."""
