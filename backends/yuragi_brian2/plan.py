"""What is to be built: NeuronGroups and Synapses as texts and arrays, before Brian2 sees them.

Both the objects of a run and the exported script are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.plasticity import Place

__all__ = ["Block", "Cells", "Counter", "Learning", "Namespace", "Plan", "Ring", "Seen", "Wires"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A probed variable.

    node: the population, or the projection that learns.      name: of the variable, in the code.
    """

    node: str
    variable: str
    name: str
    every: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """What the units of a population sent, or got, in the last `depth` steps.

    name: of its function.

    size: units of all trials.      whole: integers.
    """

    name: str
    depth: int
    size: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Code that runs once in every step, at its place in the order of the step."""

    name: str
    order: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Namespace:
    """What code names beside the variables of its object.

    constants: single numbers.      functions: of the language.
    tables: by the name of their function.      rings: of earlier values.
    """

    constants: Mapping[str, float] = field(default_factory=dict)
    functions: tuple[str, ...] = ()
    tables: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    rings: tuple[Ring, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """A NeuronGroup.  Its units are those of the first trial, then those of the second, ...

    name, title: in the code; of the population.
    size: units of all trials.      order: of its update within a step.
    blocks: code before and after Brian2's integrator, one block for maps; code of traces.
    whole: the variables that are 64-bit integers.
    values: what is set at the start, shape (size,)
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
    blocks: tuple[Block, ...]
    whole: tuple[str, ...]
    namespace: Namespace
    values: Mapping[str, Array]
    stimuli: Mapping[str, Array]
    seen: tuple[Seen, ...]
    spikes: bool
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learning:
    """How the weights of a Synapses object learn.

    block: code of each synapse.      whole, namespace, seen: as in `Cells`.
    values: states and numbers of each synapse at the start.      shape (synapses,)
    tallies: states that count overflows: where each is kept, its name, and what it counts.
    """

    block: Block
    whole: tuple[str, ...]
    namespace: Namespace
    values: Mapping[str, Array]
    seen: tuple[Seen, ...]
    tallies: tuple[tuple[Place, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wires:
    """A Synapses object.

    model: its equations; on_pre: what a spike does, None where `model` sums at every step.
    pre, post, weight: by source, then by target; where they learn, by target, sources ascending,
        the synapses of one trial after those of the other.      shape (synapses,)
    variable: what it adds to; an integer where the weights are.
    delay: steps in the queue, one or one for each synapse.
    order: when it delivers within a step.
    learning: how the weights learn, where they do.
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
    learning: Learning | None = None


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
