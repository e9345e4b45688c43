"""Sizes of all values of an ONNX graph, by ONNX's own inference in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from yuragi.confined import confined
from yuragi.errors import ModelFileError
from yuragi.power.exchange.reading import STANDARD, quoted

__all__ = ["Bound", "infer", "inputs_of"]

_SECONDS = 60
_MEMORY = 4 << 30
_KEPT_VALUES = 1024
_LONGEST_SIZE = 1 << 40
# Sizes of the first dimension that do not stand for a batch.
_NO_BATCH = re.compile(r"seq|time|len|step|token|frame", re.IGNORECASE)
_INFERENCE = Path(__file__).with_name("inference.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A model with sizes in place of names, and what was taken for granted."""

    model: onnx.ModelProto
    notes: tuple[str, ...]


def infer(
    model: onnx.ModelProto,
    *,
    file: str,
    sizes: Mapping[str, int],
    inputs: Mapping[str, Sequence[int]],
) -> Bound:
    """Give every input its sizes, and let ONNX work out the others.

        sizes: of dimensions that have a name.      inputs: the whole shape of an input.

    The first dimension of an input counts as the batch, one, where it has no size of its own.

    Errors: ModelFileError where an input's size is not known, a name fits nothing, or the
    inference fails, or takes more than a minute or 4 GiB.
    """
    notes = _bind(model, file, sizes, inputs)
    _name_domains(model)
    _lighten(model.graph)
    for node in model.graph.node:
        for attribute in node.attribute:
            if len(attribute.t.raw_data) > 8 * _KEPT_VALUES:
                attribute.t.raw_data = b""
    found = onnx.ModelProto()
    try:
        found.ParseFromString(_inferred(model.SerializeToString(), file))
    except DecodeError:
        raise ModelFileError(f"{file}: its shapes could not be inferred") from None
    return Bound(model=found, notes=notes)


def inputs_of(graph: onnx.GraphProto) -> Iterator[onnx.ValueInfoProto]:
    """What is fed in, without the inputs that are only defaults' names."""
    stored = {tensor.name for tensor in graph.initializer}
    return (value for value in graph.input if value.name not in stored)


def _inferred(content: bytes, file: str) -> bytes:
    what = f"{file}: its shapes could not be inferred"
    with confined(
        _INFERENCE, what=what, seconds=_SECONDS, memory=_MEMORY, content=content
    ) as output:
        return output.read()


def _bind(
    model: onnx.ModelProto,
    file: str,
    sizes: Mapping[str, int],
    inputs: Mapping[str, Sequence[int]],
) -> tuple[str, ...]:
    """Write sizes into the inputs; drop what the file says about the shapes that follow."""
    fed = list(inputs_of(model.graph))
    unknown = [name for name in inputs if name not in {value.name for value in fed}]
    if unknown:
        known = ", ".join(quoted(value.name) for value in fed)
        raise ModelFileError(f"{file}: no input {quoted(unknown[0])}; there are {known}")
    bound, notes = dict(sizes), []
    named = set()
    for value in fed:
        if not value.type.HasField("tensor_type"):
            raise ModelFileError(f"{file}: input {quoted(value.name)} is no tensor")
        dims = value.type.tensor_type.shape.dim
        if value.name in inputs:
            _replace(dims, inputs[value.name], value.name, file)
        elif dims and dims[0].dim_value > 1:
            notes.append(
                f"first dimension of {quoted(value.name)} is {dims[0].dim_value} in the file"
            )
        for place, dim in enumerate(dims):
            if dim.dim_value <= 0:
                named.add(dim.dim_param)
                notes += _bind_one(dim, place, value.name, bound, file)
    unused = [name for name in sizes if name not in named]
    if unused:
        raise ModelFileError(f"{file}: no input has a dimension named {quoted(unused[0])}")
    _forget(model, bound)
    return tuple(notes)


def _bind_one(
    dim: onnx.TensorShapeProto.Dimension, place: int, value: str, bound: dict[str, int], file: str
) -> list[str]:
    """Give a dimension its size; a batch is 1 and is said."""
    name = dim.dim_param
    if name in bound:
        dim.dim_value = _size(bound[name], name, file)
        return []
    if place == 0 and not _NO_BATCH.search(name):
        dim.dim_value = 1
        if name:
            bound[name] = 1
        return [f"first dimension of {quoted(value)} counted as 1"]
    called = f" is named {quoted(name)}" if name else " has no size"
    way = f"sizes={{{quoted(name)}: ...}}" if name else f"inputs={{{quoted(value)}: (...)}}"
    raise ModelFileError(
        f"{file}: dimension {place} of input {quoted(value)}{called}, and nothing says how large "
        f"it is; give {way}"
    )


def _replace(dims: object, shape: Sequence[int], name: str, file: str) -> None:
    del dims[:]  # type: ignore[attr-defined]
    for size in shape:
        dims.add().dim_value = _size(size, name, file)  # type: ignore[attr-defined]


def _size(size: int, name: str, file: str) -> int:
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= _LONGEST_SIZE:
        raise ModelFileError(f"{file}: {quoted(name)} {size!r}: expected a whole number above 0")
    return size


def _forget(model: onnx.ModelProto, bound: Mapping[str, int]) -> None:
    """Keep stated shapes only of what ONNX cannot infer, with the sizes that are bound."""
    foreign = {
        name for node in model.graph.node if node.domain not in STANDARD for name in node.output
    }
    kept = [value for value in model.graph.value_info if value.name in foreign]
    del model.graph.value_info[:]
    model.graph.value_info.extend(kept)
    for value in (*model.graph.value_info, *model.graph.output):
        for dim in value.type.tensor_type.shape.dim if value.name in foreign else ():
            if dim.dim_param in bound:
                dim.dim_value = bound[dim.dim_param]
    for value in model.graph.output:
        if value.name not in foreign and value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")


def _name_domains(model: onnx.ModelProto) -> None:
    """Inference wants a version of every domain, of those it does not know as well."""
    named = {entry.domain for entry in model.opset_import}
    for domain in sorted({node.domain for node in model.graph.node} - named - set(STANDARD)):
        model.opset_import.add(domain=domain, version=1)


def _lighten(graph: onnx.GraphProto) -> None:
    """Weights are counted by their sizes: their values need not travel."""
    for tensor in graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            tensor.ClearField("data_location")
            del tensor.external_data[:]
        whole = tensor.data_type in (onnx.TensorProto.INT64, onnx.TensorProto.INT32)
        values = len(tensor.raw_data) // 4 + len(tensor.int64_data) + len(tensor.int32_data)
        if not whole or values > _KEPT_VALUES:
            for field in ("raw_data", "float_data", "double_data", "int32_data", "int64_data"):
                tensor.ClearField(field)
