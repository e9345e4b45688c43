"""Benchmark instances of Max-Cut and of spin glasses, generated from their seeds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import networkx
import numpy as np
from numpy.typing import NDArray

from yuragi.errors import GraphError
from yuragi_models.graphbase import Flip, complete_weights, random_edges, signs, torus_edges
from yuragi_models.ising_problem import IsingProblem

__all__ = ["BEST_CUTS", "edge_digest", "gset", "instance", "k2000", "sherrington_kirkpatrick"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Random:
    size: int
    percent: int
    seed: int
    weights: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Torus:
    rows: int
    columns: int
    weights: int | None = None


def _family(first: int, size: int, percent: int, seed: int, *, signed: bool) -> dict[int, _Random]:
    return {
        first + k: _Random(
            size=size, percent=percent, seed=seed + k, weights=seed + k if signed else None
        )
        for k in range(5)
    }


_GSET: Final[dict[int, _Random | _Torus]] = {
    **_family(1, 800, 6, 8001, signed=False),
    **_family(6, 800, 6, 8001, signed=True),
    11: _Torus(rows=100, columns=8, weights=8001),
    12: _Torus(rows=50, columns=16, weights=8002),
    13: _Torus(rows=25, columns=32, weights=8003),
    **_family(22, 2000, 1, 20001, signed=False),
    **_family(27, 2000, 1, 20001, signed=True),
    32: _Torus(rows=100, columns=20, weights=20003),
    33: _Torus(rows=80, columns=25, weights=20002),
    **_family(43, 1000, 2, 10001, signed=False),
    48: _Torus(rows=50, columns=60),
    49: _Torus(rows=30, columns=100),
    50: _Torus(rows=25, columns=120),
}

BEST_CUTS: Final = {
    "G1": 11624, "G2": 11620, "G6": 2178, "G11": 564, "G12": 556, "G13": 582, "G14": 3064,
    "G22": 13359, "G27": 3341, "G32": 1410, "G33": 1382, "G39": 2408, "G43": 6660, "G48": 6000,
    "G49": 6000, "G50": 5880, "K2000": 33337,
}  # fmt: skip
"""The largest cuts known.

Source: Benlic & Hao, Eng. Appl. Artif. Intell. 26 (2013) 1162; Ma & Hao, Computers & Industrial
Engineering 113 (2017) 744 (G32); K2000: Goto et al., Sci. Adv. 7 (2021) eabe7953.
"""


def gset(number: int) -> networkx.Graph:
    """A graph of the G-set, vertices from 1 as in its files, made as rudy made it.

    Random graphs 1 to 10, 22 to 31 and 43 to 47; toroidal ones 11 to 13, 32, 33 and 48 to 50. The
    planar graphs are not made here.
    Source: Helmberg & Rendl, SIAM J. Optim. 10 (2000) 673.
    Raises GraphError for a number without a recipe.
    """
    if number not in _GSET:
        known = ", ".join(str(n) for n in sorted(_GSET))
        raise GraphError(f"no recipe for G{number}; there are {known}")
    recipe = _GSET[number]
    if isinstance(recipe, _Torus):
        edges = torus_edges(recipe.rows, recipe.columns)
        size, seed = recipe.rows * recipe.columns, recipe.weights
        weights: NDArray[Any] = np.ones(len(edges))
        if seed is not None:
            weights = 2.0 * Flip(seed).bits(len(edges)) - 1.0
    else:
        edges, size = random_edges(recipe.size, recipe.percent, recipe.seed), recipe.size
        weights = np.ones(len(edges))
        if recipe.weights is not None:
            edges, weights = signs(edges, recipe.weights)
    graph = networkx.Graph(name=f"G{number}")
    graph.add_nodes_from(range(1, size + 1))
    graph.add_weighted_edges_from(
        (int(u) + 1, int(v) + 1, float(w)) for (u, v), w in zip(edges, weights, strict=True)
    )
    return graph


def k2000() -> IsingProblem:
    """The complete graph of 2,000 vertices with weights of +1 and -1 from seed 20001.

    Its largest cut known is 33337, as published for K2000. Its weights sum to -1040 over pairs, so
    that the offset of its energy is 520.
    Source: Inagaki et al., Science 354 (2016) 603; generator rudy.
    """
    return IsingProblem.max_cut(complete_weights(2000, 20001))


def sherrington_kirkpatrick(size: int, *, seed: int) -> IsingProblem:
    """J_ij = +1 or -1 between all pairs; energies scale as size^1.5.

    Source: Sherrington & Kirkpatrick, Phys. Rev. Lett. 35 (1975) 1792.
    """
    upper = np.triu(np.random.default_rng(seed).choice([-1.0, 1.0], size=(size, size)), k=1)
    return IsingProblem.of(upper + upper.T)


def instance(name: str) -> IsingProblem:
    """The Max-Cut problem "G1", "G22", ..., or "K2000"; GraphError where there is none."""
    if name == "K2000":
        return k2000()
    if not name.startswith("G") or not name[1:].isdigit():
        raise GraphError(f"no instance {name!r}; expected G1, G22, ..., or K2000")
    return IsingProblem.max_cut(gset(int(name[1:])))


def edge_digest(graph: networkx.Graph) -> str:
    """The first 16 hex digits of SHA-256 of the sorted lines "i j", i < j, newlines between."""
    pairs = sorted((min(u, v), max(u, v)) for u, v in graph.edges)
    text = "\n".join(f"{i} {j}" for i, j in pairs)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
