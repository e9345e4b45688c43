"""Units with refractoriness, which makes them chaotic: Nagumo-Sato, Aihara, and a piecewise one."""

from __future__ import annotations

from yuragi.dynamics import Dynamics

__all__ = ["CHAOTIC_NEURON", "CHAOTIC_RELU", "NAGUMO_SATO", "SINGLE_CHAOTIC_NEURON"]

CHAOTIC_NEURON = Dynamics(
    name="chaotic_neuron",
    equations="""
        eta(t+1)  = k_f*eta + feedback + drive
        zeta(t+1) = k_r*zeta - alpha*x + a
        x         = sigmoid((eta + zeta)/epsilon)
    """,
    ports=("feedback", "drive"),
    output="x",
    parameters={"k_f": 0.2, "k_r": 0.9, "alpha": 10.0, "a": 2.0, "epsilon": 0.015},
)
"""The chaotic neuron in its network form.

    eta(t+1)  = k_f eta(t) + feedback + drive        feedback = sum_j w_ij x_j(t)
    zeta(t+1) = k_r zeta(t) - alpha x(t) + a         refractoriness
    x(t+1)    = 1 / (1 + exp(-(eta(t+1) + zeta(t+1))/epsilon))

k_f, k_r: decay of the feedback and of the refractoriness, in [0, 1).
alpha, a: strength of the refractoriness, and the bias.      epsilon: width of the sigmoid.
drive: a second port for inputs, so that a chip may give it a scale of its own; it adds to feedback.
Without input eta is 0 and the unit is y(t+1) = k y(t) - alpha f(y(t)) + a with k = k_r, y = zeta.
Largest Lyapunov exponent of that single unit at k_r = .7, alpha = 1, epsilon = .02: +.343 at
a = .1 (measured here). The default values are those of the associative network, 100 units.
Source: Aihara, Takabe, Toyoda, Phys. Lett. A 144 (1990) 333; network form: Adachi & Aihara,
Neural Networks 10 (1997) 83.
"""

NAGUMO_SATO = Dynamics(
    name="nagumo_sato",
    equations="y(t+1) = k*y - alpha*heaviside(y) + a + i",
    ports=("i",),
    threshold="y >= 0",
    parameters={"k": 0.5, "alpha": 1.0, "a": 0.5},
)
"""y(t+1) = k y(t) - alpha H(y(t)) + a + i(t); a spike wherever y >= 0, and no reset.

The rate is a complete devil's staircase of a: the plateau of rate p/q has the width
alpha (1-k)^2 k^(q-2) / (1-k^q), and the Lyapunov exponent is ln k for every a.

k: decay of the refractoriness, in (0, 1).
Source: Nagumo & Sato, Kybernetik 10 (1972) 155; Hata, J. Math. Kyoto Univ. 22 (1982) 155.
"""

CHAOTIC_RELU = Dynamics(
    name="chaotic_relu",
    equations="""
        y(t+1) = k*y - alpha*x + a + i
        x      = relu(y)
    """,
    ports=("i",),
    output="x",
    parameters={"k": 0.9, "alpha": 2.5, "a": 1.0},
)
"""y(t+1) = k y(t) - alpha max(0, y(t)) + a + i(t): chaos without a table, a skew tent map.

With r = alpha - k and no input: r < 1 a fixed point of exponent ln r; r > 1 > k r a cycle of
two, exponent ln(k r)/2.
Source: Seisan Kenkyu 70 (2018) 183.
"""

SINGLE_CHAOTIC_NEURON = Dynamics(
    name="single_chaotic_neuron",
    equations="""
        y(t+1) = k*y - alpha*x + a + i
        x      = sigmoid(y/epsilon)
    """,
    ports=("i",),
    output="x",
    parameters={"k": 0.7, "alpha": 1.0, "a": 0.1, "epsilon": 0.02},
)
"""y(t+1) = k y(t) - alpha f(y(t)) + a + i(t), f(y) = 1/(1 + exp(-y/epsilon)): one chaotic neuron.

With the default k, alpha and epsilon the Lyapunov exponent is +.343 at a = .1 and .9, +.355 at
a = .35; the rate of f >= .5 is locked to 1/3, 1/2 and 2/3 at a = .25, .5 and .75.
Source: Aihara, Takabe, Toyoda, Phys. Lett. A 144 (1990) 333.
"""
