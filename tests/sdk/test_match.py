"""Baselines that are searched for: the smallest that does the same job."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import yuragi as yg
from yuragi.errors import DependencyError, GraphError
from yuragi.power import baseline
from yuragi.power.match import Match

Parts = tuple[Any, Any, Any, Any]


def rings(count: int = 400) -> Parts:
    """Two rings, one around the other: no straight line parts them."""
    draw = np.random.default_rng(0)
    angle = draw.uniform(0, 2 * np.pi, count)
    label = draw.integers(0, 2, count)
    radius = 1 + 2 * label + draw.normal(0, 0.1, count)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    half = count // 2
    return points[:half], label[:half], points[half:], label[half:]


@pytest.fixture(scope="module")
def found() -> Match:
    return baseline.match(rings(), 0.95, sizes=(1, 2, 8, 16), seeds=(0, 1))


def test_the_smallest_perceptron_that_reaches_the_accuracy_is_found(found: Match) -> None:
    assert found.reached
    assert found.workload.name == "mlp 2-8-2"
    sizes = {one.size: one.accuracy for one in found.tried}
    assert sizes[2] < 0.95 <= sizes[8]


def test_the_workload_carries_the_accuracy_on_the_test_samples(found: Match) -> None:
    assert found.workload.accuracy == np.median(found.test) > 0.95
    assert len(found.test) == 2
    assert "2-8-2: 32 MACs, 42 parameters" in str(found)


def test_where_none_reaches_the_accuracy_the_smallest_that_is_as_good_as_the_best_is_given() -> (
    None
):
    found = baseline.match(rings(), 0.999, sizes=(1, 2), seeds=(0,))
    assert not found.reached
    best = max(one.accuracy for one in found.tried)
    error = np.sqrt(best * (1 - best) / (len(rings()[0]) // 5))
    enough = [one.workload.name for one in found.tried if one.accuracy >= best - 1.01 * error]
    assert found.workload.name == enough[0]
    assert "no mlp that was tried validates at 99.90%" in str(found)


def test_the_test_samples_take_no_part_in_the_choice() -> None:
    train, labels, test, test_labels = rings()
    options: dict[str, Any] = {"sizes": (2, 4), "seeds": (0,)}
    one = baseline.match((train, labels, test, test_labels), 0.95, **options)
    other = baseline.match((train, labels, test[::-1] * 7, 1 - test_labels), 0.95, **options)
    assert [(c.size, c.validation) for c in one.tried] == [
        (c.size, c.validation) for c in other.tried
    ]
    assert one.test != other.test


def test_a_matched_network_stands_in_a_comparison(found: Match) -> None:
    table = yg.compare((), found.workload, ["cortex_m4"])
    assert table.rows[0].accuracy == found.workload.accuracy


def test_labels_may_be_words() -> None:
    train, labels, test, test_labels = rings()
    words = np.array(["inner", "outer"])
    found = baseline.match(
        (train, words[labels], test, words[test_labels]), 0.95, sizes=(8,), seeds=(0,)
    )
    assert found.reached


@pytest.mark.parametrize(
    ("task", "accuracy", "options", "reason"),
    [
        (rings(), 1.5, {}, "accuracy 1.5"),
        (rings(), 0.9, {"family": "svm"}, "no family 'svm'; one of mlp, cnn, gru"),
        (rings(), 0.9, {"sizes": ()}, "sizes"),
        (rings(), 0.9, {"seeds": ()}, "at least one"),
        (rings()[:3], 0.9, {}, "a task of 3 parts"),
        ((*rings()[:3], [1]), 0.9, {}, "a label for each sample"),
        (rings(20), 0.9, {}, "20 training samples"),
    ],
)
def test_a_task_that_means_nothing_is_refused(
    task: Any, accuracy: float, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(GraphError, match=reason):
        baseline.match(task, accuracy, **options)


def test_without_pytorch_the_other_families_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "yuragi.power.match_torch", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(DependencyError, match=r"yuragi\[torch\]"):
        baseline.match(rings(), 0.9, family="cnn")


def bars(count: int = 160) -> Parts:
    """Pictures of 8 x 8 with a bar that stands or lies."""
    draw = np.random.default_rng(0)
    pictures = draw.normal(0, 0.2, (count, 8, 8))
    label = draw.integers(0, 2, count)
    for picture, stands, place in zip(pictures, label, draw.integers(0, 8, count), strict=True):
        picture[(slice(None), place) if stands else (place, slice(None))] += 1.0
    half = count // 2
    return pictures[:half], label[:half], pictures[half:], label[half:]


@pytest.mark.parametrize(
    ("family", "size", "name"), [("cnn", 4, "cnn 4-8-2"), ("gru", 8, "gru 8-8-2")]
)
def test_pytorch_trains_the_other_families(family: str, size: int, name: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is an extra of its own")
    drawn, threads = torch.get_rng_state(), torch.get_num_threads()
    found = baseline.match(bars(), 0.8, family=family, sizes=(size,), seeds=(0,))
    assert found.workload.name == name
    assert found.reached, found
    assert torch.equal(torch.get_rng_state(), drawn)
    assert torch.get_num_threads() == threads


def test_pytorch_counts_what_it_trains() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is an extra of its own")
    from yuragi.power import match_torch

    for family, build in (("cnn", match_torch._cnn), ("gru", match_torch._gru)):
        work = match_torch.WORKLOADS[family](6, (8, 8), 10)
        model = build(6, (8, 8), 10)
        assert work.parameters == sum(one.numel() for one in model.parameters())
        assert model(torch.zeros(1, 8, 8)).shape == (1, 10)
