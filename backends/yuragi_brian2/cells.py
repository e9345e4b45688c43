"""A population as a NeuronGroup: equations, code before and after the integrator, reset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi import noise
from yuragi.equations.tree import Expression, Name, names
from yuragi.graph import Graph, Node, Stimulus
from yuragi_brian2.expressions import Writer
from yuragi_brian2.plan import Cells, Seen

__all__ = ["Arrival", "Batch", "cells"]

Array = NDArray[Any]
_NOISE = re.compile("x+i(_|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Trials first to first + trials - 1, for so many steps of dt seconds."""

    first: int
    trials: int
    steps: int
    dt: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The sum of a projection at its target.

    summed: formed at every step, not by events, so that it need not be cleared.
    """

    port: str
    variable: str
    summed: bool


@dataclass(slots=True)
class _Draft:
    """The texts of a population while they are written.

    Names in the code end with a letter for their kind, so none of a file's words is left as it is,
    and none meets a word of Brian2's: v_s a state, i_p a port, tau_c a parameter, x_o and x_l an
    algebraic variable of the old and of the new state, x_a the latter kept for later, x_e within
    differential equations.
    """

    node: Node
    batch: Batch
    history: int
    stored: frozenset[str]
    writer: Writer
    lines: list[str] = field(default_factory=list)
    equations: list[str] = field(default_factory=list)
    constants: dict[str, float] = field(default_factory=dict)
    values: dict[str, Array] = field(default_factory=dict)
    stimuli: dict[str, Array] = field(default_factory=dict)

    def names(self, binding: str) -> dict[str, str]:
        """Text to code; `binding` is the letter of algebraic variables."""
        dynamics = self.node.dynamics
        kinds: tuple[tuple[str, Iterable[str]], ...] = (
            ("s", dynamics.system.states),
            ("p", dynamics.ports),
            ("c", (*dynamics.parameters, "dt")),
            (binding, (name for name, _ in dynamics.system.bindings)),
        )
        return {name: _coded(name, letter) for letter, listed in kinds for name in listed}

    def add(self, line: str) -> None:
        self.lines.append(line)

    def declare(self, name: str, kind: str = "1") -> None:
        self.equations.append(f"{name} : {kind}")

    def tiled(self, values: Array) -> Array:
        """One value for each unit of each trial."""
        return np.tile(np.broadcast_to(values, self.node.size), self.batch.trials)

    def block(self) -> str:
        """The lines written since the last block."""
        text = "\n".join(self.lines)
        self.lines.clear()
        return text


def _coded(name: str, letter: str) -> str:
    """A word of the text in the code.

    Brian2 reads xi and xi_... as its white noise: they get one x more, and so do those with more.
    """
    return f"{'x' * bool(_NOISE.match(name))}{name}_{letter}"


def cells(
    graph: Graph,
    node: Node,
    arrivals: Sequence[Arrival],
    *,
    name: str,
    order: int,
    history: int,
    batch: Batch,
) -> Cells:
    """The NeuronGroup of a population.

    arrivals: in the order in which the reference adds them.
    history: for how many steps more a value that is sent must be kept.
    """
    dynamics, system = node.dynamics, node.dynamics.system
    probes = [probe for probe in graph.probes if probe.node == node.name]
    draft = _Draft(
        node=node,
        batch=batch,
        history=history,
        stored=_stored(node, [probe.variable for probe in probes]),
        writer=_writer(node, batch.trials),
    )
    _parameters(draft, graph)
    _gather(draft, arrivals, [s for s in graph.stimuli if s.target == node.name])
    method = _derivatives(draft) if system.derivatives else None
    before = _update(draft)
    _emit(draft)
    after = draft.block()
    threshold, reset = _spike(draft)
    letter = dict.fromkeys(system.states, "s")
    return Cells(
        name=name,
        title=node.name,
        size=node.size * batch.trials,
        order=order,
        equations="\n".join(draft.equations),
        method=method,
        threshold=threshold,
        reset=reset,
        before=before,
        after=after,
        constants=draft.constants | draft.writer.constants,
        values=draft.values,
        functions=tuple(sorted(draft.writer.functions)),
        stimuli=draft.stimuli,
        seen=tuple(
            Seen(
                variable=p.variable,
                name=_coded(p.variable, letter.get(p.variable, "a")),
                every=p.every,
            )
            for p in dict.fromkeys(probes)
            if p.variable != "spikes"
        ),
        spikes=dynamics.spiking,
        value="sent_y" if dynamics.spiking and dynamics.graded else None,
    )


def _stored(node: Node, probed: Iterable[str]) -> frozenset[str]:
    """The algebraic variables that are read after the block that computes them."""
    system = node.dynamics.system
    later = set(probed)
    for expression in (e for _, e in system.reset):
        later |= names(expression)
    if system.threshold is not None:
        later |= names(system.threshold)
    return frozenset(later & {name for name, _ in system.bindings})


def _writer(node: Node, trials: int) -> Writer:
    unit = "i" if trials == 1 else "unit_y"

    def draw(index: int) -> str:
        return f"uniform_f(key0_y, key1_y, {unit}, t_in_timesteps, trial_y, {float(index)!r})"

    return Writer(draw=draw, divides=lambda _, y: _never_zero(node, y))


def _never_zero(node: Node, divisor: Expression) -> bool:
    """Whether it is a parameter or a number, none of whose values is 0."""
    if isinstance(divisor, Name) and divisor.id in node.parameters:
        return bool(np.all(node.parameters[divisor.id] != 0.0))
    return not names(divisor) and getattr(divisor, "value", 0.0) != 0.0


def _parameters(draft: _Draft, graph: Graph) -> None:
    node, batch = draft.node, draft.batch
    rename = draft.names("a")
    for name, value in node.parameters.items():
        if value.ndim:
            draft.declare(rename[name], "1 (constant)")
            draft.values[rename[name]] = draft.tiled(value)
        else:
            draft.constants[rename[name]] = float(value)
    draft.constants[rename["dt"]] = batch.dt
    for name in node.dynamics.system.states:
        draft.values[rename[name]] = draft.tiled(node.initial[name])
    if node.dynamics.system.draws:
        key = noise.key(graph.seed, node.name)
        draft.constants |= {"key0_y": float(key[0]), "key1_y": float(key[1])}
        draft.declare("trial_y", "1 (constant)")
        trials = batch.first + np.arange(batch.trials, dtype=np.float64)
        draft.values["trial_y"] = np.repeat(trials, node.size)
    if batch.trials > 1:
        draft.declare("unit_y", "integer (constant)")
        draft.values["unit_y"] = np.tile(np.arange(node.size), batch.trials)


def _gather(draft: _Draft, arrivals: Sequence[Arrival], stimuli: Sequence[Stimulus]) -> None:
    """The sum at each port: projections, then stimuli."""
    node, system = draft.node, draft.node.dynamics.system
    late = [e for _, e in system.reset]
    if system.threshold is not None:
        late.append(system.threshold)
    kept = frozenset().union(*(names(e) for e in late))
    for port in node.dynamics.ports:
        terms = []
        for arrival in arrivals:
            if arrival.port == port:
                draft.declare(arrival.variable)
                terms.append(arrival.variable)
        terms += [_stimulus(draft, s) for s in stimuli if s.port == port]
        if system.derivatives or port in kept:
            draft.declare(_coded(port, "p"))
        draft.add(f"{_coded(port, 'p')} = {' + '.join(terms) or '0.0'}")
    for arrival in arrivals:
        if not arrival.summed:
            draft.add(f"{arrival.variable} = 0.0")


def _stimulus(draft: _Draft, stimulus: Stimulus) -> str:
    values = stimulus.values[..., : draft.batch.steps, :]
    unit = "i"
    if values.ndim == 3:
        first = draft.batch.first
        chosen = values[first : first + draft.batch.trials]
        values = chosen.transpose(1, 0, 2).reshape(values.shape[1], -1)
    elif draft.batch.trials > 1:
        unit = "unit_y"
    name = f"stimulus{len(draft.stimuli)}_{draft.node.dynamics.ports.index(stimulus.port)}"
    draft.stimuli[name] = np.vstack((values, np.zeros((1, values.shape[1]))))
    return f"{name}(t, {unit})"


def _derivatives(draft: _Draft) -> str:
    """The differential equations and the algebraic lines that they use; returns the method."""
    system = draft.node.dynamics.system
    rename = draft.names("e")
    method = draft.node.dynamics.method
    opaque = Writer(
        draw=draft.writer.draw,
        divides=lambda x, y: _divides(draft, method, x, y),
        opaque=True,
    )
    for name, expression in system.derivatives:
        text = opaque.write(expression, rename)
        draft.equations.append(f"d{rename[name]}/dt = ({text})/second : 1")
    for name, expression in system.needed([e for _, e in system.derivatives]):
        draft.equations.append(f"{rename[name]} = {opaque.write(expression, rename)} : 1")
    draft.writer.functions |= opaque.functions
    draft.constants |= opaque.constants
    return method


def _divides(draft: _Draft, method: str, x: Expression, y: Expression) -> bool:
    """Whether sympy shall see a quotient: where it has to find a linear form."""
    if _never_zero(draft.node, y):
        return True
    bound = {
        *draft.node.dynamics.system.states,
        *(n for n, _ in draft.node.dynamics.system.bindings),
    }
    return method in ("exact", "exponential_euler") and not (names(x) & bound <= names(y) & bound)


def _update(draft: _Draft) -> str:
    """Maps from the old state.  Returns the block before the integrator, empty where there is none.

    What it reads twice is not written before everything is computed: all units move at once.
    """
    dynamics, system = draft.node.dynamics, draft.node.dynamics.system
    held = system.held if dynamics.refractory else ()
    integrated = [name for name, _ in system.derivatives]
    old = draft.names("o")
    if dynamics.refractory:
        draft.declare("free_y", "boolean")
        draft.declare("wait_y")
        draft.add("free_y = wait_y == 0.0")
        draft.add("waits = where_f(wait_y > 0.0, wait_y - 1.0, 0.0)")
        draft.add("wait_y = waits")
        draft.writer.functions.add("where")
    for name, expression in system.needed([e for _, e in system.updates]):
        draft.add(f"{old[name]} = {draft.writer.write(expression, old)}")
    for name, expression in system.updates:
        text = draft.writer.write(expression, old)
        if name in held:
            text = f"where_f(free_y, {text}, {old[name]})"
        draft.add(f"{_coded(name, 'n')} = {text}")
    ready = "w" if integrated else "n"
    for name in integrated:
        if name in held:
            draft.declare(_coded(name, "h"))
            draft.add(f"{_coded(name, 'h')} = {old[name]}")
    before = _cut(draft, [name for name, _ in system.updates]) if integrated else ""
    for name in integrated:
        if name in held:
            draft.add(f"{_coded(name, 'n')} = where_f(free_y, {old[name]}, {_coded(name, 'h')})")
            draft.add(f"{old[name]} = {_coded(name, 'n')}")
    for name, _ in system.updates:
        draft.declare(old[name])
        draft.add(f"{old[name]} = {_coded(name, ready)}")
    return before


def _cut(draft: _Draft, mapped: Iterable[str]) -> str:
    """The block up to here; what maps computed waits in arrays until the integrator is done."""
    for name in mapped:
        draft.declare(_coded(name, "w"))
        draft.add(f"{_coded(name, 'w')} = {_coded(name, 'n')}")
    return draft.block()


def _emit(draft: _Draft) -> None:
    """Algebraic variables on the new state, and the value that is sent, with its history."""
    dynamics, system = draft.node.dynamics, draft.node.dynamics.system
    new = draft.names("l")
    roots: list[Expression] = [Name(name) for name in sorted(draft.stored)]
    if dynamics.output:
        roots.append(Name(dynamics.output))
    for name, expression in system.needed(roots):
        draft.add(f"{new[name]} = {draft.writer.write(expression, new)}")
    for name in sorted(draft.stored):
        draft.declare(_coded(name, "a"))
        draft.add(f"{_coded(name, 'a')} = {new[name]}")
    if not dynamics.output:
        return
    draft.declare("sent_y")
    for late in range(draft.history, 0, -1):
        draft.declare(f"sent{late}_y")
        earlier = f"sent{late - 1}_y" if late > 1 else "sent_y"
        draft.add(f"sent{late}_y = {earlier}")
    draft.add(f"sent_y = {new[dynamics.output]}")


def _spike(draft: _Draft) -> tuple[str | None, str]:
    """Threshold and reset; the reset's code runs for the units that spiked."""
    dynamics, system = draft.node.dynamics, draft.node.dynamics.system
    if system.threshold is None:
        return None, ""
    new = draft.names("a")
    threshold = draft.writer.write(system.threshold, new)
    if dynamics.refractory:
        threshold = f"free_y and {threshold}"
    for count, (name, expression) in enumerate(system.reset):
        draft.add(f"reset{count} = {draft.writer.write(expression, new)}")
        draft.add(f"{new[name]} = reset{count}")
    if dynamics.refractory:
        draft.add(f"wait_y = {float(dynamics.refractory)!r}")
    return threshold, draft.block()
