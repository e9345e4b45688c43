"""A small network of every family, for the comparison of backends: `yuragi conformance --models`.

Each is what the model's own `network` gives, with few units and few steps; its own stimulus drives
it. Chaotic ones are held to the reference step by step for a horizon, after that in their means.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import networkx
import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from yuragi.conformance_cases import Case
from yuragi.dynamics import Dynamics
from yuragi.network import Network
from yuragi_models.annealing import SimulatedAnnealing
from yuragi_models.assignment_instances import assignment_instance
from yuragi_models.bifurcation import SimulatedBifurcation
from yuragi_models.boltzmann import random_machine
from yuragi_models.chaotic_assignment import ChaoticAssignment
from yuragi_models.chaotic_memory import ChaoticMemory, balanced_patterns
from yuragi_models.chaotic_reservoir import ChaoticReservoirRegressor
from yuragi_models.coherent import CoherentIsing
from yuragi_models.conversion import SpikingPerceptron
from yuragi_models.coupled_maps import CoupledMaps
from yuragi_models.cycle_reservoir import CycleReservoirRegressor
from yuragi_models.dense_memory import DenseMemory, ModernHopfield
from yuragi_models.echo_state import EchoStateRegressor
from yuragi_models.hopfield import ContinuousHopfield, HopfieldMemory, SpikingHopfield
from yuragi_models.ising_problem import IsingProblem
from yuragi_models.liquid import LiquidRegressor
from yuragi_models.nvar import NextGenerationReservoir
from yuragi_models.rate_network import RateNetwork
from yuragi_models.restricted_boltzmann import RestrictedBoltzmann
from yuragi_models.series_tasks import narma10
from yuragi_models.tours import TEN_CITIES, distances
from yuragi_models.trajectories import TrajectoryLearner, cosine
from yuragi_models.transient_chaos import TransientChaos
from yuragi_models.units import UNITS

__all__ = ["FAMILIES"]

Array = NDArray[Any]
_SUMS = 1e-12
_SIZE = 12


def _units(
    *names: str, dt: float | None = None, drive: float = 0.0, **spread: tuple[float, float]
) -> Network:
    """Populations of units side by side, each on its own.

    drive: the amplitude of an input to the first port.      spread: parameters, name=(low, high).
    """
    net = Network(seed=1, dt=dt)
    for name in names:
        unit = UNITS[name]
        own = {k: np.linspace(*v, _SIZE) for k, v in spread.items() if k in unit.parameters}
        net.population(name, _SIZE, unit, parameters=own)
        if drive:
            wave = drive * np.sin(0.3 * np.arange(40)[:, None] + np.arange(_SIZE))
            net.stimulate(name, wave, port=unit.ports[0])
        _probe(net, name, unit)
    return net


def _probe(net: Network, name: str, unit: Dynamics) -> None:
    if unit.spiking:
        net.probe(name, "spikes")
    for variable in (*unit.system.states[:1], *((unit.output,) if unit.output else ())):
        net.probe(name, variable)


def _patterns(count: int = 3, size: int = 24) -> Array:
    return balanced_patterns(count, size)


def _problem() -> IsingProblem:
    return IsingProblem.max_cut(networkx.random_regular_graph(3, 16, seed=1))


def _reservoir(kind: Callable[..., Any], **options: Any) -> Network:
    u, y = narma10(160, seed=0)
    fitted = kind(**options).fit(u[None, :, None], y[None])
    net: Network = fitted.network
    return net


def _next_generation() -> Network:
    u, y = narma10(160, seed=0)
    net: Network = NextGenerationReservoir(delays=2, steps=None).fit(u[:, None], y).network
    return net


def _restricted() -> Network:
    pages = np.random.default_rng(0).integers(0, 2, (40, 12)).astype(np.float64)
    net: Network = RestrictedBoltzmann(6, iterations=2).fit(pages).network
    return net


def _rates() -> Network:
    net = RateNetwork(20).network()
    net.probe("units", "x")
    return net


def _perceptron() -> Network:
    rng = np.random.default_rng(0)
    x = rng.random((60, 6))
    learned = MLPClassifier((8,), tol=0.1, random_state=0)
    return SpikingPerceptron(learned.fit(x, x.argmax(axis=1)), x[:4], steps=16).network()


def _case(name: str, build: Callable[[], Network], steps: int = 40, **options: Any) -> Case:
    """A case of as many trials as the network's own stimulus has."""
    return Case(name=name, build=build, steps=steps, trials=None, relative=_SUMS, **options)


_UNITS = (
    _case("formal neuron", partial(_units, "mcculloch_pitts", drive=1.0)),
    _case(
        "analog units", partial(_units, "sigmoid", "relu", "leaky_relu", "tanh", "swish", drive=2.0)
    ),
    _case("lif", partial(_units, "lif", drive=0.5)),
    _case("cuba_lif", partial(_units, "cuba_lif", bias=(0.05, 0.3))),
    _case("adaptive_lif", partial(_units, "adaptive_lif", bias=(0.1, 0.5))),
    _case("izhikevich", partial(_units, "izhikevich", drive=5.0)),
    _case(
        "Hodgkin-Huxley, both sets",
        partial(
            _units, "hodgkin_huxley_1952", "hodgkin_huxley_essay", dt=1e-5, current=(0.0, 20.0)
        ),
        200,
    ),
    _case(
        "Morris-Lecar, three sets",
        partial(
            _units,
            "morris_lecar_class1",
            "morris_lecar_class2",
            "morris_lecar_homoclinic",
            dt=5e-5,
            current=(30.0, 120.0),
        ),
        200,
    ),
    _case(
        "pitchfork and pair",
        partial(_units, "pitchfork", "pitchfork_pair", dt=0.05, pump=(0.5, 3.0)),
        200,
    ),
    _case("Nagumo-Sato", partial(_units, "nagumo_sato", a=(0.05, 0.95))),
    _case(
        "chaotic neuron", partial(_units, "single_chaotic_neuron", a=(0.05, 0.95)), 200, horizon=20
    ),
    _case(
        "ReLU chaotic neuron", partial(_units, "chaotic_relu", alpha=(1.95, 3.0)), 200, horizon=20
    ),
)
_NETWORKS = (
    _case("associative network", lambda: ChaoticMemory(_patterns(4, 40)).network, 200, horizon=20),
    _case(
        "travelling salesman", lambda: TransientChaos(distances(TEN_CITIES)).network, 60, horizon=20
    ),
    _case(
        "quadratic assignment", lambda: ChaoticAssignment(assignment_instance("nug12")).network(40)
    ),
    _case("coupled maps", lambda: CoupledMaps(16).network, 60, horizon=20),
    _case("Hopfield", lambda: HopfieldMemory(sweeps=2).fit(_patterns()).network, 50),
    _case(
        "Hopfield, pseudo-inverse",
        lambda: HopfieldMemory(rule="pseudo_inverse", sweeps=2).fit(_patterns()).network,
        50,
    ),
    _case("Hopfield in plain spikes", lambda: SpikingHopfield(_patterns()).network, 12),
    _case("continuous Hopfield", lambda: ContinuousHopfield(_patterns()).network),
    _case("dense memory", lambda: DenseMemory(_patterns(6)).network),
    _case("modern Hopfield", lambda: ModernHopfield(_patterns(6) / 5.0, span=6.0).network, 12),
    _case("Boltzmann machine, Gibbs", lambda: random_machine(5, scale=1.2, seed=0).network),
    _case(
        "Boltzmann machine, Metropolis",
        lambda: random_machine(5, scale=1.2, seed=0, method="metropolis").network,
    ),
    _case(
        "Boltzmann machine, neural",
        lambda: random_machine(5, scale=1.2, seed=0, method="neural").network,
    ),
    _case(
        "Boltzmann machine, chaotic",
        lambda: random_machine(5, scale=1.2, seed=0, method="chaotic").network,
        60,
    ),
    _case("restricted Boltzmann", _restricted),
    _case("bifurcation, discrete", lambda: SimulatedBifurcation(_problem(), steps=41).network, 41),
    _case(
        "bifurcation, ballistic",
        lambda: SimulatedBifurcation(_problem(), steps=41, discrete=False).network,
        41,
    ),
    _case("coherent Ising", lambda: CoherentIsing(_problem(), steps=41).network, 41),
    _case("annealing", lambda: SimulatedAnnealing(_problem(), sweeps=10).network),
    _case("echo state network", partial(_reservoir, EchoStateRegressor, units=20)),
    _case("cycle reservoir", partial(_reservoir, CycleReservoirRegressor, units=20)),
    _case("chaotic reservoir", partial(_reservoir, ChaoticReservoirRegressor, units=20)),
    _case("liquid-state machine", partial(_reservoir, LiquidRegressor, units=20)),
    _case("next-generation reservoir", _next_generation),
    _case("noisy rate network", _rates),
    _case(
        "learned movement",
        lambda: TrajectoryLearner(20, waves=2, rounds=2, alone=1).network(len(cosine(20))),
        60,
    ),
    _case("spiking perceptron", _perceptron, 20),
)
FAMILIES: tuple[Case, ...] = (*_UNITS, *_NETWORKS)
"""The families in the order of the documentation."""
