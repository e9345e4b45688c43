"""The chaotic Boltzmann machine from event to event, without a time step."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["occupation"]

Array = NDArray[Any]


def occupation(w: Array, b: Array, *, time: float, seed: int) -> Array:
    """The share of time that the machine spends in every state.  shape (2^size,)

    dx_i/dt = 1 + exp(u_i) while z_i = 0, -(1 + exp(-u_i)) while z_i = 1, u = w z + b; z_i becomes
    1 at x_i = 1 and 0 at x_i = 0. Between two such events all speeds are constant, so that the
    next one is known exactly. The first unit is in the lowest bit.

    seed: of the first x, uniform in (0, 1), and z.
    Source: Suzuki, Imura, Horio & Aihara, Sci. Rep. 3 (2013) 1610.
    """
    rng = np.random.default_rng(seed)
    size = b.shape[0]
    x, z = rng.uniform(size=size), rng.integers(0, 2, size=size)
    spent: Array = _run(np.ascontiguousarray(w), b, x, z, time)
    return spent / time


@numba.njit(cache=True)
def _run(w: Any, b: Any, x: Any, z: Any, time: float) -> Any:
    size = b.shape[0]
    spent = np.zeros(1 << size)
    speed = np.empty(size)
    u = b + w @ z.astype(np.float64)
    state = 0
    for i in range(size):
        state |= z[i] << i
        speed[i] = -(1.0 + np.exp(-u[i])) if z[i] else 1.0 + np.exp(u[i])
    now = 0.0
    while now < time:
        first, wait = 0, np.inf
        for i in range(size):
            left = (float(1 - z[i]) - x[i]) / speed[i]
            if left < wait:
                first, wait = i, left
        wait = min(max(wait, 0.0), time - now)
        spent[state] += wait
        now += wait
        for i in range(size):
            x[i] += speed[i] * wait
        if now >= time:
            break
        x[first] = float(1 - z[first])
        z[first] = 1 - z[first]
        state ^= 1 << first
        sign = 2.0 * z[first] - 1.0
        for i in range(size):
            u[i] += w[i, first] * sign
            speed[i] = -(1.0 + np.exp(-u[i])) if z[i] else 1.0 + np.exp(u[i])
    return spent
