"""The pipeline that turns a described network into one that a chip can hold."""

from __future__ import annotations

from yuragi.errors import CapacityError
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.admit import refuse_foreign_units, refuse_incomplete, refuse_unemulated
from yuragi.passes.check import Check
from yuragi.passes.discretise import Discretise
from yuragi.passes.encode import Encode
from yuragi.passes.options import Options
from yuragi.passes.pipeline import LogEntry, Pass, imported, run_passes
from yuragi.passes.place import Place
from yuragi.passes.quantise import Quantise
from yuragi.passes.repair import find_repair, reasons
from yuragi.passes.retime import Retime
from yuragi.passes.route import Route
from yuragi.passes.split import Split

__all__ = ["PASSES", "lower", "pipeline"]

_FEW_SYNAPSES = 10_000_000


def pipeline(options: Options) -> tuple[Pass, ...]:
    """The passes in their order, with a user's options."""
    return (
        Discretise(),
        Retime(),
        Encode(kind=options.encode),
        Quantise(
            margin=options.margin,
            formats=dict(options.formats),
            segments=options.segments,
            calibration_steps=options.calibration_steps,
            dialect=options.dialect,
        ),
        Split(max_units=options.max_units),
        Place(objective=options.placement),
        Route(multicast=options.multicast or None),
        Check(),
    )


PASSES: tuple[Pass, ...] = pipeline(Options())


def lower(
    graph: Graph, profile: Profile, passes: tuple[Pass, ...] = PASSES
) -> tuple[Graph, tuple[LogEntry, ...]]:
    """The graph after every pass, and the log.

    Parts are cut smaller until every limit holds, where that is enough; the log says so. Raises
    UnsupportedError or CapacityError with all violations and the repair that would hold; where a
    chip is not emulated, passes that end with `Check` raise UnsupportedError after every limit was
    found to hold.
    """
    refuse_incomplete(profile)
    refuse_foreign_units(graph, profile)
    try:
        lowered, log = run_passes(graph, profile, passes)
    except CapacityError as problem:
        lowered, log = _repaired(graph, profile, passes, problem)
    if any(isinstance(step, Check) for step in passes):
        refuse_unemulated(profile)
    return lowered, (*imported(graph), *log)


def _repaired(
    graph: Graph, profile: Profile, passes: tuple[Pass, ...], problem: CapacityError
) -> tuple[Graph, tuple[LogEntry, ...]]:
    """The same network on more cores, or a refusal that says what would help."""
    few = graph.synapses <= _FEW_SYNAPSES
    found = find_repair(graph, profile, passes) if few else None
    if found is None:
        why = "".join(f"\n    {line}" for line in reasons(problem.violations))
        reason = (
            f"no repair is known with which every limit holds:{why}"
            if few
            else f"no repair is looked for in networks of more than {_FEW_SYNAPSES:,} synapses"
        )
        raise CapacityError(f"{problem}\n  {reason}", problem.violations) from None
    if not found.same:
        raise CapacityError(
            f"{problem}\n  a repair was applied, and every limit holds then: {found}\n"
            "  `yuragi check --repair -o fixed.yg` writes the repaired network",
            problem.violations,
        ) from None
    lines = (*found.actions, *found.costs, "every stated limit holds")
    return found.lowered, (*found.log, LogEntry(name="repair", lines=lines, seconds=0.0))
