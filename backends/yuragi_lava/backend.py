"""The door: Lava processes in an interpreter of their own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np

from yuragi.backend import Backend, Capabilities, Program, Progress, Request
from yuragi.errors import RunError, UnsupportedError
from yuragi.graph import Graph, Stimulus
from yuragi.hardware.profile import Profile
from yuragi.passes.lowering import lower, pipeline
from yuragi.passes.options import Options
from yuragi.passes.pipeline import LogEntry
from yuragi.recording import Counts, Recording
from yuragi_lava.build import build, known
from yuragi_lava.dialect import DIALECT, with_dialect
from yuragi_lava.environment import required
from yuragi_lava.folder import write_folder
from yuragi_lava.outcome import Collected
from yuragi_lava.plan import Batch, Plan
from yuragi_lava.running import Limits, job_folder, limits, run_folder

__all__ = ["LavaBackend", "LavaProgram"]

_MOST_SYNAPSES = 20_000_000
_MOST_VALUES = 200_000_000
_LARGEST_FILE = 2**34


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LavaProgram(Program):
    """A lowered graph; its processes are made for each run, in the other interpreter.

    limits: of each run; None: those of YURAGI_LAVA_SECONDS and YURAGI_LAVA_GIB.
    """

    graph: Graph
    profile: Profile
    log: tuple[LogEntry, ...] = ()
    limits: Limits | None = field(default=None)

    def execute(self, request: Request) -> Recording:
        """Run it; trials lie side by side in one network, as many as fit."""
        graph, steps, trials = request.graph, request.steps, request.trials
        chosen = self.limits or limits()
        python = required().python
        sources = known(graph, steps=steps, trials=trials)
        collected = Collected(graph, steps, trials, sources)
        each = _side_by_side(graph, steps)
        starts = range(0, trials, each)
        for k, first in enumerate(starts):
            batch = Batch(first=first, trials=min(each, trials - first), steps=steps)
            plan = build(graph, batch, sources, self.profile.number("accumulator_bits"))
            watch = _scaled(request.progress, k, len(starts))
            with job_folder() as folder:
                write_folder(folder, [plan], title="network")
                found = run_folder(
                    python, folder, tag=plan.tag, steps=steps, limits=chosen, progress=watch
                )
                if found.stat().st_size > _LARGEST_FILE:
                    raise RunError("Lava's worker gave a file of more than 16 GiB")
                with np.load(found, allow_pickle=False) as arrays:
                    collected.add(plan, arrays)
        return Recording(
            backend="lava",
            profile=self.profile if self.cores == 1 else None,
            steps=steps,
            trials=trials,
            dt=graph.dt,
            seed=graph.seed,
            spike_trains=collected.spike_trains(),
            traces=collected.traces(),
            counts=Counts(arrays=collected.arrays()),
            overflows=collected.overflows,
        )


def _side_by_side(graph: Graph, steps: int) -> int:
    """How many trials fit one network; RunError where not one does."""
    kept = steps * sum(node.size for node in graph.nodes)
    if kept > _MOST_VALUES:
        raise RunError(
            f"{graph.units:,} units x {steps:,} steps: Lava's sinks hold every message of a run, "
            f"at most {_MOST_VALUES:,}; run fewer steps"
        )
    return max(1, min(_MOST_SYNAPSES // (graph.synapses + 1), _MOST_VALUES // kept))


def _scaled(progress: Progress | None, k: int, batches: int) -> Progress | None:
    """The progress of one batch as a share of all."""
    if progress is None:
        return None

    def report(done: int, steps: int) -> None:
        progress((k * steps + done) // batches, steps)

    return report


class LavaBackend(Backend):
    """Lava 0.10, floats and bit-accurate integers, under Python 3.10."""

    name = "lava"
    capabilities = Capabilities(
        profiles=("ideal", "neuromorphic"),
        unsupported=(
            "plasticity: rules of learning are run by the reference, the chip and Brian2",
            "the count active_updates",
            "overflows of Lava's own LIF",
        ),
        dialect=DIALECT,
        rounding=1e-12,
    )

    def compile(self, graph: Graph, profile: Profile, options: Options) -> LavaProgram:
        """The same passes as the chip, then Lava's processes.

        Raises DependencyError where Lava is not set up, UnsupportedError where weights learn.
        """
        required()
        _check(graph)
        lowered, log = lower(graph, profile, pipeline(with_dialect(graph, profile, options)))
        begin = time.perf_counter()
        lines = _plan(lowered, profile).lines()
        entry = LogEntry(name=self.name, lines=lines, seconds=time.perf_counter() - begin)
        return LavaProgram(graph=lowered, profile=profile, log=(*log, entry))

    def restore(self, graph: Graph, profile: Profile) -> LavaProgram:
        """The program of a graph that was lowered before."""
        required()
        _check(graph)
        return LavaProgram(graph=graph, profile=profile)


def _check(graph: Graph) -> None:
    """UnsupportedError where weights learn."""
    if graph.learning:
        names = ", ".join(edge.name for edge in graph.learning)
        raise UnsupportedError(
            f"{names}: plasticity is run by the reference, the chip and Brian2", [names]
        )


def _plan(graph: Graph, profile: Profile) -> Plan:
    """What would be built for one step."""
    first = replace(graph, stimuli=tuple(_first_trial(s) for s in graph.stimuli))
    sources = known(first, steps=1, trials=1)
    batch = Batch(first=0, trials=1, steps=1)
    return build(first, batch, sources, profile.number("accumulator_bits"))


def _first_trial(stimulus: Stimulus) -> Stimulus:
    return replace(stimulus, values=stimulus.values[0]) if stimulus.values.ndim == 3 else stimulus
