"""Trees of the equation language as Brian2 code, every name replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from yuragi.equations.functions import FUNCTIONS
from yuragi.equations.tree import Call, Draw, Expression, Name, Number

__all__ = ["Writer"]

_WORDS = ("and", "or")
_DIGITS = 15


@dataclass(slots=True)
class Writer:
    """Writes trees; collects the functions and constants that the code needs.

    draw: the code of a noise draw by its number.
    divides: whether x / y may be written as a quotient; a function otherwise, which yields infinity
        at y = 0 where Cython would raise.
    opaque: conditions become functions, and numbers of more than 15 digits constants: what sympy
        reads it must not rewrite, nor round.
    """

    draw: Callable[[int], str]
    divides: Callable[[Expression, Expression], bool]
    opaque: bool = False
    functions: set[str] = field(default_factory=set)
    constants: dict[str, float] = field(default_factory=dict)

    def write(self, node: Expression, rename: Mapping[str, str]) -> str:
        """The code of a tree.

        rename: the name in the code for each name of the text; one that is missing raises KeyError,
            so none of a file's words can reach the code.
        """
        if isinstance(node, Number):
            return self._number(float(node.value))
        if isinstance(node, Name):
            return rename[node.id]
        if isinstance(node, Draw):
            self.functions.add("uniform_f")
            return self.draw(node.index)
        return self._call(node, [self.write(arg, rename) for arg in node.args])

    def condition(self, node: Expression, rename: Mapping[str, str]) -> str:
        """The code of a threshold."""
        return self.write(node, rename)

    def _call(self, node: Call, args: list[str]) -> str:
        name = node.function
        symbol = FUNCTIONS[name].infix
        flag = FUNCTIONS[name].cost in ("compare", "logic")
        if name == "neg":
            return f"(-{args[0]})"
        if name == "div" and not self.divides(node.args[0], node.args[1]):
            symbol = None
        if symbol and not (self.opaque and flag):
            return f"({args[0]} {symbol} {args[1]})"
        if not self.opaque and name in _WORDS:
            return f"({args[0]} {name} {args[1]})"
        if not self.opaque and name == "not":
            return f"(not {args[0]})"
        self.functions.add(f"{name}_f")
        return f"{name}_f({', '.join(args)})"

    def _number(self, value: float) -> str:
        text = repr(value)
        if self.opaque and float(f"{value:.{_DIGITS}g}") != value:
            for name, known in self.constants.items():
                if known == value:
                    return name
            name = f"number{len(self.constants)}_k"
            self.constants[name] = value
            return name
        return text if value >= 0.0 and text != "-0.0" else f"({text})"
