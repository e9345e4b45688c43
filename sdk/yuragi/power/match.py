"""The smallest conventional network that does the same job."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from yuragi.errors import DependencyError, GraphError
from yuragi.power.listed import mlp
from yuragi.power.workload import Workload

__all__ = ["FAMILIES", "Candidate", "Match", "Task", "match"]

Array: TypeAlias = NDArray[Any]
_VALIDATION = 0.2
_EPOCHS = 60
_UPDATES = 1500
_BATCH = 64
_FEWEST = 20


class Task(Protocol):
    """Samples with labels in two parts, as `yuragi_models.digits.digits()` gives them.

    train, test: shape (samples, ...)      train_labels, test_labels: shape (samples,)
    """

    @property
    def train(self) -> Array: ...  # noqa: D102
    @property
    def test(self) -> Array: ...  # noqa: D102
    @property
    def train_labels(self) -> Array: ...  # noqa: D102
    @property
    def test_labels(self) -> Array: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One size of a family.  validation: the accuracy of each seed on samples not trained on."""

    size: int
    workload: Workload
    validation: tuple[float, ...]

    @property
    def accuracy(self) -> float:
        """The mean over the seeds."""
        return float(np.mean(self.validation))


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What the search found.

    workload: the network, with the median accuracy of the seeds on the test samples.
    asked: the accuracy to be reached;  reached: whether the mean validation accuracy does. Where
        none does, the smallest within a standard error of the best one is taken.
    test: the accuracy of each seed on the test samples, trained on all others.
    tried: every size that was trained, by its cost.
    """

    family: str
    asked: float
    reached: bool
    workload: Workload
    test: tuple[float, ...]
    tried: tuple[Candidate, ...]

    def __str__(self) -> str:
        """One line."""
        work = self.workload
        found = f"{min(self.test):.2%} to {max(self.test):.2%} on the test samples"
        said = (
            f"the smallest of {len(self.tried)} tried that validates at {self.asked:.2%}"
            if self.reached
            else f"no {self.family} that was tried validates at {self.asked:.2%}; this is the "
            "smallest within a standard error of the best"
        )
        return f"{work.name}: {work.macs:,} MACs, {work.parameters:,} parameters, {found}; {said}"


Trained = Callable[[Array, Array, Array], Array]
"""(train, labels, others) -> the classes of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Networks of one kind, by size.

    sizes: from the smallest on.
    workload: (size, shape of a sample, classes) -> what it computes.
    trained: (size, seed, number of classes) -> a trainer.
    """

    sizes: tuple[int, ...]
    workload: Callable[[int, tuple[int, ...], int], Workload]
    trained: Callable[[int, int, int], Trained]


def match(
    task: Task | Sequence[Array],
    accuracy: float,
    *,
    family: str = "mlp",
    sizes: Sequence[int] | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    watch: Callable[[Candidate], None] | None = None,
) -> Match:
    """As `yuragi.baseline.match`, which says it all."""
    data = _data(task)
    if not 0 < accuracy <= 1:
        raise GraphError(f"accuracy {accuracy!r}: expected a number above 0, at most 1")
    if not seeds:
        raise GraphError("seeds: give at least one")
    kind = _family(family)
    ladder = tuple(sorted(set(kind.sizes if sizes is None else sizes)))
    if not ladder or ladder[0] < 1:
        raise GraphError(f"sizes {list(ladder)}: expected numbers above 0")
    search = _Search(kind, data, seeds, watch)
    place = _smallest(ladder, lambda size: search.candidate(size).accuracy >= accuracy)
    reached = place is not None
    if place is None:
        enough = search.nearly_best()
        place = _smallest(ladder, lambda size: search.candidate(size).accuracy >= enough)
    chosen = search.tried[ladder[place or 0]]
    test = tuple(search.test(chosen.size, seed) for seed in seeds)
    return Match(
        family=family,
        asked=accuracy,
        reached=reached,
        workload=replace(chosen.workload, accuracy=float(np.median(test))),
        test=test,
        tried=tuple(sorted(search.tried.values(), key=lambda one: one.size)),
    )


def _smallest(ladder: Sequence[int], holds: Callable[[int], bool]) -> int | None:
    """The place of the smallest size that holds, by halving and a look at two below."""
    low, high = 0, len(ladder)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(ladder[middle]) else (middle + 1, high)
    if high == len(ladder):
        return None
    below = [place for place in range(max(0, high - 2), high) if holds(ladder[place])]
    return min((*below, high))


class _Search:
    """Trains what is asked for, each size once."""

    def __init__(
        self,
        family: Family,
        data: _Data,
        seeds: Sequence[int],
        watch: Callable[[Candidate], None] | None,
    ) -> None:
        self.tried: dict[int, Candidate] = {}
        self._family, self._data, self._seeds, self._watch = family, data, seeds, watch
        self._parts = train_test_split(
            data.train,
            data.train_labels,
            test_size=_VALIDATION,
            stratify=data.train_labels,
            random_state=0,
        )

    def candidate(self, size: int) -> Candidate:
        if size not in self.tried:
            train, held, labels, expected = self._parts
            found = tuple(
                self._score(size, s, (train, labels, held, expected)) for s in self._seeds
            )
            shape = self._data.train.shape[1:]
            workload = self._family.workload(size, shape, self._data.classes)
            one = Candidate(size=size, workload=workload, validation=found)
            self.tried[size] = one
            if self._watch:
                self._watch(one)
        return self.tried[size]

    def nearly_best(self) -> float:
        """The best accuracy so far less its standard error, which more units do not resolve."""
        best = max(one.accuracy for one in self.tried.values())
        return best - float(np.sqrt(best * (1.0 - best) / len(self._parts[3])))

    def test(self, size: int, seed: int) -> float:
        data = self._data
        return self._score(size, seed, (data.train, data.train_labels, data.test, data.test_labels))

    def _score(self, size: int, seed: int, parts: tuple[Array, Array, Array, Array]) -> float:
        train, labels, others, expected = parts
        trained = self._family.trained(size, seed, self._data.classes)
        return float(np.mean(trained(train, labels, others) == expected))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Data:
    """float32 samples, standardised by the training samples; labels from 0."""

    train: Array
    train_labels: Array
    test: Array
    test_labels: Array
    classes: int


def _data(task: Task | Sequence[Array]) -> _Data:
    """Standardising is a scale and a shift of the inputs, which the first layer takes in."""
    four = task if isinstance(task, Sequence) else None
    if four is not None and len(four) != 4:
        raise GraphError(f"a task of {len(four)} parts: expected train, labels, test, labels")
    train, train_labels, test, test_labels = (
        four if four is not None else (task.train, task.train_labels, task.test, task.test_labels)  # type: ignore[union-attr]
    )
    arrays = [np.asarray(part) for part in (train, test)]
    labels = [np.asarray(part) for part in (train_labels, test_labels)]
    if any(len(a) != len(b) or len(a) < 1 for a, b in zip(arrays, labels, strict=True)):
        raise GraphError("a task needs a label for each sample, in both parts")
    if len(arrays[0]) < _FEWEST or arrays[0].shape[1:] != arrays[1].shape[1:]:
        raise GraphError(f"a task needs {_FEWEST} training samples, of the shape of the others")
    names, places = np.unique(np.concatenate(labels), return_inverse=True)
    flat = [part.reshape(len(part), -1).astype(np.float64) for part in arrays]
    scaler = StandardScaler().fit(flat[0])
    scaled = [
        scaler.transform(part).astype(np.float32).reshape(shape.shape)
        for part, shape in zip(flat, arrays, strict=True)
    ]
    return _Data(
        train=scaled[0],
        train_labels=places[: len(labels[0])],
        test=scaled[1],
        test_labels=places[len(labels[0]) :],
        classes=len(names),
    )


def _mlp_workload(size: int, shape: tuple[int, ...], classes: int) -> Workload:
    return mlp([int(np.prod(shape)), size, classes])


def _mlp_trained(size: int, seed: int, classes: int) -> Trained:
    del classes

    def trained(train: Array, labels: Array, others: Array) -> Array:
        model = MLPClassifier(
            (size,),
            alpha=0.01,
            learning_rate_init=0.003,
            batch_size=min(_BATCH, len(train)),
            max_iter=max(_EPOCHS, _UPDATES * _BATCH // len(train)),
            random_state=seed,
        )
        with warnings.catch_warnings():
            # The number of epochs is the training that was chosen, the same for every size.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(train.reshape(len(train), -1), labels)
        return np.asarray(model.predict(others.reshape(len(others), -1)))

    return trained


def _from_torch(name: str) -> Family:
    try:
        trainers = import_module("yuragi.power.match_torch")
    except ModuleNotFoundError as problem:
        if problem.name != "torch":
            raise
        raise DependencyError(
            f"training a {name} needs PyTorch: pip install 'yuragi[torch]'; family='mlp' does not"
        ) from None
    sizes: tuple[int, ...] = trainers.SIZES[name]
    workloads: Mapping[str, Any] = trainers.WORKLOADS
    return Family(sizes=sizes, workload=workloads[name], trained=trainers.TRAINERS[name])


FAMILIES: Mapping[str, Callable[[], Family]] = MappingProxyType(
    {
        "mlp": lambda: Family(
            sizes=(2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256),
            workload=_mlp_workload,
            trained=_mlp_trained,
        ),
        "cnn": lambda: _from_torch("cnn"),
        "gru": lambda: _from_torch("gru"),
    }
)


def _family(name: str) -> Family:
    if name not in FAMILIES:
        raise GraphError(f"no family {name!r}; one of {', '.join(FAMILIES)}")
    return FAMILIES[name]()
