"""Noise: a draw is a pure function of seed, population, unit, step, trial and number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuragi import noise
from yuragi_chip.scalars import f_uniform

ONES = 0xFFFFFFFF
STREAM = noise.key(7, "cells")


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_known_answers_of_random123(
    counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    c0, c1, c2, c3 = (np.array([word], dtype=np.uint64) for word in counter)

    found = noise.philox((c0, c1, c2, c3), key)

    assert tuple(int(word[0]) for word in found) == expected


def _uniform(step: int, trials: int = 3, size: int = 5, draw: int = 0) -> np.ndarray:
    return noise.uniform(STREAM, step=step, trials=trials, size=size, draw=draw)


def test_the_counter_is_unit_step_trial_and_draw_in_this_order() -> None:
    counter = tuple(np.array([word], dtype=np.uint64) for word in (4, 11, 2, 3))
    high, low, _, _ = noise.philox(counter, STREAM)  # type: ignore[arg-type]  # four words

    bits = (int(high[0]) >> 6 << 26) + (int(low[0]) >> 6)

    assert _uniform(11, draw=3)[2, 4] == (bits + 0.5) / 2**52


def test_a_draw_does_not_depend_on_how_many_units_or_trials_there_are() -> None:
    few, many = _uniform(9, trials=2, size=3), _uniform(9, trials=40, size=50)

    assert np.array_equal(few, many[:2, :3])


def test_steps_can_be_drawn_in_any_order() -> None:
    forward = [_uniform(step) for step in range(4)]
    backward = [_uniform(step) for step in reversed(range(4))]

    assert np.array_equal(forward, backward[::-1])


def test_trials_units_steps_draws_seeds_and_populations_draw_different_numbers() -> None:
    block = np.concatenate([_uniform(s, 4, 50, d).ravel() for s in range(5) for d in range(3)])
    other = [
        noise.uniform(noise.key(seed, name), step=0, trials=4, size=50, draw=0).ravel()
        for seed, name in ((8, "cells"), (7, "cell"), (7 + 2**32, "cells"))
    ]
    every = np.concatenate([block, *other])

    assert len(np.unique(every)) == len(every)


def test_draws_have_the_mean_and_variance_of_a_uniform_number() -> None:
    draws = _uniform(0, trials=200, size=1_000)

    # five standard errors of 200,000 draws: sqrt(1/12/n) and sqrt(1/180/n)
    assert abs(draws.mean() - 1 / 2) < 5 * (1 / 12 / draws.size) ** 0.5
    assert abs(draws.var() - 1 / 12) < 5 * (1 / 180 / draws.size) ** 0.5


def test_no_draw_is_zero_or_one() -> None:
    draws = _uniform(0, trials=100, size=1_000)

    assert draws.min() > 0.0
    assert draws.max() < 1.0


def test_steps_of_different_units_are_not_correlated() -> None:
    series = np.stack([_uniform(step, trials=1, size=2)[0] for step in range(2_000)])

    assert abs(np.corrcoef(series.T)[0, 1]) < 5 / 2_000**0.5


@given(
    seed=st.integers(0, 2**64 - 1),
    unit=st.integers(0, 2**31 - 1),
    step=st.integers(0, 2**40),
    trial=st.integers(0, 2**20),
    draw=st.integers(0, 2**10),
)
def test_a_compiled_draw_is_the_same_number_bit_for_bit(
    seed: int, unit: int, step: int, trial: int, draw: int
) -> None:
    key0, key1 = noise.key(seed, "cells")
    counter = (unit, step & ONES, trial, draw)
    words = tuple(np.array([word], dtype=np.uint64) for word in counter)
    high, low, _, _ = noise.philox(words, (key0, key1))  # type: ignore[arg-type]  # four words
    expected = ((int(high[0]) >> 6 << 26) + (int(low[0]) >> 6) + 0.5) / 2**52

    assert f_uniform(key0, key1, unit, step, trial, draw) == expected
