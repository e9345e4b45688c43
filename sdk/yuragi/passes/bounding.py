"""Where every value of a unit in integers stays, whatever arrives.

A state that saturates is within its word from the first step. So it is within what the equations
make of that word, and within what they make of the rest: these spans shrink, and hold all values at
every round. The rule of a programmable core is that of `yuragi.passes.confine`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from yuragi.equations.spans import RULES, Span, hull
from yuragi.equations.system import System
from yuragi.equations.tree import Call, Draw, Expression, Name, Number, is_flag
from yuragi.errors import UnsupportedError

__all__ = ["Bits", "Settled", "Unit", "Values", "settle", "within"]

_ROUNDS = 200
_WIDEST = (-(2**62), 2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """The word lengths of a core, signs included, and what a word does that is too short.

    port: of the sum of what arrives.      wraps: whether it wraps; it saturates else.
    """

    state: int
    port: int
    result: int
    wraps: bool = False

    def word(self, bits: int) -> Span:
        """The ends of a word: two's complement, or symmetric about 0 where it saturates."""
        return (0 if self.wraps else 1) - 2 ** (bits - 1), 2 ** (bits - 1) - 1

    def held(self, tree: Expression, bits: int) -> Expression:
        """A value within its word."""
        held = Call("wrap" if self.wraps else "saturate", (tree, Number(float(bits))))
        already = isinstance(tree, Call) and tree == Call(
            held.function, (tree.args[0], held.args[1])
        )
        return tree if already else held

    def left(self, span: Span, bits: int) -> Span:
        """What its word leaves of a span."""
        limits = self.word(bits)
        if within(span, limits):
            return span
        return limits if self.wraps else _clipped(span, limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A population in integers whose words have no length yet.

    parameters, initial: where the values of all units lie.
    ports: what can arrive at each in a step, with the stimulus it was compiled with.
    stimulated: ports at which another run may bring anything.
    sent, most: the variable that is sent, and what it stays within; None: its range is known.
    """

    system: System
    refractory: int
    parameters: Mapping[str, Span]
    initial: Mapping[str, Span]
    ports: Mapping[str, Span]
    stimulated: frozenset[str]
    tables: Mapping[str, tuple[int, ...]]
    sent: str | None = None
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Spans that hold at every step.

    states: at its end.      moved: after the update, before the reset.
    full, reset: what the update and the reset make, before it saturates.     widest: of all results
    """

    states: Mapping[str, Span]
    moved: Mapping[str, Span]
    full: Mapping[str, Span]
    reset: Mapping[str, Span]
    widest: Span


def within(span: Span, limits: Span) -> bool:
    """Whether a span leaves no limit."""
    return limits[0] <= span[0] and span[1] <= limits[1]


def _clipped(span: Span, limits: Span) -> Span:
    """What saturation leaves of a span."""
    low, high = limits
    return max(min(span[0], high), low), max(min(span[1], high), low)


@dataclass(slots=True, kw_only=True)
class Values:
    """Trees with their spans under the rule of a core.

    spans: of every name so far.    widest: of all results.
    keep: what stands for a result that may leave its word, before it saturates; None: itself.
    """

    spans: dict[str, Span]
    tables: Mapping[str, tuple[int, ...]]
    bits: Bits
    widest: Span = (0, 0)
    keep: Callable[[Expression], Expression] | None = None

    def of(self, tree: Expression, *, wide: bool = False) -> tuple[Expression, Span]:
        """A tree with its saturations, and its span.  wide: it may take twice the bits"""
        if isinstance(tree, Number):
            return tree, (int(tree.value), int(tree.value))
        if isinstance(tree, Name):
            return tree, self.spans[tree.id]
        if isinstance(tree, Draw):
            return tree, (0, 1)
        if tree.function == "fixed":
            return tree, (0, 2 ** _constant(tree.args[1]) - 1)
        if tree.function == "lookup":
            place = self.of(tree.args[1], wide=True)[0]
            return Call("lookup", (tree.args[0], place)), self._knots(tree.args[0])
        found = [self.of(arg, wide=_doubled(tree)) for arg in tree.args]
        tree = Call(tree.function, tuple(arg for arg, _ in found))
        if is_flag(tree):
            return tree, (0, 1)
        return self._held(tree, RULES[tree.function](*(span for _, span in found)), wide=wide)

    def _held(self, tree: Call, span: Span, *, wide: bool) -> tuple[Expression, Span]:
        doubled = self.bits.word(2 * self.bits.result)
        if not within(span, _WIDEST) or (wide and not within(span, doubled)):
            raise UnsupportedError(
                f"a value may lie between {span[0]:.3g} and {span[1]:.3g} in its integers, more "
                "than its core or 64 bits hold; a coarser format by hand would fit"
            )
        if wide:
            return tree, span
        self.widest = hull(self.widest, span)
        left = self.bits.left(span, self.bits.result)
        if left == span:
            return tree, span
        raw = tree if self.keep is None else self.keep(tree)
        return self.bits.held(raw, self.bits.result), left

    def _knots(self, table: Expression) -> Span:
        if not isinstance(table, Name):
            raise UnsupportedError("a table is expected")
        knots = self.tables[table.id][2:]
        return min(knots), max(knots)


def _doubled(tree: Call) -> bool:
    """Whether what a call takes has twice the bits of a result."""
    if tree.function == "shift":
        return _constant(tree.args[1]) < 0
    return tree.function == "shiftdown" or is_flag(tree)


def _constant(tree: Expression) -> int:
    if not isinstance(tree, Number):
        raise UnsupportedError("a shift by something that changes has no bound")
    return int(tree.value)


def settle(unit: Unit, bits: Bits, ports: Mapping[str, Span]) -> Settled:
    """Where the states stay, from their words downwards.  ports: what can arrive"""
    states = {name: hull(bits.word(bits.state), unit.initial[name]) for name in unit.system.states}
    for _ in range(_ROUNDS):
        found = _stepped(unit, bits, {**ports, **unit.parameters, **states})
        after = {name: hull(found.states[name], unit.initial[name]) for name in states}
        if after == states:
            break
        states = after
    return replace(found, states=states)


def _stepped(unit: Unit, bits: Bits, spans: Mapping[str, Span]) -> Settled:
    """What a step makes of spans."""
    system = unit.system
    values = Values(spans=dict(spans), tables=unit.tables, bits=bits)
    _bind(values, system)
    full = {name: values.of(tree)[1] for name, tree in system.updates}
    moved = {name: bits.left(span, bits.state) for name, span in full.items()}
    values.spans |= moved
    _bind(values, system)
    if system.threshold is not None:
        values.of(system.threshold)
    resting, firing = _parted(unit, values, moved)
    values.spans |= firing
    _bind(values, system)
    reset = {}
    for name, tree in system.reset:
        reset[name] = values.of(tree)[1]
        values.spans[name] = firing[name] = bits.left(reset[name], bits.state)
    states = {name: hull(resting[name], firing[name]) for name in moved}
    return Settled(states=states, moved=moved, full=full, reset=reset, widest=values.widest)


def _bind(values: Values, system: System) -> None:
    for name, tree in system.bindings:
        values.spans[name] = values.of(tree)[1]


def _parted(
    unit: Unit, values: Values, moved: Mapping[str, Span]
) -> tuple[dict[str, Span], dict[str, Span]]:
    """The states of units that do not fire, and of those that do, where v > level parts them.

    A refractory unit cannot fire; what then says nothing of a state is whether it stands still.
    """
    resting, firing = dict(moved), dict(moved)
    match unit.system.threshold:
        case Call("gt" | "ge", (Name(state), level)) | Call("lt" | "le", (level, Name(state))):
            if state in moved and (not unit.refractory or state in unit.system.held):
                low, high = moved[state]
                least, most = values.of(level, wide=True)[1]
                resting[state] = low, max(min(high, most), low)
                firing[state] = min(max(low, least), high), high
    return resting, firing
