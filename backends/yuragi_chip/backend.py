"""The door of the emulated chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from yuragi.backend import Backend, Capabilities, Overflow, Program, Progress
from yuragi.errors import GraphError
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.lowering import lower, pipeline
from yuragi.passes.options import Options
from yuragi.passes.pipeline import LogEntry
from yuragi.passes.placing.links import layout_of
from yuragi.passes.route import Route
from yuragi.recording import Counts, Recording
from yuragi_chip.columns import Synapses, sharing, synapses
from yuragi_chip.engine import Watch, execute
from yuragi_chip.routing import Traffic, traffic

__all__ = ["ChipBackend", "ChipProgram"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ChipProgram(Program):
    """A placed and routed graph with its synapses in the order of the compiled loops."""

    graph: Graph
    profile: Profile
    log: tuple[LogEntry, ...] = ()
    weights: tuple[Synapses, ...] = field(default=(), repr=False)
    traffic: Mapping[str, Traffic] = field(default_factory=dict, repr=False)

    def execute(
        self,
        graph: Graph,
        *,
        steps: int,
        trials: int,
        threads: int | None,
        progress: Progress | None,
    ) -> Recording:
        """Run it; the result does not depend on the number of threads."""
        return self._run(graph, steps, trials, threads, progress)

    def execute_watched(
        self,
        graph: Graph,
        *,
        steps: int,
        trials: int,
        threads: int | None,
        progress: Progress | None,
        messages: bool,
        overflow: Overflow,
    ) -> Recording:
        """The same a step at a time, with every packet kept, or until a word overflows."""
        watch = Watch(messages=messages, overflow=overflow == "raise")
        return self._run(graph, steps, trials, threads, progress, watch)

    def _run(
        self,
        graph: Graph,
        steps: int,
        trials: int,
        threads: int | None,
        progress: Progress | None,
        watch: Watch | None = None,
    ) -> Recording:
        placement = graph.placement
        if placement is None:
            raise GraphError("the graph has no placement yet")
        outcome = execute(
            graph,
            self.weights,
            self.traffic,
            steps=steps,
            trials=trials,
            threads=threads,
            progress=progress,
            activity=self.profile.activity,
            watch=watch,
        )
        return Recording(
            backend="chip",
            profile=self.profile,
            steps=steps,
            trials=trials,
            dt=graph.dt,
            seed=graph.seed,
            spike_trains=outcome.recorder.spike_trains(),
            traces=outcome.recorder.all_traces(),
            counts=Counts(
                arrays=outcome.arrays,
                cores=len(placement.used),
                tiles=placement.tiles,
                chips=placement.chips,
            ),
            layout=layout_of(graph, outcome.sends),
            overflows=outcome.overflows,
            messages=outcome.messages,
            learned=outcome.learned,
        )


class ChipBackend(Backend):
    """Floats with profile `ideal`; the exact integers of a chip with its profile."""

    name = "chip"
    capabilities = Capabilities(profiles=("ideal", "neuromorphic"))

    def compile(self, graph: Graph, profile: Profile, options: Options) -> ChipProgram:
        """Lower, place, route and check the graph."""
        lowered, log = lower(graph, profile, pipeline(options))
        return _program(lowered, profile, log)

    def restore(self, graph: Graph, profile: Profile) -> ChipProgram:
        """The program of a graph that was lowered and placed before; routes are made anew."""
        return _program(Route().apply(graph, profile), profile, ())


def _program(graph: Graph, profile: Profile, log: tuple[LogEntry, ...]) -> ChipProgram:
    if graph.placement is None:
        raise GraphError("the graph has no placement yet")
    weights = synapses(graph)
    counted = traffic(graph, graph.placement)
    shared = sharing(graph, weights)
    return ChipProgram(graph=shared, profile=profile, log=log, weights=weights, traffic=counted)
