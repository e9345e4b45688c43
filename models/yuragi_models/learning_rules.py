"""Local learning rules, each one text: the Hebb-type rules and spike-timing plasticity."""

from __future__ import annotations

from yuragi.plasticity import Plasticity

__all__ = ["DELTA", "HEBB_TO_TARGET", "OJA", "PAIR_STDP", "REWARDED_STDP", "RULES"]

HEBB_TO_TARGET = Plasticity(
    name="hebb_to_target",
    equations="w(t+1) = w + rate*error*s_pre",
    reads=("error",),
    parameters={"rate": 0.001},
)
"""w += rate (xi - x_post) x_pre: the unit keeps `error = xi - x`.

Source: Kurikawa & Kaneko, Nat. Commun. 16 (2025), arXiv:2409.13597.
"""

DELTA = Plasticity(
    name="delta",
    equations="""
        last(t+1) = s_pre
        w(t+1)    = w + rate*error*last
    """,
    reads=("error",),
    parameters={"rate": 0.01},
)
"""w += rate error x_pre of the step before, whose sum is what the error is of: least mean squares.

Source: Widrow & Hoff, IRE WESCON Convention Record 4 (1960) 96.
"""

OJA = Plasticity(
    name="oja",
    equations="w(t+1) = w + rate*s_post*(s_pre - s_post*w)",
    parameters={"rate": 0.01},
)
"""w += rate y (x - y w): the weights of a linear unit become the first principal component.

Source: Oja, J. Math. Biol. 15 (1982) 267.
"""

PAIR_STDP = Plasticity(
    name="pair_stdp",
    equations="""
        x(t+1) = decay_plus*x + s_pre
        y(t+1) = decay_minus*y + s_post
        w(t+1) = clip(w + a_plus*x*s_post - a_minus*y*s_pre, low, high)
    """,
    parameters={
        "decay_plus": 0.951,
        "decay_minus": 0.951,
        "a_plus": 0.01,
        "a_minus": 0.0105,
        "low": 0.0,
        "high": 1.0,
    },
)
"""Pairs of spikes: w grows by a_plus exp(-dt/tau_plus) where the source was first, and so on.

decay_plus, decay_minus: exp(-step/tau), .951 for a step of 1 ms and tau = 20 ms.
A pair in the same step changes nothing.
Source: Song, Miller & Abbott, Nat. Neurosci. 3 (2000) 919, as traces: Morrison, Diesmann &
Gerstner, Biol. Cybern. 98 (2008) 459.
"""

REWARDED_STDP = Plasticity(
    name="rewarded_stdp",
    equations="""
        x(t+1) = decay*x + s_pre
        y(t+1) = decay*y + s_post
        e(t+1) = keep*e + a_plus*x*s_post - a_minus*y*s_pre
        w(t+1) = clip(w + e*reward, low, high)
    """,
    reads=("reward",),
    parameters={
        "decay": 0.951,
        "keep": 0.998,
        "a_plus": 0.01,
        "a_minus": 0.0105,
        "low": 0.0,
        "high": 1.0,
    },
)
"""Pairs leave a trace e at the synapse, which a reward, read from the target, turns into weight.

Source: Izhikevich, Cereb. Cortex 17 (2007) 2443.
"""

RULES: dict[str, Plasticity] = {
    rule.name: rule for rule in (DELTA, HEBB_TO_TARGET, OJA, PAIR_STDP, REWARDED_STDP)
}
"""The zoo of learning rules, by the names that model files use."""
