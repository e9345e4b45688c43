"""The scanned digits that scikit-learn carries, read row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

__all__ = ["Digits", "digits"]

Array = NDArray[Any]
_LARGEST_PIXEL = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Digits:
    """1,797 images of 8 x 8 pixels in two parts, every class in each with its own share.

    train, test: pixels from 0 to 1, a row a step.      shape (samples, 8, 8)
    train_labels, test_labels: 0 to 9.      shape (samples,)
    Source: Alpaydin & Kaynak, Optical recognition of handwritten digits, UCI repository (1998).
    """

    train: Array
    test: Array
    train_labels: Array
    test_labels: Array


def digits(*, seed: int = 0, test_size: float = 0.2) -> Digits:
    """The images, split at random.  test_size: the share of the test part."""
    pixels, labels = load_digits(return_X_y=True)
    train, test, train_labels, test_labels = train_test_split(
        pixels.reshape(-1, 8, 8) / _LARGEST_PIXEL,
        labels,
        test_size=test_size,
        stratify=labels,
        random_state=seed,
    )
    return Digits(
        train=np.asarray(train),
        test=np.asarray(test),
        train_labels=np.asarray(train_labels),
        test_labels=np.asarray(test_labels),
    )
