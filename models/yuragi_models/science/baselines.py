"""Checks of the digital baselines on the scanned digits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from yuragi.power.layers import dense
from yuragi_models.conversion import SpikingPerceptron

__all__ = ["CHECKS"]

_SPLITS = 5


def _model(name: str, seed: int) -> Any:
    if name.startswith("MLP"):
        hidden = tuple(int(size) for size in name.split()[1].split("-")[1:-1])
        return MLPClassifier(hidden, max_iter=2000, random_state=seed)
    return {
        "SVC gamma .001, half split unshuffled": SVC(gamma=0.001),
        "ridge linear": RidgeClassifier(),
        "logistic regression": LogisticRegression(max_iter=2000),
        "SVC rbf C=5": SVC(C=5),
    }[name]


def accuracy(data: str, model: str, splits: int = _SPLITS) -> float:
    """Of the test images: of the second half, or the mean over some splits of 80/20."""
    del data
    x, y = load_digits(return_X_y=True)
    if "half split" in model:
        half = len(x) // 2
        return float(_model(model, 0).fit(x[:half], y[:half]).score(x[half:], y[half:]))
    found = []
    for seed in range(splits):
        split = train_test_split(x / 16.0, y, test_size=0.2, stratify=y, random_state=seed)
        found.append(_model(model, seed).fit(split[0], split[2]).score(split[1], split[3]))
    return float(np.mean(found))


def lost_in_spikes(model: str, steps: int, splits: int = _SPLITS) -> float:
    """Points of accuracy that the spiking form loses, the mean of some splits."""
    x, y = load_digits(return_X_y=True)
    lost = []
    for seed in range(splits):
        split = train_test_split(x / 16.0, y, test_size=0.2, stratify=y, random_state=seed)
        perceptron = _model(model, seed).fit(split[0], split[2])
        spiking = SpikingPerceptron(perceptron, split[0], steps=steps).predict(split[1])
        lost.append(perceptron.score(split[1], split[3]) - float(np.mean(spiking == split[3])))
    return float(100.0 * np.mean(lost))


def products(layers: Sequence[int], units: int, inputs: int, outputs: int) -> list[int]:
    """Multiply-accumulates of a perceptron, and of a step of a reservoir with its read-out."""
    reservoir = ((units, units), (inputs, units), (units, outputs))
    return [sum(dense(*pair).macs for pair in pairs) for pairs in (pairwise(layers), reservoir)]


CHECKS = {
    **{f"DB-{row}": accuracy for row in range(1, 8)},
    "DB-8": lost_in_spikes,
    "DB-9": products,
}
