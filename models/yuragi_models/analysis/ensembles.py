"""Statistical mechanics of Ising problems: exact sums, mean field, annealed importance sampling.

    p(s) = exp(-beta E(s))/Z        F = -ln Z / beta        F[Q] = <E>_Q - S(Q)/beta >= F

For any Q, D_KL(Q || p) = beta (F[Q] - F): the Gibbs-Bogoliubov inequality with its gap.
Source: MacKay, Information Theory, Inference, and Learning Algorithms (2003), chapters 31 and 33.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log, sinh, sqrt, tanh
from typing import Any, Final, final

import networkx
import numpy as np
import scipy.special
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import wasserstein_distance

from yuragi.errors import GraphError, RunError
from yuragi_models.boltzmann import divergence
from yuragi_models.ising_problem import IsingProblem

__all__ = [
    "ONSAGER_BETA",
    "Annealed",
    "Ensemble",
    "MeanField",
    "annealed_log_z",
    "curie_weiss",
    "curie_weiss_log_z",
    "jensen_shannon",
    "mean_field",
    "onsager_energy",
    "onsager_magnetisation",
    "periodic_lattice",
    "wasserstein",
]

Array = NDArray[Any]
_MOST_ENUMERATED: Final = 20
_SETTLED: Final = 1e-12
_NEWTON_STEPS: Final = 100
ONSAGER_BETA: Final = log(1.0 + sqrt(2.0)) / 2.0
"""beta_c J of the square lattice: T_c = 2.269185."""


@final
@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """All 2^n states of a small problem and their probabilities at an inverse temperature.

    Raises GraphError for more than 20 spins.
    """

    problem: IsingProblem
    beta: float = 1.0

    def __post_init__(self) -> None:
        if self.problem.size > _MOST_ENUMERATED:
            raise GraphError(
                f"{self.problem.size} spins: at most {_MOST_ENUMERATED} are enumerated"
            )

    @cached_property
    def states(self) -> NDArray[np.int8]:
        """+1 and -1, the first spin in the lowest bit.  shape (2^n, n)"""
        n = self.problem.size
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return (2 * bits - 1).astype(np.int8)

    @cached_property
    def energies(self) -> Array:
        """E of every state.  shape (2^n,)"""
        return self.problem.energies(self.states)

    @cached_property
    def log_z(self) -> float:
        """Ln Z."""
        return float(scipy.special.logsumexp(-self.beta * self.energies))

    @property
    def free_energy(self) -> float:
        """F = -ln Z / beta."""
        return -self.log_z / self.beta

    @cached_property
    def probabilities(self) -> Array:
        """p(s).  shape (2^n,)"""
        return np.asarray(np.exp(-self.beta * self.energies - self.log_z))

    def mean(self, values: ArrayLike) -> float:
        """The mean of one value for each state."""
        return float(self.probabilities @ np.asarray(values))

    @property
    def heat_capacity(self) -> float:
        """C = beta^2 (<E^2> - <E>^2), in units of Boltzmann's constant."""
        energy = self.mean(self.energies)
        return self.beta**2 * self.mean((self.energies - energy) ** 2)

    def of(self, magnetisations: ArrayLike) -> Array:
        """Q(s) = prod (1 + m_i s_i)/2, the factorised distribution.  shape (2^n,)"""
        return np.asarray(np.prod((1.0 + np.asarray(magnetisations) * self.states) / 2.0, axis=1))

    def variational(self, q: ArrayLike) -> float:
        """F[Q] = <E>_Q - S(Q)/beta of any distribution over the states."""
        q = np.asarray(q, dtype=np.float64)
        entropy = float(scipy.special.entr(q).sum())
        return float(q @ self.energies) - entropy / self.beta


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanField:
    """A factorised distribution: m_i = tanh(beta (sum_j J_ij m_j + h_i)).

    magnetisations: shape (n,)      free_energy: F[Q], never below F.
    """

    magnetisations: Array
    free_energy: float


def mean_field(
    problem: IsingProblem, beta: float = 1.0, *, start: float = 0.1, steps: int = 1_000
) -> MeanField:
    """The mean-field equations by damped iteration, from all spins at `start`, then by Newton's.

    At a critical temperature iteration alone would never settle.
    steps: of the damped iteration, at most.
    Raises RunError where they do not settle.
    """
    m = np.full(problem.size, start)
    for _ in range(steps):
        off = m - np.tanh(beta * (problem.couplings @ m + problem.fields))
        if np.abs(off).max() < _SETTLED:
            break
        m = m - off / 2.0
    m = _polished(problem, beta, m)
    up = (1.0 + m) / 2.0
    entropy = float((scipy.special.entr(up) + scipy.special.entr(1.0 - up)).sum())
    energy = float(-0.5 * m @ (problem.couplings @ m) - problem.fields @ m + problem.offset)
    return MeanField(magnetisations=m, free_energy=energy - entropy / beta)


def _polished(problem: IsingProblem, beta: float, m: Array) -> Array:
    """Newton's steps from magnetisations that almost solve the mean-field equations."""
    for _ in range(_NEWTON_STEPS):
        aim = np.tanh(beta * (problem.couplings @ m + problem.fields))
        if np.abs(m - aim).max() < _SETTLED:
            return m
        slopes = beta * (1.0 - aim**2)[:, None] * problem.couplings.toarray()
        m = m - np.linalg.lstsq(np.eye(len(m)) - slopes, m - aim, rcond=None)[0]
    raise RunError(f"the mean field did not settle at an inverse temperature of {beta:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annealed:
    """ln Z by annealed importance sampling.  error: standard error;  weights: ln w of each chain"""

    log_z: float
    error: float
    weights: Array

    def plot(self, axes: Any = None) -> Any:
        """The weights of the chains about their mean; returns the axes."""
        if axes is None:
            from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load

            axes = Figure(figsize=(4.5, 3.0), layout="constrained").subplots()
        axes.hist(self.weights, bins="auto", color="tab:blue")
        axes.axvline(self.log_z, color="tab:red", label=f"ln Z = {self.log_z:.3f}")
        axes.set_xlabel("ln weight of a chain")
        axes.set_ylabel("chains")
        axes.legend(frameon=False)
        return axes


def annealed_log_z(
    problem: IsingProblem, beta: float = 1.0, *, chains: int = 100, steps: int = 1000, seed: int = 0
) -> Annealed:
    """Ln Z of a problem of any size: chains that cool from beta = 0 with a sweep of Gibbs a step.

    Source: Neal, Stat. Comput. 11 (2001) 125.
    """
    draws = np.random.default_rng(seed)
    n = problem.size
    spins = draws.choice([-1.0, 1.0], size=(chains, n))
    rows = problem.couplings.tocsr()
    weights = np.full(chains, n * log(2.0))
    betas = np.linspace(0.0, beta, steps + 1)
    for before, after in pairwise(betas):
        weights -= (after - before) * problem.energies(spins)
        for i in range(n):
            part = slice(rows.indptr[i], rows.indptr[i + 1])
            field = spins[:, rows.indices[part]] @ rows.data[part] + problem.fields[i]
            up = scipy.special.expit(2.0 * after * field)
            spins[:, i] = np.where(draws.random(chains) < up, 1.0, -1.0)
    top = float(weights.max())
    scaled = np.exp(weights - top)
    mean = float(scaled.mean())
    error = float(scaled.std(ddof=1) / mean / sqrt(chains))
    return Annealed(log_z=top + log(mean), error=error, weights=weights)


def curie_weiss(beta_j: float) -> float:
    """The magnetisation m > 0 of m = tanh(beta J m), 0 for beta J <= 1."""
    if beta_j <= 1.0:
        return 0.0
    return float(brentq(lambda m: tanh(beta_j * m) - m, 1e-9, 1.0, xtol=1e-14))


def curie_weiss_log_z(beta: float, size: int) -> float:
    """Ln Z of E = -(M^2 - N)/(2N), by the sum over all magnetisations M."""
    up = np.arange(size + 1)
    ways = (
        scipy.special.gammaln(size + 1)
        - scipy.special.gammaln(up + 1)
        - scipy.special.gammaln(size - up + 1)
    )
    m = 2.0 * up - size
    return float(scipy.special.logsumexp(ways + beta * (m**2 - size) / (2.0 * size)))


def periodic_lattice(rows: int, columns: int) -> IsingProblem:
    """The ferromagnet J = 1 on a square lattice without borders."""
    grid = networkx.grid_2d_graph(rows, columns, periodic=True)
    return IsingProblem.of(networkx.to_scipy_sparse_array(grid, nodelist=sorted(grid)))


def onsager_energy(beta: float) -> float:
    """The energy per spin of the infinite square lattice, J = 1.

    u = -coth(2 beta) (1 + (2/pi) (2 tanh^2(2 beta) - 1) K(k)),  k = 2 sinh(2 beta)/cosh^2(2 beta)
    Source: Onsager, Phys. Rev. 65 (1944) 117.
    """
    t = tanh(2.0 * beta)
    k = 2.0 * sinh(2.0 * beta) / np.cosh(2.0 * beta) ** 2
    bend = 2.0 / np.pi * (2.0 * t**2 - 1.0) * scipy.special.ellipk(k**2)
    return float(-(1.0 + bend) / t)


def onsager_magnetisation(beta: float) -> float:
    """The spontaneous magnetisation, (1 - sinh(2 beta)^-4)^(1/8) below T_c.

    Source: Yang, Phys. Rev. 85 (1952) 808.
    """
    return 0.0 if beta <= ONSAGER_BETA else float((1.0 - sinh(2.0 * beta) ** -4) ** 0.125)


def jensen_shannon(p: ArrayLike, q: ArrayLike) -> float:
    """JS(p, q) = KL(p || m)/2 + KL(q || m)/2 with m = (p + q)/2, in nats; at most ln 2.

    Source: Lin, IEEE Trans. Inf. Theory 37 (1991) 145.
    """
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    middle = (p + q) / 2.0
    return (divergence(p, middle) + divergence(q, middle)) / 2.0


def wasserstein(places: ArrayLike, p: ArrayLike, q: ArrayLike) -> float:
    """W_1(p, q) of two distributions on the same places of a line."""
    return float(wasserstein_distance(places, places, p, q))
