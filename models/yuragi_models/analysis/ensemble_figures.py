"""Pictures of small ensembles: free energies and what a factorised distribution misses."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from yuragi_models.analysis.ensembles import (
    Ensemble,
    annealed_log_z,
    jensen_shannon,
    mean_field,
)
from yuragi_models.boltzmann import divergence
from yuragi_models.ising_problem import IsingProblem

__all__ = ["free_energy_figure"]

Array = NDArray[Any]
_INK, _ACCENT, _GREEN = "#1f3b57", "#c1572b", "#7a8f3c"


def free_energy_figure(
    problem: IsingProblem, betas: ArrayLike, *, chains: int = 100, title: str = ""
) -> Figure:
    """Free energies a spin over the inverse temperature, and how far the mean field lies off.

    Above: exact, by annealed importance sampling, and F[Q] of the mean field, which is never below.
    Below: the divergences of Q from the exact distribution; D_KL(Q || p) = beta (F[Q] - F).
    betas: above 0, shape (values,)
    Errors: as of `Ensemble` and `mean_field`.
    """
    across = np.asarray(betas, dtype=np.float64)
    exact = [Ensemble(problem=problem, beta=float(beta)) for beta in across]
    fields = [mean_field(problem, float(beta)) for beta in across]
    sampled = [annealed_log_z(problem, float(beta), chains=chains, steps=200) for beta in across]
    factorised = [e.of(f.magnetisations) for e, f in zip(exact, fields, strict=True)]
    n = problem.size
    figure = Figure(figsize=(6.4, 5.0), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    above.plot(across, [e.free_energy / n for e in exact], color=_INK, label="exact")
    found = np.array([s.log_z for s in sampled]), np.array([s.error for s in sampled])
    above.errorbar(
        across, -found[0] / across / n, yerr=found[1] / across / n,
        fmt="o", markersize=4, color=_GREEN, label="annealed importance sampling",
    )  # fmt: skip
    above.plot(across, [f.free_energy / n for f in fields], "--", color=_ACCENT, label="mean field")
    above.set(ylabel="free energy a spin", title=title)
    above.legend(frameon=False)
    pairs = list(zip(factorised, (e.probabilities for e in exact), strict=True))
    below.plot(
        across, [divergence(q, p) for q, p in pairs], color=_ACCENT, label="Kullback-Leibler"
    )
    shannon = [jensen_shannon(q, p) for q, p in pairs]
    below.plot(across, shannon, color=_INK, label="Jensen-Shannon")
    below.set(xlabel="inverse temperature", ylabel="divergence (nats)")
    below.legend(frameon=False)
    for panel in (above, below):
        panel.spines[["top", "right"]].set_visible(False)
    return figure
