"""What is done about each limit that is broken: one step of repair for each code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.check import Violation
from yuragi.passes.limits import fan_in
from yuragi.passes.mending import (
    with_initial_within,
    with_longer_delays,
    with_smaller_exponents,
    within_cores,
)
from yuragi.passes.pruning import pruned, removed_share
from yuragi.passes.relays import with_relays
from yuragi.passes.signs import with_one_sign

__all__ = ["Repairing", "mend"]

_FEWEST_SEGMENTS = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repairing:
    """A repair under way.

    graph: in maps, before quantise.      most: units of a part, by population.
    """

    graph: Graph
    profile: Profile
    lowered: Graph
    most: Mapping[str, int] = field(default_factory=dict)
    segments: int | None = None
    fewest_cores: bool = False
    weight_error: float = 0.0
    actions: tuple[str, ...] = ()
    same: bool = True

    def did(self, action: str) -> tuple[str, ...]:
        """The actions with this one, once."""
        return self.actions if action in self.actions else (*self.actions, action)


def mend(state: Repairing, violations: Iterable[Violation]) -> Repairing | None:
    """One step of repair for every code that is broken; None where one has no repair."""
    by_code: dict[str, list[Violation]] = {}
    for violation in violations:
        by_code.setdefault(violation.code, []).append(violation)
    mended: Repairing | None = state
    for code, broken in by_code.items():
        if code not in _ACTIONS or mended is None:
            return None
        mended = _ACTIONS[code](mended, broken)
    return mended


def _core(state: Repairing, violation: Violation) -> int:
    """The index of the core that a violation names."""
    used = () if state.lowered.placement is None else state.lowered.placement.used
    return used.index(int(violation.place.split()[1]))


def _residents(state: Repairing, violation: Violation) -> dict[str, int]:
    """The populations on a core, each with its units there."""
    placement = state.lowered.placement
    if placement is None:
        return {}
    core = _core(state, violation)
    found = {n.name: int((placement.core_of(n.name) == core).sum()) for n in state.lowered.nodes}
    return {name: units for name, units in found.items() if units}


def _split(state: Repairing, broken: list[Violation]) -> Repairing | None:
    """Smaller parts of whatever lies on the cores that are too full."""
    most, largest = dict(state.most), dict[str, int]()
    for violation in broken:
        for name, units in _residents(state, violation).items():
            fitting = units * violation.limit // violation.found
            wanted = max(1, min(fitting, units - 1, most.get(name, units)))
            most[name] = min(most.get(name, wanted), wanted)
            largest[name] = max(largest.get(name, 0), units)
    if most == dict(state.most):
        # Another broken limit of this round may have asked for parts that are small enough.
        return state if all(most[name] < units for name, units in largest.items()) else None
    text = ", ".join(f"{name} in parts of {units:,}" for name, units in most.items())
    kept = tuple(a for a in state.actions if not a.startswith("split: "))
    return replace(state, most=most, actions=(*kept, f"split: {text} units at most"))


def _split_or_prune(count: Callable[[Repairing, Violation, str], int]) -> _Action:
    """Smaller parts, and where a core holds one unit, its smallest weights left out."""

    def action(state: Repairing, broken: list[Violation]) -> Repairing | None:
        alone = [v for v in broken if sum(_residents(state, v).values()) == 1]
        for violation in alone:
            placement = state.lowered.placement
            (name,) = _residents(state, violation)
            if placement is None:
                return None
            core = _core(state, violation)
            unit = int(np.flatnonzero(placement.core_of(name) == core)[0])
            state = _pruned(state, name, {unit: count(state, violation, name)}, inputs=True)
        others = [v for v in broken if v not in alone]
        return _split(state, others) if others else state

    return action


def _joined(before: float, after: float) -> float:
    """The relative error of two changes, each measured against what it was made to.

    What is left out twice is left out once: 1 - e^2 is the share of sum w^2 that stays.
    """
    return float(np.sqrt(1.0 - (1.0 - min(before, 1.0) ** 2) * (1.0 - min(after, 1.0) ** 2)))


def _pruned(state: Repairing, name: str, most: dict[int, int], *, inputs: bool) -> Repairing:
    graph = pruned(state.graph, name, most, inputs=inputs)
    share = removed_share(state.graph, graph)
    side = "inputs" if inputs else "targets"
    return replace(
        state,
        graph=graph,
        weight_error=_joined(state.weight_error, share),
        actions=state.did(f"prune: {name} keeps its largest {side}"),
        same=False,
    )


def _keeps_fan(inputs: bool) -> _Action:
    def action(state: Repairing, broken: list[Violation]) -> Repairing | None:
        for violation in broken:
            name = violation.place.split(",")[0]
            turned = state.graph.node(name).size
            most = dict.fromkeys(range(turned), violation.limit)
            state = _pruned(state, name, most, inputs=inputs)
        return state

    return action


def _relayed(state: Repairing, broken: list[Violation]) -> Repairing | None:
    longest = state.profile.limit("delay_max")
    if longest is None or longest < 1:
        return None
    if max(violation.found for violation in broken) <= longest:
        return _emptier(state, broken)
    graph, relays = with_relays(state.graph, longest)
    names = ", ".join(relays)
    return replace(
        state, graph=graph, actions=state.did(f"relay: {names} for longer delays"), same=False
    )


def _emptier(state: Repairing, broken: list[Violation]) -> Repairing | None:
    """Cores with fewer units, whose delays are longer."""
    targets = {edge.name: edge.target for edge in state.lowered.edges}
    sizes = {n.name: state.most.get(n.name, n.size) for n in state.lowered.nodes}
    most = {name: max(1, sizes[name] // 2) for name in {targets[v.place] for v in broken}}
    if all(sizes[name] == units for name, units in most.items()):
        return None
    text = ", ".join(f"{name} in parts of {units:,}" for name, units in sorted(most.items()))
    return replace(
        state, most={**state.most, **most}, actions=state.did(f"split: {text} units at most")
    )


def _fewer_cores(state: Repairing, _: list[Violation]) -> Repairing | None:
    if state.fewest_cores:
        return None
    return replace(state, fewest_cores=True, actions=state.did("place: populations share cores"))


def _coarser_tables(state: Repairing, _: list[Violation]) -> Repairing | None:
    stated = state.segments or state.profile.number("table_segments") or 0
    if stated // 2 < _FEWEST_SEGMENTS:
        return None
    kept = tuple(a for a in state.actions if not a.startswith("tables: "))
    action = f"tables: {stated // 2} segments"
    return replace(state, segments=stated // 2, actions=(*kept, action), same=False)


def _coarser_weights(state: Repairing, broken: list[Violation]) -> Repairing | None:
    """Integer weights with fewer bits and a higher exponent."""
    excess = {v.place: v.found - v.limit for v in broken}
    limit = {v.place: v.limit for v in broken}
    edges = []
    for edge in state.graph.edges:
        bits = excess.get(edge.name, 0)
        if not bits or edge.weights.dtype.kind not in "iu":
            edges.append(edge)
            continue
        top = 2 ** (limit[edge.name] - 1) - 1
        grid = np.clip(np.rint(np.ldexp(edge.weights.values().astype(float), -bits)), -top, top)
        weights = edge.weights.changed(grid.astype(edge.weights.dtype))
        scale = edge.scale * 2.0**bits
        edges.append(replace(edge, weights=weights, shift=edge.shift + bits, scale=scale))
    graph = replace(state.graph, edges=tuple(edges))
    return replace(
        state,
        graph=graph,
        weight_error=_joined(state.weight_error, removed_share(state.graph, graph)),
        actions=state.did("re-scale: " + ", ".join(f"{k} by 2^{b}" for k, b in excess.items())),
        same=False,
    )


def _smaller_exponents(state: Repairing, broken: list[Violation]) -> Repairing | None:
    """Given integer weights at the exponents that there are, clipped where they do not fit."""
    top = 2 ** ((state.profile.number("weight_bits") or 8) - 1) - 1
    excess = {v.place: v.found - v.limit for v in broken}
    graph = with_smaller_exponents(state.graph, excess, top)
    return replace(
        state,
        graph=graph,
        weight_error=_joined(state.weight_error, removed_share(state.graph, graph)),
        actions=state.did("re-scale: " + ", ".join(f"{k} by 2^-{b}" for k, b in excess.items())),
        same=False,
    )


def _within_words(state: Repairing, broken: list[Violation]) -> Repairing | None:
    names = {violation.place.split(".")[0] for violation in broken}
    graph = with_initial_within(state.graph, names, broken[0].limit)
    action = f"re-scale: {', '.join(sorted(names))} start within {broken[0].limit} bits"
    return replace(state, graph=graph, actions=state.did(action), same=False)


def _later(state: Repairing, broken: list[Violation]) -> Repairing | None:
    names, shortest = {violation.place for violation in broken}, broken[0].limit
    graph = with_longer_delays(state.graph, names, shortest)
    action = f"delay: {', '.join(sorted(names))} arrive after {shortest} steps"
    return replace(state, graph=graph, actions=state.did(action), same=False)


def _fewer_reached(state: Repairing, broken: list[Violation]) -> Repairing | None:
    """Populations share cores; then synapses to cores with the smallest weights are left out."""
    if not state.fewest_cores:
        return _fewer_cores(state, broken)
    return _keeps_cores(state, {v.place.split(",")[0]: v.limit for v in broken})


def _split_or_reach_less(state: Repairing, broken: list[Violation]) -> Repairing | None:
    """Smaller parts, and where a core holds one unit, fewer cores for it to reach."""
    alone = [v for v in broken if sum(_residents(state, v).values()) == 1]
    if alone:
        return _keeps_cores(state, {n: v.limit for v in alone for n in _residents(state, v)})
    return _split(state, broken)


def _keeps_cores(state: Repairing, most: Mapping[str, int]) -> Repairing | None:
    if state.lowered.placement is None or min(most.values()) < 1:
        return None
    for name, limit in most.items():
        graph = within_cores(state.graph, name, state.lowered.placement, limit)
        share = removed_share(state.graph, graph)
        state = replace(
            state,
            graph=graph,
            weight_error=_joined(state.weight_error, share),
            actions=state.did(f"prune: {name} keeps its targets on {limit} core(s)"),
            same=False,
        )
    return state


def _one_sign(state: Repairing, broken: list[Violation]) -> Repairing | None:
    names = {violation.place.split(",")[0] for violation in broken}
    draws = any(state.graph.node(name).dynamics.system.draws for name in names)
    if broken[0].limit < 1 or draws or state.graph.learning:
        return None
    graph, copies = with_one_sign(state.graph, names)
    action = f"copy: {', '.join(copies)} inhibit in place of their units"
    return replace(state, graph=graph, actions=state.did(action), same=False)


def _kept_by_bits(state: Repairing, violation: Violation, _: str) -> int:
    weight = state.profile.number("weight_bits") or 1
    return max(0, violation.limit // (weight + 1))


def _kept_by_count(state: Repairing, violation: Violation, name: str) -> int:
    excess = violation.found - violation.limit
    held = int(fan_in(state.lowered, name).max())
    return max(0, held - excess)


_Action = Callable[[Repairing, list[Violation]], Repairing | None]
_ACTIONS: Mapping[str, _Action] = {
    "units_per_core": _split,
    "synapse_bits_per_core": _split_or_prune(_kept_by_bits),
    "synapses_per_core": _split_or_prune(_kept_by_count),
    "axons_in_per_core": _split_or_prune(_kept_by_count),
    "axons_out_per_core": _split_or_reach_less,
    "table_bits_per_core": _coarser_tables,
    "fan_in": _keeps_fan(inputs=True),
    "fan_out": _keeps_fan(inputs=False),
    "delay_max": _relayed,
    "fan_out_cores_max": _fewer_reached,
    "signs_per_unit": _one_sign,
    "delay_min": _later,
    "chips_max": _fewer_cores,
    "weight_bits": _coarser_weights,
    "weight_exponent_max": _smaller_exponents,
    "state_bits": _within_words,
}
