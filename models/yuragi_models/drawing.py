"""Draws the weights of a reservoir."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.wiring.maps import LinearMap
from yuragi.wiring.rules import random
from yuragi_models.readout import on_grid

__all__ = ["Drawn", "draw"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """What a reservoir is made of before it has learned.

    w: shape (units, units)      w_in: shape (units, inputs)
    spread: uniform in (-1, 1), for what differs from unit to unit.      shape (units,)
    """

    w: LinearMap
    w_in: Array
    spread: Array


def draw(
    units: int,
    inputs: int,
    *,
    synapses: int,
    radius: float,
    input_scaling: float,
    bits: int | None,
    seed: int,
) -> Drawn:
    """Random weights on a grid of `bits` bits: w sparse with a spectral radius, w_in full.

    synapses: sources of each unit, all units at most.
    Raises GraphError for sizes below 1 and a reservoir without eigenvalues.
    """
    w = random(units, units, inputs=min(synapses, units), radius=radius, seed=seed)
    rng = np.random.default_rng((seed, 1))
    w_in = rng.uniform(-1.0, 1.0, (units, inputs)) * input_scaling
    return Drawn(
        w=w.changed(on_grid(w.values(), bits)),
        w_in=on_grid(w_in, bits),
        spread=rng.uniform(-1.0, 1.0, units),
    )
