"""The shape of what each node of a NIR graph sends, worked out from inputs, weights and windows."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from yuragi.errors import GraphError, ModelFileError
from yuragi.io.nir.nodes import NEURONS, NirGraph, NirNode
from yuragi.memory import physical_memory
from yuragi.wiring.convolution import Convolution, avg_pool2d, conv1d, conv2d, sum_pool2d

__all__ = ["Shape", "Shapes", "convolution", "find_shapes"]

Shape: TypeAlias = tuple[int, ...]
Shapes: TypeAlias = Mapping[str, tuple[Shape, Shape]]
_LARGEST = 2**31 - 1
_PER_UNIT = 64  # bytes: states, parameters and a weight that passes a value on
_PER_WEIGHT = 16


def find_shapes(graph: NirGraph, place: str) -> Shapes:
    """(shape in, shape out) of every node.

    An exporter may count a batch among the dimensions, leave the size of an image out, or write a
    parameter that all units share as one number. Shapes agree where the numbers of units do.
    Raises ModelFileError for what does not agree and for what cannot be worked out.
    """
    known: dict[str, tuple[Shape, Shape]] = {}
    before, after = graph.before(), graph.after()
    inputs = [name for name, node in graph.nodes.items() if node.kind == "Input"]
    queue = deque([*inputs, *(name for name in graph.nodes if name not in inputs)])
    while queue:
        name = queue.popleft()
        if name in known:
            continue
        node = graph.nodes[name]
        given = next((known[b][1] for b in before[name] if b in known), None)
        try:
            shapes = _SHAPES[node.kind](node, given)
        except GraphError as problem:
            raise ModelFileError(f"{place}, {name} ({node.kind}): {problem}") from None
        if shapes is not None:
            known[name] = shapes
            queue.extendleft(reversed(after[name]))
    _check_size(graph, known, place)
    for name, node in graph.nodes.items():
        if name not in known:
            raise ModelFileError(
                f"{place}, {name} ({node.kind}): its shape cannot be worked out; nothing that "
                "leads to it has one"
            )
    for a, b in graph.edges:
        out, into = known[a][1], known[b][0]
        if math.prod(out) != math.prod(into):
            raise ModelFileError(
                f"{place}: {a} sends {_text(out)}, {b} ({graph.nodes[b].kind}) takes {_text(into)}"
            )
    _check_outputs(graph, known, place)
    return known


def _check_outputs(graph: NirGraph, known: Shapes, place: str) -> None:
    """A batch or steps may stand before what an output receives, no other number of values."""
    for name, node in graph.nodes.items():
        if node.kind == "Output" and "shape" in node.values:
            said, given = _ints(node.values["shape"]), known[name][0]
            if math.prod(given) not in (math.prod(said[k:]) for k in range(len(said))):
                raise ModelFileError(
                    f"{place}, {name} (Output): takes {_text(said)}, receives {_text(given)}"
                )


def _check_size(graph: NirGraph, known: Shapes, place: str) -> None:
    """Shapes are numbers that cost a file nothing: what they ask for must fit into memory."""
    needs = {
        name: _PER_UNIT * math.prod(out) + _PER_WEIGHT * _repeated(graph.nodes[name], into)
        for name, (into, out) in known.items()
    }
    total, room = sum(needs.values()), physical_memory() // 2
    if total > room:
        worst = max(needs, key=lambda name: needs[name])
        raise ModelFileError(
            f"{place}, {worst} ({graph.nodes[worst].kind}): sends {_text(known[worst][1])}; the "
            f"network takes about {total:,} bytes, of which {room:,} may be used"
        )


def _repeated(node: NirNode, into: Shape) -> int:
    """Weights of a layer that is used at every place of an image."""
    if node.kind not in ("Affine", "Linear"):
        return 0
    weight = np.shape(node.values["weight"])
    return math.prod(weight) * (math.prod(into) // math.prod((*weight[:-2], weight[-1])))


def _text(shape: Shape) -> str:
    return f"{math.prod(shape):,} values of shape {shape}"


def _ints(value: Any) -> Shape:
    return tuple(int(n) for n in np.atleast_1d(np.asarray(value)))


def _boundary(node: NirNode, given: Shape | None) -> tuple[Shape, Shape] | None:
    shape = _ints(node.values["shape"]) if "shape" in node.values else given
    if shape is not None and not 1 <= math.prod(shape) <= _LARGEST:
        raise GraphError(f"shape {shape}: expected from 1 to {_LARGEST:,} units")
    if node.kind == "Output" and given is not None:
        shape = given
    return None if shape is None else (shape, shape)


def _units(node: NirNode, given: Shape | None) -> tuple[Shape, Shape] | None:
    own: Shape = max((np.shape(value) for value in node.values.values()), key=math.prod)
    if math.prod(own) > 1:
        return own, own
    if given is None:
        return (own, own) if own else None
    return given, given


def _affine(node: NirNode, given: Shape | None) -> tuple[Shape, Shape]:
    weight = np.shape(node.values["weight"])
    into, out = (*weight[:-2], weight[-1]), weight[:-1]
    places = given is not None and len(weight) == 2 and math.prod(given) != math.prod(into)
    if given is not None and places and given[-1] == into[-1]:
        return given, (*given[:-1], out[-1])  # the same layer at every place
    return into, out


def _windowed(node: NirNode, given: Shape | None) -> tuple[Shape, Shape] | None:
    found = convolution(node, given)
    return None if found is None else (found.input_shape, found.output_shape)


def _flat(node: NirNode, given: Shape | None) -> tuple[Shape, Shape] | None:
    shape = _ints(node.values["input_type"]) if "input_type" in node.values else given
    if shape is None:
        return None
    if given is not None and math.prod(given) == math.prod(shape):
        shape = given
    start, end = (int(node.array(key)) for key in ("start_dim", "end_dim"))
    first, last = (n + len(shape) if n < 0 else n for n in (start, end))
    if not 0 <= first <= last < len(shape):
        return shape, (math.prod(shape),)
    return shape, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])


def convolution(node: NirNode, given: Shape | None) -> Convolution | None:
    """The map of a convolution or a pool; None while the size of its image is not known."""
    axes = 1 if node.kind == "Conv1d" else 2
    size = _ints(node.values["input_shape"]) if "input_shape" in node.values else None
    if size is not None and len(size) == axes + 1:
        size = size[1:]
    image = _image(given, axes)
    if image is None and size is None:
        return None
    if node.kind in ("SumPool2d", "AvgPool2d"):
        return _pool(node, image)
    padding = node.values["padding"]
    make = conv1d if axes == 1 else conv2d
    return make(
        node.array("weight"),
        image[1:] if image is not None else size or (),
        stride=_each(node, "stride"),
        padding=padding if isinstance(padding, str) else _each(node, "padding"),  # type: ignore[arg-type]  # checked
        dilation=_each(node, "dilation"),
        groups=int(node.array("groups")),
    )


def _each(node: NirNode, name: str) -> Any:
    values = _ints(node.values[name])
    return values[0] if len(values) == 1 else values


def _image(given: Shape | None, axes: int) -> Shape | None:
    """(channels, *size) of what comes in, without a batch of one before it."""
    if given is None or len(given) < axes + 1:
        return None
    extra, image = given[: -axes - 1], given[-axes - 1 :]
    if math.prod(extra) != 1:
        raise GraphError(f"an image of shape {given}: expected (channels, {axes} sizes)")
    return image


def _pool(node: NirNode, image: Shape | None) -> Convolution | None:
    if image is None:
        return None
    make = sum_pool2d if node.kind == "SumPool2d" else avg_pool2d
    stride = _each(node, "stride") if "stride" in node.values else None
    return make(
        image[0],
        image[1:],
        _each(node, "kernel_size"),
        stride=stride,
        padding=_each(node, "padding"),
    )


_SHAPES: Mapping[str, Callable[[NirNode, Shape | None], tuple[Shape, Shape] | None]] = {
    "Input": _boundary,
    "Output": _boundary,
    "Affine": _affine,
    "Linear": _affine,
    "Conv1d": _windowed,
    "Conv2d": _windowed,
    "SumPool2d": _windowed,
    "AvgPool2d": _windowed,
    "Flatten": _flat,
    "Scale": _units,
    "Delay": _units,
    **dict.fromkeys(NEURONS, _units),
}
