"""The coherent Ising machine in mean field, with correction of its amplitudes, as a network."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from yuragi import backend
from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi.wiring.maps import as_map
from yuragi_models.bifurcation import Found
from yuragi_models.bifurcation_units import COHERENT_ISING
from yuragi_models.ising_problem import IsingProblem

__all__ = ["CoherentIsing"]

Array = NDArray[Any]
_CALIBRATION_STEPS = 256


@final
class CoherentIsing:
    """Optical pulses whose amplitudes are driven by one another; their signs are the spins.

        dx/dt = (pump - 1 - x^2) x + e strength (sum_j J_ij x_j + h_i)/|J|
        de/dt = -beta (x^2 - aim) e                    beta = 0: the open loop, e = 1
        |J| = sqrt(sum J^2/size)

    steps, step: Euler steps and their length.      aim: the power that amplitudes are driven to.
    strength: of the coupling.      amplitude: the first x are uniform in +- this.
    seed: of the first x.
    Source: Leleu, Yamamoto, McMahon & Aihara, Phys. Rev. Lett. 122 (2019) 040607.
    Raises GraphError for fewer than two steps and a step that is not above 0.
    """

    def __init__(
        self,
        problem: IsingProblem,
        *,
        steps: int = 2000,
        step: float = 0.05,
        pump: float = 0.9,
        beta: float = 0.3,
        aim: float = 1.0,
        strength: float = 0.5,
        amplitude: float = 0.01,
        seed: int = 0,
    ) -> None:
        if steps < 2 or not step > 0.0:
            raise GraphError(f"steps {steps}, step {step}: expected steps >= 2 and step > 0")
        self.problem = problem
        self.steps = steps
        self.step = step
        self.pump = pump
        self.beta = beta
        self.aim = aim
        self.strength = strength
        self.amplitude = amplitude
        self.seed = seed

    def start(self, replicas: int) -> Array:
        """The first amplitudes.  shape (replicas, size)"""
        rng = np.random.default_rng(self.seed)
        return rng.uniform(-self.amplitude, self.amplitude, size=(replicas, self.problem.size))

    def stimulus(self, replicas: int) -> dict[str, Array]:
        """What sets the first amplitudes of a run."""
        return {"spins.start": self.start(replicas)[:, None, :]}

    @cached_property
    def network(self) -> Network:
        """One population, `spins`, probed for x in the first and the last step."""
        net = Network(seed=self.seed)
        problem = self.problem
        rms = float(np.sqrt((problem.couplings.data**2).sum() / problem.size))
        net.population(
            "spins",
            problem.size,
            COHERENT_ISING,
            parameters={
                "step": self.step,
                "pump": self.pump,
                "c": self.strength / rms,
                "beta": self.beta,
                "aim": self.aim,
                "bias": problem.fields,
            },
        )
        net.project("spins", "spins", weights=as_map(problem.couplings), port="field")
        start = np.zeros((2, _CALIBRATION_STEPS, problem.size))
        start[:, 0] = self.start(2)
        start[1, 0] = np.where(start[1, 0] > 0, 1.0, -1.0)
        net.stimulate("spins", start, port="start")
        net.probe("spins", "x", every=self.steps - 1)
        return net

    def solve(self, replicas: int = 1, *, profile: str = "ideal", name: str = "chip") -> Found:
        """Run the network.  name: of the backend."""
        program = backend.compile(self.network, backend=name, profile=profile)
        return self.read(program.run(self.stimulus(replicas), steps=self.steps))

    def read(self, recording: Recording) -> Found:
        """The signs at the end of a run."""
        x = recording.traces["spins", "x"].values[:, -1]
        spins = np.where(x >= 0, 1, -1)
        return Found(spins=spins, energies=self.problem.energies(spins))
