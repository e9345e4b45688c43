"""A linear read-out that a chip's integers leave as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Readout", "fit_readout", "on_grid"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readout:
    """scores = w @ x + c.

    w: shape (classes, features)      c: shape (classes,)
    """

    w: Array
    c: Array


def on_grid(w: Array, bits: int | None) -> Array:
    """The weights rounded to whole multiples of max|w| / (2^(bits-1) - 1); None: as they are.

    What is on the grid of a chip already, the chip does not change.
    """
    largest = float(np.abs(w).max(initial=0.0))
    if bits is None or largest == 0.0:
        return w
    unit = largest / (2 ** (bits - 1) - 1)
    return np.asarray(np.rint(w / unit) * unit)


def fit_readout(features: Array, targets: Array, *, ridge: float, bits: int | None) -> Readout:
    """Ridge regression whose bias is fitted after the weights are rounded.

        w = Y' A' (A A' + ridge 1)^-1      A, Y: features and targets without their means
        c = y_mean - w_rounded x_mean

    A bias fitted to the weights before rounding would carry their errors times the mean feature:
    features that are never negative have a large mean, and the scores of all classes would shift.

        features: shape (samples, features)      targets: shape (samples, classes)
    Source: Hoerl & Kennard, Technometrics 12 (1970) 55.
    """
    mean, target_mean = features.mean(axis=0), targets.mean(axis=0)
    centred = features - mean
    gram = centred.T @ centred  # (features, samples) @ (samples, features)
    gram[np.diag_indices_from(gram)] += ridge
    w = np.linalg.solve(gram, centred.T @ (targets - target_mean)).T
    w = on_grid(w, bits)
    return Readout(w=w, c=target_mean - w @ mean)
