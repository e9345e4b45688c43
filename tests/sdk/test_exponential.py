"""exp and its relatives: within their bounds everywhere, the right values at the edges."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuragi.equations.exponential import exp, expm1, sigmoid, tanh

TINY = 5e-324
DIGITS = 60
TERMS = Decimal(10) ** -9


def _exp(x: Decimal) -> Decimal:
    return x.exp()


def _expm1(x: Decimal) -> Decimal:
    return x + x * x / 2 + x * x * x / 6 if abs(x) < TERMS else x.exp() - 1


def _tanh(x: Decimal) -> Decimal:
    if abs(x) < TERMS:
        return x - x * x * x / 3
    grown = (2 * x).exp()
    return (grown - 1) / (grown + 1)


def _sigmoid(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


def units_off(found: float, true: Decimal) -> float:
    """The error in units of the last place of the true value."""
    place = Decimal(math.ulp(float(true)))
    return float(abs(Decimal(found) - true) / place)


@pytest.mark.parametrize(
    ("function", "true", "bound", "low", "high"),
    [
        (exp, _exp, 1.5, -745.0, 709.7),
        (expm1, _expm1, 2.5, -709.0, 709.7),
        (tanh, _tanh, 2.5, -30.0, 30.0),
        (sigmoid, _sigmoid, 2.5, -745.0, 745.0),
    ],
)
@given(data=st.data())
def test_the_error_is_bounded(
    function: Callable[..., np.ndarray],
    true: Callable[[Decimal], Decimal],
    bound: float,
    low: float,
    high: float,
    data: st.DataObject,
) -> None:
    numbers = st.one_of(st.floats(low, high), st.floats(-1, 1), st.floats(-1e-5, 1e-5))
    x = data.draw(numbers)

    with localcontext() as context:
        context.prec = DIGITS
        expected = true(Decimal(x))
        assert units_off(float(function(np.asarray(x))), expected) <= bound


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (exp, math.inf, math.inf),
        (exp, -math.inf, 0.0),
        (exp, 1e300, math.inf),
        (exp, -1e300, 0.0),
        (exp, 709.79, math.inf),
        (exp, -745.13, TINY),
        (exp, -745.14, 0.0),
        (exp, 0.0, 1.0),
        (exp, TINY, 1.0),
        (expm1, math.inf, math.inf),
        (expm1, -math.inf, -1.0),
        (expm1, TINY, TINY),
        (tanh, math.inf, 1.0),
        (tanh, -math.inf, -1.0),
        (tanh, 1e300, 1.0),
        (tanh, TINY, TINY),
        (tanh, 1e-310, 1e-310),
        (sigmoid, math.inf, 1.0),
        (sigmoid, -math.inf, 0.0),
        (sigmoid, 0.0, 0.5),
        (sigmoid, -745.13, TINY),
    ],
)
def test_values_at_the_edges(
    function: Callable[..., np.ndarray], x: float, expected: float
) -> None:
    assert float(function(np.asarray(x))) == expected


@pytest.mark.parametrize("function", [exp, expm1, tanh, sigmoid])
def test_what_is_not_a_number_stays_so(function: Callable[..., np.ndarray]) -> None:
    assert np.isnan(function(np.asarray([math.nan, -math.nan]))).all()


def test_tanh_keeps_the_sign_of_zero() -> None:
    assert math.copysign(1.0, float(tanh(np.asarray(-0.0)))) == -1.0


@given(x=st.floats(0, 800))
def test_tanh_is_odd(x: float) -> None:
    assert float(tanh(np.asarray(-x))) == -float(tanh(np.asarray(x)))


def test_an_array_has_the_bits_of_its_elements() -> None:
    x = np.random.default_rng(1).uniform(-50, 50, 1000)

    for function in (exp, expm1, tanh, sigmoid):
        one_by_one = [float(function(np.asarray(value))) for value in x]
        assert np.array_equal(function(x), one_by_one)
