"""NIR files: every kind of node is read and written back; files that lie are refused by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import yuragi as yg
from yuragi.errors import GraphError, ModelFileError, UnsupportedError
from yuragi.io.nir import document

h5py = pytest.importorskip("h5py", reason="needs the extra nir")
nir = pytest.importorskip("nir", reason="needs the extra nir")


def some(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 1.0, size=shape).astype(np.float32)


def neuron(kind: str, shape: tuple[int, ...]) -> Any:
    """A neuron with parameters of its own for every unit."""
    values: dict[str, Any] = {"r": some(*shape, seed=1)}
    if kind in ("LI", "LIF"):
        values |= {"tau": 1e-3 + some(*shape), "v_leak": some(*shape, seed=2)}
    if kind in ("CubaLI", "CubaLIF"):
        values |= {"tau_mem": 1e-3 + some(*shape), "tau_syn": 2e-3 + some(*shape)}
        values |= {"v_leak": some(*shape, seed=2), "w_in": some(*shape, seed=3)}
    if kind in ("IF", "LIF", "CubaLIF"):
        values |= {"v_threshold": some(*shape, seed=4), "v_reset": -some(*shape, seed=5)}
    return getattr(nir, kind)(**values)


def conv2d(out: int, inner: int, **options: Any) -> Any:
    given = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "input_shape": None} | options
    weight = some(out, inner // given["groups"], 3, 2)
    return nir.Conv2d(weight=weight, bias=some(out, seed=9), **given)


def chain(shape: tuple[int, ...], *nodes: tuple[str, Any], out: tuple[int, ...]) -> Any:
    named = {
        "input": nir.Input(np.array(shape)),
        **dict(nodes),
        "output": nir.Output(np.array(out)),
    }
    names = list(named)
    edges = list(pairwise(names))
    return nir.NIRGraph(named, edges, type_check=False)


def pool(kind: str) -> Any:
    two = np.array([2, 2])
    return getattr(nir, kind)(kernel_size=two, stride=two, padding=np.array([0, 0]))


GRAPHS: dict[str, Callable[[], Any]] = {
    **{
        kind: lambda kind=kind: chain(
            (3,), ("w", nir.Linear(some(4, 3))), ("cells", neuron(kind, (4,))), out=(4,)
        )
        for kind in ("I", "IF", "LI", "LIF", "CubaLI", "CubaLIF")
    },
    "Threshold": lambda: chain((3,), ("on", nir.Threshold(some(3))), out=(3,)),
    "Affine": lambda: chain((3,), ("w", nir.Affine(some(4, 3), some(4))), out=(4,)),
    "Scale": lambda: chain(
        (3,), ("by", nir.Scale(some(3))), ("cells", neuron("IF", (3,))), out=(3,)
    ),
    "Delay": lambda: chain(
        (3,),
        ("late", nir.Delay(np.full(3, 5e-4))),
        ("cells", neuron("IF", (3,))),
        out=(3,),
    ),
    "Delay, uneven": lambda: chain(
        (3,),
        ("late", nir.Delay(np.array([1e-4, 3e-4, 2e-4]))),
        ("cells", neuron("IF", (3,))),
        out=(3,),
    ),
    "Conv1d": lambda: chain(
        (4, 9),
        (
            "conv",
            nir.Conv1d(
                input_shape=9, weight=some(2, 2, 3), stride=2, padding=1, dilation=2, groups=2,
                bias=some(2),
            ),
        ),
        ("cells", neuron("LIF", (2, 4))),
        out=(2, 4),
    ),
    "Conv2d, pools and Flatten": lambda: chain(
        (2, 8, 7),
        ("conv1", conv2d(4, 2, stride=(1, 2), padding=(1, 0), groups=2, input_shape=(8, 7))),
        ("cells1", neuron("IF", (4, 8, 3))),
        ("sum", pool("SumPool2d")),
        ("conv2", conv2d(3, 4, padding="same", input_shape=(4, 1))),
        ("cells2", neuron("CubaLIF", (3, 4, 1))),
        ("flat", nir.Flatten(np.array([3, 4, 1]), start_dim=0)),
        ("out", nir.Affine(some(5, 12), some(5, seed=7))),
        ("cells3", neuron("LIF", (5,))),
        out=(5,),
    ),
    "AvgPool2d after a bias": lambda: chain(
        (1, 8, 7),
        ("conv", conv2d(2, 1, input_shape=(8, 7))),
        ("mean", pool("AvgPool2d")),
        ("cells", neuron("IF", (2, 3, 3))),
        out=(2, 3, 3),
    ),
}  # fmt: skip


def recurrent() -> Any:
    """Two layers, feedback over both, a nested graph, a skip connection."""
    inner = nir.NIRGraph(
        {
            "input": nir.Input(np.array([4])),
            "lif": neuron("CubaLIF", (4,)),
            "w_rec": nir.Affine(some(4, 4, seed=8), some(4, seed=9)),
            "output": nir.Output(np.array([4])),
        },
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
        type_check=False,
    )
    nodes = {
        "input": nir.Input(np.array([3])),
        "fc": nir.Affine(some(4, 3), some(4)),
        "rnn": inner,
        "fc2": nir.Linear(some(4, 4)),
        "skip": nir.Linear(some(4, 3, seed=5)),
        "last": neuron("LIF", (4,)),
        "back": nir.Linear(some(4, 4, seed=6)),
        "output": nir.Output(np.array([4])),
    }
    edges = [
        ("input", "fc"), ("fc", "rnn"), ("rnn", "fc2"), ("fc2", "last"), ("input", "skip"),
        ("skip", "last"), ("last", "back"), ("back", "rnn"), ("last", "output"),
    ]  # fmt: skip
    return nir.NIRGraph(nodes, edges, type_check=False)


GRAPHS["nested, recurrent, with a skip"] = recurrent


def raster(network: yg.Network, steps: int = 40) -> np.ndarray:
    size = network.graph().node("input").size
    return np.random.default_rng(3).random((steps, size)) < 0.4


def everything(network: yg.Network) -> list[np.ndarray]:
    for node in network.graph().nodes:
        for variable in node.dynamics.system.variables:
            network.probe(node.name, variable)
    found = yg.compile(network, backend="reference").run({"input": raster(network)})
    return [trace.values for _, trace in sorted(found.traces.items())]


@pytest.mark.parametrize("dialect", ["nengo", "exact", "norse"])
@pytest.mark.parametrize("kind", GRAPHS)
def test_a_graph_goes_through_a_file_and_back_without_a_change(
    kind: str, dialect: str, tmp_path: Path
) -> None:
    graph = GRAPHS[kind]()
    nir.write(tmp_path / "first.nir", graph)
    network = yg.load(tmp_path / "first.nir", dialect=dialect)
    yg.to_nir(network, tmp_path / "second.nir")
    again = yg.load(tmp_path / "second.nir")

    assert again.origin is not None
    assert again.origin.dialect == dialect
    nir.read(tmp_path / "second.nir", type_check=False)
    for one, other in zip(everything(network), everything(again), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("kind", [kind for kind in GRAPHS if "nested" not in kind])
def test_what_is_written_holds_the_same_nodes_with_the_same_values(
    kind: str, tmp_path: Path
) -> None:
    graph = GRAPHS[kind]()

    written = yg.to_nir(yg.from_nir(graph, dialect="norse")).graph

    assert sorted(written.edges) == sorted(graph.edges)
    assert written.nodes.keys() == graph.nodes.keys()
    for name, node in graph.nodes.items():
        assert type(written.nodes[name]) is type(node)
        for key, value in node.to_dict().items():
            if isinstance(value, np.ndarray) and key != "input_type":
                found = np.asarray(getattr(written.nodes[name], key, value))
                assert found.shape == value.shape, (name, key)
                assert np.allclose(found, value, rtol=1e-6, atol=0), (name, key)


def test_a_file_without_v_reset_and_with_scalar_parameters_is_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "old.nir", "w") as file:
        write_old(file)

    network = yg.load(tmp_path / "old.nir", dialect="norse")

    assert network.graph().node("lif").size == 4


def write_old(file: Any, **changes: Any) -> None:
    """A graph as older writers left it, and what is changed in it."""
    nodes: dict[str, dict[str, Any]] = {
        "input": {"type": "Input", "shape": [3]},
        "w": {"type": "Linear", "weight": np.ones((4, 3))},
        "lif": {"type": "LIF", "tau": 0.01, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0},
        "output": {"type": "Output", "shape": [4]},
    }
    edges = [("input", "w"), ("w", "lif"), ("lif", "output")]
    for name, values in changes.items():
        if name == "edges":
            edges = values
        elif values is None:
            del nodes[name]
        else:
            nodes[name] = {k: v for k, v in (nodes.get(name, {}) | values).items() if v is not None}
    file["version"] = "0.2"
    file["node/type"] = "NIRGraph"
    file.create_dataset("node/edges", data=np.array(edges, dtype=object), dtype=h5py.string_dtype())
    for name, values in nodes.items():
        for key, value in values.items():
            file[f"node/nodes/{name}/{key}"] = value


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lif": None}, r"an edge names 'lif'; there are input, output, w"),
        ({"edges": np.empty((0, 2), dtype=object)}, "it has no edges"),
        ({"w": {"weight": np.ones((4, 2))}}, r"input sends 3 values .* takes 2"),
        ({"w": {"weight": None}}, r"w \(Linear\): weight is missing"),
        ({"w": {"type": "MaxPool"}}, "unknown kind 'MaxPool'"),
        ({"w": {"weight": np.full((4, 3), np.nan)}}, "weight: expected finite numbers"),
        ({"w": {"weight": np.ones(3)}}, "expected 2 dimensions"),
        ({"w": {"extra": 1.0}}, "unknown parameter 'extra'"),
        ({"lif": {"tau": -1.0}}, "tau: expected above 0, found -1"),
        ({"lif": {"tau": np.ones(4), "r": np.ones(2)}}, "parameters have different shapes"),
        ({"lif": {"tau": "soon"}}, "tau 'soon': expected numbers"),
        ({"input": {"shape": [0]}}, "expected sizes from 1"),
        ({"input": {"shape": [2**20, 2**20]}}, "expected from 1 to 2,147,483,647 units"),
        (
            {
                "edges": [("input", "w"), ("w", "w"), ("w", "lif"), ("lif", "output")],
                "w": {"weight": np.ones((3, 3))},
                "output": {"shape": [3]},
            },
            "w: a circle without a neuron",
        ),
        ({"edges": [("w", "lif"), ("lif", "output")]}, "w: nothing leads there"),
        (
            {
                "w": {"type": "SumPool2d", "weight": None, "kernel_size": [2, 2]},
                "edges": [("w", "lif"), ("lif", "output")],
                "lif": {"tau": np.ones(4)},
            },
            r"w \(SumPool2d\): its shape cannot be worked out",
        ),
    ],
)
def test_a_malformed_graph_is_refused_by_file_and_node(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = tmp_path / "bad.nir"
    with h5py.File(path, "w") as file:
        write_old(file, **changes)

    with pytest.raises(ModelFileError, match=message) as caught:
        yg.load(path)
    assert str(path) in str(caught.value)


def far(file: Any, path: Path) -> None:
    file["node/nodes/w/more"] = h5py.ExternalLink("other.h5", "/x")


def soft(file: Any, path: Path) -> None:
    file["node/nodes/w/more"] = h5py.SoftLink("/node/edges")


def circle(file: Any, path: Path) -> None:
    file["node/nodes/w/more"] = file["node"]


def giant(file: Any, path: Path) -> None:
    file.create_dataset("node/nodes/w/more", shape=(2**40,), chunks=(2**16,), dtype="f4")


def hollow(file: Any, path: Path) -> None:
    file.create_dataset("node/nodes/w/more", shape=(2**28,), chunks=(2**16,), dtype="f4")


def compound(file: Any, path: Path) -> None:
    file["node/nodes/w/more"] = np.zeros(2, dtype=[("a", "f4")])


def elsewhere(file: Any, path: Path) -> None:
    outside = [(str(path.with_suffix(".raw")), 0, 16)]
    file.create_dataset("node/nodes/w/more", shape=(4,), dtype="f4", external=outside)


def bytes_(file: Any, path: Path) -> None:
    file["node/nodes/w/more"] = np.bytes_(b"\xff\xfe")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (far, "a link to another place or file"),
        (soft, "a link to another place or file"),
        (circle, "this object is inside itself"),
        (giant, "at most 4,294,967,296 bytes are read"),
        (hollow, "declares 1,073,741,824 bytes"),
        (compound, "expected numbers or texts"),
        (elsewhere, "its data lie in another place"),
        (bytes_, "not UTF-8"),
    ],
)
def test_a_file_that_reaches_out_or_blows_up_is_refused(
    tmp_path: Path, spoil: Callable[[Any, Path], None], message: str
) -> None:
    path = tmp_path / "bad.nir"
    with h5py.File(path, "w") as file:
        write_old(file)
        spoil(file, path)

    with pytest.raises(ModelFileError, match=message):
        yg.load(path)


def test_what_is_not_hdf5_is_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "bad.nir"
    path.write_bytes(b"no")

    with pytest.raises(ModelFileError, match="not an HDF5 file"):
        yg.load(path)


@pytest.mark.parametrize("cut", [200, 1000, 3000])
def test_a_truncated_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "bad.nir"
    with h5py.File(path, "w") as file:
        write_old(file)
    path.write_bytes(path.read_bytes()[:cut])

    with pytest.raises(ModelFileError, match=r"not a readable HDF5 file|not an HDF5 file"):
        yg.load(path)


def test_an_unknown_dialect_or_reset_is_refused_with_those_that_there_are() -> None:
    graph = GRAPHS["LIF"]()

    with pytest.raises(GraphError, match="no NIR dialect 'mine'; there are exact, lava, loihi"):
        yg.from_nir(graph, dialect="mine")
    with pytest.raises(ModelFileError, match="no reset 'none'; there are zero, subtract"):
        yg.from_nir(graph, dialect="norse", reset="none")


def test_what_a_dialect_does_not_read_is_listed_with_numbers() -> None:
    network = yg.from_nir(GRAPHS["LIF"](), dialect="norse")

    assert network.origin is not None
    notes = "\n".join(network.origin.notes)
    assert "not carried: cells: r (from 0." in notes
    assert "not carried: cells: v_reset (from -0." in notes


def test_a_delay_between_two_steps_is_rounded_and_said() -> None:
    late = nir.Delay(np.full(3, 2.4e-4))
    graph = chain((3,), ("late", late), ("cells", neuron("IF", (3,))), out=(3,))

    network = yg.from_nir(graph)

    assert network.origin is not None
    assert any("became 2 to 2 steps, 0.4 steps off" in note for note in network.origin.notes)


def test_units_that_nir_lacks_are_refused_by_name() -> None:
    net = yg.Network()
    net.population("cells", 3, "chaotic_neuron")

    with pytest.raises(UnsupportedError, match="cells: no kind of NIR has its equations"):
        yg.to_nir(net)


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_a_network_of_ones_own_comes_back_with_the_same_spikes(delay: int, tmp_path: Path) -> None:
    net = yg.Network(seed=0, dt=1e-3)
    net.input("input", 6, spiking=True)
    values = {"delta_u": 0.3, "delta_v": 0.1, "bias": 0.02}
    net.population("cells", 8, "cuba_lif", parameters=values)
    net.population("more", 5, "cuba_lif", parameters=values)
    net.project("input", "cells", weights=0.4 * some(8, 6), port="i", delay=delay)
    net.project("cells", "cells", weights=some(8, 8) - 0.6, port="i", delay=1)
    net.project("cells", "more", weights=0.3 * some(5, 8), port="i", delay=delay)
    net.probe("cells", "spikes")
    net.probe("more", "spikes")
    written = yg.to_nir(net, tmp_path / "own.nir")
    again = yg.load(tmp_path / "own.nir")

    spikes = [yg.compile(n).run({"input": raster(net)}, steps=60) for n in (net, again)]

    assert "taken for a forward Euler step" in "\n".join(written.losses)
    assert spikes[0].spikes("more").sum() > 20
    for name in ("cells", "more"):
        assert np.array_equal(spikes[0].spikes(name), spikes[1].spikes(name))


def spiking_cnn() -> Any:
    """The layers of the NIR paper's network for N-MNIST: 34 x 34, 39,584 weights."""
    rng = np.random.default_rng(0)

    def conv(out: int, inner: int, side: int, size: int, stride: int) -> Any:
        return nir.Conv2d(
            input_shape=(size, size), weight=rng.normal(0, 0.2, (out, inner, side, side)),
            stride=(stride, stride), padding=(1, 1), dilation=(1, 1), groups=1,
            bias=np.zeros(out),
        )  # fmt: skip

    def cells(*shape: int) -> Any:
        return nir.IF(r=np.ones(shape), v_threshold=np.ones(shape))

    return chain(
        (2, 34, 34),
        ("conv1", conv(16, 2, 5, 34, 2)),
        ("cells1", cells(16, 16, 16)),
        ("conv2", conv(16, 16, 3, 16, 1)),
        ("cells2", cells(16, 16, 16)),
        ("pool1", pool("SumPool2d")),
        ("conv3", conv(8, 16, 3, 8, 1)),
        ("cells3", cells(8, 8, 8)),
        ("pool2", pool("SumPool2d")),
        ("flat", nir.Flatten(np.array([8, 4, 4]), start_dim=0)),
        ("fc1", nir.Linear(rng.normal(0, 0.2, (256, 128)))),
        ("cells4", cells(256)),
        ("fc2", nir.Linear(rng.normal(0, 0.2, (10, 256)))),
        ("cells5", cells(10)),
        out=(10,),
    )


def test_a_spiking_cnn_keeps_its_kernels_on_loihi_and_has_a_price() -> None:
    graph = spiking_cnn()
    weights = sum(np.size(getattr(node, "weight", ())) for node in graph.nodes.values())
    network = yg.from_nir(graph)
    program = yg.compile(network, profile="loihi")
    events = np.random.default_rng(1).random((4, 2 * 34 * 34)) < 0.05

    report = yg.energy(program.run({"input": events}))

    kernels = [edge.weights for edge in program.graph.edges if edge.weights.shared_weights]
    assert weights == 39_584
    assert [kernel.dtype for kernel in kernels] == [np.int8] * 3
    assert network.graph().synapses > 1_000_000
    assert report.total_j is not None
    assert report.total_j.nominal > 0


FLIPS = 1500 if os.environ.get("YURAGI_ALL_TARGETS") == "1" else 6


def test_a_file_with_a_byte_changed_is_read_or_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "_SECONDS", 5)
    path = tmp_path / "changed.nir"
    with h5py.File(path, "w") as file:
        write_old(file)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    # Most bytes of a small file are padding; those that are not 0 say something.
    for place in rng.choice(np.flatnonzero(np.frombuffer(whole, dtype=np.uint8)), FLIPS):
        changed = bytearray(whole)
        changed[place] = rng.integers(256)
        path.write_bytes(changed)
        try:
            yg.load(path)
        except (ModelFileError, GraphError) as problem:
            assert str(path) in str(problem)  # noqa: PT017 - what is not refused is read


def test_a_file_that_its_library_does_not_come_to_the_end_of_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with h5py.File(tmp_path / "endless.nir", "w") as file:
        write_old(file)
    (tmp_path / "walk.py").write_text("while True: pass\n")
    monkeypatch.setattr(document, "_WALK", tmp_path / "walk.py")
    monkeypatch.setattr(document, "_SECONDS", 1)

    with pytest.raises(ModelFileError, match=r"endless.nir: not a readable .* longer than 1 s"):
        yg.load(tmp_path / "endless.nir")
