"""A NIR graph as a network, by the rules of a dialect, with everything said that had to be decided.

Neurons become populations with NIR's own parameters; affine, convolutional, pooling, scaling and
flattening nodes between them become one projection each. Feed-forward layers act within a step;
what closes a circle arrives a step later.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.errors import ModelFileError
from yuragi.graph import Origin
from yuragi.io.nir.deciding import decide, own
from yuragi.io.nir.dialects.rule import EULER, Dialect
from yuragi.io.nir.dialects.table import DIALECTS, LOIHI, find_dialect
from yuragi.io.nir.document import plain_of, read_plain
from yuragi.io.nir.loihi_integers import loihi_network
from yuragi.io.nir.nodes import NEURONS, NirGraph, NirNode, graph_of
from yuragi.io.nir.paths import Path, Paths, carriers, feedback
from yuragi.io.nir.roles import by_role
from yuragi.io.nir.shapes import Shapes, find_shapes
from yuragi.io.nir.units import in_membrane, unit_of
from yuragi.network import Network
from yuragi.wiring.maps import LinearMap, Sparse, as_map

__all__ = ["ALWAYS", "RELAY", "from_nir"]

Array = NDArray[Any]
ALWAYS = Dynamics(
    name="always", equations="v(t+1) = i + 2", ports=("i",), threshold="v > 1", reset="v = 0"
)
RELAY = "nir_sum"


def from_nir(
    source: str | FilePath | object,
    *,
    dialect: str | None = None,
    dt: float | None = None,
    reset: str | Mapping[str, str] | None = None,
    spiking: bool = True,
) -> Network:
    """The network of a NIR file, or of a graph of the `nir` package.

    dialect: whose rules are followed: closed, exact, lava, loihi, nengo, norse, rockpool, sinabs,
        snntorch or spyx; by default what the file's metadata or its numbers say.
    dt: seconds of a step; by default what the file's metadata or its numbers say, or 0.1 ms.
    reset: of all spiking units, or by the name of the node: zero, value (v_reset), subtract, none,
        and for snntorch zero_next and subtract_next; by default the node's metadata or the
        dialect's own.
    spiking: inputs send a spike wherever a value is above 0.5; else the values themselves.
    What was decided is in `network.origin.notes`, and in the log of a compiled program.
    Raises ModelFileError with file, node and rule; DependencyError without h5py.
    """
    if isinstance(source, (str, FilePath)):
        place = str(source)
        plain = read_plain(FilePath(source))
    else:
        place = "the graph"
        to_dict = getattr(source, "to_dict", None)
        held = plain_of(to_dict() if callable(to_dict) else source)
        plain = held if isinstance(held, dict) else {}
    graph = graph_of(plain, place)
    builder = _Builder.of(graph, place, dialect=dialect, dt=dt, reset=reset, spiking=spiking)
    return builder.network()


@dataclass(slots=True, kw_only=True, eq=False)
class _Builder:
    """Builds the network of one graph."""

    graph: NirGraph
    shapes: Shapes
    place: str
    dialect: str
    dt: float
    reset: str | Mapping[str, str] | None
    spiking: bool
    notes: list[str]
    names: dict[str, str] = field(default_factory=dict)
    paths: list[tuple[str, ...]] = field(default_factory=list)
    kept: dict[tuple[str, str], Array] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        graph: NirGraph,
        place: str,
        *,
        dialect: str | None,
        dt: float | None,
        reset: str | Mapping[str, str] | None,
        spiking: bool,
    ) -> _Builder:
        if isinstance(reset, Mapping) and not reset.keys() <= graph.nodes.keys():
            unknown = min(reset.keys() - graph.nodes.keys())
            units = ", ".join(name for name, node in graph.nodes.items() if node.kind in NEURONS)
            raise ModelFileError(f"{place}: reset of {unknown!r}: the units are {units}")
        decision = decide(graph, place, dialect=dialect, dt=dt)
        notes = list(decision.notes)
        if decision.dialect in DIALECTS and DIALECTS[decision.dialect].by_role:
            graph, led = by_role(graph)
            notes += [
                f"assumed: {name}: what its recurrent weights receive is its input" for name in led
            ]
        return cls(
            graph=graph,
            shapes=find_shapes(graph, place),
            place=place,
            dialect=decision.dialect,
            dt=decision.dt,
            reset=reset,
            spiking=spiking,
            notes=notes,
        )

    def network(self) -> Network:
        """All populations, then all projections, then probes."""
        ends = carriers(self.graph)
        follow = Paths(
            graph=self.graph,
            shapes=self.shapes,
            ends=frozenset(ends),
            place=self.place,
            channels_last=self.dialect in DIALECTS and DIALECTS[self.dialect].channels_last,
        )
        inputs = [name for name, node in self.graph.nodes.items() if node.kind == "Input"]
        back = feedback(self.graph.after(), inputs)
        self.notes += [f"assumed: {a} to {b} is feedback" for a, b in sorted(back)]
        arriving = {name: list(follow.into(name)) for name in ends}
        for name in ends:
            if not arriving[name] and self.graph.nodes[name].kind != "Input":
                raise ModelFileError(f"{self.place}, {name}: nothing leads there")
            self.names[name] = _population(name, self.names.values())
        if self.dialect == LOIHI:
            return loihi_network(self, arriving)
        network = Network(dt=self.dt)
        dialect = find_dialect(self.dialect)
        self._remark(dialect)
        for name in ends:
            self._add_population(network, dialect, name, arriving[name], back)
        for name in ends:
            self._add_projections(network, dialect, name, arriving[name], back)
        self.finish(network)
        return network

    def finish(self, network: Network) -> None:
        """Probes of what is sent, and where the network comes from."""
        for name in self.names:
            node = self.graph.nodes[name]
            if node.kind in ("CubaLIF", "IF", "LIF", "Threshold"):
                network.probe(self.names[name], "spikes")
        before = self.graph.before()
        outputs = {}
        for name, node in self.graph.nodes.items():
            if node.kind == "Output":
                source = name if name in self.names else before[name][0]
                outputs[name] = self.names[source]
                if self.graph.nodes[source].kind in ("CubaLI", "I", "LI", "Output"):
                    network.probe(self.names[source], "v")
        network.origin = Origin(
            format="nir",
            version=self.graph.version or "",
            dialect=self.dialect,
            notes=tuple(self.notes),
            names={new: old for old, new in self.names.items()},
            shapes={
                new: self.shapes[old][1]
                for old, new in self.names.items()
                if len(self.shapes[old][1]) != 1
            },
            outputs=outputs,
            paths=tuple(self.paths),
            kept=self.kept,
        )

    def _remark(self, dialect: Dialect) -> None:
        kinds = Counter(node.kind for node in self.graph.nodes.values())
        self.notes.append(f"assumed: rules of {dialect.source}")
        for kind, text in dialect.remarks.items():
            if kinds[kind]:
                self.notes.append(f"approximated: {kinds[kind]} {kind} node(s): {text}")
        for kind in sorted(dialect.unknown & kinds.keys()):
            self.notes.append(
                f"approximated: {kinds[kind]} {kind} node(s): {dialect.name} does not read them; "
                "taken as its other units would be"
            )
        if kinds["IF"] or kinds["I"]:
            self.notes.append(
                f"assumed: {kinds['IF'] + kinds['I']} IF or I node(s) add their input once a step"
            )
        late = sorted(dialect.late & kinds.keys())
        arrive = f"reach {', '.join(late)} a step later" if late else "pass within one step"
        self.notes.append(f"assumed: signals {arrive}; feedback takes a step")
        start = "v_leak" if dialect.starts_at_leak else "0"
        self.notes.append(f"assumed: states begin at {start}")

    # -- populations -----------------------------------------------------------------------------

    def _add_population(
        self,
        network: Network,
        dialect: Dialect,
        name: str,
        arriving: list[Path],
        back: frozenset[tuple[str, str]],
    ) -> None:
        node = self.graph.nodes[name]
        size = math.prod(self.shapes[name][1])
        new = self.names[name]
        if node.kind == "Input":
            network.input(new, size, spiking=self.spiking)
            return
        biases = {
            f"bias{k or ''}": _one_or_each(path.bias)
            for k, path in enumerate(arriving)
            if path.bias is not None and not self._by_source(dialect, path, back)
        }
        if node.kind not in NEURONS:
            drive = " + ".join(("i", *biases))
            values = {key: float(np.ravel(value)[0]) for key, value in biases.items()}
            sums = Dynamics(
                name=RELAY, equations=f"v = {drive}", ports=("i",), output="v", parameters=values
            )
            network.population(new, size, sums, parameters=biases)
            return
        chosen = self._reset_of(node)
        unit = unit_of(node, dialect, size, chosen, biases)
        network.population(
            new, size, unit.dynamics, parameters=unit.parameters, initial=unit.initial
        )
        for parameter in node.values.keys() - unit.parameters.keys():
            self.kept[new, parameter] = np.asarray(node.values[parameter])
        if unit.dynamics.spiking and node.kind != "Threshold":
            said = chosen or dialect.choices(node.kind)[0]
            self.notes.append(f"assumed: {name}: reset {said}; NIR does not say")
        self.notes += [f"not carried: {name}: {each}" for each in unit.unused]
        if dialect.step == EULER:
            self.notes += [
                f"approximated: {name}: {tau} from {values.min():g} s is shorter than a step, "
                "whose forward Euler overshoots"
                for tau, values in unit.parameters.items()
                if tau.startswith("tau") and np.min(values) < self.dt
            ]

    def _reset_of(self, node: NirNode) -> str | None:
        """What the user chose for a node, or what its metadata say; None: the dialect's own."""
        if isinstance(self.reset, str):
            return self.reset if node.kind in ("CubaLIF", "IF", "LIF") else None
        if self.reset is not None and node.name in self.reset:
            return self.reset[node.name]
        said = own(node.metadata).get("reset")
        offered = find_dialect(self.dialect).choices(node.kind)
        return said if isinstance(said, str) and said in offered else None

    def _by_source(self, dialect: Dialect, path: Path, back: frozenset[tuple[str, str]]) -> bool:
        """Whether a bias is a unit that always spikes: into a current, or not from step 0 on."""
        late = self._bias_late(dialect, path, back)
        return path.bias is not None and (late or not in_membrane(self.kind(path.target)))

    def _bias_late(self, dialect: Dialect, path: Path, back: frozenset[tuple[str, str]]) -> bool:
        """Whether a bias acts from step 1 on."""
        if dialect.late_bias and dialect.delay_to(self.kind(path.target)):
            return True
        return _closes(path, back) and not dialect.feedback_bias

    def kind(self, name: str) -> str:
        """The kind of a node."""
        return self.graph.nodes[name].kind

    # -- projections -----------------------------------------------------------------------------

    def _add_projections(
        self,
        network: Network,
        dialect: Dialect,
        name: str,
        arriving: list[Path],
        back: frozenset[tuple[str, str]],
    ) -> None:
        for path in arriving:
            first = max(dialect.delay_to(self.kind(name)), int(_closes(path, back)))
            source, target = self.names[path.source], self.names[name]
            for delay, weights in self.delayed(path, first):
                network.project(source, target, weights=weights, port="i", delay=delay)
                self.paths.append(self.layers(path))
            if self._by_source(dialect, path, back):
                always = self._always(network)
                late = int(self._bias_late(dialect, path, back))
                bias = as_map(np.asarray(path.bias).reshape(-1, 1))
                network.project(always, target, weights=bias, port="i", delay=late)
                self.paths.append(self.layers(path))

    def _always(self, network: Network) -> str:
        """The unit that spikes in every step, there once."""
        known = "bias"
        while known in self.names.values():
            known += "_"
        if all(node.name != known for node in network.graph().nodes):
            network.population(known, 1, ALWAYS)
        return known

    def layers(self, path: Path) -> tuple[str, ...]:
        """Kind and name of the linear nodes of a path."""
        return tuple(f"{self.graph.nodes[name].kind} {name}" for name in path.names)

    def delayed(self, path: Path, first: int) -> list[tuple[int, LinearMap]]:
        """The map of a path for each delay that it has, in steps."""
        exact = path.delay / self.dt
        steps = np.rint(exact).astype(np.int64)
        if np.abs(exact - steps).max() > 1e-6 * max(1.0, float(np.abs(exact).max())):
            self.notes.append(
                f"approximated: {path.source} to {path.target}: delays of "
                f"{path.delay.min():g} to {path.delay.max():g} s became {steps.min()} to "
                f"{steps.max()} steps, {np.abs(exact - steps).max():.2g} steps off at most"
            )
        if (steps < 0).any() or (steps >= 2**20).any():
            raise ModelFileError(f"{self.place}, {path.target}: delay {path.delay.max():g} s")
        if steps.ndim == 0 or np.unique(steps).size == 1:
            return [(first + int(steps.reshape(-1)[0]), path.weights)]
        rows = path.weights.csr()
        each = np.repeat(np.broadcast_to(steps, (rows.shape[0],)), np.diff(rows.indptr))
        parts: list[tuple[int, LinearMap]] = []
        for delay in np.unique(each):
            part = scipy.sparse.csr_array(rows, copy=True)
            part.data[each != delay] = 0
            part.eliminate_zeros()
            parts.append((first + int(delay), Sparse(part)))
        return parts


def _closes(path: Path, back: frozenset[tuple[str, str]]) -> bool:
    """Whether an edge of a path closes a circle."""
    nodes = (path.source, *path.names, path.target)
    return any(edge in back for edge in pairwise(nodes))


def _population(name: str, taken: Any) -> str:
    """A node's name as that of a population: letters, digits, '_' and '-'."""
    plain = "".join(c if c.isalnum() or c in "_-" else "_" for c in name) or "_"
    while plain in taken:
        plain += "_"
    return plain


def _one_or_each(values: Array) -> Array:
    return np.asarray(values[0]) if np.all(values == values[0]) else values
