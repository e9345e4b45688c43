"""A projection as the linear nodes of NIR, under the names that they had."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import UnsupportedError
from yuragi.graph import Edge
from yuragi.wiring.chain import Chain
from yuragi.wiring.convolution import Convolution
from yuragi.wiring.maps import LinearMap, as_map

__all__ = ["Layer", "layers_of"]

Array = NDArray[Any]
Shape = tuple[int, ...]
_MOST = 1 << 29
_SILENT = ("Delay", "Flatten")


@dataclass(slots=True, kw_only=True, eq=False)
class Layer:
    """A node to be written, with the name that it had, if any.

    map: what it does to a signal; None where it does nothing.
    """

    kind: str
    values: dict[str, Any]
    name: str = ""
    map: LinearMap | None = None
    losses: tuple[str, ...] = field(default=())


def layers_of(
    edges: Sequence[Edge],
    known: Sequence[str],
    bias: Array | None,
    *,
    delay: float,
    shape: Shape,
    target: Shape,
    channels_last: bool = False,
) -> list[Layer]:
    """The nodes of a projection, in the order of a signal.

    edges: one, or those of one path that delays have parted.      known: "Kind name" of each node.
    bias: what they add at the target.      delay: seconds beyond what needs no node.
    shape, target: of what comes in and of where it goes.
    channels_last: whether a Flatten has a map, which puts an image into another order.
    """
    silent = ("Delay",) if channels_last else _SILENT
    maps = _maps(edges)
    named = [tuple(entry.split(" ", 1)) for entry in known]
    wanted = [kind for kind, _ in named if kind not in silent]
    if len(maps) == 1 and not wanted and bias is None and _is_identity(maps[0]):
        maps = []
    if len(wanted) != len(maps) or not all(map(_fits, wanted, maps)):
        named = [(_kind(each), "") for each in maps]
    layers: list[Layer] = []
    rest = list(maps)
    left = delay
    for kind, name in named:
        if kind == "Flatten":
            layers.append(_flatten(shape, name))
            layers[-1].map = rest.pop(0) if channels_last else None
            shape = (math.prod(shape),)
        elif kind == "Delay":
            layers.append(_delay(left, shape, name))
            left = 0.0
        else:
            linear = rest.pop(0)
            flat = kind in ("Affine", "Linear") and len(shape) > 1
            if flat and not (layers and layers[-1].kind == "Flatten"):
                layers.append(_flatten(shape, ""))
            values = _VALUES[kind](linear, shape)
            layers.append(Layer(kind=kind, values=values, name=name, map=linear))
            shape = _after(linear, target if not rest else None)
    if left > 0:
        layers.append(_delay(left, shape, ""))
    if bias is not None and np.any(bias):
        _add_bias(layers, bias, shape)
    return layers


def _maps(edges: Sequence[Edge]) -> list[LinearMap]:
    """The maps of a path, weights with their exponent."""
    first = edges[0]
    if len(edges) > 1:
        from_all = sum((edge.weights.csr() for edge in edges[1:]), start=edges[0].weights.csr())
        return [as_map(from_all)]
    parts = list(first.weights.parts) if isinstance(first.weights, Chain) else [first.weights]
    if first.shift:
        parts[-1] = parts[-1].changed(np.ldexp(parts[-1].values(), first.shift))
    return parts


def _kind(linear: LinearMap) -> str:
    if isinstance(linear, Convolution) and _sayable(linear):
        return "Conv1d" if len(linear.size) == 1 else "Conv2d"
    return "Linear"


def _sayable(conv: Convolution) -> bool:
    """Whether NIR can say where the zeros are: as many on both sides, or "same"."""
    reach = [d * (k - 1) for d, k in zip(conv.dilation, conv.window, strict=True)]
    same = tuple((n // 2, n - n // 2) for n in reach)
    even = all(before == after for before, after in conv.padding)
    return len(conv.size) < 3 and (even or (conv.padding == same and max(conv.stride) == 1))


def _fits(kind: str, linear: LinearMap) -> bool:
    if kind in ("Conv1d", "Conv2d", "SumPool2d", "AvgPool2d"):
        return isinstance(linear, Convolution) and _sayable(linear)
    return not isinstance(linear, Convolution)


def _is_identity(linear: LinearMap) -> bool:
    post, pre = linear.shape
    if post != pre or isinstance(linear, Convolution) or linear.synapses != post:
        return False
    rows = linear.csr()
    return bool(np.all(rows.diagonal() == 1.0))


def _after(linear: LinearMap, target: Shape | None) -> Shape:
    if isinstance(linear, Convolution):
        return linear.output_shape
    size = linear.shape[0]
    return target if target is not None and math.prod(target) == size else (size,)


def _flatten(shape: Shape, name: str) -> Layer:
    values = {"input_type": {"input": np.array(shape)}, "start_dim": 0, "end_dim": -1}
    return Layer(kind="Flatten", values=values, name=name)


def _delay(seconds: float, shape: Shape, name: str) -> Layer:
    return Layer(kind="Delay", values={"delay": np.full(shape, max(seconds, 0.0))}, name=name)


def _affine(linear: LinearMap, shape: Shape) -> dict[str, Any]:
    return {**_linear(linear, shape), "bias": np.zeros(linear.shape[0])}


def _linear(linear: LinearMap, _shape: Shape) -> dict[str, Any]:
    if math.prod(linear.shape) > _MOST:
        raise UnsupportedError(
            f"NIR holds full arrays only; {linear.shape} has more than {_MOST:,} weights"
        )
    return {"weight": linear.csr().toarray()}


def _scale(linear: LinearMap, shape: Shape) -> dict[str, Any]:
    return {"scale": linear.csr().diagonal().reshape(shape)}


def _conv(linear: Any, _shape: Shape) -> dict[str, Any]:
    """Zeros before and after an axis are one number in NIR, or the word "same"."""
    even = all(before == after for before, after in linear.padding)
    axes = len(linear.size)
    padding: Any = tuple(before for before, _ in linear.padding) if even else "same"
    one = axes == 1
    return {
        "input_shape": int(linear.size[0]) if one else tuple(linear.size),
        "weight": linear.kernel,
        "stride": int(linear.stride[0]) if one else tuple(linear.stride),
        "padding": int(padding[0]) if one and even else padding,
        "dilation": int(linear.dilation[0]) if one else tuple(linear.dilation),
        "groups": linear.groups,
        "bias": np.zeros(linear.kernel.shape[0]),
    }


def _pool(linear: Any, _shape: Shape) -> dict[str, Any]:
    return {
        "kernel_size": np.array(linear.window),
        "stride": np.array(linear.stride),
        "padding": np.array([before for before, _ in linear.padding]),
    }


_VALUES: Mapping[str, Any] = {
    "Affine": _affine,
    "AvgPool2d": _pool,
    "Conv1d": _conv,
    "Conv2d": _conv,
    "Linear": _linear,
    "Scale": _scale,
    "SumPool2d": _pool,
}


def _add_bias(layers: list[Layer], bias: Array, shape: Shape) -> None:
    """Put what is added at the target where a node has a bias: into the last that can."""
    maps = [layer.map for layer in layers if layer.map is not None]
    linear = [layer for layer in layers if layer.map is not None]
    for k in range(len(linear) - 1, -1, -1):
        layer = linear[k]
        if layer.kind == "Linear":
            layer.kind, layer.values["bias"] = "Affine", np.zeros(maps[k].shape[0])
        if "bias" not in layer.values:
            continue
        places = np.zeros((maps[k].shape[0], len(layer.values["bias"])))
        per = len(places) // places.shape[1]
        places[np.arange(len(places)), np.arange(len(places)) // per] = 1.0
        for after in maps[k + 1 :]:
            places = after.csr() @ places
        found = np.linalg.lstsq(places, bias, rcond=None)[0] if len(maps) > k + 1 else None
        if found is None:
            found = bias.reshape(-1, per)[:, 0].copy()
        if np.allclose(places @ found, bias, rtol=1e-9, atol=1e-12 * float(np.abs(bias).max())):
            layer.values["bias"] = found
            return
    end = Layer(
        kind="Affine",
        values={"weight": np.eye(len(bias)), "bias": bias.copy()},
        losses=(f"a bias of {len(bias)} units has a layer of its own",),
    )
    if len(shape) > 1:
        layers.append(_flatten(shape, ""))
    layers.append(end)
