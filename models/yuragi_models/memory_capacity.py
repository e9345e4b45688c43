"""How many past inputs a reservoir remembers: measured, and exactly for linear reservoirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError
from yuragi_models.readout import fit_readout

__all__ = ["linear_memory", "memory_curve"]

Array = NDArray[Any]


def memory_curve(states: ArrayLike, u: ArrayLike, *, delays: int, ridge: float = 1e-9) -> Array:
    """MC_k = corr(u(t-k), w_k x(t))^2 for k = 0 ... delays - 1, on the second half.  (delays,)

    The sum over k is the memory capacity, at most the number of units for independent inputs.
    states: x(t) once u(t) is in, shape (steps, units).      u: shape (steps,)
    The read-outs learn from the first half.
    Source: Jaeger, GMD Report 152 (2001).
    """
    x, given = np.asarray(states, dtype=np.float64), np.asarray(u, dtype=np.float64)
    if x.ndim != 2 or given.shape != x.shape[:1] or not 1 <= delays < len(x) // 4:
        raise GraphError(f"states {x.shape}, u {given.shape}, {delays} delays do not fit")
    wanted = np.stack([np.roll(given, k) for k in range(delays)], axis=1)[delays:]
    seen, half = x[delays:], (len(x) - delays) // 2
    readout = fit_readout(seen[:half], wanted[:half], ridge=ridge, bits=None)
    found, goal = seen[half:] @ readout.w.T + readout.c, wanted[half:]
    found, goal = found - found.mean(axis=0), goal - goal.mean(axis=0)
    power = (found**2).sum(axis=0) * (goal**2).sum(axis=0)
    return np.asarray((found * goal).sum(axis=0) ** 2 / np.where(power > 0, power, 1.0))


def linear_memory(w: ArrayLike, w_in: ArrayLike, *, delays: int) -> Array:
    """MC_k of x(t+1) = w x(t) + w_in u for white u, exactly.  shape (delays,)

        MC_k = (w^k w_in)' C^-1 w^k w_in,      C = w C w' + w_in w_in'

    The sum over all k is the number of units where C has full rank. C^-1 is taken in the
    basis of its Cholesky factor, since C is nearly singular.
    Source: Jaeger, GMD Report 152 (2001), proposition 2.
    """
    matrix, vector = np.asarray(w, dtype=np.float64), np.asarray(w_in, dtype=np.float64).reshape(-1)
    if matrix.shape != (vector.size, vector.size):
        raise GraphError(f"w {matrix.shape}, w_in {vector.shape} do not fit")
    if np.abs(np.linalg.eigvals(matrix)).max() >= 1.0:
        raise GraphError("spectral radius: expected below 1, or nothing is forgotten")
    c = scipy.linalg.solve_discrete_lyapunov(matrix, np.outer(vector, vector))
    factor = scipy.linalg.cholesky(c, lower=True)
    found = np.empty(delays)
    for k in range(delays):
        found[k] = (scipy.linalg.solve_triangular(factor, vector, lower=True) ** 2).sum()
        vector = matrix @ vector
    return found
