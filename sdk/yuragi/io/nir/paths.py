"""The linear layers between populations of a NIR graph: maps, delays and biases of each path."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import networkx as nx
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.errors import GraphError, ModelFileError
from yuragi.io.nir.nodes import NEURONS, NirGraph, NirNode
from yuragi.io.nir.shapes import Shapes, convolution
from yuragi.wiring.chain import chain
from yuragi.wiring.maps import LinearMap, Sparse, as_map

__all__ = ["Path", "Paths", "carriers", "feedback"]

Array = NDArray[Any]
_MOST_PATHS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """From one population to another.

    names: of the linear nodes between, in the order of a signal.
    weights: their map.      delay: seconds, one number or one for each target.
    bias: what they add at the target; None where they add nothing, or another path adds it.
    """

    source: str
    target: str
    names: tuple[str, ...]
    weights: LinearMap
    delay: Array
    bias: Array | None


def carriers(graph: NirGraph) -> tuple[str, ...]:
    """The nodes that become populations: inputs, neurons, and what has to add something up.

    A delay that differs among units, and an output that no neuron gives by itself.
    """
    before = graph.before()
    found = []
    for name, node in graph.nodes.items():
        uneven = node.kind == "Delay" and np.unique(node.array("delay")).size > 1
        sources = [graph.nodes[source] for source in before[name]]
        adds = node.kind == "Output" and (len(sources) != 1 or sources[0].kind not in NEURONS)
        if node.kind == "Input" or node.kind in NEURONS or uneven or adds:
            found.append(name)
    return tuple(found)


def feedback(
    after: Mapping[str, Sequence[str]], inputs: Sequence[str]
) -> frozenset[tuple[str, str]]:
    """The edges that close a circle: seen from the inputs, they lead back to where one came from.

    What passes them arrives a step later; all others act within the step.
    Where circles can be cut in more than one way, names decide: the order of the edges in a file is
    an accident.

    after: by node, those with an edge from it.
    """
    done: set[str] = set()
    open_: set[str] = set()
    back = set()
    for root in (*sorted(inputs), *sorted(after)):
        stack: list[tuple[str, Iterator[str]]] = []
        if root not in done:
            stack.append((root, iter(sorted(after[root]))))
            open_.add(root)
        while stack:
            name, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                open_.discard(name)
                done.add(name)
            elif following in open_:
                back.add((name, following))
            elif following not in done:
                open_.add(following)
                stack.append((following, iter(sorted(after[following]))))
    return frozenset(back)


@dataclass(slots=True, kw_only=True, eq=False)
class Paths:
    """Follows the linear nodes of a graph; ModelFileError where they go round in a circle.

    routes: by node, how many paths lead to it from populations.
    """

    graph: NirGraph
    shapes: Shapes
    ends: frozenset[str]
    place: str
    channels_last: bool = False
    before: dict[str, list[str]] = field(init=False)
    routes: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.graph.before()
        inner = nx.DiGraph((a, b) for a, b in self.graph.edges if not self.ends & {a, b})
        self._check_circles(inner)
        inner.add_nodes_from(self.graph.nodes.keys() - self.ends)
        self.routes = dict.fromkeys(self.ends, 1)
        for name in nx.topological_sort(inner):
            self.routes[name] = sum(self.routes[source] for source in self.before[name])

    def _check_circles(self, inner: Any) -> None:
        """Raise ModelFileError for a circle in which nothing has a state, with its nodes."""
        try:
            circle = [a for a, _ in nx.find_cycle(inner)]
        except nx.NetworkXNoCycle:
            return
        first = circle.index(min(circle))
        names = " -> ".join((*circle[first:], *circle[: first + 1]))
        raise ModelFileError(f"{self.place}, {min(circle)}: a circle without a neuron: {names}")

    def into(self, target: str) -> Iterator[Path]:
        """Every path that ends at a population.

        Raises ModelFileError for layers that nothing leads to.
        """
        before = self.before
        if sum(self.routes[source] for source in before[target]) > _MOST_PATHS:
            raise ModelFileError(
                f"{self.place}, {target}: more than {_MOST_PATHS:,} paths lead there"
            )
        counted: set[tuple[str, ...]] = set()
        routes: list[tuple[str, tuple[str, ...]]] = [
            (name, (name,)) for name in reversed(before[target])
        ]
        while routes:
            first, names = routes.pop()
            if first in self.ends:
                yield self.path(first, names[1:], target, counted)
                continue
            if not before[first]:
                raise ModelFileError(f"{self.place}, {first}: nothing leads there")
            routes += [(name, (name, *names)) for name in reversed(before[first])]

    def path(
        self, source: str, names: tuple[str, ...], target: str, counted: set[tuple[str, ...]]
    ) -> Path:
        """One path; the bias of a layer is added once, however many paths lead through it."""
        maps: list[LinearMap] = []
        bias: Array | None = None
        delay = np.zeros(())
        for k, name in enumerate(names):
            try:
                linear, own = self.layer(name)
            except GraphError as problem:
                raise ModelFileError(f"{self.place}, {name}: {problem}") from None
            if linear is not None:
                maps.append(linear)
                bias = None if bias is None else linear.csr() @ bias
            if own is not None and names[k:] not in counted:
                counted.add(names[k:])
                bias = own if bias is None else bias + own
            node = self.graph.nodes[name]
            if node.kind == "Delay":
                delay = delay + node.array("delay").reshape(-1)[0]
        node = self.graph.nodes[target]
        if node.kind == "Delay":
            delay = delay + node.array("delay").reshape(-1)
        try:
            weights = chain(maps) if maps else _identity(math.prod(self.shapes[source][1]))
        except GraphError as problem:
            raise ModelFileError(f"{self.place}, {source} to {target}: {problem}") from None
        return Path(
            source=source,
            target=target,
            names=names,
            weights=weights,
            delay=delay,
            bias=bias if bias is not None and np.any(bias) else None,
        )

    def layer(self, name: str) -> tuple[LinearMap | None, Array | None]:
        """The map and the bias of a linear node; None where it has none."""
        node = self.graph.nodes[name]
        into, out = (math.prod(shape) for shape in self.shapes[name])
        if node.kind in ("Affine", "Linear"):
            weights = _affine(np.asarray(node.array("weight"), dtype=np.float64), into)
        elif node.kind in ("Conv1d", "Conv2d", "SumPool2d", "AvgPool2d"):
            windowed = convolution(node, self.shapes[name][0])
            if windowed is None:
                raise ModelFileError(f"{self.place}, {name}: the size of its image is not known")
            weights = windowed
        elif node.kind == "Scale":
            return _identity(into, node.array("scale")), None
        elif node.kind == "Flatten" and self.channels_last:
            return _channels_last(self.shapes[name][0]), None
        else:
            return None, None
        return weights, _bias(node, out)


def _channels_last(shape: tuple[int, ...]) -> LinearMap:
    """An image, numbered channel by channel, pixel by pixel."""
    image = np.arange(math.prod(shape)).reshape(-1, *shape[-2:] if len(shape) > 2 else (1, 1))
    order = image.transpose(1, 2, 0).reshape(-1)
    return Sparse(scipy.sparse.eye_array(len(order), format="csr")[order])


def _identity(size: int, scale: Any = 1.0) -> LinearMap:
    values = np.broadcast_to(np.asarray(scale, dtype=np.float64).reshape(-1), (size,))
    return Sparse(scipy.sparse.csr_array(scipy.sparse.diags_array(values)))


def _affine(weight: Array, into: int) -> LinearMap:
    """A full array; the same one at every place, or one for each, where there are several."""
    if weight.ndim > 2:
        blocks = weight.reshape(-1, *weight.shape[-2:])
        return as_map(scipy.sparse.block_diag(tuple(blocks), format="csr"))
    if weight.shape[1] != into:
        return as_map(scipy.sparse.kron(scipy.sparse.eye_array(into // weight.shape[1]), weight))
    return as_map(weight)


def _bias(node: NirNode, out: int) -> Array | None:
    """The bias at each unit of a layer; of a convolution, that of its channel."""
    if "bias" not in node.values:
        return None
    given = np.asarray(node.array("bias"), dtype=np.float64).reshape(-1)
    if not given.any():
        return None
    if node.kind in ("Conv1d", "Conv2d"):
        channels = np.shape(node.values["weight"])[0]
        if given.size not in (1, channels):
            raise GraphError(f"{given.size} biases for {channels} channels")
        return np.repeat(np.broadcast_to(given, (channels,)), out // channels)
    if out % given.size:
        raise GraphError(f"{given.size} biases for {out} units")
    return np.tile(given, out // given.size)
