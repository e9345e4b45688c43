"""The chaotic echo state network: tanh units that remember input, feedback and their own output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

from numpy.typing import ArrayLike, NDArray

from yuragi.dynamics import Dynamics
from yuragi_models.tanh_regression import RandomTanhRegressor

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
@dataclass(kw_only=True, eq=False, repr=False)
class ChaoticReservoirRegressor(RandomTanhRegressor):
    """An echo state network of units with histories, `chaotic_tanh`.

    k_e, k_f, k_r: decay of the histories of input, feedback and refractoriness, in [0, 1).
    alpha: strength of the refractoriness.
    The other parameters are those of RandomTanhRegressor; an EchoStateRegressor where these four
    are 0.
    Source: Ebato et al., Sci. Rep. 14 (2024) 8631.
    """

    k_e: float = 0.0
    k_f: float = 0.1
    k_r: float = 0.1
    alpha: float = 0.1
    _dynamics: ClassVar[Dynamics] = CHAOTIC_TANH

    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        return {
            **super()._parameters(spread),
            "k_e": self.k_e,
            "k_f": self.k_f,
            "k_r": self.k_r,
            "alpha": self.alpha,
        }
