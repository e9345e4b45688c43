"""A trained perceptron as a spiking network: rates stand for activations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi import backend
from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError
from yuragi.network import Network

__all__ = ["INTEGRATE_AND_FIRE", "SpikingPerceptron"]

Array = NDArray[Any]

INTEGRATE_AND_FIRE = Dynamics(
    name="integrate_and_fire",
    equations="v(t+1) = max(v + i + bias, floor_v)",
    ports=("i",),
    threshold="v >= 1",
    reset="v -= 1",
    parameters={"bias": 0.0, "floor_v": -1.0},
    initial={"v": 0.5},
)
"""v(t+1) = v(t) + i(t) + bias, at least floor_v; a spike where v >= 1, then v loses 1.

Its rate is the rectified mean input, up to one spike a step. It begins at 1/2, so that the count
of spikes is the rounded sum.
Source: Rueckauer, Lungu, Hu, Pfeiffer & Liu, Front. Neurosci. 11 (2017) 682.
"""


class SpikingPerceptron:
    """The spiking network of a scikit-learn MLPClassifier with rectified units.

    perceptron: fitted, `activation="relu"`.      inputs: to scale the rates by; shape (samples, n)
    steps: of a presentation.      percentile: of the activations of a layer that fires every step.
    The read-out adds up what arrives; the class with the largest sum is the answer.
    Source: Diehl, Neil, Binas, Cook, Liu & Pfeiffer, Proc. IJCNN (2015), with the robust scaling
    of Rueckauer et al., Front. Neurosci. 11 (2017) 682.
    Raises GraphError for another activation.
    """

    def __init__(
        self, perceptron: Any, inputs: ArrayLike, *, steps: int = 64, percentile: float = 99.9
    ) -> None:
        if perceptron.activation != "relu":
            raise GraphError(f"activation {perceptron.activation!r}: expected 'relu'")
        self.steps = steps
        self.classes = perceptron.classes_
        self.layers: list[tuple[Array, Array]] = []
        value, before = np.asarray(inputs, dtype=np.float64), 1.0
        self.examples = value[:32]
        pairs = list(zip(perceptron.coefs_, perceptron.intercepts_, strict=True))
        for k, (w, b) in enumerate(pairs):
            value = value @ w + b
            last = k == len(pairs) - 1
            value = value if last else np.maximum(value, 0.0)
            top = 1.0 if last else float(np.percentile(value, percentile))
            self.layers.append((w.T * before / top, b / top))
            before = top

    def _shown(self, inputs: Array) -> Array:
        return np.repeat(inputs[:, None, :], self.steps, axis=1)

    def network(self) -> Network:
        """Inputs of constant values, layers of spiking units, and a read-out that adds up.

        Its own stimulus is 32 of the inputs it was made with, to find the ranges of integers.
        """
        net = Network()
        source = net.input("inputs", self.layers[0][0].shape[1], self._shown(self.examples))
        for k, (w, b) in enumerate(self.layers[:-1]):
            name = net.population(f"layer{k}", len(b), INTEGRATE_AND_FIRE, parameters={"bias": b})
            net.project(source, name, weights=w, port="i", delay=0)
            source = name
        w, b = self.layers[-1]
        summed = Dynamics(
            name="biased_sum", equations="v(t+1) = v + i + bias", ports=("i",),
            parameters={"bias": 0.0},
        )  # fmt: skip
        net.population("classes", len(b), summed, parameters={"bias": b})
        net.project(source, "classes", weights=w, port="i", delay=0)
        net.probe("classes", "v", every=self.steps - 1)
        return net

    def predict(self, inputs: ArrayLike, *, profile: str = "ideal") -> Array:
        """The class of each sample.  inputs: shape (samples, n)"""
        x = np.asarray(inputs, dtype=np.float64)
        program = backend.compile(self.network(), backend="chip", profile=profile)
        run = program.run(
            self._shown(x), steps=self.steps + max(n.latency for n in program.graph.nodes)
        )
        sums = run.traces["classes", "v"].values[:, -1]
        return np.asarray(self.classes[sums.argmax(axis=1)])
