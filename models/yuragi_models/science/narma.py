"""Checks of NARMA-10: what each reservoir, and what coarser numbers, leave of the error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from yuragi.dynamics import Dynamics
from yuragi_models.analog import LEAKY_TANH
from yuragi_models.chaotic_reservoir import ChaoticReservoirRegressor
from yuragi_models.cycle_reservoir import CycleReservoirRegressor
from yuragi_models.echo_state import EchoStateRegressor
from yuragi_models.liquid import LiquidRegressor
from yuragi_models.readout import fit_readout
from yuragi_models.sequence_regression import SequenceRegressor
from yuragi_models.series import nrmse
from yuragi_models.series_tasks import narma10
from yuragi_models.tanh_regression import RandomTanhRegressor

__all__ = ["CHECKS"]

_NEAREST = replace(
    LEAKY_TANH,
    name="nearest_entry_tanh",
    equations="""
        u      = drive + recurrent + bias
        entry  = clip(floor(u*per_unit + 0.5), -last, last)
        x(t+1) = (1 - leak)*x + leak*tanh(entry/per_unit)
    """,
    parameters={**LEAKY_TANH.parameters, "per_unit": 32.0, "last": 128.0},
)
"""A leaky tanh unit that looks its tanh up in a table from -4 to 4, without interpolation."""


@dataclass(kw_only=True, eq=False, repr=False)
class _NearestEntryRegressor(RandomTanhRegressor):
    _dynamics: ClassVar[Dynamics] = _NEAREST
    per_unit: float = 32.0

    def _parameters(self, spread: Any) -> dict[str, Any]:
        own = {"per_unit": self.per_unit, "last": 4.0 * self.per_unit}
        return {**super()._parameters(spread), **own}


def _narma_error(model: SequenceRegressor, train: int, test: int, seed: int) -> float:
    u, y = narma10(model.washout + train + test, seed=seed)
    learned = model.washout + train
    model.fit(u[None, :learned, None], y[None, :learned])
    return nrmse(model.predict(u[None, :, None])[0, learned:], y[learned:])


def shift_register(train: int, test: int, washout: int, taps: int, seeds: int = 5) -> float:
    """The median error of a linear read-out of the last inputs."""
    errors = []
    for seed in range(seeds):
        u, y = narma10(washout + train + test, seed=seed)
        features = np.stack([np.roll(u, k) for k in range(taps)], axis=1)
        learned, tested = slice(washout, washout + train), slice(washout + train, None)
        found = fit_readout(features[learned], y[learned, None], ridge=1e-9, bits=None)
        errors.append(nrmse(features[tested] @ found.w[0] + found.c[0], y[tested]))
    return float(np.median(errors))


def _median(kind: Callable[..., SequenceRegressor], train: int, test: int, seeds: int) -> float:
    errors = [_narma_error(kind(seed=seed), train, test, seed) for seed in range(seeds)]
    return float(np.median(errors))


def echo_state(
    train: int, test: int, washout: int, N: int, rho: float, input_scaling: float, bias: float,
    ridge: float, seeds: int = 5,
) -> float:  # fmt: skip
    """The median error of echo state networks, all units connected."""
    kind = partial(
        EchoStateRegressor,
        N,
        synapses=None,
        spectral_radius=rho,
        input_scaling=input_scaling,
        bias_scaling=bias,
        ridge=ridge,
        washout=washout,
    )
    return _median(kind, train, test, seeds)


def cycle(
    train: int, test: int, washout: int, N: int, rho: float, input_scaling: float, bias: float,
    ridge: float, seeds: int = 10,
) -> float:  # fmt: skip
    """The median error, squared, of rings of equal weights."""
    kind = partial(
        CycleReservoirRegressor,
        N,
        spectral_radius=rho,
        input_scaling=input_scaling,
        bias_scaling=bias,
        ridge=ridge,
        washout=washout,
    )
    return _median(kind, train, test, seeds) ** 2


def liquid(train: int, test: int, washout: int, N: int, seeds: int = 5) -> float:
    """The median error of spiking units."""
    return _median(partial(LiquidRegressor, N, washout=washout), train, test, seeds)


def refractoriness(
    train: int, test: int, washout: int, N: int, alpha: Sequence[float], k_f: float, k_r: float,
    seeds: int = 5,
) -> list[float]:  # fmt: skip
    """The median error of chaotic reservoirs for each strength of their refractoriness."""
    found = []
    for strength in alpha:
        kind = partial(
            ChaoticReservoirRegressor,
            N,
            synapses=None,
            washout=washout,
            ridge=1e-9,
            alpha=strength,
            k_f=k_f,
            k_r=k_r,
        )
        found.append(_median(kind, train, test, seeds))
    return found


def in_integers(
    train: int, test: int, washout: int, N: int, weight_bits: int, state_bits: Sequence[int],
    segments: Sequence[int], bias: float, profile: str, seeds: int = 10,
) -> list[float]:  # fmt: skip
    """The mean error where the read-out learns from a chip's integers, for each pair of widths.

    A state in (-1, 1) has its bits less one as fraction bits.
    """
    found = []
    for bits, pieces in zip(state_bits, segments, strict=True):
        errors = [
            _narma_error(
                EchoStateRegressor(
                    N,
                    bias_scaling=bias,
                    washout=washout,
                    weight_bits=weight_bits,
                    profile=profile,
                    options={"segments": pieces, "formats": {"reservoir.x": bits - 1}},
                    seed=seed,
                ),
                train,
                test,
                seed,
            )
            for seed in range(seeds)
        ]
        found.append(float(np.mean(errors)))
    return found


def nearest_entry(
    train: int, test: int, washout: int, N: int, weight_bits: int, entries: int, bias: float,
    seeds: int = 5,
) -> float:  # fmt: skip
    """The mean error where tanh is a table from -4 to 4 without interpolation."""
    errors = [
        _narma_error(
            _NearestEntryRegressor(
                N,
                bias_scaling=bias,
                washout=washout,
                weight_bits=weight_bits,
                per_unit=entries / 8,
                seed=seed,
            ),
            train,
            test,
            seed,
        )
        for seed in range(seeds)
    ]
    return float(np.mean(errors))


CHECKS = {
    "RC-N10-0": shift_register,
    "RC-N10-1": echo_state,
    "RC-N10-2": echo_state,
    "RC-N10-3": cycle,
    "RC-N10-4": echo_state,
    "RC-N10-5": in_integers,
    "RC-N10-6": in_integers,
    "RC-N10-7": nearest_entry,
    "RC-N10-8": liquid,
    "RC-CH-1": refractoriness,
}
