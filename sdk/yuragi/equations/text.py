"""A tree written back as equation text, and as the source of a compiled kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from yuragi.equations.functions import FUNCTIONS
from yuragi.equations.tree import Call, Draw, Expression, Name, Number, is_flag

__all__ = ["kernel_text", "to_text"]


_LEFT: dict[str, tuple[str, ...]] = {
    "+": ("add", "sub", "mul", "div"),
    "-": ("add", "sub", "mul", "div"),
}
_LEFT |= {"*": ("mul", "div"), "/": ("mul", "div")}


def _number(value: float) -> str:
    whole = abs(value) < 2**53 and value == int(value) and str(value) != "-0.0"
    return str(int(value)) if whole else repr(value)


def _is_chain(symbol: str, left: Expression) -> bool:
    """Whether `left symbol right` means the same without brackets around `left`."""
    return isinstance(left, Call) and left.function in _LEFT.get(symbol, ())


def to_text(expression: Expression, *, outer: bool = True) -> str:
    """The tree in the language of `yuragi.equations.parse`, brackets wherever there is a doubt."""
    if isinstance(expression, Number):
        text = _number(expression.value)
        return text if outer or expression.value >= 0 else f"({text})"
    if isinstance(expression, Name):
        return expression.id
    if isinstance(expression, Draw):
        return f"draw({expression.index})"
    symbol = FUNCTIONS[expression.function].infix
    if symbol:
        first, second = expression.args
        left = to_text(first, outer=_is_chain(symbol, first))
        right = to_text(second, outer=False)
        text = f"{left} {symbol} {right}"
        return text if outer else f"({text})"
    if expression.function in ("and", "or"):
        left, right = (to_text(arg, outer=False) for arg in expression.args)
        return f"({left} {expression.function} {right})"
    if expression.function == "neg":
        return f"(-{to_text(expression.args[0], outer=False)})"
    if expression.function == "not":
        return f"(not {to_text(expression.args[0], outer=False)})"
    args = ", ".join(to_text(arg) for arg in expression.args)
    return f"{expression.function}({args})"


def kernel_text(
    expression: Expression,
    rename: Mapping[str, str],
    draw: Callable[[int], str],
    *,
    integer: bool = False,
    cut: str = "",
) -> str:
    """The tree as Python source over renamed variables and functions `f_<name>`.

    rename: the variable of the generated code for each name of the text; a name that is missing
        here raises KeyError, so none of a file's words can reach the code.
    draw: the source of a noise draw by index.
    cut: the type to which every sum and product is cut, where one that fits is wanted.
    """

    def write(node: Expression) -> str:
        if isinstance(node, Number):
            return f"({int(node.value)})" if integer else f"({float(node.value)!r})"
        if isinstance(node, Name):
            return rename[node.id]
        if isinstance(node, Draw):
            return draw(node.index)
        symbol = FUNCTIONS[node.function].infix
        args = [write(arg) for arg in node.args]
        if symbol:
            flag = is_flag(node)
            return f"{'' if flag else cut}({args[0]} {symbol} {args[1]})"
        return f"f_{node.function}({', '.join(args)})"

    return write(expression)
