"""Bands: low <= nominal <= high, kept by the arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuragi.errors import RunError
from yuragi.power import Band

SIZES = st.floats(min_value=0, max_value=1e9)


@st.composite
def bands(draw: st.DrawFn) -> Band:
    low, nominal, high = sorted(draw(st.tuples(SIZES, SIZES, SIZES)))
    return Band(low=low, nominal=nominal, high=high)


@given(bands(), bands())
def test_a_sum_is_ordered_and_commutes(a: Band, b: Band) -> None:
    assert a + b == b + a
    assert (a + b).nominal == a.nominal + b.nominal


@given(bands(), SIZES)
def test_scaling_scales_every_part(a: Band, factor: float) -> None:
    scaled = a * factor
    assert (scaled.low, scaled.high) == (a.low * factor, a.high * factor)
    assert factor * a == scaled


@given(bands(), bands())
def test_a_product_holds_every_product_of_its_factors(a: Band, b: Band) -> None:
    product = a * b
    for left, right in ((a.low, b.high), (a.high, b.low), (a.nominal, b.nominal)):
        assert product.low <= left * right <= product.high


@given(bands(), bands())
def test_the_larger_of_two_bands_is_at_least_both(a: Band, b: Band) -> None:
    larger = a.or_more(b)
    assert larger.low >= max(a.low, b.low)
    assert larger.high == max(a.high, b.high)


@given(bands(), bands())
def test_what_lies_above_a_floor_is_never_negative(a: Band, floor: Band) -> None:
    assert a.above(floor).low >= 0


@given(st.lists(bands(), max_size=5))
def test_a_total_is_the_sum_of_its_parts(parts: list[Band]) -> None:
    assert Band.total(parts).nominal == pytest.approx(sum(band.nominal for band in parts))


@pytest.mark.parametrize("ends", [(2.0, 1.0, 3.0), (1.0, 3.0, 2.0), (0.0, float("nan"), 1.0)])
def test_an_inverted_band_is_refused(ends: tuple[float, float, float]) -> None:
    with pytest.raises(RunError, match="not a band"):
        Band(low=ends[0], nominal=ends[1], high=ends[2])


def test_a_negative_factor_is_refused() -> None:
    with pytest.raises(RunError, match="negative"):
        Band.exact(1.0) * -1.0
