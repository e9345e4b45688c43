"""Networks given as lists of sizes or layers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from yuragi.errors import GraphError
from yuragi.power.layers import Layer, dense
from yuragi.power.workload import Workload

__all__ = ["layers", "mlp"]


def mlp(
    sizes: Sequence[int],
    *,
    dtype: str = "float32",
    accuracy: float | None = None,
    batch: int = 1,
    name: str | None = None,
) -> Workload:
    """A multilayer perceptron: inputs, hidden sizes, outputs.

    Errors: GraphError where there are fewer than two sizes or one is not positive.

    >>> mlp([64, 100, 10]).macs
    7400
    """
    pairs = tuple(itertools.pairwise(sizes))
    title = name or "mlp " + "-".join(map(str, sizes))
    return layers(pairs, dtype=dtype, accuracy=accuracy, batch=batch, name=title)


def layers(
    shapes: Sequence[tuple[int, int] | Layer],
    *,
    dtype: str = "float32",
    accuracy: float | None = None,
    batch: int = 1,
    name: str = "layers",
) -> Workload:
    """Layers in their order; (inputs, outputs) is a dense one, with an activation but at the end.

    Errors: GraphError where there is no layer or a size is not positive.
    """
    if not shapes:
        raise GraphError(f"{name}: needs a layer, that is at least two sizes")
    last = len(shapes) - 1
    return Workload(
        name=name,
        layers=tuple(
            shape if isinstance(shape, Layer) else dense(*shape, activation=place < last)
            for place, shape in enumerate(shapes)
        ),
        dtype=dtype,
        batch=batch,
        accuracy=accuracy,
    )
