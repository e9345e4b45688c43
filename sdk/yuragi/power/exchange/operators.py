"""What each ONNX operator computes: products, other operations, from the sizes of its values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from yuragi.power.layers import CELL_OPERATIONS, NORM_OPERATIONS, SOFTMAX_OPERATIONS

__all__ = [
    "ELEMENTWISE",
    "MOVES",
    "OPERATORS",
    "VIEWS",
    "Operation",
    "Shape",
    "UnsizedError",
    "covered",
]

Shape: TypeAlias = tuple[int, ...]
Counted: TypeAlias = tuple[int, int]


class UnsizedError(Exception):
    """A size that is needed is not known before the network runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A node with the shapes of its values; None for a shape that is not known or not there."""

    kind: str
    inputs: tuple[Shape | None, ...]
    outputs: tuple[Shape | None, ...]
    attributes: Mapping[str, Any]

    def shape(self, place: int) -> Shape:
        """The shape of an input. Raises UnsizedError."""
        found = self.inputs[place] if place < len(self.inputs) else None
        if found is None:
            raise UnsizedError
        return found

    def has(self, place: int) -> bool:
        """Whether there is such an input."""
        return place < len(self.inputs) and self.inputs[place] is not None

    @property
    def made(self) -> int:
        """The values of the first output."""
        if not self.outputs or self.outputs[0] is None:
            raise UnsizedError
        return math.prod(self.outputs[0])

    @property
    def taken(self) -> int:
        """The values of the first input."""
        return math.prod(self.shape(0))


def _per_output(operations: int) -> Callable[[Operation], Counted]:
    return lambda node: (0, operations * node.made)


def _per_input(operations: int) -> Callable[[Operation], Counted]:
    return lambda node: (0, operations * node.taken)


def _conv(weights: int, bias: int) -> Callable[[Operation], Counted]:
    def count(node: Operation) -> Counted:
        taps = math.prod(node.shape(weights)[1:])
        return node.made * taps, node.made * node.has(bias)

    return count


def _conv_transpose(node: Operation) -> Counted:
    return node.taken * math.prod(node.shape(1)[1:]), node.made * node.has(2)


def _matmul(second: int) -> Callable[[Operation], Counted]:
    def count(node: Operation) -> Counted:
        left = node.shape(0)
        node.shape(second)
        return node.made * (left[-1] if left else 1), 0

    return count


def _gemm(node: Operation) -> Counted:
    rows, columns = _two(node.shape(0))
    depth = rows if node.attributes.get("transA") else columns
    return node.made * depth, node.made * node.has(2)


def _two(shape: Shape) -> tuple[int, int]:
    if len(shape) != 2:
        raise UnsizedError
    return shape[0], shape[1]


def _einsum(node: Operation) -> Counted:
    equation = node.attributes.get("equation", b"")
    text = equation.decode("ascii", "replace") if isinstance(equation, bytes) else str(equation)
    terms = text.replace(" ", "").partition("->")[0].split(",")
    if "." in text or len(terms) != len(node.inputs):
        raise UnsizedError
    sizes: dict[str, int] = {}
    for place, term in enumerate(terms):
        if len(term) != len(node.shape(place)):
            raise UnsizedError
        sizes |= dict(zip(term, node.shape(place), strict=True))
    space = math.prod(sizes.values())
    return (space * (len(terms) - 1), 0) if len(terms) > 1 else (0, space)


def _recurrent(kind: str) -> Callable[[Operation], Counted]:
    def count(node: Operation) -> Counted:
        data, fed, held = (node.shape(place) for place in range(3))
        if len(data) != 3 or len(held) != 3:
            raise UnsizedError
        visits = data[0] * data[1]
        units = held[0] * held[2]
        return visits * (math.prod(fed) + math.prod(held)), visits * units * CELL_OPERATIONS[kind]

    return count


def _attention(node: Operation) -> Counted:
    """softmax(Q K') V, of three or four dimensions; the context is the last but one of the keys."""
    query, keys = node.shape(0), node.shape(1)
    past = node.shape(4)[-2] if node.has(4) else 0
    context = keys[-2] + past
    heads = query[1] if len(query) == 4 else node.attributes.get("q_num_heads", 1)
    tokens = math.prod(query[:1]) * query[-2]
    scores = tokens * heads * context
    return math.prod(query) * context + node.made * context, (1 + SOFTMAX_OPERATIONS) * scores


def _attention_of_microsoft(node: Operation) -> Counted:
    """As above with the projection to Q, K and V before it: input, weights (width, 3 width)."""
    batch, tokens, _ = node.shape(0)
    width = node.shape(1)[1] // 3
    heads = node.attributes.get("num_heads", 1)
    projected = node.taken * node.shape(1)[1]
    scores = batch * heads * tokens * tokens
    operations = (1 + SOFTMAX_OPERATIONS) * scores + batch * tokens * 3 * width * node.has(2)
    return projected + 2 * batch * tokens * tokens * width, operations


def _multi_head_of_microsoft(node: Operation) -> Counted:
    context = node.shape(1)[-2]
    heads = node.attributes.get("num_heads", 1)
    scores = math.prod(node.shape(0)[:2]) * heads * context
    return node.taken * context + node.made * context, (1 + SOFTMAX_OPERATIONS) * scores


def _pool(node: Operation) -> Counted:
    kernel: Sequence[int] = node.attributes.get("kernel_shape", ())
    return 0, node.made * math.prod(kernel)


def _lrn(node: Operation) -> Counted:
    return 0, node.made * (int(node.attributes.get("size", 1)) + 3)


def _resize(node: Operation) -> Counted:
    mode = node.attributes.get("mode", b"nearest")
    return 0, 0 if mode == b"nearest" else 4 * node.made


def _topk(node: Operation) -> Counted:
    """Comparisons of a sort."""
    return 0, node.taken * max(1, math.ceil(math.log2(max(node.taken, 2))))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FUNCTIONS = _words(
    """
    Abs Acos Acosh Asin Asinh Atan Atanh Ceil Celu Clip Cos Cosh Elu Erf Exp Floor Gelu
    HardSigmoid HardSwish IsInf IsNaN LeakyRelu Log Mish Neg Not PRelu Reciprocal Relu Round
    Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu
    """
)
_COMBINED = _words(
    """
    Add And BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Div Equal Greater
    GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow Sub Sum Where Xor
    """
)
_QUANTISED = _words(
    """
    Cast CastLike DequantizeLinear DynamicQuantizeLinear QuantizeLinear
    """
)
_REDUCED = _words(
    """
    ArgMax ArgMin CumSum CumProd GlobalAveragePool GlobalLpPool GlobalMaxPool ReduceL1
    ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
    ReduceSumSquare Hardmax
    """
)
VIEWS = _words(
    """
    Reshape Flatten Squeeze Unsqueeze Identity Dropout
    """
)
"""Another shape of the same values: nothing moves."""
MOVES = _words(
    """
    Transpose Concat Split Slice Gather GatherElements GatherND ScatterElements ScatterND
    Scatter Pad Expand Tile DepthToSpace SpaceToDepth ConstantOfShape Range Shape Size EyeLike
    OneHot Compress NonZero ReverseSequence Trilu Constant Col2Im Bernoulli RandomNormal
    RandomNormalLike RandomUniform RandomUniformLike
    """
)
"""Values are moved or written and nothing is computed."""
ELEMENTWISE = frozenset(
    (
        *(*_FUNCTIONS, *_COMBINED, *_QUANTISED, "BatchNormalization", "BiasGelu", "FastGelu"),
        *("QuickGelu", "QLinearAdd", "QLinearMul", "QLinearSigmoid", "QLinearLeakyRelu"),
    )
)
"""Done by a runtime on the values that the operator before has just made."""

OPERATORS: Mapping[str, Callable[[Operation], Counted]] = {
    **dict.fromkeys((*_FUNCTIONS, *_COMBINED, *_QUANTISED), _per_output(1)),
    **dict.fromkeys(_REDUCED, _per_input(1)),
    **dict.fromkeys(sorted(VIEWS | MOVES), _per_output(0)),
    **dict.fromkeys(("AveragePool", "MaxPool", "LpPool"), _pool),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _per_output(SOFTMAX_OPERATIONS)),
    "BatchNormalization": _per_output(NORM_OPERATIONS["batch"]),
    **dict.fromkeys(
        ("LayerNormalization", "InstanceNormalization", "GroupNormalization"),
        _per_output(NORM_OPERATIONS["layer"]),
    ),
    "MeanVarianceNormalization": _per_output(NORM_OPERATIONS["layer"] - 2),
    "RMSNormalization": _per_output(NORM_OPERATIONS["rms"]),
    "LpNormalization": _per_output(3),
    "RotaryEmbedding": _per_output(3),
    "LRN": _lrn,
    "Resize": _resize,
    "Upsample": _resize,
    "TopK": _topk,
    "Conv": _conv(1, 2),
    "ConvInteger": _conv(1, 99),
    "QLinearConv": _conv(3, 8),
    "DeformConv": _conv(1, 3),
    "ConvTranspose": _conv_transpose,
    "MatMul": _matmul(1),
    "MatMulInteger": _matmul(1),
    "QLinearMatMul": _matmul(3),
    "Gemm": _gemm,
    "Einsum": _einsum,
    "RNN": _recurrent("rnn"),
    "LSTM": _recurrent("lstm"),
    "GRU": _recurrent("gru"),
    "Attention": _attention,
}
"""Operators of ONNX itself -> (products, other operations)."""

MICROSOFT: Mapping[str, Callable[[Operation], Counted]] = {
    "Attention": _attention_of_microsoft,
    "MultiHeadAttention": _multi_head_of_microsoft,
    "FusedConv": _conv(1, 2),
    "FusedGemm": _gemm,
    "FusedMatMul": _matmul(1),
    "QGemm": _gemm,
    "Gelu": _per_output(1),
    "FastGelu": _per_output(2),
    "BiasGelu": _per_output(2),
    "QuickGelu": _per_output(2),
    "SkipLayerNormalization": _per_output(1 + NORM_OPERATIONS["layer"]),
    "LayerNormalization": _per_output(NORM_OPERATIONS["layer"]),
    "QLinearAdd": _per_output(1),
    "QLinearMul": _per_output(1),
    "QLinearSigmoid": _per_output(1),
    "QLinearLeakyRelu": _per_output(1),
    "QLinearGlobalAveragePool": _per_input(1),
    "QLinearAveragePool": _pool,
}
"""Operators of the domain com.microsoft, as ONNX Runtime's optimiser writes them."""

_DOMAINS = {"": OPERATORS, "ai.onnx": OPERATORS, "com.microsoft": MICROSOFT}


def covered(domain: str, kind: str) -> Callable[[Operation], Counted] | None:
    """The rule of an operator; None where it is not covered."""
    return _DOMAINS.get(domain, {}).get(kind)
