"""Units that send spikes: McCulloch-Pitts, leaky integrate-and-fire, CUBA-LIF, Izhikevich."""

from __future__ import annotations

from yuragi.dynamics import Dynamics

__all__ = ["ADAPTIVE_LIF", "CUBA_LIF", "IZHIKEVICH", "LIF", "MCCULLOCH_PITTS"]

MCCULLOCH_PITTS = Dynamics(
    name="mcculloch_pitts",
    equations="u = i",
    ports=("i",),
    threshold="u >= theta",
    parameters={"theta": 1.0},
)
"""A spike in the step in which i >= theta: H(i - theta) with H(0) = 1. No memory.

Source: McCulloch & Pitts, Bull. Math. Biophys. 5 (1943) 115.
"""

LIF = Dynamics(
    name="lif",
    equations="v(t+1) = decay*v + i + bias",
    ports=("i",),
    threshold="v > v_th",
    reset="v = 0",
    parameters={"decay": 0.9, "bias": 0.0, "v_th": 1.0},
)
"""v(t+1) = decay v(t) + i(t) + bias; a spike where v > v_th, then v = 0.

decay: exp(-dt/tau) for a membrane of time constant tau, in [0, 1].
A constant bias I above v_th (1 - decay) gives a spike every n steps, n the first with
I (1 - decay^n)/(1 - decay) > v_th.
Source: Lapicque, J. Physiol. Pathol. Gen. 9 (1907) 620; in steps: Gerstner et al., Neuronal
Dynamics (2014), section 1.3.
"""

CUBA_LIF = Dynamics(
    name="cuba_lif",
    equations="""
        u_next = (1 - delta_u)*u + i
        u(t+1) = u_next
        v(t+1) = (1 - delta_v)*v + u_next + bias
    """,
    ports=("i",),
    threshold="v > v_th",
    reset="v = 0",
    parameters={"delta_u": 0.5, "delta_v": 0.1, "bias": 0.0, "v_th": 1.0},
)
"""The current-based leaky integrate-and-fire unit in the order of Loihi.

    u(t+1) = (1 - delta_u) u(t) + i(t)
    v(t+1) = (1 - delta_v) v(t) + u(t+1) + bias         the current of this step, after its decay
    a spike where v > v_th, strictly; then v = 0

delta_u, delta_v: decay of current and voltage in a step, in [0, 1].
Source: Davies et al., IEEE Micro 38(1) (2018) 82; order of updates as in the LIF process of Lava,
https://github.com/lava-nc/lava.
"""

IZHIKEVICH = Dynamics(
    name="izhikevich",
    equations="""
        v(t+1) = v + h*(0.04*v**2 + 5*v + 140 - u + i + bias)
        u(t+1) = u + h*a*(b*v - u)
    """,
    ports=("i",),
    threshold="v >= 30",
    reset="v = c; u += d",
    parameters={"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "bias": 0.0, "h": 0.05},
    initial={"v": -70.0, "u": -14.0},
)
"""Izhikevich's unit in Euler steps of h milliseconds; the defaults are a regular spiking cell.

    dv/dt = 0.04 v^2 + 5 v + 140 - u + i + bias        du/dt = a (b v - u)
    a spike where v >= 30; then v = c and u grows by d

v in mV, h in ms; i is a current, so an event lasts one step of h.  At rest v = -70, u = -14.
Source: Izhikevich, IEEE Trans. Neural Networks 14 (2003) 1569.
"""

ADAPTIVE_LIF = Dynamics(
    name="adaptive_lif",
    equations="""
        v(t+1) = decay*v + i + bias
        b(t+1) = decay_b*b
    """,
    ports=("i",),
    threshold="v > v_th + b",
    reset="v -= v_th; b += strength",
    parameters={"decay": 0.9, "decay_b": 0.99, "strength": 0.1, "bias": 0.0, "v_th": 1.0},
)
"""A leaky unit whose threshold rises by `strength` at each spike and decays back.

    v(t+1) = decay v(t) + i(t) + bias        b(t+1) = decay_b b(t)
    a spike where v > v_th + b; then v loses v_th, and b grows by strength

Source: Bellec et al., NeurIPS 2018, arXiv:1803.09574.
"""
