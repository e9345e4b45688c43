"""The placements that each objective considers, and which of them it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yuragi.passes.placing.bound import hop_bound
from yuragi.passes.placing.cut import cut_evenly, cut_full
from yuragi.passes.placing.exchange import Exchange, exchange
from yuragi.passes.placing.grid import distances, hop_cost, near_cores, slots
from yuragi.passes.placing.load import Load
from yuragi.passes.placing.locality import local_order
from yuragi.passes.placing.pattern import Pattern
from yuragi.passes.placing.settle import settle
from yuragi.passes.placing.times import Work
from yuragi.placement import Mesh

__all__ = ["OBJECTIVES", "Objective", "Problem", "Spread", "cost", "lower_bound", "ranking"]

Array = NDArray[Any]
Objective: TypeAlias = Literal["hops", "busiest", "fewest"]
_WORTH = 0.99


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """What is to be placed.

    rates: messages of each unit a step.                     shape (units,)
    pieces: into how many parts each population was split.   shape (populations,)
    in_order: units in groups as they are numbered, the groups on cores 0, 1, ...
    most: units of each population that a group may have, since `split`.
    price: of a tile crossed in x and in y, the larger of them 1.
    """

    found: Pattern
    rates: Array
    load: Load
    mesh: Mesh
    price: tuple[float, float]
    work: Work
    pieces: Array
    in_order: Spread
    most: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """Units in groups and groups on cores, and what the groups exchange.

    group: shape (units,)      cores: shape (groups,)
    """

    group: Array
    cores: Array
    exchanged: Exchange = field(repr=False)


def spread(problem: Problem, group: Array, *, near: bool = True) -> Spread:
    """The groups on cores: near those that they talk with, or in order."""
    count = int(group.max()) + 1
    exchanged = exchange(problem.found, group, count, problem.rates)
    cores = np.arange(count)
    if near:
        cores = near_cores(exchanged.rate, problem.mesh, problem.price)
    return Spread(group=group, cores=cores, exchanged=exchanged)


def _hops(problem: Problem, found: Spread) -> float:
    return hop_cost(found.exchanged.rate, found.cores, problem.mesh, problem.price)


def _busiest(problem: Problem, found: Spread) -> float:
    return problem.work.step(found.group, found.cores, problem.mesh, found.exchanged)


def _fewest(problem: Problem, found: Spread) -> float:
    del problem
    return float(len(found.cores))


_COSTS: Mapping[Objective, Callable[[Problem, Spread], float]] = {
    "hops": _hops,
    "busiest": _busiest,
    "fewest": _fewest,
}


def cost(problem: Problem, objective: Objective, found: Spread) -> float:
    """What the objective counts: price x hops, time, or cores."""
    return _COSTS[objective](problem, found)


def lower_bound(problem: Problem, objective: Objective) -> float:
    """What no placement is below."""
    if objective == "hops":
        units = problem.load.limit[0]
        most = int(units) if np.isfinite(units) else None
        return hop_bound(problem.found, problem.rates, problem.mesh, most, problem.price)
    if objective == "busiest":
        return problem.work.bound(slots(problem.mesh, len(problem.in_order.cores)))
    need = problem.load.need.sum(axis=0)
    return float(max(1.0, np.ceil(need / problem.load.limit).max()))


def ranking(problem: Problem, objective: Objective) -> list[Spread]:
    """Ever better ones of those considered, the best first, in order last.

    Broken limits count first, then chips, then the objective, then hops. Units that are not as
    they are numbered have to save at least a hundredth.
    """
    best = [problem.in_order]
    least = _rank(problem, objective, problem.in_order)
    for found, renumbered in OBJECTIVES[objective](problem):
        rank = _rank(problem, objective, found)
        if _better(rank, least, _WORTH if renumbered else 1.0):
            best.insert(0, found)
            least = rank
    return best


def _better(rank: tuple[float, ...], least: tuple[float, ...], share: float) -> bool:
    if rank[:2] != least[:2]:
        return rank[:2] < least[:2]
    if rank[2] < share * least[2]:
        return True
    return rank[2] <= least[2] and rank[3] < share * least[3]


def _rank(problem: Problem, objective: Objective, found: Spread) -> tuple[float, ...]:
    count = len(found.cores)
    excess = problem.load.excess(found.group, count, found.exchanged)
    if objective != "fewest":
        each = problem.found.population * count + found.group
        units = np.bincount(each, minlength=count * len(problem.most)).reshape(-1, count)
        excess += float(np.maximum(units / problem.most[:, None] - 1.0, 0.0).sum())
    chips = float((found.cores // problem.mesh.cores).max() + 1)
    value = cost(problem, objective, found)
    return round(excess, 6), chips, value, _hops(problem, found)


Candidates: TypeAlias = Iterator[tuple[Spread, bool]]


def _for_hops(problem: Problem) -> Candidates:
    """The parts as they are on nearer cores; then parts anew, and units moved one by one."""
    near = spread(problem, problem.in_order.group)
    yield near, False
    count = len(problem.in_order.cores)
    if count < int(problem.pieces.sum()):
        start = near
    else:
        share = np.maximum(problem.load.share, 1.0 / problem.most[problem.found.population])
        order = local_order(problem.found, problem.rates, share, count)
        start = spread(problem, cut_evenly(problem.found, order, share, problem.pieces))
        yield start, True
        if _rank(problem, "hops", near) < _rank(problem, "hops", start):
            start = near
    yield from _settled(problem, start, problem.most)


def _settled(problem: Problem, start: Spread, most: Array) -> Candidates:
    count = len(start.cores)
    allowed = np.zeros((len(problem.found.names), count), dtype=np.bool_)
    allowed[problem.found.population, start.group] = True
    room = np.tile(problem.load.limit, (count, 1))
    room[:, 0] = np.minimum(room[:, 0], np.where(allowed, most[:, None], 0.0).sum(axis=0))
    group = settle(
        problem.found, start.group, problem.rates,
        distances(problem.mesh, start.cores, problem.price),
        problem.load.need, room, allowed,
    )  # fmt: skip
    if group is not start.group:
        yield spread(problem, group), True


def _for_busiest(problem: Problem) -> Candidates:
    """Ever more cores, each with the same work: units as numbered, and those that talk together."""
    yield spread(problem, problem.in_order.group), False
    count = int(problem.pieces.sum())
    if count > len(problem.in_order.cores):
        return
    everything = slots(problem.mesh, count)
    natural = np.arange(problem.found.units)
    while True:
        pieces = _more_pieces(problem, count)
        order = local_order(problem.found, problem.rates, problem.work.unit, count)
        for units, renumbered in ((natural, False), (order, True)):
            group = cut_evenly(problem.found, units, problem.work.unit, pieces)
            yield spread(problem, group), renumbered
        if int(pieces.sum()) < count or count == everything:
            return
        count = min(2 * count, everything)


def _more_pieces(problem: Problem, count: int) -> Array:
    """So many pieces in all, where a population has most work for each of its own."""
    first = problem.found.first
    work = np.add.reduceat(problem.work.unit, first[:-1])
    pieces = problem.pieces.copy()
    size = np.diff(first)
    for _ in range(count - int(pieces.sum())):
        each = np.where(pieces < size, work / pieces, -1.0)
        if each.max() < 0:
            break
        pieces[int(each.argmax())] += 1
    return pieces


def _for_fewest(problem: Problem) -> Candidates:
    """Cores filled one after the other, populations side by side."""
    load, found = problem.load, problem.found
    count = max(1, int(np.ceil(load.share.sum())))
    local = local_order(found, problem.rates, load.share, count)
    for order, renumbered in ((np.arange(found.units), False), (local, True)):
        filled = spread(problem, cut_full(found, order, load.need, load.limit, load.axons[0]))
        yield filled, renumbered
    yield from _settled(problem, filled, np.full(len(problem.most), np.inf))


OBJECTIVES: Mapping[Objective, Callable[[Problem], Candidates]] = {
    "hops": _for_hops,
    "busiest": _for_busiest,
    "fewest": _for_fewest,
}
