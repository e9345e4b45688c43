"""Compiled loops of simulated bifurcation: float32, replicas in parallel, events where they pay."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Final

import numba
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

__all__ = ["ballistic", "discrete"]

Array = NDArray[Any]
_compiled = numba.njit(nogil=True, cache=True, fastmath={"contract", "nsz"})
_WORD: Final = 8
_DENSE_FROM: Final = 0.25
_SMALL_WEIGHT: Final = 127


@_compiled
def _move(x: Any, y: Any, h: Any, sign: Any, change: Any, detuning: Any, step: Any, c: Any) -> None:
    """One step of every oscillator; `change` is what its sign changed by."""
    one = np.float32(1.0)
    for i in range(x.shape[0]):
        speed = y[i] + step * (c * h[i] - detuning * x[i])
        place = x[i] + step * speed
        y[i] = np.float32(0.0) if abs(place) > one else speed
        x[i] = min(max(place, -one), one)
        new = np.int8(1) if place >= 0 else np.int8(-1)
        change[i] = new - sign[i]
        sign[i] = new


@_compiled
def _discrete_sparse(
    pointer: Any, target: Any, weight: Any, x: Any, bias: Any, c: Any, step: Any, rate: Any,
    steps: int,
) -> None:  # fmt: skip
    """All steps of each row of x.  pointer, target, weight: compressed columns of J."""
    for replica in range(x.shape[0]):
        h, y, sign, change = _started(x[replica], bias, c, step)
        words = change.view(np.uint64)
        for t in range(steps):
            if t:
                detuning = max(np.float32(1.0) - rate * np.float32(t), np.float32(0.0))
                _move(x[replica], y, h, sign, change, detuning, step, c)
            for word in range(words.shape[0]):
                if words[word] == 0:
                    continue
                for unit in range(word * _WORD, (word + 1) * _WORD):
                    if change[unit] != 0:
                        value = np.float32(change[unit])
                        for k in range(pointer[unit], pointer[unit + 1]):
                            h[target[k]] += weight[k] * value


@_compiled
def _discrete_dense(
    weight: Any, x: Any, bias: Any, c: Any, step: Any, rate: Any, steps: int
) -> None:
    """The same.  weight: shape (size, size), small integers or float32."""
    for replica in range(x.shape[0]):
        h, y, sign, change = _started(x[replica], bias, c, step)
        words = change.view(np.uint64)
        for t in range(steps):
            if t:
                detuning = max(np.float32(1.0) - rate * np.float32(t), np.float32(0.0))
                _move(x[replica], y, h, sign, change, detuning, step, c)
            for word in range(words.shape[0]):
                if words[word] == 0:
                    continue
                for unit in range(word * _WORD, (word + 1) * _WORD):
                    if change[unit] != 0:
                        value, row = np.float32(change[unit]), weight[unit]
                        for i in range(h.shape[0]):
                            h[i] += row[i] * value


@_compiled
def _started(x: Any, bias: Any, c: Any, step: Any) -> Any:
    """(h, y, sign, change) of a replica after its first step, in which only the bias acts."""
    size = x.shape[0]
    y = np.where(np.abs(x) < 1, step * (c * bias), np.float32(0.0))
    sign = np.where(x >= 0, np.int8(1), np.int8(-1)).astype(np.int8)
    change = np.zeros(-(-size // _WORD) * _WORD, dtype=np.int8)
    change[:size] = sign
    return bias.copy(), y, sign, change


@_compiled
def _ballistic_step(x: Any, y: Any, h: Any, bias: Any, detuning: Any, step: Any, c: Any) -> None:
    """One step.  x, y, h: shape (units, replicas)      bias: shape (units,)"""
    one = np.float32(1.0)
    for i in range(x.shape[0]):
        own = bias[i]
        for r in range(x.shape[1]):
            speed = y[i, r] + step * (c * (h[i, r] + own) - detuning * x[i, r])
            place = x[i, r] + step * speed
            y[i, r] = np.float32(0.0) if abs(place) > one else speed
            x[i, r] = min(max(place, -one), one)


@_compiled
def _first_speed(x: Any, bias: Any, c: Any, step: Any) -> Any:
    """The speeds after the first step, in which only the bias acts.  shape (units, replicas)"""
    y = np.empty_like(x)
    for i in range(x.shape[0]):
        y[i] = np.where(np.abs(x[i]) < 1, step * (c * bias[i]), np.float32(0.0))
    return y


@_compiled
def _gather(pointer: Any, source: Any, weight: Any, x: Any, h: Any) -> None:
    """Set h = J x over compressed rows.  x, h: shape (units, replicas)"""
    for i in range(h.shape[0]):
        row = h[i]
        row[:] = np.float32(0.0)
        for k in range(pointer[i], pointer[i + 1]):
            value, other = weight[k], x[source[k]]
            for r in range(row.shape[0]):
                row[r] += value * other[r]


@_compiled
def _ballistic_sparse(
    pointer: Any, source: Any, weight: Any, x: Any, bias: Any, c: Any, step: Any, rate: Any,
    steps: int,
) -> None:  # fmt: skip
    """All steps.  x: shape (units, replicas)"""
    y, h = _first_speed(x, bias, c, step), np.zeros_like(x)
    for t in range(1, steps):
        _gather(pointer, source, weight, x, h)
        detuning = max(np.float32(1.0) - rate * np.float32(t), np.float32(0.0))
        _ballistic_step(x, y, h, bias, detuning, step, c)


def discrete(
    couplings: scipy.sparse.csr_array, bias: Array, start: Array, *, c: float, step: float,
    rate: float, steps: int, threads: int | None = None,
) -> Array:  # fmt: skip
    """The positions after `steps` steps, the first of which sets `start`.

    couplings: J, symmetric, shape (size, size)      start: shape (replicas, size)
    returns: shape (replicas, size)
    """
    numbers = np.float32(c), np.float32(step), np.float32(rate)
    own = bias.astype(np.float32)
    x = _first(start, own, *numbers[:2])
    held = _csr(couplings) if _is_sparse(couplings) else (_narrow(couplings),)
    run: Any = _discrete_sparse if _is_sparse(couplings) else _discrete_dense

    def some(part: slice) -> None:
        run(*held, x[part], own, *numbers, steps)

    _in_parallel(some, len(x), threads)
    return x


def ballistic(
    couplings: scipy.sparse.csr_array, bias: Array, start: Array, *, c: float, step: float,
    rate: float, steps: int, threads: int | None = None,
) -> Array:  # fmt: skip
    """The same with the positions as signals."""
    numbers = np.float32(c), np.float32(step), np.float32(rate)
    own = bias.astype(np.float32)
    x = _first(start, own, *numbers[:2])
    if _is_sparse(couplings):
        held = _csr(couplings)

        def some(part: slice) -> None:
            columns = np.ascontiguousarray(x[part].T)
            _ballistic_sparse(*held, columns, own, *numbers, steps)
            x[part] = columns.T

        _in_parallel(some, len(x), threads)
        return x
    weight, columns = couplings.toarray().astype(np.float32), np.ascontiguousarray(x.T)
    y, h = _first_speed(columns, own, *numbers[:2]), np.empty_like(columns)
    for t in range(1, steps):
        np.matmul(weight, columns, out=h)  # (size, size) @ (size, replicas)
        detuning = np.float32(max(1.0 - rate * t, 0.0))
        _ballistic_step(columns, y, h, own, detuning, numbers[1], numbers[0])
    return np.ascontiguousarray(columns.T)


def _first(start: Array, bias: Array, c: np.float32, step: np.float32) -> Array:
    """The positions after the first step."""
    return np.clip(start.astype(np.float32) + step * (step * (c * bias)), -1.0, 1.0)


def _is_sparse(couplings: scipy.sparse.csr_array) -> bool:
    return bool(couplings.nnz < _DENSE_FROM * couplings.shape[0] ** 2)


def _csr(couplings: scipy.sparse.csr_array) -> tuple[Array, Array, Array]:
    return couplings.indptr, couplings.indices, couplings.data.astype(np.float32)


def _narrow(couplings: scipy.sparse.csr_array) -> Array:
    """Small whole weights in bytes: a fourth of the memory that each event passes."""
    values = couplings.data
    whole = np.array_equal(values, np.rint(values)) and np.abs(values).max() <= _SMALL_WEIGHT
    return np.asarray(couplings.toarray().astype(np.int8 if whole else np.float32))


def _in_parallel(run: Callable[[slice], None], replicas: int, threads: int | None) -> None:
    workers = min(threads or os.cpu_count() or 1, replicas)
    ends = np.linspace(0, replicas, workers + 1).astype(int)
    parts = [slice(a, b) for a, b in pairwise(ends)]
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(run, parts))
