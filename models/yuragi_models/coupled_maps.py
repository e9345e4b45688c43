"""Globally coupled logistic maps: they fall into clusters that move together, or do not."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi_models.chaotic import COUPLED_LOGISTIC

__all__ = ["CoupledMaps", "clusters", "phase_diagram", "phases_figure"]

Array = NDArray[Any]
_CALIBRATION_STEPS = 400


@final
class CoupledMaps:
    """Logistic maps that all hear the mean of all.

        x_i(t+1) = (1 - coupling) f(x_i) + coupling mean_j f(x_j),   f(x) = 1 - a x^2

    All moving as one is stable where ln(1 - coupling) is below minus the Lyapunov exponent of a
    single map: at a = 2, whose exponent is ln 2, above a coupling of 1/2. With less they split
    into a few clusters, then into many, and at last each goes its own way.

    size: how many maps.      a: in (0, 2].      coupling: in [0, 1].
    seed: of the first x, uniform in (-1, 1).
    Source: Kaneko, Physica D 41 (1990) 137.
    """

    def __init__(
        self, size: int = 100, *, a: float = 1.8, coupling: float = 0.3, seed: int = 0
    ) -> None:
        if size < 1 or not 0 < a <= 2 or not 0 <= coupling <= 1:
            raise GraphError(
                f"size {size}, a {a}, coupling {coupling}: expected size >= 1, 0 < a <= 2 and"
                " 0 <= coupling <= 1"
            )
        self.size, self.a, self.coupling, self.seed = size, a, coupling, seed

    def start(self, starts: int) -> Array:
        """The first x.  shape (starts, size)"""
        rng = np.random.default_rng(self.seed)
        return rng.uniform(-1.0, 1.0, size=(starts, self.size))

    def stimulus(self, starts: int) -> dict[str, Array]:
        """What sets the first x of a run."""
        return {"maps.start": self.start(starts)[:, None, :]}

    @cached_property
    def network(self) -> Network:
        """One population, `maps`, probed for x; the first step only takes the start."""
        net = Network(seed=self.seed)
        given = {"a": self.a, "coupling": self.coupling}
        net.population("maps", self.size, COUPLED_LOGISTIC, parameters=given)
        every = np.full((self.size, self.size), self.coupling / self.size)
        net.project("maps", "maps", weights=every, port="field")
        first = np.zeros((2, _CALIBRATION_STEPS, self.size))
        first[:, 0] = self.start(2)
        net.stimulate("maps", first, port="start")
        net.probe("maps", "x")
        return net

    def orbit(self, steps: int, *, starts: int = 1) -> Array:
        """X in every step, the first included, without a network.  shape (starts, steps, size)"""
        x = self.start(starts)
        kept = np.empty((starts, steps, self.size))
        for t in range(steps):
            kept[:, t] = x
            value = 1.0 - self.a * x * x
            field = value.mean(axis=1, keepdims=True)
            x = (1.0 - self.coupling) * value + self.coupling * field
        return kept

    def read(self, recording: Recording) -> list[list[int]]:
        """The sizes of the clusters at the end of a run, for each start."""
        trace = recording.traces["maps", "x"]
        return [clusters(x) for x in trace.values[:, -1] * trace.scale]


def clusters(x: ArrayLike, *, tolerance: float = 1e-6) -> list[int]:
    """Sizes of the clusters, the largest first.

    Sorted values belong together where neighbours differ by no more than the tolerance.
    x: shape (size,)
    """
    values = np.sort(np.asarray(x, dtype=np.float64))
    apart = np.flatnonzero(np.diff(values) > tolerance) + 1
    ends = np.concatenate([[0], apart, [len(values)]])
    return sorted(np.diff(ends).astype(int).tolist(), reverse=True)


def phase_diagram(
    a: ArrayLike, coupling: ArrayLike, *, size: int = 100, steps: int = 1000, seed: int = 0
) -> Array:
    """How many clusters are left after `steps` steps.  shape (couplings, values of a)

    a, coupling: shape (values,).      seed: of the first x, the same everywhere in the diagram.
    """
    strength, bend = np.meshgrid(np.asarray(coupling), np.asarray(a), indexing="ij")
    strength, bend = strength[..., None], bend[..., None]
    first = CoupledMaps(size, seed=seed).start(1)[0]
    x = np.broadcast_to(first, (*strength.shape[:2], size))
    for _ in range(steps):
        value = 1.0 - bend * x * x
        x = (1.0 - strength) * value + strength * value.mean(axis=2, keepdims=True)
    return np.array([[len(clusters(end)) for end in row] for row in x])


def phases_figure(a: ArrayLike, coupling: ArrayLike, counts: ArrayLike) -> Figure:
    """The phase diagram: one cluster, a few, or as many as maps.  counts: of `phase_diagram`"""
    figure = Figure(figsize=(5.6, 4.2), layout="constrained")
    panel = figure.subplots()
    most = int(np.max(counts))
    shown = panel.pcolormesh(
        np.asarray(a), np.asarray(coupling), np.asarray(counts), cmap="viridis_r",
        norm=LogNorm(1, max(most, 2)), shading="nearest",
    )  # fmt: skip
    ticks = sorted({1, 2, 4, 10, 30, most} & set(range(1, most + 1)))
    bar = figure.colorbar(shown, ax=panel, label="clusters", ticks=ticks)
    bar.ax.set_yticklabels([f"{tick}" for tick in ticks])
    bar.minorticks_off()
    panel.set(xlabel="nonlinearity a", ylabel="coupling", title="globally coupled logistic maps")
    return figure
