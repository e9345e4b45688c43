"""Unit models, networks and estimators that come with yuragi.

Names are loaded when they are first used: the unit models must not wait for scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "BoltzmannMachine": "yuragi_models.boltzmann",
    "ChaoticAssignment": "yuragi_models.chaotic_assignment",
    "ChaoticMemory": "yuragi_models.chaotic_memory",
    "ChaoticReservoirClassifier": "yuragi_models.reservoir",
    "ChaoticReservoirRegressor": "yuragi_models.chaotic_reservoir",
    "CoherentIsing": "yuragi_models.coherent",
    "ContinuousHopfield": "yuragi_models.hopfield",
    "CoupledMaps": "yuragi_models.coupled_maps",
    "CycleReservoirClassifier": "yuragi_models.cycle_reservoir",
    "CycleReservoirRegressor": "yuragi_models.cycle_reservoir",
    "DenseMemory": "yuragi_models.dense_memory",
    "EchoStateRegressor": "yuragi_models.echo_state",
    "Force": "yuragi_models.recursive_readout",
    "HopfieldMemory": "yuragi_models.hopfield",
    "IsingProblem": "yuragi_models.ising_problem",
    "LiquidClassifier": "yuragi_models.liquid",
    "LiquidRegressor": "yuragi_models.liquid",
    "ModernHopfield": "yuragi_models.dense_memory",
    "NextGenerationReservoir": "yuragi_models.nvar",
    "RULES": "yuragi_models.learning_rules",
    "RateNetwork": "yuragi_models.rate_network",
    "RecursiveLeastSquares": "yuragi_models.recursive_readout",
    "ReservoirClassifier": "yuragi_models.reservoir",
    "RestrictedBoltzmann": "yuragi_models.restricted_boltzmann",
    "SimulatedAnnealing": "yuragi_models.annealing",
    "SimulatedBifurcation": "yuragi_models.bifurcation",
    "SpikingHopfield": "yuragi_models.hopfield",
    "SpikingPerceptron": "yuragi_models.conversion",
    "TransientChaos": "yuragi_models.transient_chaos",
    "TrajectoryLearner": "yuragi_models.trajectories",
    "UNITS": "yuragi_models.units",
}

__all__ = [  # noqa: PLE0604 - every name is in _HOME
    *sorted(_HOME),
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'yuragi_models' has no attribute {name!r}")
    found: Any = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return list(__all__)
