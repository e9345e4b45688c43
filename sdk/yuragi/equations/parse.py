"""Expression text to tree, over Python's `ast` with a white list. Nothing is ever evaluated."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from yuragi.equations.functions import FUNCTIONS, power
from yuragi.equations.source import Statement, check_brackets, check_text, fail
from yuragi.equations.tree import Call, Draw, Expression, Name, Number, is_flag

__all__ = ["Parser"]

_MAX_DEPTH = 150
_MAX_NODES = 20_000
_MAX_UNROLLED_POWER = 4
_MAX_DRAWS = 4_096

_BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
_COMPARE = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}
_WRITTEN_AS_WORDS = frozenset({"and", "or", "not", "neg"})
_PUBLIC = (
    frozenset(name for name, f in FUNCTIONS.items() if not f.internal and f.infix is None)
    - _WRITTEN_AS_WORDS
)
_CONSTANTS = {"pi": math.pi}
_EXPECTED = {
    ast.BitXor: "'**' for a power, found '^'",
    ast.Lambda: "a formula, found a lambda",
    ast.Attribute: "a name without dots",
    ast.Subscript: "a name without an index",
    ast.Mod: "no '%': write x - y*floor(x/y)",
    ast.FloorDiv: "no '//': write floor(x/y)",
    ast.IfExp: "no 'if': write where(condition, a, b)",
    ast.NamedExpr: "no ':='",
}


@dataclass(slots=True)
class Parser:
    """Parses the statements of one unit model.

    internal: whether the functions that only passes write are allowed too.
    draws: how many noise draws were numbered so far.
    places: where each name was first used, for errors found later: name -> (label, line, column).
    """

    internal: bool = False
    draws: int = 0
    nodes: int = 0
    places: dict[str, tuple[str, int, int]] = field(default_factory=dict)

    def parse(self, statement: Statement, *, condition: bool = False) -> Expression:
        """The tree of a statement's right-hand side: a number, or a condition if asked for.

        Raises EquationError with line and column for anything outside the language.
        """
        if not statement.text.strip():
            raise fail(
                statement.label,
                statement.line,
                statement.column,
                "expected a formula, found nothing",
            )
        try:
            body = ast.parse(f"({statement.text.strip()}\n)", mode="eval").body
        except SyntaxError as error:
            raise self._syntax(statement, error) from None
        except (ValueError, RecursionError, MemoryError):
            raise fail(
                statement.label, statement.line, statement.column, "expected a shorter formula"
            ) from None
        reader = _Reader(self, statement)
        return reader.condition(body, 0) if condition else reader.value(body, 0)

    def condition(self, label: str, text: str) -> Expression:
        """The tree of a condition that stands alone, such as a threshold."""
        statement = Statement(
            kind="expression", label=label, name="", operator="", text=text, line=1, column=1
        )
        check_text(label, text)
        check_brackets(label, text)
        return self.parse(statement, condition=True)

    @staticmethod
    def _syntax(statement: Statement, error: SyntaxError) -> Exception:
        inner = statement.text.strip().split("\n")
        line, offset = error.lineno or 1, error.offset or 1
        if line > len(inner):
            line, offset = len(inner), len(inner[-1]) + 2
        indent = len(statement.text) - len(statement.text.lstrip())
        column = offset - 1 + (statement.column - 1 + indent if line == 1 else 0)
        found = re.match(r"\w{1,40}|\S", inner[line - 1][max(offset - 2, 0) :].lstrip())
        what = repr(found.group()) if found else "the end of the formula"
        reason = f"expected an operator or a value, found {what}"
        return fail(statement.label, statement.line + line - 1, max(column, 1), reason)


@dataclass(slots=True)
class _Reader:
    """Turns the `ast` of one statement into a tree."""

    parser: Parser
    statement: Statement

    def place(self, node: ast.AST) -> tuple[str, int, int]:
        line = getattr(node, "lineno", 1)
        column = getattr(node, "col_offset", 0)
        indent = len(self.statement.text) - len(self.statement.text.lstrip())
        if line == 1:
            column += self.statement.column + indent - 1
        else:
            column += 1
        return self.statement.label, self.statement.line + line - 1, max(column, 1)

    def refuse(self, node: ast.AST, reason: str) -> Exception:
        return fail(*self.place(node), reason)

    def read(self, node: ast.expr, depth: int) -> Expression:
        self.parser.nodes += 1
        if depth > _MAX_DEPTH or self.parser.nodes > _MAX_NODES:
            raise self.refuse(
                node, "expected a shorter formula: name its parts on lines of their own"
            )
        reader = _READERS.get(type(node))
        if reader is None:
            kind = type(getattr(node, "op", node))
            wanted = _EXPECTED.get(kind, f"a formula, found {type(node).__name__}")
            raise self.refuse(node, f"expected {wanted}")
        return reader(self, node, depth + 1)

    def constant(self, node: ast.Constant, depth: int) -> Expression:
        if type(node.value) not in (int, float):
            raise self.refuse(node, f"expected a number, found {str(node.value)[:20]!r}")
        try:
            value = float(node.value)  # type: ignore[arg-type]
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise self.refuse(node, "expected a number below 1e308")
        return Number(value)

    def name(self, node: ast.Name, depth: int) -> Expression:
        if node.id in _CONSTANTS:
            return Number(_CONSTANTS[node.id])
        if node.id in _PUBLIC or node.id in _NOISE:
            raise self.refuse(node, f"expected '(' after the function {node.id}")
        self.parser.places.setdefault(node.id, self.place(node))
        return Name(node.id)

    def value(self, node: ast.expr, depth: int) -> Expression:
        """A number; a condition counts as 1 where it holds and 0 elsewhere."""
        found = self.read(node, depth)
        return Call("where", (found, Number(1.0), Number(0.0))) if is_flag(found) else found

    def condition(self, node: ast.expr, depth: int) -> Expression:
        found = self.read(node, depth)
        if not is_flag(found):
            raise self.refuse(node, "expected a condition such as v > 1")
        return found

    def unary(self, node: ast.UnaryOp, depth: int) -> Expression:
        if isinstance(node.op, ast.Not):
            return Call("not", (self.condition(node.operand, depth),))
        operand = self.value(node.operand, depth)
        if isinstance(node.op, ast.UAdd):
            return operand
        if isinstance(node.op, ast.USub):
            return (
                Number(-operand.value) if isinstance(operand, Number) else Call("neg", (operand,))
            )
        raise self.refuse(node, "expected no '~'")

    def binary(self, node: ast.BinOp, depth: int) -> Expression:
        if not isinstance(node.op, ast.Pow) and type(node.op) not in _BINARY:
            wanted = _EXPECTED.get(type(node.op), "one of + - * / **")
            raise self.refuse(node, f"expected {wanted}")
        left, right = self.value(node.left, depth), self.value(node.right, depth)
        if isinstance(node.op, ast.Pow):
            raised = _power(left, right)
            if isinstance(raised, Number) and not math.isfinite(raised.value):
                raise self.refuse(node, "expected a number below 1e308")
            return raised
        return Call(_BINARY[type(node.op)], (left, right))

    def compare(self, node: ast.Compare, depth: int) -> Expression:
        deeper = depth + len(node.ops) - 1
        values = [self.value(value, deeper) for value in (node.left, *node.comparators)]
        result: Expression | None = None
        for op, left, right in zip(node.ops, values, values[1:], strict=False):
            if type(op) not in _COMPARE:
                raise self.refuse(node, "expected one of < <= > >= == !=")
            pair = Call(_COMPARE[type(op)], (left, right))
            result = pair if result is None else Call("and", (result, pair))
        return result if result is not None else values[0]

    def boolean(self, node: ast.BoolOp, depth: int) -> Expression:
        function = "and" if isinstance(node.op, ast.And) else "or"
        deeper = depth + len(node.values) - 2
        return _nest(function, [self.condition(value, deeper) for value in node.values])

    def call(self, node: ast.Call, depth: int) -> Expression:
        if not isinstance(node.func, ast.Name):
            raise self.refuse(node, "expected the name of a function before '('")
        if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
            raise self.refuse(node, "expected plain arguments")
        name = node.func.id
        if name in _NOISE:
            return _NOISE[name](self, node, [self.value(arg, depth) for arg in node.args])
        if len(node.args) == 1 and isinstance(node.args[0], ast.Name) and node.args[0].id == "t":
            return self.name(node.func, depth)
        if name not in _PUBLIC and not (self.parser.internal and name in FUNCTIONS):
            known = ", ".join(sorted((*_PUBLIC, *_NOISE)))
            raise self.refuse(node, f"expected a function, found {name[:40]!r}; there are {known}")
        depth += max(len(node.args) - 2, 0)
        args = [
            self.condition(arg, depth)
            if name in ("where", "not") and k == 0
            else self.value(arg, depth)
            for k, arg in enumerate(node.args)
        ]
        arity = FUNCTIONS[name].arity
        if name in ("min", "max") and len(args) > arity:
            return _nest(name, args)
        if len(args) != arity:
            raise self.refuse(node, f"expected {arity} argument(s) of {name}, found {len(args)}")
        return Call(name, tuple(args))

    def draw(self) -> Expression:
        self.parser.draws += 1
        return Draw(self.parser.draws - 1)

    def drawn(self, node: ast.Call, args: list[Expression]) -> Expression:
        """draw(k): the uniform draw number k of a step, the same wherever it is written.

        What the passes write for uniform() and normal(), so that a draw stays the same draw.
        """
        index = args[0].value if len(args) == 1 and isinstance(args[0], Number) else -1.0
        if index != int(index) or not 0 <= index < _MAX_DRAWS:
            raise self.refuse(node, "expected draw(k) with a whole k from 0")
        self.parser.draws = max(self.parser.draws, int(index) + 1)
        return Draw(int(index))

    def uniform(self, node: ast.Call, args: list[Expression]) -> Expression:
        """uniform() in (0, 1), uniform(low, high) in (low, high)."""
        if len(args) not in (0, 2):
            raise self.refuse(node, "expected uniform() or uniform(low, high)")
        draw = self.draw()
        if not args:
            return draw
        return Call("add", (args[0], Call("mul", (Call("sub", (args[1], args[0])), draw))))

    def normal(self, node: ast.Call, args: list[Expression]) -> Expression:
        """normal(), normal(mean, sd): Box and Muller (1958), sqrt(-2 ln u1) cos(2 pi u2)."""
        if len(args) not in (0, 2):
            raise self.refuse(node, "expected normal() or normal(mean, sd)")
        radius = Call("sqrt", (Call("mul", (Number(-2.0), Call("log", (self.draw(),)))),))
        angle = Call("cos", (Call("mul", (Number(2.0 * math.pi), self.draw())),))
        z = Call("mul", (radius, angle))
        return Call("add", (args[0], Call("mul", (args[1], z)))) if args else z


def _power(base: Expression, exponent: Expression) -> Expression:
    """x**n as products where x is a name and n is 2, 3 or 4; a number where both are."""
    if isinstance(exponent, Number) and isinstance(base, Name):
        count = int(exponent.value)
        if count == exponent.value and 2 <= count <= _MAX_UNROLLED_POWER:
            square = Call("mul", (base, base))
            return (square, Call("mul", (square, base)), Call("mul", (square, square)))[count - 2]
    if isinstance(exponent, Number) and isinstance(base, Number):
        return Number(power(base.value, exponent.value))
    return Call("pow", (base, exponent))


def _nest(function: str, args: list[Expression]) -> Expression:
    result = args[0]
    for arg in args[1:]:
        result = Call(function, (result, arg))
    return result


_NOISE: dict[str, Callable[[_Reader, ast.Call, list[Expression]], Expression]] = {
    "draw": _Reader.drawn,
    "uniform": _Reader.uniform,
    "normal": _Reader.normal,
}
_READERS: dict[type, Callable[..., Expression]] = {
    ast.Constant: _Reader.constant,
    ast.Name: _Reader.name,
    ast.UnaryOp: _Reader.unary,
    ast.BinOp: _Reader.binary,
    ast.Compare: _Reader.compare,
    ast.BoolOp: _Reader.boolean,
    ast.Call: _Reader.call,
}
