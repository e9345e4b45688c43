"""NIR's differential equations in closed form, input constant within a step.

A LIF unit of `exact` resets at the instant at which it passes its threshold, and goes on from
there; one of `closed` resets at the end of the step.
"""

from yuragi.io.nir.dialects.rule import CLOSED, Dialect

__all__ = ["CLOSED_FORM", "EXACT"]

# v' of a current that goes from syn to goal_syn: the exact solution of both equations.
_CUBA = """goal_syn = w_in*({i})
syn(t+1) = goal_syn + exp(-dt/tau_syn)*(syn - goal_syn)
passed = dt/tau_mem*exp(-dt/tau_mem)*exprel(dt/tau_mem - dt/tau_syn)
v(t+1) = {keep_tau_mem}*v + {gain_tau_mem}*(v_leak + r*goal_syn) + r*passed*(syn - goal_syn)"""

EXACT = Dialect(
    name="exact",
    step=CLOSED,
    resets={
        "": {"value": "value", "subtract": "subtract", "none": "none"},
        "LIF": {
            "within": "within_step", "value": "value", "subtract": "subtract", "none": "none",
        },
    },
    texts=dict.fromkeys(("CubaLI", "CubaLIF"), _CUBA),
    source="the equations of Pedersen et al., Nature Communications 15 (2024) 8122",
)  # fmt: skip

CLOSED_FORM = Dialect(
    name="closed",
    step=CLOSED,
    resets={"": {"value": "value", "subtract": "subtract", "none": "none"}},
    remarks=dict.fromkeys(
        ("CubaLI", "CubaLIF"), "the current of a step is that at its end, half a step early"
    ),
    source="the equations of Pedersen et al., Nature Communications 15 (2024) 8122",
)
