"""Digital baselines: what a conventional network computes and moves for one inference."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from yuragi.errors import GraphError

__all__ = ["DTYPES", "Layer", "Workload", "layers", "mlp"]

DTYPES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2, "int8": 1}
"""Bytes of one number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One dense layer: outputs = f(weights @ inputs + bias)."""

    inputs: int
    outputs: int
    activation: bool = True

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return self.inputs * self.outputs

    @property
    def operations(self) -> int:
        """Bias additions, and activations where the layer has them."""
        return self.outputs * (2 if self.activation else 1)

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.macs + self.outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A network as a digital machine sees it; counts are for one inference.

    dtype: of weights and activations, a key of `DTYPES`.
    batch: inferences that share one reading of the weights.
    accuracy: 0 to 1, of what was deployed; None where nobody said.
    """

    name: str
    layers: tuple[Layer, ...]
    dtype: str = "float32"
    batch: int = 1
    accuracy: float | None = None

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise GraphError(f"{self.name}: no dtype {self.dtype!r}; one of {', '.join(DTYPES)}")
        if self.batch < 1 or not self.layers:
            raise GraphError(f"{self.name}: needs a layer and a batch of at least 1")
        if self.accuracy is not None and not 0 <= self.accuracy <= 1:
            raise GraphError(f"{self.name}: accuracy {self.accuracy} is not between 0 and 1")

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return sum(layer.macs for layer in self.layers)

    @property
    def operations(self) -> int:
        """Everything that is not a multiply-accumulate."""
        return sum(layer.operations for layer in self.layers)

    @property
    def parameter_bytes(self) -> int:
        """The size of weights and biases."""
        return DTYPES[self.dtype] * sum(layer.parameters for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        """Written or received once, and read once: the input and every layer's output."""
        values = self.layers[0].inputs + sum(layer.outputs for layer in self.layers)
        return DTYPES[self.dtype] * values

    @property
    def memory_bytes(self) -> float:
        """Traffic: weights once a batch, each activation in and out."""
        return self.parameter_bytes / self.batch + 2 * self.activation_bytes

    def counts(self) -> dict[str, float]:
        """Events by the names that digital profiles price."""
        return {
            f"macs_{self.dtype}": self.macs,
            "operations": self.operations,
            "memory_bytes": self.memory_bytes,
            "layers": len(self.layers) / self.batch,
        }


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
    shapes: Sequence[tuple[int, int]],
    *,
    dtype: str = "float32",
    accuracy: float | None = None,
    batch: int = 1,
    name: str = "dense layers",
) -> Workload:
    """Dense layers by (inputs, outputs); all but the last have an activation.

    Errors: GraphError where there is no layer or a size is not positive.
    """
    if not shapes or any(size < 1 for pair in shapes for size in pair):
        raise GraphError(f"{name}: sizes must be positive, and at least two; got {list(shapes)}")
    last = len(shapes) - 1
    return Workload(
        name=name,
        layers=tuple(
            Layer(inputs=inputs, outputs=outputs, activation=place < last)
            for place, (inputs, outputs) in enumerate(shapes)
        ),
        dtype=dtype,
        batch=batch,
        accuracy=accuracy,
    )
