"""What one inference does, in numbers: counted in a run, or estimated without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from yuragi.power.timing import Flights, count_array
from yuragi.recording import Counts, Recording

__all__ = ["EVENTS", "Census", "Origin", "census_of"]

Origin: TypeAlias = Literal["counted", "estimated"]
EVENTS = (
    "synaptic_events",
    "active_updates",
    "inactive_updates",
    "spikes",
    "messages",
    "hops_x",
    "hops_y",
    "synapse_updates",
)
"""The events that chip profiles price."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Census:
    """The numbers that a bill is made of.

    totals: events of one inference, by the names of EVENTS, and neuron_updates.
    counts: what the time of a step is read from: of a run, every trial, step and core; of an
        estimate, the busiest core in the mean step, shape (1, 1, 1).
    dt: seconds that a step stands for in the model, or None.
    synapses: weights that are not zero, where they are known.
    how: how each total was found, for those where `origin` does not say all.
    flights: every packet where the time is the detailed one.
    """

    totals: Mapping[str, float]
    counts: Counts
    origin: Origin
    trials: int
    steps: int
    cores: int
    tiles: int
    chips: int
    dt: float | None
    synapses: float | None = None
    how: Mapping[str, str]
    flights: Flights | None = None


def census_of(recording: Recording) -> Census:
    """The events of one inference, on average over the trials of a run."""
    counts, trials = recording.counts, recording.trials
    totals = {
        name: float(count_array(counts, name).sum(dtype="int64")) / trials
        for name in ("neuron_updates", *EVENTS)
    }
    said = f"counted in the run; the mean of {trials:,} trial(s)"
    return Census(
        totals=totals,
        counts=counts,
        origin="counted",
        trials=trials,
        steps=recording.steps,
        cores=counts.cores,
        tiles=counts.tiles,
        chips=counts.chips,
        dt=recording.dt,
        how=dict.fromkeys(totals, said),
    )
