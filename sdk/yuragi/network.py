"""The builder that people write: populations, projections, stimuli and probes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray

from yuragi import storage, zoo
from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError
from yuragi.graph import Edge, Graph, Node, Origin, Probe, Stimulus, outline
from yuragi.plasticity import Plasticity
from yuragi.wiring.maps import LinearMap, Sparse, as_map, as_structure

__all__ = ["SPIKE_INPUT", "Network"]

Weights: TypeAlias = LinearMap | ArrayLike | scipy.sparse.sparray | scipy.sparse.spmatrix
_MAX_UNITS = 2**31 - 1


class Network:
    """A network under construction; `graph()` is its immutable form.

        net = Network(seed=0)
        net.population("cells", 100, dynamics="chaotic_neuron", parameters={"a": 2.0})
        net.project("cells", "cells", weights=w, port="feedback")
        net.probe("cells", "x")

    seed: of every noise draw.      dt: seconds a step stands for, where that matters.
    """

    def __init__(self, *, seed: int = 0, dt: float | None = None) -> None:
        if not 0 <= seed < 2**64:
            raise GraphError(f"seed {seed}: expected from 0 to 2^64 - 1")
        self.seed = seed
        self.dt = dt
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._stimuli: list[Stimulus] = []
        self._probes: list[Probe] = []
        self.origin: Origin | None = None

    def __repr__(self) -> str:
        return f"<Network: {outline(self._nodes, self._edges)}>"

    @classmethod
    def from_graph(cls, graph: Graph) -> Network:
        """A network with everything that a graph describes, ready to be extended."""
        network = cls(seed=graph.seed, dt=graph.dt)
        network._nodes = list(graph.nodes)
        network._edges = list(graph.edges)
        network._stimuli = list(graph.stimuli)
        network._probes = list(graph.probes)
        network.origin = graph.origin
        return network

    def population(
        self,
        name: str,
        size: int,
        dynamics: Dynamics | str,
        *,
        parameters: Mapping[str, ArrayLike] | None = None,
        initial: Mapping[str, ArrayLike] | None = None,
        refractory: int | None = None,
    ) -> str:
        """Add a population and return its name.

        dynamics: equations, or the name of a unit model of the zoo (`yuragi models`).
        parameters, initial: one value, or one per unit.      shape () or (size,)
        refractory: steps skipped after a spike, instead of the unit model's own.
        Raises GraphError for a name that is taken, unknown parameters, wrong shapes.
        """
        model = zoo.dynamics(dynamics) if isinstance(dynamics, str) else dynamics
        if refractory is not None:
            model = replace(model, refractory=refractory)
        if not name or not name.replace("_", "a").replace("-", "a").isalnum():
            raise GraphError(f"population {name!r}: expected letters, digits, '_' and '-'")
        if any(node.name == name for node in self._nodes):
            raise GraphError(f"population {name!r} exists already")
        if not isinstance(size, (int, np.integer)) or not 1 <= size <= _MAX_UNITS:
            raise GraphError(f"{name}: size {size!r}, expected from 1 to {_MAX_UNITS:,}")
        states = dict.fromkeys(model.system.states, 0.0) | dict(model.initial)
        self._nodes.append(
            Node(
                name=name,
                size=int(size),
                dynamics=model,
                parameters=_values(name, "parameter", model.parameters, parameters),
                initial=_values(name, "initial value", states, initial),
            )
        )
        return name

    def input(
        self, name: str, size: int, values: ArrayLike | None = None, *, spiking: bool = False
    ) -> str:
        """Add a population that sends what it is given: the `relay` of the same step.

        values: shape (steps, size) or (trials, steps, size)
        spiking: send a spike wherever the value is above 0.5, not the value.
        """
        self.population(name, size, SPIKE_INPUT if spiking else _INPUT)
        if values is not None:
            self.stimulate(name, values, port="i")
        return name

    def project(
        self,
        source: str,
        target: str,
        *,
        weights: Weights,
        port: str,
        delay: ArrayLike = 1,
        exponent: int = 0,
        sign: str = "mixed",
        plasticity: Plasticity | str | None = None,
    ) -> None:
        """Connect two populations: target.port receives sum_j w[i, j] s_j(t - delay).

        weights: array, scipy sparse matrix or map.      shape (post, pre)
        delay: steps, one number or one for each weight.      shape () or (post, pre)
        exponent: the weights count 2^exponent times.
        sign: "mixed", or "excitatory" or "inhibitory" where a chip needs no bit for the sign.
        plasticity: how the weights learn: a rule, or its name in the zoo. Every weight of an array
            and every stored one of a sparse matrix is a synapse then, zeros too.
        """
        rule = zoo.plasticity(plasticity) if isinstance(plasticity, str) else plasticity
        linear = as_map(weights) if rule is None else as_structure(weights)
        delays = np.asarray(delay)
        if delays.dtype.kind not in "iu":
            raise GraphError(f"{source} -> {target}: delay {delay!r}, expected whole steps")
        for steps, part in _by_delay(linear, delays, f"{source} -> {target}"):
            self._edges.append(
                Edge(
                    source=source,
                    target=target,
                    port=port,
                    weights=part,
                    delay=steps,
                    shift=exponent,
                    sign=sign,
                    plasticity=rule,
                )
            )

    def stimulate(self, target: str, values: ArrayLike, *, port: str) -> None:
        """Add values to a port, step by step.  shape (steps, size) or (trials, steps, size)"""
        try:
            array = np.array(values, dtype=np.float64)
        except (TypeError, ValueError):
            raise GraphError(f"stimulus of {target}.{port}: expected an array of numbers") from None
        self._stimuli.append(Stimulus(target=target, port=port, values=array))

    def probe(self, population: str, variable: str, *, every: int = 1) -> None:
        """Record "spikes" or a variable of a population, in every `every`-th step.

        population: or the name of a projection that learns, "source -> target.port", for its
            weights "w" and its traces.
        """
        self._probes.append(Probe(node=population, variable=variable, every=every))

    def graph(self) -> Graph:
        """The immutable, verified form.

        Raises GraphError that names the first thing which does not fit.
        """
        return Graph(
            nodes=tuple(self._nodes),
            edges=tuple(self._edges),
            stimuli=tuple(self._stimuli),
            probes=tuple(self._probes),
            seed=self.seed,
            dt=self.dt,
            origin=self.origin,
        )

    def save(self, path: str | Path) -> None:
        """Save as a folder `*.yg`: a readable YAML and one `.npz`, without loss."""
        storage.save(self.graph(), Path(path))


_INPUT = Dynamics(name="relay", equations="y = i", ports=("i",), output="y")
SPIKE_INPUT = Dynamics(name="spike_relay", equations="y = i", ports=("i",), threshold="y > 0.5")


def _values(
    name: str,
    kind: str,
    defaults: Mapping[str, float],
    given: Mapping[str, ArrayLike] | None,
) -> dict[str, NDArray[Any]]:
    for unknown in (given or {}).keys() - defaults.keys():
        known = ", ".join(defaults) or "none"
        raise GraphError(f"{name}: no {kind} {unknown!r}; there are {known}")
    merged: dict[str, NDArray[Any]] = {}
    for key, default in defaults.items():
        try:
            merged[key] = np.array((given or {}).get(key, default), dtype=np.float64)
        except (TypeError, ValueError):
            raise GraphError(f"{name}: {kind} {key}: expected numbers") from None
    return merged


def _by_delay(weights: LinearMap, delays: NDArray[Any], name: str) -> list[tuple[int, LinearMap]]:
    """One map for each delay that occurs."""
    if delays.ndim == 0:
        return [(int(delays), weights)]
    if delays.shape != weights.shape:
        raise GraphError(
            f"{name}: delays have shape {delays.shape}, expected () or {weights.shape}"
        )
    rows = weights.csr().tocoo()
    each = delays[rows.row, rows.col]
    parts: list[tuple[int, LinearMap]] = []
    for steps in np.unique(each):
        chosen = each == steps
        part = scipy.sparse.csr_array(
            (rows.data[chosen], (rows.row[chosen], rows.col[chosen])), shape=weights.shape
        )
        whole = isinstance(weights, Sparse) and weights.whole
        parts.append((int(steps), as_structure(part) if whole else as_map(part)))
    return parts
