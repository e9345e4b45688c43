"""How long a chip takes for a step: the busiest core, a flight across the mesh, the barrier."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yuragi.hardware import Constant, Profile
from yuragi.placement import Layout
from yuragi.power.band import Band
from yuragi.power.schedule import scheduled
from yuragi.recording import Counts, Messages

__all__ = ["RECEIVED", "Flights", "Timing", "count_array", "latencies", "step_timing"]

_WORK = (
    "synaptic_events",
    "active_updates",
    "inactive_updates",
    "spikes",
    "messages",
    "synapse_updates",
)
_HOPS = ("hops_x", "hops_y")
RECEIVED = ("synaptic_events", "messages_in")
"""What the receiving side of a core does; all other work is of the sending side."""
_BARRIER = re.compile(r"barrier_from_(\d{1,6})_tiles")
_CHUNK = 1 << 22
_End: TypeAlias = Literal["low", "value", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The time of a run's steps.

    step_s: the mean step;  trial_s: the mean trial, all its steps.    seconds; None: unpriced
    used: the constants that went in.
    unpriced: what happened and has no latency, e.g. "latency.synaptic_events".
    """

    step_s: Band | None
    trial_s: Band | None
    used: tuple[Constant, ...]
    unpriced: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flights:
    """Every packet of a run and the mesh that it crosses, for the detailed time."""

    messages: Messages
    layout: Layout
    link_buffer: int

    def seconds(self, prices: Mapping[str, Constant], end: _End) -> NDArray[np.float64]:
        """How long the packets of each step take.  shape (trials, steps)"""
        amounts = {name: float(getattr(constant, end)) for name, constant in prices.items()}
        times: NDArray[np.float64] = scheduled(
            self.messages, self.layout, amounts, self.link_buffer
        )
        return times


def count_array(counts: Counts, name: str) -> NDArray[Any]:
    """The counts of one name; `inactive_updates` are the updates that had no input."""
    if name == "inactive_updates":
        return counts.array("neuron_updates") - counts.array("active_updates")
    return counts.array(name)


def step_timing(counts: Counts, profile: Profile, flights: Flights | None = None) -> Timing:
    """Time each step of each trial, and average.

    T(step) = max over cores of sum_k count_k(core) * t_k
              + max over cores of the mean flight of the core's messages
              + t_barrier(tiles in use) + t_step_overhead + t_chip * (chips in use - 1)

    Flights overlap, so a step waits for one of them, not for their sum; the mean of the core with
    the longest ones stands for the last to arrive. The barrier is interpolated in tiles between
    `barrier_one_tile` and `barrier_all_tiles`, or is that of the last `barrier_from_N_tiles` that
    the tiles in use reach.

    A profile whose `timing` is "two_sided" has cores that send and receive at the same time, and
    flights that hide behind both:

    T(step) = max(max over cores of the sending side, max over cores of the receiving side) + ...

    sending: updates, spikes, messages;  receiving: messages_in, synaptic events.
    Source: the `simple` timing of SANA-FE; Boyle et al., IEEE TCAD 44(8) (2025) 3165.

    flights: every packet; then the longer side is that of `yuragi.power.schedule`, in which
        packets meet on the mesh and wait for each other.
    """
    prices, _, unpriced = latencies(counts, profile)
    fixed, fixed_used = _fixed(counts, profile)
    if unpriced:
        return Timing(step_s=None, trial_s=None, used=(), unpriced=unpriced)
    sums = {"low": 0.0, "value": 0.0, "high": 0.0}
    trials, steps = counts.array("neuron_updates").shape[:2]
    for end in _ENDS if flights else ():
        sums[end] = float(flights.seconds(prices, end).sum()) if flights else 0.0
    for chunk in () if flights else _chunks(counts):
        for end in _ENDS:
            sums[end] += float(_SLOWEST[profile.timing](chunk, prices, end).sum())
    work = Band(low=sums["low"], nominal=sums["value"], high=sums["high"])
    step = work * (1 / (trials * steps)) + fixed
    return Timing(
        step_s=step,
        trial_s=step * steps,
        used=(*prices.values(), *fixed_used),
        unpriced=(),
    )


def latencies(
    counts: Counts, profile: Profile
) -> tuple[dict[str, Constant], Band, tuple[str, ...]]:
    """The latencies of what happened, what every step pays, and the names that have none."""
    prices, unpriced = _prices(counts, profile)
    fixed, fixed_used = _fixed(counts, profile)
    unpriced += tuple(n for n in profile.missing if n.startswith(("latency.", "clock")))
    return prices, fixed, unpriced if fixed_used else (*unpriced, "latency.step_overhead")


_ENDS: tuple[_End, ...] = ("low", "value", "high")


def _prices(counts: Counts, profile: Profile) -> tuple[dict[str, Constant], tuple[str, ...]]:
    """The latencies of what happened, and the names that have none."""
    prices: dict[str, Constant] = {}
    unpriced: list[str] = []
    for name in (*_WORK, *_HOPS, *_optional(profile)):
        if not count_array(counts, name).any():
            continue
        if name in profile.latency:
            prices[name] = profile.latency[name]
        elif name not in profile.included_latency:
            unpriced.append(f"latency.{name}")
    return prices, tuple(unpriced)


def _optional(profile: Profile) -> tuple[str, ...]:
    """A packet's end has a time of its own where the profile states one; else `messages` has it."""
    return ("messages_in",) if "messages_in" in profile.latency else ()


def _stepped_barrier(counts: Counts, profile: Profile) -> Constant | None:
    """The barrier of the largest number of tiles that is reached; None where there is no table."""
    found = {name: _BARRIER.fullmatch(name) for name in profile.latency}
    reached = {int(m[1]): name for name, m in found.items() if m and int(m[1]) <= counts.tiles}
    return profile.latency[reached[max(reached)]] if reached else None


def _fixed(counts: Counts, profile: Profile) -> tuple[Band, tuple[Constant, ...]]:
    """What every step pays, whatever happens in it."""
    latency = profile.latency
    parts: list[Band] = []
    used: list[Constant] = []
    if "barrier_one_tile" in latency and "barrier_all_tiles" in latency:
        every = max(profile.structure.tiles, 2)
        share = (min(counts.tiles, every) - 1) / (every - 1)
        ends = (latency["barrier_one_tile"], latency["barrier_all_tiles"])
        parts.append(Band.of(ends[0]) * (1 - share) + Band.of(ends[1]) * share)
        used.extend(ends)
    barrier = _stepped_barrier(counts, profile)
    if barrier is not None:
        parts.append(Band.of(barrier))
        used.append(barrier)
    if "step_overhead" in latency:
        parts.append(Band.of(latency["step_overhead"]))
        used.append(latency["step_overhead"])
    if counts.chips > 1 and "barrier_per_chip" in latency:
        parts.append(Band.of(latency["barrier_per_chip"]) * (counts.chips - 1))
        used.append(latency["barrier_per_chip"])
    return Band.total(parts), tuple(used)


def _chunks(counts: Counts) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The counts, some trials at a time, so that the floats made from them stay small."""
    trials, steps, cores = counts.array("neuron_updates").shape
    size = max(1, _CHUNK // max(1, steps * cores))
    for first in range(0, trials, size):
        part = slice(first, first + size)
        kept = [name for name in (*_WORK, *_HOPS, "messages_in") if name in counts.arrays]
        chunk = {name: counts.array(name)[part] for name in kept}
        updates = counts.array("neuron_updates")[part]
        yield {**chunk, _INACTIVE: updates - chunk["active_updates"]}


_INACTIVE = "inactive_updates"


def _busiest(
    chunk: Mapping[str, NDArray[Any]], prices: Mapping[str, Constant], end: _End
) -> NDArray[np.float64]:
    """Seconds of work and flight of each step.  shape (trials, steps)"""
    shape = np.broadcast_shapes(*(array.shape for array in chunk.values()))
    work = np.zeros(shape)
    flight = np.zeros(shape)
    for name, constant in prices.items():
        into = flight if name in _HOPS else work
        into += chunk[name] * getattr(constant, end)
    flight /= np.maximum(chunk["messages"], 1)
    busiest: NDArray[np.float64] = work.max(axis=2) + flight.max(axis=2)
    return busiest


def _busier_side(
    chunk: Mapping[str, NDArray[Any]], prices: Mapping[str, Constant], end: _End
) -> NDArray[np.float64]:
    """Seconds of the longer side of any core in each step.  shape (trials, steps)"""
    shape = np.broadcast_shapes(*(array.shape for array in chunk.values()))
    sending = np.zeros(shape)
    receiving = np.zeros(shape)
    for name, constant in prices.items():
        if name not in _HOPS:
            into = receiving if name in RECEIVED else sending
            into += chunk[name] * getattr(constant, end)
    longer: NDArray[np.float64] = np.maximum(sending, receiving).max(axis=2)
    return longer


_SLOWEST = {"in_turn": _busiest, "two_sided": _busier_side}
