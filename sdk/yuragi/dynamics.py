"""Dynamics: the equations of a unit, with its ports, parameters, threshold and reset."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from yuragi.equations.census import called, census
from yuragi.equations.system import System, parse_system
from yuragi.errors import EquationError

__all__ = ["METHODS", "Dynamics"]

METHODS = ("exact", "exponential_euler", "euler", "rk4")
_NUMBERS = ("real", "integer")
_LARGEST = sys.float_info.max
_REAL_ONLY = frozenset({
    "div", "pow", "heaviside", "floor", "sqrt", "exp", "log", "sin", "cos", "tanh", "sigmoid",
    "exprel",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamics:
    """A unit model, written once as equations.

    equations: lines `y(t+1) = ...` (maps), `dy/dt = ...` (differential equations, with `method`)
        and `y = ...` (algebraic). Maps read the state of step t, all at once; the threshold and
        the output read the new state.
    ports: names that stand for the summed input of a step.
    output: the variable that a graded unit sends; with a threshold too, it is sent at a spike only.
    threshold: the condition of a spike.  A unit with neither sends nothing.
    reset: assignments after a spike, `v = 0; w += b`.
    refractory: steps skipped after a spike; `held` says which states stand still meanwhile.
    parameters: values by name; a population may override each, with one value or one per unit.
    initial: state at step 0, zero where it is not given.
    method: exact (linear equations), exponential_euler, euler or rk4.
    number: "real" (float64) or "integer" (int64; what the quantise pass writes).
    tables: look-up tables of integer equations, [first, shift, y_0, ..., y_n].
    tallies: states that only count, and what: {"over_u": "u"}. No part of the chip's work.
    spike_register: what the register of the voltage reads in the step of a spike; 0: the state.

    Raises EquationError for a text that breaks a rule, with line and column.
    """

    name: str
    equations: str
    ports: tuple[str, ...] = ()
    output: str | None = None
    threshold: str | None = None
    reset: str | None = None
    refractory: int = 0
    parameters: Mapping[str, float] = field(default_factory=dict)
    initial: Mapping[str, float] = field(default_factory=dict)
    method: str = "euler"
    number: str = "real"
    tables: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    tallies: Mapping[str, str] = field(default_factory=dict)
    spike_register: int = 0
    system: System = field(init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        return hash((self.name, self.equations, self.threshold, self.reset))

    def __post_init__(self) -> None:
        object.__setattr__(self, "ports", tuple(self.ports))
        for attribute in ("parameters", "initial", "tables", "tallies"):
            object.__setattr__(self, attribute, dict(getattr(self, attribute)))
        try:
            self._check_values()
            system = parse_system(
                equations=self.equations,
                threshold=self.threshold,
                reset=self.reset,
                ports=self.ports,
                parameters=self.parameters,
                tables=self.tables,
                internal=self.number == "integer",
            )
            self._check_against(system)
        except EquationError as error:
            raise EquationError(f"{self.name}: {error}") from None
        object.__setattr__(self, "system", system)

    def _check_values(self) -> None:
        if self.method not in METHODS:
            raise EquationError(f"method {self.method!r}: expected one of {', '.join(METHODS)}")
        if self.number not in _NUMBERS:
            raise EquationError(f"number {self.number!r}: expected one of {', '.join(_NUMBERS)}")
        if type(self.refractory) is not int or not 0 <= self.refractory < 2**31:
            raise EquationError(f"refractory {self.refractory!r}: expected steps, from 0")
        for kind in ("parameters", "initial"):
            for name, value in getattr(self, kind).items():
                if isinstance(value, bool) or not isinstance(value, (int, float)):
                    raise EquationError(f"{kind} {name}: expected a number, found {value!r}")
                if not -_LARGEST <= value <= _LARGEST:
                    shown = repr(value) if isinstance(value, float) else "a larger integer"
                    raise EquationError(f"{kind} {name}: expected a finite number, found {shown}")

    def _check_against(self, system: System) -> None:
        if self.output is not None and self.output not in system.variables:
            known = ", ".join(system.variables)
            raise EquationError(f"output {self.output!r}: expected one of {known}")
        uncounted = [name for name in self.tallies if name not in system.states]
        if uncounted:
            raise EquationError(f"tallies {', '.join(uncounted)}: expected states")
        strange = [name for name in self.initial if name not in system.states]
        if strange:
            known = ", ".join(system.states) or "none"
            raise EquationError(f"initial {', '.join(strange)}: the states are {known}")
        real = sorted(called(system) & _REAL_ONLY) if self.integer else []
        if real:
            raise EquationError(f"{', '.join(real)}: no meaning in integers")
        if self.refractory and system.threshold is None:
            raise EquationError("refractory: expected a threshold too")

    @property
    def integer(self) -> bool:
        """Whether the equations are in integers."""
        return self.number == "integer"

    @property
    def spiking(self) -> bool:
        """Whether units send only where the threshold holds."""
        return self.threshold is not None

    @property
    def graded(self) -> bool:
        """Whether what is sent carries a value; a plain spike counts as 1."""
        return self.output is not None

    @property
    def held(self) -> tuple[str, ...]:
        """The states that stand still while a unit is refractory, and the tallies of those."""
        still = self.system.held
        return (*still, *(name for name, what in self.tallies.items() if what in still))

    @property
    def functions(self) -> frozenset[str]:
        """The functions that the equations call."""
        return called(self.system)

    @property
    def operations(self) -> dict[str, int]:
        """Operations of one update of one unit, by class."""
        updates = tuple(item for item in self.system.updates if item[0] not in self.tallies)
        return census(replace(self.system, updates=updates))
