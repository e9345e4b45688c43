"""The zoo: unit models by the names that model files use."""

from __future__ import annotations

from yuragi.dynamics import Dynamics
from yuragi_models.analog import ACCUMULATOR, INTEGRATOR, LEAKY_TANH, RELAY, RELU, SIGMOID
from yuragi_models.chaotic import CHAOTIC_NEURON, CHAOTIC_RELU, NAGUMO_SATO
from yuragi_models.loihi import LOIHI_CUBA
from yuragi_models.spiking import CUBA_LIF, IZHIKEVICH, LIF, MCCULLOCH_PITTS

__all__ = ["UNITS"]

UNITS: dict[str, Dynamics] = {
    unit.name: unit
    for unit in (
        ACCUMULATOR,
        CHAOTIC_NEURON,
        CHAOTIC_RELU,
        CUBA_LIF,
        LOIHI_CUBA,
        INTEGRATOR,
        IZHIKEVICH,
        LEAKY_TANH,
        LIF,
        MCCULLOCH_PITTS,
        NAGUMO_SATO,
        RELAY,
        RELU,
        SIGMOID,
    )
}
"""Each is described where it is defined: analog, chaotic and spiking units."""
