"""Units: texts to SI numbers and back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuragi.quantity import _COMMON, UnitError, _factor, quantity
from yuragi.units import engineering, engineering_band


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("23.6 pJ", "joule", 23.6e-12),
        ("0.232 W", "watt", 0.232),
        ("3.5ns", "second", 3.5e-9),
        ("1e-3 s", "second", 1e-3),
        ("1 µs", "second", 1e-6),
        ("1 us", "second", 1e-6),
        ("1 ms", "second", 1e-3),
        ("2 kWh", "joule", 7.2e6),
    ],
)
def test_a_quantity_is_read_in_si(text: str, unit: str, value: float) -> None:
    assert quantity(text, unit) == pytest.approx(value, rel=1e-12)


def test_the_common_units_are_those_of_pint_to_the_last_bit() -> None:
    assert {s: _factor(s, unit, s) for s, (unit, _) in _COMMON.items()} == {
        symbol: factor for symbol, (_, factor) in _COMMON.items()
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("23.6 pX", "no unit 'pX'"),
        ("23.6 W", "not a unit of joule"),
        ("23.6", "not a number and one unit"),
        ("pJ", "not a number and one unit"),
        ("2 J**9", "not a number and one unit"),
        ("9**9**9 J", "not a number and one unit"),
        ("1 __import__('os')", "not a number and one unit"),
        ("1 J 1 J", "not a number and one unit"),
        ("1" * 100 + " J", "not a number and one unit"),
        ("1e400 J", "not a finite number"),
        ("5 degC", "not a unit of joule"),
        ("", "not a number and one unit"),
    ],
)
def test_a_quantity_refuses_what_is_not_a_number_and_one_unit(text: str, reason: str) -> None:
    with pytest.raises(UnitError, match=reason.replace("(", r"\(")):
        quantity(text, "joule")


def test_a_quantity_refuses_a_number_without_a_unit() -> None:
    with pytest.raises(UnitError, match="carries no unit"):
        quantity(23.6, "joule")  # type: ignore[arg-type]  # what a YAML file can hold


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (23.6e-12, "23.6 pJ"),
        (0.679, "0.679 J"),
        (0.0999, "99.9 mJ"),
        (999.6, "1.00 kJ"),
        (12.2e9, "12.2 GJ"),
        (0.0, "0 J"),
        (-3e-3, "-3.00 mJ"),
        (100.0, "100 J"),
        (1e-30, "1e-30 J"),
        (math.inf, "inf J"),
    ],
)
def test_a_number_is_written_in_engineering_format(value: float, text: str) -> None:
    assert engineering(value, "J") == text


@given(st.floats(min_value=1e-23, max_value=1e20))
def test_a_written_number_reads_back_to_three_digits(value: float) -> None:
    assert quantity(engineering(value, "J"), "joule") == pytest.approx(value, rel=5.1e-3)


def test_a_band_is_written_under_one_prefix() -> None:
    assert engineering_band(23e-12, 25e-12, 60e-12, "J") == "25.0 [23.0, 60.0] pJ"


def test_a_band_of_no_width_is_written_as_a_number() -> None:
    assert engineering_band(3e-12, 3e-12, 3e-12, "J") == "3.00 pJ"


def test_a_far_end_of_a_band_is_written_without_exponent() -> None:
    assert engineering_band(1e-6, 2e-6, 15.2e-3, "J") == "2.00 [1.00, 15,200] µJ"
