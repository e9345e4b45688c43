"""Chaotic units: Nagumo-Sato, Aihara, a piecewise one, those of searches, and a coupled map."""

from __future__ import annotations

from yuragi.dynamics import Dynamics

__all__ = [
    "CHAOTIC_NEURON",
    "CHAOTIC_PROPOSAL",
    "CHAOTIC_RELU",
    "COUPLED_LOGISTIC",
    "NAGUMO_SATO",
    "SINGLE_CHAOTIC_NEURON",
    "TRANSIENTLY_CHAOTIC",
]

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

TRANSIENTLY_CHAOTIC = Dynamics(
    name="transiently_chaotic",
    equations="""
        wait(t+1) = where(wait < 0.5, period - 1, wait - 1)
        x         = sigmoid(y/epsilon)
        moved     = k*y + strength*(field + bias) - z*(x - i0)
        y(t+1)    = where(wait < 0.5, moved, y) + start
        z(t+1)    = where(wait < 0.5, z - beta*z, z)
    """,
    ports=("field", "start"),
    output="x",
    parameters={
        "k": 0.9, "strength": 0.015, "i0": 0.65, "epsilon": 0.004, "beta": 0.003, "bias": 1.0,
        "period": 1.0,
    },
    initial={"z": 0.08, "wait": 1.0},
)  # fmt: skip
"""A unit whose chaos fades: its self-coupling z decays until a Hopfield unit is left.

    y(t+1) = k y + strength (sum_j w_ij x_j + bias) - z (x - i0),   x = sigmoid(y/epsilon)
    z(t+1) = (1 - beta) z

A unit that begins with wait = k has its turn in steps k, k + period, ...: period 1 is synchronous,
another wait for each unit asynchronous.      start: added to y, whosever turn it is.
Source: Chen & Aihara, Neural Networks 8 (1995) 915.
"""

CHAOTIC_PROPOSAL = Dynamics(
    name="chaotic_proposal",
    equations="""
        fired     = sigmoid((gain + zeta)/epsilon)
        zeta(t+1) = k_r*zeta - alpha*fired + theta*(1 - k_r)
        u(t+1)    = gain + zeta
    """,
    ports=("gain",),
    threshold="u > 0",
    parameters={"k_r": 0.7, "alpha": 2.0, "theta": 1.2, "epsilon": 0.02},
    initial={"zeta": 1.2},
)
"""A unit that proposes a change: it spikes where gain + zeta > 0, and then is tired of it.

    zeta(t+1) = k_r zeta - alpha sigmoid((gain + zeta)/epsilon) + theta (1 - k_r)

gain: what the change would save, given step by step.      theta: where zeta rests.
Source: Hasegawa, Ikeguchi, Aihara & Itoh, Eur. J. Oper. Res. 139 (2002) 543.
"""

COUPLED_LOGISTIC = Dynamics(
    name="coupled_logistic",
    equations="""
        value      = 1 - a*x*x
        begun(t+1) = 1
        x(t+1)     = begun*((1 - coupling)*value + field) + start
    """,
    ports=("field", "start"),
    output="value",
    parameters={"a": 1.8, "coupling": 0.3},
)
"""A logistic map that hears the mean of all others; the first step only takes `start`.

    x(t+1) = (1 - coupling) f(x(t)) + field,   f(x) = 1 - a x^2,   field = coupling mean_j f(x_j)

Source: Kaneko, Physica D 41 (1990) 137.
"""
