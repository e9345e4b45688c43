"""Units of Hopfield networks: two-valued and continuous."""

from __future__ import annotations

from yuragi.dynamics import Dynamics

__all__ = ["CONTINUOUS_HOPFIELD", "HOPFIELD"]

HOPFIELD = Dynamics(
    name="hopfield",
    equations="""
        wait(t+1) = where(wait < 0.5, period - 1, wait - 1)
        h         = field + bias
        chosen    = where(h > 0, 1, where(h < 0, -1, s))
        mine      = where(wait < 0.5, chosen, s)
        s(t+1)    = where(cue > 0, 1, where(cue < 0, -1, mine))
    """,
    ports=("field", "cue"),
    output="s",
    parameters={"bias": 0.0, "period": 1.0},
    initial={"s": 1.0, "wait": 0.0},
)
"""s = sgn h, h = sum_j w_ij s_j + bias; s stays where h = 0.

A unit that begins with wait = k has its turn in steps k, k + period, ...: period 1 is synchronous,
another wait for each unit asynchronous, one for some units a block.  A cue that is not 0 sets s in
its step.
Source: Hopfield, PNAS 79 (1982) 2554.
"""

CONTINUOUS_HOPFIELD = Dynamics(
    name="continuous_hopfield",
    equations="""
        u(t+1) = u + step*(field + bias - u) + cue
        v      = tanh(gain*u)
    """,
    ports=("field", "cue"),
    output="v",
    parameters={"gain": 4.0, "bias": 0.0, "step": 0.1},
)
"""du/dt = -u + sum_j w_ij v_j + bias, v = tanh(gain u), in Euler steps; a cue is added to u.

step: of time in units of the time constant.
Source: Hopfield, PNAS 81 (1984) 3088.
"""
