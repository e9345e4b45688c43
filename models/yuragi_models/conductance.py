"""Conductance models: Hodgkin-Huxley with two sets of constants, Morris-Lecar in three.

Times are milliseconds inside the equations, d/dt is in seconds: hence the factor 1000.
"""

from __future__ import annotations

from dataclasses import replace

from yuragi.dynamics import Dynamics

__all__ = [
    "HODGKIN_HUXLEY_1952",
    "HODGKIN_HUXLEY_ESSAY",
    "MORRIS_LECAR_CLASS1",
    "MORRIS_LECAR_CLASS2",
    "MORRIS_LECAR_HOMOCLINIC",
]

HODGKIN_HUXLEY_1952 = Dynamics(
    name="hodgkin_huxley_1952",
    equations="""
        am = 1/exprel((25 - v)/10)
        bm = 4*exp(-v/18)
        ah = 0.07*exp(-v/20)
        bh = 1/(exp((30 - v)/10) + 1)
        an = 0.1/exprel((10 - v)/10)
        bn = 0.125*exp(-v/80)
        ionic = g_na*m**3*h*(v - e_na) + g_k*n**4*(v - e_k) + g_l*(v - e_l)
        dv/dt = 1000*(current + i - ionic)/c
        dm/dt = 1000*(am*(1 - m) - bm*m)
        dh/dt = 1000*(ah*(1 - h) - bh*h)
        dn/dt = 1000*(an*(1 - n) - bn*n)
        above(t+1) = heaviside(v - 50)
    """,
    ports=("i",),
    threshold="v > 50 and above < 0.5",
    parameters={
        "current": 0.0,
        "c": 1.0,
        "g_na": 120.0,
        "g_k": 36.0,
        "g_l": 0.3,
        "e_na": 115.0,
        "e_k": -12.0,
        "e_l": 10.6,
    },
    initial={"v": 0.0, "m": 0.052932, "h": 0.596121, "n": 0.317677},
    method="rk4",
)
"""The squid axon, v in mV from rest, currents in uA/cm^2, dt of .01 ms; a spike at an upstroke.

    C dv/dt = I - g_Na m^3 h (v - E_Na) - g_K n^4 (v - E_K) - g_L (v - E_L)
    dx/dt = alpha_x (1 - x) - beta_x x     for x = m, h, n, which begin at their values for v = 0

alpha_m and alpha_n are written with exprel(z) = (e^z - 1)/z, which is 1 at 0.
No temperature factor: 6.3 C. Source: Hodgkin & Huxley, J. Physiol. 117 (1952) 500.
"""

HODGKIN_HUXLEY_ESSAY = replace(
    HODGKIN_HUXLEY_1952,
    name="hodgkin_huxley_essay",
    parameters={**HODGKIN_HUXLEY_1952.parameters, "g_k": 40.0, "g_l": 0.24, "e_l": 10.613},
)
"""The constants that K. Aihara prints in an essay on generative AI and mathematics.

They move the onset of repetitive firing from 6.3 to 8.5 uA/cm^2.
"""

MORRIS_LECAR_CLASS1 = Dynamics(
    name="morris_lecar_class1",
    equations="""
        m_inf = 0.5*(1 + tanh((v - v1)/v2))
        w_inf = 0.5*(1 + tanh((v - v3)/v4))
        z     = (v - v3)/(2*v4)
        pace  = phi*0.5*(exp(z) + exp(-z))
        ionic = g_ca*m_inf*(v - e_ca) + g_k*w*(v - e_k) + g_l*(v - e_l)
        dv/dt = 1000*(current + i - ionic)/c
        dw/dt = 1000*pace*(w_inf - w)
        above(t+1) = heaviside(v)
    """,
    ports=("i",),
    threshold="v > 0 and above < 0.5",
    parameters={
        "current": 0.0,
        "c": 20.0,
        "g_ca": 4.0,
        "g_k": 8.0,
        "g_l": 2.0,
        "e_ca": 120.0,
        "e_k": -84.0,
        "e_l": -60.0,
        "v1": -1.2,
        "v2": 18.0,
        "v3": 12.0,
        "v4": 17.4,
        "phi": 1.0 / 15.0,
    },
    initial={"v": -59.474, "w": 0.00027},
    method="rk4",
)
"""The barnacle muscle fibre, class I: it begins to fire as slowly as one likes, at 39.96 uA/cm^2.

    C dv/dt = I - g_Ca m_inf (v - E_Ca) - g_K w (v - E_K) - g_L (v - E_L)
    dw/dt = phi cosh((v - v3)/(2 v4)) (w_inf - w)

v in mV, currents in uA/cm^2; dt of .05 ms. A spike at an upstroke through 0 mV.
Source: Morris & Lecar, Biophys. J. 35 (1981) 193; sets of constants: Rinzel & Ermentrout, in Koch
& Segev, Methods in Neuronal Modeling (1989).
"""

MORRIS_LECAR_CLASS2 = replace(
    MORRIS_LECAR_CLASS1,
    name="morris_lecar_class2",
    parameters={
        **MORRIS_LECAR_CLASS1.parameters,
        "g_ca": 4.4,
        "v3": 2.0,
        "v4": 30.0,
        "phi": 0.04,
    },
    initial={"v": -60.855, "w": 0.014915},
)
"""Class II: the rest loses stability in a Hopf bifurcation at 93.86, and regains it at 212.02."""

MORRIS_LECAR_HOMOCLINIC = replace(
    MORRIS_LECAR_CLASS1,
    name="morris_lecar_homoclinic",
    parameters={**MORRIS_LECAR_CLASS1.parameters, "phi": 0.23},
)
"""As class I with a faster w: firing begins at a homoclinic orbit, beside a stable rest."""
