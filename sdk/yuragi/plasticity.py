"""Plasticity: the equations of a synapse that learns from what its two units do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from yuragi.dynamics import Dynamics
from yuragi.equations.tree import Expression, names
from yuragi.errors import EquationError

__all__ = ["SENT", "WEIGHT", "Place", "Plasticity"]

Place = Literal["source", "target", "synapse"]
WEIGHT = "w"
SENT = {"s_pre": "source", "s_post": "target"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plasticity:
    """A local learning rule, written once as the equations of one synapse.

        Plasticity(
            name="pair_stdp",
            equations='''
                x(t+1) = decay*x + s_pre
                y(t+1) = decay*y + s_post
                w(t+1) = max(min(w + gain*(x*s_post - y*s_pre), high), 0)
            ''',
            parameters={"decay": 0.95, "gain": 0.01, "high": 1.0},
        )

    equations: maps and algebraic variables in the language of `Dynamics`. `w` is the weight;
        s_pre and s_post are what the two units sent in this step, 0 for nothing. All updates read
        the values of the step before, at once.
    reads: variables of the target unit that the rule needs, as they are at the end of the step: a
        third factor such as an error or a reward.
    parameters, initial: numbers by name; the first weights are the projection's.
    number, tables, tallies: as in `Dynamics`.      scales: what 1 stands for, once quantised.

    A state that depends on the source unit alone is a trace of that unit, kept once for all its
    synapses; so is one of the target unit; every other, like `w` itself, is kept by each synapse:
    an eligibility trace `e(t+1) = d*e + x*s_post`, for example.

    Raises EquationError for a text that breaks a rule of the language, or has no `w(t+1) = ...`.
    """

    name: str
    equations: str
    reads: tuple[str, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    initial: Mapping[str, float] = field(default_factory=dict)
    number: str = "real"
    tables: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)
    tallies: Mapping[str, str] = field(default_factory=dict)
    dynamics: Dynamics = field(init=False, repr=False, compare=False)
    places: Mapping[str, Place] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reads", tuple(self.reads))
        taken = sorted({*SENT, WEIGHT} & {*self.reads})
        if taken:
            raise EquationError(f"{self.name}: reads {', '.join(taken)}: that is the rule's own")
        if WEIGHT in self.initial:
            raise EquationError(f"{self.name}: initial {WEIGHT}: the projection gives the weights")
        sent = [name for name in SENT if re.search(rf"\b{name}\b", self.equations)]
        dynamics = Dynamics(
            name=self.name,
            equations=self.equations,
            ports=(*sent, *self.reads),
            parameters=self.parameters,
            initial=self.initial,
            number=self.number,
            tables=self.tables,
            tallies=self.tallies,
        )
        if dynamics.system.derivatives:
            raise EquationError(f"{self.name}: expected maps such as 'x(t+1) = ...'")
        if WEIGHT not in dynamics.system.states:
            raise EquationError(f"{self.name}: expected an update of the weight, 'w(t+1) = ...'")
        object.__setattr__(self, "dynamics", dynamics)
        object.__setattr__(self, "places", _places(dynamics, self.reads))

    @property
    def integer(self) -> bool:
        """Whether the rule is in integers."""
        return self.dynamics.integer

    def states(self, place: Place) -> tuple[str, ...]:
        """The states that are kept in a place."""
        return tuple(name for name in self.dynamics.system.states if self.places[name] == place)


def _places(dynamics: Dynamics, reads: Iterable[str]) -> dict[str, Place]:
    """Where each variable of a rule is kept: what its value depends on."""
    depends: dict[str, set[str]] = {name: {place} for name, place in SENT.items()}
    depends |= {name: {"target"} for name in reads} | {WEIGHT: {"source", "target"}}
    system = dynamics.system
    lines: tuple[tuple[str, Expression], ...] = (*system.bindings, *system.updates)
    for name, _ in lines:
        depends.setdefault(name, set())
    changed = True
    while changed:
        changed = False
        for name, expression in lines:
            found = set().union(*(depends.get(other, set()) for other in names(expression)))
            changed = changed or not found <= depends[name]
            depends[name] |= found
    return {name: _place(depends[name]) for name in system.variables}


def _place(units: set[str]) -> Place:
    if len(units) == 2:
        return "synapse"
    return "source" if units == {"source"} else "target"
