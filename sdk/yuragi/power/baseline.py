"""Digital baselines: what a conventional network computes and moves for one inference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from yuragi.errors import DependencyError
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
from yuragi.power.listed import layers, mlp
from yuragi.power.simulated import simulated
from yuragi.power.workload import DTYPES, Uncounted, Workload

if TYPE_CHECKING:
    from yuragi.power.match import Candidate, Match, Task

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
    "match",
    "mlp",
    "normalise",
    "onnx_operators",
    "pool",
    "rnn",
    "simulated",
    "transformer_block",
]

_ONE_GIBIBYTE = 1 << 30


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


def match(
    task: Task | Sequence[Any],
    accuracy: float,
    *,
    family: str = "mlp",
    sizes: Sequence[int] | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    watch: Callable[[Candidate], None] | None = None,
) -> Match:
    """Find the smallest network of a family that reaches an accuracy on the same samples.

        task: `.train`, `.train_labels`, `.test`, `.test_labels`, or these four in this order.
        accuracy: to be reached, 0 to 1, such as that of a network on a chip.
        family: "mlp" (one hidden layer, trained by scikit-learn); with PyTorch
            (pip install 'yuragi[torch]') "cnn" (two convolutions and pools, then a dense layer;
            samples of height x width) and "gru" (samples of steps x values).
        sizes: hidden units, channels or units to choose from; by default a ladder.
        watch: called with every candidate once it is trained.

    A fifth of the training samples is set aside; a size holds where the mean accuracy of the
    seeds there is as asked. The ladder is halved, and the two sizes below the smallest that holds
    are tried as well, since accuracy need not grow with every step. The test samples are used once,
    for the network that was chosen, trained again on all training samples. `.workload` of the
    answer is what to compare with; `.reached` says whether the accuracy was; where it was not, the
    smallest network within a standard error of the best is taken, so that no machine is made to
    pay for units that gain nothing.

    Errors: GraphError for an unknown family or samples that do not fit it, DependencyError where
    PyTorch is needed and missing.
    """
    # Training needs scikit-learn, which costs a second to import.
    search = import_module("yuragi.power.match")
    found: Match = search.match(
        task, accuracy, family=family, sizes=sizes, seeds=seeds, watch=watch
    )
    return found


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
