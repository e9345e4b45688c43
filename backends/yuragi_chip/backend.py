"""The door of the emulated chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import ClassVar

from yuragi.backend import Backend, Capabilities, Program, Request
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
from yuragi_chip.interpreting import Allowance, interpret
from yuragi_chip.outcome import Outcome
from yuragi_chip.routing import Traffic, traffic

__all__ = ["ChipBackend", "ChipProgram"]

_allowance = Allowance()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ChipProgram(Program):
    """A placed and routed graph with its synapses in the order of the compiled loops."""

    packets: ClassVar[bool] = True
    graph: Graph
    profile: Profile
    log: tuple[LogEntry, ...] = ()
    weights: tuple[Synapses, ...] = ()
    traffic: Mapping[str, Traffic] = field(default_factory=dict)

    def execute(self, request: Request) -> Recording:
        """Run it; the result does not depend on the number of threads.

        A step at a time where every packet is kept, or a word that overflows ends the run. A short
        run in integers for which no threads are asked is interpreted, until about a second of this
        process has gone into such: to compile the loops takes longer.
        """
        graph, placement = request.graph, request.graph.placement
        if placement is None:
            raise GraphError("the graph has no placement yet")
        if self.profile.activity == "input" and _allowance.take(request):
            outcome = interpret(request, self.traffic)
        else:
            outcome = self._compiled(request)
        return Recording(
            backend="chip",
            profile=self.profile,
            steps=request.steps,
            trials=request.trials,
            dt=graph.dt,
            seed=graph.seed,
            spike_trains=outcome.spike_trains,
            traces=outcome.traces,
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

    def _compiled(self, request: Request) -> Outcome:
        engine = import_module("yuragi_chip.engine")  # with Numba, which not every run needs
        watch = engine.Watch(messages=request.messages, overflow=request.overflow == "raise")
        outcome: Outcome = engine.execute(
            request.graph,
            self.weights,
            self.traffic,
            steps=request.steps,
            trials=request.trials,
            threads=request.threads,
            progress=request.progress,
            activity=self.profile.activity,
            watch=watch if watch.messages or watch.overflow else None,
        )
        return outcome


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
