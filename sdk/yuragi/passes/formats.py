"""The fixed-point formats of a quantisation: from ranges or by hand, before a line is written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.fixed_point import Writer
from yuragi.equations.tree import Call, Expression, Name, names
from yuragi.equations.words import Fixed, Word, bits_for
from yuragi.errors import UnsupportedError
from yuragi.graph import Edge, Graph, Node
from yuragi.passes.calibrate import Range
from yuragi.passes.enclosing import Enclosed
from yuragi.passes.weights import finest_scale, row_sum, shared_scale
from yuragi.plasticity import WEIGHT

__all__ = [
    "Formats",
    "choose_payloads",
    "exact_sums",
    "write_bindings",
]

Array = NDArray[Any]
Ranges = Mapping[tuple[str, str], Range]
_STIMULUS_PLACES = 8
_MOST_STIMULUS_PLACES = 16
_LOOSE = 16.0


@dataclass(slots=True)
class Formats:
    """Every choice of the quantisation, before a line is written.

    ranges: of the calibration run, widened by `margin`.
    enclosed: ranges that states cannot leave.
    by_hand: fraction bits that the user chose, by (population, variable or port).
    payload: fraction bits of what each graded population sends;  finest: those that it has.
    outputs: the range of what it sends.
    port_scale: what 1 stands for at each port.
    coarser: by how many powers of two that is more than the finest grid of its inputs.
    learning_bits: of weights that learn.
    wraps: whether a word that is too short wraps; it saturates else.
    """

    graph: Graph
    ranges: Ranges
    enclosed: Enclosed
    margin: float
    word: Word
    weight_bits: int
    accumulator_bits: int
    payload_bits: int | None
    highest_exponent: int
    learning_bits: int | None = None
    wraps: bool = False
    by_hand: Mapping[tuple[str, str], int] = field(default_factory=dict)
    payload: dict[str, int] = field(default_factory=dict)
    finest: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, tuple[float, float]] = field(default_factory=dict)
    port_scale: dict[tuple[str, str], float] = field(default_factory=dict)
    coarser: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def largest_weight(self) -> int:
        """The largest weight of the chip."""
        return 2 ** (self.weight_bits - 1) - 1

    def largest(self, edge: Edge) -> int:
        """The largest weight of an edge in integers, whatever it learns."""
        if edge.plasticity is None or self.learning_bits is None:
            return self.largest_weight
        return int(2 ** (self.learning_bits - 1) - 1)

    def grid(self, edge: Edge) -> float:
        """What weight 1 stands for: as fine as the weights allow.

        A power of two where the core's arithmetic has one point, and at a port where weights learn,
        so that a weight that does not change has no error; there the range of the calibration run
        counts, not the first weights.
        """
        learning = {(e.target, e.port) for e in self.graph.learning}
        if (edge.target, edge.port) not in learning and self.word.point is None:
            return shared_scale(edge, self.graph.edges, self.largest_weight)
        if edge.plasticity is None:
            finest = finest_scale(edge.weights, self.largest_weight)
        else:
            finest = max(map(abs, self.range(edge.name, WEIGHT))) / self.largest(edge)
        return float(2.0 ** math.ceil(math.log2(finest)))

    def heaviest(self, edge: Edge) -> int:
        """The largest sum of |w| over the inputs of a unit, of an edge in integers."""
        if edge.plasticity is None:
            return row_sum(edge.weights)
        inputs = np.diff(edge.weights.csr().indptr)
        return int(inputs.max(initial=0)) * self.largest(edge)

    def range(self, node: str, name: str) -> tuple[float, float]:
        """The calibrated range, widened by the margin, as far as a state can be there."""
        low, high = self.ranges[node, name].widened(self.margin)
        least, most = self.enclosed.get((node, name), (low, high))
        return max(low, least), min(high, most)

    def state(self, node: Node, name: str) -> Fixed:
        """The format of a state: by hand, or as many fraction bits as its range leaves."""
        low, high = self.range(node.name, name)
        fraction = self.by_hand.get((node.name, name))
        if fraction is None:
            fraction = self.word.state_fraction(low, high)
        end = math.ldexp(1.0, self.word.state_bits - 1 - fraction)
        return Fixed(
            expression=Name(name), fraction=fraction, low=max(low, -end), high=min(high, end)
        )

    def port(self, writer: Writer, node: Node, name: str) -> Fixed:
        """The sum at a port, brought from its own scale into the word."""
        low, high = self.range(node.name, name)
        return self.in_units(writer, (node.name, name), Name(name), (low, high))

    def in_units(
        self,
        writer: Writer,
        key: tuple[str, str],
        raw: Expression,
        ends: tuple[float, float],
    ) -> Fixed:
        """What counts in the unit of a port, in the word."""
        scale = self.port_scale.get(key, 1.0)
        whole = Fixed(expression=raw, fraction=0, low=ends[0] / scale, high=ends[1] / scale)
        return writer.scaled(whole, np.asarray(scale))

    def writer(self, node: Node) -> Writer:
        """A writer that knows the states and ports of a population."""
        known = {**node.parameters, "dt": np.asarray(self.graph.dt or 1.0)}
        sums = dict(exact_sums(node).values())
        counted = {*sums, *sums.values()}
        states = {
            name: self.state(node, name)
            for name in node.dynamics.system.states
            if name not in counted
        }
        bindings = node.dynamics.system.bindings
        moved = [name for name, _ in bindings if self.ranges[node.name, name] != Range()]
        seen = {name: self.range(node.name, name) for name in moved}
        writer = Writer(word=self.word, known=known, formats=states, bindings=bindings, seen=seen)
        for name in node.dynamics.ports:
            if name not in counted:
                writer.formats[name] = self.port(writer, node, name)
        for state, port in sums.items():
            ends = self.range(node.name, state)
            key = node.name, port
            writer.formats[state] = self.in_units(writer, key, Name(state), ends)
        return writer


def exact_sums(node: Node) -> dict[str, tuple[str, str]]:
    """{b: (s, p)} for b = s + p and s(t+1) = b with a port p: a sum that never loses a bit.

    Such a state counts in the unit of its port, which nothing else reads; receivers of changes are
    of this form.
    """
    system = node.dynamics.system
    updates, bindings = dict(system.updates), dict(system.bindings)
    found: dict[str, tuple[str, str]] = {}
    for state, update in updates.items():
        if not isinstance(update, Name) or update.id not in bindings:
            continue
        match bindings[update.id]:
            case Call("add", (Name(first), Name(port))) if (
                first == state and port in node.dynamics.ports
            ):
                used = [e for n, e in (*updates.items(), *bindings.items()) if n != update.id]
                used += [e for _, e in system.reset]
                used += [] if system.threshold is None else [system.threshold]
                if not any(port in names(e) for e in used):
                    found[update.id] = state, port
    return found


def choose_payloads(formats: Formats) -> list[str]:
    """Set `payload` and `outputs` from the ranges; returns why populations cannot be written."""
    _choose_inputs(formats)
    heard = {edge.source for edge in formats.graph.edges}
    refused = []
    for node in formats.graph.nodes:
        output = node.dynamics.output
        if output is None:
            continue
        if formats.payload_bits is None and node.name in heard:
            refused.append(
                f"{node.name}: it sends values of {output}, the chip sends binary spikes; "
                'encode="rate" sends spikes at a rate'
            )
            continue
        try:
            writer = formats.writer(node)
            write_bindings(formats, writer, node)
            sent = writer.formats[output]
        except UnsupportedError as error:
            refused.append(f"{node.name}: {error}")
            continue
        width = formats.payload_bits or formats.word.state_bits
        room = width - 1 - bits_for(sent.low, sent.high)
        formats.outputs[node.name] = _reached(node, writer, sent)
        formats.payload[node.name] = min(room, sent.fraction)
        formats.finest[node.name] = sent.fraction
    return refused


def _reached(node: Node, writer: Writer, sent: Fixed) -> tuple[float, float]:
    """The range of what is sent; of a state, no more than its update gives from that range.

    A tanh unit whose range is (-1.3, 1.3) by the margin never leaves (-1, 1).
    """
    system = node.dynamics.system
    update = dict(system.updates).get(node.dynamics.output or "")
    if update is None or system.reset:
        return sent.low, sent.high
    first = node.initial[node.dynamics.output or ""]
    try:
        given = writer.number(update)
    except UnsupportedError:  # said where the update is written
        return sent.low, sent.high
    low, high = min(given.low, float(first.min())), max(given.high, float(first.max()))
    return max(sent.low, low), min(sent.high, high)


def _choose_inputs(formats: Formats) -> None:
    """The grids of the ports that stimuli reach, or may reach later."""
    for stimulus in formats.graph.stimuli:
        key = stimulus.target, stimulus.port
        low, high = formats.range(*key)
        room = formats.word.state_fraction(low, high)
        formats.port_scale[key] = 2.0 ** -min(max(_places(stimulus.values), _STIMULUS_PLACES), room)
    fed = {(e.target, e.port) for e in formats.graph.edges}
    for node in formats.graph.nodes:
        for port in ((node.name, p) for p in node.dynamics.ports):
            if port in fed:
                # Until the weights have their grid: as fine as the word holds the range.
                places = formats.word.state_fraction(*formats.range(*port))
                formats.port_scale.setdefault(port, 2.0**-places)
            else:
                formats.port_scale.setdefault(port, 2.0**-_STIMULUS_PLACES)
                if port in formats.by_hand:
                    formats.port_scale[port] = 2.0 ** -formats.by_hand[port]


def _places(values: Array) -> int:
    """Binary places that the values have, up to 16."""
    for places in range(_MOST_STIMULUS_PLACES):
        scaled = np.ldexp(values, places)
        if np.array_equal(scaled, np.rint(scaled)):
            return places
    return _MOST_STIMULUS_PLACES


def write_bindings(formats: Formats, writer: Writer, node: Node) -> list[tuple[str, Expression]]:
    """The algebraic variables; their formats are the writer's from here on.

    Intervals of intervals grow, stage by stage of a solver; they end at sixteen calibrated ranges.
    """
    lines: list[tuple[str, Expression]] = []
    sums = exact_sums(node)
    for name, expression in node.dynamics.system.bindings:
        if name in sums:
            ends = formats.range(node.name, name)
            lines.append((name, expression))
            port = node.name, sums[name][1]
            writer.formats[name] = formats.in_units(writer, port, Name(name), ends)
            continue
        found = writer.number(expression)
        fraction = formats.by_hand.get((node.name, name))
        if fraction is not None:
            found = replace(found, expression=writer.to(expression, fraction), fraction=fraction)
        low, high = (_LOOSE * end for end in writer.seen.get(name, (-math.inf, math.inf)))
        if name != node.dynamics.output:  # sums count on its range
            found = replace(found, low=max(found.low, low), high=min(found.high, high))
        writer.formats[name] = replace(found, expression=Name(name))
        lines.append((name, found.expression))
    return lines
