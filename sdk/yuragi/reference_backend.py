"""The reference interpreter behind the same door as every backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi import reference
from yuragi.backend import Backend, Capabilities, Overflow, Program, Progress
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.lowering import lower, pipeline
from yuragi.passes.options import Options
from yuragi.passes.pipeline import LogEntry
from yuragi.probing import overflow_error
from yuragi.recording import Recording

__all__ = ["ReferenceBackend", "ReferenceProgram"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ReferenceProgram(Program):
    """A lowered graph, run by `yuragi.reference`."""

    graph: Graph
    profile: Profile
    log: tuple[LogEntry, ...] = ()

    def execute(
        self,
        graph: Graph,
        *,
        steps: int,
        trials: int,
        threads: int | None,
        progress: Progress | None,
    ) -> Recording:
        """Run it; one thread, whatever is asked for."""
        del threads
        recording = reference.run(graph, steps=steps, trials=trials, progress=progress)
        return replace(recording, profile=self.profile if self.cores == 1 else None)

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
        """The same until a word overflows; no packets."""
        if messages or overflow == "report":
            return super().execute_watched(
                graph,
                steps=steps,
                trials=trials,
                threads=threads,
                progress=progress,
                messages=messages,
                overflow=overflow,
            )
        nodes = {node.name: node for node in graph.nodes}
        done = {node.name: node.latency for node in graph.nodes}

        def observe(population: str, values: Mapping[str, NDArray[Any]]) -> None:
            for name, word in nodes[population].dynamics.tallies.items():
                over = np.argwhere(values[name] != 0)
                if len(over):
                    trial, unit = over[0].tolist()
                    raise overflow_error(population, word, unit, done[population], trial)
            done[population] += 1

        recording = reference.run(
            graph, steps=steps, trials=trials, progress=progress, observe=observe
        )
        return replace(recording, profile=self.profile if self.cores == 1 else None)


class ReferenceBackend(Backend):
    """Floats and integers, slow and short; counts stand on one core, more have no price."""

    name = "reference"
    capabilities = Capabilities(profiles=("ideal", "neuromorphic"))

    def compile(self, graph: Graph, profile: Profile, options: Options) -> ReferenceProgram:
        """The same passes as the chip, interpreted."""
        lowered, log = lower(graph, profile, pipeline(options))
        return ReferenceProgram(graph=lowered, profile=profile, log=log)

    def restore(self, graph: Graph, profile: Profile) -> ReferenceProgram:
        """The program of a graph that was lowered before."""
        return ReferenceProgram(graph=graph, profile=profile)
