"""The networks that all contenders are given, as plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

__all__ = ["lif_network", "reservoir"]

Arrays = dict[str, NDArray[Any]]
_SETTLING_STEPS = 300


def _targets(rng: np.random.Generator, size: int, fan_out: int) -> NDArray[np.int32]:
    """`fan_out` different targets for each unit, ascending.  shape (size, fan_out)"""
    rows = np.sort(rng.integers(0, size, size=(size, fan_out)), axis=1)
    while (again := np.diff(rows, axis=1, prepend=-1) == 0).any():
        rows[again] = rng.integers(0, size, size=int(again.sum()))
        rows.sort(axis=1)
    return rows.astype(np.int32)


def lif_network(size: int, fan_out: int, bias: float) -> Arrays:
    """v(t+1) = decay v(t) + sum of weights + bias; a spike where v > 1, then v = 0.

    Weights uniform in (-0.02, 0.02), biases within 0.01 of `bias`, v after 300 steps from uniform
    values, so that the rate is steady from the first step.  Every unit has `fan_out` targets, so
    synaptic events are spikes times fan_out for everyone.
    """
    rng = np.random.default_rng(1)
    target = _targets(rng, size, fan_out)
    weight = rng.uniform(-0.02, 0.02, size=(size, fan_out))
    biases = bias + rng.uniform(-0.01, 0.01, size=size)
    decay = float(np.exp(-1 / 20))
    pointer = np.arange(0, size * fan_out + 1, fan_out)
    w = scipy.sparse.csc_array(
        (weight.reshape(-1), target.reshape(-1), pointer), shape=(size, size)
    )
    v, fired = rng.uniform(0, 1, size=size), np.zeros(size)
    for _ in range(_SETTLING_STEPS):
        v = decay * v + w @ fired + biases
        fired = (v > 1.0).astype(np.float64)
        v[v > 1.0] = 0.0
    return {
        "target": target,
        "weight": weight,
        "bias": biases,
        "v": v,
        "decay": np.array(decay),
    }


def reservoir(units: int, synapses: int, steps: int) -> Arrays:
    """x(t+1) = (1 - leak) x(t) + leak tanh(w x(t) + w_in u(t) + bias), `synapses` inputs a unit."""
    rng = np.random.default_rng(2)
    source = np.argsort(rng.random((units, units)), axis=1)[:, :synapses]
    source.sort(axis=1)
    weight = rng.uniform(-1, 1, size=(units, synapses)) * 0.5
    return {
        "source": source.astype(np.int32),
        "weight": weight,
        "w_in": rng.uniform(-1, 1, size=(units, 1)),
        "bias": rng.uniform(-0.1, 0.1, size=units),
        "leak": np.array(0.3),
        "u": rng.uniform(-1, 1, size=(steps, 1)),
    }
