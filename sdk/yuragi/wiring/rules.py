"""Rules that make weights: Hebb, random with a spectral radius, ring, one to one."""

from __future__ import annotations

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError
from yuragi.wiring.maps import LinearMap, Sparse, as_map

__all__ = ["hebbian", "one_to_one", "random", "ring", "spectral_radius"]

_DENSE_EIGENVALUES = 512


def hebbian(
    patterns: ArrayLike, *, scale: float | None = None, diagonal: bool = False
) -> LinearMap:
    """w_ij = scale * sum_p xi_i^p xi_j^p, with zero diagonal unless asked for.

    patterns: rows of +1 and -1 (or 1 and 0, read as +1 and -1).   shape (patterns, size)
    scale: 1/size by default.
    Source: Hopfield, PNAS 79 (1982) 2554.
    """
    xi = np.atleast_2d(np.asarray(patterns, dtype=np.float64))
    if xi.ndim != 2 or xi.size == 0:
        raise GraphError(f"patterns: expected shape (patterns, size), found {xi.shape}")
    values = set(np.unique(xi).tolist())
    if values <= {0.0, 1.0}:
        xi = 2.0 * xi - 1.0
    elif not values <= {-1.0, 1.0}:
        raise GraphError("patterns: expected +1 and -1, or 1 and 0")
    w = xi.T @ xi * (1.0 / xi.shape[1] if scale is None else scale)  # (size, P) @ (P, size)
    if not diagonal:
        np.fill_diagonal(w, 0.0)
    return as_map(w)


def one_to_one(size: int, weight: float = 1.0) -> LinearMap:
    """w_ii = weight."""
    return Sparse(scipy.sparse.csr_array(scipy.sparse.eye_array(size) * weight))


def ring(size: int, weight: float) -> LinearMap:
    """w_(i+1, i) = weight, closed: the cycle reservoir of Rodan and Tino (2011)."""
    source = np.arange(size)
    target = (source + 1) % size
    values = np.full(size, float(weight))
    return as_map(scipy.sparse.csr_array((values, (target, source)), shape=(size, size)))


def spectral_radius(weights: LinearMap) -> float:
    """The largest modulus among the eigenvalues."""
    size = weights.shape[0]
    if size <= _DENSE_EIGENVALUES:
        return float(np.abs(np.linalg.eigvals(weights.csr().toarray())).max())
    # One wanted eigenvalue alone converges to one of the many with nearly the largest modulus.
    largest = scipy.sparse.linalg.eigs(
        weights.csr(), k=10, ncv=60, which="LM", return_eigenvectors=False, v0=np.ones(size)
    )
    return float(np.abs(largest).max())


def _choose(rng: np.random.Generator, post: int, pre: int, inputs: int) -> NDArray[np.int64]:
    """`inputs` different sources for each target.  shape (post, inputs)"""
    if inputs * 4 >= pre:
        order = rng.random((post, pre)).argpartition(inputs - 1, axis=1)[:, :inputs]
        return np.sort(order, axis=1)
    rows = np.sort(rng.integers(0, pre, size=(post, inputs)), axis=1)
    while True:
        again = np.zeros(rows.shape, dtype=bool)
        again[:, 1:] = rows[:, 1:] == rows[:, :-1]
        if not again.any():
            return rows
        rows[again] = rng.integers(0, pre, size=int(again.sum()))
        rows.sort(axis=1)


def random(
    post: int,
    pre: int,
    *,
    density: float = 1.0,
    inputs: int | None = None,
    radius: float | None = None,
    low: float = -1.0,
    high: float = 1.0,
    seed: int,
) -> LinearMap:
    """Uniform weights in (low, high) on the same number of random sources for every unit.

    density: share of the sources; or inputs: their number.
    radius: the spectral radius that a square map is scaled to.
    """
    if inputs is None:
        if not 0.0 < density <= 1.0:
            raise GraphError(f"density {density}: expected in (0, 1]")
        inputs = max(1, round(density * pre))
    if not 1 <= inputs <= pre:
        raise GraphError(f"inputs {inputs}: expected from 1 to {pre}, the size of the source")
    if not low < high:
        raise GraphError(f"low {low}, high {high}: expected low < high")
    rng = np.random.default_rng(seed)
    columns = _choose(rng, post, pre, inputs)
    values = rng.uniform(low, high, size=post * inputs)
    pointer = np.arange(0, post * inputs + 1, inputs)
    matrix = scipy.sparse.csr_array((values, columns.reshape(-1), pointer), shape=(post, pre))
    if radius is not None:
        if post != pre:
            raise GraphError(f"radius: expected a square map, found ({post}, {pre})")
        found = spectral_radius(Sparse(matrix))
        if found == 0.0:
            raise GraphError("radius: the map has none, all its eigenvalues are zero")
        matrix = scipy.sparse.csr_array(matrix * (radius / found))
    return as_map(matrix.toarray() if inputs * 2 > pre else matrix)
