"""Simulated annealing of an Ising problem as a network of Metropolis units."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import networkx
import numpy as np
from numpy.typing import NDArray

from yuragi import backend
from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi.wiring.maps import as_map
from yuragi_models.bifurcation import Found
from yuragi_models.ising_problem import IsingProblem
from yuragi_models.sampling_units import METROPOLIS

__all__ = ["SimulatedAnnealing"]

Array = NDArray[Any]
_CALIBRATION_STEPS = 128


@final
class SimulatedAnnealing:
    """Metropolis updates while the temperature falls: 1/T grows from 1/hot to 1/cold.

    Spins that are not coupled have their turn together: one step for each colour of the graph.

    sweeps: turns of every spin.      hot, cold: temperatures, in units of the couplings' own.
    seed: of the draws and of the first states.
    Source: Kirkpatrick, Gelatt & Vecchi, Science 220 (1983) 671.
    Raises GraphError for less than one sweep and temperatures that are not above 0.
    """

    def __init__(
        self,
        problem: IsingProblem,
        *,
        sweeps: int = 500,
        hot: float = 5.0,
        cold: float = 0.2,
        seed: int = 0,
    ) -> None:
        if sweeps < 1:
            raise GraphError(f"sweeps {sweeps}: expected from 1")
        if not (hot > 0.0 and cold > 0.0):
            raise GraphError(f"hot {hot}, cold {cold}: expected temperatures above 0")
        self.problem = problem
        self.sweeps = sweeps
        self.hot = hot
        self.cold = cold
        self.seed = seed

    @cached_property
    def turns(self) -> NDArray[np.int64]:
        """The colour of each spin.  shape (size,)"""
        graph = networkx.from_scipy_sparse_array(self.problem.couplings)
        colours = networkx.greedy_color(graph, strategy="largest_first")
        return np.array([colours[k] for k in range(self.problem.size)], dtype=np.int64)

    @property
    def steps(self) -> int:
        """Steps of a run: the first states, then all sweeps."""
        return 1 + self.sweeps * (int(self.turns.max()) + 1)

    def stimulus(self, replicas: int) -> dict[str, Array]:
        """What sets the first states of a run."""
        rng = np.random.default_rng(self.seed)
        first = rng.choice([-1.0, 1.0], size=(replicas, 1, self.problem.size))
        return {"spins.clamp": first}

    @cached_property
    def network(self) -> Network:
        """One population, `spins`, its states z = (1 + s)/2 probed in the first and last step."""
        net = Network(seed=self.seed)
        j, h = self.problem.couplings, self.problem.fields
        first, last = 1.0 / self.hot, 1.0 / self.cold
        net.population(
            "spins",
            self.problem.size,
            METROPOLIS,
            parameters={
                "bias": 2.0 * h - 2.0 * np.asarray(j.sum(axis=1)).reshape(-1),
                "period": self.turns.max() + 1.0,
                "rate": (last - first) / self.steps,
                "beta": last,
            },
            initial={"wait": self.turns, "heat": last - first},
        )
        net.project("spins", "spins", weights=as_map(4.0 * j), port="field")
        clamp = np.zeros((4, _CALIBRATION_STEPS, self.problem.size))
        clamp[:, :1] = self.stimulus(4)["spins.clamp"]
        net.stimulate("spins", clamp, port="clamp")
        net.probe("spins", "z", every=self.steps - 1)
        return net

    def solve(self, replicas: int = 1, *, profile: str = "ideal", name: str = "chip") -> Found:
        """Run the network.  name: of the backend."""
        program = backend.compile(self.network, backend=name, profile=profile)
        return self.read(program.run(self.stimulus(replicas), steps=self.steps))

    def read(self, recording: Recording) -> Found:
        """The states at the end of a run."""
        z = recording.traces["spins", "z"].values[:, -1]
        spins = np.where(z > 0, 1, -1)
        return Found(spins=spins, energies=self.problem.energies(spins))
