"""A conventional network as a digital machine sees it."""

from __future__ import annotations

from dataclasses import dataclass

from yuragi.errors import GraphError
from yuragi.power.layers import Layer

__all__ = ["DTYPES", "Uncounted", "Workload"]

DTYPES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2, "int8": 1}
"""Bytes of one number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncounted:
    """An operator that nobody here can count.

    macs: how many products may be missing, as many as a matrix product of the operator's two
        largest inputs has; None where even that is unknown.
    """

    operator: str
    nodes: int
    macs: int | None
    reason: str = "unknown operator"

    def __str__(self) -> str:
        """One line: how often, why, what may be missing."""
        missing = "an unknown number of MACs" if self.macs is None else f"some {self.macs:,} MACs"
        return f"{self.operator} x{self.nodes}: {self.reason}, {missing} may be missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a network computes and moves; counts are for one inference.

    dtype: of weights and activations, a key of `DTYPES`.
    batch: inferences that share one reading of the weights.
    accuracy: 0 to 1, of what was deployed; None where nobody said.
    peak: activations that are held at once; None: the largest layer's inputs and outputs.
    uncounted: what has no count; then there is no total.
    notes: what else a reader must know.
    """

    name: str
    layers: tuple[Layer, ...]
    dtype: str = "float32"
    batch: int = 1
    accuracy: float | None = None
    peak: int | None = None
    uncounted: tuple[Uncounted, ...] = ()
    notes: tuple[str, ...] = ()

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
    def parameters(self) -> int:
        """Numbers that are stored."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def parameter_bytes(self) -> int:
        """The size of what is stored."""
        return self.bytes_each * self.parameters

    @property
    def parameter_traffic(self) -> float:
        """Bytes of parameters read for one inference; a batch shares most of them."""
        return self.bytes_each * sum(layer.parameter_reads(self.batch) for layer in self.layers)

    @property
    def activation_traffic(self) -> int:
        """Bytes of activations: what layers read and write, the input written, the output read."""
        within = sum(layer.inputs + layer.outputs for layer in self.layers)
        return self.bytes_each * (within + self.layers[0].inputs + self.layers[-1].outputs)

    @property
    def activation_bytes(self) -> int:
        """Half the traffic: in a chain of layers, the input and every layer's output."""
        return self.activation_traffic // 2

    @property
    def working_bytes(self) -> int:
        """Activations that a batch holds at once."""
        largest = max(layer.inputs + layer.outputs for layer in self.layers)
        return self.bytes_each * self.batch * (largest if self.peak is None else self.peak)

    @property
    def memory_bytes(self) -> float:
        """All traffic of one inference."""
        return self.parameter_traffic + self.activation_traffic

    @property
    def launches(self) -> float:
        """How often a machine is told to begin for one inference; a batch shares each."""
        return sum(layer.launches for layer in self.layers) / self.batch

    @property
    def bytes_each(self) -> int:
        """Bytes of one number."""
        return DTYPES[self.dtype]

    def counts(self) -> dict[str, float]:
        """Events of one inference that do not depend on a machine's memories."""
        return {
            f"macs_{self.dtype}": self.macs,
            "operations": self.operations,
            "memory_bytes": self.memory_bytes,
            "layers": self.launches,
        }

    def by_kind(self) -> dict[str, dict[str, int]]:
        """Counts of the layers of each kind: layers, macs, operations, parameters."""
        kinds: dict[str, dict[str, int]] = {}
        for layer in self.layers:
            sums = kinds.setdefault(layer.kind, dict.fromkeys(_SUMMED, 0))
            sums["layers"] += 1
            for name in _SUMMED[1:]:
                sums[name] += getattr(layer, name)
        return kinds


_SUMMED = ("layers", "macs", "operations", "parameters")
