"""Units of simulated bifurcation and of coherent Ising machines."""

from __future__ import annotations

from yuragi.dynamics import Dynamics

__all__ = ["BALLISTIC_BIFURCATION", "COHERENT_ISING", "DISCRETE_BIFURCATION"]

DISCRETE_BIFURCATION = Dynamics(
    name="discrete_bifurcation",
    equations="""
        h             = held + field
        held(t+1)     = h
        detuning(t+1) = max(detuning - rate, 0)
        y_free        = y + step*(c*h + c*bias - detuning*x)
        x_free        = x + step*y_free + start
        x(t+1)        = clip(x_free, -1, 1)
        y(t+1)        = where(abs(x_free) > 1, 0, y_free)
        s(t+1)        = where(x_free >= 0, 1, -1)
        change(t+1)   = where(x_free >= 0, 1, -1) - s
    """,
    ports=("field", "start"),
    output="change",
    parameters={"step": 0.5, "c": 0.1, "rate": 0.001, "bias": 0.0},
    initial={"detuning": 1.0},
)
"""An oscillator of discrete simulated bifurcation that sends its sign only when it changes.

    y(t+1) = y + step (c (sum_j J_ij sgn x_j + bias) - detuning x)
    x(t+1) = x + step y(t+1);  where |x| > 1: x = sgn x, y = 0
    detuning falls from 1 to 0 by `rate` a step: the pump a(t) = 1 - detuning

c: 0.5 sqrt(size - 1)/sqrt(sum J^2).      start: sets x in the first step.
A sign that changes is sent as +2 or -2, the first one as +1 or -1; receivers add up: the sum that
they hold is sum_j J_ij sgn x_j, and it never loses a bit in integers.
Source: Goto, Endo, Suzuki, Sakai, Kanao, Hamakawa, Hidaka, Yamasaki & Tatsumura, Sci. Adv. 7
(2021) eabe7953.
"""

BALLISTIC_BIFURCATION = Dynamics(
    name="ballistic_bifurcation",
    equations="""
        detuning(t+1) = max(detuning - rate, 0)
        y_free        = y + step*(c*field + c*bias - detuning*x)
        x_free        = x + step*y_free + start
        x(t+1)        = clip(x_free, -1, 1)
        y(t+1)        = where(abs(x_free) > 1, 0, y_free)
    """,
    ports=("field", "start"),
    output="x",
    parameters={"step": 0.5, "c": 0.1, "rate": 0.001, "bias": 0.0},
    initial={"detuning": 1.0},
)
"""An oscillator of ballistic simulated bifurcation: as the discrete one, but x itself is sent.

Source: Goto et al., Sci. Adv. 7 (2021) eabe7953.
"""

COHERENT_ISING = Dynamics(
    name="coherent_ising",
    equations="""
        power  = x*x
        x(t+1) = x + step*(x*(pump - 1 - power) + error*(c*field + c*bias)) + start
        error(t+1) = clip(error*(1 - step*beta*(power - aim)), 0, largest)
    """,
    ports=("field", "start"),
    output="x",
    parameters={
        "step": 0.05, "pump": 0.9, "c": 0.1, "beta": 0.3, "aim": 0.5, "largest": 32.0, "bias": 0.0,
    },
    initial={"error": 1.0},
)  # fmt: skip
"""A pulse of a coherent Ising machine in mean field, with correction of its amplitude.

    dx/dt = (pump - 1 - x^2) x + e (c sum_j J_ij x_j + bias)
    de/dt = -beta (x^2 - aim) e          beta = 0 leaves e = 1: the open loop

in Euler steps; e is kept from 0 to `largest`.  `start` is added to x.
Source: Wang, Marandi, Wen, Byer & Yamamoto, Phys. Rev. A 88 (2013) 063853; correction: Leleu,
Yamamoto, McMahon & Aihara, Phys. Rev. Lett. 122 (2019) 040607.
"""
