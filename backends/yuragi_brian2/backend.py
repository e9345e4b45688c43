"""The doors: Brian2 at run time on Cython or NumPy, and as a C++ program."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import ClassVar

from yuragi.backend import Backend, Capabilities, Program, Request
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.encode import Encode
from yuragi.passes.lowering import lower, pipeline
from yuragi.passes.options import Options
from yuragi.passes.pipeline import LogEntry, imported, run_passes
from yuragi.recording import Counts, Recording
from yuragi_brian2.build import build
from yuragi_brian2.draft import Batch
from yuragi_brian2.integration import integrable
from yuragi_brian2.outcome import Collected
from yuragi_brian2.refusals import DECLARED, check
from yuragi_brian2.targets import Target, runtime, session

__all__ = ["Brian2Backend", "Brian2NumpyBackend", "Brian2Program", "Brian2StandaloneBackend"]

_MOST_SYNAPSES = 20_000_000
_MOST_UNITS = 2_000_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Brian2Program(Program):
    """A graph with its differential equations as they are; objects are made for each run."""

    graph: Graph
    profile: Profile
    log: tuple[LogEntry, ...] = ()
    backend: str = "brian2"
    target: Target | None = None

    def execute(self, request: Request) -> Recording:
        """Run it; trials lie side by side in one NeuronGroup, as many as fit, on one thread."""
        graph, steps, trials = request.graph, request.steps, request.trials
        collected = Collected(graph, steps, trials)
        each = min(
            max(1, _MOST_SYNAPSES // (graph.synapses + 1)),
            max(1, _MOST_UNITS // graph.units),
        )
        for first in range(0, trials, each):
            batch = Batch(
                first=first,
                trials=min(each, trials - first),
                steps=steps,
                dt=graph.dt or 1.0,
                activity=self.profile.activity,
            )
            plan = build(graph, batch)
            target = self.target or runtime()
            with session(plan, steps=steps, target=target, progress=request.progress) as objects:
                collected.add(plan, objects)
        return Recording(
            backend=self.backend,
            profile=self.profile if self.cores == 1 else None,
            steps=steps,
            trials=trials,
            dt=graph.dt,
            seed=graph.seed,
            spike_trains=collected.spike_trains(),
            traces=collected.recorder.all_traces(),
            counts=Counts(arrays=collected.arrays()),
            overflows=collected.overflows,
            learned=collected.learned(),
        )


class Brian2Backend(Backend):
    """Brian2 at run time: Cython, or NumPy where there is no compiler."""

    name = "brian2"
    target: ClassVar[Target | None] = None
    capabilities = Capabilities(
        profiles=("ideal", "neuromorphic"), unsupported=DECLARED, integrators=1e-9
    )

    def compile(self, graph: Graph, profile: Profile, options: Options) -> Brian2Program:
        """In floats the graph as it is described; for a chip what its passes make of it.

        options: of the passes; in floats only `encode` has a meaning.
        """
        log: tuple[LogEntry, ...]
        if profile.kind == "ideal":
            graph, ran = run_passes(graph, profile, (Encode(kind=options.encode),))
            log = (*imported(graph), *ran)
        else:
            graph, log = lower(graph, profile, pipeline(options))
        return self._program(graph, profile, log)

    def restore(self, graph: Graph, profile: Profile) -> Brian2Program:
        """The program of a graph that was compiled before."""
        return self._program(graph, profile, ())

    def _program(self, graph: Graph, profile: Profile, log: tuple[LogEntry, ...]) -> Brian2Program:
        begin = time.perf_counter()
        check(graph)
        graph, mapped = integrable(graph, profile)
        lines = (*check(graph), *mapped)
        program = Brian2Program(
            graph=graph, profile=profile, log=log, backend=self.name, target=self.target
        )
        if program.cores > 1:
            lines += (
                f"counts stand on one core, and the network takes {program.cores}: they have no "
                "price; the backend chip counts core by core",
            )
        entry = LogEntry(name=self.name, lines=lines, seconds=time.perf_counter() - begin)
        return replace(program, log=(*log, entry))


class Brian2NumpyBackend(Brian2Backend):
    """Brian2 at run time on NumPy: no compiler."""

    name = "brian2_numpy"
    target = "numpy"


class Brian2StandaloneBackend(Brian2Backend):
    """Brian2's C++ standalone: each run is a program, built in a folder that goes away."""

    name = "brian2_standalone"
    target = "standalone"
