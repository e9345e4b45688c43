"""Equations in floats rewritten as equations in integers, every rounding explicit.

A value x is held as an integer X with x = X 2^-fraction. Each intermediate result keeps as many
fraction bits as its range leaves in the word: ranges come from interval arithmetic over the ranges
of states and ports. Products are formed in double width, then rounded half up into the word.
Functions of one argument become tables with linear interpolation between knots: a table that
returns its nearest entry has slope zero everywhere and destroys chaos. What has no other form and
depends on one state becomes one table as a whole, such as v/(exp(v) - 1). A standard normal
variable is the sum of two reads of a table of its quantile, at the two draws that normal() takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.evaluate import evaluate
from yuragi.equations.lookups import (
    DRAW_BITS,
    factor,
    match_normal,
    normal_call,
    table_call,
    whole_curve,
)
from yuragi.equations.system import Assignments
from yuragi.equations.tables import SMOOTH, Curve, smooth
from yuragi.equations.tree import Call, Draw, Expression, Name, Number, names, walk
from yuragi.equations.words import Fixed, Word, bits_for
from yuragi.errors import UnsupportedError

__all__ = ["Fixed", "Word", "Writer", "bits_for"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Constant:
    """A value known before the run.  shape () or (size,)"""

    value: Array


@dataclass(slots=True)
class Writer:
    """Rewrites the trees of one population.

    word: the core's word lengths.
    known: the values of parameters and dt.
    formats: what the names of states, ports and bindings stand for.
    bindings: as they are.      seen: the ranges over which they are tabulated.
    integers: the integer parameters written so far;   tables: the tables.
    notes: what each table costs in accuracy, in words.
    """

    word: Word
    known: Mapping[str, Array]
    formats: dict[str, Fixed]
    bindings: Assignments = ()
    seen: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    integers: dict[str, Array] = field(default_factory=dict)
    tables: dict[str, tuple[int, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def number(self, expression: Expression) -> Fixed:
        """The integer form of a number."""
        found = self._write(expression)
        return self._as_fixed(found, None) if isinstance(found, _Constant) else found

    def to(self, expression: Expression, fraction: int) -> Expression:
        """The integer form with a wanted fraction."""
        found = self._write(expression)
        if isinstance(found, _Constant):
            return self._as_fixed(found, fraction).expression
        return self.word.moved(found.expression, fraction - found.fraction)

    def condition(self, expression: Expression) -> Expression:
        """The integer form of a condition; both sides of a comparison are brought to one grid."""
        if not isinstance(expression, Call):
            raise UnsupportedError("a condition is expected")
        if expression.function in ("and", "or", "not"):
            args = tuple(self.condition(arg) for arg in expression.args)
            return Call(expression.function, args)
        left, right, _ = self._aligned(*(self._write(arg) for arg in expression.args), widen=True)
        return Call(expression.function, (left.expression, right.expression))

    # -- constants -----------------------------------------------------------------------------

    def _is_known(self, expression: Expression) -> bool:
        return names(expression) <= self.known.keys() and not any(
            isinstance(node, Draw) for node in walk(expression)
        )

    def _as_fixed(self, constant: _Constant, fraction: int | None) -> Fixed:
        low, high = float(constant.value.min()), float(constant.value.max())
        if fraction is None:
            fraction = self.word.fraction(low, high)
        grid = np.rint(np.ldexp(constant.value, fraction)).astype(np.int64)
        return Fixed(expression=self._integer(grid), fraction=fraction, low=low, high=high)

    def _integer(self, grid: Array) -> Expression:
        """An integer constant: written out where it is one number, else a parameter."""
        if grid.ndim == 0:
            return Number(float(grid))
        for name, held in self.integers.items():
            if np.array_equal(held, grid):
                return Name(name)
        name = f"k{len(self.integers)}"
        while name in self.formats or name in self.known:
            name += "x"
        self.integers[name] = grid
        return Name(name)

    # -- numbers -------------------------------------------------------------------------------

    def _write(self, expression: Expression) -> Fixed | _Constant:
        if self._is_known(expression):
            return _Constant(value=evaluate(expression, self.known))
        if isinstance(expression, Name):
            return self.formats[expression.id]
        if isinstance(expression, Draw):
            draw = Call("fixed", (expression, Number(float(DRAW_BITS))))
            return Fixed(expression=draw, fraction=DRAW_BITS, low=0.0, high=1.0)
        if not isinstance(expression, Call):
            raise UnsupportedError("a number is expected")
        forms = [self._call, self._whole]
        if expression.function in ("div", "pow") and not self._is_known(expression.args[1]):
            forms.reverse()
        problem = None
        for form in forms:
            held = len(self.integers), len(self.tables), len(self.notes)
            try:
                return form(expression)
            except UnsupportedError as error:
                self._forget(*held)
                if problem is None or form == self._call:
                    problem = error
        raise problem or UnsupportedError("no form in integers is known")

    def _call(self, call: Call) -> Fixed:
        draws = match_normal(call)
        if draws:
            return self._normal(draws)
        if self.word.point is not None and call.function in ("mul", "div"):
            inner, scale = factor(call, self.known)  # factors together: dt alone may be below 2^-15
            if inner is not call:
                return self.scaled(self.number(inner), np.asarray(scale))
        if call.function in _RULES:
            return _RULES[call.function](self, call)
        if call.function in SMOOTH:
            return self._table(call)
        raise UnsupportedError(f"{call.function} has no form in integers")

    def _aligned(
        self, x: Fixed | _Constant, y: Fixed | _Constant, *, widen: bool = False
    ) -> tuple[Fixed, Fixed, int]:
        """Both on one grid: the finer of the two, as far as the word holds both ranges."""
        if isinstance(x, _Constant) and isinstance(y, _Constant):
            raise UnsupportedError("a constant is expected to be folded")
        if isinstance(x, _Constant) or isinstance(y, _Constant):
            other = y if isinstance(x, _Constant) else x
            fraction = other.fraction if isinstance(other, Fixed) else 0
        else:
            fraction = max(x.fraction, y.fraction)
        if not widen:
            values = [v for v in (x, y) if isinstance(v, Fixed)]
            constants = [v.value for v in (x, y) if isinstance(v, _Constant)]
            low = min([v.low for v in values] + [float(c.min()) for c in constants])
            high = max([v.high for v in values] + [float(c.max()) for c in constants])
            fraction = self.word.kept(fraction, low, high)
        return self._at(x, fraction), self._at(y, fraction), fraction

    def _at(self, value: Fixed | _Constant, fraction: int) -> Fixed:
        if isinstance(value, _Constant):
            return self._as_fixed(value, fraction)
        moved = self.word.moved(value.expression, fraction - value.fraction)
        return Fixed(expression=moved, fraction=fraction, low=value.low, high=value.high)

    def _sum(self, call: Call) -> Fixed:
        x, y, fraction = self._aligned(*(self._write(arg) for arg in call.args))
        minus = call.function == "sub"
        low = x.low - y.high if minus else x.low + y.low
        high = x.high - y.low if minus else x.high + y.high
        joined = Call(call.function, (x.expression, y.expression))
        found = Fixed(expression=joined, fraction=fraction, low=low, high=high)
        return self._at(found, self.word.kept(fraction, low, high))

    def _product(self, call: Call) -> Fixed:
        x, y = (self._write(arg) for arg in call.args)
        return self._times(x, y)

    def _times(self, x: Fixed | _Constant, y: Fixed | _Constant) -> Fixed:
        if isinstance(x, _Constant) and isinstance(y, Fixed):
            return self.scaled(y, x.value)
        if isinstance(y, _Constant) and isinstance(x, Fixed):
            return self.scaled(x, y.value)
        if not (isinstance(x, Fixed) and isinstance(y, Fixed)):
            raise UnsupportedError("a constant is expected to be folded")
        corners = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
        low, high = min(corners), max(corners)
        if x.expression == y.expression:
            low = max(low, 0.0)
        double = Fixed(
            expression=Call("mul", (x.expression, y.expression)),
            fraction=x.fraction + y.fraction,
            low=low,
            high=high,
        )
        return self._at(double, self.word.kept(double.fraction, low, high))

    def scaled(self, x: Fixed, factor: Array) -> Fixed:
        """X times a constant of `coefficient_bits` bits."""
        corners = [float(a * b) for a in (x.low, x.high) for b in (factor.min(), factor.max())]
        low, high = min(corners), max(corners)
        if factor.ndim == 0 and float(factor) != 0.0 and math.frexp(float(factor))[0] == 0.5:
            power = math.frexp(float(factor))[1] - 1
            exact = Fixed(expression=x.expression, fraction=x.fraction - power, low=low, high=high)
            return self._at(exact, self.word.kept(exact.fraction, low, high))
        bits = self.word.coefficient_bits - 1
        own = self.word.point
        if own is None:
            own = bits - bits_for(float(factor.min()), float(factor.max()))
        grid = np.clip(np.rint(np.ldexp(factor, own)), -(2**bits) + 1, 2**bits - 1).astype(np.int64)
        if factor.any() and not grid.any():
            raise UnsupportedError(
                f"a factor of {float(factor.max()):.3g} is 0 with {own} fraction bits; other units "
                "or a larger dt would fit"
            )
        while own > 0 and not (grid & 1).any():
            grid, own = grid >> 1, own - 1
        double = Fixed(
            expression=Call("mul", (x.expression, self._integer(grid))),
            fraction=x.fraction + own,
            low=low,
            high=high,
        )
        return self._at(double, self.word.kept(double.fraction, low, high))

    def _quotient(self, call: Call) -> Fixed:
        above, below = call.args
        if not self._is_known(below):
            inverse = self._inverse(self._write(below))
            found = self._write(above)
            return self._times(found, inverse)
        divisor = evaluate(below, self.known)
        if (divisor == 0).any():
            raise UnsupportedError("a division by zero")
        found = self._write(above)
        if isinstance(found, _Constant):
            raise UnsupportedError("a constant is expected to be folded")
        return self.scaled(found, np.asarray(1.0 / divisor))

    def _inverse(self, x: Fixed | _Constant) -> Fixed:
        """1/x from a table over the range of x."""
        if isinstance(x, _Constant):
            raise UnsupportedError("a constant is expected to be folded")
        if x.low <= 0.0 <= x.high:
            raise UnsupportedError(
                f"a division by something between {x.low:.3g} and {x.high:.3g}, which may be 0, "
                "has no form in integers"
            )
        return self._read(Curve(name="1/x", values=np.reciprocal), x)

    def _raised(self, call: Call) -> Fixed:
        """x^c for one number c, from a table over the range of x."""
        base, exponent = call.args
        power = evaluate(exponent, self.known) if self._is_known(exponent) else np.zeros(1)
        if power.ndim:
            raise UnsupportedError("a power that changes has no form in integers")
        curve = Curve(name=f"x^{float(power):g}", values=lambda x: np.power(x, power))
        return self._read(curve, self.number(base))

    def _negative(self, call: Call) -> Fixed:
        x = self.number(call.args[0])
        return Fixed(
            expression=Call("neg", (x.expression,)), fraction=x.fraction, low=-x.high, high=-x.low
        )

    def _absolute(self, call: Call) -> Fixed:
        x = self.number(call.args[0])
        low = 0.0 if x.low <= 0.0 <= x.high else min(abs(x.low), abs(x.high))
        return Fixed(
            expression=Call("abs", (x.expression,)),
            fraction=x.fraction,
            low=low,
            high=max(abs(x.low), abs(x.high)),
        )

    def _extreme(self, call: Call) -> Fixed:
        x, y, fraction = self._aligned(*(self._write(arg) for arg in call.args))
        pick = min if call.function == "min" else max
        joined = Call(call.function, (x.expression, y.expression))
        return Fixed(
            expression=joined, fraction=fraction, low=pick(x.low, y.low), high=pick(x.high, y.high)
        )

    def _clip(self, call: Call) -> Fixed:
        x, low, high = call.args
        return self._extreme(Call("min", (Call("max", (x, low)), high)))

    def _relu(self, call: Call) -> Fixed:
        return self._extreme(Call("max", (call.args[0], Number(0.0))))

    def _choice(self, call: Call) -> Fixed:
        condition, *branches = call.args
        if all(self._is_known(branch) for branch in branches):
            x, y = (self.number(branch) for branch in branches)
            x, y, fraction = self._aligned(x, y)
        else:
            x, y, fraction = self._aligned(*(self._write(branch) for branch in branches))
        joined = Call("where", (self.condition(condition), x.expression, y.expression))
        return Fixed(
            expression=joined, fraction=fraction, low=min(x.low, y.low), high=max(x.high, y.high)
        )

    def _step(self, call: Call) -> Fixed:
        """Heaviside and sign, as choices."""
        x, zero, one = call.args[0], Number(0.0), Number(1.0)
        if call.function == "heaviside":
            return self._choice(Call("where", (Call("ge", (x, zero)), one, zero)))
        below = Call("where", (Call("lt", (x, zero)), Number(-1.0), zero))
        return self._choice(Call("where", (Call("gt", (x, zero)), one, below)))

    def _floor(self, call: Call) -> Fixed:
        x = self.number(call.args[0])
        whole = x.expression
        if x.fraction > 0:
            whole = Call("shiftdown", (whole, Number(float(x.fraction))))
        return Fixed(expression=whole, fraction=min(x.fraction, 0), low=x.low - 1, high=x.high)

    # -- tables --------------------------------------------------------------------------------

    def _table(self, call: Call) -> Fixed:
        """f(c x) on tables over x, the factor folded in where it is a single number."""
        inner, scale = factor(call.args[0], self.known)
        return self._read(smooth(call.function, scale), self.number(inner))

    def _read(self, curve: Curve, x: Fixed) -> Fixed:
        if isinstance(x.expression, Name) and curve.flat is None:
            low, high = self.seen.get(x.expression.id, (x.low, x.high))
            x = replace(x, low=max(x.low, low), high=min(x.high, high))
        found, note = table_call(curve, x, self.word, self._keep)
        self.notes.append(note)
        return found

    def _whole(self, call: Call) -> Fixed:
        """One table of a part that depends on one name only."""
        name, curve = whole_curve(call, self.known, self.bindings)
        return self._read(curve, self.formats[name])

    def _forget(self, integers: int, tables: int, notes: int) -> None:
        """What was written for a form that came to nothing."""
        for name in list(self.integers)[integers:]:
            del self.integers[name]
        for name in list(self.tables)[tables:]:
            del self.tables[name]
        del self.notes[notes:]

    def _normal(self, draws: tuple[Draw, Draw]) -> Fixed:
        found, note = normal_call(draws, self.word, self._keep)
        self.notes.append(note)
        return found

    def _keep(self, held: tuple[int, ...]) -> Name:
        """The name of a table, one for all that hold the same."""
        name = next((n for n, t in self.tables.items() if t == held), f"table{len(self.tables)}")
        while name not in self.tables and (name in self.formats or name in self.known):
            name += "x"
        self.tables[name] = held
        return Name(name)


_RULES: Mapping[str, Callable[[Writer, Call], Fixed]] = {
    "add": Writer._sum,
    "sub": Writer._sum,
    "mul": Writer._product,
    "div": Writer._quotient,
    "pow": Writer._raised,
    "neg": Writer._negative,
    "abs": Writer._absolute,
    "min": Writer._extreme,
    "max": Writer._extreme,
    "clip": Writer._clip,
    "relu": Writer._relu,
    "where": Writer._choice,
    "heaviside": Writer._step,
    "sign": Writer._step,
    "floor": Writer._floor,
}
