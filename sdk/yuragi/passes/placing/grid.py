"""Groups on the cores of a mesh, those that talk much on near tiles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.passes.placing.compiled import compiled
from yuragi.placement import Mesh

__all__ = ["distances", "hop_cost", "near_cores", "slots"]

Array = NDArray[Any]
_SWEEPS = 8
_FEW_SWEEPS = 2
# Up to so many the compiled loop would take longer to compile than to do without it.
_FEW_GROUPS = 64
_MANY_GROUPS = 300
_MOST_GROUPS = 2048


def slots(mesh: Mesh, groups: int) -> int:
    """The cores of as many chips as so many groups need."""
    return mesh.cores * -(-groups // mesh.cores)


def distances(mesh: Mesh, cores: Array, price: tuple[float, float]) -> Array:
    """price[0] |dx| + price[1] |dy| between the tiles of cores.  shape (cores, cores)"""
    x, y = mesh.place(np.asarray(cores, dtype=np.int64))
    across = np.abs(x[:, None] - x[None, :]) * price[0]
    along = np.abs(y[:, None] - y[None, :]) * price[1]
    total: Array = across + along
    return total


def hop_cost(
    exchanged: Array, cores: Array, mesh: Mesh, price: tuple[float, float] = (1.0, 1.0)
) -> float:
    """Sum of messages x (price[0] |dx| + price[1] |dy|).

    exchanged: messages from group to group.      shape (groups, groups)
    cores: of each group.                         shape (groups,)
    """
    return float((exchanged * distances(mesh, cores, price)).sum())


def near_cores(exchanged: Array, mesh: Mesh, price: tuple[float, float]) -> Array:
    """A core for each group: greedy and in order, both improved by swaps, the better of the two.

    Source of the swaps: Burkard & Rendl, Eur. J. Oper. Res. 17 (1984) 169.
    """
    count = len(exchanged)
    if count < 2 or count > _MOST_GROUPS:
        return np.arange(count)
    total = slots(mesh, count)
    far = distances(mesh, np.arange(total), price)
    both = exchanged + exchanged.T
    np.fill_diagonal(both, 0.0)
    sweeps = _SWEEPS if count < _MANY_GROUPS else _FEW_SWEEPS
    best, least = np.arange(count), np.inf
    for begin in (_greedy(both, far, mesh, count), np.arange(count)):
        filled = np.concatenate((begin, np.setdiff1d(np.arange(total), begin)))
        (_swap if count > _FEW_GROUPS else _swap_few)(both, far, filled, count, sweeps)
        cost = float((both * far[np.ix_(filled[:count], filled[:count])]).sum())
        if cost < least * (1 - 1e-12):
            best, least = filled[:count], cost
    return best


def _greedy(both: Array, far: Array, mesh: Mesh, count: int) -> Array:
    """The group that talks most with those placed so far goes to the free core nearest to them."""
    cores = np.full(count, -1)
    start = int(both.sum(axis=1).argmax())
    cores[start] = len(far) // 2 if count <= mesh.cores else 0
    cost = np.zeros((count, len(far)))
    taken = np.zeros(len(far))
    pull = np.zeros(count)
    chosen = start
    for _ in range(count - 1):
        taken[cores[chosen]] = np.inf
        cost += both[chosen][:, None] * far[cores[chosen]][None, :]
        pull += both[chosen]
        pull[chosen] = -np.inf
        chosen = int(pull.argmax())
        cores[chosen] = int((cost[chosen] + taken).argmin())
    return cores


def _swap_few(both: Array, far: Array, cores: Array, count: int, sweeps: int) -> None:
    """The same swaps as `_swap` makes, those of a group looked at all at once."""
    apart = far[np.ix_(cores, cores[:count])]  # (cores, groups)
    for _ in range(sweeps):
        before = cores.copy()
        for one in range(count):
            other = one
            while True:
                way = far[cores[one], cores]
                better = np.flatnonzero((way > 0.0) & (_gain(both, apart, one) > 1e-9 * way))
                better = better[better > other]
                if not len(better):
                    break
                other = int(better[0])
                cores[[one, other]] = cores[[other, one]]
                apart = far[np.ix_(cores, cores[:count])]
        if np.array_equal(before, cores):
            break


def _gain(both: Array, apart: Array, one: int) -> Array:
    """What a group saves by a swap with what is at each place.  shape (cores,)"""
    count, here = len(both), apart[one]
    gain: Array = here @ both[one] - apart @ both[one]
    gain[:count] += np.einsum("gk,gk->g", apart[:count], both) - both @ here
    gain[:count] -= 2.0 * both[one] * here  # the two stay as far apart as they are
    return gain


@compiled
def _swap(both: Any, far: Any, cores: Any, count: int, sweeps: int) -> None:
    """Swap two groups, or a group and a free core, while that lowers the cost."""
    for _ in range(sweeps):
        swapped = False
        for one in range(count):
            for other in range(one + 1, len(cores)):
                here, there = cores[one], cores[other]
                if far[here, there] == 0.0:
                    continue
                change = 0.0
                for third in range(count):
                    if third != one and third != other:  # noqa: PLR1714 - lighter to compile
                        apart = far[there, cores[third]] - far[here, cores[third]]
                        tie = both[one, third]
                        if other < count:
                            tie -= both[other, third]
                        change += tie * apart
                if change < -1e-9 * abs(far[here, there]):
                    cores[one], cores[other] = there, here
                    swapped = True
        if not swapped:
            break
