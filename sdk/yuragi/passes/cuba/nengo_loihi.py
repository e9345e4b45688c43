"""NengoLoihi's emulator, with the limits of its LIF neurons.

Against the chip's rule: the sum of inputs wraps at 21 bits and sign, u and u + bias at 23 bits and
sign; v is held between 0 and 2^23 - 1; weights are rounded half to even; no delays.
Source: nengo/nengo-loihi, emulator/interface.py and builder/discretize.py.
"""

from __future__ import annotations

import numpy as np

from yuragi.passes.cuba.dialect import Array, Dialect, down

__all__ = ["NENGO_LOIHI"]

_MOST = {"mixed": 127, "excitatory": 255, "inhibitory": 255}


def _rounded(weights: Array, sign: str, exponent: int) -> Array:
    """Half to even; the bits that a negative exponent loses are rounded before they are lost."""
    most, cut = _MOST[sign], int(sign == "mixed")
    held = np.clip(np.rint(weights / 2**cut), -most, most)
    lost = cut + exponent
    if lost < 0:
        held = np.clip(np.rint(held * 2.0**lost) * 2.0**-lost, -most, most)
    return np.asarray(held).astype(np.int64) << cut


NENGO_LOIHI = Dialect(
    name="nengo_loihi",
    equations="""\
{arriving} = {input}
{arrived} = wrap({arriving}, 22)
{summed} = decay({u}, {keep_u}) + {arrived}
{now} = wrap({summed}, 24)
{adding} = {now} + {bias}
{added} = wrap({adding}, 24)
{driven} = decay({v}, {keep_v}) + {added}
{u}(t+1) = {now}
{v}(t+1) = max(min({driven}, 8388607), 0)""",
    overflows={
        "input": "{arriving} != {arrived}",
        "u": "{summed} != {now}",
        "u + bias": "{adding} != {added}",
        "v": "{driven} > 8388607",
    },
    bias_mant=(-4095, 4095),
    v_th_mant=(1, 2**17 - 1),
    delay=(1, 1),
    weights={"mixed": (-255, 255), "excitatory": (0, 255), "inhibitory": (-255, 0)},
    cut=_rounded,
    scaled=down,
    inputs=(-(2**21), 2**21 - 1),
    currents=(-(2**23), 2**23 - 1),
    drives=(-(2**23), 2**23 - 1),
    voltages=(0, 2**23 - 1),
)
