"""Checks of what survives the integers of a chip, of families that have no such check elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import numpy as np

from yuragi import backend
from yuragi_models.analysis.excitability import firing_rates
from yuragi_models.coherent import CoherentIsing
from yuragi_models.coupled_maps import CoupledMaps
from yuragi_models.cycle_reservoir import CycleReservoirRegressor
from yuragi_models.hopfield import ContinuousHopfield
from yuragi_models.instances import sherrington_kirkpatrick
from yuragi_models.liquid import LiquidRegressor
from yuragi_models.pitchfork import PITCHFORK_PAIR
from yuragi_models.sequence_regression import SequenceRegressor
from yuragi_models.series import nrmse
from yuragi_models.series_tasks import narma10
from yuragi_models.spiking import IZHIKEVICH

__all__ = ["CHECKS"]


def turns(excess: Sequence[float], turns: int, dt: float, profile: str) -> list[float]:
    """The frequency of pitchfork pairs with J = 1, times 2 pi."""
    pumps = 1.0 + np.array(excess)
    seconds = 2.0 * pi * turns
    found = firing_rates(PITCHFORK_PAIR, "pump", pumps, dt=dt, seconds=seconds, profile=profile)
    return [float(2.0 * pi * hertz) for hertz in found.hertz]


def izhikevich(currents: Sequence[float], dt: float, seconds: float, profile: str) -> list[float]:
    """The rates of regular spiking units."""
    found = firing_rates(IZHIKEVICH, "bias", currents, dt=dt, seconds=seconds, profile=profile)
    return [float(hertz) for hertz in found.hertz]


def clusters(
    a: float, couplings: Sequence[float], size: int, steps: int, profile: str
) -> list[int]:
    """How many clusters of coupled maps are left at each coupling."""
    found = []
    for coupling in couplings:
        maps = CoupledMaps(size, a=a, coupling=coupling)
        program = backend.compile(maps.network, profile=profile)
        found.append(len(maps.read(program.run(maps.stimulus(1), steps=steps))[0]))
    return found


def coherent(units: int, instances: int, steps: int, replicas: int, profile: str) -> float:
    """The mean of the lowest energies of glasses over units^1.5."""
    lowest = []
    for seed in range(instances):
        model = CoherentIsing(sherrington_kirkpatrick(units, seed=seed), steps=steps, seed=seed)
        program = backend.compile(model.network, profile=profile)
        found = model.read(program.run(model.stimulus(replicas), steps=steps))
        lowest.append(found.energies.min())
    return float(np.mean(lowest)) / units**1.5


def _narma_errors(
    kind: type[SequenceRegressor], units: int, learned: int, profiles: Sequence[str], seeds: int
) -> list[float]:
    found = []
    for profile in profiles:
        errors = []
        for seed in range(seeds):
            u, y = narma10(2 * learned, seed=seed)
            model = kind(units, washout=200, profile=profile, seed=seed)
            model.fit(u[None, :learned, None], y[None, :learned])
            errors.append(nrmse(model.predict(u[None, :, None])[0, learned:], y[learned:]))
        found.append(float(np.mean(errors)))
    return found


def liquid(units: int, learned: int, profile: str, seeds: int) -> list[float]:
    """The mean error of NARMA-10 of spiking units, in floats and in integers."""
    return _narma_errors(LiquidRegressor, units, learned, ("ideal", profile), seeds)


def cycle(units: int, learned: int, profile: str, seeds: int) -> list[float]:
    """The mean error of NARMA-10 of a ring, in floats and in integers."""
    return _narma_errors(CycleReservoirRegressor, units, learned, ("ideal", profile), seeds)


def continuous(units: int, patterns: int, noise: float, profile: str, seed: int) -> list[float]:
    """The share of noisy patterns that a continuous Hopfield network recalls, floats and chip."""
    rng = np.random.default_rng(seed)
    stored = rng.choice([-1.0, 1.0], size=(patterns, units))
    cues = stored * np.where(rng.random(stored.shape) < noise, -1.0, 1.0)
    model = ContinuousHopfield(stored, seed=seed)
    return [
        float((np.sign(model.recall(cues, profile=p)[:, -1]) == stored).all(axis=1).mean())
        for p in ("ideal", profile)
    ]


CHECKS = {
    "PF-5": turns,
    "IZ-2": izhikevich,
    "GCM-3": clusters,
    "CAC-2": coherent,
    "RC-N10-9": cycle,
    "LSM-2": liquid,
    "HOP-20": continuous,
}
