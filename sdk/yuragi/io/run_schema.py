"""The schema of `recording.yaml`, the readable half of a saved run."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from yuragi.schemas import Strict

__all__ = [
    "CountsSchema",
    "LayoutSchema",
    "LearnedSchema",
    "RunSchema",
    "SpikesSchema",
    "TraceSchema",
]

Size: TypeAlias = Annotated[int, Field(ge=1, lt=2**31)]


class SpikesSchema(Strict):
    """`events` starts the names of three arrays: trial, step, unit."""

    population: str
    size: Size
    events: str


class TraceSchema(Strict):
    """`values` names an array."""

    population: str
    variable: str
    every: Size
    scale: float
    values: str
    spike_register: Annotated[int, Field(ge=0, lt=2**31)] = 0


class CountsSchema(Strict):
    """names: of the counts, each an array."""

    cores: Size
    tiles: Size
    chips: Size
    names: list[str]


class LearnedSchema(Strict):
    """`values` starts the names of three arrays: values, indices, indptr."""

    projection: str
    shape: Annotated[list[Size], Field(min_length=2, max_length=2)]
    scale: float
    values: str


class LayoutSchema(Strict):
    """The tiles of a chip; `cores` and `links` name arrays."""

    width: Size
    height: Size
    cores_per_tile: Size
    cores: str
    links: str
    multicast: bool = False


class RunSchema(Strict):
    """One recording.yaml.  messages: whether there are arrays of packets, `messages.*`."""

    yuragi: Literal[1]
    version: str
    model: str
    backend: str
    profile: str | None
    steps: Size
    trials: Size
    dt: float | None
    seed: Annotated[int, Field(ge=0, lt=2**64)]
    spikes: list[SpikesSchema]
    traces: list[TraceSchema]
    counts: CountsSchema
    overflows: dict[str, dict[str, Annotated[int, Field(ge=0)]]] = Field(default_factory=dict)
    layout: LayoutSchema | None = None
    messages: bool = False
    learned: list[LearnedSchema] = Field(default_factory=list)
