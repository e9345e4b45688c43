"""The reference interpreter behind the same door as every backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi import reference
from yuragi.backend import Backend, Capabilities, Program, Request
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.lowering import lower, pipeline
from yuragi.passes.options import Options
from yuragi.passes.pipeline import LogEntry
from yuragi.probing import overflow_error
from yuragi.recording import Recording

__all__ = ["ReferenceBackend", "ReferenceProgram"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ReferenceProgram(Program):
    """A lowered graph, run by `yuragi.reference`."""

    graph: Graph
    profile: Profile
    log: tuple[LogEntry, ...] = ()

    def execute(self, request: Request) -> Recording:
        """Run it; one thread, whatever is asked for."""
        recording = reference.run(
            request.graph,
            steps=request.steps,
            trials=request.trials,
            progress=request.progress,
            observe=_refuse_overflow(request.graph) if request.overflow == "raise" else None,
        )
        return replace(recording, profile=self.profile if self.cores == 1 else None)


def _refuse_overflow(graph: Graph) -> reference.Observer:
    """Ends a run at the first word that overflows, naming population, unit and step."""
    tallies = {node.name: node.dynamics.tallies for node in graph.nodes}
    done = {node.name: node.latency for node in graph.nodes}
    for edge in graph.learning:
        tallies[edge.name] = {} if edge.plasticity is None else edge.plasticity.tallies
        done[edge.name] = max(done[edge.source], done[edge.target])

    def observe(name: str, values: Mapping[str, NDArray[Any]]) -> None:
        for tally, word in tallies[name].items():
            over = np.argwhere(values[tally] != 0)
            if len(over):
                trial, unit = over[0].tolist()
                raise overflow_error(name, word, unit, done[name], trial)
        done[name] += 1

    return observe


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
