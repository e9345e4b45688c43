"""ONNX files counted: ten public architectures beside a peer's counter, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_models
import onnx_tool
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnx_tool import node as peer

import yuragi as yg
from yuragi.errors import ModelFileError
from yuragi.power import Workload, price

# Multiply-accumulates and stored numbers as their papers' reference code has them; batch
# normalisations carry their running mean and variance, which training frameworks do not count:
# 11,689,512 + 9,600 in ResNet-18, 3,504,872 + 34,112 in MobileNet-v2.
PUBLISHED = {
    "lenet": (416_520, 61_706),
    "resnet18": (1_814_073_344, 11_699_112),
    "mobilenet_v2": (300_774_272, 3_538_984),
    "squeezenet": (349_151_936, 1_235_496),
    "transformer_block": (931_135_488, 7_087_872),
}


def graph_of(model: onnx.ModelProto) -> Any:
    graph = onnx_tool.Model(model).graph
    shape = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    graph.shape_infer({"x": np.zeros(shape, dtype=np.float32)})
    graph.profile()
    return graph


def products_of_the_peer(model: onnx.ModelProto) -> int:
    """What onnx-tool counts for products, less the biases and functions that it adds to them."""
    graph = graph_of(model)
    total = 0
    for node in model.graph.node:
        if node.op_type not in ("Conv", "Gemm", "MatMul", "LSTM", "GRU"):
            continue
        made = math.prod(graph.tensormap[node.output[0]].get_shape())
        macs = int(graph.nodemap[node.name].macs[0])
        if node.op_type in ("Conv", "Gemm"):
            macs -= made * (len(node.input) == 3)
        if node.op_type in ("LSTM", "GRU"):
            steps = graph.tensormap["x"].get_shape()[0]
            macs -= steps * math.prod(graph.tensormap[node.input[3]].get_shape())
            macs -= made * PEER_CELLS[node.op_type]
        total += macs
    return total


# Sums of the gates, functions, and the blending of the state, for each unit and step.
PEER_CELLS = {
    "LSTM": 4 * peer.ADD_MACS
    + 3 * peer.EXP_MACS
    + 2 * peer.TANH_MACS
    + (peer.ADD_MACS + 3 * peer.MUL_MACS),
    "GRU": 3 * peer.ADD_MACS
    + 2 * peer.EXP_MACS
    + peer.TANH_MACS
    + (2 * peer.ADD_MACS + 3 * peer.MUL_MACS),
}


@pytest.mark.parametrize("name", onnx_models.MODELS)
def test_macs_and_parameters_are_those_of_a_peers_counter(tmp_path: Path, name: str) -> None:
    model = onnx_models.MODELS[name]()
    shapes = sum(
        math.prod(tensor.dims)
        for tensor in model.graph.initializer
        if tensor.data_type == TensorProto.INT64
    )
    work = yg.baseline.from_onnx(onnx_models.write(tmp_path, model))
    assert work.macs == products_of_the_peer(model)
    assert work.parameters == int(graph_of(model).params) - shapes
    assert work.uncounted == ()


@pytest.mark.parametrize("name", PUBLISHED)
def test_macs_and_parameters_are_the_published_ones(tmp_path: Path, name: str) -> None:
    work = yg.baseline.from_onnx(onnx_models.write(tmp_path, onnx_models.MODELS[name]()))
    assert (work.macs, work.parameters) == PUBLISHED[name]


def from_model(folder: Path, model: onnx.ModelProto, **options: Any) -> Workload:
    return yg.baseline.from_onnx(onnx_models.write(folder, model), **options)


def test_a_file_and_the_layer_list_of_the_same_network_count_the_same(tmp_path: Path) -> None:
    work = from_model(tmp_path, onnx_models.mlp())
    same = yg.baseline.mlp([784, 300, 100, 10])
    for name in ("macs", "operations", "parameters", "activation_bytes", "memory_bytes"):
        assert getattr(work, name) == getattr(same, name), name
    report, other = (price(one, yg.profile("desktop_cpu")) for one in (work, same))
    assert report.total_j == other.total_j


@pytest.mark.parametrize(("kind", "layer"), [("LSTM", yg.baseline.lstm), ("GRU", yg.baseline.gru)])
def test_a_recurrent_file_reads_its_weights_as_the_layer_does(
    tmp_path: Path, kind: str, layer: Callable[..., yg.baseline.Layer]
) -> None:
    work = from_model(tmp_path, onnx_models.MODELS[kind.lower()]())
    same = layer(40, 128, steps=49)
    found = next(one for one in work.layers if one.kind == kind)
    for name in ("macs", "operations", "parameters", "reads", "inputs"):
        assert getattr(found, name) == getattr(same, name), name


def test_a_runtime_fuses_what_follows_a_product(tmp_path: Path) -> None:
    path = onnx_models.write(tmp_path, onnx_models.resnet18())
    fused, apart = (yg.baseline.from_onnx(path, fuse=choice) for choice in (True, False))
    assert len(fused.layers) == 20 + 1 + 2
    assert len(apart.layers) == 20 + 1 + 2 + 20 + 17 + 8
    assert (fused.macs, fused.operations, fused.parameters) == (
        apart.macs,
        apart.operations,
        apart.parameters,
    )
    assert fused.memory_bytes < apart.memory_bytes


def test_a_skip_connection_keeps_its_value_until_it_is_added(tmp_path: Path) -> None:
    g = onnx_models.Graph()
    x = g.node("Relu", "x")
    y = g.conv(x, (4, 4, 3, 3))
    y = g.conv(y, (4, 4, 3, 3))
    work = from_model(tmp_path, g.model((1, 4, 8, 8), g.node("Add", y, x)))
    size = 4 * 8 * 8
    assert work.peak == 3 * size
    assert [layer.inputs for layer in work.layers] == [size, size, 2 * size]


def test_a_batch_shares_the_weights_and_not_the_work(tmp_path: Path) -> None:
    path = onnx_models.write(tmp_path, onnx_models.lenet())
    one, many = (yg.baseline.from_onnx(path, batch=size) for size in (1, 64))
    assert one.macs == many.macs
    assert many.parameter_traffic == one.parameter_traffic / 64
    assert many.activation_traffic == one.activation_traffic
    assert many.working_bytes == 64 * one.working_bytes


def named(*shape: int | str) -> onnx.ModelProto:
    g = onnx_models.Graph()
    return g.model(shape, g.linear("x", 16, 4))


def test_a_batch_without_a_size_counts_as_one_and_is_said(tmp_path: Path) -> None:
    work = from_model(tmp_path, named("N", 16))
    assert work.macs == 64
    assert work.notes == ("first dimension of 'x' counted as 1",)


def test_a_named_size_is_asked_for_and_bound(tmp_path: Path) -> None:
    with pytest.raises(
        ModelFileError, match=r"dimension 1 of input 'x' is named 'sequence'.*sizes"
    ):
        from_model(tmp_path, named("N", "sequence", 16))
    with pytest.raises(ModelFileError, match=r"dimension 0 of input 'x' is named 'time'"):
        from_model(tmp_path, named("time", 16))
    work = from_model(tmp_path, named("N", "sequence", 16), sizes={"sequence": 5})
    assert work.macs == 5 * 64


def test_an_input_takes_a_shape_of_the_users(tmp_path: Path) -> None:
    work = from_model(tmp_path, named("N", "sequence", 16), inputs={"x": (1, 7, 16)})
    assert work.macs == 7 * 64
    with pytest.raises(ModelFileError, match="no input 'y'; there are 'x'"):
        from_model(tmp_path, named("N", 16), inputs={"y": (1, 16)})
    with pytest.raises(ModelFileError, match="no input has a dimension named 'width'"):
        from_model(tmp_path, named("N", 16), sizes={"width": 3})
    with pytest.raises(ModelFileError, match="'x' 0: expected a whole number above 0"):
        from_model(tmp_path, named("N", 16), inputs={"x": (0, 16)})


def test_shapes_that_are_computed_from_shapes_are_followed(tmp_path: Path) -> None:
    g = onnx_models.Graph()
    first = g.node("Gather", g.node("Shape", "x"), g.sizes(0), axis=0)
    shape = g.node("Concat", first, g.sizes(-1), axis=0)
    work = from_model(tmp_path, g.model(("N", 4, 4), g.dense(g.node("Reshape", "x", shape), 16, 4)))
    assert (work.macs, work.uncounted, len(work.layers)) == (64, (), 1)


def test_an_embedding_reads_rows_and_stores_the_table(tmp_path: Path) -> None:
    g = onnx_models.Graph()
    model = g.model((1, 6), g.node("Gather", g.weight(1000, 32), "x", axis=0))
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64
    work = from_model(tmp_path, model, batch=8)
    assert work.parameters == 32_000
    assert work.parameter_traffic == 4 * 6 * 32


def test_weights_that_are_computed_once_are_stored_and_not_computed(tmp_path: Path) -> None:
    g = onnx_models.Graph()
    turned = g.node("Transpose", g.weight(4, 16), perm=[1, 0])
    work = from_model(tmp_path, g.model((1, 16), g.node("MatMul", "x", turned)))
    assert (work.macs, work.parameters, len(work.layers)) == (64, 64, 1)


def test_weights_that_are_shared_are_stored_once_and_read_twice(tmp_path: Path) -> None:
    g = onnx_models.Graph()
    shared = g.weight(16, 16)
    once = g.node("MatMul", "x", shared)
    work = from_model(tmp_path, g.model((1, 16), g.node("MatMul", once, shared)))
    assert work.parameters == 256
    assert work.parameter_traffic == 2 * 4 * 256


def test_weights_beside_the_file_are_counted_and_never_opened(tmp_path: Path) -> None:
    model = named("N", 16)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    assert from_model(tmp_path, model).macs == 64
    assert not (tmp_path / "weights.bin").exists()


def test_an_unknown_operator_is_named_with_the_macs_that_may_be_missing(tmp_path: Path) -> None:
    g = onnx_models.Graph()
    x = g.node("Magic", "x", g.weight(16, 4), domain="com.example")
    model = g.model((1, 16), x)
    model.graph.output[0].type.tensor_type.shape.dim.add().dim_value = 1
    model.graph.output[0].type.tensor_type.shape.dim.add().dim_value = 4
    g.nodes.append(helper.make_node("Relu", [x], ["end"]))
    model.graph.node.append(g.nodes[-1])
    work = from_model(tmp_path, model)
    text = "com.example.Magic x1: unknown operator, some 64 MACs may be missing"
    assert [str(one) for one in work.uncounted] == [text]
    report = price(work, yg.profile("desktop_cpu"))
    assert report.total_j is None
    assert text in report.unpriced
    again = from_model(tmp_path, model, ignore=["com.example.Magic"])
    assert price(again, yg.profile("desktop_cpu")).total_j is not None
    assert "com.example.Magic left out as asked" in again.notes


def test_the_body_of_a_branch_is_named_with_its_macs(tmp_path: Path) -> None:
    weights = helper.make_tensor("w", TensorProto.FLOAT, (16, 4), bytes(4 * 64), raw=True)
    out = [helper.make_tensor_value_info("b", TensorProto.FLOAT, (1, 4))]
    body = helper.make_graph(
        [helper.make_node("MatMul", ["y", "w"], ["b"])], "body", [], out, [weights]
    )
    g = onnx_models.Graph()
    g.nodes.append(helper.make_node("Relu", ["x"], ["y"]))
    flag = helper.make_tensor("flag", TensorProto.BOOL, (), [True])
    g.stored.append(flag)
    z = g.node("If", "flag", then_branch=body, else_branch=body)
    work = from_model(tmp_path, g.model((1, 16), z))
    assert [(one.operator, one.macs) for one in work.uncounted] == [("If", 64)]


def test_int8_weights_make_an_int8_workload(tmp_path: Path) -> None:
    g = onnx_models.Graph()
    zeros = bytes(64)
    g.stored.append(helper.make_tensor("q", TensorProto.INT8, (16, 4), zeros, raw=True))
    g.stored.append(helper.make_tensor("scale", TensorProto.FLOAT, (), [0.1]))
    weights = g.node("DequantizeLinear", "q", "scale")
    work = from_model(tmp_path, g.model((1, 16), g.node("MatMul", "x", weights)))
    assert (work.dtype, work.parameters, work.parameter_bytes) == ("int8", 64, 64)
    assert from_model(tmp_path, onnx_models.mlp(), dtype="int8").parameter_bytes == 266_610


def test_an_einsum_counts_the_space_of_its_letters(tmp_path: Path) -> None:
    g = onnx_models.Graph()
    y = g.node("Einsum", "x", g.weight(16, 4, 3), equation="bi,ijk->bjk")
    assert from_model(tmp_path, g.model((2, 16), y)).macs == 2 * 16 * 4 * 3


def test_a_transposed_convolution_counts_its_inputs(tmp_path: Path) -> None:
    g = onnx_models.Graph()
    y = g.node("ConvTranspose", "x", g.weight(8, 4, 2, 2), kernel_shape=[2, 2], strides=[2, 2])
    work = from_model(tmp_path, g.model((1, 8, 5, 5), y))
    assert work.macs == 8 * 25 * 4 * 4
    assert work.layers[0].outputs == 4 * 100


def test_a_function_of_the_file_is_written_out(tmp_path: Path) -> None:
    model = with_functions({"Double": ["Half", "Half"], "Half": ["Relu"]})
    work = from_model(tmp_path, model)
    assert work.operations == 4 * 2 + 4
    assert work.uncounted == ()


def with_functions(calls: dict[str, list[str]]) -> onnx.ModelProto:
    """A model that calls the first function twice and adds; each calls others in a chain."""
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    functions = []
    for name, inner in calls.items():
        nodes = [
            helper.make_node(
                kind,
                ["in" if k == 0 else f"t{k - 1}"],
                ["out" if k == len(inner) - 1 else f"t{k}"],
                domain="own" if kind in calls else "",
            )
            for k, kind in enumerate(inner)
        ]
        functions.append(helper.make_function("own", name, ["in"], ["out"], nodes, opsets))
    first = next(iter(calls))
    nodes = [helper.make_node(first, ["x"], ["y"], domain="own")]
    nodes.append(helper.make_node("Add", ["y", "y"], ["z"]))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 4))],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)],
    )
    return helper.make_model(graph, opset_imports=opsets, functions=functions, ir_version=9)


def hostile(change: Callable[[onnx.ModelProto], Any]) -> onnx.ModelProto:
    model = named("N", 16)
    change(model)
    return model


def external(model: onnx.ModelProto, location: str) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)


def nested(model: onnx.ModelProto) -> None:
    node = helper.make_node("Relu", ["x"], ["inner"])
    for _ in range(22):
        body = helper.make_graph([node], "g", [], [])
        node = helper.make_node("If", ["x"], ["inner"], then_branch=body)
    model.graph.node.append(node)


def chain(length: int, calls: int) -> dict[str, list[str]]:
    """Functions that each call the next one so many times."""
    names = [*(f"F{k}" for k in range(length)), "Relu"]
    return {name: [names[k + 1]] * calls for k, name in enumerate(names[:-1])}


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (hostile(lambda m: m.graph.initializer[0].dims.__setitem__(0, 1 << 30)), "claims .* holds"),
        (hostile(lambda m: m.graph.initializer[0].dims.__setitem__(0, 1 << 60)), "at most"),
        (hostile(lambda m: m.graph.initializer[0].dims.__setitem__(0, -4)), "negative size"),
        (hostile(lambda m: external(m, "../../etc/passwd")), "outside the file's folder"),
        (hostile(lambda m: external(m, "/etc/passwd")), "outside the file's folder"),
        (hostile(lambda m: external(m, "C:\\secret")), "outside the file's folder"),
        (hostile(lambda m: m.graph.node[0].input.__setitem__(0, m.graph.node[1].output[0])),
         "reads .*which nothing before it makes: a circle"),
        (hostile(lambda m: m.graph.node[1].output.__setitem__(0, m.graph.node[0].output[0])),
         "which is there already"),
        (hostile(lambda m: m.graph.ClearField("node")), "without a node"),
        (with_functions({"A": ["B"], "B": ["A"]}), "function 'A' calls itself"),
        (with_functions(chain(19, 2)), "write out 524,289 nodes"),
        (with_functions(chain(31, 1)), "functions call functions, deeper than 20"),
        (hostile(nested), "graphs within graphs, deeper than 20"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_hostile_file_is_refused(tmp_path: Path, model: onnx.ModelProto, reason: str) -> None:
    with pytest.raises(ModelFileError, match=rf"network\.onnx: .*{reason}"):
        from_model(tmp_path, model)


def test_a_file_larger_than_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    with path.open("wb") as stream:
        stream.truncate(3 << 30)
    with pytest.raises(ModelFileError, match="3,221,225,472 bytes, at most 1,073,741,824 are read"):
        yg.baseline.from_onnx(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello world", b"\xff" * 100, b"PK\x03\x04"],
    ids=["empty", "text", "ones", "zip"],
)
def test_what_is_no_onnx_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="not an ONNX file"):
        yg.baseline.from_onnx(path)
    with pytest.raises(ModelFileError, match="no such file"):
        yg.baseline.from_onnx(tmp_path / "none.onnx")


WHOLE = named("N", 16).SerializeToString()


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(places=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=4))
def test_a_damaged_file_is_counted_or_refused_and_nothing_else(
    tmp_path: Path, places: list[tuple[int, int]]
) -> None:
    content = bytearray(WHOLE)
    for place, value in places:
        content[place] = value
    path = tmp_path / "damaged.onnx"
    path.write_bytes(bytes(content))
    try:
        work = yg.baseline.from_onnx(path)
    except yg.errors.YuragiError:
        return
    assert work.macs >= 0
