"""The zoo: unit models by the names that model files use."""

from __future__ import annotations

from yuragi.dynamics import Dynamics
from yuragi_models.analog import (
    ACCUMULATOR,
    INTEGRATOR,
    LEAKY_RELU,
    LEAKY_TANH,
    RELAY,
    RELU,
    SIGMOID,
    SWISH,
    TANH,
)
from yuragi_models.bifurcation_units import (
    BALLISTIC_BIFURCATION,
    COHERENT_ISING,
    DISCRETE_BIFURCATION,
)
from yuragi_models.chaotic import (
    CHAOTIC_NEURON,
    CHAOTIC_PROPOSAL,
    CHAOTIC_RELU,
    COUPLED_LOGISTIC,
    NAGUMO_SATO,
    SINGLE_CHAOTIC_NEURON,
    TRANSIENTLY_CHAOTIC,
)
from yuragi_models.conductance import (
    HODGKIN_HUXLEY_1952,
    HODGKIN_HUXLEY_ESSAY,
    MORRIS_LECAR_CLASS1,
    MORRIS_LECAR_CLASS2,
    MORRIS_LECAR_HOMOCLINIC,
)
from yuragi_models.conversion import INTEGRATE_AND_FIRE
from yuragi_models.hopfield_units import CONTINUOUS_HOPFIELD, HOPFIELD
from yuragi_models.loihi import LOIHI_CUBA
from yuragi_models.pitchfork import PITCHFORK, PITCHFORK_PAIR
from yuragi_models.rate_units import NOISY_TANH, TAUGHT_TANH
from yuragi_models.sampling_units import (
    CHAOTIC_BOLTZMANN,
    COARSE_GIBBS,
    GIBBS,
    METROPOLIS,
    NEURAL_SAMPLER,
    RESTING_GIBBS,
)
from yuragi_models.spiking import ADAPTIVE_LIF, CUBA_LIF, IZHIKEVICH, LIF, MCCULLOCH_PITTS

__all__ = ["UNITS"]

UNITS: dict[str, Dynamics] = {
    unit.name: unit
    for unit in (
        ACCUMULATOR,
        ADAPTIVE_LIF,
        BALLISTIC_BIFURCATION,
        CHAOTIC_BOLTZMANN,
        CHAOTIC_NEURON,
        CHAOTIC_PROPOSAL,
        CHAOTIC_RELU,
        COARSE_GIBBS,
        COHERENT_ISING,
        CONTINUOUS_HOPFIELD,
        COUPLED_LOGISTIC,
        CUBA_LIF,
        DISCRETE_BIFURCATION,
        GIBBS,
        HODGKIN_HUXLEY_1952,
        HODGKIN_HUXLEY_ESSAY,
        HOPFIELD,
        INTEGRATE_AND_FIRE,
        INTEGRATOR,
        IZHIKEVICH,
        LEAKY_RELU,
        LEAKY_TANH,
        LIF,
        LOIHI_CUBA,
        MCCULLOCH_PITTS,
        METROPOLIS,
        MORRIS_LECAR_CLASS1,
        MORRIS_LECAR_CLASS2,
        MORRIS_LECAR_HOMOCLINIC,
        NAGUMO_SATO,
        NEURAL_SAMPLER,
        NOISY_TANH,
        PITCHFORK,
        PITCHFORK_PAIR,
        RELAY,
        RELU,
        RESTING_GIBBS,
        SIGMOID,
        SINGLE_CHAOTIC_NEURON,
        SWISH,
        TANH,
        TAUGHT_TANH,
        TRANSIENTLY_CHAOTIC,
    )
}
"""Each is described where it is defined: analog, chaotic and spiking units."""
