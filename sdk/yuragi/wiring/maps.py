"""The linear maps that an edge may carry.

Every map has shape (post, pre): w[i, j] leads from unit j of the source to unit i of the target.
A synapse is a weight of an array that is not zero, or one that a sparse matrix stores, 0 included:
it takes memory, and an event passes it. In integers a weight of 0 is left out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError

__all__ = [
    "Columns",
    "Dense",
    "LinearMap",
    "Sparse",
    "as_map",
    "as_structure",
    "check_rows",
    "synaptic",
]

Array = NDArray[Any]
_DENSE_FROM: Final = 0.5
_MAX_SYNAPSES: Final = 2**31 - 1


class LinearMap(ABC):
    """A weight for each pair of a target and a source unit."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """(post, pre)"""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """float64, or an integer type once quantised."""

    @property
    @abstractmethod
    def synapses(self) -> int:
        """How many there are."""

    @property
    def shared_weights(self) -> int | None:
        """How many weights a kernel has that serves every place; None where nothing is shared."""
        return None

    @abstractmethod
    def csr(self) -> scipy.sparse.csr_array:
        """The weights by target unit, sources ascending.  shape (post, pre)"""

    @abstractmethod
    def values(self) -> Array:
        """The weights that are not zero, or more; for ranges and errors."""

    @abstractmethod
    def changed(self, values: Array) -> LinearMap:
        """The same map with other values, in the order of `values()`."""


def _check_finite(values: Array) -> None:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise GraphError("weights: expected finite numbers, found nan or infinity")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Dense(LinearMap):
    """A full array of weights.

    w: shape (post, pre)
    """

    w: Array

    def __post_init__(self) -> None:
        if self.w.ndim != 2:
            raise GraphError(f"weights: expected shape (post, pre), found {self.w.shape}")
        _check_finite(self.w)

    @property
    def shape(self) -> tuple[int, int]:
        return self.w.shape[0], self.w.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.w.dtype

    @property
    def synapses(self) -> int:
        return int(np.count_nonzero(self.w))

    def csr(self) -> scipy.sparse.csr_array:
        return scipy.sparse.csr_array(self.w)

    def values(self) -> Array:
        return self.w.reshape(-1)

    def changed(self, values: Array) -> Dense:
        return Dense(values.reshape(self.w.shape))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sparse(LinearMap):
    """Compressed rows of weights, source units ascending; a stored 0 is a synapse.

    matrix: shape (post, pre)
    whole: whether stored zeros are synapses too, as they are where weights learn.
    """

    matrix: scipy.sparse.csr_array
    whole: bool = False

    def __post_init__(self) -> None:
        _check_finite(self.matrix.data)
        if not self.matrix.has_sorted_indices:
            raise GraphError("weights: expected a matrix with sorted indices")

    @property
    def shape(self) -> tuple[int, int]:
        post, pre = self.matrix.shape
        return int(post), int(pre)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.matrix.dtype

    @property
    def synapses(self) -> int:
        return len(self.matrix.data) if self.whole else _stored(self.matrix.data)

    def csr(self) -> scipy.sparse.csr_array:
        return self.matrix

    def values(self) -> Array:
        return self.matrix.data

    def changed(self, values: Array) -> Sparse:
        csr = self.matrix
        changed = scipy.sparse.csr_array((values, csr.indices, csr.indptr), shape=csr.shape)
        return Sparse(changed, whole=self.whole)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Columns(LinearMap):
    """Compressed columns of weights, as events pass them: the rows are made when asked for.

    matrix: shape (post, pre); floats may be held in 32 bits where that loses nothing.
    """

    matrix: scipy.sparse.csc_array

    @property
    def shape(self) -> tuple[int, int]:
        post, pre = self.matrix.shape
        return int(post), int(pre)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64) if self.matrix.dtype.kind == "f" else self.matrix.dtype

    @property
    def synapses(self) -> int:
        return _stored(self.matrix.data)

    def csr(self) -> scipy.sparse.csr_array:
        rows = self.matrix.tocsr()
        rows.data = rows.data.astype(self.dtype, copy=False)
        return rows

    def values(self) -> Array:
        return self.matrix.data.astype(self.dtype, copy=False)

    def changed(self, values: Array) -> Columns:
        csc = self.matrix
        return Columns(scipy.sparse.csc_array((values, csc.indices, csc.indptr), shape=csc.shape))


def synaptic(matrix: Any) -> Any:
    """The rows or columns of the synapses: without the zeros of integers."""
    if matrix.dtype.kind == "f" or matrix.data.all():
        return matrix
    kept = matrix.copy()
    kept.eliminate_zeros()
    return kept


def _stored(values: Array) -> int:
    return len(values) if values.dtype.kind == "f" else int(np.count_nonzero(values))


def as_map(
    weights: LinearMap | ArrayLike | scipy.sparse.sparray | scipy.sparse.spmatrix,
) -> LinearMap:
    """The map of an array, a scipy sparse matrix or a map.

    An array with fewer than half its weights different from zero becomes Sparse. Integer arrays
    become float64: integers are the quantise pass's to write.

    Raises GraphError where it is not a finite array of shape (post, pre).
    """
    if isinstance(weights, LinearMap):
        return weights
    if scipy.sparse.issparse(weights):
        matrix = scipy.sparse.csr_array(weights, dtype=np.float64, copy=True)
        if matrix.nnz > _MAX_SYNAPSES:
            raise GraphError(f"weights: {matrix.nnz:,} synapses, at most {_MAX_SYNAPSES:,} an edge")
        matrix.sum_duplicates()
        matrix.indices = matrix.indices.astype(np.int32, copy=False)
        matrix.indptr = matrix.indptr.astype(np.int32, copy=False)
        return Sparse(matrix)
    try:
        array = np.array(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise GraphError(f"weights: expected an array of numbers ({error})") from None
    if array.ndim == 2 and np.count_nonzero(array) < _DENSE_FROM * array.size:
        return Sparse(scipy.sparse.csr_array(array))
    return Dense(array)


def as_structure(
    weights: LinearMap | ArrayLike | scipy.sparse.sparray | scipy.sparse.spmatrix,
) -> Sparse:
    """The map of weights that learn: every weight of an array, and every stored one, is a synapse.

    Raises GraphError where it is not a finite array of shape (post, pre).
    """
    if isinstance(weights, (Sparse, Columns)):
        return Sparse(weights.csr(), whole=True)
    if isinstance(weights, LinearMap):
        dense = weights.w if isinstance(weights, Dense) else None
        matrix = weights.csr() if dense is None else _full(dense)
    elif scipy.sparse.issparse(weights):
        matrix = scipy.sparse.csr_array(weights, dtype=np.float64, copy=True)
        matrix.sum_duplicates()
    else:
        try:
            matrix = _full(Dense(np.array(weights, dtype=np.float64)).w)
        except (TypeError, ValueError) as error:
            raise GraphError(f"weights: expected an array of numbers ({error})") from None
    if matrix.nnz > _MAX_SYNAPSES:
        raise GraphError(f"weights: {matrix.nnz:,} synapses, at most {_MAX_SYNAPSES:,} an edge")
    matrix.indices = matrix.indices.astype(np.int32, copy=False)
    matrix.indptr = matrix.indptr.astype(np.int32, copy=False)
    return Sparse(matrix, whole=True)


def _full(w: Array) -> scipy.sparse.csr_array:
    """Every weight of an array stored, the zeros too."""
    post, pre = w.shape
    columns = np.tile(np.arange(pre, dtype=np.int32), post)
    rows = np.arange(post + 1, dtype=np.int64) * pre
    return scipy.sparse.csr_array((w.reshape(-1), columns, rows), shape=w.shape)


def check_rows(indices: Array, indptr: Array, post: int, pre: int) -> None:
    """Refuse, with GraphError, compressed rows that scipy and compiled loops take on trust."""
    count = len(indices)
    if len(indptr) != post + 1:
        raise GraphError(f"expected {post + 1:,} row pointers")
    if indptr[0] != 0 or indptr[-1] != count or (indptr[1:] < indptr[:-1]).any():
        raise GraphError(f"row pointers: expected to rise from 0 to {count:,}")
    if count and (indices.min() < 0 or indices.max() >= pre):
        raise GraphError(f"indices: expected from 0 to {pre - 1:,}")
    falls = np.flatnonzero(indices[1:] < indices[:-1]) + 1
    if not np.isin(falls, indptr).all():
        raise GraphError("indices: expected to rise within each row")
