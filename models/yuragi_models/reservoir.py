"""Classifiers with random reservoirs: leaky tanh units, or chaotic neurons."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi.dynamics import Dynamics
from yuragi_models.analog import LEAKY_TANH, leaky_tanh
from yuragi_models.chaotic import CHAOTIC_NEURON
from yuragi_models.drawing import Drawn, draw
from yuragi_models.sequences import SequenceClassifier

__all__ = ["ChaoticReservoirClassifier", "RandomReservoirClassifier", "ReservoirClassifier"]

Array = NDArray[Any]


@dataclass(kw_only=True, eq=False, repr=False)
class RandomReservoirClassifier(SequenceClassifier, ABC):
    """A reservoir with random weights.

    synapses: inputs of each unit from the reservoir.      spectral_radius: of w.
    The other parameters are those of SequenceClassifier.
    """

    synapses: int = 20
    spectral_radius: float = 1.1

    def _draw(self, inputs: int) -> Drawn:
        return draw(
            self.units,
            inputs,
            synapses=self.synapses,
            radius=self.spectral_radius,
            input_scaling=self.input_scaling,
            bits=self.weight_bits,
            seed=self.seed,
        )


@final
@dataclass(kw_only=True, eq=False, repr=False)
class ReservoirClassifier(RandomReservoirClassifier):
    """An echo state network of leaky tanh units with a ridge read-out.

        x(t+1) = (1 - leak_rate) x(t) + leak_rate tanh(w_in u + w x(t) + b)

    leak_rate: in (0, 1].
    The other parameters are those of RandomReservoirClassifier.
    Source: Jaeger, GMD Report 148 (2001); leaky units: Jaeger, Lukosevicius, Popovici, Siewert,
    Neural Networks 20 (2007) 335.
    """

    leak_rate: float = 0.7
    _dynamics: ClassVar[Dynamics] = LEAKY_TANH

    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        return leaky_tanh(self.leak_rate, self.bias_scaling * spread)


@final
@dataclass(kw_only=True, eq=False, repr=False)
class ChaoticReservoirClassifier(RandomReservoirClassifier):
    """A reservoir of chaotic neurons with a ridge read-out.

        eta(t+1)  = k_f eta(t) + w x(t) + w_in u
        zeta(t+1) = k_r zeta(t) - alpha x(t) + a
        x(t)      = 1 / (1 + exp(-(eta(t) + zeta(t))/epsilon))

    k_f, k_r, alpha, epsilon: as in the unit `chaotic_neuron`.
    a: the mean bias; bias_scaling spreads it, uniform, from unit to unit.
    The other parameters are those of RandomReservoirClassifier.

    The default values keep the refractoriness and leave chaos out. Largest Lyapunov exponents
    measured here, of a single unit and of 300 coupled units without input: -.72 and 0.00 with the
    default values, which name .989 of the scanned digits (8 x 8, rows as steps); +.38 and +.50
    with epsilon = .05, a = .2, k_f = .2, radius .5, which name .92; +.12 and +.35 with
    epsilon = .07, a = .3, radius .25, which name .87. Chaos costs accuracy because two runs from
    almost the same image part ways.
    Source: Aihara, Takabe, Toyoda, Phys. Lett. A 144 (1990) 333; as a reservoir: Ebato et al.,
    Sci. Rep. 14 (2024) 8631.
    """

    spectral_radius: float = 2.0
    k_f: float = 0.5
    k_r: float = 0.9
    alpha: float = 1.0
    a: float = 0.25
    epsilon: float = 0.5
    _dynamics: ClassVar[Dynamics] = CHAOTIC_NEURON
    _recurrent_port: ClassVar[str] = "feedback"

    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        return {
            "k_f": self.k_f,
            "k_r": self.k_r,
            "alpha": self.alpha,
            "epsilon": self.epsilon,
            "a": np.asarray(self.a + self.bias_scaling * spread),
        }
