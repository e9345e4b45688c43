"""The YAML schema of a profile."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from yuragi.hardware.constant import Basis, Confidence, Constant, Scope
from yuragi.hardware.profile import Activity, Holds, Kind, OverflowRule, Rounding, TimingRule
from yuragi.hardware.unit_form import Arrival, Form, Reset, Stands
from yuragi.quantity import quantity
from yuragi.schemas import Strict

__all__ = [
    "ClockSchema",
    "ConstantsSchema",
    "EnergySchema",
    "LatencySchema",
    "NumbersSchema",
    "PowerSchema",
    "ProfileSchema",
    "RegisterSchema",
    "SizeSchema",
    "StructureSchema",
    "UnitSchema",
]


def _positive(text: str, unit: str) -> float:
    value = quantity(text, unit)
    if value < 0:
        raise ValueError(f"{text!r} is negative")
    return value


Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=800)]
Lines: TypeAlias = Annotated[str, Field(min_length=1, max_length=4000)]
Count: TypeAlias = Annotated[int, Field(ge=1, le=10**6)]
Joules: TypeAlias = Annotated[float, BeforeValidator(lambda text: _positive(text, "joule"))]
Seconds: TypeAlias = Annotated[float, BeforeValidator(lambda text: _positive(text, "second"))]
Hertz: TypeAlias = Annotated[float, BeforeValidator(lambda text: _positive(text, "hertz"))]
Watts: TypeAlias = Annotated[float, BeforeValidator(lambda text: _positive(text, "watt"))]
NamesOrAny: TypeAlias = Annotated[
    list[Name] | None, BeforeValidator(lambda value: None if value == "any" else value)
]
_SECTIONED = r"(limits|numbers|energy|latency|power)\.[a-z0-9_]{1,40}"
Required: TypeAlias = Annotated[str, Field(pattern=rf"^({_SECTIONED}|clock|acceleration)$")]
Whole: TypeAlias = Annotated[int, Field(ge=-(2**53), le=2**53)]


class OriginSchema(Strict):
    """How a number came to be known."""

    basis: Basis
    confidence: Confidence = "medium"
    source: Name
    note: Annotated[str, Field(max_length=800)] = ""

    def _constant(
        self, band: tuple[float, float | None, float | None], unit: str, scope: Scope
    ) -> Constant:
        value, low, high = band
        return Constant(
            value=value,
            low=value if low is None else low,
            high=value if high is None else high,
            unit=unit,
            basis=self.basis,
            scope=scope,
            confidence=self.confidence,
            source=self.source,
            note=self.note.strip(),
        )


class EnergySchema(OriginSchema):
    """Joules for one event: value: 23.6 pJ."""

    value: Joules
    low: Joules | None = None
    high: Joules | None = None
    scope: Literal["marginal", "all_in"]

    def constant(self) -> Constant:
        """The constant in joules; an end of the band that is not written is the value."""
        return self._constant((self.value, self.low, self.high), "joule", self.scope)


class LatencySchema(OriginSchema):
    """Seconds for one event: value: 3.5 ns."""

    value: Seconds
    low: Seconds | None = None
    high: Seconds | None = None
    scope: Scope = "marginal"

    def constant(self) -> Constant:
        """The constant in seconds."""
        return self._constant((self.value, self.low, self.high), "second", self.scope)


class PowerSchema(OriginSchema):
    """Watts: value: 0.104 W."""

    value: Watts
    low: Watts | None = None
    high: Watts | None = None
    scope: Literal["static", "all_in"] = "static"

    def constant(self) -> Constant:
        """The constant in watts."""
        return self._constant((self.value, self.low, self.high), "watt", self.scope)


class ClockSchema(OriginSchema):
    """Hertz: value: 75 MHz."""

    value: Hertz
    low: Hertz | None = None
    high: Hertz | None = None

    def constant(self) -> Constant:
        """The constant in hertz."""
        return self._constant((self.value, self.low, self.high), "hertz", "structure")


class SizeSchema(OriginSchema):
    """A whole number with the word for what it counts: value: 1024, unit: unit."""

    value: Whole
    low: Whole | None = None
    high: Whole | None = None
    unit: Name

    def constant(self) -> Constant:
        """The constant."""
        return self._constant((self.value, self.low, self.high), self.unit, "structure")


class StructureSchema(Strict):
    """Chip > tile > core."""

    chips: Count = 1
    tiles: Count = 1
    cores_per_tile: Count = 1
    mesh: list[Count] = Field(default_factory=lambda: [1, 1], min_length=2, max_length=2)
    link_buffer: Count | None = None


class NumbersSchema(Strict):
    """One entry for each format of `NumberFormats`."""

    weight_bits: SizeSchema | None = None
    weight_exponent_min: SizeSchema | None = None
    weight_exponent_max: SizeSchema | None = None
    state_bits: SizeSchema | None = None
    accumulator_bits: SizeSchema | None = None
    decay_bits: SizeSchema | None = None
    threshold_bits: SizeSchema | None = None
    bias_mantissa_bits: SizeSchema | None = None
    bias_exponent_bits: SizeSchema | None = None
    payload_bits: SizeSchema | None = None
    coefficient_bits: SizeSchema | None = None
    intermediate_bits: SizeSchema | None = None
    fraction_bits: SizeSchema | None = None
    table_segments: SizeSchema | None = None
    learning_bits: SizeSchema | None = None


class IncludedSchema(Strict):
    """A count -> the constant of the same section that already contains its cost."""

    energy: dict[Name, Name] = Field(default_factory=dict)
    latency: dict[Name, Name] = Field(default_factory=dict)


class ConstantsSchema(Strict):
    """What the events of a device cost, and how its time adds up."""

    boundary: Annotated[str, Field(min_length=1, max_length=120)]
    energy: dict[Name, EnergySchema] = Field(default_factory=dict)
    latency: dict[Name, LatencySchema] = Field(default_factory=dict)
    power: dict[Name, PowerSchema] = Field(default_factory=dict)
    included: IncludedSchema = IncludedSchema()
    activity: Activity = "input"
    timing: TimingRule = "in_turn"
    requires: list[Required] = Field(default_factory=list)


class NamedConstantsSchema(ConstantsSchema):
    """Another set of constants for the same device."""

    description: Text


class RegisterSchema(Strict):
    """A parameter of a fixed-function neuron."""

    of: Stands
    form: Form = "value"
    bits: Name
    signed: bool = True


class UnitSchema(Strict):
    """The neuron of a fixed-function chip; see `UnitForm`."""

    source: Name
    equations: Lines
    port: Name
    inhibiting: Name | None = None
    voltage: Name
    current: Name | None = None
    from_zero: bool = False
    order: Text | Literal[""] = ""
    arrives: Arrival = "after_decay"
    threshold: Text
    resets: Annotated[dict[Reset, Text], Field(min_length=1)]
    output: Name | None = None
    most_sent: Count = 1
    readout: dict[Reset, Text] = Field(default_factory=dict)
    registers: dict[Name, RegisterSchema] = Field(default_factory=dict, max_length=16)


class ProfileSchema(ConstantsSchema):
    """One file of hw_profiles.

    constant_set: the name of the constants that the file starts with.
    constant_sets: others, by name; each replaces all of them.
    taken_set: written by a run, the set that was in use.
    """

    yuragi: Literal[1]
    name: Name
    title: Text
    kind: Kind
    description: Text
    structure: StructureSchema = StructureSchema()
    limits: dict[Name, SizeSchema] = Field(default_factory=dict)
    numbers: NumbersSchema | None = None
    dynamics: NamesOrAny = None
    functions: NamesOrAny = None
    rounding: Rounding = "nearest"
    overflow: OverflowRule = "saturate"
    clock: ClockSchema | None = None
    acceleration: SizeSchema | None = None
    unit: UnitSchema | None = None
    not_emulated: Annotated[str, Field(max_length=800)] = ""
    asks: dict[Name, Text] = Field(default_factory=dict)
    memories: dict[Name, Holds] = Field(default_factory=dict, max_length=8)
    constant_set: Name | Literal[""] = ""
    constant_sets: dict[Name, NamedConstantsSchema] = Field(default_factory=dict)
    taken_set: Name | Literal[""] = ""
    sources: dict[Name, Text] = Field(default_factory=dict)
    notes: list[Text] = Field(default_factory=list)
