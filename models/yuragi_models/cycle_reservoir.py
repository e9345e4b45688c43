"""The cycle reservoir: one ring of equal weights, and inputs whose signs never repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi.dynamics import Dynamics
from yuragi.wiring.rules import ring
from yuragi_models.analog import LEAKY_TANH
from yuragi_models.drawing import Drawn
from yuragi_models.tanh_regression import TanhRegressor

__all__ = ["CycleReservoirRegressor", "pi_signs"]

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
        signs = pi_signs(self.units * inputs).reshape(self.units, inputs)
        return Drawn(
            w=ring(self.units, self.spectral_radius),
            w_in=self.input_scaling * signs,
            spread=np.random.default_rng((self.seed, 1)).uniform(-1.0, 1.0, self.units),
        )

    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        return {"leak": self.leak_rate, "bias": np.asarray(self.bias_scaling * spread)}
