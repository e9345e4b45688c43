"""Equation text cut into statements, with the place of each."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass

from yuragi.errors import EquationError

__all__ = ["MAX_TEXT", "Statement", "check_brackets", "check_text", "fail", "statements"]

MAX_TEXT = 65_536
_MAX_STATEMENTS = 256
_MAX_STATEMENT = 8_192
_MAX_NESTING = 96

_NAME = r"[A-Za-z][A-Za-z0-9_]{0,63}"
_KINDS = (
    ("map", re.compile(rf"\s*({_NAME})\s*\(\s*t\s*\+\s*1\s*\)\s*=(?!=)")),
    ("derivative", re.compile(rf"\s*d({_NAME})\s*/\s*dt\s*=(?!=)")),
    ("assignment", re.compile(rf"\s*({_NAME})\s*([+\-]?)=(?!=)")),
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_PYTHON_WORDS = frozenset(keyword.kwlist) - {"and", "or", "not"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One line of an equation text.

    kind: "map" for `y(t+1) = ...`, "derivative" for `dy/dt = ...`, "assignment" for `y = ...`.
    operator: "", "+" or "-" (for `y += ...` and `y -= ...` in a reset).
    text: the right-hand side;  line, column: where it begins, both from 1.
    """

    kind: str
    label: str
    name: str
    operator: str
    text: str
    line: int
    column: int


def fail(label: str, line: int, column: int, reason: str) -> EquationError:
    """The error of a place in a text."""
    return EquationError(f"{label}, line {line}, column {column}: {reason}")


def check_text(label: str, text: str) -> None:
    """Refuse what no equation needs: too long a text, non-ASCII characters, reserved words."""
    if len(text) > MAX_TEXT:
        raise EquationError(f"{label}: {len(text):,} characters, at most {MAX_TEXT:,} are read")
    for number, line in enumerate(text.split("\n"), start=1):
        code = line.split("#", 1)[0]
        if not code.isascii():
            column = next(k for k, c in enumerate(code, start=1) if not c.isascii())
            raise fail(label, number, column, f"expected ASCII, found {code[column - 1]!r}")
        for word in _WORD.finditer(code):
            if word.group() in _PYTHON_WORDS or word.group().startswith("_"):
                why = f"expected a name, found {word.group()!r}, which is reserved"
                raise fail(label, number, word.start() + 1, why)


def _depth(label: str, number: int, code: str, depth: int) -> int:
    """How many brackets are open after a line that begins with `depth`."""
    for column, character in enumerate(code, start=1):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            raise fail(label, number, column, "expected an operator or the end, found ')'")
        if depth > _MAX_NESTING:
            raise fail(label, number, column, f"more than {_MAX_NESTING} open brackets")
    return depth


def check_brackets(label: str, text: str) -> None:
    """Refuse a formula whose brackets do not match, and one that is too long."""
    if len(text) > _MAX_STATEMENT:
        raise fail(label, 1, 1, f"a statement of more than {_MAX_STATEMENT:,} characters")
    depth = 0
    for number, line in enumerate(text.split("\n"), start=1):
        depth = _depth(label, number, line.split("#", 1)[0], depth)
    if depth:
        raise fail(label, 1, 1, "expected ')', found the end of the text")


def _logical_lines(label: str, text: str) -> list[tuple[int, int, str]]:
    """(line, column, text) of each statement; a bracket left open joins the next line."""
    found: list[tuple[int, int, str]] = []
    depth, start, held = 0, 1, ""
    for number, line in enumerate(text.split("\n"), start=1):
        code = line.split("#", 1)[0].rstrip()
        start = start if held else number
        depth = _depth(label, number, code, depth)
        held = f"{held}\n{code}" if held else code
        if len(held) > _MAX_STATEMENT:
            raise fail(label, start, 1, f"a statement of more than {_MAX_STATEMENT:,} characters")
        if depth == 0:
            column = 1
            for piece in held.split(";"):
                if piece.strip():
                    found.append((start, column, piece))
                column += len(piece) + 1
            held = ""
    if depth:
        raise fail(label, start, 1, "expected ')', found the end of the text")
    return found


def statements(label: str, text: str) -> tuple[Statement, ...]:
    """The statements of `text`; `label` names it in errors ("equations", "reset").

    Raises EquationError with line and column for anything that is not
    `y(t+1) = ...`, `dy/dt = ...` or `y = ...`.
    """
    check_text(label, text)
    result = []
    for line, column, code in _logical_lines(label, text):
        matches = ((kind, pattern.match(code)) for kind, pattern in _KINDS)
        kind, match = next(((k, m) for k, m in matches if m), ("", None))
        if match is None:
            first = column + len(code) - len(code.lstrip())
            raise fail(label, line, first, "expected 'y(t+1) = ...', 'dy/dt = ...' or 'y = ...'")
        if match.group(1) in _PYTHON_WORDS:
            raise fail(label, line, column, f"{match.group(1)!r} is reserved")
        result.append(
            Statement(
                kind=kind,
                label=label,
                name=match.group(1),
                operator=match.group(2) if kind == "assignment" else "",
                text=code[match.end() :],
                line=line,
                column=column + match.end(),
            )
        )
    if len(result) > _MAX_STATEMENTS:
        raise EquationError(f"{label}: {len(result)} statements, at most {_MAX_STATEMENTS}")
    return tuple(result)
