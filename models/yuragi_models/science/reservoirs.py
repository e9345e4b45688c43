"""Checks of the reservoirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.integrate
from numpy.typing import NDArray

from yuragi_models.chaotic_reservoir import ChaoticReservoirRegressor
from yuragi_models.digits import digits
from yuragi_models.echo_state import EchoStateRegressor
from yuragi_models.memory_capacity import linear_memory
from yuragi_models.nvar import NextGenerationReservoir
from yuragi_models.reservoir import ReservoirClassifier
from yuragi_models.series_tasks import (
    LORENZ_EXPONENT,
    lorenz,
    lorenz_exponents,
    lorenz_flow,
    mackey_glass,
    narma10,
)

__all__ = ["CHECKS"]

Array = NDArray[Any]
_START = (17.67715816276679, 12.931379185960404, 43.91404334248268)


def linear_sum(N: int, rho: float = 0.95, delays: int = 4000) -> float:
    """The sum of the memory of N linear units, connected by a random rotation times rho."""
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(N, N)))[0]
    w_in = np.random.default_rng(1).normal(size=N)
    return float(linear_memory(rho * rotation, w_in, delays=delays).sum())


def mackey_glass_error(
    N: int, rho: float, train: int, tau: float, density: float, feedback: float = 1.0,
    bias: float = 0.2, washout: int = 1000, starts: int = 100, seeds: int = 3,
) -> float:  # fmt: skip
    """log10 of the error after 84 free steps, the median over networks."""
    first, length = washout + train + 100, 500
    signal = np.tanh(mackey_glass(first + 55 * starts + length + 85, tau=tau) - 1.0)
    begins = first + 55 * np.arange(starts)
    history = np.stack([signal[at : at + length] for at in begins])[..., None]
    wanted = signal[begins + length + 83]
    found = []
    for seed in range(seeds):
        model = EchoStateRegressor(
            N,
            synapses=round(density * N),
            spectral_radius=rho,
            input_scaling=feedback,
            bias_scaling=bias,
            washout=washout,
            direct=False,
            seed=seed,
        )
        stop = washout + train
        model.fit(signal[None, :stop, None], signal[None, 1 : stop + 1, None])
        error = model.forecast(history, 84)[:, -1, 0] - wanted
        found.append(np.log10(np.sqrt(np.mean(error**2) / signal.var())))
    return float(np.median(found))


def exponents(sigma: float, rho: float, beta: str, time: float = 2000.0) -> list[float]:
    """The exponents of the Lorenz system and their sum."""
    del sigma, rho, beta  # those of `lorenz_flow`
    found = lorenz_exponents(time=time)
    return [*(float(value) for value in found), float(found.sum())]


def _valid_time(found: Array, truth: Array, dt: float, threshold: float, spread: float) -> Array:
    """Lyapunov times until the error passes the threshold.  shapes (starts, steps, 3) to (starts,)

    spread: root mean square distance of the orbit from its mean.
    """
    error = np.linalg.norm(found - truth, axis=2) / spread
    wrong = np.concatenate([error > threshold, np.ones((len(error), 1), dtype=bool)], axis=1)
    return np.asarray(wrong.argmax(axis=1) * dt * LORENZ_EXPONENT)


def valid_time(
    N: int, rho: float, input_scaling: float, bias: float, ridge: float, train: int, dt: float,
    threshold: float, starts: int = 40, seed: int = 0,
) -> float:  # fmt: skip
    """The median valid time of forecasts of the Lorenz orbit."""
    washout, warm, free, gap = 200, 200, round(25 / (LORENZ_EXPONENT * dt)), 150
    count = washout + train + gap * starts + warm + free
    orbit = lorenz(count, dt=dt)
    mean, scale = orbit.mean(axis=0), orbit.std(axis=0)
    z = (orbit - mean) / scale
    model = EchoStateRegressor(
        N,
        synapses=None,
        spectral_radius=rho,
        input_scaling=input_scaling,
        bias_scaling=bias,
        ridge=ridge,
        washout=washout,
        squares=True,
        seed=seed,
    )
    stop = washout + train
    model.fit(z[None, : stop - 1], z[None, 1:stop])
    begins = stop + gap * np.arange(starts)
    found = model.forecast(np.stack([z[at : at + warm] for at in begins]), free)
    truth = np.stack([z[at + warm : at + warm + free] for at in begins])
    return float(np.median(_valid_time(found, truth, dt, threshold, np.sqrt(3.0))))


def _orbits(data: str, starts: int, steps: int, dt: float) -> Array:
    """Orbits from different points of the attractor.  shape (starts, steps, 3)"""
    points = lorenz(starts, dt=3.0, washout=10, start=_START)
    if data == "RK4 fine":
        return np.moveaxis(lorenz(steps, dt=dt, washout=0, start=points), 1, 0)
    times = dt * np.arange(steps)
    return np.stack(
        [
            scipy.integrate.solve_ivp(
                lambda _, x: lorenz_flow(x), (0.0, times[-1]), start, t_eval=times, method="RK23"
            ).y.T
            for start in points
        ]
    )


def _next_generation(
    data: str, ridge: float, standardise: bool, k: int, s: int, points: int, dt: float, starts: int
) -> tuple[Array, Array, Array]:
    """The errors over one Lyapunov time, the valid times, and which forecasts diverge."""
    warm, free = 200, round(20 / (LORENZ_EXPONENT * dt))
    one = round(1 / (LORENZ_EXPONENT * dt))
    orbits = _orbits(data, starts, warm + points + free, dt)
    errors, times, lost = [], [], []
    for orbit in orbits:
        model = NextGenerationReservoir(
            delays=k, stride=s, ridge=ridge, standardise=standardise, differences=True, steps=None
        )
        seen = orbit[warm - 1 - (k - 1) * s : warm + points]
        model.fit(seen[:-1], seen[1:])
        found, truth = model.forecast(seen, free), orbit[warm + points :]
        spread = orbit.var(axis=0).sum()
        errors.append(np.sqrt(np.mean((found[:one] - truth[:one]) ** 2) / spread))
        times.append(_valid_time(found[None], truth[None], dt, 0.4, np.sqrt(spread))[0])
        lost.append(bool(np.abs(found).max() > 200.0))
    return np.array(errors), np.array(times), np.array(lost)


def next_generation_error(
    k: int, s: int, points: int, dt: float, data: str, ridge: float, starts: int = 40
) -> float:
    """The median error with raw inputs."""
    return float(np.median(_next_generation(data, ridge, False, k, s, points, dt, starts)[0]))


def next_generation(
    k: int, s: int, points: int, data: str, inputs: str, ridge: float, dt: float = 0.025,
    starts: int = 40,
) -> list[float]:  # fmt: skip
    """The median error, divergences, and the median valid time."""
    standardise = inputs == "standardised"
    errors, times, lost = _next_generation(data, ridge, standardise, k, s, points, dt, starts)
    return [float(np.median(errors)), int(lost.sum()), float(np.median(times))]


def divergences(data: str, inputs: str, ridge: float, starts: int = 40) -> int:
    """How many forecasts diverge."""
    return int(next_generation(2, 1, 400, data, inputs, ridge, starts=starts)[1])


def digit_accuracy(data: str, N: Sequence[int], seeds: int = 10) -> list[float]:
    """The mean accuracy of `ReservoirClassifier` for each size, splits and networks varied."""
    del data  # the only one that scikit-learn carries
    found = []
    for units in N:
        each = []
        for seed in range(seeds):
            part = digits(seed=seed)
            model = ReservoirClassifier(units, seed=seed).fit(part.train, part.train_labels)
            each.append(model.score(part.test, part.test_labels))
        found.append(float(np.mean(each)))
    return found


def without_histories(k_e: float, k_f: float, k_r: float, alpha: float) -> float:
    """The largest difference between the states of the chaotic and the plain network."""
    u, y = narma10(600)
    X, goal = u[None, :, None], y[None]
    chaotic = ChaoticReservoirRegressor(
        80, k_e=k_e, k_f=k_f, k_r=k_r, alpha=alpha, leak_rate=0.7
    ).fit(X, goal)
    plain = EchoStateRegressor(80, leak_rate=0.7).fit(X, goal)
    return float(np.abs(chaotic.states(X) - plain.states(X)).max())


CHECKS = {
    "RC-MC-1": linear_sum,
    "RC-MG-1": mackey_glass_error,
    "RC-MG-2": mackey_glass_error,
    "RC-LZ-0": exponents,
    "RC-LZ-1": valid_time,
    "RC-NGRC-1": next_generation_error,
    "RC-NGRC-2": next_generation,
    "RC-NGRC-3": divergences,
    "RC-DIG-1": digit_accuracy,
    "RC-CH-2": without_histories,
}
