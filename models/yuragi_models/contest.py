"""Digit classifiers side by side: reservoirs on a chip, a perceptron on digital machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from yuragi import backend
from yuragi.hardware import load
from yuragi.power import baseline
from yuragi.power.digital import DigitalReport, price
from yuragi.power.energy import energy
from yuragi.power.row import Row
from yuragi_models.digits import Digits, digits
from yuragi_models.reservoir import ChaoticReservoirClassifier, ReservoirClassifier
from yuragi_models.sequences import SequenceClassifier

__all__ = ["DIGITAL", "HIDDEN", "PROFILE", "Contest", "Entry", "contest"]

PROFILE = "loihi2"
DIGITAL: tuple[tuple[str, int], ...] = (
    ("cortex_m4", 1),
    ("desktop_cpu", 1),
    ("a100", 1),
    ("a100", 1024),
)
"""Digital profiles and the batch that each works on at once."""

HIDDEN = (8, 16, 32, 64, 128, 256)
"""Sizes of the perceptron's hidden layer to choose from."""

_STAGES_EACH = 2
Stage = Callable[[str, int, int], None]


def _silent(name: str, done: int, total: int) -> None:
    """A stage that nobody watches."""
    del name, done, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A classifier on a platform.

    accuracy: as trained, in floats; what was deployed is in the row.
    notes: what else a reader must know.
    """

    accuracy: float
    row: Row
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {"accuracy_float": self.accuracy, **self.row.as_dict(), "notes": list(self.notes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """The entries, in the order of the table.  samples: (training, test) images"""

    seed: int
    samples: tuple[int, int]
    entries: tuple[Entry, ...]


def contest(
    *,
    seed: int = 0,
    units: int = 300,
    test_size: float = 0.2,
    profile: str = PROFILE,
    digital: Sequence[tuple[str, int]] = DIGITAL,
    hidden: Sequence[int] = HIDDEN,
    stage: Stage = _silent,
) -> Contest:
    """Train, compile, run and price every classifier on one split of the digits.

    units: size of each reservoir.      test_size: share of the test images.
    hidden: sizes of the perceptron, of which the smallest is taken that validates as well as the
        best reservoir does on the chip.
    stage: called with what begins, and how many stages of how many are done.
    Raises CapacityError or UnsupportedError where the chip cannot hold a reservoir.
    """
    images = digits(seed=seed, test_size=test_size)
    models: tuple[tuple[str, SequenceClassifier], ...] = (
        ("leaky tanh reservoir", ReservoirClassifier(units, seed=seed)),
        ("chaotic reservoir", ChaoticReservoirClassifier(units, seed=seed)),
    )
    total = _STAGES_EACH * len(models) + 1
    entries = []
    for k, (name, model) in enumerate(models):
        stage(f"{name}: training", _STAGES_EACH * k, total)
        model.fit(images.train, images.train_labels)
        stage(f"{name}: {profile}", _STAGES_EACH * k + 1, total)
        entries.append(_on_chip(name, model, images, profile))
    stage("perceptron: training", total - 1, total)
    asked = max(entry.row.accuracy or 0.0 for entry in entries)
    entries += _perceptron(images, seed, asked, hidden, digital)
    stage("done", total, total)
    return Contest(seed=seed, samples=(len(images.train), len(images.test)), entries=tuple(entries))


def _on_chip(name: str, model: SequenceClassifier, images: Digits, profile: str) -> Entry:
    """Run the test images in the chip's integers, and price the run."""
    program = backend.compile(model.network, backend="chip", profile=profile)
    recording = program.run(model.stimulus(images.test))
    accuracy = float(np.mean(model.classify(recording) == images.test_labels))
    report = energy(recording, name=name, accuracy=accuracy)
    return Entry(
        accuracy=model.score(images.test, images.test_labels),
        row=report.row(),
        notes=report.notes,
    )


def _perceptron(
    images: Digits,
    seed: int,
    asked: float,
    hidden: Sequence[int],
    digital: Sequence[tuple[str, int]],
) -> tuple[Entry, ...]:
    """The smallest perceptron on pixels that does as well, in float32, which is deployed."""
    found = baseline.match(images, asked, sizes=hidden, seeds=(seed, seed + 1))
    missed = (
        f"no perceptron of {min(hidden)} to {max(hidden)} units validates at {asked:.2%}; this is "
        "the smallest within a standard error of the best"
    )
    work = found.workload
    accuracy = work.accuracy or 0.0
    reports = [price(replace(work, batch=batch), load(machine)) for machine, batch in digital]
    return tuple(
        Entry(
            accuracy=accuracy,
            row=report.row(),
            notes=(*_waiting(report), *(() if found.reached else (missed,))),
        )
        for report in reports
    )


def _waiting(report: DigitalReport) -> tuple[str, ...]:
    """How long a batch lasts, where there is one."""
    if report.workload.batch == 1 or report.batch_s is None:
        return ()
    return (f"a batch is answered after {report.batch_s.text('s')}",)
