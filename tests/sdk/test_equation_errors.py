"""Equation texts that are wrong or hostile: refused with line, column and what was expected."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuragi.dynamics import Dynamics
from yuragi.errors import EquationError

SECONDS = 1.0
BYTES = 64 * 2**20


def unit(text: str, **fields: object) -> Dynamics:
    return Dynamics(name="u", equations=text, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v(t+1) = 0.9*w", "equations, line 1, column 14: unknown name 'w'"),
        ("v(t+1) = 0.9*v\n\ny = v +* 2", "equations, line 3, column 8: .*found '\\*'"),
        ("v(t+1) = v ^ 2", "line 1, column 10: expected '\\*\\*' for a power"),
        ("v(t+1) = v % 2", "line 1, column 10: expected no '%'"),
        ("v(t+1) = v // 2", "line 1, column 10: expected no '//'"),
        ("v(t+1) = v @ 2", "line 1, column 10: expected one of"),
        ("v(t+1) = ~v", "expected no '~'"),
        ("v(t+1) = v.real", "column 10: expected a name without dots"),
        ("v(t+1) = v[0]", "column 10: expected a name without an index"),
        ("v(t+1) = sin", "column 10: expected '\\(' after the function sin"),
        ("v(t+1) = sin(v, v)", "column 10: expected 1 argument\\(s\\) of sin, found 2"),
        ("v(t+1) = sinus(v)", "column 10: expected a function, found 'sinus'"),
        ("v(t+1) = sin(x=v)", "column 10: expected plain arguments"),
        ("v(t+1) = sin(*v)", "column 10: expected plain arguments"),
        ("v(t+1) = (sin)(v)(v)", "expected the name of a function before"),
        ("v(t+1) = where(v, 1, 2)", "column 16: expected a condition"),
        ("v(t+1) = not v", "column 14: expected a condition"),
        ("v(t+1) = v and v > 1", "column 10: expected a condition"),
        ("v(t+1) = 'v'", "column 10: expected a number, found 'v'"),
        ("v(t+1) = b'v'", "expected a number"),
        ("v(t+1) = 1j", "expected a number"),
        ("v(t+1) = ...", "expected a number"),
        ("v(t+1) = 1e999", "expected a number below 1e308"),
        ("v(t+1) = (v, v)", "expected a formula, found Tuple"),
        ("v(t+1) = {v}", "expected a formula, found Set"),
        ("v(t+1) = [v]", "expected a formula, found List"),
        ("v(t+1) = f'{v}'", "expected a formula, found JoinedStr"),
        ("v(t+1) = (v := 2)", "expected no ':='"),
        ("v(t+1) = v is v", "'is', which is reserved"),
        ("v(t+1) = v in v", "'in', which is reserved"),
        ("v(t+1) = 1 if v > 1 else 2", "'if', which is reserved"),
        ("v(t+1) = ", "line 1, column 9: expected a formula, found nothing"),
        ("v(t+1) = v +", "expected an operator or a value, found the end"),
        ("v(t+1) = v)", "line 1, column 11: expected an operator or the end, found '\\)'"),
        ("v(t+1) = (v", "line 1, column 1: expected '\\)'"),
        ("v(t+2) = v", "line 1, column 1: expected 'y\\(t\\+1\\) = ...'"),
        ("v", "line 1, column 1: expected 'y\\(t\\+1\\) = ...'"),
        ("1 = 2", "line 1, column 1: expected"),
        ("y == 2", "line 1, column 1: expected"),
        ("v(t+1) = v\nv(t+1) = 2*v", "line 2, column 1: v is already defined"),
        ("t = 3", "line 1, column 1: t is already defined by the language"),
        ("dt = 3", "dt is already defined by the language"),
        ("spikes = 3", "spikes is already defined by the language"),
        ("v += 1", "'\\+=' belongs into a reset"),
        ("a = b\nb = a", "a, b depend on one another in a circle"),
        ("a = a + 1", "a depend on one another in a circle"),
        ("", "expected at least one line"),
        ("# nothing", "expected at least one line"),
        ("v(t+1) = uniform(1)", "expected uniform\\(\\) or uniform\\(low, high\\)"),
        ("v(t+1) = normal(1, 2, 3)", "expected normal\\(\\) or normal\\(mean, sd\\)"),
        ("v(t+1) = shift(v, 2)", "expected a function, found 'shift'"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(EquationError, match=f"^u: .*{message}"):
        unit(text)


def test_a_name_that_is_nearly_right_gets_a_hint() -> None:
    with pytest.raises(EquationError, match=r"unknown name 'alfa'; did you mean 'alpha'\?"):
        unit("v(t+1) = alfa*v + alpha", parameters={"alpha": 1.0})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ports": ("i",)}, "ports i: not used"),
        ({"parameters": {"q": 1.0}}, "parameters q: not used"),
        ({"parameters": {"v": 1.0}}, "v is already defined by a parameter"),
        ({"parameters": {"dt": 1.0}}, "dt is a word of the language"),
        ({"parameters": {"k": float("nan")}}, "k: expected a finite number"),
        ({"parameters": {"k": 10**400}}, "k: expected a finite number"),
        ({"parameters": {"k": 10**5000}}, "k: expected a finite number"),
        ({"parameters": {"k": True}}, "k: expected a number, found True"),
        ({"parameters": {"k": "1"}}, "k: expected a number, found '1'"),
        ({"ports": ("k",), "parameters": {"k": 1.0}}, "k is given twice"),
        ({"ports": ("k", "k")}, "k is given twice"),
        ({"initial": {"w": 1.0}}, "initial w: the states are v"),
        ({"output": "w"}, "output 'w': expected one of v"),
        ({"method": "magic"}, "method 'magic': expected one of exact"),
        ({"number": "octal"}, "number 'octal': expected one of"),
        ({"refractory": -1}, "refractory -1: expected steps"),
        ({"refractory": 1.5}, "refractory 1.5: expected steps"),
        ({"refractory": 2}, "refractory: expected a threshold"),
        ({"reset": "v = 0"}, "reset: expected a threshold"),
        ({"threshold": "v > 1", "reset": "w = 0"}, "reset, line 1, column 1: .*one of v"),
        ({"threshold": "v > 1", "reset": "v(t+1) = 0"}, "reset, line 1, column 1: .*one of v"),
        ({"threshold": "v > 1", "reset": "v *= 2"}, "reset, line 1, column 1: expected"),
        ({"threshold": ""}, "threshold, line 1, column 1: expected a formula"),
        ({"threshold": "v"}, "threshold, line 1, column 1: expected a condition"),
        ({"threshold": "v > 1; v < 2"}, "threshold, line 1, column 6: expected an operator"),
        ({"threshold": "v > 1) or (v < 2"}, "threshold, line 1, column 6: .*found '\\)'"),
        ({"threshold": "(v > 1"}, "threshold, line 1, column 1: expected '\\)'"),
    ],
)
def test_a_field_that_does_not_fit_the_equations_is_named(
    fields: dict[str, object], message: str
) -> None:
    uses_k = "k" in fields.get("parameters", {}) or "k" in fields.get("ports", ())  # type: ignore[operator]

    with pytest.raises(EquationError, match=message):
        unit("v(t+1) = 0.5*v + k" if uses_k else "v(t+1) = 0.5*v", **fields)


@pytest.mark.parametrize("function", ["v/2", "tanh(v)", "v**0.5", "floor(v)"])
def test_an_integer_unit_refuses_what_has_no_meaning_in_integers(function: str) -> None:
    with pytest.raises(EquationError, match="no meaning in integers"):
        unit(f"v(t+1) = {function}", number="integer")


HOSTILE = {
    "brackets": "(" * 10_000 + "v" + ")" * 10_000,
    "minus": "-" * 10_000 + "v",
    "minus that fits a statement": "-" * 8_000 + "v",
    "not": "not " * 2_000 + "v > 1",
    "tower": "9**9**9**9",
    "tower of names": "v" + "**v" * 2_000,
    "long sum": "v" + "+v" * 4_000,
    "longer sum": "v" + "+v" * 30_000,
    "long comparison": "v" + "<v" * 3_900,
    "ten megabytes": "v + " * 2_500_000 + "v",
    "long name": "v" * 8_000,
    "digits": "1" * 8_000,
    "hexadecimal digits": "0x" + "f" * 8_000,
    "nested calls": "sin(" * 60 + "v" + ")" * 60 + "+ sinh(v)",
    "open brackets in lines": "(\n" * 10_000,
    "import": "__import__('os').system('true')",
    "dunder attribute": "v.__class__.__mro__",
    "dunder name": "__builtins__",
    "underscore": "_v",
    "lambda": "(lambda: 0)()",
    "comprehension": "[x for x in (1,)]",
    "generator": "sum(x for x in (1,))",
    "f-string": "f'{v}'",
    "string": "'v'*1000000000",
    "await": "await v",
    "yield": "(yield v)",
    "star": "*v",
    "slice": "v[0:1]",
    "null": "v + \0",
    "unicode lookalike": "\N{CYRILLIC SMALL LETTER A}",
    "unicode that normalises": "\N{FULLWIDTH LATIN SMALL LETTER V}",
    "unicode minus": "v \N{MINUS SIGN} 1",
    "right to left mark": "v \u202e",
    "backslash": "v + \\\nv + x",
    "number then word": "1or v",
    "walrus": "(v := 9)",
    "eval": "eval('1')",
    "print": "print(v)",
    "type hint": "v: 1",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("place", ["equations", "threshold", "reset"])
def test_hostile_text_is_refused_fast_and_in_little_memory(place: str, text: str) -> None:
    fields = {
        "equations": {"equations": f"v(t+1) = {text}"},
        "threshold": {"equations": "v(t+1) = v", "threshold": f"v > {text}"},
        "reset": {"equations": "v(t+1) = v", "threshold": "v > 1", "reset": f"v = {text}"},
    }[place]
    gc.collect()
    tracemalloc.start()
    begin = time.thread_time()
    try:
        with pytest.raises(EquationError) as refused:
            Dynamics(name="u", **fields)  # type: ignore[arg-type]
        seconds = time.thread_time() - begin
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert seconds < SECONDS
    assert peak < BYTES
    assert len(str(refused.value)) < 1_000


@pytest.mark.parametrize("word", ["lambda", "import", "None", "True", "class", "async", "return"])
@pytest.mark.parametrize("line", ["{} = 1", "{}(t+1) = 1", "d{}/dt = 1", "y = {}", "y = {}(2)"])
def test_a_word_of_python_is_refused_wherever_it_stands(word: str, line: str) -> None:
    with pytest.raises(EquationError):
        unit(line.format(word))


@pytest.mark.parametrize("name", ["lambda", "a b", "1a", "a.b", "__class__", "a;b", "é", ""])
@pytest.mark.parametrize("kind", ["ports", "parameters"])
def test_a_given_name_that_is_no_name_is_refused(kind: str, name: str) -> None:
    given: object = (name,) if kind == "ports" else {name: 1.0}

    with pytest.raises(EquationError):
        unit("v(t+1) = v", **{kind: given})


def test_many_statements_are_refused() -> None:
    with pytest.raises(EquationError, match="257 statements, at most 256"):
        unit("\n".join(f"v{k}(t+1) = 1" for k in range(257)))


def test_deep_text_leaves_the_recursion_limit_alone() -> None:
    before = sys.getrecursionlimit()
    with pytest.raises(EquationError):
        unit("v(t+1) = " + "-" * 8_000 + "v")

    assert sys.getrecursionlimit() == before


_ALPHABET = "vwit01.9 +-*/()<>=!,;:[]{}'\"\\#\n\t_@~%^&|."


@given(text=st.text(_ALPHABET, max_size=60))
def test_no_text_raises_anything_but_an_equation_error(text: str) -> None:
    with contextlib.suppress(EquationError):
        Dynamics(name="u", equations=f"v(t+1) = {text}", threshold=f"v > {text}")
