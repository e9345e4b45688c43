"""Instances of quadratic assignment with known optima."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError

__all__ = ["OPTIMA", "Assignment", "assignment_instance", "grid_distances"]

Array = NDArray[Any]

OPTIMA: Final = {"nug12": 578, "nug30": 6124, "tai20a": 703482}
"""Costs of optimal assignments: Burkard, Karisch & Rendl, QAPLIB, J. Glob. Optim. 10 (1997) 391."""

_NUG12 = """
5 2 4 1 0 0 6 2 1 1 1 3 0 2 2 2 0 4 5 0 0 0 0 0 0 5 5 2 2 2 5 2 2 10 0 0 5 5 10 0 0 0 5 1 1 5 1 1 5
4 0 10 5 2 3 3 0 0 5 0 0 10 10 5 0 2
"""
_NUG30 = """
3 2 0 0 2 10 5 0 5 2 5 0 0 2 0 5 6 3 0 1 10 0 10 2 1 1 1 0 1 4 0 10 4 0 0 2 2 1 0 5 0 0 0 0 2 0 1 6
1 0 1 2 2 5 1 10 5 3 4 0 5 5 5 1 4 1 0 4 0 4 0 6 3 2 5 5 2 1 0 0 3 1 0 2 0 0 0 2 2 0 6 0 2 5 2 5 1
1 1 1 2 2 4 0 2 0 2 2 5 5 5 2 0 0 0 0 2 0 0 0 0 2 1 0 0 2 0 5 1 0 2 1 0 2 1 1 2 2 1 4 10 10 2 5 5 0
5 0 0 0 10 0 0 0 4 0 10 1 1 10 10 5 10 10 6 0 0 10 2 1 10 1 5 5 2 3 5 0 2 0 1 3 1 3 5 0 0 0 2 4 5 2
10 6 0 5 5 2 5 0 5 5 0 2 10 2 1 5 2 0 3 0 2 0 0 4 0 5 2 0 5 2 2 5 2 5 5 6 0 1 5 5 0 5 2 3 5 0 5 2
10 10 1 5 2 0 0 1 2 1 0 2 0 0 0 6 6 0 4 5 3 2 2 10 5 5 2 0 0 0 0 2 0 4 5 10 1 0 0 0 0 1 2 0 4 2 2 1
0 6 2 1 5 5 0 0 1 5 5 2 1 0 5 3 10 0 0 4 2 0 0 4 2 5 5 4 5 1 0 1 0 5 0 2 0 0 5 1 1 0 0 3 0 2 2 0 2
0 5 0 5 2 5 10 2 2 0 0 0 6 5 3 5 0 0 5 1 5 1 2 10 10 4 0 0 5 0 0 0 0 5 5 1 0 5 2 1 2 10 10 5 2 1 3
1 5 6 5 5 3 4 0 1 0 0 0 5 0 0 5 0 4 4 5 0 2 5 0 4 4 1 0 2 2 5 5 0 1 0 0 1 0 10 1 0 0 0 0 0 0 0 10 2
2 2
"""
_TAI20A_DISTANCES = """
85 72 7 49 46 87 58 17 68 27 21 6 67 26 82 44 35 3 62 8 51 1 91 39 87 72 45 96 7 87 68 33 3 21 90
45 47 25 30 43 97 33 35 61 42 36 43 7 84 6 0 0 48 62 59 29 94 82 29 3 3 51 67 39 15 66 42 23 62 62
28 76 66 82 98 35 15 17 77 44 26 76 86 60 62 62 83 91 57 62 36 2 2 43 65 37 49 61 5 34 53 96 82 48
28 31 75 1 95 7 92 69 62 32 97 5 39 50 82 93 71 35 14 20 74 49 50 37 79 19 51 70 42 26 79 98 60 35
9 96 70 21 37 37 67 93 93 39 2 52 26 90 26 1 68 93 7 94 19 54 37 0 20 12 11 66 84 80 1 55 9 21 12
65 7 17 51 84 87 2 27 82 71 71 40 93 27 93 92 34
"""
_TAI20A_FLOWS = """
21 95 82 56 41 6 25 10 4 63 6 44 40 75 79 0 89 35 9 1 85 84 12 0 26 91 11 35 82 26 69 56 86 45 91
59 18 76 39 18 57 36 61 36 21 71 11 29 82 82 6 71 8 77 74 30 89 76 76 40 93 56 1 50 4 36 27 85 2 1
15 11 35 11 20 21 61 80 58 21 76 72 44 85 94 90 51 3 48 29 90 66 41 15 83 96 74 45 65 40 54 83 14
71 77 36 53 37 26 87 76 91 13 29 11 77 32 87 67 94 79 2 10 99 56 70 99 60 4 56 2 60 72 74 46 13 20
86 4 77 15 89 48 14 89 44 59 22 57 63 6 0 62 41 62 46 25 75 76 40 66 58 30 68 78 91 13 59 49 85 84
8 38 41 56 39 53 77 50 30 58 55 19 85 52 34 53 40 69 12
"""


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assignment:
    """Elements with flows between them are given places with distances.

    cost(p) = sum_ij flows_ij distances_p(i)p(j)

    flows, distances: symmetric, with zero diagonals.      shape (size, size)
    Raises GraphError where they are not.
    Source: Koopmans & Beckmann, Econometrica 25 (1957) 53.
    """

    flows: Array
    distances: Array

    def __post_init__(self) -> None:
        for name, matrix in (("flows", self.flows), ("distances", self.distances)):
            if matrix.ndim != 2 or matrix.shape != (len(self.flows),) * 2:
                raise GraphError(f"{name}: expected a square of one size, found {matrix.shape}")
            if not np.array_equal(matrix, matrix.T) or np.diag(matrix).any():
                raise GraphError(f"{name}: expected symmetry and a zero diagonal")

    @property
    def size(self) -> int:
        """How many elements, and places, there are."""
        return len(self.flows)

    def costs(self, places: ArrayLike) -> Array:
        """The cost of each assignment.  places: of each element, shape (..., size)"""
        p = np.asarray(places)
        moved = self.distances[p[..., :, None], p[..., None, :]]
        return np.asarray((self.flows * moved).sum(axis=(-2, -1)))


def grid_distances(rows: int, columns: int) -> Array:
    """Steps along rows and columns between the cells of a grid.  shape (cells, cells)"""
    at = np.array([(r, c) for r in range(rows) for c in range(columns)])
    return np.asarray(np.abs(at[:, None] - at[None]).sum(axis=-1), dtype=np.float64)


def assignment_instance(name: str) -> Assignment:
    """An instance of QAPLIB: "nug12", "nug30" or "tai20a".

    Source: Burkard, Karisch & Rendl, J. Glob. Optim. 10 (1997) 391; nug: Nugent, Vollmann & Ruml,
    Oper. Res. 16 (1968) 150, on grids; tai20a: Taillard, Parallel Comput. 17 (1991) 443.
    """
    if name not in _INSTANCES:
        raise GraphError(f"no instance {name!r}; there are {', '.join(_INSTANCES)}")
    flows, places = _INSTANCES[name]()
    return Assignment(flows=flows, distances=places)


def _symmetric(above: str, size: int) -> Array:
    """A matrix from the rows above its diagonal."""
    matrix = np.zeros((size, size))
    matrix[np.triu_indices(size, 1)] = np.array(above.split(), dtype=np.float64)
    return matrix + matrix.T


_INSTANCES: Final[dict[str, Callable[[], tuple[Array, Array]]]] = {
    "nug12": lambda: (_symmetric(_NUG12, 12), grid_distances(3, 4)),
    "nug30": lambda: (_symmetric(_NUG30, 30), grid_distances(5, 6)),
    "tai20a": lambda: (_symmetric(_TAI20A_FLOWS, 20), _symmetric(_TAI20A_DISTANCES, 20)),
}
