"""The equation language: precedence, meaning of each function, text to tree and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from yuragi.dynamics import Dynamics
from yuragi.equations import functions
from yuragi.equations.evaluate import evaluate
from yuragi.equations.parse import Parser
from yuragi.equations.source import Statement
from yuragi.equations.text import to_text
from yuragi.equations.tree import Call, Draw, Expression, Name, Number
from yuragi.errors import EquationError

VALUES = {"a": np.asarray(3.0), "b": np.asarray(-2.0), "c": np.asarray(0.5)}
NAN, INF = math.nan, math.inf


def parse(text: str, *, internal: bool = False) -> Expression:
    statement = Statement(
        kind="assignment", label="equations", name="y", operator="", text=text, line=1, column=1
    )
    return Parser(internal=internal).parse(statement)


def value(text: str, **names: float) -> float:
    with np.errstate(all="ignore"):
        given = {**VALUES, **{name: np.asarray(x) for name, x in names.items()}}
        return float(evaluate(parse(text), given))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2*3", 7.0),
        ("(1 + 2)*3", 9.0),
        ("2*3**2", 18.0),
        ("-3**2", -9.0),
        ("(-3)**2", 9.0),
        ("2**3**2", 512.0),
        ("2**-1", 0.5),
        ("10 - 4 - 3", 3.0),
        ("24/4/3", 2.0),
        ("a - b - c", 4.5),
        ("a - (b - c)", 5.5),
        ("a/b/c", -3.0),
        ("--a", 3.0),
        ("+a", 3.0),
        ("a*-b", 6.0),
        ("1e-3*a", 3.0 * 1e-3),
        (".5 + 5.", 5.5),
        ("pi", math.pi),
        ("a(t)", 3.0),
    ],
)
def test_operators_bind_as_in_python(text: str, expected: float) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a > b", 1.0),
        ("a < b", 0.0),
        ("a >= 3", 1.0),
        ("a > 3", 0.0),
        ("a == 3", 1.0),
        ("a != 3", 0.0),
        ("b < a < 5", 1.0),
        ("b < a < 3", 0.0),
        ("a > 1 and b > 1", 0.0),
        ("a > 1 or b > 1", 1.0),
        ("not a > 1", 0.0),
        ("a > 1 or b > 1 and c > 1", 1.0),
        ("(a > 1 or b > 1) and c > 1", 0.0),
        ("(a > 1) + (c > 0)", 2.0),
        ("where(a > 1 and not b > 1, 10, 20)", 10.0),
    ],
)
def test_a_condition_counts_as_one_where_it_holds(text: str, expected: float) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("heaviside(x)", 0.0, 1.0),
        ("heaviside(x)", -0.0, 1.0),
        ("heaviside(x)", -5e-324, 0.0),
        ("sign(x)", 0.0, 0.0),
        ("sign(x)", -7.0, -1.0),
        ("relu(x)", -3.0, 0.0),
        ("relu(x)", 3.0, 3.0),
        ("abs(x)", -3.0, 3.0),
        ("floor(x)", -0.5, -1.0),
        ("floor(x)", 2.0, 2.0),
        ("clip(x, -1, 1)", -9.0, -1.0),
        ("clip(x, -1, 1)", 0.25, 0.25),
        ("min(x, 2)", 3.0, 2.0),
        ("max(x, 2, 5, 4)", 3.0, 5.0),
        ("min(x, 2)", NAN, NAN),
        ("max(2, x)", NAN, NAN),
        ("exp(x)", 0.0, 1.0),
        ("exp(x)", 1e4, INF),
        ("exp(x)", -1e4, 0.0),
        ("log(x)", 0.0, -INF),
        ("log(x)", -1.0, NAN),
        ("sqrt(x)", 2.25, 1.5),
        ("sqrt(x)", -1.0, NAN),
        ("sin(x)", INF, NAN),
        ("cos(x)", INF, NAN),
        ("tanh(x)", 1e6, 1.0),
        ("sigmoid(x)", 0.0, 0.5),
        ("sigmoid(x)", 1e6, 1.0),
        ("sigmoid(x)", -1e6, 0.0),
        ("sigmoid(x)", NAN, NAN),
        ("exprel(x)", 0.0, 1.0),
        ("exprel(x)", 1e4, INF),
        ("exprel(x)", -1e4, 1e-4),
        ("x**0.5", 9.0, 3.0),
        ("x**-1", 0.0, INF),
        ("x**-3", 0.0, INF),
        ("x**0", 0.0, 1.0),
        ("x**0.3", -1.0, NAN),
        ("x**501", -10.0, -INF),
        ("x**500", -10.0, INF),
        ("2**x", 1e4, INF),
        ("x/0", 1.0, INF),
        ("x/0", 0.0, NAN),
    ],
)
def test_each_function_has_its_value_at_the_edge(text: str, x: float, expected: float) -> None:
    found = value(text, x=x)

    assert found == expected or (math.isnan(found) and math.isnan(expected))


@pytest.mark.parametrize("x", [1e-300, 1e-12, 1e-6, 0.1, 3.0, -1e-9, -2.0])
def test_exprel_keeps_its_digits_near_zero(x: float) -> None:
    series = 1 + x / 2 + x**2 / 6 + x**3 / 24
    exact = series if abs(x) < 1e-4 else math.expm1(x) / x

    assert value("exprel(x)", x=x) == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize("power", [2, 3, 4])
def test_a_small_power_of_a_name_is_written_as_products(power: int) -> None:
    functions_used = {n.function for n in _calls(parse(f"a**{power}"))}

    assert functions_used == {"mul"}
    assert value(f"a**{power}") == 3.0**power


def _calls(tree: Expression) -> list[Call]:
    if not isinstance(tree, Call):
        return []
    return [tree, *(c for arg in tree.args for c in _calls(arg))]


# -- text and back -------------------------------------------------------------------------------

_numbers = st.floats(-1e6, 1e6, allow_nan=False) | st.floats(allow_nan=False, allow_infinity=False)
_leaves: st.SearchStrategy[Expression] = st.one_of(
    _numbers.map(Number), st.sampled_from("abc").map(Name), st.integers(0, 3).map(Draw)
)
_UNARY = ("neg", "abs", "sign", "floor", "heaviside", "relu", "tanh", "sigmoid", "exprel", "sin")
_BINARY = ("add", "sub", "mul", "div", "min", "max", "pow")
_COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")


def _grow(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    compare = st.builds(Call, st.sampled_from(_COMPARISONS), st.tuples(inner, inner))
    joined = st.builds(Call, st.sampled_from(("and", "or")), st.tuples(compare, compare))
    condition = compare | joined | st.builds(Call, st.just("not"), st.tuples(joined))
    return st.one_of(
        st.builds(Call, st.sampled_from(_UNARY), st.tuples(inner)),
        st.builds(Call, st.sampled_from(_BINARY), st.tuples(inner, inner)),
        st.builds(Call, st.just("where"), st.tuples(condition, inner, inner)),
        st.builds(Call, st.just("clip"), st.tuples(inner, inner, inner)),
    )


TREES = st.recursive(_leaves, _grow, max_leaves=12)


def _evaluated(tree: Expression) -> bytes:
    draws = {k: np.asarray((k + 1) / 7) for k in range(4)}
    with np.errstate(all="ignore"):
        found = evaluate(tree, VALUES, draw=draws.__getitem__)
    return b"nan" if np.isnan(found) else np.float64(found).tobytes()


@given(tree=TREES)
@example(tree=Call("div", (Number(1.0), Number(-0.0))))
@example(tree=Call("sub", (Name("a"), Call("sub", (Name("b"), Name("c"))))))
@example(tree=Call("pow", (Number(-2.0), Number(2.0))))
@example(tree=Call("pow", (Call("neg", (Name("a"),)), Number(2.0))))
def test_a_tree_written_and_read_again_has_the_same_value(tree: Expression) -> None:
    text = to_text(tree)
    try:
        again = parse(text)
    except EquationError as error:
        assume("below 1e308" not in str(error))  # a power that folds into too large a number
        raise

    assert _evaluated(again) == _evaluated(tree)


@given(text=st.lists(st.sampled_from(["a", "b", "2", "0.5"]), min_size=65, max_size=140))
def test_a_long_sum_can_be_written_and_read_again(text: list[str]) -> None:
    tree = parse(" + ".join(text))

    assert parse(to_text(tree)) == tree


def test_a_draw_stays_the_same_draw_when_it_is_written_and_read_again() -> None:
    tree = parse("uniform() - uniform()*uniform()")

    assert parse(to_text(tree)) == tree


def test_a_noise_term_after_numbered_draws_takes_the_next_number() -> None:
    tree = parse("draw(4) + uniform()")

    assert tree == Call("add", (Draw(4), Draw(5)))


@pytest.mark.parametrize("text", ["draw()", "draw(-1)", "draw(0.5)", "draw(a)", "draw(1e9)"])
def test_a_draw_needs_a_whole_number(text: str) -> None:
    with pytest.raises(ValueError, match="draw"):
        parse(text)


# -- integers ------------------------------------------------------------------------------------

WORDS = st.integers(-(2**40), 2**40)


def _floor_shift(x: int, bits: int) -> int:
    """x 2^bits, halves up, in Python's unbounded integers."""
    return x << bits if bits >= 0 else (2 * x + (1 << -bits)) // (2 << -bits)


@given(x=WORDS, bits=st.integers(-40, 20))
@example(x=-1, bits=-1)
@example(x=1, bits=-1)
@example(x=-3, bits=-1)
def test_a_shift_to_the_right_rounds_half_up(x: int, bits: int) -> None:
    assert int(functions.shift(np.int64(x), np.int64(bits))) == _floor_shift(x, bits)


@given(x=st.integers(-(2**23), 2**23), keep=st.integers(0, 4096))
def test_a_decay_rounds_toward_zero(x: int, keep: int) -> None:
    expected = abs(x) * keep // 4096 * (1 if x >= 0 else -1)

    assert int(functions.decay(np.int64(x), np.int64(keep))) == expected


@given(x=WORDS, bits=st.integers(2, 32))
def test_saturation_is_symmetric_about_zero(x: int, bits: int) -> None:
    top = 2 ** (bits - 1) - 1

    assert int(functions.saturate(np.int64(x), np.int64(bits))) == max(-top, min(top, x))


@given(draw=st.floats(0.0, 1.0, exclude_max=True), bits=st.integers(1, 30))
def test_a_draw_in_integers_is_cut_below(draw: float, bits: int) -> None:
    assert int(functions.fixed(np.float64(draw), np.int64(bits))) == math.floor(draw * 2**bits)


@given(
    first=st.integers(-(2**20), 2**20),
    width=st.integers(0, 16),
    knots=st.lists(st.integers(-(2**23), 2**23), min_size=2, max_size=8),
    x=st.integers(-(2**22), 2**22),
)
@example(first=0, width=4, knots=[0, 16, 0], x=32)
@example(first=0, width=4, knots=[0, 16, 0], x=31)
def test_a_table_is_read_with_linear_interpolation(
    first: int, width: int, knots: list[int], x: int
) -> None:
    place = max(0, min(x - first, (len(knots) - 1) << width))
    index = min(place >> width, len(knots) - 2)
    rise = (knots[index + 1] - knots[index]) * (place - (index << width))
    table = np.array([first, width, *knots], dtype=np.int64)

    found = functions.lookup(table, np.int64(x))

    assert int(found) == knots[index] + _floor_shift(rise, -width)


def test_an_update_reads_the_old_state_all_at_once() -> None:
    swap = Dynamics(name="swap", equations="a(t+1) = b\nb(t+1) = a", output="a")

    assert dict(swap.system.updates) == {"a": Name("b"), "b": Name("a")}


def test_algebraic_lines_are_ordered_by_what_they_use() -> None:
    unit = Dynamics(name="u", equations="z = y + 1\ny = x*2\nx = i", ports=("i",), output="z")

    assert [name for name, _ in unit.system.bindings] == ["x", "y", "z"]


def test_a_formula_in_open_brackets_goes_on_in_the_next_line() -> None:
    unit = Dynamics(
        name="u", equations="y(t+1) = (0.5*y  # half\n  + i)\n", ports=("i",), output="y"
    )

    assert len(unit.system.updates) == 1


def test_operations_are_counted_by_class() -> None:
    unit = Dynamics(
        name="u",
        equations="v(t+1) = 0.9*v + i\ny = tanh(v)",
        ports=("i",),
        output="y",
    )

    assert unit.operations == {"add": 1, "mul": 1, "transcendental": 1}
