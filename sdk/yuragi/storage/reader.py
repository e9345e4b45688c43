"""A graph from the `network.yaml` and `arrays.npz` of a folder, every part checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.arrays import Members, read_arrays
from yuragi.documents import Document, Field, read_yaml
from yuragi.dynamics import Dynamics
from yuragi.errors import EquationError, GraphError, ModelFileError
from yuragi.graph import Edge, Graph, Node, Origin, Probe, Stimulus
from yuragi.memory import Need, check_memory, state
from yuragi.placement import Mesh, Part, Placement
from yuragi.plasticity import Plasticity
from yuragi.schemas import checked
from yuragi.storage.schema import (
    ConvolutionSchema,
    DynamicsSchema,
    EdgeSchema,
    GraphSchema,
    NodeSchema,
    OriginSchema,
    PlacementSchema,
    PlasticitySchema,
    WeightsSchema,
)
from yuragi.storage.writer import ARRAYS, LARGEST_YAML, NETWORK
from yuragi.wiring.chain import chain
from yuragi.wiring.convolution import Convolution
from yuragi.wiring.maps import Dense, LinearMap, Sparse, as_structure, check_rows

__all__ = ["read_graph"]

Array = NDArray[Any]
_MOST_CORES = 2**31
_WIDEST_TABLE = 40


def read_graph(folder: Path) -> Graph:
    """Read both files.  Raises ModelFileError with file, line and field, or file and array."""
    document = read_yaml(folder / NETWORK, max_bytes=LARGEST_YAML)
    schema = checked(document, GraphSchema)
    _check_memory(document, schema)
    members = read_arrays(folder / ARRAYS)
    nodes = tuple(
        _node(document, ("populations", k), node, members)
        for k, node in enumerate(schema.populations)
    )
    edges = tuple(
        _edge(document, ("projections", k), edge, members)
        for k, edge in enumerate(schema.projections)
    )
    stimuli = tuple(
        Stimulus(target=s.target, port=s.port, values=members.take(s.values))
        for s in schema.stimulus
    )
    placement = None
    if schema.placement is not None:
        with _at(document, ("placement",)):
            placement = _placement(schema.placement, nodes, members)
    origin = None if schema.origin is None else _origin(schema.origin, members)
    members.check_all_taken()
    with _at(document, ()):
        return Graph(
            nodes=nodes,
            edges=edges,
            stimuli=stimuli,
            probes=tuple(
                Probe(node=p.population, variable=p.variable, every=p.every) for p in schema.probes
            ),
            seed=schema.seed,
            dt=schema.dt,
            placement=placement,
            origin=origin,
        )


def _origin(schema: OriginSchema, members: Members) -> Origin:
    return Origin(
        format=schema.format,
        version=schema.version,
        dialect=schema.dialect,
        notes=tuple(schema.notes),
        names=dict(schema.names),
        shapes={name: tuple(shape) for name, shape in schema.shapes.items()},
        outputs=dict(schema.outputs),
        paths=tuple(tuple(path) for path in schema.paths),
        kept={
            (population, parameter): members.take(array)
            for population, kept in schema.kept.items()
            for parameter, array in kept.items()
        },
    )


def _check_memory(document: Document, schema: GraphSchema) -> None:
    """Refuse populations whose state would not fit, before anything is built."""
    delay = max((edge.delay for edge in schema.projections), default=1)
    refused = check_memory(
        Need(
            field=("populations", k, "size"),
            what=f"the state of {node.name}",
            bytes=state(node.size, 1, len(node.dynamics.ports), delay, 1),
        )
        for k, node in enumerate(schema.populations)
    )
    if refused:
        raise ModelFileError(f"{document.where(refused[0])}: {refused[1]}")


@contextmanager
def _at(document: Document, field: Field) -> Iterator[None]:
    """Errors of the description, with file, line and field."""
    try:
        yield
    except (GraphError, EquationError) as problem:
        raise ModelFileError(f"{document.where(field)}: {problem}") from None


def _node(document: Document, field: Field, node: NodeSchema, members: Members) -> Node:
    with _at(document, (*field, "dynamics")):
        dynamics = _dynamics(node.dynamics, members)
    kinds = "i" if dynamics.integer else "f"

    def values(given: Mapping[str, int | float | str]) -> dict[str, Array]:
        return {
            name: members.take(value, kinds) if isinstance(value, str) else np.array(value)
            for name, value in given.items()
        }

    return Node(
        name=node.name,
        size=node.size,
        dynamics=dynamics,
        parameters=values(node.parameters),
        initial=values(node.initial),
        scales=dict(node.scales),
        latency=node.latency,
    )


def _edge(document: Document, field: Field, edge: EdgeSchema, members: Members) -> Edge:
    with _at(document, (*field, "weights")):
        weights = _weights(edge.weights, members)
    rule = None
    if edge.plasticity is not None:
        with _at(document, (*field, "plasticity")):
            rule = _plasticity(edge.plasticity, members)
        weights = as_structure(weights)
    return Edge(
        source=edge.source,
        target=edge.target,
        port=edge.port,
        weights=weights,
        delay=edge.delay,
        shift=edge.shift,
        scale=edge.scale,
        sign=edge.sign,
        cut=edge.cut,
        plasticity=rule,
    )


def _dynamics(schema: DynamicsSchema, members: Members) -> Dynamics:
    return Dynamics(
        name=schema.name,
        equations=schema.equations,
        ports=tuple(schema.ports),
        output=schema.output,
        threshold=schema.threshold,
        reset=schema.reset,
        refractory=schema.refractory,
        parameters=schema.parameters,
        initial=schema.initial,
        method=schema.method,
        number=schema.number,
        tables=_tables(schema.tables, members),
        tallies=schema.tallies,
        spike_register=schema.spike_register,
    )


def _plasticity(schema: PlasticitySchema, members: Members) -> Plasticity:
    return Plasticity(
        name=schema.name,
        equations=schema.equations,
        reads=tuple(schema.reads),
        parameters=schema.parameters,
        initial=schema.initial,
        number=schema.number,
        tables=_tables(schema.tables, members),
        scales=schema.scales,
        tallies=schema.tallies,
    )


def _tables(named: Mapping[str, str], members: Members) -> dict[str, tuple[int, ...]]:
    tables = {}
    for name, array in named.items():
        table = members.take(array, "i", ndim=1).tolist()
        knots = len(table) - 2
        fits = knots >= 2 and 0 <= table[1] <= _WIDEST_TABLE and (knots << table[1]) < 2**62
        if not fits or abs(table[0]) >= 2**62:
            raise GraphError(f"table {name}: expected first, shift and at least two knots")
        tables[name] = tuple(table)
    return tables


def _weights(schema: WeightsSchema, members: Members) -> LinearMap:
    given = schema.model_fields_set
    if schema.convolution is not None and given == {"convolution"}:
        return _convolution(schema.convolution, members)
    if schema.chain is not None and given == {"chain"}:
        return chain([_weights(part, members) for part in schema.chain])
    if schema.dense is not None and given == {"dense"}:
        return Dense(members.take(schema.dense, ndim=2))
    if schema.sparse is None or schema.shape is None or given != {"sparse", "shape"}:
        raise GraphError("expected dense, or sparse with a shape, or convolution, or chain")
    data, indices, indptr = (
        members.take(f"{schema.sparse}.{part}", kinds, ndim=1)
        for part, kinds in (("data", "iuf"), ("indices", "i"), ("indptr", "i"))
    )
    post, pre = schema.shape
    if len(data) != len(indices):
        raise GraphError("expected as many indices as data")
    check_rows(indices, indptr, post, pre)
    return Sparse(scipy.sparse.csr_array((data, indices, indptr), shape=(post, pre)))


def _convolution(schema: ConvolutionSchema, members: Members) -> Convolution:
    return Convolution(
        kernel=members.take(schema.kernel),
        size=tuple(schema.size),
        stride=tuple(schema.stride),
        padding=tuple((before, after) for before, after in schema.padding),
        dilation=tuple(schema.dilation),
        groups=schema.groups,
    )


def _placement(schema: PlacementSchema, nodes: tuple[Node, ...], members: Members) -> Placement:
    rows = members.take(schema.parts, "i", ndim=2)
    if rows.shape[1] != 3:
        raise GraphError(f"parts: expected 3 columns, found {rows.shape[1]}")
    expected, first = 0, 0
    parts = []
    for index, start, stop in rows.tolist():
        if index != expected or start != first or not start < stop or index >= len(nodes):
            raise GraphError("parts: expected all units of all populations, in their order")
        parts.append(Part(node=nodes[index].name, first=start, stop=stop))
        if stop > nodes[index].size:
            raise GraphError(f"parts: {nodes[index].name} has {nodes[index].size:,} units only")
        expected, first = (index + 1, 0) if stop == nodes[index].size else (index, stop)
    if expected != len(nodes):
        raise GraphError(f"parts: {nodes[expected].name} is not complete")
    cores = () if schema.cores is None else _cores(members.take(schema.cores, "i", ndim=1))
    if cores and len(cores) != len(parts):
        raise GraphError(f"{len(cores):,} cores for {len(parts):,} parts")
    mesh = schema.mesh
    return Placement(
        parts=tuple(parts),
        cores=cores,
        mesh=Mesh(width=mesh.width, height=mesh.height, cores_per_tile=mesh.cores_per_tile),
        order=_orders(schema, nodes, members),
        multicast=schema.multicast,
    )


def _orders(schema: PlacementSchema, nodes: tuple[Node, ...], members: Members) -> dict[str, Array]:
    sizes = {node.name: node.size for node in nodes}
    orders = {}
    for name, array in schema.order.items():
        units = members.take(array, "i", ndim=1)
        if name not in sizes or not np.array_equal(np.sort(units), np.arange(sizes[name])):
            raise GraphError(f"order of {name}: expected every unit of a population once")
        orders[name] = units
    return orders


def _cores(array: Array) -> tuple[int, ...]:
    if len(array) and (array.min() < 0 or array.max() >= _MOST_CORES):
        raise GraphError("cores: expected numbers from 0")
    return tuple(array.tolist())
