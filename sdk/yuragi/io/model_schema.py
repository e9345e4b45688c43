"""The schema of a model file: what people write by hand in YAML."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    model_validator,
)

from yuragi.quantity import quantity
from yuragi.schemas import Strict

__all__ = [
    "ConvSchema",
    "DynamicsSchema",
    "InputSchema",
    "ModelSchema",
    "NetworkSchema",
    "PlasticitySchema",
    "PoolSchema",
    "PopulationSchema",
    "ProbeSchema",
    "ProjectionSchema",
    "RandomSchema",
    "RuleSchema",
    "RunSettings",
    "StimulusSchema",
    "Values",
    "model_json_schema",
]

_DEEPEST = 4
_FILE: dict[str, Any] = {
    "type": "string",
    "pattern": r"\.npy$",
    "description": "a .npy file in the folder of the model",
}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_FITTED: dict[str, Any] = {"enum": ["same", "valid"]}
_LISTS: dict[str, Any] = {"type": "array", "description": "numbers, or lists of them"}


def _is_numbers(value: object, depth: int = _DEEPEST) -> bool:
    if isinstance(value, list):
        return depth > 0 and all(_is_numbers(item, depth - 1) for item in value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _array(value: object) -> object:
    if isinstance(value, str):
        if not value.endswith(".npy"):
            raise ValueError(f"{value!r}: expected the name of a .npy file")
    elif not isinstance(value, list) or not _is_numbers(value):
        raise ValueError("expected a list of numbers, or the name of a .npy file")
    return value


def _values(value: object) -> object:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number and not isinstance(value, (str, list)):
        raise ValueError("expected a number, a list of numbers, or the name of a .npy file")
    return value if number else _array(value)


def _whole(value: object) -> object:
    each = value if isinstance(value, list) else [value]
    if not each or not all(type(n) is int and 0 <= n < 2**31 for n in each):
        raise ValueError("expected a whole number from 0, or one for each axis")
    return value


def _kind_of_weights(value: object) -> str:
    return "<rule>" if isinstance(value, (dict, RuleSchema)) else "<values>"


def _kind_of_dynamics(value: object) -> str:
    return "<inline>" if isinstance(value, (dict, DynamicsSchema)) else "<name>"


def _kind_of_plasticity(value: object) -> str:
    return "<inline>" if isinstance(value, (dict, PlasticitySchema)) else "<name>"


def _seconds(value: object) -> float:
    if not isinstance(value, str):
        raise ValueError(f'expected a time with its unit such as "1 ms", found {value!r}')
    return quantity(value, "second")


Array: TypeAlias = Annotated[
    Any, PlainValidator(_array), WithJsonSchema({"anyOf": [_LISTS, _FILE]})
]
Values: TypeAlias = Annotated[
    Any, PlainValidator(_values), WithJsonSchema({"anyOf": [{"type": "number"}, _LISTS, _FILE]})
]
Size: TypeAlias = Annotated[int, Field(ge=1, lt=2**31)]
Seed: TypeAlias = Annotated[int, Field(ge=0, lt=2**64)]
Word: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Whole: TypeAlias = Annotated[
    Any,
    PlainValidator(_whole),
    WithJsonSchema({"anyOf": [_COUNT, {"type": "array", "items": _COUNT}]}),
]
WholeOrWord: TypeAlias = Annotated[
    Any,
    PlainValidator(lambda value: value if value in ("same", "valid") else _whole(value)),
    WithJsonSchema({"anyOf": [_COUNT, {"type": "array", "items": _COUNT}, _FITTED]}),
]
Finite: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
Seconds: TypeAlias = Annotated[
    float,
    BeforeValidator(_seconds),
    Field(gt=0),
    WithJsonSchema({"type": "string", "description": "a number and a unit, such as 1 ms"}),
]


class DynamicsSchema(Strict):
    """A unit model, written here."""

    name: str | None = None
    equations: str
    ports: list[str] = Field(default_factory=list)
    output: str | None = None
    threshold: str | None = None
    reset: str | None = None
    refractory: Annotated[int, Field(ge=0, lt=2**31)] = 0
    parameters: dict[str, Finite] = Field(default_factory=dict)
    initial: dict[str, Finite] = Field(default_factory=dict)
    method: Literal["exact", "exponential_euler", "euler", "rk4"] = "euler"


class PopulationSchema(Strict):
    """Units that share their equations; parameters and initial values: one, or one per unit.

    refractory: steps skipped after a spike, instead of the unit model's own.
    """

    size: Size
    dynamics: Annotated[
        Annotated[str, Tag("<name>")] | Annotated[DynamicsSchema, Tag("<inline>")],
        Discriminator(_kind_of_dynamics),
    ]
    parameters: dict[str, Values] = Field(default_factory=dict)
    initial: dict[str, Values] = Field(default_factory=dict)
    refractory: Annotated[int, Field(ge=0, lt=2**31)] | None = None


class InputSchema(Strict):
    """A population that sends what it is given; spiking: a spike where a value is above 0.5."""

    size: Size
    values: Array | None = None
    spiking: bool = False


class RandomSchema(Strict):
    """Uniform weights in (low, high), the same number of random sources for every unit."""

    density: Annotated[float, Field(gt=0, le=1)] | None = None
    inputs: Size | None = None
    radius: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    low: Finite = -1.0
    high: Finite = 1.0
    seed: Seed | None = None

    @model_validator(mode="after")
    def _one_number_of_sources(self) -> RandomSchema:
        if self.density is not None and self.inputs is not None:
            raise ValueError("expected density or inputs, not both")
        return self


class ConvSchema(Strict):
    """A convolution; kernel: (channels out, channels in / groups, window), of one axis or two.

    size: of the image that comes in.  padding: zeros on both sides, "same" or "valid".
    """

    kernel: Array
    size: Whole
    stride: Whole = 1
    padding: WholeOrWord = 0
    dilation: Whole = 1
    groups: Size = 1


class PoolSchema(Strict):
    """The sum or mean over a window of each channel, side by side unless a stride says otherwise.

    size: (height, width) of the image that comes in.
    """

    channels: Size
    size: Whole
    window: Whole
    stride: Whole | None = None
    padding: Whole = 0


class RuleSchema(Strict):
    """Weights by a rule, exactly one."""

    hebbian: Array | None = None
    random: RandomSchema | None = None
    ring: Finite | None = None
    one_to_one: Finite | None = None
    conv: ConvSchema | None = None
    sum_pool: PoolSchema | None = None
    avg_pool: PoolSchema | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> RuleSchema:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"expected exactly one rule: {', '.join(type(self).model_fields)}")
        return self


class PlasticitySchema(Strict):
    """A learning rule, written here."""

    name: str | None = None
    equations: str
    reads: list[str] = Field(default_factory=list)
    parameters: dict[str, Finite] = Field(default_factory=dict)
    initial: dict[str, Finite] = Field(default_factory=dict)


class ProjectionSchema(Strict):
    """Weights from one population to a port of another; a single number: all to all.

    exponent: the weights count 2^exponent times.  sign: of all the weights, where that saves a bit.
    plasticity: how the weights learn, a rule by name or written here.
    """

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    port: str | None = None
    weights: Annotated[
        Annotated[Values, Tag("<values>")] | Annotated[RuleSchema, Tag("<rule>")],
        Discriminator(_kind_of_weights),
    ]
    delay: Values = 1
    exponent: Annotated[int, Field(ge=-62, le=62)] = 0
    sign: Literal["mixed", "excitatory", "inhibitory"] = "mixed"
    plasticity: (
        Annotated[
            Annotated[str, Tag("<name>")] | Annotated[PlasticitySchema, Tag("<inline>")],
            Discriminator(_kind_of_plasticity),
        ]
        | None
    ) = None


class StimulusSchema(Strict):
    """Values added to a port, step by step; shape (steps, size) or (trials, steps, size)."""

    target: str = Field(alias="to")
    port: str | None = None
    values: Array


class ProbeSchema(Strict):
    """A probe in every `every`-th step."""

    probe: str
    every: Size = 1


class NetworkSchema(Strict):
    """Populations, inputs, and what connects them."""

    populations: dict[str, PopulationSchema] = Field(default_factory=dict)
    inputs: dict[str, InputSchema] = Field(default_factory=dict)
    projections: list[ProjectionSchema] = Field(default_factory=list)
    stimulus: list[StimulusSchema] = Field(default_factory=list)
    probes: list[
        Annotated[
            Annotated[str, Tag("<name>")] | Annotated[ProbeSchema, Tag("<inline>")],
            Discriminator(lambda v: "<name>" if isinstance(v, str) else "<inline>"),
        ]
    ] = Field(default_factory=list)


class RunSettings(Strict):
    """How to run; steps: as many as the longest stimulus by default.

    dialect: the reading of Loihi's compartment: loihi, lava, nengo_loihi or brian2_loihi.
    """

    steps: Size | None = None
    trials: Size | None = None
    dt: Seconds | None = None
    backend: Word = "chip"
    profile: Word = "ideal"
    dialect: Word | None = None


class ModelSchema(Strict):
    """A yuragi model file."""

    yuragi: Literal[1]
    seed: Seed = 0
    network: NetworkSchema
    run: RunSettings = RunSettings()


def model_json_schema() -> dict[str, Any]:
    """The JSON Schema of a model file, for editors."""
    schema = ModelSchema.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "yuragi model file",
    }
