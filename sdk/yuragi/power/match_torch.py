"""Convolutional and recurrent classifiers of one size each, trained by PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from yuragi.errors import GraphError
from yuragi.power.layers import conv, dense, gru, pool
from yuragi.power.listed import layers
from yuragi.power.workload import Workload

__all__ = ["SIZES", "TRAINERS", "WORKLOADS"]

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
_EPOCHS = 40
_UPDATES = 300
_BATCH = 64
SIZES = {
    "cnn": (1, 2, 3, 4, 6, 8, 12, 16, 24, 32),
    "gru": (4, 6, 8, 12, 16, 24, 32, 48, 64, 96),
}


class _Recurrent(nn.Module):
    """A GRU whose last state is classified."""

    def __init__(self, inputs: int, units: int, classes: int) -> None:
        super().__init__()
        self.gru = nn.GRU(inputs, units, batch_first=True)
        self.out = nn.Linear(units, classes)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """(samples, steps, inputs) -> (samples, classes)"""
        states, _ = self.gru(samples)
        scores: torch.Tensor = self.out(states[:, -1])
        return scores


def _plane(shape: Shape) -> tuple[int, int]:
    if len(shape) != 2 or min(shape) < 4:
        raise GraphError(f"samples of shape {shape}: a cnn needs height x width, 4 x 4 at least")
    return shape[0], shape[1]


def _sequence(shape: Shape) -> tuple[int, int]:
    if len(shape) != 2:
        raise GraphError(f"samples of shape {shape}: a gru needs steps x values")
    return shape[0], shape[1]


def _cnn(size: int, shape: Shape, classes: int) -> nn.Module:
    height, width = _plane(shape)
    return nn.Sequential(
        nn.Unflatten(1, (1, height)),
        nn.Conv2d(1, size, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(size, 2 * size, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2 * size * (height // 4) * (width // 4), classes),
    )


def _gru(size: int, shape: Shape, classes: int) -> nn.Module:
    return _Recurrent(_sequence(shape)[1], size, classes)


def _cnn_workload(size: int, shape: Shape, classes: int) -> Workload:
    height, width = _plane(shape)
    half, quarter = (height // 2, width // 2), (height // 4, width // 4)
    found = [
        conv((1, height, width), size, 3, padding=1),
        pool((size, height, width), 2),
        conv((size, *half), 2 * size, 3, padding=1),
        pool((2 * size, *half), 2),
        dense(2 * size * quarter[0] * quarter[1], classes, activation=False),
    ]
    return layers(found, name=f"cnn {size}-{2 * size}-{classes}")


def _gru_workload(size: int, shape: Shape, classes: int) -> Workload:
    steps, inputs = _sequence(shape)
    found = [gru(inputs, size, steps=steps), dense(size, classes, activation=False)]
    return layers(found, name=f"gru {inputs}-{size}-{classes}")


def _trainer(
    build: Callable[[int, Shape, int], nn.Module],
) -> Callable[[int, int, int], Callable[[Array, Array, Array], Array]]:
    """Adam on the cross entropy, the same epochs for every size."""

    def of_size(size: int, seed: int, classes: int) -> Callable[[Array, Array, Array], Array]:
        def trained(train: Array, labels: Array, others: Array) -> Array:
            # Networks this small lose more to the start of threads than they gain.
            threads = torch.get_num_threads()
            torch.set_num_threads(1)
            try:
                with torch.random.fork_rng(devices=[]):
                    torch.manual_seed(seed)
                    model = build(size, train.shape[1:], classes)
                    _fit(model, torch.from_numpy(train), torch.from_numpy(np.asarray(labels)))
                model.eval()
                with torch.no_grad():
                    return np.asarray(model(torch.from_numpy(others)).argmax(dim=1).numpy())
            finally:
                torch.set_num_threads(threads)

        return trained

    return of_size


def _fit(model: nn.Module, samples: torch.Tensor, labels: torch.Tensor) -> None:
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-4)
    epochs = max(_EPOCHS, _UPDATES * _BATCH // len(samples))
    steps = epochs * -(-len(samples) // _BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    loss = nn.CrossEntropyLoss()
    for _ in range(epochs):
        for rows in torch.split(torch.randperm(len(samples)), _BATCH):
            optimiser.zero_grad()
            loss(model(samples[rows]), labels[rows]).backward()
            optimiser.step()
            schedule.step()


WORKLOADS = {"cnn": _cnn_workload, "gru": _gru_workload}
TRAINERS = {"cnn": _trainer(_cnn), "gru": _trainer(_gru)}
