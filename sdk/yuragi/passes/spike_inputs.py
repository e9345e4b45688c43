"""Populations that pass spikes on, the host's part of a network on a fixed-function chip."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.errors import UnsupportedError
from yuragi.graph import Graph, Node, Stimulus
from yuragi.hardware.profile import Profile

__all__ = ["check_probes", "integer_input", "sums_of_inputs"]

Array = NDArray[Any]


def integer_input(node: Node) -> Node:
    """A spike input whose port counts spikes."""
    port = node.dynamics.ports[0]
    dynamics = Dynamics(
        name=node.dynamics.name,
        equations=f"y = {port}",
        ports=(port,),
        threshold="y > 0",
        number="integer",
    )
    return replace(node, dynamics=dynamics, parameters={}, initial={})


def sums_of_inputs(graph: Graph, chips: Container[str]) -> Iterator[Stimulus]:
    """Spikes of the input populations: where the sum of their stimuli is above 1/2.

    chips: the populations that are the chip's own.
    """
    sums: dict[tuple[str, str], Array] = {}
    for stimulus in graph.stimuli:
        if stimulus.target not in chips:
            key = (stimulus.target, stimulus.port)
            sums[key] = _added(sums[key], stimulus.values) if key in sums else stimulus.values
    for (target, port), values in sums.items():
        yield Stimulus(target=target, port=port, values=(values > 0.5).astype(np.int64))


def _added(x: Array, y: Array) -> Array:
    """The sum of two stimuli; the shorter one ends earlier."""
    steps = max(x.shape[-2], y.shape[-2])
    longer = [
        np.concatenate((v, np.zeros((*v.shape[:-2], steps - v.shape[-2], v.shape[-1]))), axis=-2)
        for v in (x, y)
    ]
    return longer[0] + longer[1]


def check_probes(graph: Graph, nodes: tuple[Node, ...], profile: Profile) -> None:
    """Raise UnsupportedError that lists the probes of what the chip's units do not have."""
    known = {node.name: ("spikes", *node.dynamics.system.variables) for node in nodes}
    refused = [
        f"probe {p.node}.{p.variable}: there are {', '.join(known[p.node])}"
        for p in graph.probes
        if p.variable not in known[p.node]
    ]
    if refused:
        listed = "\n  ".join(refused)
        raise UnsupportedError(f"{profile.name} has no such variables:\n  {listed}", refused)
