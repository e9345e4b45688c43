"""The time of every step of a trial: the work of every core, and what the step waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import RunError
from yuragi.hardware import Constant, Profile
from yuragi.power.timing import RECEIVED, Flights, count_array, latencies
from yuragi.recording import Counts

__all__ = ["StepTimes", "step_times"]

Array = NDArray[Any]
_HOPS = ("hops_x", "hops_y")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepTimes:
    """Seconds, by the nominal value of every latency.

    per_core: work of each core in use.                       shape (steps, cores)
    flight: of the messages that are the last to arrive.      shape (steps,)
    barrier: what every step pays.
    tick_s: the time between steps where the chip is held to a clock.
    parts: the work of the busiest core by what it does.      name -> shape (steps,)
    """

    per_core: Array
    flight: Array
    barrier: float
    tick_s: float | None
    parts: dict[str, Array]

    @property
    def per_step(self) -> Array:
        """How long each step takes; one that is longer than its tick delays the next.

        shape (steps,)
        """
        free: Array = self.per_core.max(axis=1) + self.flight + self.barrier
        return free if self.tick_s is None else np.maximum(free, self.tick_s)

    @property
    def busiest(self) -> Array:
        """The core that works longest in each step, as an index of those in use.  (steps,)"""
        found: Array = self.per_core.argmax(axis=1)
        return found

    @property
    def share(self) -> Array:
        """The part of each step in which the busiest core works.  shape (steps,)"""
        shared: Array = self.per_core.max(axis=1) / np.maximum(self.per_step, 1e-300)
        return shared

    @property
    def bound(self) -> Array:
        """What takes the largest part of each step: a count, "flight", "barrier" or "idle".

        idle: the chip waits for its tick.      shape (steps,)
        """
        parts = {**self.parts, "flight": self.flight}
        parts["barrier"] = np.full(len(self.flight), self.barrier)
        free = self.per_core.max(axis=1) + self.flight + self.barrier
        parts["idle"] = self.per_step - free
        largest = np.stack(list(parts.values())).argmax(axis=0)
        return np.array(list(parts))[largest]


def step_times(
    counts: Counts,
    profile: Profile,
    *,
    trial: int = 0,
    tick_s: float | None = None,
    flights: Flights | None = None,
) -> StepTimes:
    """The times that `step_timing` averages, for one trial.

    flights: every packet, for the detailed time; what packets wait for counts as flight.
    Raises RunError where something that happened has no latency, or there is no such trial.
    """
    prices, barrier, unpriced = latencies(counts, profile)
    if unpriced:
        raise RunError(f"no time of a step: {profile.name} states no {', '.join(unpriced)}")
    trials = counts.array("neuron_updates").shape[0]
    if not 0 <= trial < trials:
        raise RunError(f"trial {trial}: there are trials 0 to {trials - 1}")
    work = {
        name: count_array(counts, name)[trial] * constant.value  # (steps, cores)
        for name, constant in prices.items()
        if name not in _HOPS
    }
    shape = counts.array("neuron_updates").shape[1:]
    sides = {"work": list(work)}
    if profile.timing == "two_sided":
        sides = {
            "sending": [name for name in work if name not in RECEIVED],
            "receiving": [name for name in work if name in RECEIVED],
        }
    sums = {
        side: np.sum([np.zeros(shape), *(work[name] for name in names)], axis=0)
        for side, names in sides.items()
    }
    per_core: Array = np.maximum.reduce(list(sums.values()))
    steps, busiest = np.arange(shape[0]), per_core.argmax(axis=1)
    longer = {side: total[steps, busiest] == per_core.max(axis=1) for side, total in sums.items()}
    flight = _flight(counts, prices, profile, trial)
    if flights is not None:
        flight = np.maximum(flights.seconds(prices, "value")[trial] - per_core.max(axis=1), 0.0)
    return StepTimes(
        per_core=per_core,
        flight=flight,
        barrier=barrier.nominal,
        tick_s=tick_s,
        parts={
            name: np.where(longer[side], work[name][steps, busiest], 0.0)
            for side, names in sides.items()
            for name in names
        },
    )


def _flight(counts: Counts, prices: dict[str, Constant], profile: Profile, trial: int) -> Array:
    """The mean flight from the core whose messages fly longest; hidden by two-sided cores."""
    shape = counts.array("neuron_updates").shape[1:]
    total = np.zeros(shape)
    if profile.timing == "two_sided":
        return total[:, 0]
    for name in _HOPS:
        if name in prices:
            total += counts.array(name)[trial] * prices[name].value
    longest: Array = (total / np.maximum(counts.array("messages")[trial], 1)).max(axis=1)
    return longest
