"""A population written as a chip's neuron: its names, its words and their overflows.

What the neuron's equations clip is a word of the chip: `full` in `v = clip(full, low, high)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.equations.lines import lines_of
from yuragi.equations.spans import Span
from yuragi.equations.system import Assignments, System
from yuragi.equations.tree import Call, Expression, Name, Number, substitute
from yuragi.graph import Edge, Node, Stimulus
from yuragi.passes.bounding import Bits, Unit, Values, settle
from yuragi.passes.reach import Reach
from yuragi.passes.weights import row_sums

__all__ = ["Becoming", "Written", "write_unit"]

Array = NDArray[Any]
_UNCHECKED = Bits(state=48, port=48, result=60)
_ANYTHING = (-(2**40), 2**40)


class Written(NamedTuple):
    """The population in integers, and lines for the log."""

    node: Node
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Becoming:
    """What a population becomes.

    system: the neuron, in its own names.      names: the model's names for some of them.
    ports: by the neuron's names.
    output: the neuron's count of spikes, where it sends one.
    registers: by the neuron's names;   initial, scales: by the model's.
    edges, stimuli: what arrives, in integers.      sent: the most that a unit of each source sends.
    """

    system: System
    names: Mapping[str, str]
    ports: tuple[str, ...]
    output: str | None
    registers: Mapping[str, Array]
    initial: Mapping[str, Array]
    scales: Mapping[str, float]
    edges: Sequence[Edge]
    stimuli: Sequence[Stimulus]
    sent: Mapping[str, int]


def write_unit(node: Node, wanted: Becoming) -> Written:
    """The population with its registers, its overflows counted where they are not ruled out."""
    renamed = _names(wanted)
    system = _renamed(wanted.system, renamed)
    ports = tuple(renamed[port] for port in wanted.ports)
    registers = {renamed[name]: values for name, values in wanted.registers.items()}
    initial = {n: wanted.initial.get(n, np.asarray(0, dtype=np.int64)) for n in system.states}
    unit = Unit(
        system=system,
        refractory=0,
        parameters={name: _ends(values) for name, values in registers.items()},
        initial={name: _ends(values) for name, values in initial.items()},
        ports={port: _arriving(node.size, port, wanted) for port in ports},
        stimulated=frozenset(ports if wanted.stimuli or not wanted.edges else ()),
        tables={},
    )
    reach = _reach(unit, unit.ports)
    anything = _reach(unit, dict.fromkeys(ports, _ANYTHING)) if unit.stimulated else reach
    system, tallies = _counted(system, [n for n in anything.words if not anything.within(n)])
    lines = lines_of(system)
    dynamics = Dynamics(
        name=node.dynamics.name,
        equations=lines.equations,
        ports=ports,
        output=None if wanted.output is None else renamed[wanted.output],
        threshold=lines.threshold,
        reset=lines.reset,
        parameters={name: float(values.reshape(-1)[0]) for name, values in registers.items()},
        number="integer",
        tallies=tallies,
    )
    zero = np.asarray(0, dtype=np.int64)
    changed = replace(
        node,
        dynamics=dynamics,
        parameters=registers,
        initial={**initial, **dict.fromkeys(tallies, zero)},
        scales=dict(wanted.scales),
    )
    return Written(changed, (f"{node.name}: {reach.verdict(counted=bool(tallies))}; {reach}",))


def _names(wanted: Becoming) -> dict[str, str]:
    """A name for everything, the model's own where it has one."""
    found = dict(wanted.names)
    for name in (*wanted.system.variables, *wanted.registers, *wanted.ports):
        own = name
        while name not in found and own in found.values():
            own += "x"
        found.setdefault(name, own)
    return found


def _renamed(system: System, by: Mapping[str, str]) -> System:
    trees = {name: Name(other) for name, other in by.items()}

    def lines(assignments: Assignments) -> Assignments:
        return tuple((by[name], substitute(tree, trees)) for name, tree in assignments)

    threshold = system.threshold
    return replace(
        system,
        bindings=lines(system.bindings),
        updates=lines(system.updates),
        reset=lines(system.reset),
        threshold=None if threshold is None else substitute(threshold, trees),
    )


def _ends(values: Array) -> Span:
    return int(values.min()), int(values.max())


def _arriving(size: int, port: str, wanted: Becoming) -> Span:
    """Least and most that a step can bring to a port."""
    low, high = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for edge in (edge for edge in wanted.edges if edge.port == port):
        negative, positive = row_sums(edge.weights)
        low += negative * wanted.sent[edge.source] << edge.shift
        high += positive * wanted.sent[edge.source] << edge.shift
    fed = [stimulus.values for stimulus in wanted.stimuli if stimulus.port == port]
    least = sum(min(int(values.min(initial=0)), 0) for values in fed)
    most = sum(max(int(values.max(initial=0)), 0) for values in fed)
    return int(low.min(initial=0)) + least, int(high.max(initial=0)) + most


def _words(system: System) -> Iterator[tuple[str, Expression, Span]]:
    """(word, value, ends) of everything that is held within ends."""
    for name, tree in (*system.bindings, *system.updates):
        match tree:
            case Call("clip", (value, Number(low), Number(high))):
                yield name, value, (int(low), int(high))


def _reach(unit: Unit, ports: Mapping[str, Span]) -> Reach:
    """How far every word goes before it is clipped."""
    settled = settle(unit, _UNCHECKED, ports)
    values = Values(
        spans={**ports, **unit.parameters, **settled.states}, tables={}, bits=_UNCHECKED
    )
    for name, tree in unit.system.bindings:
        values.spans[name] = values.of(tree)[1]
    return Reach(
        words={name: (values.of(tree)[1], ends) for name, tree, ends in _words(unit.system)}
    )


def _counted(system: System, over: Iterable[str]) -> tuple[System, dict[str, str]]:
    """The system with a state for each word that may overflow, and what each counts."""
    trees = {name: (tree, ends) for name, tree, ends in _words(system)}
    updates, tallies = list(system.updates), {}
    for word in over:
        value, (low, high) = trees[word]
        state = f"over_{word}"
        while state in system.variables:
            state += "x"
        held = Call("clip", (value, Number(float(low)), Number(float(high))))
        more = Call("where", (Call("ne", (value, held)), Number(1.0), Number(0.0)))
        updates.append((state, Call("add", (Name(state), more))))
        tallies[state] = word
    return replace(system, updates=tuple(updates)), tallies
