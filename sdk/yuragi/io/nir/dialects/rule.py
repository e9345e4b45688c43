"""What a dialect says: how time constants act, how a spike resets, when a signal arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from numpy.typing import NDArray

__all__ = ["CLOSED", "EULER", "MIXED", "Dialect"]

Array: TypeAlias = NDArray[Any]

# {keep_x} and {gain_x} of a time constant x.
EULER = ("(1 - dt/{x})", "dt/{x}")
CLOSED = ("exp(-dt/{x})", "(1 - exp(-dt/{x}))")
MIXED = ("exp(-dt/{x})", "dt/{x}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A framework's meaning of NIR's neurons.

    step: texts of how much of a state stays, and of how much of its input it takes.
    resets: the rule in `RESETS` for each name that a user may choose, the default first; by kind
        where a kind has its own.
    late: kinds that signals reach a step later; feedback takes a step to reach any kind.
    late_bias: whether the bias of a layer is as late as its signals.
    feedback_bias: whether the bias of a layer that feeds back acts in step 0 already.
    by_role: whether a unit and its recurrent weights are read by what they are, whatever edge
        brings the input.
    channels_last: whether an image is flattened pixel by pixel, not channel by channel.
    step_of: seconds of a step that its exporter hides in a unit's r, of tau and r.
    step_read: those that its reader takes of a CubaLIF where another wrote the file.
    reads_r: kinds whose resistance is read.
    keep_if: what an IF unit keeps of its voltage in a step, with the sign of the product.
    syn_leak: what is added to a synapse's input.
    starts_at_leak: whether states begin at v_leak, not at 0.
    unknown: kinds that the framework does not read; they are taken as its other kinds would be.
    texts: equations of kinds instead of those of `NEURON_TEXTS`.
    remarks: what is worth saying whenever the dialect is used.
    source: where the rules are written.
    """

    name: str
    step: tuple[str, str]
    resets: Mapping[str, Mapping[str, str]]
    late: frozenset[str] = frozenset()
    late_bias: bool = False
    feedback_bias: bool = True
    by_role: bool = False
    channels_last: bool = False
    step_of: Callable[[Array, Array], Array] | None = None
    step_read: Callable[[Array, Array], Array] | None = None
    reads_r: frozenset[str] = frozenset({"I", "IF", "LI", "LIF"})
    keep_if: str = ""
    syn_leak: str = ""
    starts_at_leak: bool = False
    unknown: frozenset[str] = frozenset()
    texts: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    source: str

    def rule(self, kind: str, reset: str | None) -> str:
        """The name of the rule of a kind; KeyError where the dialect has no such reset."""
        table = self.resets.get(kind, self.resets[""])
        return next(iter(table.values())) if reset is None else table[reset]

    def delay_to(self, kind: str) -> int:
        """Steps that a signal takes to a node of a kind, where it closes no circle."""
        return int(kind in self.late)

    def choices(self, kind: str) -> tuple[str, ...]:
        """The resets that a user may choose, the default first."""
        return tuple(self.resets.get(kind, self.resets[""]))
