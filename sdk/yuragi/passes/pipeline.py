"""Runs passes in order and keeps what each did and what it cost."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from yuragi.graph import Graph
from yuragi.hardware.profile import Profile

__all__ = ["Explaining", "LogEntry", "Pass", "imported", "run_passes"]


class Pass(Protocol):
    """A frozen dataclass whose fields are its options. A valid graph goes in, a valid one out."""

    def apply(self, graph: Graph, profile: Profile) -> Graph:
        """The changed graph."""
        ...

    def note(self, before: Graph, after: Graph) -> tuple[str, ...]:
        """What it did, in lines for the log; nothing where it changed nothing."""
        ...


@runtime_checkable
class Explaining(Protocol):
    """A pass whose lines say more than the two graphs show: errors, choices, measurements."""

    def explain(self, graph: Graph, profile: Profile) -> tuple[Graph, tuple[str, ...]]:
        """The changed graph, and what was done, in lines for the log."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One pass of a compilation.  seconds: what it took."""

    name: str
    lines: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        first, *rest = self.lines or ("nothing to do",)
        text = f"{self.name:<10} {first}"
        return "\n".join((text, *(f"{'':<10} {line}" for line in rest)))


def imported(graph: Graph) -> tuple[LogEntry, ...]:
    """What had to be decided when the graph was read from another framework's file."""
    origin = graph.origin
    if origin is None:
        return ()
    first = f"{origin.format} {origin.version}".rstrip()
    return (LogEntry(name="import", lines=(first, *origin.notes), seconds=0.0),)


def run_passes(
    graph: Graph, profile: Profile, passes: Iterable[Pass]
) -> tuple[Graph, tuple[LogEntry, ...]]:
    """The graph after all passes, and the log."""
    log = []
    for step in passes:
        begin = time.perf_counter()
        if isinstance(step, Explaining):
            after, lines = step.explain(graph, profile)
        else:
            after = step.apply(graph, profile)
            lines = ()
        seconds = time.perf_counter() - begin
        name = type(step).__name__.lower()
        log.append(LogEntry(name=name, lines=lines or step.note(graph, after), seconds=seconds))
        graph = after
    return graph, tuple(log)
