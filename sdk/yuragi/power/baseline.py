"""Digital baselines: what a conventional network computes and moves for one inference."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from yuragi.errors import DependencyError, GraphError
from yuragi.power.layers import (
    Layer,
    activate,
    attention,
    conv,
    dense,
    embed,
    gru,
    lstm,
    normalise,
    pool,
    rnn,
    transformer_block,
)
from yuragi.power.workload import DTYPES, Uncounted, Workload

__all__ = [
    "DTYPES",
    "Layer",
    "Uncounted",
    "Workload",
    "activate",
    "attention",
    "conv",
    "dense",
    "embed",
    "from_onnx",
    "gru",
    "layers",
    "lstm",
    "mlp",
    "normalise",
    "onnx_operators",
    "pool",
    "rnn",
    "transformer_block",
]

_ONE_GIBIBYTE = 1 << 30


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


def from_onnx(
    path: str | Path,
    *,
    batch: int = 1,
    dtype: str | None = None,
    accuracy: float | None = None,
    sizes: Mapping[str, int] = MappingProxyType({}),
    inputs: Mapping[str, Sequence[int]] = MappingProxyType({}),
    fuse: bool = True,
    ignore: Iterable[str] = (),
    max_bytes: int = _ONE_GIBIBYTE,
) -> Workload:
    """Count an ONNX file for one inference, without running it.

        batch: inferences that share one reading of the weights.
        dtype: what it is deployed in; by default the type that most parameters have in the file.
        sizes: of dimensions that the file only names, e.g. {"sequence": 128}.
        inputs: whole shapes, e.g. {"image": (1, 3, 224, 224)}, where the file leaves them open.
        fuse: elementwise operators and folded normalisations are done on the values that the
            layer before has just made, without traffic or a launch of their own.
        ignore: operators that are known to cost nothing, and so are not listed as uncounted.
        max_bytes: the largest file that is opened.

    MACs are the products of Conv, ConvTranspose, Gemm, MatMul, Einsum, RNN, LSTM, GRU, Attention
    and their integer and fused forms, those with zero padding among them; biases, functions,
    comparisons and sums are operations. Parameters are all stored numbers that the network
    computes with; weights in a file beside are counted and not opened. What an operator that is
    not covered may hold is in `.uncounted`, and then a price has no total.

    Errors: DependencyError without the package onnx (pip install 'yuragi[onnx]'); ModelFileError
    for a file that is none, is too large or hostile, or whose input sizes are not known.
    """
    counting = _exchange("counting")
    found: Workload = counting.workload_from_onnx(
        path,
        batch=batch,
        dtype=dtype,
        accuracy=accuracy,
        sizes=sizes,
        inputs=inputs,
        fuse=fuse,
        ignore=ignore,
        max_bytes=max_bytes,
    )
    return found


def onnx_operators() -> tuple[str, ...]:
    """The operators that `from_onnx` counts, those of other domains as domain.name."""
    operators = _exchange("operators")
    foreign = (f"com.microsoft.{name}" for name in operators.MICROSOFT)
    return (*sorted(operators.OPERATORS), *sorted(foreign))


def _exchange(module: str) -> Any:
    """A module that needs the package onnx, which is an extra."""
    try:
        return import_module(f"yuragi.power.exchange.{module}")
    except ModuleNotFoundError as problem:
        if problem.name is None or problem.name.partition(".")[0] not in ("onnx", "google"):
            raise
        raise DependencyError(
            "reading ONNX files needs the package onnx: pip install 'yuragi[onnx]'"
        ) from None
