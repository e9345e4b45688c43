"""Rate units that learn: they keep the error that a rule reads."""

from __future__ import annotations

from yuragi.dynamics import Dynamics

__all__ = ["NOISY_TANH", "TAUGHT_TANH"]

NOISY_TANH = Dynamics(
    name="noisy_tanh",
    equations="""
        x(t+1) = x + h*(tanh(beta*(recurrent + gamma*eta)) - x) + sigma*sqrt(h)*normal()
        error  = xi - x
    """,
    ports=("recurrent",),
    output="x",
    parameters={"beta": 1.0, "gamma": 0.1, "eta": 0.0, "xi": 0.0, "sigma": 0.1, "h": 0.1},
)
"""dx = (-x + tanh(beta (J x + gamma eta))) dt + sigma dW in steps of h (Euler, Maruyama).

eta: the input.      xi: the target of the rule `hebb_to_target`, which reads `error`.
Source: Kurikawa & Kaneko, Nat. Commun. 16 (2025), arXiv:2409.13597.
"""


TAUGHT_TANH = Dynamics(
    name="taught_tanh",
    equations="""
        x(t+1) = x + h*(tanh(gate*teacher + (1 - gate)*recurrent) - x) + sigma*normal()
        error  = gate*(teacher - recurrent)
    """,
    ports=("recurrent", "teacher", "gate"),
    output="x",
    parameters={"h": 0.3, "sigma": 0.0},
)
"""A leaky tanh unit that follows its teacher where gate = 1, and the network where gate = 0."""
