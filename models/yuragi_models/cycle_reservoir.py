"""The cycle reservoir: one ring of equal weights, and inputs whose signs never repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi.dynamics import Dynamics
from yuragi.wiring.rules import ring
from yuragi_models.analog import LEAKY_TANH, leaky_tanh
from yuragi_models.drawing import Drawn
from yuragi_models.sequences import SequenceClassifier
from yuragi_models.tanh_regression import TanhRegressor

__all__ = ["CycleReservoirClassifier", "CycleReservoirRegressor", "pi_signs"]

Array = NDArray[Any]


def pi_signs(count: int) -> Array:
    """+1 and -1 by the binary digits of the fraction of pi: 0 gives -1.  shape (count,)

    A sign pattern with a period would make units of a ring copies of each other.
    Source: Machin's formula, pi = 16 arctan(1/5) - 4 arctan(1/239), in whole numbers.
    """
    spare = 32
    one = 1 << (count + spare)

    def arctan_of_inverse(x: int) -> int:
        term, total, k = one // x, 0, 0
        while term:
            total += (-1) ** k * (term // (2 * k + 1))
            term //= x * x
            k += 1
        return total

    pi = 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)
    bits = format((pi - 3 * one) >> spare, f"0{count}b")
    return np.array([1.0 if bit == "1" else -1.0 for bit in bits])


def _cycle(units: int, inputs: int, *, weight: float, input_scaling: float, seed: int) -> Drawn:
    signs = pi_signs(units * inputs).reshape(units, inputs)
    return Drawn(
        w=ring(units, weight),
        w_in=input_scaling * signs,
        spread=np.random.default_rng((seed, 1)).uniform(-1.0, 1.0, units),
    )


@final
@dataclass(kw_only=True, eq=False, repr=False)
class CycleReservoirRegressor(TanhRegressor):
    """A reservoir with one weight for all: w_(i+1, i) = spectral_radius, closed to a ring.

        x_(i+1)(t+1) = tanh(r x_i(t) + v s_i u + b),  s_i of +1 and -1 from the digits of pi

    input_scaling: v.      bias_scaling: of b, uniform, from `seed`; all else needs no draws.
    The other parameters are those of TanhRegressor.
    Source: Rodan & Tino, IEEE Trans. Neural Networks 22 (2011) 131.
    """

    _dynamics: ClassVar[Dynamics] = LEAKY_TANH

    def _draw(self, inputs: int) -> Drawn:
        return _cycle(
            self.units,
            inputs,
            weight=self.spectral_radius,
            input_scaling=self.input_scaling,
            seed=self.seed,
        )


@final
@dataclass(kw_only=True, eq=False, repr=False)
class CycleReservoirClassifier(SequenceClassifier):
    """The reservoir of CycleReservoirRegressor with the read-out of SequenceClassifier.

        x_(i+1)(t+1) = (1 - leak_rate) x_(i+1)(t) + leak_rate tanh(r x_i(t) + v s_i u + b)

    spectral_radius: r.      leak_rate: in (0, 1].      input_scaling: v.
    bias_scaling: of b, uniform, from `seed`; all else needs no draws.
    The other parameters are those of SequenceClassifier.
    Source: Rodan & Tino, IEEE Trans. Neural Networks 22 (2011) 131.
    """

    spectral_radius: float = 0.9
    leak_rate: float = 0.7
    _dynamics: ClassVar[Dynamics] = LEAKY_TANH

    def _draw(self, inputs: int) -> Drawn:
        return _cycle(
            self.units,
            inputs,
            weight=self.spectral_radius,
            input_scaling=self.input_scaling,
            seed=self.seed,
        )

    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        return leaky_tanh(self.leak_rate, self.bias_scaling * spread)
