"""Integer equations whose every value is kept within its word.

The rule of a programmable core: a state has `state` bits, the sum at a port `port` bits, any other
result `result` bits, and each saturates or wraps at the ends of its word, as the core does. What a
shift to the right rounds, a product or a sum, both sides of a comparison and the place where a
table is read have twice the bits of a result. What is sent stays within what sums at ports count
on. Where the bounds of `yuragi.passes.bounding` rule an
overflow out nothing is written; any other is written and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from yuragi.equations.calculus import expand
from yuragi.equations.spans import Span, hull
from yuragi.equations.system import Assignments, System
from yuragi.equations.tree import Call, Expression, Name, Number, substitute
from yuragi.passes.bounding import Bits, Settled, Unit, Values, settle, within
from yuragi.passes.reach import Reach

__all__ = ["Confined", "confine"]

_ANYTHING = (-(2**62), 2**62)
_RESULTS = "results"
_PAYLOAD = "payload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confined:
    """The equations with saturations.

    tallies: states that count overflows, and of what.
    reach: how far each word goes with the stimulus that it was compiled with.
    """

    system: System
    tallies: Mapping[str, str]
    reach: Reach


def confine(unit: Unit, bits: Bits) -> Confined:
    """The equations with a saturation wherever a value may leave its word, and a count of each.

    Raises UnsupportedError where a value may take more bits than its core, or 64.
    """
    held = {port: bits.held(Name(port), bits.port) for port in unit.stimulated}
    unit = replace(unit, system=_replaced(unit.system, held))
    reached = settle(unit, bits, unit.ports)
    ports = {**unit.ports, **dict.fromkeys(unit.stimulated, _ANYTHING)}
    settled = settle(unit, bits, ports) if unit.stimulated else reached
    system, tallies = _Writing(unit=unit, bits=bits, settled=settled).written(ports)
    return Confined(system=system, tallies=tallies, reach=_reach(unit, bits, reached))


def _replaced(system: System, by: Mapping[str, Expression]) -> System:
    def lines(assignments: Assignments) -> Assignments:
        return tuple((name, substitute(tree, by)) for name, tree in assignments)

    threshold = system.threshold
    return replace(
        system,
        bindings=lines(system.bindings),
        updates=lines(system.updates),
        reset=lines(system.reset),
        threshold=None if threshold is None else substitute(threshold, by),
    )


def _reach(unit: Unit, bits: Bits, found: Settled) -> Reach:
    """How far ports, states and results go."""
    words = {p: (unit.ports[p], bits.word(bits.port)) for p in sorted(unit.stimulated)}
    for name, full in found.full.items():
        words[name] = hull(full, found.reset.get(name, full)), bits.word(bits.state)
    if unit.sent is not None:
        words[_PAYLOAD] = _sent(unit, bits, found), (-unit.most, unit.most)
    if found.widest != (0, 0):
        words[_RESULTS] = found.widest, bits.word(bits.result)
    return Reach(words=words)


def _sent(unit: Unit, bits: Bits, found: Settled) -> Span:
    """How far goes what is sent, which is read before the reset."""
    spans = {**unit.ports, **unit.parameters, **found.moved}
    values = Values(spans=spans, tables=unit.tables, bits=bits)
    for name, tree in unit.system.bindings:
        values.spans[name] = values.of(tree)[1]
    return values.spans[unit.sent or ""]


def _counted(name: str, conditions: Iterable[Expression]) -> Expression:
    """name, and 1 more where one of the conditions holds."""
    found = tuple(conditions)
    if not found:
        return Name(name)
    any_of = reduce(lambda left, right: Call("or", (left, right)), found)
    return Call("add", (Name(name), Call("where", (any_of, Number(1.0), Number(0.0)))))


@dataclass(slots=True, kw_only=True)
class _Writing:
    """One population on its way.

    bindings: lines so far.      results: names of those that may leave their word.
    counts: conditions under which a word overflows in an update.
    clipped: the condition under which what is sent is not what it would be; None: it never is.
    """

    unit: Unit
    bits: Bits
    settled: Settled
    bindings: list[tuple[str, Expression]] = field(default_factory=list)
    results: dict[Expression, Name] = field(default_factory=dict)
    counts: dict[str, list[Expression]] = field(default_factory=dict)
    clipped: Expression | None = None

    def written(self, ports: Mapping[str, Span]) -> tuple[System, Mapping[str, str]]:
        """The system with its saturations and counts, and what is counted."""
        system, settled = self.unit.system, self.settled
        states = {name: hull(span, settled.moved[name]) for name, span in settled.states.items()}
        values = Values(
            spans={**ports, **self.unit.parameters, **states},
            tables=self.unit.tables,
            bits=self.bits,
            keep=self._result,
        )
        for port in sorted(self.unit.stimulated):
            self.counts[port] = [self._exceeds(Name(port), self.bits.port)]
        for name, tree in system.bindings:
            kept, values.spans[name] = values.of(tree)
            if name == self.unit.sent:
                kept = self._sendable(name, kept, values.spans[name])
            self.bindings.append((name, kept))
        updates = [(name, self._update(name, values.of(tree)[0])) for name, tree in system.updates]
        if self.clipped is not None:
            # What is sent is read after the update; where a spike sends it, its reset counts.
            new = substitute(expand(self.clipped, self.bindings), dict(updates))
            self.counts[_PAYLOAD] = [] if system.threshold is not None else [new]
        threshold = None if system.threshold is None else values.of(system.threshold)[0]
        values.keep = None
        resets = tuple((name, values.of(tree)[0]) for name, tree in system.reset)
        for name in (n for n, _ in resets if self._overflows(settled.reset[n])):
            self.counts.setdefault(name, [])
        counters = {word: self._fresh(f"over_{word}") for word in self.counts}
        updates += [(name, _counted(name, self.counts[word])) for word, name in counters.items()]
        found = replace(
            system,
            bindings=tuple(self.bindings),
            updates=tuple(updates),
            threshold=threshold,
            reset=self._reset(resets, counters),
        )
        return found, {name: word for word, name in counters.items()}

    def _exceeds(self, tree: Expression, bits: int) -> Expression:
        return Call("ne", (tree, self.bits.held(tree, bits)))

    def _overflows(self, span: Span) -> bool:
        return not within(span, self.bits.word(self.bits.state))

    def _result(self, tree: Expression) -> Expression:
        """The name of a result that may leave its word."""
        if tree not in self.results:
            self.results[tree] = name = Name(self._fresh(f"result{len(self.results)}"))
            self.bindings.append((name.id, tree))
            condition = self._exceeds(name, self.bits.result)
            self.counts.setdefault(_RESULTS, []).append(condition)
        return self.results[tree]

    def _sendable(self, name: str, tree: Expression, span: Span) -> Expression:
        """What is sent, within what sums at ports count on."""
        most = self.unit.most
        if within(span, (-most, most)):
            return tree
        full = Name(self._fresh(f"full_{name}"))
        self.bindings.append((full.id, tree))
        self.clipped = Call("ne", (full, Name(name)))
        low, high = Number(-float(most)), Number(float(most))
        return Call("max", (Call("min", (full, high)), low))

    def _update(self, name: str, tree: Expression) -> Expression:
        if self._overflows(self.settled.full[name]):
            if not isinstance(tree, Name):
                full = Name(self._fresh(f"full_{name}"))
                self.bindings.append((full.id, tree))
                tree = full
            self.counts[name] = [self._exceeds(tree, self.bits.state)]
        return self.bits.held(tree, self.bits.state)

    def _reset(self, lines: Assignments, counters: Mapping[str, str]) -> Assignments:
        found: list[tuple[str, Expression]] = []
        if self.clipped is not None and self.unit.system.threshold is not None:
            found.append((counters[_PAYLOAD], _counted(counters[_PAYLOAD], [self.clipped])))
        for name, tree in lines:
            over = self._overflows(self.settled.reset[name])
            if over:
                count = _counted(counters[name], [self._exceeds(tree, self.bits.state)])
                found.append((counters[name], count))
            plain = isinstance(tree, Number) and not over
            found.append((name, tree if plain else self.bits.held(tree, self.bits.state)))
        return tuple(found)

    def _fresh(self, name: str) -> str:
        unit = self.unit
        taken = {*unit.ports, *unit.parameters, *unit.system.variables, *unit.tables}
        taken |= {bound for bound, _ in self.bindings}
        while name in taken:
            name += "x"
        return name
