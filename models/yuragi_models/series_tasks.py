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


def _rk4(x: Array, step: float) -> Array:
    k1 = lorenz_flow(x)
    k2 = lorenz_flow(x + 0.5 * step * k1)
    k3 = lorenz_flow(x + 0.5 * step * k2)
    k4 = lorenz_flow(x + step * k3)
    return np.asarray(x + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4))


def lorenz(
    steps: int, *, dt: float = 0.02, washout: int = 1000, start: ArrayLike = (1.0, 1.0, 1.05)
) -> Array:
    """The orbit of the Lorenz system, every dt, by Runge-Kutta of order 4.  shape (steps, 3)

    A sample is made of steps of at most 0.002.  washout: samples left out.
    Other starts side by side: shape (..., 3) gives (steps, ..., 3).
    """
    _check(steps + washout, 1)
    parts = max(1, int(np.ceil(dt / 0.002 - 1e-9)))
    x = np.asarray(start, dtype=np.float64)
    orbit = np.empty((steps, *x.shape))
    for t in range(steps + washout):
        if t >= washout:
            orbit[t - washout] = x
        for _ in range(parts):
            x = _rk4(x, dt / parts)
    return orbit


def lorenz_exponents(*, time: float = 1000.0, step: float = 0.01) -> Array:
    """The three Lyapunov exponents, largest first, over `time`.  1/time, shape (3,)

    An orthonormal frame is carried along the flow's Jacobian, Runge-Kutta of order 4, and made
    orthonormal again in every step.
    Source: Benettin, Galgani, Giorgilli, Strelcyn, Meccanica 15 (1980) 9.
    """
    grow: Any = _growth
    count = round(time / step)
    sums = grow(lorenz(1, washout=2000)[0], np.array(_LORENZ), step, count)
    return np.asarray(sums / (count * step))


@numba.njit(cache=True)
def _tangent(z: Any, constants: Any) -> Any:
    """The flow of the orbit, in the first column, and of its frame.  shape (3, 4)"""
    sigma, rho, beta = constants
    x, y, height = z[:, 0]
    found = np.empty((3, 4))
    found[0] = sigma * (z[1] - z[0])
    found[1] = (rho - height) * z[0] - z[1] - x * z[2]
    found[2] = y * z[0] + x * z[1] - beta * z[2]
    found[1, 0] = x * (rho - height) - y
    found[2, 0] = x * y - beta * height
    return found


@numba.njit(cache=True)
def _growth(start: Any, constants: Any, step: float, count: int) -> Any:
    """The logarithms of the growth along each direction of the frame, summed.  shape (3,)"""
    z = np.zeros((3, 4))
    z[:, 0] = start
    z[:, 1:] = np.eye(3)
    sums = np.zeros(3)
    for _ in range(count):
        k1 = _tangent(z, constants)
        k2 = _tangent(z + 0.5 * step * k1, constants)
        k3 = _tangent(z + 0.5 * step * k2, constants)
        k4 = _tangent(z + step * k3, constants)
        z = z + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        for i in range(1, 4):  # Gram-Schmidt
            for j in range(1, i):
                z[:, i] -= (z[:, i] * z[:, j]).sum() * z[:, j]
            length = np.sqrt((z[:, i] ** 2).sum())
            z[:, i] /= length
            sums[i - 1] += np.log(length)
    return sums


def _check(steps: int, least: int) -> None:
    if not least <= steps <= _MOST_STEPS:
        raise GraphError(f"{steps} steps: expected from {least} to {_MOST_STEPS:,}")
