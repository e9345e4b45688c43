"""Reads sequences from the arrays that people give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi.errors import GraphError

__all__ = ["Series", "nrmse", "read"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """Sequences as rows, for checks that know two dimensions.

    whole: whether a row is a step, and has a target of its own.      deep: three dimensions given.
    count: sequences, where rows are steps;  steps: of a row, where it is not.
    """

    rows: Any
    targets: Any
    whole: bool
    deep: bool
    count: int
    steps: int

    def shaped(self, rows: Array) -> Array:
        """The rows as sequences.  shape (sequences, steps, inputs)"""
        if self.whole:
            return rows.reshape(self.count, -1, rows.shape[1])
        if rows.shape[1] % self.steps:
            raise GraphError(
                f"{rows.shape[1]} features a sample are not {self.steps} steps of as many inputs"
            )
        return rows.reshape(len(rows), self.steps, -1)


def read(X: ArrayLike, y: ArrayLike | None, steps: int | None) -> Series:
    """Sequences of three dimensions, one of all rows (steps: None), or one a row of `steps`."""
    if not (isinstance(X, (list, tuple, np.ndarray)) and np.ndim(X) == 3):
        whole = steps is None
        return Series(rows=X, targets=y, whole=whole, deep=False, count=1, steps=steps or 1)
    given = np.asarray(X)
    targets: Any = None
    if y is not None:
        targets = np.asarray(y)
        if targets.ndim not in (2, 3) or targets.shape[:2] != given.shape[:2]:
            raise GraphError(
                f"y {targets.shape}: expected a value for each step of X {given.shape}"
            )
        targets = targets.reshape(-1, *targets.shape[2:])
    rows = given.reshape(-1, given.shape[2])
    return Series(rows=rows, targets=targets, whole=True, deep=True, count=len(given), steps=1)


def nrmse(predicted: ArrayLike, wanted: ArrayLike) -> float:
    """sqrt(<(predicted - wanted)^2> / var(wanted)); 1 for the mean, 0 for no error."""
    goal = np.asarray(wanted, dtype=np.float64)
    error = np.asarray(predicted, dtype=np.float64) - goal
    return float(np.sqrt(np.mean(error**2) / goal.var()))
