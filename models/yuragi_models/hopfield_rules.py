"""Rules that store patterns in the weights of a Hopfield network, and what theory expects."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import erfinv

from yuragi.errors import GraphError

__all__ = [
    "RULES",
    "capacity",
    "hebb",
    "one_step_error",
    "pseudo_inverse",
    "retrieval_overlap",
    "signs",
    "storkey",
]

Array = NDArray[Any]


def signs(patterns: ArrayLike) -> Array:
    """Patterns of +1 and -1, also from 1 and 0.  shape (patterns, size)"""
    xi = np.atleast_2d(np.asarray(patterns, dtype=np.float64))
    values = set(np.unique(xi).tolist())
    if xi.ndim != 2 or not (values <= {-1.0, 1.0} or values <= {0.0, 1.0}):
        raise GraphError("patterns: expected rows of +1 and -1, or of 1 and 0")
    return 2.0 * xi - 1.0 if values <= {0.0, 1.0} and 0.0 in values else xi


def hebb(xi: Array, *, diagonal: bool = False) -> Array:
    """Hebb's rule, w = (1/size) sum_p xi^p xi^p'.  Source: Hopfield, PNAS 79 (1982) 2554."""
    return _diagonal((xi.T @ xi) / xi.shape[1], diagonal)  # (size, P) @ (P, size)


def pseudo_inverse(xi: Array, *, diagonal: bool = False) -> Array:
    """The projection on the patterns, w = xi' (xi xi')^-1 xi: all of them are fixed points.

    Source: Personnaz, Guyon & Dreyfus, J. Phys. Lett. 46 (1985) L359.
    """
    return _diagonal(np.linalg.pinv(xi) @ xi, diagonal)  # (size, P) @ (P, size)


def storkey(xi: Array, *, diagonal: bool = False) -> Array:
    """Patterns one after the other: w_ij += (xi_i xi_j - xi_i h_ji - h_ij xi_j)/size.

    h_ij = sum over k other than i and j of w_ik xi_k.
    Source: Storkey, Proc. ICANN (1997) 451.
    """
    size = xi.shape[1]
    w = np.zeros((size, size))
    for row in xi:
        h = (w @ row)[:, None] - np.diag(w)[:, None] * row[:, None] - w * row
        w = w + (np.outer(row, row) - row[:, None] * h.T - h * row) / size
    return _diagonal(w, diagonal)


def _diagonal(w: Array, kept: bool) -> Array:
    if not kept:
        np.fill_diagonal(w, 0.0)
    return np.asarray(0.5 * (w + w.T))


RULES: Mapping[str, Callable[..., Array]] = {
    "hebb": hebb,
    "pseudo_inverse": pseudo_inverse,
    "storkey": storkey,
}


def one_step_error(load: float) -> float:
    """The share of wrong units after one synchronous step from a pattern, for many units.

    erfc(1/sqrt(2 load))/2, load = patterns/size.
    Source: Hertz, Krogh & Palmer, Introduction to the Theory of Neural Computation (1991), 2.2.
    """
    return 0.5 * math.erfc(1.0 / math.sqrt(2.0 * load))


def capacity() -> tuple[float, float]:
    """The largest load with retrieval at temperature 0, and the overlap there: .1379 and .967.

    With y(sqrt(2 load) + (2/sqrt(pi)) exp(-y^2)) = erf(y), m = erf(y): the largest load for which
    a solution y > 0 exists.
    Source: Amit, Gutfreund & Sompolinsky, Phys. Rev. Lett. 55 (1985) 1530.
    """
    best = minimize_scalar(lambda y: -_root_of_twice_the_load(y), bounds=(0.5, 4.0),
                           method="bounded", options={"xatol": 1e-12})  # fmt: skip

    def slope(y: float) -> float:
        return (_root_of_twice_the_load(y + 1e-5) - _root_of_twice_the_load(y - 1e-5)) / 2e-5

    y = float(brentq(slope, best.x - 0.1, best.x + 0.1))
    return _root_of_twice_the_load(y) ** 2 / 2.0, math.erf(y)


def retrieval_overlap(load: float) -> float:
    """The overlap in which recall ends at temperature 0, for many units; 0 beyond `capacity`.

    Of the two solutions of the equation of `capacity` the one with the larger overlap.
    Source: Amit, Gutfreund & Sompolinsky, Phys. Rev. Lett. 55 (1985) 1530.
    Raises GraphError for a load that is not above 0.
    """
    if not load > 0.0:
        raise GraphError(f"load {load}: expected above 0")
    most, overlap = capacity()
    if load > most:
        return 0.0
    least = float(erfinv(overlap))
    y = brentq(lambda y: _root_of_twice_the_load(y) - math.sqrt(2.0 * load), least, 1e3)
    return math.erf(y)


def _root_of_twice_the_load(y: float) -> float:
    """sqrt(2 load) at which y solves the mean-field equations."""
    return math.erf(y) / y - 2.0 / math.sqrt(math.pi) * math.exp(-y * y)
