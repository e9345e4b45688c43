"""What the weights of a projection do in a step, by the definition: the last part of a step.

4. learn    w(t+1) = R(w(t), traces(t), what both units sent in step t, what the rule reads)

An event that is sent in step t counts with w(t), the weight before it learns in that step. Which
synapses there are never changes; those of a projection are numbered by target, sources ascending.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi import noise
from yuragi.equations.evaluate import evaluate
from yuragi.equations.tree import Expression
from yuragi.errors import GraphError
from yuragi.graph import Edge, Graph
from yuragi.plasticity import WEIGHT, Place, Plasticity
from yuragi.recording import Learned

__all__ = ["Learner", "stream"]

Array = NDArray[Any]
_PLACES: tuple[Place, ...] = ("source", "target", "synapse")


def stream(seed: int, edge: Edge, place: Place) -> tuple[int, int]:
    """The key of the noise of one kind of state of a projection's rule."""
    return noise.key(seed, f"{edge.name}/{place}")


@dataclass(slots=True)
class Learner:
    """The weights and traces of one projection, every trial its own.

    state: by name; a trace of units has shape (trials, units), all else (trials, synapses).
    """

    graph: Graph
    edge: Edge
    trials: int
    rule: Plasticity = field(init=False)
    matrix: scipy.sparse.csr_array = field(init=False)
    state: dict[str, Array] = field(init=False)
    _units: dict[Place, Array] = field(init=False)
    _sizes: dict[Place, int] = field(init=False)

    def __post_init__(self) -> None:
        if self.edge.plasticity is None:
            raise GraphError(f"{self.edge.name} does not learn")
        self.rule = self.edge.plasticity
        self.matrix = self.edge.weights.csr()
        post, pre = self.matrix.shape
        rows = np.repeat(np.arange(post), np.diff(self.matrix.indptr))
        self._units = {"source": self.matrix.indices, "target": rows}
        self._sizes = {"source": pre, "target": post, "synapse": self.matrix.nnz}
        kind = np.int64 if self.rule.integer else np.float64
        initial = dict.fromkeys(self.rule.dynamics.system.states, 0.0) | dict(self.rule.initial)
        self.state = {
            name: np.full((self.trials, self._sizes[self.rule.places[name]]), value).astype(kind)
            for name, value in initial.items()
        }
        self.state[WEIGHT][:] = self.matrix.data

    def arriving(self, sent: Array) -> Array:
        """sum_j w[i, j] s_j with the weights of each trial.  shape (trials, post)"""
        data, shape = self.state[WEIGHT], self.matrix.shape
        form = (self.matrix.indices, self.matrix.indptr)
        rows = [
            scipy.sparse.csr_array((w, *form), shape=shape) @ s.astype(data.dtype)
            for w, s in zip(data, sent, strict=True)
        ]
        return np.array(rows)

    def step(self, step: int, s_pre: Array, s_post: Array, target: Mapping[str, Array]) -> None:
        """One step of the rule.

        s_pre, s_post: what the units sent.  target: the variables of the target at its end.
        """
        kind = self.state[WEIGHT].dtype
        held: dict[Place, dict[str, Array]] = {place: {} for place in _PLACES}
        held["source"]["s_pre"] = s_pre.astype(kind)
        held["target"] |= {"s_post": s_post.astype(kind)}
        held["target"] |= {name: target[name] for name in self.rule.reads}
        for name, values in self.state.items():
            held[self.rule.places[name]][name] = values
        system = self.rule.dynamics.system
        for name, expression in system.bindings:
            place = self.rule.places[name]
            held[place][name] = self._value(expression, place, held, step)
        self.state = {
            name: self._value(expression, self.rule.places[name], held, step)
            for name, expression in system.updates
        }

    def _value(
        self, expression: Expression, place: Place, held: dict[Place, dict[str, Array]], step: int
    ) -> Array:
        """A variable at its place: one value for each unit, or for each synapse."""
        dynamics = self.rule.dynamics
        values: dict[str, Array] = {
            name: np.asarray(value, dtype=np.int64 if dynamics.integer else np.float64)
            for name, value in dynamics.parameters.items()
        }
        values |= {name: np.asarray(t, dtype=np.int64) for name, t in dynamics.tables.items()}
        values["dt"] = np.asarray(self.graph.dt or 1.0)
        if place == "synapse":
            for end, units in self._units.items():
                values |= {name: array[:, units] for name, array in held[end].items()}
        values |= held[place]
        shape = (self.trials, self._sizes[place])
        draw = self._draw(place, step)
        found = evaluate(expression, values, draw=draw, integer=dynamics.integer)
        return np.array(np.broadcast_to(found, shape))

    def _draw(self, place: Place, step: int) -> Callable[[int], Array]:
        key = stream(self.graph.seed, self.edge, place)

        def draw(index: int) -> Array:
            size = self._sizes[place]
            return noise.uniform(key, step=step, trials=self.trials, size=size, draw=index)

        return draw

    def learned(self) -> Learned:
        """The weights at the end."""
        matrix = self.matrix
        return Learned(
            values=self.state[WEIGHT],
            indices=matrix.indices,
            indptr=matrix.indptr,
            shape=(int(matrix.shape[0]), int(matrix.shape[1])),
            scale=self.edge.scale,
        )
