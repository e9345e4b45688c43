"""Learning rules in a chip's integers: traces in state words, weights rounded by chance.

A weight w is held as an integer W of `learning_bits` bits with w = W 2^-n, so that a rule that
changes nothing gives the same W back. Steps of a rule are mostly smaller than 2^-n; rounded to the
nearest they would all vanish. So the new weight is rounded up or down by a counter-based draw, up
with the probability of its fraction:

    W(t+1) = saturate((X + r) >> k, learning_bits),   r uniform in 0 ... 2^k - 1

where X is the rule's value with k more fraction bits. The mean of W follows the rule exactly.
Source: stochastic rounding of learned weights as on Loihi, Davies et al., IEEE Micro 38(1) (2018)
82; its use in low precision: Gupta et al., ICML 2015, arXiv:1502.02551.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.fixed_point import Writer
from yuragi.equations.text import to_text
from yuragi.equations.tree import Call, Draw, Expression, Name, Number
from yuragi.equations.words import Fixed
from yuragi.errors import UnsupportedError
from yuragi.graph import Edge, Node
from yuragi.passes.bounding import Bits
from yuragi.passes.formats import Formats
from yuragi.passes.port_sums import largest_sent
from yuragi.passes.rule_words import Counted, counted
from yuragi.plasticity import WEIGHT, Plasticity

__all__ = ["integer_rules"]

Array = NDArray[Any]
_WIDEST = 60  # a rule's results have the width of the processor that computes it


def integer_rules(
    formats: Formats, edges: tuple[Edge, ...], nodes: Mapping[str, Node]
) -> tuple[tuple[Edge, ...], list[str]]:
    """The edges with their rules in integers, and every choice in lines for the log.

    nodes: in integers.      Raises UnsupportedError for a rule that has no integer form.
    """
    found, lines = [], []
    for edge in edges:
        if edge.plasticity is None:
            found.append(edge)
            continue
        try:
            rule, said = _Rule(formats, edge, edge.plasticity, nodes[edge.target]).written()
        except UnsupportedError as error:
            raise UnsupportedError(f"{edge.name}: {edge.plasticity.name}: {error}") from None
        found.append(replace(edge, plasticity=rule))
        lines += said
    return tuple(found), lines


@dataclass(slots=True)
class _Rule:
    """One rule on its way into integers.  edge: its weights are in integers already"""

    formats: Formats
    edge: Edge
    rule: Plasticity
    target: Node

    def written(self) -> tuple[Plasticity, list[str]]:
        """The rule in integers, and lines for the log."""
        rule, word = self.rule, self.formats.word
        known = {name: np.asarray(value) for name, value in rule.parameters.items()}
        known["dt"] = np.asarray(self.formats.graph.dt or 1.0)
        writer = Writer(word=word, known=known, formats=self._inputs())
        states = {name: self._state(name) for name in rule.dynamics.system.states}
        writer.formats |= {**states, WEIGHT: self._finer(states[WEIGHT])}
        bindings = []
        for name, expression in rule.dynamics.system.bindings:
            value = writer.number(expression)
            writer.formats[name] = replace(value, expression=Name(name))
            bindings.append(f"{name} = {to_text(value.expression)}")
        lines = []
        for name, expression in rule.dynamics.system.updates:
            if name == WEIGHT:
                text, bits = to_text(self._rounded(writer, expression)), self._bits
            else:
                text = to_text(writer.to(expression, states[name].fraction))
                bits = word.state_bits
            lines.append(f"{name}(t+1) = saturate({text}, {bits})")
        scales = {name: 2.0**-form.fraction for name, form in states.items()}
        integer = Plasticity(
            name=rule.name,
            equations="\n".join((*lines, *bindings)),
            reads=rule.reads,
            initial={
                name: float(round(value / scales[name])) for name, value in rule.initial.items()
            },
            number="integer",
            tables=writer.tables,
            scales=scales,
        )
        integer, reach = self._counted(integer)
        notes = [*writer.notes, f"{reach.verdict(counted=bool(integer.tallies))}; {reach}"]
        return integer, [*self._said(scales), *(f"{self.edge.name}: {note}" for note in notes)]

    def _counted(self, rule: Plasticity) -> Counted:
        """The rule with a count of what may overflow, whatever its units do."""
        formats = self.formats
        bits = Bits(
            state=max(formats.word.state_bits, self._bits),
            port=formats.accumulator_bits,
            result=_WIDEST,
        )
        sent = {"s_pre": self.edge.source, "s_post": self.edge.target}
        most = {name: largest_sent(formats, source) for name, source in sent.items()}
        graded = {name for name, source in sent.items() if source in formats.payload}
        word = bits.word(formats.word.intermediate_bits)
        started = {n: (int(v), int(v)) for n, v in rule.initial.items()}
        return counted(
            rule,
            bits,
            inputs={
                **{name: (-m if name in graded else 0, m) for name, m in most.items()},
                **dict.fromkeys(rule.reads, word),
            },
            initial={**started, WEIGHT: Bits.word(bits, self._bits)},
        )

    @property
    def _bits(self) -> int:
        return self.formats.learning_bits or 0

    def _inputs(self) -> dict[str, Fixed]:
        """The formats of what both units sent, and of what the rule reads."""
        found = {
            "s_pre": self._sent("s_pre", self.edge.source),
            "s_post": self._sent("s_post", self.edge.target),
        }
        for name in self.rule.reads:
            places = -math.log2(self.target.scales.get(name, 1.0))
            if not places.is_integer():
                raise UnsupportedError(f"{name} is not on a binary grid")
            low, high = self.formats.range(self.edge.target, name)
            found[name] = Fixed(expression=Name(name), fraction=int(places), low=low, high=high)
        return found

    def _sent(self, name: str, source: str) -> Fixed:
        low, high = self.formats.outputs.get(source, (0.0, 1.0))
        fraction = self.formats.payload.get(source, 0)
        return Fixed(expression=Name(name), fraction=fraction, low=min(low, 0), high=max(high, 0))

    def _state(self, name: str) -> Fixed:
        if name == WEIGHT:
            places = round(-math.log2(self.edge.scale))
            end = self.edge.scale * (2 ** (self._bits - 1) - 1)
            return Fixed(expression=Name(name), fraction=places, low=-end, high=end)
        low, high = self.formats.range(self.edge.name, name)
        fraction = self.formats.word.state_fraction(low, high)
        return Fixed(expression=Name(name), fraction=fraction, low=low, high=high)

    def _finer(self, weight: Fixed) -> Fixed:
        """The weight on the grid of a state of its range, so that constants next to it are too."""
        word = self.formats.word
        fraction = max(word.state_fraction(weight.low, weight.high), weight.fraction)
        moved = word.moved(weight.expression, fraction - weight.fraction)
        return replace(weight, expression=moved, fraction=fraction)

    def _rounded(self, writer: Writer, expression: Expression) -> Expression:
        """The new weight, up or down by chance."""
        value = writer.number(expression)
        more = value.fraction - round(-math.log2(self.edge.scale))
        if more <= 0:
            return writer.word.moved(value.expression, -more)
        draw = Draw(self.rule.dynamics.system.draws)
        chance = Call("fixed", (draw, Number(float(more))))
        drawn = Call("add", (value.expression, chance))
        return Call("shiftdown", (drawn, Number(float(more))))

    def _said(self, scales: Mapping[str, float]) -> list[str]:
        end = self.edge.scale * (2 ** (self._bits - 1) - 1)
        seen = self.formats.ranges[self.edge.name, WEIGHT]
        lines = [
            f"{self.edge.name}: learned weights of {self._bits} bits in steps of "
            f"{self.edge.scale:.3g}, seen [{seen.low:.3g}, {seen.high:.3g}], saturate at "
            f"+-{end:.3g}, rounded up or down by chance"
        ]
        traces = ", ".join(f"{n} in steps of {s:.3g}" for n, s in scales.items() if n != WEIGHT)
        return [*lines, f"{self.edge.name}: {traces}"] if traces else lines
