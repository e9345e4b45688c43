"""Projections that learn: their weights and traces, and the compiled rule of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.errors import GraphError, RunError
from yuragi.graph import Edge, Graph
from yuragi.learning import stream
from yuragi.plasticity import WEIGHT, Place, Plasticity
from yuragi.recording import Learned
from yuragi_chip.binding import Value
from yuragi_chip.rule_code import RuleShape

__all__ = ["Learning", "learning_of"]

Array = NDArray[Any]
PLACES: tuple[Place, ...] = ("source", "target", "synapse")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learning:
    """The state of one projection that learns, its synapses by source, targets ascending.

    pointer, reached: compressed columns, the target units of each source unit.
    number: of each synapse by target, sources ascending, as the definition numbers them.
    states: by place, shape (states, trials, units or synapses).
    """

    edge: Edge
    rule: Plasticity
    pointer: Array
    reached: Array
    number: Array
    states: Mapping[Place, Array]

    @property
    def weight(self) -> Array:
        """The weights.  shape (trials, synapses)"""
        held: Array = self.states["synapse"][self.rule.states("synapse").index(WEIGHT)]
        return held

    def variable(self, name: str) -> tuple[Array, int]:
        """Where a state is kept: the array and its index there."""
        place = self.rule.places[name]
        return self.states[place], self.rule.states(place).index(name)

    def in_order(self, name: str, values: Array) -> Array:
        """Values of a state, the last axis as the definition numbers it."""
        if self.rule.places[name] != "synapse":
            return values
        ordered = np.empty_like(values)
        ordered[..., self.number] = values
        return ordered

    def learned(self) -> Learned:
        """The weights at the end.  Raises RunError where one is not finite."""
        weight = self.in_order(WEIGHT, self.weight)
        if weight.dtype.kind == "f" and not np.isfinite(weight).all():
            raise RunError(f"{self.edge.name}.{WEIGHT} is not finite: the rule diverges")
        rows = self.edge.weights.csr()
        return Learned(
            values=weight,
            indices=rows.indices,
            indptr=rows.indptr,
            shape=self.edge.weights.shape,
            scale=self.edge.scale,
        )

    def values(
        self,
        graph: Graph,
        shape: RuleShape,
        sent: tuple[Array, Array],
        reads: Mapping[str, tuple[Array, int]],
        tally: tuple[Array, Array],
    ) -> dict[str, Value]:
        """The arrays of the compiled rule, in the order of `RuleShape.arguments`.

        sent: by the source and the target.      reads: where the variables that it reads are kept
        tally: counts, shape (trials, steps, cores), and the core of each target unit
        """
        kind = shape.number
        keys = [word for place in PLACES for word in stream(graph.seed, self.edge, place)]
        per_core = np.bincount(
            tally[1], weights=np.diff(self.edge.weights.csr().indptr), minlength=tally[0].shape[2]
        )
        rule = self.rule.dynamics
        return {
            "latency": graph.node(self.edge.target).latency,
            **{f"key{k}": word for k, word in enumerate(keys)},
            "dt": graph.dt or 1.0,
            "pointer": self.pointer, "reached": self.reached, "number": self.number,
            "sent_pre": sent[0], "sent_post": sent[1],
            **{place: self.states[place] for place in PLACES},
            "scalars": np.array(list(rule.parameters.values()), dtype=kind).reshape(-1),
            "per_core": per_core.astype(np.int64), "tally": tally[0],
            **{f"i{k}": reads[name][1] for k, name in enumerate(self.rule.reads)},
            **{f"r{k}": reads[name][0] for k, name in enumerate(self.rule.reads)},
            **{f"t{k}": np.asarray(t, np.int64) for k, t in enumerate(rule.tables.values())},
        }  # fmt: skip


def learning_of(edge: Edge, trials: int) -> Learning:
    """The weights and traces of a projection at step 0, for every trial."""
    rule = edge.plasticity
    if rule is None:
        raise GraphError(f"{edge.name} does not learn")
    rows = edge.weights.csr()
    post, pre = rows.shape
    numbered = scipy.sparse.csr_array(
        (np.arange(rows.nnz), rows.indices, rows.indptr), shape=rows.shape
    )
    columns = numbered.tocsc()
    columns.sort_indices()
    kind = np.int64 if rule.integer else np.float64
    sizes: dict[Place, int] = {"source": pre, "target": post, "synapse": rows.nnz}
    states = {}
    for place in PLACES:
        names = rule.states(place)
        states[place] = np.zeros((len(names), trials, sizes[place]), dtype=kind)
        for k, name in enumerate(names):
            started = rows.data[columns.data] if name == WEIGHT else rule.initial.get(name, 0.0)
            states[place][k] = started
    return Learning(
        edge=edge,
        rule=rule,
        pointer=np.ascontiguousarray(columns.indptr, dtype=np.int32),
        reached=np.ascontiguousarray(columns.indices, dtype=np.int32),
        number=np.ascontiguousarray(columns.data, dtype=np.int64),
        states=states,
    )
