"""The reference interpreter behind the same door as every backend."""

from __future__ import annotations

from dataclasses import dataclass, replace

from yuragi import reference
from yuragi.backend import Backend, Capabilities, Program, Progress
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.lowering import lower, pipeline
from yuragi.passes.options import Options
from yuragi.passes.pipeline import LogEntry
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
        return replace(recording, profile=self.profile)


class ReferenceBackend(Backend):
    """Floats and integers, slow and short; all counts stand on one core."""

    name = "reference"
    capabilities = Capabilities(profiles=("ideal", "neuromorphic"))

    def compile(self, graph: Graph, profile: Profile, options: Options) -> ReferenceProgram:
        """The same passes as the chip, interpreted."""
        lowered, log = lower(graph, profile, pipeline(options))
        return ReferenceProgram(graph=lowered, profile=profile, log=log)

    def restore(self, graph: Graph, profile: Profile) -> ReferenceProgram:
        """The program of a graph that was lowered before."""
        return ReferenceProgram(graph=graph, profile=profile)
