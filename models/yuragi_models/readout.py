"""A linear read-out that a chip's integers leave as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

__all__ = ["Readout", "fit_readout", "on_grid"]

Array = NDArray[Any]
_POWERS = range(-18, 1)
_LEAST_FREEDOM = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readout:
    """scores = w @ x + c.

    w: shape (outputs, features)      c: shape (outputs,)
    ridge: the penalty that it was fitted with.
    """

    w: Array
    c: Array
    ridge: float


def on_grid(w: Array, bits: int | None) -> Array:
    """The weights rounded to whole multiples of max|w| / (2^(bits-1) - 1); None: as they are.

    What is on the grid of a chip already, the chip does not change.
    """
    largest = float(np.abs(w).max(initial=0.0))
    if bits is None or largest == 0.0:
        return w
    unit = largest / (2 ** (bits - 1) - 1)
    return np.asarray(np.rint(w / unit) * unit)


def fit_readout(
    features: Array, targets: Array, *, ridge: float | None, bits: int | None
) -> Readout:
    """Ridge regression whose bias is fitted after the weights are rounded.

        w = Y' A' (A A' + ridge 1)^-1      A, Y: features and targets without their means
        c = y_mean - w_rounded x_mean

    A bias fitted to the weights before rounding would carry their errors times the mean feature:
    features that are never negative have a large mean, and the scores of all classes would shift.
    Singular values, and not the normal equations, keep small penalties exact.

        features: shape (samples, features)      targets: shape (samples, outputs)
        ridge: None: of powers of ten times the largest s^2, the one with the least

            |y - y_found|^2 / (samples - 1 - sum_i s_i^2 / (s_i^2 + ridge))^2

        where s are the singular values of A and y_found comes of the rounded weights. This
        generalised cross-validation stands for leaving out each sample in turn.
    Source: Hoerl & Kennard, Technometrics 12 (1970) 55; Golub, Heath & Wahba, Technometrics 21
    (1979) 215.
    """
    mean, target_mean = features.mean(axis=0), targets.mean(axis=0)
    goal = targets - target_mean
    with threadpool_limits(limits=1):  # more threads wait for each other where others run too
        left, singular, right = scipy.linalg.svd(features - mean, full_matrices=False)
    along = left.T @ goal  # (rank, samples) @ (samples, outputs)
    beyond = max(float((goal**2).sum() - (along**2).sum()), 0.0)
    largest = float(singular.max(initial=0.0)) ** 2
    tried = [largest * 10.0**power for power in _POWERS] if ridge is None else [ridge]
    best, chosen, found = np.inf, 0.0, np.zeros((targets.shape[1], features.shape[1]))
    for penalty in tried:
        scale = singular / np.where(singular > 0.0, singular**2 + penalty, 1.0)
        w = on_grid((right.T @ (scale[:, None] * along)).T, bits)
        missed = float(((along - singular[:, None] * (right @ w.T)) ** 2).sum()) + beyond
        free = max(len(goal) - 1.0 - float((singular * scale).sum()), _LEAST_FREEDOM)
        if missed / free**2 < best or len(tried) == 1:
            best, chosen, found = missed / free**2, penalty, w
    return Readout(w=found, c=target_mean - found @ mean, ridge=chosen)
