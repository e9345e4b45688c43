"""The chip's own integers, as far as public records show them.

    u' = sgn(u) floor(|u| (4095 - delta_u) / 4096) + 64 I,  a word of 24 bits that wraps
    v' = sgn(v) floor(|v| (4096 - delta_v) / 4096) + u' + bias,  held within +-(2^23 - 1)

Sources: records of Loihi 2 in neuromorphs/NIR (paper/01_lif) and lava-nc/lava-dl; update rule and
ranges: lava-nc/lava, src/lava/proc/lif; that u wraps: nengo/nengo-loihi, builder/discretize.py,
overflow_signed; exponents on each weight, in whole multiples of 64: Michaelis et al., Front.
Neuroinform. 16 (2022) 1015624, compared with the chip.
"""

from __future__ import annotations

from yuragi.passes.cuba.dialect import Array, Dialect, down

__all__ = ["LOIHI"]


def _even(weights: Array, sign: str, exponent: int) -> Array:
    """A mixed weight has its sign in the lowest bit: even, rounded down."""
    del exponent
    return weights >> 1 << 1 if sign == "mixed" else weights


LOIHI = Dialect(
    name="loihi",
    equations="""\
{summed} = decay({u}, {keep_u}) + {input}
{now} = wrap({summed}, 24)
{driven} = decay({v}, {keep_v}) + {now} + {bias}
{u}(t+1) = {now}
{v}(t+1) = saturate({driven}, 24)""",
    overflows={"u": "{summed} != {now}", "v": "{driven} != saturate({driven}, 24)"},
    weights={"mixed": (-256, 255), "excitatory": (0, 255), "inhibitory": (-255, 0)},
    cut=_even,
    scaled=down,
    currents=(-(2**23), 2**23 - 1),
    voltages=(-(2**23) + 1, 2**23 - 1),
)
