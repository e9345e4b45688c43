"""place: parts onto cores, by hops, by the time of the busiest core or by the number of cores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import GraphError
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.calibrate import emission_rates
from yuragi.passes.limits import measures
from yuragi.passes.placing.exchange import exchange
from yuragi.passes.placing.load import Load, core_load
from yuragi.passes.placing.objectives import (
    OBJECTIVES,
    Objective,
    Problem,
    Spread,
    cost,
    lower_bound,
    ranking,
)
from yuragi.passes.placing.pattern import Pattern, pattern
from yuragi.passes.placing.times import step_work
from yuragi.passes.route import Route
from yuragi.placement import Comparison, Part, Placement
from yuragi.units import engineering

__all__ = ["Place"]

Array = NDArray[Any]
_SEEDS = 5
_FEW_SYNAPSES = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Parts, and the units in them, onto cores. On profile `ideal` all is on one core.

    objective: what is made small, never above placement in order:
        "hops": sum over messages of their tiles, each at its price. Parts keep their number; the
            units of a population are dealt out to its parts anew.
        "busiest": the time of a step on the busiest core, with its flights and the barrier;
            populations are cut into more parts while that pays.
        "fewest": cores in use; populations share cores.

    Messages are counted in a short run of the network with its own stimuli, or as if every unit
    sent once where nothing happens in that run. Parts share cores where one chip has too few.
    Raises GraphError for a graph that is not split, or another objective.
    """

    objective: Objective = "hops"

    def apply(self, graph: Graph, profile: Profile) -> Graph:
        """The graph with a core for every part."""
        placement = graph.placement
        if placement is None:
            raise GraphError("place: the graph is not split yet")
        if self.objective not in OBJECTIVES:
            known = ", ".join(OBJECTIVES)
            raise GraphError(f"place: no objective {self.objective!r}; there are {known}")
        alone = len(placement.parts) == 1 and self.objective != "busiest"
        if profile.kind == "ideal" or alone:
            return replace(graph, placement=replace(placement, cores=(0,) * len(placement.parts)))
        problem, traffic = _problem(graph, placement, profile)
        best, found = _within_limits(problem, ranking(problem, self.objective), graph, profile)
        compared = self._compared(problem, best, profile, traffic)
        return replace(graph, placement=replace(found, comparison=compared))

    def note(self, before: Graph, after: Graph) -> tuple[str, ...]:
        """Cores, tiles and chips, and the objective beside other placements."""
        placement = after.placement
        if placement is None:
            return ()
        line = (
            f"{len(placement.parts)} part(s) on {len(placement.used)} core(s), "
            f"{placement.tiles} tile(s), {placement.chips} chip(s)"
        )
        compared = placement.comparison
        return (line,) if compared is None else (line, _line(compared))

    def _compared(
        self, problem: Problem, best: Spread, profile: Profile, traffic: str
    ) -> Comparison:
        random = [cost(problem, self.objective, found) for found in _random(problem)]
        unit, scale = _unit(self.objective, profile, problem)
        return Comparison(
            objective=self.objective,
            unit=unit,
            traffic=traffic,
            placed=scale * cost(problem, self.objective, best),
            in_order=scale * cost(problem, self.objective, problem.in_order),
            random=scale * float(np.median(random)),
            bound=scale * lower_bound(problem, self.objective),
        )


def _line(found: Comparison) -> str:
    def text(value: float) -> str:
        if found.unit in ("J", "s"):
            return engineering(value, found.unit)
        return f"{value:,.4g}" if value < 10_000 else f"{value:,.0f}"

    unit = "" if found.unit in ("J", "s") else f"{found.unit} "
    of = {"hops": "hops a step: ", "busiest": "a step: ", "fewest": ""}[found.objective]
    return (
        f"{of}{text(found.placed)} {unit if found.objective != 'hops' else ''}"
        f"(in order {text(found.in_order)}, random {text(found.random)}, "
        f"at least {text(found.bound)}); traffic: {found.traffic}"
    )


def _unit(objective: Objective, profile: Profile, problem: Problem) -> tuple[str, float]:
    if objective == "fewest":
        return "cores", 1.0
    if objective == "busiest":
        return ("s" if problem.work.seconds else "operations"), 1.0
    priced = _hop_prices(profile)
    return ("hops", 1.0) if priced is None else ("J", max(priced))


def _hop_prices(profile: Profile) -> tuple[float, float] | None:
    stated = [profile.energy[name].value for name in ("hops_x", "hops_y") if name in profile.energy]
    return (stated[0], stated[1]) if len(stated) == 2 and max(stated) > 0 else None


def _problem(graph: Graph, placement: Placement, profile: Profile) -> tuple[Problem, str]:
    found = pattern(graph)
    emitted = emission_rates(graph)
    traffic = "every unit once" if emitted is None else "a calibration run"
    rates = np.ones(found.units) if emitted is None else found.joined(emitted)
    load = core_load(graph, profile)
    names = [part.node for part in placement.parts]
    sizes = [part.size for part in placement.parts]
    group = np.repeat(np.arange(len(sizes)), sizes)
    if len(sizes) > placement.mesh.cores:
        exchanged = exchange(found, group, len(sizes), rates)
        inward = exchanged.pairs.sum(axis=0)
        group = _shared(load.filled(group, len(sizes)), inward, load)[group]
    count = int(group.max()) + 1
    priced = _hop_prices(profile)
    price = (1.0, 1.0) if priced is None else (priced[0] / max(priced), priced[1] / max(priced))
    in_order = Spread(
        group=group,
        cores=np.arange(count),
        exchanged=exchange(found, group, count, rates),
    )
    problem = Problem(
        found=found,
        rates=rates,
        load=load,
        mesh=placement.mesh,
        price=price,
        work=step_work(found, rates, profile),
        pieces=np.array([names.count(name) for name in found.names]),
        in_order=in_order,
        most=np.array([max(p.size for p in placement.parts if p.node == n) for n in found.names]),
    )
    return problem, traffic


def _shared(need: Array, inward: Array, load: Load) -> Array:
    """The group of each part; a group shares a core. First fit."""
    taken = np.concatenate((need, inward[:, None]), axis=1)
    limit = np.append(load.limit, load.axons[0])
    held = np.zeros_like(taken)
    group = np.empty(len(taken), dtype=np.int64)
    count = 0
    for part, each in enumerate(taken):
        room = np.flatnonzero((held[:count] + each <= limit).all(axis=1))
        group[part] = room[0] if len(room) else count
        count = max(count, int(group[part]) + 1)
        held[group[part]] += each
    return group


def _placement(problem: Problem, placement: Placement, found: Spread) -> Placement:
    """Parts from the core of each unit; a population in runs stays as it is numbered."""
    core = found.cores[found.group]
    parts: list[Part] = []
    cores: list[int] = []
    orders: dict[str, Array] = {}
    for name in problem.found.names:
        mine = core[problem.found.part(name)]
        runs = 1 + int(np.count_nonzero(np.diff(mine)))
        if runs > len(np.unique(mine)):
            orders[name] = np.argsort(mine, kind="stable")
            mine = mine[orders[name]]
        cuts = np.flatnonzero(np.diff(mine)) + 1
        first = [0, *cuts.tolist()]
        stop = [*cuts.tolist(), len(mine)]
        parts.extend(Part(node=name, first=a, stop=b) for a, b in zip(first, stop, strict=True))
        cores.extend(mine[first].tolist())
    return replace(placement, parts=tuple(parts), cores=tuple(cores), order=orders)


def _within_limits(
    problem: Problem, ranked: list[Spread], graph: Graph, profile: Profile
) -> tuple[Spread, Placement]:
    """The first that breaks no limit, or none by more than in order."""
    placement = graph.placement or Placement(parts=())
    bar: float | None = None
    for best in ranked:
        found = _placement(problem, placement, best)
        broken = 0.0 if best is problem.in_order else _broken(graph, found, profile)
        if broken and bar is None:
            bar = _broken(graph, _placement(problem, placement, problem.in_order), profile)
        if best is problem.in_order or broken <= (bar or 0.0):
            break
    return best, found


def _broken(graph: Graph, placement: Placement, profile: Profile) -> float:
    """By how much the limits of cores and delays are broken, each as a share of itself."""
    routed = Route().apply(replace(graph, placement=placement), profile)
    over = 0.0
    for measure in measures(routed, placement, profile):
        if measure.code.endswith("_per_core") or measure.code == "delay_max":
            limit = profile.limit(measure.code) if measure.limit is None else measure.limit
            over += max(0.0, measure.found / max(limit or 0, 1) - 1.0)
    return over


def _random(problem: Problem) -> list[Spread]:
    """Units dealt out to groups of the same sizes, the groups to the same cores."""
    found: Pattern = problem.found
    seeds = _SEEDS if len(found.source) < _FEW_SYNAPSES else 1
    count = len(problem.in_order.cores)
    spreads = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        group = np.empty(found.units, dtype=np.int64)
        for name in found.names:
            mine = found.part(name)
            group[mine] = rng.permutation(problem.in_order.group[mine])
        cores = rng.permutation(count)
        exchanged = exchange(found, group, count, problem.rates)
        spreads.append(Spread(group=group, cores=cores, exchanged=exchanged))
    return spreads
