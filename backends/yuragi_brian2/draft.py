"""What a population's code is written on: its words, its texts, its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.tree import Expression, Name, names
from yuragi.graph import Node
from yuragi.hardware.profile import Activity
from yuragi_brian2.expressions import Writer
from yuragi_brian2.integer_expressions import IntegerWriter
from yuragi_brian2.plan import Namespace, Ring

__all__ = ["Arrival", "Batch", "Draft", "coded", "drawn", "never_zero"]

Array = NDArray[Any]
_NOISE = re.compile("x+i(_|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Trials first to first + trials - 1, for so many steps of dt seconds.

    activity: which updates count as active, as the profile says.
    """

    first: int
    trials: int
    steps: int
    dt: float
    activity: Activity = "input"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The sum of a projection at its target.

    events: the variable that counts what arrived, where that is asked for.
    summed: formed at every step, not by events, so that it need not be cleared.
    late: steps that it waits at the target, for weights that may have learned meanwhile.
    """

    port: str
    variable: str
    events: str | None
    summed: bool
    late: int = 0


@dataclass(slots=True)
class Draft:
    """The texts of a population while they are written.

    Names in the code end with a letter for their kind, so none of a file's words is left as it is,
    and none meets a word of Brian2's: v_s a state, i_p a port, tau_c a parameter, exp_t a table,
    x_o and x_l an algebraic variable of the old and of the new state, x_a the latter kept for
    later, x_e within differential equations, x_l0 of the learning rule of projection 0.

    stored: the algebraic variables that are read after the block that computes them.
    told: whether a rule reads what the units sent, and they spike.
    """

    node: Node
    name: str
    batch: Batch
    late: tuple[int, ...]
    stored: frozenset[str]
    told: bool
    writer: Writer | IntegerWriter
    lines: list[str] = field(default_factory=list)
    equations: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    constants: dict[str, float] = field(default_factory=dict)
    values: dict[str, Array] = field(default_factory=dict)
    stimuli: dict[str, Array] = field(default_factory=dict)
    tables: dict[str, tuple[int, ...]] = field(default_factory=dict)
    rings: list[Ring] = field(default_factory=list)

    def names(self, binding: str) -> dict[str, str]:
        """Text to code; `binding` is the letter of algebraic variables."""
        dynamics = self.node.dynamics
        kinds: tuple[tuple[str, Iterable[str]], ...] = (
            ("s", dynamics.system.states),
            ("p", dynamics.ports),
            ("c", (*dynamics.parameters, "dt")),
            ("t", dynamics.tables),
            (binding, (name for name, _ in dynamics.system.bindings)),
        )
        return {name: coded(name, letter) for letter, listed in kinds for name in listed}

    def add(self, line: str) -> None:
        """A line of the code."""
        self.lines.append(line)

    def declare(self, name: str, kind: str = "1") -> None:
        """A variable of the code that is no number of the model: a flag, a count."""
        self.equations.append(f"{name} : {kind}")

    def number(self, name: str, flags: str = "") -> None:
        """A variable that is a number of the model: an integer where the model is in integers."""
        if self.node.dynamics.integer:
            self.whole.append(name)
        self.declare(name, ("integer" if self.node.dynamics.integer else "1") + flags)

    def chosen(self, condition: str, yes: str, no: str) -> str:
        """One of two numbers of the model."""
        where = "where_w" if self.node.dynamics.integer else "where_f"
        self.writer.functions.add(where)
        return f"{where}({condition}, {yes}, {no})"

    def tiled(self, values: Array) -> Array:
        """One value for each unit of each trial."""
        return np.tile(np.broadcast_to(values, self.node.size), self.batch.trials)

    def numbered(self) -> tuple[str, str]:
        """The code of a unit's number and of its trial's; declares what is missing."""
        if "trial_y" not in self.values:
            self.declare("trial_y", "1 (constant)")
            trials = self.batch.first + np.arange(self.batch.trials, dtype=np.float64)
            self.values["trial_y"] = np.repeat(trials, self.node.size)
        return self.unit, "trial_y"

    @property
    def unit(self) -> str:
        """The code of a unit's number within its trial."""
        return "i" if self.batch.trials == 1 else "unit_y"

    def earlier(self, variable: str, late: Sequence[int], *, whole: bool) -> list[str]:
        """The code of what a variable was so many steps before, for each of `late`."""
        ring = Ring(
            name=f"{self.name}_earlier_{variable.removesuffix('_y')}",
            depth=max(late) + 1,
            size=self.node.size * self.batch.trials,
            whole=whole,
        )
        self.rings.append(ring)
        return [f"{ring.name}({variable}, i, t_in_timesteps, {steps})" for steps in late]

    def namespace(self) -> Namespace:
        """What the code names."""
        return Namespace(
            constants=self.constants | self.writer.constants,
            functions=tuple(sorted(self.writer.functions)),
            tables=self.tables,
            rings=tuple(self.rings),
        )

    def block(self) -> str:
        """The lines written since the last block."""
        text = "\n".join(self.lines)
        self.lines.clear()
        return text


def drawn(key: str, unit: str, trial: str, latency: int, index: int) -> str:
    """The code of a noise draw.

    key: what the names of its two words end with.      latency: steps before the first.
    unit, trial: the code of their numbers.
    """
    step = f"t_in_timesteps - {latency}" if latency else "t_in_timesteps"
    return f"uniform_f(key0_{key}, key1_{key}, {unit}, {step}, {trial}, {float(index)!r})"


def never_zero(parameters: Mapping[str, Array], divisor: Expression) -> bool:
    """Whether it is a parameter or a number, none of whose values is 0."""
    if isinstance(divisor, Name) and divisor.id in parameters:
        return bool(np.all(parameters[divisor.id] != 0.0))
    return not names(divisor) and getattr(divisor, "value", 0.0) != 0.0


def coded(name: str, letter: str) -> str:
    """A word of the text in the code.

    Brian2 reads xi and xi_... as its white noise: they get one x more, and so do those with more.
    """
    return f"{'x' * bool(_NOISE.match(name))}{name}_{letter}"
