"""The words of a learning rule in integers: how far they go, and a count of their overflows.

Every state of such a rule saturates: `w(t+1) = saturate(X, bits)`. Where the bounds of
`yuragi.passes.bounding` do not keep X within its word, a state of the same place counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from yuragi.equations.lines import lines_of
from yuragi.equations.spans import Span
from yuragi.equations.system import System
from yuragi.equations.tree import Call, Expression, Name, Number
from yuragi.errors import UnsupportedError
from yuragi.passes.bounding import Bits, Unit, Values, settle
from yuragi.passes.reach import Reach
from yuragi.plasticity import Plasticity

__all__ = ["Counted", "counted"]

_ANYWHERE = (-(2**50), 2**50)


class Counted(NamedTuple):
    """A rule that counts its overflows, and how far its words go."""

    rule: Plasticity
    reach: Reach


def counted(
    rule: Plasticity, bits: Bits, *, inputs: Mapping[str, Span], initial: Mapping[str, Span]
) -> Counted:
    """The rule with a tally of each word that may overflow.

    inputs: what both units send and what the rule reads.      initial: of its states, 0 else
    """
    system = rule.dynamics.system
    unit = Unit(
        system=system,
        refractory=0,
        parameters={},
        initial={name: initial.get(name, (0, 0)) for name in system.states},
        ports=inputs,
        stimulated=frozenset(),
        tables=rule.tables,
    )
    reach = _reach(unit, bits)
    tallies: dict[str, str] = {}
    updates = list(system.updates)
    for name, value, held in _saturated(system):
        if reach.within(name):
            continue
        tally = f"over_{name}"
        while tally in (*system.variables, *rule.tables, *inputs):
            tally += "x"
        more = Call("where", (Call("ne", (value, held)), Number(1.0), Number(0.0)))
        updates.append((tally, Call("add", (Name(tally), more))))
        tallies[tally] = name
    lines = lines_of(replace(system, updates=tuple(updates)))
    return Counted(replace(rule, equations=lines.equations, tallies=tallies), reach)


def _saturated(system: System) -> list[tuple[str, Expression, Call]]:
    """(state, value, value within its word) of every state."""
    return [
        (name, tree.args[0], tree)
        for name, tree in system.updates
        if isinstance(tree, Call) and tree.function == "saturate"
    ]


def _reach(unit: Unit, bits: Bits) -> Reach:
    """How far every state goes before it saturates."""
    words = {}
    try:
        settled = settle(unit, bits, unit.ports)
        values = Values(spans={**unit.ports, **settled.states}, tables=unit.tables, bits=bits)
        for name, tree in unit.system.bindings:
            values.spans[name] = values.of(tree)[1]
        found = {name: values.of(value)[1] for name, value, _ in _saturated(unit.system)}
    except UnsupportedError:  # more than 64 bits, for all that is known
        found = {}
    for name, _, held in _saturated(unit.system):
        length = held.args[1]
        limit = bits.word(int(length.value) if isinstance(length, Number) else bits.state)
        words[name] = found.get(name, _ANYWHERE), limit
    return Reach(words=words)
