"""Stochastic and chaotic binary units: Gibbs, Metropolis, neural sampling, chaotic Boltzmann.

All have states z of 0 and 1, drive u = field + bias, and send a spike in every step in which
z = 1. A unit that begins with wait = k has its turn in steps k, k + period, ...; units that have
theirs together must not be connected, or what they sample is another distribution. `clamp` above or
below 0 sets z to 1 or 0 in its step.
"""

from __future__ import annotations

from yuragi.dynamics import Dynamics

__all__ = [
    "CHAOTIC_BOLTZMANN",
    "COARSE_GIBBS",
    "GIBBS",
    "METROPOLIS",
    "NEURAL_SAMPLER",
    "RESTING_GIBBS",
]

GIBBS = Dynamics(
    name="gibbs",
    equations="""
        wait(t+1) = where(wait < 0.5, period - 1, wait - 1)
        p         = sigmoid(beta*(field + bias))
        drawn     = where(wait < 0.5, where(uniform() < p, 1, 0), z)
        z(t+1)    = where(clamp > 0, 1, where(clamp < 0, 0, drawn))
    """,
    ports=("field", "clamp"),
    threshold="z > 0.5",
    parameters={"bias": 0.0, "beta": 1.0, "period": 1.0},
)
"""z = 1 with probability sigmoid(beta u), drawn anew at each turn.

Source: Geman & Geman, IEEE Trans. PAMI 6 (1984) 721; Ackley, Hinton & Sejnowski, Cogn. Sci. 9
(1985) 147.
"""

COARSE_GIBBS = Dynamics(
    name="coarse_gibbs",
    equations="""
        wait(t+1) = where(wait < 0.5, period - 1, wait - 1)
        potential = potential_step*floor((field + bias)/potential_step + 0.5)
        p         = probability_step*floor(sigmoid(potential)/probability_step + 0.5)
        drawn     = where(wait < 0.5, where(uniform() < p, 1, 0), z)
        z(t+1)    = where(clamp > 0, 1, where(clamp < 0, 0, drawn))
    """,
    ports=("field", "clamp"),
    threshold="z > 0.5",
    parameters={
        "bias": 0.0, "potential_step": 0.125, "probability_step": 0.00390625, "period": 1.0,
    },
)  # fmt: skip
"""`gibbs` with its potential and its probability on grids: how coarse may a chip be?"""

METROPOLIS = Dynamics(
    name="metropolis",
    equations="""
        wait(t+1) = where(wait < 0.5, period - 1, wait - 1)
        heat(t+1) = max(heat - rate, 0)
        gain      = (beta - heat)*(1 - 2*z)*(field + bias)
        p         = where(gain < -12, 0, exp(clip(gain, -12, 0)))
        drawn     = where(wait < 0.5, where(uniform() < p, 1 - z, z), z)
        z(t+1)    = where(clamp > 0, 1, where(clamp < 0, 0, drawn))
    """,
    ports=("field", "clamp"),
    threshold="z > 0.5",
    parameters={"bias": 0.0, "rate": 0.0, "beta": 1.0, "period": 1.0},
)
"""z flips with probability min(1, exp(-dE/T)), dE = (2 z - 1) u, 1/T = beta - heat.

What is rarer than exp(-12) never happens.  heat falls by `rate` a step to 0: simulated annealing.
Source: Metropolis, Rosenbluth, Rosenbluth, Teller & Teller, J. Chem. Phys. 21 (1953) 1087;
annealing: Kirkpatrick, Gelatt & Vecchi, Science 220 (1983) 671.
"""

NEURAL_SAMPLER = Dynamics(
    name="neural_sampler",
    equations="""
        wait(t+1) = where(wait < 0.5, period - 1, wait - 1)
        p         = sigmoid(field + bias - log_tau)
        next      = where(left > 1, left - 1, where(uniform() < p, tau, 0))
        left(t+1) = where(clamp > 0, tau, where(clamp < 0, 0, where(wait < 0.5, next, left)))
    """,
    ports=("field", "clamp"),
    threshold="left > 0.5",
    parameters={
        "bias": 0.0, "tau": 20.0, "log_tau": 2.995732273553991, "period": 1.0,
    },
)  # fmt: skip
"""A unit that fires and then counts as 1 for tau turns, the refractory time of a neuron.

While at most one turn is left it fires with probability sigmoid(u - ln tau).
log_tau: ln tau.
Source: Buesing, Bill, Nessler & Maass, PLoS Comput. Biol. 7 (2011) e1002211.
"""

RESTING_GIBBS = Dynamics(
    name="resting_gibbs",
    equations="""
        p         = sigmoid(beta*(field + bias))
        drawn     = where(rest > 0.5, z, where(uniform() < p, 1, 0))
        z(t+1)    = where(clamp > 0, 1, where(clamp < 0, 0, drawn))
        rest(t+1) = where(abs(drawn - z) > 0.5, refractory, max(rest - 1, 0))
    """,
    ports=("field", "clamp"),
    threshold="z > 0.5",
    parameters={"bias": 0.0, "beta": 1.0, "refractory": 5.0},
)
"""All units are drawn at once, and one that has changed keeps its state for some steps.

An optimiser, not a sampler: what it visits is not the Boltzmann distribution.
Source: the NEBM process of https://github.com/lava-nc/lava-optimization.
"""

CHAOTIC_BOLTZMANN = Dynamics(
    name="chaotic_boltzmann",
    equations="""
        up     = exp(field + bias)
        down   = exp(-(field + bias))
        free   = x + step*where(z > 0.5, -1 - down, 1 + up)
        turned = where(free >= 1, 1 - (free - 1)*down, where(free <= 0, -free*up, free))
        z_free = where(free >= 1, 1, where(free <= 0, 0, z))
        z(t+1) = where(clamp > 0, 1, where(clamp < 0, 0, z_free))
        x(t+1) = clip(turned + start, 0, 1)
    """,
    ports=("field", "clamp", "start"),
    threshold="z > 0.5",
    parameters={"bias": 0.0, "step": 0.005},
)
"""A unit without any randomness that samples by chaos, in Euler steps.

    dx/dt = 1 + exp(u) while z = 0, until x = 1: then z = 1
    dx/dt = -(1 + exp(-u)) while z = 1, until x = 0: then z = 0

The times in 0 and in 1 are sigmoid(-u) and sigmoid(u). What a step passes beyond an end is walked
back from there at the other speed, so that one unit keeps its times for any step; coupled ones
hear of a change up to a step late. `start` is added to x.
Source: Suzuki, Imura, Horio & Aihara, Sci. Rep. 3 (2013) 1610.
"""
