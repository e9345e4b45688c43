"""An ONNX file opened without trust: nothing outside it is read, nothing grows without bound."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TypeAlias

import onnx
from google.protobuf.message import DecodeError

from yuragi.errors import ModelFileError

__all__ = ["STANDARD", "attribute_graphs", "quoted", "read_model"]

STANDARD = ("", "ai.onnx")
"""The domains of the operators that ONNX itself defines."""
_MOST_NODES = 200_000
_MOST_VALUES = 1 << 42
_DEEPEST = 20
_LONGEST = 60
Graph: TypeAlias = onnx.GraphProto
Node: TypeAlias = onnx.NodeProto
# Bits of one element; 0 where an element has no fixed size.
_BITS = {
    **dict.fromkeys(("FLOAT", "INT32", "UINT32"), 32),
    **dict.fromkeys(("DOUBLE", "INT64", "UINT64", "COMPLEX64"), 64),
    **dict.fromkeys(("FLOAT16", "BFLOAT16", "INT16", "UINT16"), 16),
    **dict.fromkeys(("INT8", "UINT8", "BOOL"), 8),
    **dict.fromkeys(("INT4", "UINT4", "FLOAT4E2M1"), 4),
    **dict.fromkeys(("FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ"), 8),
    **dict.fromkeys(("FLOAT8E8M0",), 8),
    **dict.fromkeys(("INT2", "UINT2"), 2),
    "COMPLEX128": 128,
    "STRING": 0,
}
_FIELDS = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data")


def read_model(path: str | Path, *, max_bytes: int) -> onnx.ModelProto:
    """Read one file, weights stored beside it left alone.

    Errors: ModelFileError, with the file and what is wrong, for a file that is none, is too
    large, holds more nodes, values or nesting than anything real, names weights outside its
    folder, has an initialiser that claims other values than it holds, or functions that call
    themselves.
    """
    name = str(path)
    content = _content(Path(path), name, max_bytes)
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except (DecodeError, RecursionError, ValueError):
        raise ModelFileError(f"{name}: not an ONNX file") from None
    if not model.HasField("graph") or not model.graph.node:
        raise ModelFileError(f"{name}: not an ONNX file, or one without a node")
    try:
        _check_functions(model)
        budget = _Budget()
        budget.take(model.graph, 0)
        for function in model.functions:
            budget.take(function, 0)
    except _RefusedError as reason:
        raise ModelFileError(f"{name}: {reason}") from None
    return model


def attribute_graphs(node: Node) -> Iterator[Graph]:
    """The bodies of a node: branches, loops."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def quoted(text: str) -> str:
    """A name from a file, without what a terminal would obey, not longer than a line."""
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "...")


class _RefusedError(Exception):
    """Why a file is not taken."""


def _content(path: Path, name: str, max_bytes: int) -> bytes:
    try:
        if not path.is_file():
            raise ModelFileError(f"{name}: there is no such file")
        size = path.stat().st_size
        if size > max_bytes:
            raise ModelFileError(f"{name}: {size:,} bytes, at most {max_bytes:,} are read")
        with path.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as problem:
        raise ModelFileError(f"{name}: {problem.strerror or problem}") from None
    if len(content) > max_bytes:
        raise ModelFileError(f"{name}: grew beyond {max_bytes:,} bytes while it was read")
    return content


class _Budget:
    """What may still be taken of a file."""

    def __init__(self) -> None:
        self.nodes = _MOST_NODES
        self.values = _MOST_VALUES

    def take(self, graph: Graph | onnx.FunctionProto, depth: int) -> None:
        """Check a graph and all graphs within it."""
        if depth > _DEEPEST:
            raise _RefusedError(f"graphs within graphs, deeper than {_DEEPEST}")
        self.nodes -= len(graph.node)
        if self.nodes < 0:
            raise _RefusedError(f"more than {_MOST_NODES:,} nodes")
        if isinstance(graph, onnx.GraphProto):
            for tensor in graph.initializer:
                self._tensor(tensor)
            for sparse in graph.sparse_initializer:
                self._tensor(sparse.values)
                self._tensor(sparse.indices)
        for node in graph.node:
            for attribute in node.attribute:
                for tensor in (attribute.t, *attribute.tensors):
                    self._tensor(tensor)
            for body in attribute_graphs(node):
                self.take(body, depth + 1)

    def _tensor(self, tensor: onnx.TensorProto) -> None:
        self.values -= _check_tensor(tensor)
        if self.values < 0:
            raise _RefusedError(f"more than {_MOST_VALUES:,} stored values")


def _check_tensor(tensor: onnx.TensorProto) -> int:
    """How many values a tensor has, which it must hold."""
    what = f"initialiser {quoted(tensor.name)}"
    if any(size < 0 for size in tensor.dims):
        raise _RefusedError(f"{what} has a negative size: {list(tensor.dims)}")
    values = math.prod(tensor.dims)
    if values > _MOST_VALUES:
        raise _RefusedError(f"{what} claims {values:,} values, at most {_MOST_VALUES:,} are taken")
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        _check_external(tensor, what)
        return values
    types = onnx.TensorProto.DataType
    kind = types.Name(tensor.data_type) if tensor.data_type in types.values() else "?"
    if kind == "UNDEFINED" and not values:
        return 0
    if kind != "UNDEFINED" and kind not in _BITS:
        raise _RefusedError(f"{what} is of an unknown type {tensor.data_type}")
    held = _held(tensor, _BITS.get(kind, 0))
    if tensor.dims and held != values:
        raise _RefusedError(f"{what} claims {values:,} values and holds {held:,}")
    return values


def _held(tensor: onnx.TensorProto, bits: int) -> int:
    """The values that are there, as many as asked where the last byte is shared."""
    values = math.prod(tensor.dims)
    per_item = 1
    if tensor.HasField("raw_data"):
        items, per_item = len(tensor.raw_data) * 8, max(bits, 1)
        full = items // per_item
        return values if bits < 8 and 0 <= full - values < 8 // max(bits, 1) else full
    items = max(len(getattr(tensor, field)) for field in _FIELDS)
    if 0 < bits < 8:
        full = items * (8 // bits)
        return values if 0 <= full - values < 8 // bits else full
    complex_pairs = tensor.data_type in (onnx.TensorProto.COMPLEX64, onnx.TensorProto.COMPLEX128)
    return items // 2 if complex_pairs else items


def _check_external(tensor: onnx.TensorProto, what: str) -> None:
    """Weights in another file are counted by their sizes; the file must be one beside."""
    for entry in tensor.external_data:
        if entry.key != "location":
            continue
        for parts in (PurePosixPath(entry.value), PureWindowsPath(entry.value)):
            if parts.is_absolute() or parts.drive or ".." in parts.parts:
                raise _RefusedError(f"{what} lies outside the file's folder: {quoted(entry.value)}")


def _check_functions(model: onnx.ModelProto) -> None:
    """Functions of the file's own must end, and not make more nodes than a file may have."""
    functions = {(one.domain, one.name, one.overload): one for one in model.functions}
    sizes: dict[tuple[str, str, str], int] = {}
    for key in functions:
        _expanded(key, functions, sizes, ())
    total = _nodes_of(model.graph, functions, sizes, ())
    if total > _MOST_NODES:
        raise _RefusedError(f"its functions write out {total:,} nodes, at most {_MOST_NODES:,}")


_Key: TypeAlias = tuple[str, str, str]


def _expanded(
    key: _Key,
    functions: Mapping[_Key, onnx.FunctionProto],
    sizes: dict[_Key, int],
    calling: tuple[_Key, ...],
) -> int:
    if key in calling:
        raise _RefusedError(f"function {quoted(key[1])} calls itself")
    if len(calling) > _DEEPEST:
        raise _RefusedError(f"functions call functions, deeper than {_DEEPEST}")
    if key not in sizes:
        sizes[key] = _nodes_of(functions[key], functions, sizes, (*calling, key))
    return sizes[key]


def _nodes_of(
    graph: Graph | onnx.FunctionProto,
    functions: Mapping[_Key, onnx.FunctionProto],
    sizes: dict[_Key, int],
    calling: tuple[_Key, ...],
    depth: int = 0,
) -> int:
    """Nodes once every call is written out."""
    if depth > _DEEPEST:
        raise _RefusedError(f"graphs within graphs, deeper than {_DEEPEST}")
    total = 0
    for node in graph.node:
        key = (node.domain, node.op_type, node.overload)
        total += _expanded(key, functions, sizes, calling) if key in functions else 1
        for body in attribute_graphs(node):
            total += _nodes_of(body, functions, sizes, calling, depth + 1)
    return total
