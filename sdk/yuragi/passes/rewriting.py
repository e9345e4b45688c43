"""Unit models taken apart into lines of text, for passes that write new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yuragi.dynamics import Dynamics
from yuragi.equations.text import to_text
from yuragi.equations.tree import Expression, Name, names, substitute
from yuragi.graph import Node

__all__ = ["Lines", "fresh"]


def fresh(node: Node, stem: str) -> str:
    """A name that the node's equations do not use yet."""
    dynamics = node.dynamics
    taken = {*dynamics.system.variables, *dynamics.parameters, *dynamics.ports, *dynamics.tables}
    name = stem
    while name in taken:
        name += "x"
    return name


@dataclass(slots=True)
class Lines:
    """The equations of a unit model of maps, with its threshold and reset, to be extended."""

    equations: list[str]
    threshold: str | None
    reset: str | None

    @classmethod
    def of(cls, dynamics: Dynamics) -> Lines:
        """The lines as they are."""
        system = dynamics.system
        lines = [f"{name}(t+1) = {to_text(e)}" for name, e in system.updates]
        lines += [f"{name} = {to_text(e)}" for name, e in system.bindings]
        reset = "; ".join(f"{name} = {to_text(e)}" for name, e in system.reset)
        threshold = None if system.threshold is None else to_text(system.threshold)
        return cls(equations=lines, threshold=threshold, reset=reset or None)

    @classmethod
    def with_input(cls, dynamics: Dynamics, port: str, before: str, after: str) -> Lines:
        """The lines with a text for a port: one in the updates, another once they are done.

        Algebraic lines that read the port are written out in the updates, since they are evaluated
        again on the new state.
        """
        system = dynamics.system
        early, late = Name("early input"), Name("late input")
        inlined: dict[str, Expression] = {port: early}
        for name, expression in system.bindings:
            if names(expression) & inlined.keys():
                inlined[name] = substitute(expression, inlined)

        def text(expression: Expression, by: Mapping[str, Expression]) -> str:
            written = to_text(substitute(expression, by))
            return written.replace(early.id, f"({before})").replace(late.id, f"({after})")

        lines = [f"{name}(t+1) = {text(e, inlined)}" for name, e in system.updates]
        lines += [f"{name} = {text(e, {port: late})}" for name, e in system.bindings]
        reset = "; ".join(f"{name} = {text(e, {port: late})}" for name, e in system.reset)
        return cls(
            equations=lines,
            threshold=None if system.threshold is None else text(system.threshold, {port: late}),
            reset=reset or None,
        )

    def add(self, line: str) -> None:
        """One more line."""
        self.equations.append(line)

    def text(self) -> str:
        """All lines."""
        return "\n".join(self.equations)
