"""Trees of integer equations as Brian2 code on 64-bit integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from yuragi.equations.functions import FUNCTIONS
from yuragi.equations.tree import Call, Draw, Expression, Name, Number

__all__ = ["IntegerWriter"]

_WORDS = ("and", "or")


@dataclass(slots=True)
class IntegerWriter:
    """Writes trees; collects the functions that the code needs.

    Sums and products are Brian2's own, everything else a function on int64, so that no target
    turns an integer into a float.

    draw: the code of a noise draw by its number.
    """

    draw: Callable[[int], str]
    functions: set[str] = field(default_factory=set)
    constants: dict[str, float] = field(default_factory=dict)

    def write(self, node: Expression, rename: Mapping[str, str]) -> str:
        """The code of a tree, an integer; a condition counts as 0 or 1."""
        if isinstance(node, Number):
            value = int(node.value)
            return str(value) if value >= 0 else f"({value})"
        if isinstance(node, Name):
            return rename[node.id]
        if isinstance(node, Draw):
            raise LookupError("a draw without a grid")
        if _is_condition(node):
            return self._called("whole", [self.condition(node, rename)])
        return self._value(node, rename)

    def _value(self, node: Call, rename: Mapping[str, str]) -> str:
        name, first = node.function, node.args[0]
        if name == "fixed" and isinstance(first, Draw):
            self.functions.add("uniform_f")
            return self._called("fixed", [self.draw(first.index), self.write(node.args[1], rename)])
        if name == "where":
            rest = [self.write(arg, rename) for arg in node.args[1:]]
            return self._called("where", [self.condition(first, rename), *rest])
        if name == "lookup":
            return f"{self.write(first, rename)}({self.write(node.args[1], rename)})"
        args = [self.write(arg, rename) for arg in node.args]
        if name == "neg":
            return f"(-{args[0]})"
        if FUNCTIONS[name].infix:
            return f"({args[0]} {FUNCTIONS[name].infix} {args[1]})"
        return self._called(name, args)

    def condition(self, node: Expression, rename: Mapping[str, str]) -> str:
        """The code of a tree, true or false; a number is true where it is not 0."""
        if not isinstance(node, Call) or not _is_condition(node):
            return f"({self.write(node, rename)} != 0)"
        name = node.function
        if name == "not":
            return f"(not {self.condition(node.args[0], rename)})"
        if name in _WORDS:
            left, right = (self.condition(arg, rename) for arg in node.args)
            return f"({left} {name} {right})"
        left, right = (self.write(arg, rename) for arg in node.args)
        return f"({left} {FUNCTIONS[name].infix} {right})"

    def _called(self, name: str, args: list[str]) -> str:
        self.functions.add(f"{name}_w")
        return f"{name}_w({', '.join(args)})"


def _is_condition(node: Call) -> bool:
    known = FUNCTIONS[node.function]
    return known.cost == "logic" or (known.cost == "compare" and known.infix is not None)
