"""Learning rules as code: of every synapse, and of the traces that units keep for theirs.

The words of the rule of projection k end with l and k: x_l0 is a state, a parameter or a table. All
states move at once: the synapses are first, since they read the traces, the traces second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.graph import Edge, Graph, Node
from yuragi.learning import stream
from yuragi.plasticity import WEIGHT, Place, Plasticity
from yuragi_brian2.draft import Batch, Draft, coded, drawn, never_zero
from yuragi_brian2.expressions import Writer
from yuragi_brian2.integer_expressions import IntegerWriter
from yuragi_brian2.plan import Block, Learning, Namespace, Seen

__all__ = ["Rule", "event", "rule_of", "synapses", "traces"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """How the weights of a projection learn.

    number: of the projection in the code.      order: of the synapses within a step.
    begins: the step in which both populations have begun.
    """

    graph: Graph
    edge: Edge
    plasticity: Plasticity
    number: int
    order: int
    begins: int

    @property
    def source(self) -> Node:
        """The population that sends."""
        return self.graph.node(self.edge.source)

    @property
    def target(self) -> Node:
        """The population that receives."""
        return self.graph.node(self.edge.target)

    def word(self, name: str) -> str:
        """A word of the rule in the code."""
        return coded(name, f"l{self.number}")

    def names(self, place: Place) -> dict[str, str]:
        """Text to code, in the code of a place."""
        rule = self.plasticity
        pre, post = ("_pre", "_post") if place == "synapse" else ("", "")
        end = {"source": pre, "target": post, "synapse": ""}
        plain = (
            *rule.parameters,
            *rule.tables,
            "dt",
            *(n for n, _ in rule.dynamics.system.bindings),
        )
        found = {name: self.word(name) for name in plain}
        found |= {n: self.word(n) + end[rule.places[n]] for n in rule.dynamics.system.states}
        states = self.target.dynamics.system.states
        found |= {n: coded(n, "s" if n in states else "a") + post for n in rule.reads}
        found["s_pre"] = event(self.source) + pre
        # A population that sends nothing may learn all the same.
        sends = self.target.dynamics.spiking or self.target.dynamics.graded
        found["s_post"] = event(self.target) + post if sends else "0" if rule.integer else "0.0"
        return found | ({WEIGHT: WEIGHT} if place == "synapse" else {})

    def seen(self, place: Place) -> tuple[Seen, ...]:
        """What is probed of the states that are kept in a place."""
        return tuple(
            Seen(
                node=self.edge.name,
                variable=probe.variable,
                name=WEIGHT if probe.variable == WEIGHT else self.word(probe.variable),
                every=probe.every,
            )
            for probe in dict.fromkeys(self.graph.probes)
            if probe.node == self.edge.name and self.plasticity.places[probe.variable] == place
        )

    def started(self, name: str) -> Array:
        """The value of a state at the start.  shape ()"""
        kind = np.int64 if self.plasticity.integer else np.float64
        return np.asarray(self.plasticity.initial.get(name, 0.0)).astype(kind)


def rule_of(graph: Graph, edge: Edge, *, number: int, order: int) -> Rule | None:
    """The rule of a projection, None where it does not learn."""
    if edge.plasticity is None:
        return None
    begins = max(graph.node(edge.source).latency, graph.node(edge.target).latency)
    return Rule(
        graph=graph,
        edge=edge,
        plasticity=edge.plasticity,
        number=number,
        order=order,
        begins=begins,
    )


def event(node: Node) -> str:
    """The variable of what a unit sent in this step, 0 for nothing."""
    return "event_y" if node.dynamics.spiking else "sent_y"


def traces(draft: Draft, rule: Rule, place: Place) -> None:
    """Add the states that each unit of a population keeps for all its synapses."""
    states = rule.plasticity.states(place)
    for name in states:
        word = rule.word(name)
        draft.number(word)
        draft.values[word] = draft.tiled(rule.started(name))
    text = _Text(
        rule=rule,
        functions=draft.writer.functions,
        constants=draft.constants,
        unit=lambda _: draft.numbered(),
    )
    for line in text.moves(place):
        draft.add(line)
    draft.tables |= text.tables()


def synapses(rule: Rule, batch: Batch) -> tuple[str, Learning]:
    """What each synapse of a projection keeps: declarations, and the code that moves it.

    Synapses are numbered by target, sources ascending, trial by trial.
    """
    matrix = rule.edge.weights.csr()
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    units = {"source": matrix.indices, "target": rows, "synapse": np.arange(matrix.nnz)}
    values: dict[str, Array] = {}

    def unit(place: Place) -> tuple[str, str]:
        values[f"{place}_y"] = np.tile(units[place], batch.trials)
        values["during_y"] = np.repeat(batch.first + np.arange(batch.trials), matrix.nnz)
        return f"{place}_y", "during_y"  # trial_y is the units'

    text = _Text(rule=rule, functions=set(), constants={}, unit=unit)
    lines = list(text.moves("synapse"))
    declared = [f"{name} : integer (constant)" for name in values]
    kind = "integer" if rule.plasticity.integer else "1"
    kept = [name for name in rule.plasticity.states("synapse") if name != WEIGHT]
    for name in kept:
        declared.append(f"{rule.word(name)} : {kind}")
        values[rule.word(name)] = np.full(matrix.nnz * batch.trials, rule.started(name))
    learning = Learning(
        block=Block(name=f"learning{rule.number}", order=rule.order, text="\n".join(lines)),
        whole=tuple(rule.word(n) for n in kept) if rule.plasticity.integer else (),
        namespace=Namespace(
            constants=text.constants,
            functions=tuple(sorted(text.functions)),
            tables=text.tables(),
        ),
        values=values,
        seen=rule.seen("synapse"),
        tallies=tuple(
            (rule.plasticity.places[name], rule.word(name), what)
            for name, what in rule.plasticity.tallies.items()
        ),
    )
    return "\n".join(declared), learning


@dataclass(slots=True)
class _Text:
    """The code of a rule in one object: a Synapses, or the NeuronGroup of one of its ends.

    functions, constants: collected.
    unit: the code of the number of a unit or synapse and of its trial, for a draw at a place.
    """

    rule: Rule
    functions: set[str]
    constants: dict[str, float]
    unit: Callable[[Place], tuple[str, str]]
    writers: Mapping[Place, Writer | IntegerWriter] = field(init=False)

    def __post_init__(self) -> None:
        rule, dt = self.rule.plasticity, self.rule.graph.dt or 1.0
        known = {**rule.parameters, "dt": dt}
        number = int if rule.integer else float
        self.constants |= {self.rule.word(name): number(value) for name, value in known.items()}
        places: tuple[Place, ...] = ("source", "target", "synapse")
        self.writers = {place: self._writer(place) for place in places}

    def _writer(self, place: Place) -> Writer | IntegerWriter:
        rule = self.rule.plasticity
        if rule.integer:
            return IntegerWriter(
                draw=partial(self._draw, place),
                functions=self.functions,
                constants=self.constants,
            )
        parameters = {name: np.asarray(value) for name, value in rule.parameters.items()}
        return Writer(
            draw=partial(self._draw, place),
            divides=lambda _, y: never_zero(parameters, y),
            functions=self.functions,
            constants=self.constants,
        )

    def _draw(self, place: Place, index: int) -> str:
        rule = self.rule
        key = stream(rule.graph.seed, rule.edge, place)
        name = f"{place}{rule.number}_y"
        self.constants |= {f"key{k}_{name}": float(word) for k, word in enumerate(key)}
        return drawn(name, *self.unit(place), rule.target.latency, index)

    def tables(self) -> dict[str, tuple[int, ...]]:
        """The tables of the rule by their words."""
        return {self.rule.word(name): t for name, t in self.rule.plasticity.tables.items()}

    def moves(self, place: Place) -> Iterator[str]:
        """The lines that move the states of a place, all at once."""
        rule, system = self.rule.plasticity, self.rule.plasticity.dynamics.system
        names = self.rule.names(place)
        updates = [(n, e) for n, e in system.updates if rule.places[n] == place]
        for name, expression in system.needed([e for _, e in updates]):
            yield f"{names[name]} = {self.writers[rule.places[name]].write(expression, names)}"
        for name, expression in updates:
            text = self.writers[place].write(expression, names)
            if self.rule.begins:
                where = "where_w" if rule.integer else "where_f"
                self.functions.add(where)
                text = f"{where}(t_in_timesteps >= {self.rule.begins}, {text}, {names[name]})"
            yield f"{self._new(name)} = {text}"
        for name, _ in updates:
            yield f"{names[name]} = {self._new(name)}"

    def _new(self, name: str) -> str:
        return coded(name, f"n{self.rule.number}")
