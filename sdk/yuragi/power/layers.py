"""Layers of conventional networks, each with the numbers of what it computes and moves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from yuragi.errors import GraphError

__all__ = [
    "Layer",
    "activate",
    "attention",
    "conv",
    "dense",
    "embed",
    "gru",
    "lstm",
    "normalise",
    "pool",
    "rnn",
    "transformer_block",
]

_LARGEST = 1 << 53
SOFTMAX_OPERATIONS = 5
"""Largest, difference, exponential, sum, quotient: for each value of a softmax."""
NORM_OPERATIONS = {"batch": 2, "layer": 7, "rms": 4}
"""For each value: scale and shift once folded; mean, difference, square, sum, scale, gain and
shift; square, sum, scale and gain."""
# Gates, and per unit and step: the sums of both products, biases, functions, products and sums.
_GATES = {"rnn": 1, "lstm": 4, "gru": 3}
CELL_OPERATIONS = {"rnn": 1 + 1 + 1, "lstm": 4 + 4 + 5 + 4, "gru": 3 + 3 + 3 + 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one layer computes and moves for one inference.

    macs: multiply-accumulates, products with zero padding among them.
    operations: what is not a multiply-accumulate: biases, comparisons, functions, one a value.
    parameters: numbers that are stored.
    reads: parameters read for one inference; None: each once. A recurrent layer reads its
        recurrent weights in every step, an embedding only the rows it looks up.
    shared: one reading of the parameters serves a whole batch.
    inputs, outputs: activations read and written.
    launches: how often a machine is told to begin; a simulated network, in every step.
    """

    kind: str
    name: str = ""
    macs: int = 0
    operations: int = 0
    parameters: int = 0
    reads: int | None = None
    shared: bool = True
    inputs: int
    outputs: int
    launches: int = 1

    def parameter_reads(self, batch: int) -> float:
        """Parameters read for one inference of a batch."""
        reads = self.parameters if self.reads is None else self.reads
        return reads / batch if self.shared else float(reads)


def dense(
    inputs: int, outputs: int, *, positions: int = 1, bias: bool = True, activation: bool = True
) -> Layer:
    """Outputs = f(weights @ inputs + bias), at each of `positions` (tokens, pixels).

    >>> dense(64, 100).macs
    6400
    """
    _positive(inputs=inputs, outputs=outputs, positions=positions)
    return Layer(
        kind="dense",
        macs=positions * inputs * outputs,
        operations=positions * outputs * (bias + activation),
        parameters=outputs * (inputs + bias),
        inputs=positions * inputs,
        outputs=positions * outputs,
    )


def conv(
    shape: Sequence[int],
    channels: int,
    kernel: int | Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    bias: bool = True,
    activation: bool = True,
) -> Layer:
    """A convolution in as many dimensions as `shape` has beyond its channels.

        shape: (channels, length), (channels, height, width), ...
        padding: on both sides.
        groups: input channels for a depthwise convolution.

    outputs along a dimension = floor((size + 2 padding - dilation (kernel - 1) - 1)/stride) + 1

    >>> conv((3, 224, 224), 64, 7, stride=2, padding=3, bias=False).macs
    118013952
    """
    sizes = _sizes(shape, kernel, stride, padding, dilation)
    _positive(channels=channels, groups=groups)
    if shape[0] % groups or channels % groups:
        raise GraphError(f"{shape[0]} and {channels} channels do not divide into {groups} groups")
    places = math.prod(sizes)
    taps = shape[0] // groups * math.prod(_each(kernel, len(sizes)))
    return Layer(
        kind="conv",
        macs=channels * places * taps,
        operations=channels * places * (bias + activation),
        parameters=channels * (taps + bias),
        inputs=math.prod(shape),
        outputs=channels * places,
    )


def pool(
    shape: Sequence[int],
    kernel: int | Sequence[int],
    *,
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
) -> Layer:
    """The largest or the mean of each window: an operation for each value of it.

    stride: the kernel where it is not given.
    """
    sizes = _sizes(shape, kernel, kernel if stride is None else stride, padding, 1)
    outputs = shape[0] * math.prod(sizes)
    return Layer(
        kind="pool",
        operations=outputs * math.prod(_each(kernel, len(sizes))),
        inputs=math.prod(shape),
        outputs=outputs,
    )


def rnn(inputs: int, units: int, *, steps: int, bidirectional: bool = False) -> Layer:
    """H = tanh(w x + r h + b), over `steps`."""
    return _recurrent("rnn", inputs, units, steps, bidirectional)


def lstm(inputs: int, units: int, *, steps: int, bidirectional: bool = False) -> Layer:
    """Four gates, each with weights of the input and of the state, and two biases.

    Source: Hochreiter & Schmidhuber, Neural Computation 9 (1997) 1735, with forget gates.

    >>> lstm(40, 128, steps=10).parameters
    87040
    """
    return _recurrent("lstm", inputs, units, steps, bidirectional)


def gru(inputs: int, units: int, *, steps: int, bidirectional: bool = False) -> Layer:
    """Three gates, each with weights of the input and of the state, and two biases.

    Source: Cho et al., arXiv:1406.1078.
    """
    return _recurrent("gru", inputs, units, steps, bidirectional)


def _recurrent(kind: str, inputs: int, units: int, steps: int, bidirectional: bool) -> Layer:
    _positive(inputs=inputs, units=units, steps=steps)
    ways, gates = 1 + bidirectional, _GATES[kind]
    fed, held = ways * gates * units * inputs, ways * gates * units * units
    biases = 2 * ways * gates * units
    return Layer(
        kind=kind,
        macs=steps * (fed + held),
        operations=steps * ways * units * CELL_OPERATIONS[kind],
        parameters=fed + held + biases,
        reads=fed + steps * (held + biases),
        inputs=steps * inputs,
        outputs=steps * ways * units,
    )


def attention(
    tokens: int, width: int, heads: int, *, context: int | None = None, bias: bool = True
) -> Layer:
    """Multi-head attention with its four projections; `context` tokens are attended to.

    softmax(Q K' / sqrt(width/heads)) V; Vaswani et al., arXiv:1706.03762.
    """
    seen = tokens if context is None else context
    _positive(tokens=tokens, width=width, heads=heads, context=seen)
    if width % heads:
        raise GraphError(f"a width of {width} does not divide into {heads} heads")
    scores = heads * tokens * seen
    projected = 2 * (tokens + seen) * width
    return Layer(
        kind="attention",
        macs=projected * width + 2 * tokens * seen * width,
        operations=projected * bias + scores * (1 + SOFTMAX_OPERATIONS),
        parameters=4 * width * (width + bias),
        # Read: the input, Q, K, V, scores, mixed values. Written: all but the input, the output.
        inputs=tokens * width + projected + scores,
        outputs=tokens * width + projected + scores,
    )


def normalise(size: int, channels: int, *, kind: str = "batch") -> Layer:
    """Batch normalisation folded to scale and shift, "layer" or "rms" normalisation.

    size: values.       channels: gains (and shifts, but for "rms").
    """
    _positive(size=size, channels=channels)
    if kind not in NORM_OPERATIONS:
        raise GraphError(f"no normalisation {kind!r}; one of {', '.join(NORM_OPERATIONS)}")
    return Layer(
        kind="normalise",
        operations=NORM_OPERATIONS[kind] * size,
        parameters=channels if kind == "rms" else 2 * channels,
        inputs=size,
        outputs=size,
    )


def activate(size: int) -> Layer:
    """A function of each value, where it is not within the layer before."""
    _positive(size=size)
    return Layer(kind="activate", operations=size, inputs=size, outputs=size)


def embed(vocabulary: int, width: int, *, tokens: int) -> Layer:
    """A row of a table for each token."""
    _positive(vocabulary=vocabulary, width=width, tokens=tokens)
    return Layer(
        kind="embed",
        parameters=vocabulary * width,
        reads=tokens * width,
        shared=False,
        inputs=tokens,
        outputs=tokens * width,
    )


def transformer_block(tokens: int, width: int, heads: int, hidden: int) -> tuple[Layer, ...]:
    """Attention and two dense layers, each after a layer normalisation, added to what came in."""
    size = tokens * width
    added = Layer(kind="add", operations=size, inputs=2 * size, outputs=size)
    return (
        normalise(size, width, kind="layer"),
        attention(tokens, width, heads),
        added,
        normalise(size, width, kind="layer"),
        dense(width, hidden, positions=tokens),
        dense(hidden, width, positions=tokens, activation=False),
        added,
    )


def _positive(**sizes: int) -> None:
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= _LARGEST:
            raise GraphError(f"{name} {size!r}: expected a whole number above 0")


def _each(value: int | Sequence[int], count: int) -> tuple[int, ...]:
    values = (value,) * count if isinstance(value, int) else tuple(value)
    if len(values) != count:
        raise GraphError(f"{list(values)}: expected {count} numbers")
    return values


def _sizes(
    shape: Sequence[int],
    kernel: int | Sequence[int],
    stride: int | Sequence[int],
    padding: int | Sequence[int],
    dilation: int | Sequence[int],
) -> tuple[int, ...]:
    """The output's size along each dimension beyond the channels."""
    if len(shape) < 2:
        raise GraphError(f"shape {tuple(shape)}: expected channels and at least one size")
    for size in shape:
        _positive(size=size)
    count = len(shape) - 1
    every = [_each(value, count) for value in (kernel, stride, padding, dilation)]
    sizes = []
    for size, taps, step, around, apart in zip(shape[1:], *every, strict=True):
        _positive(kernel=taps, stride=step, dilation=apart)
        if around < 0:
            raise GraphError(f"padding {around} is negative")
        room = size + 2 * around - apart * (taps - 1) - 1
        if room < 0:
            raise GraphError(f"a kernel of {taps} taps does not fit into {size} values")
        sizes.append(room // step + 1)
    return tuple(sizes)
