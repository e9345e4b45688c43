"""Checks of the maps of one unit: what theory says of the whole of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi import backend
from yuragi.network import Network
from yuragi_models.analysis.scans import averages, exponents, scan
from yuragi_models.chaotic import CHAOTIC_RELU, NAGUMO_SATO, SINGLE_CHAOTIC_NEURON

__all__ = ["CHECKS"]

Array = NDArray[Any]
_FIRES = {"rate": "where(y >= 0, 1, 0)"}


def locked_share(k: float, alpha: float, largest_q: int, grid: int) -> list[float]:
    """The share of a in (0, alpha) whose rate is a p/q, q to a largest one; and by the formula."""
    a = alpha * (np.arange(grid) + 0.5) / grid
    turns = np.lcm.reduce(np.arange(2, largest_q + 1))
    rate = averages(
        NAGUMO_SATO,
        _FIRES,
        parameters={"k": k, "alpha": alpha, "a": a},
        steps=4 * turns,
        discard=turns,
    )["rate"]
    near = [Fraction(value).limit_denominator(largest_q) for value in rate]
    locked = np.abs(rate - np.array([float(p) for p in near])) < 1e-9
    width = sum(
        (1 - k) ** 2 * k ** (q - 2) / (1 - k**q)
        for q in range(2, largest_q + 1)
        for p in range(1, q)
        if gcd(p, q) == 1
    )
    return [float(locked.mean()), width]


def rates_beyond(k: float, alpha: float) -> list[float]:
    """The rates just below a = 0 and from a = alpha on."""
    a = np.array([-0.001, alpha])
    found = averages(NAGUMO_SATO, _FIRES, parameters={"k": k, "alpha": alpha, "a": a})
    return [float(rate) for rate in found["rate"]]


def differing_integers(biases: int, steps: int, profile: str) -> int:
    """States in which the staircase in a chip's integers differs from those of the reference."""
    net = Network()
    own: dict[str, Any] = {"k": 0.5, "a": np.linspace(0.01, 0.99, biases)}
    net.population("units", biases, NAGUMO_SATO, parameters=own, initial={"y": 0.1})
    net.probe("units", "y")
    chip, defined = (
        backend.compile(net, backend=name, profile=profile).run(steps=steps).trace("units", "y")
        for name in ("chip", "reference")
    )
    return int((chip != defined).sum())


def largest_drop(k: float, alpha: float, eps: float, biases: int, steps: int) -> float:
    """How far the rate falls at most while a rises."""
    found = scan(
        SINGLE_CHAOTIC_NEURON,
        "a",
        np.linspace(0.0, 0.5, biases),
        fires="y >= 0",
        parameters={"k": k, "alpha": alpha, "epsilon": eps},
        steps=steps,
    )
    return float((np.maximum.accumulate(found.rates) - found.rates).max())


def relu_cycles(k: Sequence[float], alpha: Sequence[float]) -> list[float]:
    """The exponents of piecewise linear maps that end on a fixed point or a cycle."""
    found = exponents(
        CHAOTIC_RELU, parameters={"k": k, "alpha": alpha, "a": 1.0}, steps=60_000, discard=6_000
    )
    return [float(value) for value in found]


CHECKS = {
    "NS-3": locked_share,
    "NS-4": rates_beyond,
    "NS-6": differing_integers,
    "CN-7": largest_drop,
    "RL-2": relu_cycles,
}
