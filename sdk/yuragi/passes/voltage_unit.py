"""What the integers of a fixed-function neuron's voltage count in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from yuragi.errors import UnsupportedError
from yuragi.graph import Edge, Graph
from yuragi.passes.weights import finest_scale

__all__ = ["Bounds", "voltage_unit"]

_FINEST = 2.0**-900


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What of a neuron bounds the unit of its voltage.

    chip: its name, for messages.
    weight, exponent: the largest weight, and what it may be shifted to the left by.
    step: what weight 1 adds to the voltage in integers.
    limits: (value in the model's units, largest integer) of threshold, bias and the like.
    finest: as many units as the threshold is worth where weights would allow more; 0: no matter.
    assumed: as many where nothing arrives.
    """

    chip: str
    weight: int
    exponent: int
    step: float
    limits: tuple[tuple[float, float], ...]
    assumed: float
    finest: float = 0.0

    def fit(self, unit: float, heaviest: float) -> bool:
        """Whether the heaviest weight and every value have room in a unit."""
        largest = self.step * self.weight * 2.0**self.exponent
        return heaviest <= unit * largest and all(v <= unit * most for v, most in self.limits)


def voltage_unit(
    graph: Graph, name: str, *, gain: float, threshold: float, bounds: Bounds
) -> float:
    """What 1 stands for in the voltage of a population: as fine as its registers allow.

    The edge with the finest grid sets it, so that it loses nothing; then it is doubled until
    everything fits. Decays round what is below one unit, and stimuli count in it, so that no
    coarser one is as good where weights happen to be whole numbers.

    gain: what 1 at the port adds to the voltage, in the model's units.
    Raises UnsupportedError where the unit would be more than the threshold.
    """
    inward: Iterable[Edge] = [e for e in graph.edges if e.target == name and e.weights.synapses]
    heaviest = max((float(np.abs(e.weights.values()).max()) for e in inward), default=0.0) * gain
    grids = [finest_scale(e.weights, bounds.weight) * gain / bounds.step for e in inward]
    unit = min(grids, default=max(threshold, _FINEST) / bounds.assumed)
    while not bounds.fit(unit, heaviest):
        unit *= 2.0
        if unit > threshold:
            raise UnsupportedError(
                f"{name}: in no unit do its weights, its threshold and its bias fit the words "
                f"of {bounds.chip}"
            )
    while unit * bounds.finest > threshold and bounds.fit(unit / 2.0, heaviest):
        unit /= 2.0
    return unit
