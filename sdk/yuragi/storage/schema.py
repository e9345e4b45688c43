"""The schema of `network.yaml`, the readable half of a saved graph."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, PlainValidator

from yuragi.schemas import Strict

__all__ = [
    "ConvolutionSchema",
    "DynamicsSchema",
    "EdgeSchema",
    "GraphSchema",
    "MeshSchema",
    "NodeSchema",
    "OriginSchema",
    "PlacementSchema",
    "PlasticitySchema",
    "ProbeSchema",
    "StimulusSchema",
    "WeightsSchema",
]


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"expected a number, found {value!r}")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"{value} does not fit into 64 bits")
    return value


def _value(value: object) -> int | float | str:
    return value if isinstance(value, str) else _number(value)


Number: TypeAlias = Annotated[int | float, PlainValidator(_number)]
NumberOrArray: TypeAlias = Annotated[int | float | str, PlainValidator(_value)]
Count: TypeAlias = Annotated[int, Field(ge=0, lt=2**31)]
Size: TypeAlias = Annotated[int, Field(ge=1, lt=2**31)]
Seed: TypeAlias = Annotated[int, Field(ge=0, lt=2**64)]
ArrayName: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]


class DynamicsSchema(Strict):
    """A unit model; `tables` names arrays."""

    name: str
    equations: str
    ports: list[str] = Field(default_factory=list)
    output: str | None = None
    threshold: str | None = None
    reset: str | None = None
    refractory: Count = 0
    parameters: dict[str, Number] = Field(default_factory=dict)
    initial: dict[str, Number] = Field(default_factory=dict)
    method: str = "euler"
    number: str = "real"
    tables: dict[str, ArrayName] = Field(default_factory=dict)
    tallies: dict[str, str] = Field(default_factory=dict)
    spike_register: Count = 0


class NodeSchema(Strict):
    """A population; a value is a number or the name of an array."""

    name: str
    size: Size
    dynamics: DynamicsSchema
    parameters: dict[str, NumberOrArray] = Field(default_factory=dict)
    initial: dict[str, NumberOrArray] = Field(default_factory=dict)
    scales: dict[str, Number] = Field(default_factory=dict)
    latency: Annotated[int, Field(ge=0, lt=2**20)] = 0


class ConvolutionSchema(Strict):
    """A convolution; `kernel` names an array, the others have an entry for each axis."""

    kernel: ArrayName
    size: list[Size]
    stride: list[Size]
    padding: list[Annotated[list[Count], Field(min_length=2, max_length=2)]]
    dilation: list[Size]
    groups: Size = 1


class WeightsSchema(Strict):
    """dense: an array; or sparse: the start of the names of three, and a shape; or convolution.

    chain: maps one after the other.
    """

    dense: ArrayName | None = None
    sparse: ArrayName | None = None
    shape: Annotated[list[Size], Field(min_length=2, max_length=2)] | None = None
    convolution: ConvolutionSchema | None = None
    chain: Annotated[list[WeightsSchema], Field(min_length=2, max_length=64)] | None = None


class PlasticitySchema(Strict):
    """A learning rule; `tables` names arrays."""

    name: str
    equations: str
    reads: list[str] = Field(default_factory=list)
    parameters: dict[str, Number] = Field(default_factory=dict)
    initial: dict[str, Number] = Field(default_factory=dict)
    number: str = "real"
    tables: dict[str, ArrayName] = Field(default_factory=dict)
    scales: dict[str, Number] = Field(default_factory=dict)
    tallies: dict[str, str] = Field(default_factory=dict)


class EdgeSchema(Strict):
    """A projection."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    port: str
    weights: WeightsSchema
    delay: Count = 1
    shift: Annotated[int, Field(ge=-62, le=62)] = 0
    scale: float = 1.0
    sign: str = "mixed"
    cut: Annotated[int, Field(ge=0, le=8)] = 0
    plasticity: PlasticitySchema | None = None


class StimulusSchema(Strict):
    """Values of a port; `values` names an array."""

    target: str = Field(alias="to")
    port: str
    values: ArrayName


class ProbeSchema(Strict):
    """A question to a population."""

    population: str
    variable: str
    every: Size = 1


class MeshSchema(Strict):
    """The tiles of a chip."""

    width: Size
    height: Size
    cores_per_tile: Size


class PlacementSchema(Strict):
    """parts: the name of an array of (population, first, stop); cores: of the core of each.

    order: by population, the name of an array of its units as the parts cut them.
    """

    mesh: MeshSchema
    parts: ArrayName
    cores: ArrayName | None = None
    order: dict[str, ArrayName] = Field(default_factory=dict)
    multicast: bool = False


class OriginSchema(Strict):
    """The file of another framework that the graph was made from."""

    format: str
    version: str
    dialect: str
    notes: list[str] = Field(default_factory=list)
    names: dict[str, str] = Field(default_factory=dict)
    shapes: dict[str, list[Size]] = Field(default_factory=dict)
    outputs: dict[str, str] = Field(default_factory=dict)
    paths: list[list[str]] = Field(default_factory=list)
    kept: dict[str, dict[str, ArrayName]] = Field(default_factory=dict)


class GraphSchema(Strict):
    """One network.yaml."""

    yuragi: Literal[1]
    seed: Seed
    dt: float | None = None
    populations: list[NodeSchema]
    projections: list[EdgeSchema] = Field(default_factory=list)
    stimulus: list[StimulusSchema] = Field(default_factory=list)
    probes: list[ProbeSchema] = Field(default_factory=list)
    placement: PlacementSchema | None = None
    origin: OriginSchema | None = None
