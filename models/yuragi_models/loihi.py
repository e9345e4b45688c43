"""Loihi's compartment as its registers, for networks that are in the chip's integers already."""

from __future__ import annotations

from yuragi.passes.cuba.registers import COMPARTMENT

__all__ = ["LOIHI_CUBA"]

LOIHI_CUBA = COMPARTMENT
"""The current-based leaky integrate-and-fire compartment of Loihi, set by its registers.

    u(t+1) = sgn(u) floor(|u| (4095 - delta_u) / 4096) + 64 i
    v(t+1) = sgn(v) floor(|v| (4096 - delta_v) / 4096) + u(t+1) + bias_mant 2^bias_exp
    a spike where v > 64 v_th_mant, strictly; then v = 0

delta_u, delta_v: decays, 0 to 4095.  bias_mant: -4096 to 4095;  bias_exp: 0 to 7.
v_th_mant: threshold, 0 to 131,071.  refractory: steps skipped; the chip's register is one more.

Projections carry integer weights with `exponent` (-8 to 7) and `sign` (mixed: -256 to 255, even;
excitatory: 0 to 255; inhibitory: -255 to 0). On `ideal` the words have no limit; a chip's profile
takes everything as it is, in the integers of the dialect asked for.
Source: Davies et al., IEEE Micro 38(1) (2018) 82; lava-nc/lava, src/lava/proc/lif.
"""
