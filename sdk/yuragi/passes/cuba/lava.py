"""Lava's bit-accurate LIF process on a CPU, with Dense.

Against the chip's rule: a sum of exactly 2^23 stays, one of -2^23 becomes 2^23, and it wraps once;
a negative weight exponent rounds the sum of a Dense down, not each weight; no refractory steps.
Source: lava-nc/lava, proc/lif/models.py (PyLifModelBitAcc), proc/dense/models.py,
utils/weightutils.py.
"""

from __future__ import annotations

from yuragi.passes.cuba.dialect import Array, Dialect

__all__ = ["LAVA"]


def _cut(weights: Array, sign: str, exponent: int) -> Array:
    """The lowest bit of a mixed weight, by an arithmetic shift."""
    del exponent
    return weights >> 1 << 1 if sign == "mixed" else weights


LAVA = Dialect(
    name="lava",
    equations="""\
{summed} = decay({u}, {keep_u}) + {input}
{now} = where({summed} > 8388608, {summed} - 16777216,
    where({summed} <= -8388608, {summed} + 16777216, {summed}))
{driven} = decay({v}, {keep_v}) + {now} + {bias}
{u}(t+1) = {now}
{v}(t+1) = saturate({driven}, 24)""",
    overflows={"u": "{summed} != {now}", "v": "{driven} != saturate({driven}, 24)"},
    bias_exp=(-12, 7),
    refractory=(0, 0),
    delay=(1, 64),
    weights={"mixed": (-256, 255), "excitatory": (0, 255), "inhibitory": (-255, 0)},
    cut=_cut,
    scaled=None,
    currents=(-(2**23) + 1, 2**23),
    voltages=(-(2**23) + 1, 2**23 - 1),
)
