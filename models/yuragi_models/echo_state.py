"""The echo state network as a regressor: leaky tanh units, trained is only the read-out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi.dynamics import Dynamics
from yuragi_models.analog import LEAKY_TANH
from yuragi_models.drawing import Drawn, draw
from yuragi_models.sequence_regression import SequenceRegressor

__all__ = ["EchoStateRegressor"]

Array = NDArray[Any]


@final
class EchoStateRegressor(SequenceRegressor):
    """An echo state network whose read-out predicts a value in every step.

        x(t+1) = (1 - leak_rate) x(t) + leak_rate tanh(w x(t) + w_in u + b)
        prediction = w_out [u, x] + c

    units: size of the reservoir.      synapses: inputs of each unit from it; None: all units.
    spectral_radius: of w.      leak_rate: in (0, 1].
    input_scaling, bias_scaling: w_in and b are uniform in (-1, 1) times these.
    ridge: penalty of the read-out.      washout: steps of a sequence that it does not learn from.
    steps: of a row of X; None: all rows are one sequence.
    direct: whether the read-out weighs the inputs.      squares: whether it reads x_i^2 of odd i.
    weight_bits, readout_bits: the grid of w and w_in, and of w_out; None: floats.
    profile, options: what `compile` gets for the reservoir whose states the read-out learns from;
        with profile="loihi2" these are a chip's integers, and the read-out stays here, in floats.
    seed: of all draws.
    Source: Jaeger, GMD Report 148 (2001); squares: Lu, Pathak et al., Chaos 27 (2017) 041102.
    """

    _dynamics: ClassVar[Dynamics] = LEAKY_TANH

    def __init__(
        self,
        units: int = 100,
        *,
        synapses: int | None = None,
        spectral_radius: float = 0.9,
        leak_rate: float = 1.0,
        input_scaling: float = 0.2,
        bias_scaling: float = 0.5,
        ridge: float = 1e-9,
        washout: int = 0,
        steps: int | None = 1,
        direct: bool = True,
        squares: bool = False,
        weight_bits: int | None = None,
        readout_bits: int | None = None,
        profile: str = "ideal",
        options: Mapping[str, Any] | None = None,
        seed: int = 0,
    ) -> None:
        self.units = units
        self.synapses = synapses
        self.spectral_radius = spectral_radius
        self.leak_rate = leak_rate
        self.input_scaling = input_scaling
        self.bias_scaling = bias_scaling
        self.ridge = ridge
        self.washout = washout
        self.steps = steps
        self.direct = direct
        self.squares = squares
        self.weight_bits = weight_bits
        self.readout_bits = readout_bits
        self.profile = profile
        self.options = options
        self.seed = seed

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

    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        return {"leak": self.leak_rate, "bias": np.asarray(self.bias_scaling * spread)}
