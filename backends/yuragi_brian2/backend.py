"""The doors: Brian2 at run time on Cython or NumPy, and as a C++ program."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

from yuragi.backend import Backend, Capabilities, Program, Progress
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.options import Options
from yuragi.passes.pipeline import LogEntry, imported
from yuragi.recording import Counts, Recording
from yuragi_brian2.build import build
from yuragi_brian2.cells import Batch
from yuragi_brian2.outcome import Collected
from yuragi_brian2.refusals import DECLARED, check
from yuragi_brian2.targets import Target, runtime, session

__all__ = ["Brian2Backend", "Brian2NumpyBackend", "Brian2Program", "Brian2StandaloneBackend"]

_MOST_SYNAPSES = 20_000_000
_MOST_UNITS = 2_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Brian2Program(Program):
    """A graph with its differential equations as they are; objects are made for each run."""

    graph: Graph
    profile: Profile
    log: tuple[LogEntry, ...] = ()
    backend: str = "brian2"
    target: Target | None = None

    def execute(
        self,
        graph: Graph,
        *,
        steps: int,
        trials: int,
        threads: int | None,
        progress: Progress | None,
    ) -> Recording:
        """Run it; trials lie side by side in one NeuronGroup, as many as fit, on one thread."""
        del threads
        collected = Collected(graph, steps, trials)
        each = min(
            max(1, _MOST_SYNAPSES // (graph.synapses + 1)),
            max(1, _MOST_UNITS // graph.units),
        )
        for first in range(0, trials, each):
            batch = Batch(
                first=first, trials=min(each, trials - first), steps=steps, dt=graph.dt or 1.0
            )
            plan = build(graph, batch)
            target = self.target or runtime()
            with session(plan, steps=steps, target=target, progress=progress) as objects:
                collected.add(plan, objects)
        return Recording(
            backend=self.backend,
            profile=self.profile,
            steps=steps,
            trials=trials,
            dt=graph.dt,
            seed=graph.seed,
            spike_trains=collected.spike_trains(),
            traces=collected.recorder.all_traces(),
            counts=Counts(arrays=collected.arrays()),
        )


class Brian2Backend(Backend):
    """Brian2 at run time: Cython, or NumPy where there is no compiler."""

    name = "brian2"
    target: ClassVar[Target | None] = None
    capabilities = Capabilities(profiles=("ideal",), unsupported=DECLARED, integrators=1e-9)

    def compile(self, graph: Graph, profile: Profile, options: Options) -> Brian2Program:
        """Check that Brian2 can run the graph; no pass changes it.

        options: of passes that are not run here, so that they change nothing.
        """
        del options
        begin = time.perf_counter()
        lines = check(graph)
        entry = LogEntry(name=self.name, lines=lines, seconds=time.perf_counter() - begin)
        return Brian2Program(
            graph=graph,
            profile=profile,
            log=(*imported(graph), entry),
            backend=self.name,
            target=self.target,
        )

    def restore(self, graph: Graph, profile: Profile) -> Brian2Program:
        """The program of a graph that was compiled before."""
        return self.compile(graph, profile, Options())


class Brian2NumpyBackend(Brian2Backend):
    """Brian2 at run time on NumPy: no compiler."""

    name = "brian2_numpy"
    target = "numpy"


class Brian2StandaloneBackend(Brian2Backend):
    """Brian2's C++ standalone: each run is a program, built in a folder that goes away."""

    name = "brian2_standalone"
    target = "standalone"
