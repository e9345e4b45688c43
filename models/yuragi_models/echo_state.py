"""The echo state network as a regressor: leaky tanh units, trained is only the read-out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from yuragi.dynamics import Dynamics
from yuragi_models.analog import LEAKY_TANH
from yuragi_models.tanh_regression import RandomTanhRegressor

__all__ = ["EchoStateRegressor"]


@final
@dataclass(kw_only=True, eq=False, repr=False)
class EchoStateRegressor(RandomTanhRegressor):
    """An echo state network whose read-out predicts a value in every step.

        x(t+1) = (1 - leak_rate) x(t) + leak_rate tanh(w x(t) + w_in u + b)
        prediction = w_out [u, x] + c

    The parameters are those of RandomTanhRegressor.
    Source: Jaeger, GMD Report 148 (2001); squares: Lu, Pathak et al., Chaos 27 (2017) 041102.
    """

    _dynamics: ClassVar[Dynamics] = LEAKY_TANH
