"""Brian2Loihi's neurons and synapses.

Against the chip's rule: decays are given directly, 0 to 4096, with nothing added; words have no
limit; no bias; mixed weights are cut towards zero. Its v takes the current of before the step, and
its synapses add to it after: one step of delay, as everywhere else.
Source: sagacitysite/brian2_loihi, neurongroup.py and synapses.py; Michaelis et al., Front.
Neuroinform. 16 (2022) 1015624.
"""

from __future__ import annotations

import numpy as np

from yuragi.passes.cuba.dialect import Array, Dialect, down

__all__ = ["BRIAN2_LOIHI"]

_LARGEST = 2**15 - 1


def _cut(weights: Array, sign: str, exponent: int) -> Array:
    """The lowest bit of a mixed weight, towards zero."""
    del exponent
    return np.trunc(weights / 2).astype(np.int64) * 2 if sign == "mixed" else weights


def _scaled(weights: Array, exponent: int) -> Array:
    return np.clip(down(weights, exponent), -_LARGEST, _LARGEST)


BRIAN2_LOIHI = Dialect(
    name="brian2_loihi",
    equations="""\
{now} = decay({u}, {keep_u}) + {input}
{u}(t+1) = {now}
{v}(t+1) = decay({v}, {keep_v}) + {now}""",
    offset_u=0,
    delta_u=(0, 4096),
    delta_v=(0, 4096),
    bias_mant=(0, 0),
    refractory=(0, 63),
    delay=(1, 63),
    weights={"mixed": (-256, 254), "excitatory": (0, 255), "inhibitory": (-256, 0)},
    cut=_cut,
    scaled=_scaled,
)
