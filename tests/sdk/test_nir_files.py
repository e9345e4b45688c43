"""NIR files: every kind of node is read and written back; files that lie are refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import yuragi as yg
from yuragi.errors import GraphError, ModelFileError, UnsupportedError

h5py = pytest.importorskip("h5py", reason="needs the extra nir")
nir = pytest.importorskip("nir", reason="needs the extra nir")

from nir_graphs import (  # noqa: E402 - it needs both
    GRAPHS,
    chain,
    neuron,
    pool,
    some,
    spiking_cnn,
    write_old,
)


def raster(network: yg.Network, steps: int = 40) -> np.ndarray:
    size = network.graph().node("input").size
    return np.random.default_rng(3).random((steps, size)) < 0.4


def everything(network: yg.Network) -> list[np.ndarray]:
    for node in network.graph().nodes:
        for variable in node.dynamics.system.variables:
            network.probe(node.name, variable)
    found = yg.compile(network, backend="reference").run({"input": raster(network)})
    return [trace.values for _, trace in sorted(found.traces.items())]


@pytest.mark.parametrize("kind", GRAPHS)
def test_a_graph_goes_through_a_file_and_back_without_a_change(kind: str, tmp_path: Path) -> None:
    nir.write(tmp_path / "first.nir", GRAPHS[kind]())
    network = yg.load(tmp_path / "first.nir", dialect="norse")
    yg.to_nir(network, tmp_path / "second.nir")
    again = yg.load(tmp_path / "second.nir")

    assert again.origin is not None
    assert again.origin.dialect == "norse"
    nir.read(tmp_path / "second.nir", type_check=False)
    for one, other in zip(everything(network), everything(again), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("dialect", ["closed", "lava", "nengo", "snntorch", "spyx"])
def test_every_graph_comes_back_in_every_dialect(dialect: str) -> None:
    for kind, make in GRAPHS.items():
        network = yg.from_nir(make(), dialect=dialect)
        again = yg.from_nir(yg.to_nir(network).graph)

        assert again.origin is not None
        assert again.origin.dialect == dialect
        for one, other in zip(everything(network), everything(again), strict=True):
            assert np.array_equal(one, other), kind


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
        ({"lif": {"tau": 0.0}}, "tau: expected above 0, found 0"),
        ({"lif": {"tau": np.zeros(0)}}, r"tau: expected values, found an array of shape \(0,\)"),
        ({"lif": {"v_threshold": -1.0}}, "v_threshold: expected above 0, found -1"),
        ({"output": {"shape": [9]}}, r"output \(Output\): takes 9 values .*, receives 4 values"),
        (
            {"edges": [("input", "w"), ("w", "lif"), ("lif", "output"), ("lif", "input")]},
            "an edge from 'lif' to 'input': nothing leads to an Input or from an Output",
        ),
        ({"w": {"weight": np.ones((3, 4))}}, r"input sends 3 values .*, w \(Linear\) takes 4"),
        ({"w": {"weight": np.ones((2, 4, 3))}}, r"input sends 3 values .*, w \(Linear\) takes 6"),
        ({"input": {"shape": [0]}}, "expected sizes from 1"),
        ({"input": {"shape": [2**20, 2**20]}}, "expected from 1 to 2,147,483,647 units"),
        (
            {
                "edges": [("input", "w"), ("w", "w"), ("w", "lif"), ("lif", "output")],
                "w": {"weight": np.ones((3, 3))},
                "output": {"shape": [3]},
            },
            "w: a circle without a neuron: w -> w",
        ),
        (
            {
                "edges": [("input", "w"), ("w", "lif"), ("lif", "output"), ("b", "a"), ("a", "b")],
                "a": {"type": "Scale", "scale": np.ones(4)},
                "b": {"type": "Scale", "scale": np.ones(4)},
            },
            "a: a circle without a neuron: a -> b -> a",
        ),
        ({"w": {"type": "Affine", "bias": np.ones(3)}}, "w: 3 biases for 4 units"),
        ({"input": {"shape": [1.5]}}, r"shape \[1.5\]: expected whole numbers"),
        ({"w\x1b[2J": {"type": "Linear"}}, r"node 'w\\x1b\[2J': expected a name that can be"),
        (
            {"input": {"shape": [2**30]}, "w": {"type": "Scale", "weight": None, "scale": 1.0}},
            r"sends 1,073,741,824 values .* takes about .* bytes, of which .* may be used",
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


def test_a_nested_graph_whose_input_is_also_its_output_is_a_skip_connection() -> None:
    inner = chain((3,), ("lif", neuron("LIF", (3,))), out=(3,))
    inner.edges.append(("input", "output"))
    graph = chain((3,), ("block", inner), ("last", neuron("IF", (3,))), out=(3,))

    network = yg.from_nir(graph, dialect="norse").graph()

    assert {(edge.source, edge.target) for edge in network.edges} == {
        ("input", "block_lif"),
        ("block_lif", "last"),
        ("input", "last"),
    }


def test_a_node_in_a_graph_whose_name_another_has_is_refused() -> None:
    inner = chain((3,), ("lif", neuron("LIF", (3,))), out=(3,))
    graph = chain((3,), ("block", inner), ("block.lif", neuron("IF", (3,))), out=(3,))

    with pytest.raises(ModelFileError, match=r"two nodes come to the name 'block\.lif'"):
        yg.from_nir(graph)


def test_a_lattice_of_more_paths_than_can_be_followed_is_refused_at_once() -> None:
    scale = nir.Scale(np.ones(3))
    nodes, edges, before = {"input": nir.Input(np.array([3]))}, [], ["input"]
    for k in range(200):
        here = [f"a{k}", f"b{k}"]
        nodes |= dict.fromkeys(here, scale)
        edges += [(one, other) for one in before for other in here]
        before = here
    nodes |= {"cells": neuron("IF", (3,)), "output": nir.Output(np.array([3]))}
    edges += [*((one, "cells") for one in before), ("cells", "output")]

    with pytest.raises(ModelFileError, match="cells: more than 1,000 paths lead there"):
        yg.from_nir(nir.NIRGraph(nodes, edges, type_check=False))


def test_an_unknown_dialect_or_reset_is_refused_with_those_that_there_are() -> None:
    graph = GRAPHS["LIF"]()

    with pytest.raises(GraphError, match="no NIR dialect 'mine'; there are closed, exact, lava"):
        yg.from_nir(graph, dialect="mine")
    with pytest.raises(ModelFileError, match="no reset 'none'; there are zero, subtract"):
        yg.from_nir(graph, dialect="norse", reset="none")
    with pytest.raises(ModelFileError, match="the units are cells"):
        yg.from_nir(graph, reset={"cell": "value"})


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


@pytest.mark.parametrize("kind", ["LI", "CubaLI"])
def test_a_step_in_closed_form_is_as_two_of_half_its_length(kind: str) -> None:
    graph = chain((3,), ("cells", neuron(kind, (3,))), out=(3,))
    drive = some(20, 3, seed=3)
    traces = []
    for parts in (1, 2):
        network = yg.from_nir(graph, dialect="exact", dt=0.05 / parts, spiking=False)
        program = yg.compile(network, backend="reference")
        run = program.run({"input": np.repeat(drive, parts, axis=0)})
        traces.append(run.trace("cells", "v")[parts - 1 :: parts])

    assert np.abs(traces[0]).max() > 0.1
    assert np.abs(traces[0] - traces[1]).max() < 1e-12


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


def test_a_skip_connection_keeps_its_step_on_a_chip_that_takes_one_for_every_hop() -> None:
    rng = np.random.default_rng(0)

    def conv(inner: int) -> Any:
        return nir.Conv2d(
            input_shape=(6, 6), weight=rng.integers(-1, 3, (3, inner, 3, 3)) / 8, stride=1,
            padding=1, dilation=1, groups=1, bias=np.zeros(3),
        )  # fmt: skip

    def cells(*shape: int) -> Any:
        return nir.IF(r=np.ones(shape), v_threshold=np.ones(shape))

    graph = chain(
        (2, 6, 6),
        ("conv1", conv(2)), ("cells1", cells(3, 6, 6)),
        ("conv2", conv(3)), ("cells2", cells(3, 6, 6)),
        ("conv3", conv(3)), ("cells3", cells(3, 6, 6)),
        ("pool", pool("SumPool2d")), ("flat", nir.Flatten(np.array([3, 3, 3]), start_dim=0)),
        ("fc", nir.Linear(rng.integers(-2, 4, (5, 27)) / 8)), ("cells4", cells(5)), out=(5,),
    )  # fmt: skip
    graph.edges += [("cells1", "cells3"), ("cells1", "pool")]
    events = rng.random((4, 25, 72)) < 0.1
    network = yg.from_nir(graph, dialect="norse")
    meant = yg.compile(network, backend="reference").run({"input": events})

    program = yg.compile(network, profile="loihi")
    chip = program.run({"input": events})

    assert "cells4: 4 step(s) late" in "\n".join(map(str, program.log))
    assert chip.steps == 25 + 4
    for late in (1, 2, 3, 4):
        wanted, found = (run.spikes(f"cells{late}") for run in (meant, chip))
        assert wanted.sum() > 50
        assert int((wanted != found[:, late : late + 25]).sum()) == 0


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
