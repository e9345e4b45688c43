"""Degenerate optical parametric oscillators: a pitchfork unit, and a pair of them that spikes."""

from __future__ import annotations

from yuragi.dynamics import Dynamics

__all__ = ["PITCHFORK", "PITCHFORK_PAIR"]

PITCHFORK = Dynamics(
    name="pitchfork",
    equations="dx/dt = (pump - 1)*x - x**3 + i",
    ports=("i",),
    output="x",
    parameters={"pump": 2.0},
    initial={"x": 0.1},
    method="rk4",
)
"""dx/dt = (p - 1) x - x^3 + i: 0 below p = 1, +-sqrt(p - 1) above.

Source: Wang, Marandi, Wen, Byer & Yamamoto, Phys. Rev. A 88 (2013) 063853.
"""

PITCHFORK_PAIR = Dynamics(
    name="pitchfork_pair",
    equations="""
        dv/dt = (pump - 1)*v - v**3 + coupling*w + i
        dw/dt = (pump - 1)*w - w**3 - coupling*v
        above(t+1) = heaviside(v)
    """,
    ports=("i",),
    threshold="v > 0 and above < 0.5",
    parameters={"pump": 1.5, "coupling": 1.0},
    initial={"v": 0.1},
    method="rk4",
)
"""Two pitchfork units, coupled by +J and -J: a spiking unit of either class.

    dv/dt = (p - 1) v - v^3 + J w        dw/dt = (p - 1) w - w^3 - J v

It begins to turn at p = 1 in a Hopf bifurcation with the frequency J/2 pi (class II), and stops at
p - 1 = 2 sqrt(2) J in a saddle-node on an invariant circle (class I). A spike where v rises
through 0.
Source: Inagaki et al., Nat. Commun. 12 (2021) 2325.
"""
