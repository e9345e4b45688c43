"""Knuth's portable generator of random numbers, lags 55 and 24, and the graphs drawn with it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Flip", "complete_weights", "random_edges", "signs", "torus_edges"]

_MASK: Final = 0x7FFFFFFF
_TWO_31: Final = 0x80000000

Edges = NDArray[np.int64]


class Flip:
    """GB_FLIP of the Stanford GraphBase: a_n = (a_(n-24) - a_(n-55)) mod 2^31.

    Seed -314159 gives 119318998 first.
    Source: Knuth, The Stanford GraphBase (1993), section GB_FLIP.
    """

    def __init__(self, seed: int) -> None:
        state = [0] * 56
        previous, following, seed = seed & _MASK, 1, seed & _MASK
        state[55] = previous
        place = 21
        while place:
            state[place] = following
            following = (previous - following) & _MASK
            seed = (0x40000000 if seed & 1 else 0) + (seed >> 1)
            following = (following - seed) & _MASK
            previous = state[place]
            place = (place + 21) % 55
        self._state = np.array(state, dtype=np.int64)
        for _ in range(5):
            self._cycle()
        self._ready = self._state[54:0:-1].tolist()  # the last cycle has given away number 55
        self._ready.reverse()

    def _cycle(self) -> None:
        state = self._state
        state[1:25] = (state[1:25] - state[32:56]) & _MASK
        state[25:49] = (state[25:49] - state[1:25]) & _MASK
        state[49:56] = (state[49:56] - state[25:32]) & _MASK

    def draw(self) -> int:
        """The next number, from 0 to 2^31 - 1."""
        if not self._ready:
            self._cycle()
            self._ready = self._state[1:56].tolist()
        return int(self._ready.pop())

    def below(self, bound: int) -> int:
        """A whole number from 0 to bound - 1, each with the same probability."""
        limit = _TWO_31 - _TWO_31 % bound
        while True:
            found = self.draw()
            if found < limit:
                return found % bound

    def bits(self, count: int) -> NDArray[np.int64]:
        """The lowest bits of the next numbers: what `below(2)` gives.  shape (count,)"""
        found = np.array(self._ready[::-1], dtype=np.int64)[:count]
        del self._ready[len(self._ready) - len(found) :]
        parts, missing = [found], count - len(found)
        while missing > 0:
            self._cycle()
            whole = self._state[:0:-1].copy()
            parts.append(whole[:missing])
            if missing < len(whole):
                self._ready = whole[missing:][::-1].tolist()
            missing -= len(whole)
        return np.concatenate(parts) & 1


def random_edges(size: int, percent: int, seed: int) -> Edges:
    """Pairs of vertices drawn one after the other; loops and repeats are drawn again.

    percent: how many of all pairs.      returns: shape (edges, 2), in the order of drawing
    Source: the generator rudy of Rinaldi, as used for the G-set: Helmberg & Rendl, SIAM J. Optim.
    10 (2000) 673.
    """
    generator = Flip(seed)
    wanted = size * (size - 1) * percent // 200
    seen: set[tuple[int, int]] = set()
    edges: list[tuple[int, int]] = []
    while len(edges) < wanted:
        u, v = generator.below(size), generator.below(size)
        pair = min(u, v), max(u, v)
        if u != v and pair not in seen:
            seen.add(pair)
            edges.append(pair)
    return np.array(edges, dtype=np.int64)


def torus_edges(rows: int, columns: int) -> Edges:
    """The edges of a torus in the order in which rudy gives them weights.  shape (edges, 2)

    For each vertex: around the rows, to the next row, around the columns, to the next column;
    only to vertices of a larger number.
    """
    edges = []
    for row in range(rows):
        for column in range(columns):
            own = row * columns + column
            if row == 0:
                edges.append((own, (rows - 1) * columns + column))
            if row + 1 < rows:
                edges.append((own, own + columns))
            if column == 0:
                edges.append((own, own + columns - 1))
            if column + 1 < columns:
                edges.append((own, own + 1))
    return np.array(edges, dtype=np.int64)


def signs(edges: Edges, seed: int) -> tuple[Edges, NDArray[Any]]:
    """Edges in the order in which they are weighted, and their weights of +1 and -1.

    Vertex by vertex, its newest arc first, each edge at its vertex of the smaller number.
    """
    order = np.lexsort((-np.arange(len(edges)), edges[:, 0]))
    return edges[order], 2.0 * Flip(seed).bits(len(edges)) - 1.0


def complete_weights(size: int, seed: int) -> NDArray[np.float64]:
    """Weights of +1 and -1 on a complete graph, arcs from the largest vertex down.

    returns: a symmetric array with a zero diagonal, shape (size, size)
    """
    weights = np.zeros((size, size))
    drawn = 2.0 * Flip(seed).bits(size * (size - 1) // 2) - 1.0
    row, column = np.triu_indices(size, k=1)
    order = np.lexsort((-column, row))
    weights[row[order], column[order]] = drawn
    return weights + weights.T
