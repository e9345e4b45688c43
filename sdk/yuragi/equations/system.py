"""The system of equations of one unit model: parsed, ordered, every name accounted for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yuragi.equations.parse import Parser
from yuragi.equations.source import Statement, fail, statements
from yuragi.equations.tree import Call, Expression, Name, names
from yuragi.errors import EquationError

__all__ = ["System", "parse_system"]

Assignments = tuple[tuple[str, Expression], ...]
_RESERVED = frozenset({"t", "dt", "pi", "spikes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What a unit does in one step.

    bindings: algebraic variables, each after those it uses.
    updates: y(t+1) for each map, all from the values of step t.
    derivatives: dy/dt for each differential equation.
    threshold: the condition of a spike, on the new state; None for a graded unit.
    reset: assignments after a spike, one after the other.
    draws: how many noise draws the equations take.
    """

    bindings: Assignments
    updates: Assignments
    derivatives: Assignments
    threshold: Expression | None
    reset: Assignments
    draws: int

    @property
    def states(self) -> tuple[str, ...]:
        """The state variables, maps first, in the order of the text."""
        return tuple(name for name, _ in (*self.updates, *self.derivatives))

    @property
    def variables(self) -> tuple[str, ...]:
        """Everything that can be probed: states, then algebraic variables."""
        return (*self.states, *(name for name, _ in self.bindings))

    @property
    def held(self) -> tuple[str, ...]:
        """The states that stand still while a unit is refractory.

        Those that the threshold reads and the reset assigns; all that the reset assigns where the
        threshold reads none of them directly.
        """
        assigned = {name for name, _ in self.reset}
        read = names(self.threshold) & assigned if self.threshold is not None else frozenset()
        return tuple(name for name in self.states if name in (read or assigned))

    def needed(self, roots: Iterable[Expression]) -> Assignments:
        """The bindings that `roots` depend on, in order."""
        wanted = set().union(*(names(root) for root in roots))
        kept = []
        for name, expression in reversed(self.bindings):
            if name in wanted:
                kept.append((name, expression))
                wanted |= names(expression)
        return tuple(reversed(kept))


def _order(bindings: Mapping[str, Expression], where: Mapping[str, Statement]) -> Assignments:
    """Each binding after those it uses; a circle is refused."""
    ordered: list[tuple[str, Expression]] = []
    done: set[str] = set()
    waiting = dict(bindings)
    while waiting:
        ready = [n for n, e in waiting.items() if not (names(e) & bindings.keys()) - done]
        if not ready:
            line = where[next(iter(waiting))]
            circle = ", ".join(waiting)
            raise fail(line.label, line.line, 1, f"{circle} depend on one another in a circle")
        for name in ready:
            ordered.append((name, waiting.pop(name)))
            done.add(name)
    return tuple(ordered)


def _define(lines: Iterable[Statement], given: Mapping[str, str]) -> dict[str, Statement]:
    defined: dict[str, Statement] = {}
    for line in lines:
        taken = "an equation above" if line.name in defined else given.get(line.name)
        if line.name in _RESERVED:
            taken = "the language"
        if taken:
            raise fail(line.label, line.line, 1, f"{line.name} is already defined by {taken}")
        if line.operator:
            raise fail(line.label, line.line, 1, f"'{line.operator}=' belongs into a reset")
        defined[line.name] = line
    return defined


def _parse_reset(parser: Parser, text: str | None, states: Iterable[str]) -> Assignments:
    result = []
    for line in statements("reset", text or ""):
        if line.kind != "assignment" or line.name not in states:
            known = ", ".join(states)
            raise fail("reset", line.line, 1, f"expected 'state = ...' for one of {known}")
        value = parser.parse(line)
        if line.operator:
            value = Call("add" if line.operator == "+" else "sub", (Name(line.name), value))
        result.append((line.name, value))
    return tuple(result)


def _check_names(parser: Parser, known: set[str]) -> None:
    for name, place in parser.places.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise fail(*place, f"unknown name {name[:64]!r}{hint}")


def _check_used(parser: Parser, kind: str, given: Iterable[str], extra: frozenset[str]) -> None:
    unused = [name for name in given if name not in parser.places and name not in extra]
    if unused:
        raise EquationError(f"{kind} {', '.join(unused)}: not used in the equations")


def parse_system(
    *,
    equations: str,
    threshold: str | None,
    reset: str | None,
    ports: Iterable[str],
    parameters: Iterable[str],
    tables: Iterable[str] = (),
    internal: bool = False,
) -> System:
    """Parse and check the texts of a unit model.

    Raises EquationError, with line and column where there is one, for anything outside the
    language, a name without a meaning, a name with two, a circle, a parameter or port not used.
    """
    ports, parameters, tables = tuple(ports), tuple(parameters), tuple(tables)
    given = dict.fromkeys(ports, "a port") | dict.fromkeys(parameters, "a parameter")
    given |= dict.fromkeys(tables, "a table")
    listed = (*ports, *parameters, *tables)
    for name in listed:
        if listed.count(name) > 1:
            raise EquationError(f"{name} is given twice among the ports, parameters and tables")
    for name in (*ports, *parameters):
        if name in _RESERVED:
            raise EquationError(f"{name} is a word of the language and cannot be {given[name]}")
    parser = Parser(internal=internal)
    lines = statements("equations", equations)
    defined = _define(lines, given)
    if not defined:
        raise EquationError("equations: expected at least one line such as 'v(t+1) = 0.9*v + i'")
    trees = {name: parser.parse(line) for name, line in defined.items()}
    kinds = {
        kind: {name: trees[name] for name, line in defined.items() if line.kind == kind}
        for kind in ("assignment", "map", "derivative")
    }
    states = (*kinds["map"], *kinds["derivative"])
    condition = parser.condition("threshold", threshold) if threshold is not None else None
    assignments = _parse_reset(parser, reset, states)
    if assignments and condition is None:
        raise EquationError("reset: expected a threshold too")
    _check_names(parser, {*defined, *ports, *parameters, *tables, "dt"})
    _check_used(parser, "parameters", parameters, frozenset())
    _check_used(parser, "ports", ports, frozenset())
    return System(
        bindings=_order(kinds["assignment"], defined),
        updates=tuple(kinds["map"].items()),
        derivatives=tuple(kinds["derivative"].items()),
        threshold=condition,
        reset=assignments,
        draws=parser.draws,
    )
