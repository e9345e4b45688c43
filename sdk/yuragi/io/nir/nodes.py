"""The nodes and edges of a NIR graph: which kinds there are, what each carries, what must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import ModelFileError
from yuragi.io.nir.document import Plain

__all__ = ["KINDS", "NEURONS", "NirGraph", "NirNode", "graph_of"]

Array = NDArray[Any]
_MOST_UNITS = 2**31 - 1
_MOST_NODES = 10_000
_REQUIRED: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NirNode:
    """A node.

    values: its parameters by NIR's names; a text only for padding.
    metadata: texts and numbers that its writer added, by name.
    """

    name: str
    kind: str
    values: Mapping[str, Array | str]
    metadata: Mapping[str, Plain] = field(default_factory=dict)

    def array(self, name: str) -> Array:
        """A parameter that is numbers."""
        return np.asarray(self.values[name])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NirGraph:
    """A graph without graphs inside: their nodes are here as "outer.inner".

    version: of the writer, where the file says it.
    """

    nodes: Mapping[str, NirNode]
    edges: tuple[tuple[str, str], ...]
    metadata: Mapping[str, Plain] = field(default_factory=dict)
    version: str | None = None

    def before(self) -> dict[str, list[str]]:
        """By node, those with an edge to it, in the order of the edges."""
        found: dict[str, list[str]] = {name: [] for name in self.nodes}
        for a, b in self.edges:
            found[b].append(a)
        return found

    def after(self) -> dict[str, list[str]]:
        """By node, those with an edge from it, in the order of the edges."""
        found: dict[str, list[str]] = {name: [] for name in self.nodes}
        for a, b in self.edges:
            found[a].append(b)
        return found


# Parameters of each kind, with the value that an older file means where it leaves one out.
_MEMBRANE: Final = {"r": _REQUIRED, "v_leak": _REQUIRED}
_SPIKE: Final = {"v_threshold": _REQUIRED, "v_reset": 0.0}
_CONV: Final = {
    "weight": _REQUIRED, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": 0.0,
    "input_shape": None,
}  # fmt: skip
_POOL: Final = {"kernel_size": _REQUIRED, "stride": None, "padding": 0}
KINDS: Final[Mapping[str, Mapping[str, object]]] = {
    "Affine": {"weight": _REQUIRED, "bias": 0.0},
    "AvgPool2d": _POOL,
    "Conv1d": _CONV,
    "Conv2d": _CONV,
    "CubaLI": {"tau_syn": _REQUIRED, "tau_mem": _REQUIRED, **_MEMBRANE, "w_in": 1.0},
    "CubaLIF": {"tau_syn": _REQUIRED, "tau_mem": _REQUIRED, **_MEMBRANE, **_SPIKE, "w_in": 1.0},
    "Delay": {"delay": _REQUIRED},
    "Flatten": {"input_type": None, "start_dim": 1, "end_dim": -1},
    "I": {"r": _REQUIRED},
    "IF": {"r": _REQUIRED, **_SPIKE},
    "Input": {"shape": None},
    "LI": {"tau": _REQUIRED, **_MEMBRANE},
    "LIF": {"tau": _REQUIRED, **_MEMBRANE, **_SPIKE},
    "Linear": {"weight": _REQUIRED},
    "NIRGraph": {"nodes": _REQUIRED, "edges": _REQUIRED},
    "Output": {"shape": None},
    "Scale": {"scale": _REQUIRED},
    "SumPool2d": _POOL,
    "Threshold": {"threshold": _REQUIRED},
}
NEURONS: Final = frozenset({"CubaLI", "CubaLIF", "I", "IF", "LI", "LIF", "Threshold"})
_NOT_PARAMETERS = frozenset({"type", "metadata", "name", "version", "output_type", "type_check"})
_POSITIVE = frozenset({"tau", "tau_syn", "tau_mem", "v_threshold"})
_WHOLE = frozenset(
    {
        "dilation", "end_dim", "groups", "input_shape", "input_type", "kernel_size", "padding",
        "shape", "start_dim", "stride",
    }
)  # fmt: skip


def graph_of(plain: Mapping[str, Plain], place: str) -> NirGraph:
    """The graph of a file's contents, every node checked, nested graphs opened.

    place: the file, for messages.  Raises ModelFileError with file, node and rule.
    """
    root = plain.get("node", plain)
    if not isinstance(root, Mapping) or root.get("type") != "NIRGraph":
        raise ModelFileError(f"{place}: no NIR graph in it (expected /node of type NIRGraph)")
    nodes: dict[str, NirNode] = {}
    edges = _opened(root, "", nodes, place)
    version = plain.get("version")
    metadata = root.get("metadata")
    return NirGraph(
        nodes=nodes,
        edges=edges,
        metadata=metadata if isinstance(metadata, Mapping) else {},
        version=version if isinstance(version, str) else None,
    )


def _opened(
    graph: Mapping[str, Plain], prefix: str, nodes: dict[str, NirNode], place: str
) -> tuple[tuple[str, str], ...]:
    """Add the nodes of a graph under their names, and return its edges."""
    where = f"{place}, {prefix.rstrip('.') or 'the graph'}"
    members, given = graph.get("nodes"), graph.get("edges")
    if not isinstance(members, Mapping) or not members:
        raise ModelFileError(f"{where}: it has no nodes")
    edges = _edges(given, members, where)
    inner: dict[str, tuple[list[str], list[str]]] = {}
    found: list[tuple[str, str]] = []
    for name, member in members.items():
        if not name.isprintable():
            raise ModelFileError(f"{where}: node {name!r}: expected a name that can be printed")
        if not isinstance(member, Mapping):
            raise ModelFileError(f"{where}: node {name!r} is not a group of parameters")
        full = f"{prefix}{name}"
        if full in nodes:
            raise ModelFileError(f"{where}: two nodes come to the name {full!r}")
        if member.get("type") == "NIRGraph":
            deeper = list(_opened(member, f"{full}.", nodes, place))
            inner[name] = _boundary(nodes, deeper, full, member["nodes"], place)
            found += deeper
        else:
            nodes[full] = _node(full, member, place)
            if len(nodes) > _MOST_NODES:
                raise ModelFileError(f"{where}: more than {_MOST_NODES:,} nodes")
    for a, b in edges:
        sources = inner[a][1] if a in inner else [f"{prefix}{a}"]
        targets = inner[b][0] if b in inner else [f"{prefix}{b}"]
        found += [(source, target) for source in sources for target in targets]
    return tuple(dict.fromkeys(found))


def _edges(given: object, members: Mapping[str, Plain], where: str) -> list[tuple[str, str]]:
    """Pairs of names that exist, each once."""
    if not isinstance(given, np.ndarray) or given.size == 0:
        raise ModelFileError(f"{where}: it has no edges, so nothing is connected")
    if given.ndim != 2 or given.shape[1] != 2 or given.dtype.kind not in "OU":
        raise ModelFileError(f"{where}: edges: expected pairs of names, found shape {given.shape}")
    edges = [(str(a), str(b)) for a, b in given.tolist()]
    for name in (name for edge in edges for name in edge):
        if name not in members:
            known = ", ".join(sorted(members)[:10])
            raise ModelFileError(f"{where}: an edge names {name!r}; there are {known}")
    for a, b in edges:
        if _type(members[a]) == "Output" or _type(members[b]) == "Input":
            raise ModelFileError(
                f"{where}: an edge from {a!r} to {b!r}: nothing leads to an Input or from an Output"
            )
    return list(dict.fromkeys(edges))


def _type(member: Plain) -> Plain | None:
    return member.get("type") if isinstance(member, Mapping) else None


def _boundary(
    nodes: dict[str, NirNode],
    edges: list[tuple[str, str]],
    name: str,
    members: Plain,
    place: str,
) -> tuple[list[str], list[str]]:
    """Take the inputs and outputs of an opened graph away: who follows them, who leads to them.

    An input that leads to the output stays, as a scale of 1.
    """
    ends: dict[str, list[str]] = {}
    for kind in ("Input", "Output"):
        full = (f"{name}.{member}" for member in members)
        own = [node for node in full if node in nodes and nodes[node].kind == kind]
        if len(own) != 1:
            raise ModelFileError(f"{place}, {name}: {len(own)} {kind} nodes, expected one")
        ends[kind] = own
    (entry,), (leave,) = ends["Input"], ends["Output"]
    targets = [b for a, b in edges if a == entry]
    sources = [a for a, b in edges if b == leave]
    del nodes[leave]
    if entry in sources:
        nodes[entry] = NirNode(name=entry, kind="Scale", values={"scale": np.ones(())})
        edges[:] = [(a, b) for a, b in edges if b != leave]
        return [entry], sources
    edges[:] = [(a, b) for a, b in edges if a != entry and b != leave]
    del nodes[entry]
    return targets, sources


def _node(name: str, member: Mapping[str, Plain], place: str) -> NirNode:
    kind = member.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        listed = ", ".join(sorted(KINDS))
        raise ModelFileError(f"{place}, {name}: unknown kind {kind!r}; there are {listed}")
    where = f"{place}, {name} ({kind})"
    values: dict[str, Array | str] = {}
    for key, default in KINDS[kind].items():
        value = member.get(key, default)
        if isinstance(value, Mapping):  # {"input": shape}, as the package keeps it in memory
            value = value.get("input", value.get("output", default))
        if value is _REQUIRED:
            raise ModelFileError(f"{where}: {key} is missing")
        if value is not None:
            values[key] = _value(value, f"{where}: {key}")
    unknown = member.keys() - KINDS[kind].keys() - _NOT_PARAMETERS
    unknown -= {key for key in unknown if key.startswith("@") or key == "input_type"}
    if unknown:
        raise ModelFileError(f"{where}: unknown parameter {sorted(unknown)[0]!r}")
    _check(kind, values, where)
    metadata = member.get("metadata")
    return NirNode(
        name=name,
        kind=kind,
        values=values,
        metadata=metadata if isinstance(metadata, Mapping) else {},
    )


def _value(value: object, where: str) -> Array | str:
    if isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "iufb":
        raise ModelFileError(f"{where}: expected numbers, found {array.dtype}")
    if array.size == 0:
        raise ModelFileError(f"{where}: expected values, found an array of shape {array.shape}")
    if not np.isfinite(array).all():
        raise ModelFileError(f"{where}: expected finite numbers, found nan or infinity")
    return array


def _check(kind: str, values: Mapping[str, Array | str], where: str) -> None:
    """Texts only for padding; shapes of units and weights; time constants above 0."""
    for key, value in values.items():
        if isinstance(value, str):
            if key != "padding" or value not in ("same", "valid"):
                raise ModelFileError(f"{where}: {key} {value!r}: expected numbers")
        elif key in _WHOLE and not (value == np.floor(value)).all():
            raise ModelFileError(f"{where}: {key} {value}: expected whole numbers")
        elif key in _POSITIVE and not (value > 0).all():
            raise ModelFileError(f"{where}: {key}: expected above 0, found {value.min():g}")
        elif value.size > _MOST_UNITS:
            raise ModelFileError(f"{where}: {key}: more than {_MOST_UNITS:,} values")
    if kind in NEURONS:
        _check_units(values, where)
    for key in ("shape", "input_type"):
        if key in values and (not np.size(values[key]) or (np.asarray(values[key]) < 1).any()):
            raise ModelFileError(f"{where}: {key} {values[key]}: expected sizes from 1")
    _check_weight(kind, values, where)


def _check_units(values: Mapping[str, Array | str], where: str) -> None:
    shapes = {np.shape(value) for value in values.values()} - {(), (1,)}
    if len(shapes) > 1:
        listed = ", ".join(f"{key} {np.shape(value)}" for key, value in values.items())
        raise ModelFileError(f"{where}: its parameters have different shapes: {listed}")


def _check_weight(kind: str, values: Mapping[str, Array | str], where: str) -> None:
    wanted = {"Affine": 2, "Linear": 2, "Conv1d": 3, "Conv2d": 4}.get(kind)
    if wanted is None:
        return
    given = np.shape(values["weight"])
    more = len(given) > wanted and kind in ("Affine", "Linear")
    if len(given) != wanted and not more:
        raise ModelFileError(f"{where}: weight of shape {given}: expected {wanted} dimensions")
