"""The door to a backend: compile a network, run the program, get a recording."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.metadata import entry_points
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi import hardware
from yuragi.errors import BackendError, DependencyError, GraphError, RunError
from yuragi.graph import Graph, Stimulus, outline
from yuragi.hardware.profile import Profile
from yuragi.memory import Need, check_memory, state
from yuragi.network import Network
from yuragi.passes.options import Options
from yuragi.passes.pipeline import LogEntry
from yuragi.passes.retime import delayed
from yuragi.placement import Placement
from yuragi.recording import Recording

__all__ = [
    "Backend",
    "Capabilities",
    "Overflow",
    "Program",
    "Request",
    "backend_names",
    "compile",
    "find_backend",
    "with_stimulus",
]

Progress = Callable[[int, int], None]
Overflow: TypeAlias = Literal["report", "raise"]
Values = ArrayLike | Mapping[str, ArrayLike] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a backend declares before anything runs.

    profiles: kinds of profile that it compiles for ("ideal", "neuromorphic").
    unsupported: what it refuses, each with the reason.
    integrators: the relative tolerance to which its own integrators of differential equations
        agree with the `discretise` pass; None where it runs what that pass writes.
    rounding: the relative tolerance to which its own unit models agree in floats; None: every bit.
    dialect: the reading of Loihi's compartment that it takes where none is chosen; None: `loihi`.
    """

    profiles: tuple[str, ...]
    unsupported: tuple[str, ...] = ()
    integrators: float | None = None
    rounding: float | None = None
    dialect: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a run is asked for, all of it valid.

    graph: the program's own, with the stimuli of this run.
    threads: None, as many as there are processors.      progress: called with (steps done, steps)
    messages, overflow: as in `Program.run`.
    """

    graph: Graph
    steps: int
    trials: int
    threads: int | None = None
    progress: Progress | None = None
    messages: bool = False
    overflow: Overflow = "report"


class Program(ABC):
    """A network compiled for a backend and a profile.

    packets: whether it can keep every packet of a run.
    """

    packets: ClassVar[bool] = False
    graph: Graph
    profile: Profile
    log: tuple[LogEntry, ...]

    @property
    def placement(self) -> Placement | None:
        """Which units lie on which core."""
        return self.graph.placement

    @property
    def cores(self) -> int:
        """How many cores the network takes; counts that do not tell them apart have no price."""
        return 1 if self.placement is None else len(self.placement.used)

    @abstractmethod
    def execute(self, request: Request) -> Recording:
        """Run what is asked for; a word that overflows ends it only if the backend can see when."""

    def __repr__(self) -> str:
        held = outline(self.graph.nodes, self.graph.edges)
        return f"<{type(self).__name__}: {held}, cores {self.cores:,} of {self.profile.name}>"

    def run(
        self,
        stimulus: Values = None,
        *,
        steps: int | None = None,
        trials: int | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
        messages: bool = False,
        overflow: Overflow = "report",
    ) -> Recording:
        """Run trials side by side.

        stimulus: values instead of the network's own: one array where one port is stimulated, or a
            mapping from "population" or "population.port".  shape (steps, size) or
            (trials, steps, size), in the model's own units on every backend.
        steps: as many as the longest stimulus by default, and those by which the last
            population runs late.
        trials: as many as the stimulus has by default.
        progress: called with (steps done, steps).
        messages: whether every packet is kept, for `energy(..., timing="detailed")`.
        overflow: "report": words wrap or stop at their ends as the chip's do, and the recording's
            `overflows` says how often; "raise": the first one is a RunError that names population,
            unit and step.
        Raises RunError where steps are not known, GraphError where shapes do not fit.
        """
        graph = with_stimulus(self.graph, stimulus)
        steps, trials = _length(graph, steps, trials)
        refused = check_memory(_needs(graph, trials))
        if refused:
            raise RunError(f"{refused[1]}; run fewer trials at a time")
        if overflow not in ("report", "raise"):
            raise RunError(f"overflow {overflow!r}: expected report or raise")
        if messages and not self.packets:
            raise RunError("this backend sends no packets that it could keep; chip does")
        request = Request(
            graph=graph,
            steps=steps,
            trials=trials,
            threads=threads,
            progress=progress,
            messages=messages,
            overflow=overflow,
        )
        found = self.execute(request)
        if overflow == "raise":
            _refuse_overflow(found)
        return found


def _length(graph: Graph, steps: int | None, trials: int | None) -> tuple[int, int]:
    """How many steps and trials a run has, where they are not given from its stimuli."""
    if steps is None:
        latest = max(node.latency for node in graph.nodes)
        lengths = [
            s.values.shape[-2] - graph.node(s.target).latency + latest for s in graph.stimuli
        ]
        if not lengths:
            raise RunError("how many steps? Nothing is stimulated, so run(steps=...) must say")
        steps = max(lengths)
    given = {s.values.shape[0] for s in graph.stimuli if s.values.ndim == 3}
    if trials is None:
        trials = given.pop() if given else 1
    if given - {trials}:
        raise RunError(f"the stimuli have {sorted(given)} trials, asked for are {trials}")
    if steps < 1 or trials < 1:
        raise RunError(f"steps {steps}, trials {trials}: expected at least 1 of each")
    return steps, trials


def _refuse_overflow(found: Recording) -> None:
    for name, words in found.overflows.items():
        for word, times in words.items():
            if times:
                often = f"{times:,} times in {found.steps:,} steps"
                raise RunError(f"{name}: {word} overflowed {often}")


class Backend(ABC):
    """Compiles graphs; found through the entry-point group `yuragi.backends`."""

    name: str
    capabilities: Capabilities

    @abstractmethod
    def compile(self, graph: Graph, profile: Profile, options: Options) -> Program:
        """A program, or CapacityError / UnsupportedError with everything that stands against it."""

    @abstractmethod
    def restore(self, graph: Graph, profile: Profile) -> Program:
        """The program of a graph that was compiled before and saved."""


def _needs(graph: Graph, trials: int) -> list[Need]:
    return [
        Need(
            field=(node.name,),
            what=f"the state of {node.name} in {trials:,} trial(s)",
            bytes=state(
                node.size,
                len(node.dynamics.system.states),
                len(node.dynamics.ports),
                graph.delays,
                trials,
            ),
        )
        for node in graph.nodes
    ]


def with_stimulus(graph: Graph, stimulus: Values) -> Graph:
    """The graph with other values for its stimuli, in integers where the graph is.

    Raises GraphError for an unknown population or port and for shapes that do not fit.
    """
    if stimulus is None:
        return graph
    if isinstance(stimulus, Mapping):
        wanted = {_port(graph, str(key)): value for key, value in stimulus.items()}
    else:
        ports = {(s.target, s.port) for s in graph.stimuli} or _inputs(graph)
        if len(ports) != 1:
            raise GraphError(
                f"{len(ports)} ports are stimulated; name them: "
                'run({"population.port": values, ...})'
            )
        wanted = {ports.pop(): stimulus}
    kept = [s for s in graph.stimuli if (s.target, s.port) not in wanted]
    new = [
        Stimulus(target=target, port=port, values=_on_grid(graph, target, port, values))
        for (target, port), values in wanted.items()
    ]
    return replace(graph, stimuli=(*kept, *new))


def _inputs(graph: Graph) -> set[tuple[str, str]]:
    """The ports of populations that nothing projects to."""
    fed = {edge.target for edge in graph.edges}
    return {(n.name, p) for n in graph.nodes if n.name not in fed for p in n.dynamics.ports}


def _port(graph: Graph, key: str) -> tuple[str, str]:
    name, _, port = key.partition(".")
    ports = graph.node(name).dynamics.ports
    if not port and len(ports) == 1:
        port = ports[0]
    if port not in ports:
        raise GraphError(f"stimulus {key!r}: {name} has the ports {', '.join(ports) or 'none'}")
    return name, port


def _on_grid(graph: Graph, target: str, port: str, values: ArrayLike) -> NDArray[Any]:
    array = np.array(values, dtype=np.float64)
    node = graph.node(target)
    array = delayed(array, node.latency)
    if not node.dynamics.integer:
        return array
    return np.rint(array / node.scales.get(port, 1.0)).astype(np.int64)


@cache
def _backends() -> dict[str, Any]:
    return {entry.name: entry for entry in entry_points(group="yuragi.backends")}


def backend_names() -> tuple[str, ...]:
    """The backends that are installed."""
    return tuple(sorted(_backends()))


def find_backend(name: str) -> Backend:
    """The backend of that name.

    Raises BackendError where there is none, DependencyError where what it needs is missing.
    """
    if name not in _backends():
        raise BackendError(f"no backend {name!r}; installed are {', '.join(backend_names())}")
    try:
        door = _backends()[name].load()
    except ImportError as error:
        raise DependencyError(f"backend {name} cannot be loaded: {error}") from error
    found: Backend = door()
    return found


def compile(  # noqa: A001 - the promised name
    network: Network | Graph,
    *,
    backend: str = "chip",
    profile: str | Profile = "ideal",
    dt: float | None = None,
    **options: Any,
) -> Program:
    """Compile a network for a backend and a profile.

    dt: seconds a step stands for; overrides the network's own.
    options: those of `yuragi.passes.options.Options`, such as encode="sigma_delta",
        formats={"cells.v": 12}, segments=64.
    Raises CapacityError where it does not fit the chip, UnsupportedError where the chip or the
    backend cannot express it, each with all violations.
    """
    graph = network.graph() if isinstance(network, Network) else network
    if dt is not None:
        graph = replace(graph, dt=dt)
    chosen = hardware.load(profile) if isinstance(profile, str) else profile
    door = find_backend(backend)
    if chosen.kind not in door.capabilities.profiles:
        kinds = ", ".join(door.capabilities.profiles)
        raise BackendError(
            f"backend {backend} compiles for {kinds} profiles; {chosen.name} is {chosen.kind}"
        )
    return door.compile(graph, chosen, _options(options))


def _options(given: Mapping[str, Any]) -> Options:
    known = [field.name for field in fields(Options)]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise BackendError(
            f"no option {', '.join(unknown)} of compile; there are {', '.join(known)}"
        )
    return Options(**given)
