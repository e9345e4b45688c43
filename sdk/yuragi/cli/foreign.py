"""Networks of other frameworks' files, and recorded events as their input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from yuragi.errors import ModelFileError
from yuragi.graph import Graph, Stimulus
from yuragi.io.events import Events, read_events
from yuragi.io.nir.importing import from_nir

__all__ = ["Foreign", "foreign_options", "is_foreign", "read_foreign", "with_events"]

_OPTIONS = (
    click.option(
        "--dialect",
        help="Rules for a .nir file, guessed by default: closed, exact, lava, loihi, nengo, norse, "
        "rockpool, sinabs, snntorch or spyx. For other models, how Loihi's compartment is read: "
        "loihi (default), lava, nengo_loihi or brian2_loihi.",
    ),
    click.option(
        "--reset",
        "resets",
        metavar="KIND|NODE=KIND",
        multiple=True,
        help="Reset of a .nir file's units, all or by node: zero, value, subtract, none, ...",
    ),
    click.option(
        "--input",
        "events",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Events in: a raster or list in .npy or .npz, or NIR data.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """What a user says about a file that leaves it open.

    resets: one for all units, or "node=kind" for each.
    """

    dialect: str | None = None
    resets: tuple[str, ...] = ()
    events: Path | None = None

    @property
    def options(self) -> dict[str, object]:
        """What was said, by option; None for what was not."""
        return {"--dialect": self.dialect, "--reset": self.resets or None, "--input": self.events}

    @property
    def reset(self) -> str | Mapping[str, str] | None:
        """The resets as `from_nir` takes them."""
        if not self.resets:
            return None
        if len(self.resets) == 1 and "=" not in self.resets[0]:
            return self.resets[0]
        pairs = [text.rpartition("=") for text in self.resets]
        if any(not name for name, _, _ in pairs):
            raise click.UsageError("--reset: expected one kind, or NODE=KIND for each node")
        return {name: kind for name, _, kind in pairs}


def foreign_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about a .nir file and about input; the command takes them as `foreign`."""

    @wraps(command)
    def taking(
        *context: click.Context,
        dialect: str | None,
        resets: tuple[str, ...],
        events: Path | None,
        **others: Any,
    ) -> Any:
        foreign = Foreign(dialect=dialect, resets=resets, events=events)
        return command(*context, foreign=foreign, **others)

    decorated: Callable[..., Any] = taking
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def is_foreign(path: Path) -> bool:
    """Whether it is a file of another framework."""
    return path.suffix == ".nir"


def read_foreign(path: Path, foreign: Foreign, dt: float | None) -> Graph:
    """The network of a .nir file; its inputs send values where the events are more than spikes."""
    spiking = True
    network = from_nir(path, dialect=foreign.dialect, dt=dt, reset=foreign.reset)
    if foreign.events is not None and network.origin is not None:
        graph = network.graph()
        spiking = _events(graph, foreign.events).binary
        if not spiking:
            network = from_nir(
                path, dialect=foreign.dialect, dt=dt, reset=foreign.reset, spiking=False
            )
    return network.graph()


def _input(graph: Graph) -> str:
    fed = {edge.target for edge in graph.edges}
    free = [
        node.name
        for node in graph.nodes
        if node.name not in fed and node.dynamics.ports and not node.dynamics.system.states
    ]
    if len(free) != 1:
        raise ModelFileError(f"--input: {len(free)} populations take input, expected one")
    return free[0]


def _events(graph: Graph, path: Path) -> Events:
    name = _input(graph)
    shapes = graph.origin.shapes if graph.origin is not None else {}
    shape = tuple(shapes.get(name, (graph.node(name).size,)))
    return read_events(path, shape=shape, dt=graph.dt)


def with_events(graph: Graph, path: Path) -> tuple[Graph, tuple[str, ...]]:
    """The graph with recorded events as the stimulus of its input."""
    events = _events(graph, path)
    name = _input(graph)
    port = graph.node(name).dynamics.ports[0]
    kept = tuple(s for s in graph.stimuli if s.target != name)
    stimulus = Stimulus(target=name, port=port, values=events.values)
    return replace(graph, stimuli=(*kept, stimulus)), events.notes
