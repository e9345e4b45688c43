"""A bound on every word of a compartment that holds for any spikes: can it overflow at all?

With at most `high` and at least `low` arriving in a step (every synapse spikes),

    u <= 64 high 4096 / (4096 - keep_u),        v <= (u + bias) 4096 / (4096 - keep_v)

and v <= keep_v v_th / 4096 + u + bias too, since a larger v is a spike and becomes 0. The same
holds downwards, without the threshold. Decays round towards zero, so that the bounds stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from yuragi.graph import Edge, Stimulus
from yuragi.passes.cuba.dialect import Array, Dialect, Interval, down
from yuragi.passes.cuba.registers import Registers
from yuragi.passes.reach import Reach
from yuragi.passes.weights import row_sums

__all__ = ["Arriving", "arriving", "reach"]

_UNBOUNDED = 2**62
_LARGE = 2**49
_SHIFT = 6


class Range(NamedTuple):
    """Least and most, one for each unit or for all."""

    low: Array
    high: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """What can arrive in a step, in weights.  low, high: shape (size,)"""

    low: Array
    high: Array


def arriving(size: int, edges: Sequence[tuple[Edge, int]], stimuli: Sequence[Stimulus]) -> Arriving:
    """Least and most that a step can bring.

    edges: with the negative exponent that the sum of its arrivals takes; those of one port are
        summed before it is taken.
    """
    low, high = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    sums: dict[tuple[str, int], list[Range]] = {}
    for edge, left in edges:
        key = (edge.port, left)
        held = row_sums(edge.weights)
        sums.setdefault(key, []).append(Range(held[0] << edge.shift, held[1] << edge.shift))
    for (_, left), found in sums.items():
        low += down(sum((r.low for r in found), np.zeros_like(low)), left)
        high += down(sum((r.high for r in found), np.zeros_like(high)), left)
    for stimulus in stimuli:
        axes = tuple(range(stimulus.values.ndim - 1))
        low += np.minimum(stimulus.values.min(axis=axes), 0).astype(np.int64)
        high += np.maximum(stimulus.values.max(axis=axes), 0).astype(np.int64)
    return Arriving(low=low, high=high)


def reach(found: Arriving, registers: Registers, dialect: Dialect) -> Reach:
    """How far the words of a population can go."""
    words = dict(_words(found, registers, dialect))
    return Reach(
        words={
            name: ((int(np.min(reached.low)), int(np.max(reached.high))), limit)
            for name, (reached, limit) in words.items()
        }
    )


def _words(
    found: Arriving, registers: Registers, dialect: Dialect
) -> Iterator[tuple[str, tuple[Range, Interval | None]]]:
    arrived = Range(found.low << _SHIFT, found.high << _SHIFT)
    if dialect.inputs is not None:
        yield "input", (arrived, dialect.inputs)
    current = _settled(arrived, registers.keep_u, registers.u)
    yield "u", (current, dialect.currents)
    drive = Range(_capped(current.low + registers.bias), _capped(current.high + registers.bias))
    if dialect.drives is not None:
        yield "u + bias", (drive, dialect.drives)
    voltage = _settled(drive, registers.keep_v, registers.v)
    level = np.maximum(registers.v_th << _SHIFT, registers.v)
    spiking = np.maximum(_capped(level * registers.keep_v // 4096 + drive.high), registers.v)
    low = voltage.low
    if dialect.voltages is not None and dialect.voltages[0] == 0:
        low = np.maximum(low, 0)
    yield "v", (Range(low, np.minimum(voltage.high, spiking)), dialect.voltages)


def _settled(step: Range, keep: Array, start: Array) -> Range:
    """What a decaying sum comes to at most, from `start` on."""
    lost = np.maximum(4096 - keep, 1)

    def limit(most: Array) -> Array:
        """From most >= 0 a step."""
        safe = np.minimum(most, _LARGE)
        level = np.where(keep < 4096, safe * 4096 // lost, np.where(safe > 0, _UNBOUNDED, 0))
        return np.where(most >= _LARGE, _UNBOUNDED, level)

    return Range(
        np.minimum(-limit(np.maximum(-step.low, 0)), start),
        np.maximum(limit(np.maximum(step.high, 0)), start),
    )


def _capped(values: Array) -> Array:
    return np.clip(values, -_UNBOUNDED, _UNBOUNDED)
