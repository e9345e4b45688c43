"""A device described: structure, limits, number formats, prices, each with its origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Literal, TypeAlias

from yuragi.errors import MissingConstantError
from yuragi.hardware.constant import Constant
from yuragi.hardware.unit_form import UnitForm

__all__ = [
    "Activity",
    "Holds",
    "Kind",
    "NumberFormats",
    "OverflowRule",
    "Profile",
    "Rounding",
    "Structure",
    "TimingRule",
]

Kind: TypeAlias = Literal["ideal", "neuromorphic", "digital"]
Activity: TypeAlias = Literal["input", "state"]
Holds: TypeAlias = Literal["parameters", "activations", "both"]
TimingRule: TypeAlias = Literal["in_turn", "two_sided"]
Rounding: TypeAlias = Literal["nearest", "down"]
OverflowRule: TypeAlias = Literal["saturate", "wrap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """Chip > tile > core.

    chips: the largest system that was built, in chips.
    tiles: per chip, laid out as `mesh` = (width, height).
    link_buffer: packets that a link between tiles holds before senders wait; None: not known.
    """

    chips: int = 1
    tiles: int = 1
    cores_per_tile: int = 1
    mesh: tuple[int, int] = (1, 1)
    link_buffer: int | None = None

    @property
    def cores(self) -> int:
        """Cores on one chip."""
        return self.tiles * self.cores_per_tile


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormats:
    """The integers a chip computes with; None where the profile does not state one.

    weight_bits: synaptic weight, sign included.
    weight_exponent_min, weight_exponent_max: shared power of two of a group of weights.
    state_bits, accumulator_bits: neuron state, sum of the inputs; signed.
    decay_bits, threshold_bits: fixed-function CUBA-LIF parameters, unsigned.
    bias_mantissa_bits, bias_exponent_bits: bias = mantissa * 2**exponent; signed mantissa.
    payload_bits: what a graded spike carries, signed; None: spikes are binary.
    coefficient_bits: parameters of a programmable neuron, signed.
    intermediate_bits: results within an update, before they are stored as a state.
    fraction_bits: where the point stands in every state and result of a programmable core whose
        arithmetic has one format; None: each value has a format of its own.
    table_segments: entries of a look-up table for a nonlinear function.
    learning_bits: a weight that learns, signed; without it the chip's weights do not learn.
    """

    weight_bits: Constant | None = None
    weight_exponent_min: Constant | None = None
    weight_exponent_max: Constant | None = None
    state_bits: Constant | None = None
    accumulator_bits: Constant | None = None
    decay_bits: Constant | None = None
    threshold_bits: Constant | None = None
    bias_mantissa_bits: Constant | None = None
    bias_exponent_bits: Constant | None = None
    payload_bits: Constant | None = None
    coefficient_bits: Constant | None = None
    intermediate_bits: Constant | None = None
    fraction_bits: Constant | None = None
    table_segments: Constant | None = None
    learning_bits: Constant | None = None

    def items(self) -> Iterator[tuple[str, Constant]]:
        """The stated formats, by name."""
        for entry in fields(self):
            constant = getattr(self, entry.name)
            if constant is not None:
                yield entry.name, constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One device.

    numbers: None: float64.
    dynamics: fixed-function neurons the device has, or "any" equations.
    functions: functions that a programmable neuron may call, or "any".
    rounding: what becomes of the bits that a result loses: "nearest" (half up) or "down".
    overflow: what a word of a programmable core does that is too short: "saturate" or "wrap".
    limits: sizes that may not be exceeded.
    energy, latency: joules, seconds for one of what the key counts.
    power: watts.
    included: a count whose joules another energy constant already contains, e.g. hops that
        were part of a fit per synaptic event. `included_latency`: the same for seconds.
    boundary: one line saying what the constants contain and what they leave out.
    sources: the text of every source that a constant names.
    file: where the profile was read, for messages.
    constant_set: which of the file's sets of constants this is; "" for its main one.
    activity: the updates that `active_updates` prices: "input", of units with input in the step;
        "state", of units that are not at rest: an event, whatever it adds up to, or input or a
        state that is not zero.
    timing: how the work of a core adds up: "in_turn", or "two_sided" (it sends and receives at
        the same time; see `yuragi.power.timing`).
    clock: in hertz; the latencies hold at this clock and scale with its period.
    acceleration: seconds of the model in one second of a chip that has no steps.
    unit: the integers of a fixed-function neuron.
    not_emulated: why no arithmetic of the chip is run here; "" where it is.
    asks: what nobody published and the user must give, e.g. {"power_w": "watts of the chip"}.
    requires: constants without which a bill would be short and nothing would show it, since no
        event asks for them, e.g. ("latency.barrier_per_chip",).
    memories: levels of a digital machine, the nearest first, with what each may hold. Level M has
        its size in limits.M_bytes and the price of a byte in energy.M_bytes and latency.M_bytes.
    """

    name: str
    title: str
    kind: Kind
    description: str
    boundary: str
    structure: Structure
    limits: Mapping[str, Constant]
    numbers: NumberFormats | None
    dynamics: Literal["any"] | tuple[str, ...]
    functions: Literal["any"] | tuple[str, ...]
    energy: Mapping[str, Constant]
    latency: Mapping[str, Constant]
    power: Mapping[str, Constant]
    included: Mapping[str, str]
    included_latency: Mapping[str, str]
    sources: Mapping[str, str]
    notes: tuple[str, ...] = ()
    file: str = ""
    constant_set: str = ""
    activity: Activity = "input"
    timing: TimingRule = "in_turn"
    clock: Constant | None = None
    acceleration: Constant | None = None
    not_emulated: str = ""
    asks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    requires: tuple[str, ...] = ()
    memories: Mapping[str, Holds] = field(default_factory=lambda: MappingProxyType({}))
    rounding: Rounding = "nearest"
    overflow: OverflowRule = "saturate"
    unit: UnitForm | None = None

    @property
    def label(self) -> str:
        """The name, with the set of constants where it is not the main one."""
        return f"{self.name}:{self.constant_set}" if self.constant_set else self.name

    @property
    def missing(self) -> tuple[str, ...]:
        """What it requires and does not state."""
        stated = {name for name, _ in self.constants()}
        return tuple(name for name in self.requires if name not in stated)

    def energy_of(self, name: str) -> Constant:
        """Joules for one `name`. Errors: MissingConstantError."""
        return self._constant("energy", self.energy, name)

    def latency_of(self, name: str) -> Constant:
        """Seconds for one `name`. Errors: MissingConstantError."""
        return self._constant("latency", self.latency, name)

    def power_of(self, name: str) -> Constant:
        """Watts of `name`. Errors: MissingConstantError."""
        return self._constant("power", self.power, name)

    def limit(self, name: str) -> int | None:
        """A limit; None where the profile does not state it, so that it stays unchecked."""
        constant = self.limits.get(name)
        return None if constant is None else int(constant.value)

    def number(self, name: str) -> int | None:
        """A number format, e.g. "weight_bits"; None where the profile does not state it."""
        constant = None if self.numbers is None else getattr(self.numbers, name)
        return None if constant is None else int(constant.value)

    def constants(self) -> Iterator[tuple[str, Constant]]:
        """Every constant under its field name, e.g. "energy.synaptic_events"."""
        for section in ("limits", "numbers", "energy", "latency", "power"):
            for name, constant in (getattr(self, section) or {}).items():
                yield f"{section}.{name}", constant
        for name in ("clock", "acceleration"):
            constant = getattr(self, name)
            if constant is not None:
                yield name, constant

    def _constant(self, section: str, constants: Mapping[str, Constant], name: str) -> Constant:
        if name in constants:
            return constants[name]
        stated = ", ".join(constants) or "none"
        raise MissingConstantError(
            f"profile {self.name!r} states no {section}.{name} (stated: {stated})"
            + (f"; add it to {self.file}" if self.file else "")
        )
