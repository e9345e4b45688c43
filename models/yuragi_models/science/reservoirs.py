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


_NEUROBENCH = {
    17: (197, 966, 0.9, 0.78, 0.97, 1.19, 0.69, 1e-7),
    18: (138, 913, 0.98, 1.0, 0.43, 1.08, 0.92, 1e-9),
    19: (315, 836, 0.45, 0.89, 0.64, 1.25, 0.77, 1e-6),
    20: (131, 656, 0.29, 0.83, 0.06, 1.07, 0.86, 1e-8),
    21: (191, 547, 0.37, 0.92, 0.92, 1.08, 0.45, 1e-8),
    22: (119, 661, 0.79, 0.92, 0.55, 1.17, 0.87, 1e-7),
    23: (106, 577, 0.69, 0.93, 0.02, 1.01, 0.54, 1e-8),
    24: (97, 694, 0.85, 0.98, 0.51, 1.13, 0.76, 1e-5),
    25: (98, 831, 0.87, 0.93, 0.49, 1.21, 1.0, 1e-4),
    26: (104, 522, 0.91, 0.95, 0.59, 1.22, 0.58, 1e-6),
    27: (112, 952, 0.99, 0.65, 0.6, 1.19, 0.78, 1e-6),
    28: (119, 838, 0.82, 0.83, 0.37, 1.21, 0.81, 1e-6),
    29: (131, 728, 0.99, 0.62, 0.48, 1.23, 0.9, 1e-5),
    30: (139, 577, 0.69, 0.93, 0.02, 1.01, 0.54, 1e-8),
}
"""Delay: Lyapunov time, units, scales of bias and input, density, radius, leak rate, ridge.

Source: Yik et al., Nat. Commun. 16 (2025) 1545; https://github.com/NeuroBench/neurobench.
"""
_SMALL = (197, 355, 0.9, 0.8, 0.15, 1.23, 0.51, 1e-9)
_PER_LYAPUNOV_TIME, _LYAPUNOV_TIMES, _WARM = 75, 10, 45


def _neurobench_error(tau: int, settings: tuple[float, ...], repeats: Sequence[int]) -> list[float]:
    """The sMAPE of each repeat: learn ten Lyapunov times, go on alone for ten, half of one later.

    100 mean of 2 |found - wanted|/(|found| + |wanted|).
    """
    lyapunov, units, bias, scale, density, radius, leak, ridge = settings
    step, learned = 0.02, _PER_LYAPUNOV_TIME * _LYAPUNOV_TIMES
    shift = _PER_LYAPUNOV_TIME / 2
    every = round(lyapunov / _PER_LYAPUNOV_TIME / step)
    count = 2 * learned + round(shift * (max(repeats) + 1))
    signal = mackey_glass(count, tau=tau, step=step, every=every, washout=200)
    found = []
    for repeat in repeats:
        x = signal[round(shift * repeat) :][: 2 * learned]
        model = EchoStateRegressor(
            int(units),
            synapses=round(density * units),
            spectral_radius=radius,
            leak_rate=leak,
            input_scaling=scale / 2,
            bias_scaling=bias / 2,
            ridge=ridge,
            washout=_WARM,
            seed=repeat,
        )
        model.fit(x[None, : learned - 1, None], x[None, 1:learned, None])
        alone, wanted = model.forecast(x[: learned + 1, None], learned - 1)[:, 0], x[learned + 1 :]
        error = np.abs(alone - wanted) / (np.abs(alone) + np.abs(wanted))
        found.append(float(200.0 * error.mean()))
    return found


def neurobench(repeats: int) -> list[float]:
    """The mean and the median sMAPE of the small network at a delay of 17."""
    found = _neurobench_error(17, _SMALL, range(repeats))
    return [float(np.mean(found)), float(np.median(found))]


def neurobench_delays(delays: Sequence[int]) -> float:
    """The mean sMAPE over delays, one network each."""
    return float(np.mean([_neurobench_error(tau, _NEUROBENCH[tau], [0])[0] for tau in delays]))


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
    "RC-MG-3": neurobench,
    "RC-MG-3b": neurobench_delays,
    "RC-LZ-0": exponents,
    "RC-LZ-1": valid_time,
    "RC-NGRC-1": next_generation_error,
    "RC-NGRC-2": next_generation,
    "RC-NGRC-3": divergences,
    "RC-DIG-1": digit_accuracy,
    "RC-CH-2": without_histories,
}
