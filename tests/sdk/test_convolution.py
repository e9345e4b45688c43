"""Convolution and pooling: what they compute, what they count, and how they are kept."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import yuragi as yg
from yuragi import hardware
from yuragi.errors import GraphError, ModelFileError
from yuragi.graph import Graph
from yuragi.io.model_file import load_model
from yuragi.passes.lowering import lower
from yuragi.passes.synapse_memory import held_synapses
from yuragi.wiring.convolution import Convolution

LOIHI2 = hardware.load("loihi2")


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    axes = draw(st.integers(1, 2))
    groups = draw(st.integers(1, 2))
    out, inner = groups * draw(st.integers(1, 2)), draw(st.integers(1, 2))
    window = [draw(st.integers(1, 3)) for _ in range(axes)]
    dilation = [draw(st.integers(1, 2)) for _ in range(axes)]
    size = [d * (k - 1) + draw(st.integers(1, 4)) for k, d in zip(window, dilation, strict=True)]
    kernel = np.random.default_rng(draw(st.integers(0, 99))).integers(
        -3, 4, size=(out, inner, *window)
    )
    return Convolution(
        kernel=kernel.astype(np.float64),
        size=tuple(size),
        stride=tuple(draw(st.integers(1, 3)) for _ in range(axes)),
        padding=tuple((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in range(axes)),
        dilation=tuple(dilation),
        groups=groups,
    )


def by_definition(conv: Convolution, image: np.ndarray) -> np.ndarray:
    """The sum in the class's docstring, term by term."""
    out, inner, *window = conv.kernel.shape
    shape = conv.output_shape
    result = np.zeros(shape)
    for place in itertools.product(*map(range, shape)):
        o, p = place[0], place[1:]
        c0 = o // (out // conv.groups) * inner
        for c, *k in itertools.product(range(inner), *map(range, window)):
            at = [
                s * q + d * j - low
                for s, q, d, j, (low, _) in zip(
                    conv.stride, p, conv.dilation, k, conv.padding, strict=True
                )
            ]
            if all(0 <= a < n for a, n in zip(at, conv.size, strict=True)):
                result[place] += conv.kernel[(o, c, *k)] * image[(c0 + c, *at)]
    return result


@given(convolutions())
@settings(max_examples=60)
def test_a_convolution_is_the_sum_of_its_definition(conv: Convolution) -> None:
    image = np.random.default_rng(1).integers(-5, 6, size=conv.input_shape).astype(float)

    found = conv.csr() @ image.reshape(-1)

    assert np.array_equal(found.reshape(conv.output_shape), by_definition(conv, image))


@given(convolutions())
@settings(max_examples=60)
def test_the_synapses_of_a_convolution_are_counted_without_making_them(conv: Convolution) -> None:
    matrix = conv.csr()

    assert conv.synapses == matrix.nnz
    assert matrix.shape == conv.shape
    assert matrix.has_canonical_format


@given(convolutions())
@settings(max_examples=30)
def test_a_kernel_goes_into_a_folder_and_back(tmp_path_factory: Any, conv: Convolution) -> None:
    path = tmp_path_factory.mktemp("saved") / "model.yg"
    net = network(conv)
    net.save(path)
    (edge,) = yg.load(path).graph().edges

    found = edge.weights

    assert isinstance(found, Convolution)
    assert np.array_equal(found.kernel, conv.kernel)
    for name in ("size", "stride", "padding", "dilation", "groups"):
        assert getattr(found, name) == getattr(conv, name)


def network(conv: yg.Convolution) -> yg.Network:
    net = yg.Network(seed=0)
    net.input("image", conv.shape[1], np.ones((3, conv.shape[1])), spiking=True)
    net.population("cells", conv.shape[0], "cuba_lif", parameters={"bias": 0.1})
    net.project("image", "cells", weights=conv, port="i")
    net.probe("cells", "spikes")
    return net


def lowered(conv: yg.Convolution) -> Graph:
    return lower(network(conv).graph(), LOIHI2)[0]


def test_a_quantised_kernel_is_still_one_kernel() -> None:
    conv = yg.Conv2d(np.random.default_rng(0).normal(size=(4, 2, 3, 3)), (8, 8), padding="same")

    (edge,) = lowered(conv).edges

    assert isinstance(edge.weights, Convolution)
    assert edge.weights.kernel.dtype == np.int8
    assert len(np.unique(edge.weights.csr().data)) <= conv.kernel.size


def test_a_core_may_hold_one_kernel_for_all_its_units() -> None:
    conv = yg.Conv2d(np.random.default_rng(0).normal(size=(4, 2, 3, 3)), (8, 8), padding="same")
    graph = lowered(conv)
    assert graph.placement is not None

    (held,) = held_synapses(graph, graph.placement, LOIHI2)

    assert held.encoding == "convolution"
    assert held.cheapest == 4 * 2 * 3 * 3 * LOIHI2.number("weight_bits")
    assert held.synapses == graph.synapses


def test_a_pool_adds_or_averages_what_is_under_its_window() -> None:
    image = np.arange(2 * 4 * 6, dtype=float).reshape(2, 4, 6)
    blocks = image.reshape(2, 2, 2, 2, 3).sum(axis=(2, 4))

    total = yg.SumPool2d(2, (4, 6), (2, 3)).csr() @ image.reshape(-1)
    mean = yg.AvgPool2d(2, (4, 6), (2, 3)).csr() @ image.reshape(-1)

    assert np.array_equal(total, blocks.reshape(-1))
    assert np.allclose(mean, blocks.reshape(-1) / 6, rtol=1e-15)


@pytest.mark.parametrize(("window", "expected"), [(3, ((1, 1),)), (4, ((1, 2),)), (1, ((0, 0),))])
def test_padding_same_keeps_the_size_and_puts_the_odd_zero_last(
    window: int, expected: tuple[tuple[int, int], ...]
) -> None:
    conv = yg.Conv1d(np.ones((1, 1, window)), 9, padding="same")

    assert conv.output_shape == (1, 9)
    assert conv.padding == expected


def test_a_window_of_two_different_sides_has_its_own_reach_on_each_axis() -> None:
    conv = yg.Conv2d(np.ones((1, 1, 3, 5)), (6, 7))

    assert conv.output_shape == (1, 4, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: yg.Conv2d(np.ones((1, 3, 3)), (5, 5)), "kernel: expected 4 dimensions"),
        (lambda: yg.Conv2d(np.ones((1, 1, 6, 1)), (5, 5)), "does not fit an image"),
        (lambda: yg.Conv2d(np.ones((3, 1, 1, 1)), (5, 5), groups=2), "expected a divisor of 3"),
        (lambda: yg.Conv2d(np.ones((1, 1, 1, 1)), (5, 5), stride=0), "stride .0, 0.: expected"),
        (lambda: yg.Conv2d(np.ones((1, 1, 1, 1)), (5, 5), padding=-1), "padding .*: expected"),
        (lambda: yg.Conv2d(np.ones((1, 1, 1, 1)), (5, 5), padding=1.5), "padding 1.5: expected"),
        (lambda: yg.Conv2d(np.ones((1, 1, 1, 1)), (5, 5), padding="full"), '"same" or "valid"'),
        (lambda: yg.Conv2d(np.ones((1, 1, 1, 1)), 5.0), "input_shape 5.0: expected a whole"),
        (lambda: yg.Conv2d(np.full((1, 1, 1, 1), np.nan), (5, 5)), "expected finite numbers"),
        (lambda: yg.Conv2d([["a"]], (5, 5)), "kernel: expected an array of numbers"),
        (
            lambda: yg.Conv1d(np.ones((1, 1, 3)), 9, padding="same", stride=2),
            "stride .2,. does not",
        ),
        (lambda: yg.Conv2d(np.ones((1, 1, 1, 1)), (2**20, 2**20)), "more than 2,147,483,647"),
        (lambda: yg.SumPool2d(0, (4, 4), 2), "0 channels"),
    ],
)
def test_a_convolution_refuses_what_does_not_fit(make: Any, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        make()


MODEL = """
yuragi: 1
network:
  inputs: {{image: {{size: 16, spiking: true, values: [[{ones}]]}}}}
  populations: {{cells: {{size: {size}, dynamics: cuba_lif}}}}
  projections:
    - {{from: image, to: cells, weights: {rule}}}
"""
CONV = "{conv: {kernel: [[[[1, 2], [3, 4]]]], size: [4, 4], padding: same}}"


@pytest.mark.parametrize(
    ("rule", "size", "expected"),
    [
        (CONV, 16, lambda: yg.Conv2d([[[[1, 2], [3, 4]]]], (4, 4), padding="same")),
        (
            "{conv: {kernel: [[[1, 2]]], size: 16, stride: 2}}",
            8,
            lambda: yg.Conv1d([[[1, 2]]], 16, stride=2),
        ),
        (
            "{sum_pool: {channels: 1, size: [4, 4], window: 2}}",
            4,
            lambda: yg.SumPool2d(1, (4, 4), 2),
        ),
        (
            "{avg_pool: {channels: 1, size: [4, 4], window: [1, 4]}}",
            4,
            lambda: yg.AvgPool2d(1, (4, 4), (1, 4)),
        ),
    ],
    ids=["two axes", "one axis", "sum", "mean"],
)
def test_a_model_file_describes_a_convolution(
    tmp_path: Path, rule: str, size: int, expected: Any
) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(MODEL.format(ones=", ".join("1" * 16), size=size, rule=rule))

    (edge,) = load_model(path).network.graph().edges

    assert np.array_equal(edge.weights.csr().toarray(), expected().csr().toarray())


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (CONV.replace("same", "full"), "line 7.*conv.padding: expected a whole number from 0"),
        (CONV.replace("[4, 4]", "[4, 5]"), r"image -> cells.i: weights have shape \(20, 20\)"),
        (CONV.replace("[4, 4]", "[4.5, 4]"), "line 7.*conv.size: expected a whole number"),
    ],
)
def test_a_model_file_says_where_a_convolution_is_wrong(
    tmp_path: Path, rule: str, message: str
) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(MODEL.format(ones=", ".join("1" * 16), size=16, rule=rule))

    with pytest.raises(ModelFileError, match=message):
        load_model(path)


def test_a_damaged_geometry_in_a_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.yg"
    network(yg.Conv2d(np.ones((1, 1, 2, 2)), (4, 4))).save(path)
    text = (path / "network.yaml").read_text()
    (path / "network.yaml").write_text(text.replace("dilation:", "dilation: [9, 9]\n#", 1))

    with pytest.raises(ModelFileError, match="weights"):
        yg.load(path)
