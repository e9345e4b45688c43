"""A population as a NeuronGroup: equations, code before and after the integrator, reset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi import noise
from yuragi.equations.tree import Expression, Name, names
from yuragi.graph import Graph, Node, Stimulus
from yuragi_brian2.draft import Arrival, Batch, Draft, coded
from yuragi_brian2.expressions import Writer
from yuragi_brian2.integer_expressions import IntegerWriter
from yuragi_brian2.plan import Cells, Ring, Seen

__all__ = ["cells"]

Array = NDArray[Any]


def cells(
    graph: Graph,
    node: Node,
    arrivals: Sequence[Arrival],
    *,
    name: str,
    order: int,
    late: Sequence[int],
    batch: Batch,
) -> Cells:
    """The NeuronGroup of a population.

    arrivals: in the order in which the reference adds them.
    late: how many steps after it was sent a value is needed, 0 left out.
    """
    dynamics, system = node.dynamics, node.dynamics.system
    probes = [probe for probe in graph.probes if probe.node == node.name]
    draft = Draft(
        node=node,
        name=name,
        batch=batch,
        late=tuple(late),
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
        whole=tuple(draft.whole),
        constants=draft.constants | draft.writer.constants,
        values=draft.values,
        functions=tuple(sorted(draft.writer.functions)),
        tables={coded(key, "t"): table for key, table in dynamics.tables.items()},
        ring=_ring(draft) if late else None,
        stimuli=draft.stimuli,
        seen=tuple(
            Seen(
                variable=p.variable,
                name=coded(p.variable, letter.get(p.variable, "a")),
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


def _writer(node: Node, trials: int) -> Writer | IntegerWriter:
    unit = "i" if trials == 1 else "unit_y"
    step = f"t_in_timesteps - {node.latency}" if node.latency else "t_in_timesteps"

    def draw(index: int) -> str:
        return f"uniform_f(key0_y, key1_y, {unit}, {step}, trial_y, {float(index)!r})"

    if node.dynamics.integer:
        return IntegerWriter(draw=draw)
    return Writer(draw=draw, divides=lambda _, y: _never_zero(node, y))


def _never_zero(node: Node, divisor: Expression) -> bool:
    """Whether it is a parameter or a number, none of whose values is 0."""
    if isinstance(divisor, Name) and divisor.id in node.parameters:
        return bool(np.all(node.parameters[divisor.id] != 0.0))
    return not names(divisor) and getattr(divisor, "value", 0.0) != 0.0


def _parameters(draft: Draft, graph: Graph) -> None:
    node, batch = draft.node, draft.batch
    rename = draft.names("a")
    for name, value in node.parameters.items():
        if value.ndim:
            draft.number(rename[name], " (constant)")
            draft.values[rename[name]] = draft.tiled(value)
        else:
            draft.constants[rename[name]] = value.item() if node.dynamics.integer else float(value)
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


def _gather(draft: Draft, arrivals: Sequence[Arrival], stimuli: Sequence[Stimulus]) -> None:
    """The sum at each port: projections, then stimuli."""
    node, system = draft.node, draft.node.dynamics.system
    late = [e for _, e in system.reset]
    if system.threshold is not None:
        late.append(system.threshold)
    kept = frozenset().union(*(names(e) for e in late))
    zero = "0" if node.dynamics.integer else "0.0"
    active = []
    for port in node.dynamics.ports:
        terms = [arrival.variable for arrival in arrivals if arrival.port == port]
        terms += [_stimulus(draft, s) for s in stimuli if s.port == port]
        if system.derivatives or port in kept:
            draft.number(coded(port, "p"))
        draft.add(f"{coded(port, 'p')} = {' + '.join(terms) or zero}")
        if terms:
            active.append(f"{coded(port, 'p')} != {zero}")
    _count_active(draft, [*active, *(f"{a.events} != 0.0" for a in arrivals if a.events)])
    for arrival in arrivals:
        _clear(draft, arrival, zero)


def _clear(draft: Draft, arrival: Arrival, zero: str) -> None:
    """Declare what arrives, and make room for the next step."""
    draft.number(arrival.variable)
    if arrival.events:
        draft.declare(arrival.events)
    if not arrival.summed:
        draft.add(f"{arrival.variable} = {zero}")
        if arrival.events:
            draft.add(f"{arrival.events} = 0.0")


def _count_active(draft: Draft, active: list[str]) -> None:
    """Whether a unit has input; or is not at rest, which the update adds to."""
    if draft.batch.activity == "state":
        active += [f"{text} != 0" for text in _states(draft)]
    if active:
        draft.declare("active_y", "boolean")
        draft.add(f"active_y = {' or '.join(active)}")


def _states(draft: Draft) -> list[str]:
    """The states of which one that is not 0 means that a unit is not at rest."""
    dynamics = draft.node.dynamics
    return [coded(name, "s") for name in dynamics.system.states if name not in dynamics.tallies]


def _stimulus(draft: Draft, stimulus: Stimulus) -> str:
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
    if not draft.node.dynamics.integer:
        return f"{name}(t, {unit})"
    draft.writer.functions.add("whole_w")
    return f"whole_w({name}(t, {unit}))"


def _derivatives(draft: Draft) -> str:
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


def _divides(draft: Draft, method: str, x: Expression, y: Expression) -> bool:
    """Whether sympy shall see a quotient: where it has to find a linear form."""
    if _never_zero(draft.node, y):
        return True
    bound = {
        *draft.node.dynamics.system.states,
        *(n for n, _ in draft.node.dynamics.system.bindings),
    }
    return method in ("exact", "exponential_euler") and not (names(x) & bound <= names(y) & bound)


def _moving(draft: Draft, *, held: bool) -> str:
    """The condition under which a state moves; empty where it always does."""
    parts = ["begun_y"] if draft.node.latency else []
    return " and ".join([*parts, *(["free_y"] if held else [])])


def _declare_moving(draft: Draft) -> None:
    """The flags that let states move: the population has begun, the unit is not refractory."""
    if draft.node.latency:
        draft.declare("begun_y", "boolean")
        draft.add(f"begun_y = t_in_timesteps >= {draft.node.latency}")
    if draft.node.dynamics.refractory:
        draft.declare("free_y", "boolean")
        draft.declare("wait_y")
        draft.add("free_y = wait_y == 0.0")
        draft.add("waits = where_f(wait_y > 0.0, wait_y - 1.0, 0.0)")
        draft.add("wait_y = waits")
        draft.writer.functions.add("where_f")


def _update(draft: Draft) -> str:
    """Maps from the old state.  Returns the block before the integrator, empty where there is none.

    What it reads twice is not written before everything is computed: all units move at once.
    """
    dynamics, system = draft.node.dynamics, draft.node.dynamics.system
    held = system.held if dynamics.refractory else ()
    integrated = [name for name, _ in system.derivatives]
    old = draft.names("o")
    _declare_moving(draft)
    for name, expression in system.needed([e for _, e in system.updates]):
        draft.add(f"{old[name]} = {draft.writer.write(expression, old)}")
    for name, expression in system.updates:
        text = draft.writer.write(expression, old)
        if moving := _moving(draft, held=name in held):
            text = draft.chosen(moving, text, old[name])
        draft.add(f"{coded(name, 'n')} = {text}")
    ready = "w" if integrated else "n"
    for name in integrated:
        if name in held:
            draft.number(coded(name, "h"))
            draft.add(f"{coded(name, 'h')} = {old[name]}")
    before = _cut(draft, [name for name, _ in system.updates]) if integrated else ""
    for name in integrated:
        if name in held:
            kept = draft.chosen("free_y", old[name], coded(name, "h"))
            draft.add(f"{coded(name, 'n')} = {kept}")
            draft.add(f"{old[name]} = {coded(name, 'n')}")
    for name, _ in system.updates:
        draft.number(old[name])
        draft.add(f"{old[name]} = {coded(name, ready)}")
    return before


def _cut(draft: Draft, mapped: Iterable[str]) -> str:
    """The block up to here; what maps computed waits in arrays until the integrator is done."""
    for name in mapped:
        draft.number(coded(name, "w"))
        draft.add(f"{coded(name, 'w')} = {coded(name, 'n')}")
    return draft.block()


def _emit(draft: Draft) -> None:
    """Algebraic variables on the new state, and the value that is sent, with its history."""
    dynamics, system = draft.node.dynamics, draft.node.dynamics.system
    new = draft.names("l")
    if draft.batch.activity == "state" and _states(draft):
        draft.add(f"active_y = active_y or {' or '.join(f'{s} != 0' for s in _states(draft))}")
    roots: list[Expression] = [Name(name) for name in sorted(draft.stored)]
    if dynamics.output:
        roots.append(Name(dynamics.output))
    for name, expression in system.needed(roots):
        draft.add(f"{new[name]} = {draft.writer.write(expression, new)}")
    for name in sorted(draft.stored):
        draft.number(coded(name, "a"))
        draft.add(f"{coded(name, 'a')} = {new[name]}")
    if not dynamics.output:
        return
    draft.number("sent_y")
    value = new[dynamics.output]
    draft.add(f"sent_y = {draft.chosen('begun_y', value, '0') if draft.node.latency else value}")
    for late in draft.late:
        draft.number(f"sent{late}_y")
        draft.add(f"sent{late}_y = {_ring(draft).name}(sent_y, i, t_in_timesteps, {late})")


def _ring(draft: Draft) -> Ring:
    return Ring(
        name=f"{draft.name}_earlier",
        depth=max(draft.late) + 1,
        size=draft.node.size * draft.batch.trials,
        whole=draft.node.dynamics.integer,
    )


def _spike(draft: Draft) -> tuple[str | None, str]:
    """Threshold and reset; the reset's code runs for the units that spiked."""
    dynamics, system = draft.node.dynamics, draft.node.dynamics.system
    if system.threshold is None:
        return None, ""
    new = draft.names("a")
    threshold = draft.writer.condition(system.threshold, new)
    if moving := _moving(draft, held=bool(dynamics.refractory)):
        threshold = f"{moving} and {threshold}"
    for count, (name, expression) in enumerate(system.reset):
        draft.add(f"reset{count} = {draft.writer.write(expression, new)}")
        draft.add(f"{new[name]} = reset{count}")
    if dynamics.refractory:
        draft.add(f"wait_y = {float(dynamics.refractory)!r}")
    return threshold, draft.block()
