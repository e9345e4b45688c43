"""Public architectures written as ONNX graphs, weights all zero."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

OPSET = 17


class Graph:
    """A graph that grows node by node; a value is its name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        names = [f"v{len(self.nodes)}_{place}" for place in range(outputs)]
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=name, **attributes))
        return names[0]

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.stored)}"
        zeros = bytes(4 * math.prod(shape))
        self.stored.append(helper.make_tensor(name, TensorProto.FLOAT, shape, zeros, raw=True))
        return name

    def sizes(self, *values: int) -> str:
        name = f"s{len(self.stored)}"
        self.stored.append(helper.make_tensor(name, TensorProto.INT64, (len(values),), values))
        return name

    def conv(
        self, x: str, shape: Sequence[int], stride: int = 1, groups: int = 1, bias: bool = False
    ) -> str:
        """shape: (channels out, channels in a group, *kernel)"""
        kernel = list(shape[2:])
        around = [size // 2 for size in kernel]
        parts = [self.weight(*shape), *([self.weight(shape[0])] * bias)]
        return self.node(
            "Conv",
            x,
            *parts,
            kernel_shape=kernel,
            pads=around * 2,
            strides=[stride] * len(kernel),
            group=groups,
        )

    def bn(self, x: str, channels: int) -> str:
        return self.node("BatchNormalization", x, *(self.weight(channels) for _ in range(4)))

    def dense(self, x: str, inputs: int, outputs: int) -> str:
        return self.node("Gemm", x, self.weight(outputs, inputs), self.weight(outputs), transB=1)

    def linear(self, x: str, inputs: int, outputs: int) -> str:
        product = self.node("MatMul", x, self.weight(inputs, outputs))
        return self.node("Add", product, self.weight(outputs))

    def model(self, shape: Sequence[int | str], output: str) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "network",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
            self.stored,
        )
        opsets = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def mlp() -> onnx.ModelProto:
    g = Graph()
    x = g.node("Relu", g.dense("x", 784, 300))
    x = g.node("Relu", g.dense(x, 300, 100))
    return g.model((1, 784), g.dense(x, 100, 10))


def lenet() -> onnx.ModelProto:
    """LeNet-5 with 28 x 28 images; LeCun et al., Proc. IEEE 86 (1998) 2278."""
    g = Graph()
    x = g.node("Relu", g.conv("x", (6, 1, 5, 5), bias=True))
    x = g.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    taken = {"kernel_shape": [5, 5], "pads": [0] * 4, "strides": [1, 1]}
    x = g.node("Relu", g.node("Conv", x, g.weight(16, 6, 5, 5), g.weight(16), **taken))
    x = g.node("Flatten", g.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]))
    x = g.node("Relu", g.dense(x, 400, 120))
    x = g.node("Relu", g.dense(x, 120, 84))
    return g.model((1, 1, 28, 28), g.dense(x, 84, 10))


def resnet18() -> onnx.ModelProto:
    """ResNet-18; He et al., arXiv:1512.03385."""
    g = Graph()
    x = g.node("Relu", g.bn(g.conv("x", (64, 3, 7, 7), 2), 64))
    x = g.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    before = 64
    for channels in (64, 128, 256, 512):
        for block in range(2):
            stride = 2 if channels != before else 1
            y = g.node("Relu", g.bn(g.conv(x, (channels, before, 3, 3), stride), channels))
            y = g.bn(g.conv(y, (channels, channels, 3, 3)), channels)
            if stride == 2:
                x = g.bn(g.conv(x, (channels, before, 1, 1), 2), channels)
            x, before = g.node("Relu", g.node("Add", y, x)), channels
            assert block in (0, 1)
    x = g.node("Flatten", g.node("GlobalAveragePool", x))
    return g.model((1, 3, 224, 224), g.dense(x, 512, 1000))


def mobilenet_v2() -> onnx.ModelProto:
    """MobileNet-v2; Sandler et al., arXiv:1801.04381."""
    g = Graph()

    def clipped(value: str, channels: int) -> str:
        return g.node("Clip", g.bn(value, channels), g_zero, g_six)

    g_zero, g_six = g.weight(), g.weight()
    x, before = clipped(g.conv("x", (32, 3, 3, 3), 2), 32), 32
    for expand, channels, count, first in (
        *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
        *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
    ):
        for k in range(count):
            stride, wide, y = first if k == 0 else 1, expand * before, x
            if expand > 1:
                y = clipped(g.conv(y, (wide, before, 1, 1)), wide)
            y = clipped(g.conv(y, (wide, 1, 3, 3), stride, groups=wide), wide)
            y = g.bn(g.conv(y, (channels, wide, 1, 1)), channels)
            x = g.node("Add", x, y) if stride == 1 and before == channels else y
            before = channels
    x = clipped(g.conv(x, (1280, 320, 1, 1)), 1280)
    x = g.node("Flatten", g.node("GlobalAveragePool", x))
    return g.model((1, 3, 224, 224), g.dense(x, 1280, 1000))


def squeezenet() -> onnx.ModelProto:
    """SqueezeNet 1.1; Iandola et al., arXiv:1602.07360."""
    g = Graph()
    taken = {"kernel_shape": [3, 3], "pads": [0] * 4, "strides": [2, 2]}
    x = g.node("Relu", g.node("Conv", "x", g.weight(64, 3, 3, 3), g.weight(64), **taken))
    before = 64
    for squeezed, wide, pooled in (
        *((16, 64, True), (16, 64, False), (32, 128, True), (32, 128, False)),
        *((48, 192, True), (48, 192, False), (64, 256, False), (64, 256, False)),
    ):
        if pooled:
            x = g.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        s = g.node("Relu", g.conv(x, (squeezed, before, 1, 1), bias=True))
        one = g.node("Relu", g.conv(s, (wide, squeezed, 1, 1), bias=True))
        three = g.node("Relu", g.conv(s, (wide, squeezed, 3, 3), bias=True))
        x, before = g.node("Concat", one, three, axis=1), 2 * wide
    x = g.node("Relu", g.conv(x, (1000, 512, 1, 1), bias=True))
    return g.model((1, 3, 224, 224), g.node("Flatten", g.node("GlobalAveragePool", x)))


def ds_cnn() -> onnx.ModelProto:
    """A depthwise separable network for keywords; Zhang et al., arXiv:1711.07128."""
    g = Graph()
    x = g.node(
        "Conv",
        *("x", g.weight(64, 1, 10, 4)),
        kernel_shape=[10, 4],
        pads=[5, 1, 4, 2],
        strides=[2, 2],
    )
    x = g.node("Relu", g.bn(x, 64))
    for _ in range(4):
        x = g.node("Relu", g.bn(g.conv(x, (64, 1, 3, 3), groups=64), 64))
        x = g.node("Relu", g.bn(g.conv(x, (64, 64, 1, 1)), 64))
    x = g.node("Flatten", g.node("GlobalAveragePool", x))
    return g.model((1, 1, 49, 10), g.node("Softmax", g.dense(x, 64, 12)))


def temporal() -> onnx.ModelProto:
    """Dilated convolutions along time; Bai, Kolter & Koltun, arXiv:1803.01271."""
    g = Graph()
    x = "x"
    for k, (before, after) in enumerate(((16, 32), (32, 32), (32, 32))):
        apart = 2**k
        y = g.node(
            "Conv",
            *(x, g.weight(after, before, 3), g.weight(after)),
            kernel_shape=[3],
            pads=[2 * apart, 0],
            dilations=[apart],
            strides=[1],
        )
        y = g.node("Relu", y)
        x = g.node("Add", y, x if before == after else g.conv(x, (after, before, 1)))
    return g.model((1, 16, 100), x)


def recurrent(kind: str, gates: int) -> onnx.ModelProto:
    g = Graph()
    units, steps, inputs = 128, 49, 40
    x = g.node(
        kind,
        "x",
        g.weight(1, gates * units, inputs),
        g.weight(1, gates * units, units),
        g.weight(1, 2 * gates * units),
        outputs=2,
        hidden_size=units,
    )
    x = g.node("Reshape", x, g.sizes(steps, units))
    return g.model((steps, 1, inputs), g.dense(x, units, 12))


def transformer_block() -> onnx.ModelProto:
    """One encoder block of BERT-base, 128 tokens; Devlin et al., arXiv:1810.04805."""
    g = Graph()
    tokens, width, heads = 128, 768, 12
    apart = g.sizes(1, tokens, heads, width // heads)

    def split(value: str, perm: Sequence[int]) -> str:
        return g.node("Transpose", g.node("Reshape", value, apart), perm=perm)

    q, k, v = (g.linear("x", width, width) for _ in range(3))
    scores = g.node("MatMul", split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1]))
    shares = g.node("Softmax", g.node("Div", scores, g.weight()), axis=-1)
    mixed = g.node("Transpose", g.node("MatMul", shares, split(v, [0, 2, 1, 3])), perm=[0, 2, 1, 3])
    y = g.linear(g.node("Reshape", mixed, g.sizes(1, tokens, width)), width, width)
    y = g.node("Add", "x", y)
    y = g.node("LayerNormalization", y, g.weight(width), g.weight(width), axis=-1)
    z = g.linear(g.node("Relu", g.linear(y, width, 3072)), 3072, width)
    z = g.node("Add", y, z)
    return g.model(
        (1, tokens, width),
        g.node("LayerNormalization", z, g.weight(width), g.weight(width), axis=-1),
    )


MODELS: dict[str, Callable[[], onnx.ModelProto]] = {
    "mlp": mlp,
    "lenet": lenet,
    "resnet18": resnet18,
    "mobilenet_v2": mobilenet_v2,
    "squeezenet": squeezenet,
    "ds_cnn": ds_cnn,
    "temporal": temporal,
    "lstm": lambda: recurrent("LSTM", 4),
    "gru": lambda: recurrent("GRU", 3),
    "transformer_block": transformer_block,
}


def write(folder: Path, model: onnx.ModelProto, name: str = "network") -> Path:
    path = folder / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    return path
