"""A population as a NeuronGroup: equations, code before and after the integrator, reset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from yuragi import noise
from yuragi.equations.tree import Expression, Name, names
from yuragi.graph import Graph, Node, Probe
from yuragi.plasticity import Place
from yuragi_brian2.draft import Arrival, Batch, Draft, coded, drawn, never_zero
from yuragi_brian2.expressions import Writer
from yuragi_brian2.inputs import gather, not_at_rest
from yuragi_brian2.integer_expressions import IntegerWriter
from yuragi_brian2.plan import Block, Cells, Seen
from yuragi_brian2.rules import Rule, traces

__all__ = ["cells"]


def cells(
    graph: Graph,
    node: Node,
    arrivals: Sequence[Arrival],
    rules: Sequence[Rule],
    *,
    name: str,
    order: int,
    late: Sequence[int],
    batch: Batch,
) -> Cells:
    """The NeuronGroup of a population.

    arrivals: in the order in which the reference adds them.
    rules: of the projections that learn and have it at one end.
    late: how many steps after it was sent a value is needed, 0 left out.
    """
    dynamics, system = node.dynamics, node.dynamics.system
    probes = [probe for probe in graph.probes if probe.node == node.name]
    draft = Draft(
        node=node,
        name=name,
        batch=batch,
        late=tuple(late),
        stored=_stored(node, probes, rules),
        told=bool(rules) and dynamics.spiking,
        writer=_writer(node, batch),
        tables={coded(key, "t"): table for key, table in dynamics.tables.items()},
    )
    _parameters(draft, graph)
    gather(draft, arrivals, [s for s in graph.stimuli if s.target == node.name])
    method = _derivatives(draft) if system.derivatives else None
    blocks = [Block(name=f"{name}_before", order=order + 1, text=_update(draft))]
    _emit(draft)
    blocks.append(Block(name=f"{name}_after", order=order + 3, text=draft.block()))
    threshold, reset = _spike(draft)
    kept = [(rule, place) for rule in rules for place in _ends(rule, node)]
    for rule, place in kept:
        traces(draft, rule, place)
        last = rule.order + 1
    if text := draft.block():
        blocks.append(Block(name=f"{name}_traces", order=last, text=text))
    return Cells(
        name=name,
        title=node.name,
        size=node.size * batch.trials,
        order=order,
        equations="\n".join(draft.equations),
        method=method,
        threshold=threshold,
        reset=reset,
        blocks=tuple(block for block in blocks if block.text),
        whole=tuple(draft.whole),
        namespace=draft.namespace(),
        values=draft.values,
        stimuli=draft.stimuli,
        seen=(*_seen(node, probes), *(seen for rule, place in kept for seen in rule.seen(place))),
        spikes=dynamics.spiking,
        value="sent_y" if dynamics.spiking and dynamics.graded else None,
    )


def _ends(rule: Rule, node: Node) -> Iterator[Place]:
    """The ends of a projection at which the population stands."""
    if rule.edge.source == node.name:
        yield "source"
    if rule.edge.target == node.name:
        yield "target"


def _seen(node: Node, probes: Iterable[Probe]) -> Iterator[Seen]:
    """The variables that are probed."""
    states = node.dynamics.system.states
    for probe in dict.fromkeys(probes):
        if probe.variable != "spikes":
            yield Seen(
                node=node.name,
                variable=probe.variable,
                name=coded(probe.variable, "s" if probe.variable in states else "a"),
                every=probe.every,
            )


def _stored(node: Node, probes: Iterable[Probe], rules: Iterable[Rule]) -> frozenset[str]:
    """The algebraic variables that are read after the block that computes them."""
    system = node.dynamics.system
    later = {probe.variable for probe in probes}
    for rule in rules:
        later |= {*rule.plasticity.reads} if rule.edge.target == node.name else set()
    for expression in (e for _, e in system.reset):
        later |= names(expression)
    if system.threshold is not None:
        later |= names(system.threshold)
    return frozenset(later & {name for name, _ in system.bindings})


def _writer(node: Node, batch: Batch) -> Writer | IntegerWriter:
    unit = "i" if batch.trials == 1 else "unit_y"

    def draw(index: int) -> str:
        return drawn("y", unit, "trial_y", node.latency, index)

    if node.dynamics.integer:
        return IntegerWriter(draw=draw)
    return Writer(draw=draw, divides=lambda _, y: never_zero(node.parameters, y))


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
        draft.numbered()
    if batch.trials > 1:
        draft.declare("unit_y", "integer (constant)")
        draft.values["unit_y"] = np.tile(np.arange(node.size), batch.trials)


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
    if never_zero(draft.node.parameters, y):
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
    held = dynamics.held if dynamics.refractory else ()
    integrated = [name for name, _ in system.derivatives]
    old = draft.names("o")
    _declare_moving(draft)
    if draft.told:
        draft.number("event_y")
        draft.add("event_y = 0")
    for name, expression in system.needed([e for _, e in system.updates]):
        draft.add(f"{old[name]} = {draft.writer.write(expression, old)}")
    for name, expression in system.updates:
        _move(draft, name, draft.writer.write(expression, old), old[name], held=name in held)
    ready = "w" if integrated else "n"
    for name in integrated:
        if name in held:
            draft.number(coded(name, "h"))
            draft.add(f"{coded(name, 'h')} = {old[name]}")
    before = _cut(draft, [name for name, _ in system.updates]) if integrated else ""
    for name in integrated:
        if name in held:
            _count_made(draft, old[name])
            kept = draft.chosen("free_y", old[name], coded(name, "h"))
            draft.add(f"{coded(name, 'n')} = {kept}")
            draft.add(f"{old[name]} = {coded(name, 'n')}")
    for name, _ in system.updates:
        draft.number(old[name])
        draft.add(f"{old[name]} = {coded(name, ready)}")
    return before


def _move(draft: Draft, name: str, made: str, old: str, *, held: bool) -> None:
    """The new value of a state: what its update makes, or the old one where it stands still."""
    if held:
        draft.add(f"{coded(name, 'm')} = {made}")
        made = coded(name, "m")
        if name not in draft.node.dynamics.tallies:
            _count_made(draft, made)
    if moving := _moving(draft, held=held):
        made = draft.chosen(moving, made, old)
    draft.add(f"{coded(name, 'n')} = {made}")


def _count_made(draft: Draft, made: str) -> None:
    """An update is active that does not leave 0, though a refractory unit does not keep it."""
    if draft.batch.activity == "state":
        moving = _moving(draft, held=False)
        draft.add(f"active_y = active_y or ({moving + ' and ' if moving else ''}{made} != 0)")


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
    if draft.batch.activity == "state" and (moved := not_at_rest(draft)):
        draft.add(f"active_y = active_y or {' or '.join(moved)}")
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
    if draft.late:
        values = draft.earlier("sent_y", draft.late, whole=dynamics.integer)
        for late, value in zip(draft.late, values, strict=True):
            draft.number(f"sent{late}_y")
            draft.add(f"sent{late}_y = {value}")


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
    if draft.told:
        draft.add(f"event_y = {'sent_y' if dynamics.graded else '1'}")
    return threshold, draft.block()
