"""What is to be built: processes and their arguments, before any text is written.

Both what a run hands over and what `yuragi export lava` writes are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi_lava.compartments import Compartment

__all__ = [
    "Argument",
    "Batch",
    "Generated",
    "Plan",
    "Sink",
    "Source",
    "Tag",
    "Unit",
    "Wire",
    "kind_of",
]

Array = NDArray[Any]
Tag = Literal["floating_pt", "fixed_pt"]
Argument: TypeAlias = int | float | str | tuple[int, ...] | Array | scipy.sparse.csr_array
"""Of a process: a number, a shape, an array or compressed rows; a text is code of our own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Trials first to first + trials - 1, side by side in one population, for so many steps."""

    first: int
    trials: int
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Generated:
    """A Process that is written from equations.

    ports, variables: its InPorts and Vars in the code;  head: the text of the Process.
    model: the text of its ProcessModel.  Both hold the class's name as {name}.
    """

    ports: tuple[str, ...]
    variables: tuple[str, ...]
    head: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unit:
    """A population.

    name, title: in the code; in the graph.      size: units of all trials.
    kind: the class of Lava, or "" for a generated one.
    arguments: of its constructor;  values: parameters of a generated one.
    ports: port of the graph -> InPort of the process.
    note: why it is no process of Lava's.
    """

    name: str
    title: str
    size: int
    kind: str
    arguments: Mapping[str, Argument]
    ports: Mapping[str, str]
    values: Mapping[str, Argument] = field(default_factory=dict)
    generated: Generated | None = None
    compartment: Compartment | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """Values from outside, step by step: a population without state, or a stimulus.

    values: shape (size, steps)      target, port: of a stimulus; a population's wires lead on.
    """

    name: str
    title: str
    values: Array
    target: str = ""
    port: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wire:
    """A projection: source.s_out -> a process -> target.port.

    image, out_image: (channels, y, x) at both ends of a convolution, which Lava holds as (y, x,
        channels); empty for all others.
    """

    name: str
    title: str
    kind: str
    arguments: Mapping[str, Argument]
    source: str
    target: str
    port: str
    image: tuple[int, ...] = ()
    out_image: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """What is kept: messages (`variable` is s_out), or a Var in every `every`-th step.

    key: what it is called in the results, and `title`, `variable` of the graph it answers.
    last: whether only the last step is of interest.
    """

    name: str
    key: str
    unit: str
    size: int
    variable: str
    every: int = 1
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """A network for some trials.  parts: a process of each connected part, by its name."""

    tag: Tag
    batch: Batch
    units: tuple[Unit, ...]
    sources: tuple[Source, ...]
    wires: tuple[Wire, ...]
    sinks: tuple[Sink, ...]
    parts: tuple[str, ...]

    def lines(self) -> tuple[str, ...]:
        """What became what, for the log."""
        found = [
            f"{unit.title}: {unit.size:,} units, {unit.kind or 'a generated process'}"
            + (f" ({unit.note})" if unit.note else "")
            for unit in self.units
        ]
        found += [
            f"{source.title}: {len(source.values):,} units, a source"
            for source in self.sources
            if not source.target
        ]
        found += [f"{wire.title}: {wire.kind}" for wire in self.wires]
        return tuple(found)


def kind_of(tag: Tag) -> type[np.generic]:
    """The widest type of a tag's numbers."""
    return np.float64 if tag == "floating_pt" else np.int64
