"""What regressors with tanh units share: their parameters, and random weights."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike, NDArray

from yuragi_models.analog import leaky_tanh
from yuragi_models.drawing import Drawn, draw
from yuragi_models.sequence_regression import SequenceRegressor

__all__ = ["RandomTanhRegressor", "TanhRegressor"]

Array = NDArray[Any]


@dataclass(kw_only=True, eq=False, repr=False)
class TanhRegressor(SequenceRegressor, ABC):
    """A reservoir of tanh units.

    spectral_radius: of w.      leak_rate: in (0, 1].
    squares: whether the read-out reads x_i^2 of odd i.
    The other parameters are those of SequenceRegressor.
    """

    spectral_radius: float = 0.9
    leak_rate: float = 1.0
    squares: bool = False

    @property
    def _squared(self) -> bool:
        return self.squares

    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        return leaky_tanh(self.leak_rate, self.bias_scaling * spread)


@dataclass(kw_only=True, eq=False, repr=False)
class RandomTanhRegressor(TanhRegressor, ABC):
    """A reservoir of tanh units with random weights.

    synapses: inputs of each unit from the reservoir; None: all units. Few of them leave a chip's
        accumulators room for finer states.
    The other parameters are those of TanhRegressor.
    """

    synapses: int | None = 10

    def _draw(self, inputs: int) -> Drawn:
        return draw(
            self.units,
            inputs,
            synapses=self.units if self.synapses is None else self.synapses,
            radius=self.spectral_radius,
            input_scaling=self.input_scaling,
            bits=self.weight_bits,
            seed=self.seed,
        )
