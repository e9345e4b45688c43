"""The neuron of a fixed-function chip: its integer equations as text, its registers as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from yuragi.equations.system import System, parse_system

__all__ = ["Arrival", "Form", "Register", "Reset", "Stands", "UnitForm"]

Stands: TypeAlias = Literal[
    "current_decay", "voltage_decay", "bias", "leak", "threshold", "least_input", "most_input"
]
Form: TypeAlias = Literal["value", "shift", "reciprocal"]
Reset: TypeAlias = Literal["zero", "subtract"]
Arrival: TypeAlias = Literal["before_decay", "after_decay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A parameter of the neuron.

    of: the part of a description that it stands for; "leak" is a negative bias, "least_input" and
        "most_input" the ends of the weights that excite a unit.
    form: "value", in the unit of the voltage; "shift", d for what keeps 1 - 2^-d; or "reciprocal",
        2^16 over the value, rounded up.
    bits: the entry of the profile's numbers with its length, of the value where it is a reciprocal.
    signed: two's complement.
    """

    of: Stands
    form: Form = "value"
    bits: str
    signed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitForm:
    """What a population must come to, and the integers that it becomes.

        u' = (1 - d_u) u + i;  v' = (1 - d_v) v + u' + bias;  a spike at a threshold, then a reset

    What no register stands for is fixed: without one for its decay a voltage keeps its value, and
    without a current what arrives acts on the voltage itself.

    equations: lines of integer equations; what `clip` holds within ends is a word of the chip.
    port, voltage, current: the names that they have there.
    inhibiting: the port of negative weights, where a neuron tells them from the others.
    from_zero: whether the voltage stops at 0, as that of a description with v(t+1) = max(..., 0).
    order: what happens in which order within a step, where a result depends on it.
    arrives: whether what arrives is added before the current decays, so that it decays too.
    threshold: the condition of a spike.     resets: assignments after it, by the reset described.
    output: the spikes of a step; None: one.      most_sent: the most that it comes to.
    readout: resets of units that nothing listens to, which send one spike, where they differ.
    """

    source: str
    equations: str
    port: str
    inhibiting: str | None = None
    voltage: str
    current: str | None = None
    from_zero: bool = False
    order: str = ""
    arrives: Arrival = "after_decay"
    threshold: str
    resets: Mapping[Reset, str]
    output: str | None = None
    most_sent: int = 1
    readout: Mapping[Reset, str]
    registers: Mapping[str, Register]

    @property
    def ports(self) -> tuple[str, ...]:
        """One port, or two where what inhibits has its own."""
        return (self.port,) if self.inhibiting is None else (self.port, self.inhibiting)

    def system(self, reset: Reset, *, heard: bool) -> System:
        """The neuron with one of its resets.  heard: whether anything listens to it

        Raises EquationError for a text that breaks a rule of the language.
        """
        texts = self.resets if heard or not self.readout else self.readout
        return parse_system(
            equations=self.equations,
            threshold=self.threshold,
            reset=texts[reset],
            ports=self.ports,
            parameters=tuple(self.registers),
            internal=True,
        )
