"""Simulated bifurcation: an Ising problem as a network, and as a compiled search."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi.wiring.maps import as_map
from yuragi_models.bifurcation_loops import ballistic, discrete
from yuragi_models.bifurcation_units import BALLISTIC_BIFURCATION, DISCRETE_BIFURCATION
from yuragi_models.ising_problem import IsingProblem

__all__ = ["Found", "SimulatedBifurcation"]

Array = NDArray[Any]
_CALIBRATION_STEPS = 128


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What a search found.

    spins: the last state of each replica, +1 and -1.      shape (replicas, size)
    energies: shape (replicas,)
    """

    spins: Array
    energies: Array

    @property
    def best(self) -> Array:
        """The state of the lowest energy.  shape (size,)"""
        return np.asarray(self.spins[int(self.energies.argmin())])


@final
class SimulatedBifurcation:
    """Oscillators that bifurcate into +1 and -1 while a pump rises from 0 to 1.

        y(t+1) = y + step (c (sum_j J_ij q_j + h_i) - (1 - a(t)) x)
        x(t+1) = x + step y(t+1);  where |x| > 1: x = sgn x, y = 0
        q = sgn x (discrete) or x (ballistic);  c = 0.5 sqrt(size - 1)/sqrt(sum J^2)

    problem: what is minimised.      steps: of the whole pump.
    step: length of a step.  On graphs whose couplings do not average to zero the discrete form is
        unstable at 1.25, the length published for K2000: all signs flip in every step.
    discrete: signs are sent, and only when they change; else positions, in every step.
    amplitude: the first positions are uniform in +- this.      seed: of the first positions.
    Source: Goto, Tatsumura & Dixon, Sci. Adv. 5 (2019) eaav2372; Goto et al., Sci. Adv. 7 (2021)
    eabe7953.
    Raises GraphError for fewer than two steps, a step that is not above 0 and no couplings.
    """

    def __init__(
        self,
        problem: IsingProblem,
        *,
        steps: int = 1000,
        step: float = 0.5,
        discrete: bool = True,
        amplitude: float = 0.01,
        seed: int = 0,
    ) -> None:
        if steps < 2 or not step > 0.0:
            raise GraphError(f"steps {steps}, step {step}: expected steps >= 2 and step > 0")
        total = float((problem.couplings.data**2).sum())
        if total == 0.0:
            raise GraphError("the problem has no couplings, so nothing bifurcates together")
        self.problem = problem
        self.steps = steps
        self.step = step
        self.discrete = discrete
        self.amplitude = amplitude
        self.seed = seed
        self.coupling = 0.5 * float(np.sqrt(problem.size - 1) / np.sqrt(total))

    def start(self, replicas: int) -> Array:
        """The first positions.  shape (replicas, size)"""
        rng = np.random.default_rng(self.seed)
        return rng.uniform(-self.amplitude, self.amplitude, size=(replicas, self.problem.size))

    def stimulus(self, replicas: int) -> dict[str, Array]:
        """What sets the first positions of a run: `program.run(model.stimulus(40), steps=...)`."""
        return {"spins.start": self.start(replicas)[:, None, :]}

    @cached_property
    def network(self) -> Network:
        """One population, `spins`, probed for its positions x in the first and the last step.

        Its own stimulus, two trials of small and of full positions, shows a chip every range.
        """
        net = Network(seed=self.seed)
        problem = self.problem
        net.population(
            "spins",
            problem.size,
            DISCRETE_BIFURCATION if self.discrete else BALLISTIC_BIFURCATION,
            parameters={
                "step": self.step,
                "c": self.coupling,
                "rate": 1.0 / self.steps,
                "bias": problem.fields,
            },
        )
        net.project("spins", "spins", weights=as_map(problem.couplings), port="field")
        first = self.start(2)
        start = np.zeros((2, _CALIBRATION_STEPS, problem.size))
        start[:, 0] = first
        start[1, 0] = np.where(first[1] > 0, 1.0, -1.0)
        net.stimulate("spins", start, port="start")
        net.probe("spins", "x", every=self.steps - 1)
        return net

    def solve(self, replicas: int = 1, *, threads: int | None = None) -> Found:
        """Run the same equations in compiled float32 loops, replicas side by side.

        Raises GraphError for less than one replica.
        """
        if replicas < 1:
            raise GraphError(f"replicas {replicas}: expected from 1")
        run = discrete if self.discrete else ballistic
        x = run(
            self.problem.couplings,
            self.problem.fields,
            self.start(replicas),
            c=self.coupling,
            step=self.step,
            rate=1.0 / self.steps,
            steps=self.steps,
            threads=threads,
        )
        return self._found(x)

    def read(self, recording: Recording) -> Found:
        """What a run of the network found."""
        return self._found(recording.traces["spins", "x"].values[:, -1])

    def _found(self, x: ArrayLike) -> Found:
        spins = np.where(np.asarray(x) >= 0, 1, -1)
        return Found(spins=spins, energies=self.problem.energies(spins))
