"""Chains: several maps one after the other come to one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import yuragi as yg
from yuragi.errors import GraphError
from yuragi.wiring.chain import Chain, chain
from yuragi.wiring.convolution import Convolution
from yuragi.wiring.maps import as_map


@given(
    size=st.integers(3, 9),
    pool=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 1)),
    conv=st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), st.integers(1, 2)),
    groups=st.integers(1, 2),
)
def test_a_convolution_after_a_pool_is_their_product(
    size: int, pool: tuple[int, int, int], conv: tuple[int, int, int, int], groups: int
) -> None:
    window, stride, padding = pool
    if window > size + 2 * padding:
        return
    first = yg.SumPool2d(2, (size, size + 1), window, stride=stride, padding=padding)
    rng = np.random.default_rng(size)
    try:
        second = yg.Conv2d(
            rng.integers(-4, 5, size=(2, 2 // groups, conv[0], 1)),
            first.output_shape[1:],
            stride=conv[1],
            padding=conv[2],
            dilation=conv[3],
            groups=groups,
        )
    except GraphError:
        return

    found = chain([first, second])

    expected = second.csr().toarray() @ first.csr().toarray()
    assert np.array_equal(found.csr().toarray(), expected)


def test_a_convolution_after_tiles_stays_one_kernel() -> None:
    pool = yg.AvgPool2d(2, (8, 8), 2)
    conv = yg.Conv2d(np.ones((3, 2, 3, 3)), (4, 4), padding=1)

    found = chain([pool, conv])

    assert isinstance(found, Chain)
    assert isinstance(found.fused, Convolution)
    assert found.shared_weights == 3 * 2 * 6 * 6


def test_a_convolution_that_would_read_beyond_the_pooled_image_becomes_rows() -> None:
    pool = yg.SumPool2d(1, (5, 5), 2)
    conv = yg.Conv2d(np.ones((1, 1, 3, 3)), (2, 2), padding=1)

    found = chain([pool, conv])

    assert found.shared_weights is None
    assert np.array_equal(found.csr().toarray(), conv.csr().toarray() @ pool.csr().toarray())


def test_a_chain_of_one_is_itself_and_chains_are_laid_out() -> None:
    one, two = as_map(np.eye(2)), as_map(np.ones((3, 2)))

    assert chain([one]) is one
    assert len(chain([chain([one, one]), two]).parts) == 3  # type: ignore[attr-defined]


def test_maps_that_do_not_fit_are_no_chain() -> None:
    with pytest.raises(GraphError, match=r"a chain: \(3, 2\) and then \(3, 2\) do not fit"):
        chain([as_map(np.ones((3, 2))), as_map(np.ones((3, 2)))])


def test_a_chain_goes_into_a_folder_with_its_parts(tmp_path: Path) -> None:
    maps = [yg.AvgPool2d(1, (4, 4), 2), as_map(np.arange(8.0).reshape(2, 4))]
    net = yg.Network()
    net.input("image", 16, np.ones((1, 16)))
    net.input("cells", 2)
    net.project("image", "cells", weights=chain(maps), port="i")
    net.save(tmp_path / "chain.yg")

    (edge,) = yg.load(tmp_path / "chain.yg").graph().edges

    assert isinstance(edge.weights, Chain)
    assert np.array_equal(edge.weights.csr().toarray(), chain(maps).csr().toarray())
    assert isinstance(edge.weights.parts[0], Convolution)
