"""Counter-based random draws: each is a pure function of what it is for.

A draw is the output of Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as
easy as 1, 2, 3", SC 2011) at

    counter = (unit, step, trial, draw)    key = (seed mod 2^32, crc32(population) xor seed / 2^32)

so it does not depend on the order of evaluation, on threads or on the backend. `draw` numbers the
noise terms of a population's equations in the order in which they are written.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["key", "philox", "uniform"]

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ROUNDS = 10

Words = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]


def key(seed: int, population: str) -> tuple[int, int]:
    """The two key words of a population's stream."""
    return seed & 0xFFFFFFFF, zlib.crc32(population.encode()) ^ (seed >> 32 & 0xFFFFFFFF)


def philox(counter: Words, words: tuple[int, int]) -> Words:
    """Ten rounds of Philox4x32; every word is 32 bits wide, held in uint64."""
    c0, c1, c2, c3 = counter
    k0, k1 = words
    for _ in range(_ROUNDS):
        product0 = c0 * _MULTIPLIERS[0]
        product1 = c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (product1 >> _HALF) ^ c1 ^ np.uint64(k0),
            product1 & _LOW,
            (product0 >> _HALF) ^ c3 ^ np.uint64(k1),
            product0 & _LOW,
        )
        k0 = (k0 + _WEYL[0]) & 0xFFFFFFFF
        k1 = (k1 + _WEYL[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3


def uniform(
    words: tuple[int, int], *, step: int, trials: int, size: int, draw: int, first: int = 0
) -> NDArray[np.float64]:
    """Uniform draws in (0, 1): the first 52 bits of a draw, centred in their cell.

    The 26 high bits of word 0, then the 26 high bits of word 1; neither 0 nor 1 occurs.

    words: the stream, from `key`.      draw: number of the noise term in the population.
    first: number of the first trial.
    returns: shape (trials, size)
    """
    shape = (trials, size)
    unit = np.broadcast_to(np.arange(size, dtype=np.uint64), shape)
    numbers = np.arange(first, first + trials, dtype=np.uint64)
    trial = np.broadcast_to(numbers[:, None], shape)
    when = np.full(shape, step & 0xFFFFFFFF, dtype=np.uint64)
    which = np.full(shape, draw, dtype=np.uint64)
    high, low, _, _ = philox((unit, when, trial, which), words)
    bits = (high >> np.uint64(6)) * np.uint64(1 << 26) + (low >> np.uint64(6))
    return (bits.astype(np.float64) + 0.5) * 2.0**-52
