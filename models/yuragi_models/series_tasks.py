"""Tasks for reservoirs: NARMA-10, Mackey-Glass, Lorenz; made here, in fixed steps, from a seed."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError

__all__ = [
    "LORENZ_EXPONENT",
    "lorenz",
    "lorenz_exponents",
    "lorenz_flow",
    "mackey_glass",
    "narma10",
]

Array = NDArray[Any]
LORENZ_EXPONENT = 0.9056
"""The largest Lyapunov exponent of the Lorenz system, 1/time.  Sprott, Chaos (2003), p. 431."""
_LORENZ = (10.0, 28.0, 8.0 / 3.0)
_MOST_STEPS = 2**26
_MOST_DRAWS = 100
_RUNS_AWAY = 10.0  # the outputs stay below 2 otherwise


def narma10(steps: int, *, seed: int = 0) -> tuple[Array, Array]:
    """Inputs u, uniform in (0, 0.5), and the output y that follows each.  shapes (steps,)

        y(t+1) = .3 y(t) + .05 y(t) sum_{i=0..9} y(t-i) + 1.5 u(t-9) u(t) + .1

    The second array holds y(t+1) at the place of u(t): what is known once u(t) is. The recursion
    runs away for rare inputs; then all inputs are drawn anew, from the same generator.
    Source: Atiya & Parlos, IEEE Trans. Neural Networks 11 (2000) 697.
    """
    _check(steps, 11)
    rng = np.random.default_rng(seed)
    for _ in range(_MOST_DRAWS):
        u = rng.uniform(0.0, 0.5, steps)
        y = _narma10(u)
        if y is not None:
            return u, y
    raise GraphError(f"{steps} steps: the recursion runs away for {_MOST_DRAWS} draws of inputs")


def _narma10(u: Array) -> Array | None:
    """The outputs, or None where they run away."""
    y = np.zeros(len(u) + 1)
    for t in range(9, len(u)):
        y[t + 1] = 0.3 * y[t] + 0.05 * y[t] * y[t - 9 : t + 1].sum() + 1.5 * u[t - 9] * u[t] + 0.1
        if y[t + 1] > _RUNS_AWAY:
            return None
    return y[1:]


def mackey_glass(
    steps: int, *, tau: float = 17.0, step: float = 0.1, every: int = 10, washout: int = 1000,
    start: float = 1.2,
) -> Array:  # fmt: skip
    """dx/dt = .2 x(t - tau)/(1 + x(t - tau)^10) - .1 x, by Runge-Kutta of order 4.  shape (steps,)

    step: of the integration; every: how many of them make a sample;  washout: samples left out.
    start: x up to time 0.  The delayed value within a step is interpolated linearly.
    Source: Mackey & Glass, Science 197 (1977) 287.
    """
    _check((steps + washout) * every, every)
    delay = round(tau / step)
    if delay < 1:
        raise GraphError(f"tau {tau}: expected at least the step {step}")
    history = [start] * (delay + 1)

    def slope(x: float, late: float) -> float:
        return 0.2 * late / (1.0 + late**10) - 0.1 * x

    for t in range((steps + washout) * every):
        x, old, new = history[-1], history[t], history[t + 1]
        middle = 0.5 * (old + new)
        k1 = slope(x, old)
        k2 = slope(x + 0.5 * step * k1, middle)
        k3 = slope(x + 0.5 * step * k2, middle)
        k4 = slope(x + step * k3, new)
        history.append(x + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4))
    return np.array(history[delay:-1][washout * every :: every])


def lorenz_flow(x: Array) -> Array:
    """dx/dt = 10 (y - x), dy/dt = x (28 - z) - y, dz/dt = x y - 8/3 z.  shape (..., 3)

    Source: Lorenz, J. Atmos. Sci. 20 (1963) 130.
    """
    sigma, rho, beta = _LORENZ
    a, b, c = x[..., 0], x[..., 1], x[..., 2]
    return np.stack([sigma * (b - a), a * (rho - c) - b, a * b - beta * c], axis=-1)


def lorenz(
    steps: int, *, dt: float = 0.02, washout: int = 1000, start: ArrayLike = (1.0, 1.0, 1.05)
) -> Array:
    """The orbit of the Lorenz system, every dt, by Runge-Kutta of order 4.  shape (steps, 3)

    A sample is made of steps of at most 0.002.  washout: samples left out.
    Other starts side by side: shape (..., 3) gives (steps, ..., 3).
    """
    _check(steps + washout, 1)
    follow: Any = _follow
    parts = max(1, int(np.ceil(dt / 0.002 - 1e-9)))
    first = np.asarray(start, dtype=np.float64)
    x = first.reshape(-1, 3).copy()
    orbit = np.empty((steps, *x.shape))
    follow(x, *_LORENZ, dt / parts, parts, washout, orbit)
    return orbit.reshape(steps, *first.shape)


@numba.njit(cache=True)
def _follow(
    x: Any, sigma: float, rho: float, beta: float, step: float, parts: int, washout: int, orbit: Any
) -> None:
    """Orbits from every x side by side; x is changed in place."""
    slopes, at = np.zeros((4, 3)), np.zeros(3)
    for t in range(washout + orbit.shape[0]):
        if t >= washout:
            orbit[t - washout] = x
        for _ in range(parts):
            for row in range(x.shape[0]):
                for stage in range(4):
                    ahead = 0.0 if stage == 0 else (step if stage == 3 else 0.5 * step)
                    for i in range(3):
                        at[i] = x[row, i] + ahead * slopes[max(stage - 1, 0), i]
                    slopes[stage, 0] = sigma * (at[1] - at[0])
                    slopes[stage, 1] = at[0] * (rho - at[2]) - at[1]
                    slopes[stage, 2] = at[0] * at[1] - beta * at[2]
                for i in range(3):
                    middle = slopes[1, i] + slopes[2, i]
                    x[row, i] += step / 6.0 * (slopes[0, i] + 2.0 * middle + slopes[3, i])


def lorenz_exponents(*, time: float = 1000.0, step: float = 0.01) -> Array:
    """The three Lyapunov exponents, largest first, over `time`.  1/time, shape (3,)

    An orthonormal frame is carried along the flow's Jacobian, Runge-Kutta of order 4, and made
    orthonormal again in every step.
    Source: Benettin, Galgani, Giorgilli, Strelcyn, Meccanica 15 (1980) 9.
    """
    grow: Any = _growth
    count = round(time / step)
    z = np.column_stack([lorenz(1, washout=2000)[0], np.eye(3)])
    sums = grow(z, *_LORENZ, step, count)
    return np.asarray(sums / (count * step))


@numba.njit(cache=True)
def _tangent(z: Any, sigma: float, rho: float, beta: float, found: Any) -> None:
    """The flow of the orbit, in the first column of z, and of its frame.  shape (3, 4)"""
    x, y, height = z[0, 0], z[1, 0], z[2, 0]
    found[0, 0] = sigma * (y - x)
    found[1, 0] = x * (rho - height) - y
    found[2, 0] = x * y - beta * height
    for k in range(1, 4):
        found[0, k] = sigma * (z[1, k] - z[0, k])
        found[1, k] = (rho - height) * z[0, k] - z[1, k] - x * z[2, k]
        found[2, k] = y * z[0, k] + x * z[1, k] - beta * z[2, k]


@numba.njit(cache=True)
def _make_orthonormal(z: Any, sums: Any) -> None:
    """Gram-Schmidt on the frame of z; the logarithms of the lengths are added to `sums`."""
    for k in range(1, 4):
        for other in range(1, k):
            along = z[0, k] * z[0, other] + z[1, k] * z[1, other] + z[2, k] * z[2, other]
            for i in range(3):
                z[i, k] -= along * z[i, other]
        length = np.sqrt(z[0, k] ** 2 + z[1, k] ** 2 + z[2, k] ** 2)
        for i in range(3):
            z[i, k] /= length
        sums[k - 1] += np.log(length)


@numba.njit(cache=True)
def _growth(z: Any, sigma: float, rho: float, beta: float, step: float, count: int) -> Any:
    """The logarithms of the growth along each direction of the frame, summed.  shape (3,)"""
    slopes, at, sums = np.zeros((4, 3, 4)), np.zeros((3, 4)), np.zeros(3)
    for _ in range(count):
        for stage in range(4):
            ahead = 0.0 if stage == 0 else (step if stage == 3 else 0.5 * step)
            for i in range(3):
                for k in range(4):
                    at[i, k] = z[i, k] + ahead * slopes[max(stage - 1, 0), i, k]
            _tangent(at, sigma, rho, beta, slopes[stage])
        for i in range(3):
            for k in range(4):
                middle = slopes[1, i, k] + slopes[2, i, k]
                z[i, k] += step / 6.0 * (slopes[0, i, k] + 2.0 * middle + slopes[3, i, k])
        _make_orthonormal(z, sums)
    return sums


def _check(steps: int, least: int) -> None:
    if not least <= steps <= _MOST_STEPS:
        raise GraphError(f"{steps} steps: expected from {least} to {_MOST_STEPS:,}")
