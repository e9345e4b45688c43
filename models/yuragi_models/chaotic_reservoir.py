"""The chaotic echo state network: tanh units that remember input, feedback and their own output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi.dynamics import Dynamics
from yuragi_models.drawing import Drawn, draw
from yuragi_models.sequence_regression import SequenceRegressor

__all__ = ["CHAOTIC_TANH", "ChaoticReservoirRegressor"]

Array = NDArray[Any]

CHAOTIC_TANH = Dynamics(
    name="chaotic_tanh",
    equations="""
        xi_next   = k_e*xi + drive
        eta_next  = k_f*eta + recurrent
        zeta_next = k_r*zeta - alpha*x + bias
        xi(t+1)   = xi_next
        eta(t+1)  = eta_next
        zeta(t+1) = zeta_next
        x(t+1)    = (1 - leak)*x + leak*tanh(xi_next + eta_next + zeta_next)
    """,
    ports=("drive", "recurrent"),
    output="x",
    parameters={"k_e": 0.0, "k_f": 0.0, "k_r": 0.0, "alpha": 0.0, "leak": 0.7, "bias": 0.0},
)
"""A leaky tanh unit with the three histories of the chaotic neuron.

    xi(t+1)   = k_e xi(t) + drive            input
    eta(t+1)  = k_f eta(t) + recurrent       feedback
    zeta(t+1) = k_r zeta(t) - alpha x(t) + bias      refractoriness
    x(t+1)    = (1 - leak) x(t) + leak tanh(xi(t+1) + eta(t+1) + zeta(t+1))

With k_e = k_f = k_r = alpha = 0 it is `leaky_tanh`, bit for bit.
Source: Ebato et al., Sci. Rep. 14 (2024) 8631; histories: Aihara, Takabe, Toyoda, Phys. Lett. A
144 (1990) 333.
"""


@final
class ChaoticReservoirRegressor(SequenceRegressor):
    """An echo state network of units with histories, `chaotic_tanh`.

    k_e, k_f, k_r: decay of the histories of input, feedback and refractoriness, in [0, 1).
    alpha: strength of the refractoriness.
    The other parameters are those of EchoStateRegressor, which it is where these four are 0.
    Source: Ebato et al., Sci. Rep. 14 (2024) 8631.
    """

    _dynamics: ClassVar[Dynamics] = CHAOTIC_TANH

    def __init__(
        self,
        units: int = 100,
        *,
        synapses: int | None = None,
        spectral_radius: float = 0.9,
        k_e: float = 0.0,
        k_f: float = 0.1,
        k_r: float = 0.1,
        alpha: float = 0.1,
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
        self.k_e = k_e
        self.k_f = k_f
        self.k_r = k_r
        self.alpha = alpha
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
        return {
            "k_e": self.k_e,
            "k_f": self.k_f,
            "k_r": self.k_r,
            "alpha": self.alpha,
            "leak": self.leak_rate,
            "bias": np.asarray(self.bias_scaling * spread),
        }
