"""The steps of an ONNX graph: what is stored, what is only bookkeeping, what remains to do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import onnx

from yuragi.errors import ModelFileError
from yuragi.power.exchange.operators import VIEWS, Shape
from yuragi.power.exchange.reading import STANDARD, attribute_graphs, quoted

__all__ = ["Step", "Values", "steps"]

_LARGEST_BOOKKEEPING = 64
_TYPES = onnx.TensorProto
# Types of numbers that no network computes with: shapes, indices, masks.
_NO_PARAMETERS = {_TYPES.INT64, _TYPES.BOOL, _TYPES.STRING, _TYPES.UINT64, _TYPES.UNDEFINED}
_WHOLE = {_TYPES.INT64, _TYPES.INT32, _TYPES.BOOL}
_DRAWN = {"RandomNormal", "RandomUniform", "Bernoulli"}


@dataclass(slots=True, kw_only=True)
class Values:
    """What is known of every value of a graph.

    shapes: None where a size is not known before the graph runs.
    types: the element type, of onnx.TensorProto.
    origins: of a value that never changes, the stored tensors that it is made of.
    stored: parameters by name: how many values, and their type.
    views: another name of the same values -> the first one.
    bookkeeping: values that only say how large others are.
    """

    shapes: dict[str, Shape | None] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    origins: dict[str, frozenset[str]] = field(default_factory=dict)
    stored: dict[str, tuple[int, int]] = field(default_factory=dict)
    views: dict[str, str] = field(default_factory=dict)
    bookkeeping: set[str] = field(default_factory=set)

    def root(self, name: str) -> str:
        """The value that a view shows."""
        return self.views.get(name, name)

    def size(self, name: str) -> int | None:
        """How many numbers a value has; None where that is not known."""
        shape = self.shapes.get(name)
        return None if shape is None else math.prod(shape)

    def moving(self, names: Iterable[str]) -> tuple[str, ...]:
        """The different activations among values, by their roots."""
        roots = (
            self.root(name)
            for name in names
            if name and name not in self.origins and name not in self.bookkeeping
        )
        return tuple(dict.fromkeys(roots))

    def read(self, graph: onnx.GraphProto) -> None:
        """Take over what a graph says of its values."""
        for value in (*graph.input, *graph.value_info, *graph.output):
            if value.type.HasField("tensor_type"):
                self.shapes[value.name] = _shape(value.type.tensor_type)
                self.types[value.name] = value.type.tensor_type.elem_type
        for tensor in graph.initializer:
            self.store(tensor.name, tuple(tensor.dims), tensor.data_type)
        for sparse in graph.sparse_initializer:
            self.store(sparse.values.name, tuple(sparse.values.dims), sparse.values.data_type)
            self.shapes[sparse.values.name] = tuple(sparse.dims)

    def store(self, name: str, shape: Shape, kind: int) -> None:
        """A tensor of the file; a single number without a dimension is a constant."""
        self.shapes[name], self.types[name] = shape, kind
        self.origins[name] = frozenset({name})
        if shape and kind not in _NO_PARAMETERS:
            self.stored[name] = (math.prod(shape), kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A node that does something when the network runs.

    place: of the node in the file, from 0.
    """

    node: onnx.NodeProto
    place: int


def steps(graph: onnx.GraphProto, values: Values, file: str) -> Iterator[Step]:
    """The nodes that do something, in order; `values` grows with them.

    What is made of stored values only is done once and counts as stored; reshaping moves nothing;
    arithmetic on sizes is left out.

    Errors: ModelFileError where a node reads what nothing before it makes (so that there is a
    circle, or a piece is missing), or makes what is there already.
    """
    values.read(graph)
    known = {"", *values.shapes, *values.origins} - _made(graph)
    known |= {value.name for value in graph.input}
    for place, node in enumerate(graph.node):
        _check(node, place, known, file)
        known.update(node.output)
        if not _settled(node, values):
            yield Step(node=node, place=place)


def _made(graph: onnx.GraphProto) -> set[str]:
    return {name for node in graph.node for name in node.output}


def _check(node: onnx.NodeProto, place: int, known: set[str], file: str) -> None:
    what = f"{file}: node {place} ({quoted(node.op_type)} {quoted(node.name)})"
    for name in node.input:
        if name not in known:
            raise ModelFileError(
                f"{what} reads {quoted(name)}, which nothing before it makes: a circle, or a "
                "missing node"
            )
    for name in node.output:
        if name and name in known:
            raise ModelFileError(f"{what} makes {quoted(name)}, which is there already")


def _settled(node: onnx.NodeProto, values: Values) -> bool:
    """Whether a node has nothing to do when the network runs; what it makes is noted."""
    own = node.domain in STANDARD
    if own and node.op_type == "Constant":
        _store_constant(node, values)
        return True
    given = [name for name in node.input if name]
    fixed = all(name in values.origins for name in given) and not any(attribute_graphs(node))
    if fixed and given and node.op_type not in _DRAWN:
        origins = frozenset().union(*(values.origins[name] for name in given))
        values.origins |= {name: origins for name in node.output if name}
        return True
    if own and (node.op_type in ("Shape", "Size") or _is_bookkeeping(node, values)):
        values.bookkeeping.update(name for name in node.output if name)
        return True
    if own and node.op_type in VIEWS and given and node.output:
        values.views[node.output[0]] = values.root(node.input[0])
        return True
    return False


def _is_bookkeeping(node: onnx.NodeProto, values: Values) -> bool:
    moving = [n for n in node.input if n and n not in values.origins]
    if not moving or any(name not in values.bookkeeping for name in moving):
        return False
    sizes = [values.size(name) for name in node.output if name]
    whole = all(values.types.get(name) in _WHOLE for name in node.output if name)
    return whole and all(size is not None and size <= _LARGEST_BOOKKEEPING for size in sizes)


def _store_constant(node: onnx.NodeProto, values: Values) -> None:
    name = node.output[0]
    for attribute in node.attribute:
        if attribute.name == "value":
            values.store(name, tuple(attribute.t.dims), attribute.t.data_type)
        elif attribute.name == "sparse_value":
            tensor = attribute.sparse_tensor
            values.store(name, tuple(tensor.values.dims), tensor.values.data_type)
            values.shapes[name] = tuple(tensor.dims)
        elif attribute.name in ("value_float", "value_floats"):
            count = len(attribute.floats)
            shape = (count,) if attribute.name == "value_floats" else ()
            values.store(name, shape, _TYPES.FLOAT)
    if name not in values.origins:
        values.origins[name] = frozenset()


def _shape(tensor: onnx.TypeProto.Tensor) -> Shape | None:
    if not tensor.HasField("shape"):
        return None
    sizes = []
    for dim in tensor.shape.dim:
        if not dim.HasField("dim_value") or dim.dim_value < 0:
            return None
        sizes.append(dim.dim_value)
    return tuple(sizes)
