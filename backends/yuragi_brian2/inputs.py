"""What a unit gets in a step: the sum at each of its ports, and whether there is any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.tree import names
from yuragi.graph import Stimulus
from yuragi_brian2.draft import Arrival, Draft, coded

__all__ = ["gather", "not_at_rest"]

Array = NDArray[Any]


def gather(draft: Draft, arrivals: Sequence[Arrival], stimuli: Sequence[Stimulus]) -> None:
    """The sum at each port: projections, then stimuli."""
    node, system = draft.node, draft.node.dynamics.system
    late = [e for _, e in system.reset]
    if system.threshold is not None:
        late.append(system.threshold)
    kept = frozenset().union(*(names(e) for e in late))
    whole = node.dynamics.integer
    zero = "0" if whole else "0.0"
    active = []
    for port in node.dynamics.ports:
        terms = [
            _waited(draft, a.variable, a.late, whole=whole) for a in arrivals if a.port == port
        ]
        terms += [_stimulus(draft, s) for s in stimuli if s.port == port]
        if system.derivatives or port in kept:
            draft.number(coded(port, "p"))
        draft.add(f"{coded(port, 'p')} = {' + '.join(terms) or zero}")
        if terms:
            active.append(f"{coded(port, 'p')} != {zero}")
    events = [_waited(draft, a.events, a.late) for a in arrivals if a.events]
    _count_active(draft, [*active, *(f"{name} != 0.0" for name in events)])
    for arrival in arrivals:
        _clear(draft, arrival, zero)


def _waited(draft: Draft, variable: str, late: int, *, whole: bool = False) -> str:
    """A variable, or what it was so many steps before."""
    if not late:
        return variable
    (text,) = draft.earlier(variable, (late,), whole=whole)
    name = f"late_{variable}"
    draft.add(f"{name} = {text}")
    return name


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
        active += not_at_rest(draft)
    if active:
        draft.declare("active_y", "boolean")
        draft.add(f"active_y = {' or '.join(active)}")


def not_at_rest(draft: Draft) -> list[str]:
    """The conditions under any of which a unit is not at rest."""
    dynamics = draft.node.dynamics
    states = [name for name in dynamics.system.states if name not in dynamics.tallies]
    return [f"{coded(name, 's')} != 0" for name in states]


def _stimulus(draft: Draft, stimulus: Stimulus) -> str:
    values = stimulus.values[..., : draft.batch.steps, :]
    unit = draft.unit
    if values.ndim == 3:
        first = draft.batch.first
        chosen = values[first : first + draft.batch.trials]
        values = chosen.transpose(1, 0, 2).reshape(values.shape[1], -1)
        unit = "i"
    name = f"stimulus{len(draft.stimuli)}_{draft.node.dynamics.ports.index(stimulus.port)}"
    draft.stimuli[name] = np.vstack((values, np.zeros((1, values.shape[1]))))
    if not draft.node.dynamics.integer:
        return f"{name}(t, {unit})"
    draft.writer.functions.add("whole_w")
    return f"whole_w({name}(t, {unit}))"
