"""What is to be built: NeuronGroups and Synapses as texts and arrays, before Brian2 sees them.

Both the objects of a run and the exported script are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cells", "Counter", "Plan", "Ring", "Seen", "Wires"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A probed variable: its name in the graph, its name in the code."""

    variable: str
    name: str
    every: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """What the units of a population sent in the last `depth` steps; name: of its function.

    size: units of all trials.      whole: integers.
    """

    name: str
    depth: int
    size: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """A NeuronGroup.  Its units are those of the first trial, then those of the second, ...

    name, title: in the code; of the population.
    size: units of all trials.      order: of its update within a step.
    before, after: code on both sides of Brian2's integrator; one block, `after`, for maps.
    whole: the variables that are 64-bit integers.
    constants: single numbers.      values: what is set at the start, shape (size,)
    functions: that the code calls.      tables: by the name of their function.
    ring: of earlier values, where a projection needs them.
    stimuli: name -> values of each step, and a last row of zeros.      shape (steps + 1, columns)
    spikes: whether it has a threshold.      value: what a spike carries, or None for 1.
    """

    name: str
    title: str
    size: int
    order: int
    equations: str
    method: str | None
    threshold: str | None
    reset: str
    before: str
    after: str
    whole: tuple[str, ...]
    constants: Mapping[str, float]
    values: Mapping[str, Array]
    functions: tuple[str, ...]
    tables: Mapping[str, tuple[int, ...]]
    ring: Ring | None
    stimuli: Mapping[str, Array]
    seen: tuple[Seen, ...]
    spikes: bool
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wires:
    """A Synapses object.

    model: its equations; on_pre: what a spike does, None where `model` sums at every step.
    pre, post, weight: by source, then by target.      shape (synapses,)
    variable: what it adds to; an integer where the weights are.
    delay: steps in the queue, one or one for each synapse.
    order: when it delivers within a step.
    """

    name: str
    title: str
    source: str
    target: str
    variable: str
    model: str
    on_pre: str | None
    pre: Array
    post: Array
    weight: Array
    delay: int | NDArray[np.int64]
    order: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counter:
    """Counts the units of a population in each step and trial.

    sends, active: what is counted: those that send, in `sent_y`; those with input, in `active_y`.
    fan_out: synapses of each unit of one trial.   shape (size,)
    """

    name: str
    source: str
    trials: int
    order: int
    sends: bool
    active: bool
    fan_out: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """A network for some trials.

    dt: seconds of a step.      steps: of the run.      first: the first of its trials.
    """

    cells: tuple[Cells, ...]
    wires: tuple[Wires, ...]
    counters: tuple[Counter, ...]
    dt: float
    steps: int
    trials: int
    first: int
