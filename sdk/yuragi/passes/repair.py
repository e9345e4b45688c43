"""repair: broken limits mended, measured again, and what the mending costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from yuragi.errors import YuragiError
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.check import Check, CheckReport, Violation, check_report
from yuragi.passes.pipeline import LogEntry, Pass, run_passes
from yuragi.passes.place import Place
from yuragi.passes.quantise import Quantise
from yuragi.passes.repair_actions import Repairing, mend
from yuragi.passes.repair_cost import cost_lines
from yuragi.passes.split import Split

__all__ = ["Repaired", "find_repair", "reasons"]

_ROUNDS = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repaired:
    """A network that holds every limit, and how it came to.

    graph: the description, mended.      passes: with the options that it needs.
    lowered, log: what they make of it.
    actions: what was done, in words.    costs: what that costs, in words.
    same: whether the network is the one that was given, only spread over more cores.
    """

    graph: Graph
    passes: tuple[Pass, ...]
    lowered: Graph
    log: tuple[LogEntry, ...]
    actions: tuple[str, ...]
    costs: tuple[str, ...]
    same: bool

    def __str__(self) -> str:
        return "; ".join(self.actions) + "\n  costs: " + ", ".join(self.costs)


def find_repair(graph: Graph, profile: Profile, passes: tuple[Pass, ...]) -> Repaired | None:
    """A network that holds every limit of the profile; None where no repair is known.

    Splits, relays, pruning, coarser tables and weights, fewer cores: whatever the broken limits
    ask for, applied and measured again until all hold.
    """
    cut = next((k for k, step in enumerate(passes) if isinstance(step, Quantise)), 0)
    front, back = passes[:cut], [step for step in passes[cut:] if not isinstance(step, Check)]
    try:
        described, first_log = run_passes(graph, profile, front)
        before, _, report = _attempt(described, profile, back)
    except YuragiError:
        return None
    state = Repairing(graph=described, profile=profile, lowered=before)
    log: tuple[LogEntry, ...] = ()
    for _ in range(_ROUNDS):
        if not report.violations:
            break
        mended = mend(state, report.violations)
        if mended is None or mended is state:
            return None
        try:
            lowered, log, report = _attempt(mended.graph, profile, _with(back, mended))
        except YuragiError:
            return None
        state = replace(mended, lowered=lowered)
    if report.violations or not state.actions:
        return None
    return Repaired(
        graph=state.graph,
        passes=(*front, *_with(back, state), Check()),
        lowered=state.lowered,
        log=(*first_log, *log),
        actions=state.actions,
        costs=cost_lines((described, before), (state.graph, state.lowered), profile)
        + ((f"weight error {state.weight_error:.2%}",) if state.weight_error else ()),
        same=state.same,
    )


def _attempt(
    graph: Graph, profile: Profile, back: Iterable[Pass]
) -> tuple[Graph, tuple[LogEntry, ...], CheckReport]:
    lowered, log = run_passes(graph, profile, back)
    return lowered, log, check_report(lowered, profile)


def _with(back: Iterable[Pass], state: Repairing) -> tuple[Pass, ...]:
    changed: list[Pass] = []
    for step in back:
        if isinstance(step, Split):
            changed.append(replace(step, most={**step.most, **state.most}))
        elif isinstance(step, Quantise) and state.segments is not None:
            changed.append(replace(step, segments=state.segments))
        elif isinstance(step, Place) and state.fewest_cores:
            changed.append(replace(step, objective="fewest"))
        else:
            changed.append(step)
    return tuple(changed)


_BEYOND_REPAIR: Mapping[str, str] = {
    "weight_types_per_core": "every weight would have to become one of fewer values",
    "chips_max": "it takes more chips than there are, with populations that share cores too",
    "operations_per_update": "the equations are the model; one with fewer operations is another",
    "inputs_max": "fewer inputs would be another task; the inputs can be projected onto fewer",
    "outputs_max": "fewer outputs would be another task; read out fewer units",
}


def reasons(violations: Iterable[object]) -> tuple[str, ...]:
    """Why nothing mends what is broken: for each limit, in words."""
    tried = "smaller parts, fewer cores and smaller weights were tried and it stays broken"
    codes = dict.fromkeys(v.code for v in violations if isinstance(v, Violation))
    return tuple(f"{code}: {_BEYOND_REPAIR.get(code, tried)}" for code in codes)
