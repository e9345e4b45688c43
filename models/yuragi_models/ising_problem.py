"""An Ising problem: couplings, fields, energy; read from graphs, QUBO matrices and dimod models."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, final

import networkx
import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError

__all__ = ["IsingProblem"]

Array = NDArray[Any]


class QuadraticModel(Protocol):
    """What is read of a `dimod.BinaryQuadraticModel`."""

    linear: Mapping[Hashable, float]
    quadratic: Mapping[tuple[Hashable, Hashable], float]
    offset: float
    vartype: Any


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IsingProblem:
    """E(s) = -1/2 sum_ij J_ij s_i s_j - sum_i h_i s_i + offset, for s of +1 and -1.

    couplings: J, symmetric, its diagonal zero.      shape (size, size)
    fields: h.      shape (size,)
    labels: the variables' own names, in order.
    binary: whether the problem was given in variables of 0 and 1, so that `sample` speaks of them.
    Raises GraphError where shapes do not fit, J is not symmetric or has a diagonal.
    """

    couplings: scipy.sparse.csr_array
    fields: Array
    offset: float = 0.0
    labels: tuple[Hashable, ...] = field(default=())
    binary: bool = False

    def __post_init__(self) -> None:
        size = self.fields.shape[0]
        if self.couplings.shape != (size, size):
            raise GraphError(f"couplings {self.couplings.shape}, expected ({size}, {size})")
        if self.couplings.diagonal().any():
            raise GraphError("couplings: expected a zero diagonal")
        if abs(self.couplings - self.couplings.T).max() > 0:
            raise GraphError("couplings: expected J_ij = J_ji")
        if not self.labels:
            object.__setattr__(self, "labels", tuple(range(size)))
        if len(self.labels) != size:
            raise GraphError(f"{len(self.labels)} labels for {size} variables")

    @classmethod
    def of(cls, couplings: Any, fields: ArrayLike | None = None) -> IsingProblem:
        """The problem of an array or a sparse matrix J and of h, zero by default."""
        matrix = scipy.sparse.csr_array(couplings, dtype=np.float64)
        h = np.zeros(matrix.shape[0]) if fields is None else np.asarray(fields, dtype=np.float64)
        return cls(couplings=matrix, fields=h)

    @classmethod
    def max_cut(cls, graph: Any) -> IsingProblem:
        """The largest cut of a networkx graph, or of a symmetric array of weights, as an energy.

        J = -A and offset = -sum_(i<j) A_ij/2, so that E(s) = -cut(s).  An edge without `weight`
        counts 1; of parallel edges the sum.
        """
        if isinstance(graph, networkx.Graph):
            weights = networkx.to_scipy_sparse_array(graph.to_undirected(), dtype=np.float64)
            labels = tuple(graph.nodes)
        else:
            weights = scipy.sparse.csr_array(graph, dtype=np.float64)
            labels = ()
        size = weights.shape[0]
        return cls(
            couplings=scipy.sparse.csr_array(-0.5 * weights),
            fields=np.zeros(size),
            offset=-0.25 * float(weights.sum()),
            labels=labels,
        )

    @classmethod
    def qubo(cls, matrix: Any) -> IsingProblem:
        """The least of x' Q x for x of 0 and 1.

        matrix: an array, not necessarily symmetric, or a mapping {(a, b): weight} between names.
        """
        if isinstance(matrix, Mapping):
            names = tuple(dict.fromkeys(name for pair in matrix for name in pair))
            place = {name: k for k, name in enumerate(names)}
            q = np.zeros((len(names), len(names)))
            for (a, b), weight in matrix.items():
                q[place[a], place[b]] += weight
        else:
            q, names = np.asarray(matrix, dtype=np.float64), ()
        off = q + q.T
        diagonal = np.diag(q).copy()
        np.fill_diagonal(off, 0.0)
        return cls(  # x = (1 + s)/2
            couplings=scipy.sparse.csr_array(-off / 4.0),
            fields=-(diagonal / 2.0 + off.sum(axis=1) / 4.0),
            offset=float(diagonal.sum() / 2.0 + off.sum() / 8.0),
            labels=names,
            binary=True,
        )

    @classmethod
    def from_dimod(cls, model: QuadraticModel) -> IsingProblem:
        """The problem of a `dimod.BinaryQuadraticModel`, of spins or of binary variables."""
        names = tuple(model.linear)
        place = {name: k for k, name in enumerate(names)}
        q = np.zeros((len(names), len(names)))
        for (a, b), weight in model.quadratic.items():
            q[place[a], place[b]] += weight
        linear = np.array([model.linear[name] for name in names], dtype=np.float64)
        if model.vartype.name == "BINARY":
            found = cls.qubo(q + np.diag(linear))
            couplings, fields, offset = found.couplings, found.fields, found.offset
        else:
            couplings, fields, offset = scipy.sparse.csr_array(-(q + q.T)), -linear, 0.0
        return cls(
            couplings=couplings,
            fields=fields,
            offset=offset + float(model.offset),
            labels=names,
            binary=model.vartype.name == "BINARY",
        )

    @property
    def size(self) -> int:
        """How many spins."""
        return int(self.fields.shape[0])

    def energies(self, spins: ArrayLike) -> Array:
        """E of states of +1 and -1.  shape (..., size) to (...)"""
        s = np.asarray(spins, dtype=np.float64)
        flat = s.reshape(-1, self.size)
        local = (self.couplings @ flat.T).T  # (size, size) @ (size, states)
        found = -0.5 * (local * flat).sum(axis=1) - flat @ self.fields + self.offset
        return np.asarray(found.reshape(s.shape[:-1]))

    def cuts(self, spins: ArrayLike) -> Array:
        """The cut of each state, for a problem of `max_cut`.  shape (..., size) to (...)"""
        return -self.energies(spins)

    def sample(self, spins: ArrayLike) -> dict[Hashable, int]:
        """One state by the names of its variables, in 0 and 1 where the problem was given so."""
        s = np.asarray(spins)
        values = (s > 0).astype(int) if self.binary else np.where(s > 0, 1, -1)
        return {name: int(value) for name, value in zip(self.labels, values, strict=True)}
