"""Checks of how units begin to fire: f-I curves, classes of excitability, intervals."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import numpy as np

from yuragi import backend
from yuragi.network import Network
from yuragi_models.analysis.excitability import Excitability, firing_rates
from yuragi_models.chaotic import SINGLE_CHAOTIC_NEURON
from yuragi_models.conductance import (
    MORRIS_LECAR_CLASS1,
    MORRIS_LECAR_CLASS2,
    MORRIS_LECAR_HOMOCLINIC,
)
from yuragi_models.pitchfork import PITCHFORK_PAIR
from yuragi_models.spiking import IZHIKEVICH

__all__ = ["CHECKS"]

_CLASS_1 = {"a": 0.02, "b": -0.1, "c": -55.0, "d": 6.0}
_LONG = 200
_CLASS_2 = {"a": 0.2, "b": 0.26, "c": -65.0, "d": 0.0}


def class_one_rates(currents: Sequence[float]) -> list[float]:
    """The rates of the barnacle fibre near its fold."""
    fibre = Excitability(MORRIS_LECAR_CLASS1, step=5e-5, above=0.0)
    found = fibre.rates(list(currents), seconds=6.0, start=fibre.rest(0.0))
    return [float(hertz) for hertz in found.hertz]


def classes() -> list[str]:
    """The verdicts of the three sets."""
    sets = (MORRIS_LECAR_CLASS1, MORRIS_LECAR_CLASS2, MORRIS_LECAR_HOMOCLINIC)
    return [Excitability(unit, step=1e-4, above=0.0).verdict(-60.0, 0.0) for unit in sets]


def izhikevich_rates() -> list[float]:
    """The rates of the regular spiking unit and of units of both classes."""
    found = []
    for currents, own in (([3.5, 3.8, 10.0], {}), ([24.0], _CLASS_1), ([0.3], _CLASS_2)):
        curve = firing_rates(IZHIKEVICH, "bias", currents, dt=5e-5, seconds=4.0, parameters=own)
        found += [float(hertz) for hertz in curve.hertz]
    return found


def intervals(units: Sequence[Sequence[int]]) -> list[int]:
    """The only interval between the spikes of each unit; -1 where there is another."""
    decay, bias, threshold = np.array(units, dtype=np.float64).T
    own = {"delta_v": decay, "bias_mant": bias, "v_th_mant": threshold}
    net = Network()
    net.population("units", len(units), "loihi_cuba", parameters=own)
    net.probe("units", "spikes")
    program = backend.compile(net, profile="loihi")
    train = program.run(steps=300).spike_trains["units"]
    found = [np.unique(np.diff(train.step[train.unit == k])) for k in range(len(units))]
    return [int(steps[0]) if len(steps) == 1 else -1 for steps in found]


def turns(excess: Sequence[float], turns: int = 700, dt: float = 0.005) -> list[float]:
    """The frequency of pairs with J = 1, in the second half of the run, times 2 pi."""
    pumps = 1.0 + np.array(excess)
    seconds = 2.0 * pi * turns
    found = firing_rates(PITCHFORK_PAIR, "pump", pumps, dt=dt, seconds=seconds)
    return [float(2.0 * pi * hertz) for hertz in found.hertz]


def long_orbits(
    biases: int, steps: int, starts: Sequence[float], segments: int, profile: str
) -> list[float]:
    """Of several starts, the worst error of the rates, and the least and the largest share.

    The error is of integers against floats, over all biases; the share is that of orbits that do
    not close within 200 steps.
    """
    found = [_closing(biases, steps, start, segments, profile) for start in starts]
    error, share = np.array(found).T
    return [float(error.max()), float(share.min()), float(share.max())]


def _closing(
    biases: int, steps: int, start: float, segments: int, profile: str
) -> tuple[float, float]:
    net = Network()
    own = {"a": np.linspace(0.0, 1.0, biases)}
    net.population("units", biases, SINGLE_CHAOTIC_NEURON, parameters=own, initial={"y": start})
    net.probe("units", "y")
    floats, chip = (
        program.run(steps=steps).traces["units", "y"].values[0]
        for program in (
            backend.compile(net),
            backend.compile(net, profile=profile, segments=segments),
        )
    )
    off = (chip >= 0).mean(axis=0) - (floats >= 0).mean(axis=0)
    closed = (chip[-_LONG - 1 : -1] == chip[-1]).any(axis=0)  # an integer that returns is a cycle
    return float(np.sqrt((off**2).mean())), float(1.0 - closed.mean())


CHECKS = {
    "FX-2": long_orbits,
    "ML-1b": class_one_rates,
    "ML-3": classes,
    "IZ-1": izhikevich_rates,
    "LIF-2": intervals,
    "PF-4": turns,
}
