"""retime: zero-delay projections on a chip that needs a step per hop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import UnsupportedError
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile

__all__ = ["Retime", "delayed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retime:
    """Runs each population as late as it must, so that every projection takes at least a step.

    Population n runs L(n) steps late: delay' = delay + L(target) - L(source) >= 1, with the
    smallest L >= 0. What is sent is the same, L steps later; stimuli wait as long. Delays around
    a circle do not change, so a circle needs a delay of a step for each of its projections.

    Only graphs with a zero delay, on a neuromorphic profile, change.
    Raises UnsupportedError where a circle is too fast for the chip.
    """

    def apply(self, graph: Graph, profile: Profile) -> Graph:
        """The graph without zero delays."""
        if profile.kind != "neuromorphic" or all(edge.delay for edge in graph.edges):
            return graph
        late = dict.fromkeys((node.name for node in graph.nodes), 0)
        for _ in range(len(graph.nodes) + 1):
            moved = False
            for edge in graph.edges:
                least = late[edge.source] + 1 - edge.delay
                if late[edge.target] < least:
                    late[edge.target], moved = least, True
            if not moved:
                break
        else:
            raise UnsupportedError(
                f"{profile.name} takes a step for every projection; a circle of projections has "
                "less delay than that, give the zero-delay ones in it a delay of 1"
            )
        apart = [e.name for e in graph.learning if late[e.source] != late[e.target]]
        if apart:
            raise UnsupportedError(
                f"{', '.join(apart)}: both ends of a projection that learns must be in the same "
                f"step, but {profile.name} takes a step for every zero-delay projection; give "
                "these a delay of 1"
            )
        return replace(
            graph,
            nodes=tuple(replace(n, latency=n.latency + late[n.name]) for n in graph.nodes),
            edges=tuple(
                replace(e, delay=e.delay + late[e.target] - late[e.source]) for e in graph.edges
            ),
            stimuli=tuple(
                replace(s, values=delayed(s.values, late[s.target])) for s in graph.stimuli
            ),
        )

    def note(self, before: Graph, after: Graph) -> tuple[str, ...]:
        """Who runs how late."""
        if before is after:
            return ()
        return tuple(
            f"{node.name}: {node.latency} step(s) late" for node in after.nodes if node.latency
        )


def delayed(values: NDArray[Any], steps: int) -> NDArray[Any]:
    """Stimulus values with `steps` steps of nothing before them."""
    if not steps:
        return values
    nothing = np.zeros((*values.shape[:-2], steps, values.shape[-1]), dtype=values.dtype)
    return np.concatenate((nothing, values), axis=-2)
