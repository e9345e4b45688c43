"""Saving a graph and loading it again, from friends and from strangers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import yuragi as yg
from yuragi import hardware, memory, storage
from yuragi.arrays import write_arrays
from yuragi.backend import find_backend
from yuragi.dynamics import Dynamics
from yuragi.errors import ModelFileError
from yuragi.graph import Edge, Graph, Node, Probe, Stimulus
from yuragi.passes.lowering import lower
from yuragi.placement import Mesh, Part, Placement
from yuragi.wiring.maps import Dense, LinearMap, Sparse

CELL = Dynamics(
    name="cell",
    equations="v(t+1) = k*v + i  # leak\n  w = 2*v",
    ports=("i",),
    threshold="v > theta",
    reset="v = 0",
    refractory=2,
    parameters={"k": 0.9, "theta": 1},
    initial={"v": 0.25},
)
TABLED = Dynamics(
    name="tabled",
    equations="v(t+1) = lookup(f, v + i)",
    ports=("i",),
    output="v",
    number="integer",
    tables={"f": (-8, 2, 0, 5, 9, 12, 13)},
)


def same_array(one: Any, two: Any) -> bool:
    one, two = np.asarray(one), np.asarray(two)
    return one.dtype == two.dtype and one.shape == two.shape and one.tobytes() == two.tobytes()


def same_arrays(one: Any, two: Any) -> bool:
    return list(one) == list(two) and all(same_array(one[key], two[key]) for key in one)


def same_weights(one: LinearMap, two: LinearMap) -> bool:
    if type(one) is not type(two) or one.shape != two.shape:
        return False
    if isinstance(one, Dense) and isinstance(two, Dense):
        return same_array(one.w, two.w)
    a, b = one.csr(), two.csr()
    return (
        same_array(a.data, b.data)
        and np.array_equal(a.indices, b.indices)
        and np.array_equal(a.indptr, b.indptr)
    )


def same_node(one: Node, two: Node) -> bool:
    return (
        (one.name, one.size, one.dynamics, one.scales, one.latency)
        == (two.name, two.size, two.dynamics, two.scales, two.latency)
        and same_arrays(one.parameters, two.parameters)
        and same_arrays(one.initial, two.initial)
    )


def same_edge(one: Edge, two: Edge) -> bool:
    def plain(edge: Edge) -> tuple[Any, ...]:
        return edge.source, edge.target, edge.port, edge.delay, edge.shift, edge.scale

    return plain(one) == plain(two) and same_weights(one.weights, two.weights)


def same_stimulus(one: Stimulus, two: Stimulus) -> bool:
    return (one.target, one.port) == (two.target, two.port) and same_array(one.values, two.values)


def same_graph(one: Graph, two: Graph) -> bool:
    """Whether everything that is saved is equal, to the last bit and type."""

    def plain(graph: Graph) -> tuple[Any, ...]:
        lengths = (len(graph.nodes), len(graph.edges), len(graph.stimuli))
        return graph.probes, graph.seed, graph.dt, graph.placement, lengths

    return (
        plain(one) == plain(two)
        and all(map(same_node, one.nodes, two.nodes))
        and all(map(same_edge, one.edges, two.edges))
        and all(map(same_stimulus, one.stimuli, two.stimuli))
    )


finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)


@st.composite
def weights(draw: st.DrawFn, post: int, pre: int, *, integer: bool) -> LinearMap:
    kinds = [np.int8, np.int64] if integer else [np.float64, np.int8, np.int64]
    dtype = draw(st.sampled_from(kinds))
    elements = finite if dtype is np.float64 else st.integers(-100, 100)
    array = draw(hnp.arrays(dtype, (post, pre), elements=elements))
    if draw(st.booleans()):
        return Dense(array)
    return Sparse(scipy.sparse.csr_array(array))


@st.composite
def nodes(draw: st.DrawFn, name: str) -> Node:
    dynamics = draw(st.sampled_from([CELL, TABLED]))
    size = draw(st.integers(1, 5))
    integer = dynamics.integer
    elements = st.integers(-(2**40), 2**40) if integer else finite

    def value() -> Any:
        shape = draw(st.sampled_from([(), (size,)]))
        return draw(hnp.arrays(np.int64 if integer else np.float64, shape, elements=elements))

    return Node(
        name=name,
        size=size,
        dynamics=dynamics,
        parameters={key: value() for key in dynamics.parameters},
        initial={key: value() for key in dynamics.system.states},
        scales=draw(st.dictionaries(st.sampled_from(["v", "i"]), finite)),
        latency=draw(st.integers(0, 9)),
    )


@st.composite
def placements(draw: st.DrawFn, placed: list[Node]) -> Placement:
    parts = []
    for node in placed:
        cut = draw(st.integers(1, node.size))
        parts.append(Part(node=node.name, first=0, stop=cut))
        if cut < node.size:
            parts.append(Part(node=node.name, first=cut, stop=node.size))
    count = len(parts)
    cores = st.lists(st.integers(0, 10**6), min_size=count, max_size=count)
    return Placement(
        parts=tuple(parts),
        cores=tuple(draw(st.one_of(st.just([]), cores))),
        mesh=Mesh(width=draw(st.integers(1, 9)), height=2, cores_per_tile=3),
    )


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    names = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    held = [draw(nodes(name)) for name in names]
    pairs = st.tuples(st.sampled_from(held), st.sampled_from(held))
    edges = [
        Edge(
            source=source.name,
            target=target.name,
            port="i",
            weights=draw(weights(target.size, source.size, integer=target.dynamics.integer)),
            delay=draw(st.integers(1, 9)),
            shift=draw(st.integers(0, 7)),
            scale=draw(finite),
        )
        for source, target in draw(st.lists(pairs, max_size=3))
    ]
    target = draw(st.sampled_from(held))
    shape = draw(st.sampled_from([(3, target.size), (2, 3, target.size), (0, target.size)]))
    integer = target.dynamics.integer
    elements = st.integers(-100, 100) if integer else finite
    values = draw(hnp.arrays(np.int64 if integer else np.float64, shape, elements=elements))
    return Graph(
        nodes=tuple(held),
        edges=tuple(edges),
        stimuli=(Stimulus(target=target.name, port="i", values=values),),
        probes=(Probe(node=target.name, variable="v", every=draw(st.integers(1, 99))),),
        seed=draw(st.integers(0, 2**64 - 1)),
        dt=draw(st.none() | st.floats(1e-12, 1e5)),
        placement=draw(st.none() | placements(held)),
    )


@given(graph=graphs())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_load_gives_back_every_bit_that_save_was_given(graph: Graph, tmp_path: Path) -> None:
    storage.save(graph, tmp_path / "model.yg")
    assert same_graph(storage.load(tmp_path / "model.yg"), graph)


def small(seed: int = 1) -> yg.Network:
    network = yg.Network(seed=seed, dt=1e-3)
    network.population("cells", 6, CELL, parameters={"k": np.linspace(0.1, 0.9, 6)})
    network.project("cells", "cells", weights=yg.ring(6, 0.3), port="i", delay=2)
    network.project("cells", "cells", weights=np.arange(36.0).reshape(6, 6), port="i")
    network.stimulate("cells", np.ones((4, 6)), port="i")
    network.probe("cells", "spikes")
    return network


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    small().save(tmp_path / "model.yg")
    return tmp_path / "model.yg"


def test_a_lowered_graph_runs_the_same_after_it_was_saved(tmp_path: Path) -> None:
    profile = hardware.load("loihi2")
    lowered, _ = lower(small().graph(), profile)
    storage.save(lowered, tmp_path / "lowered.yg")
    loaded = storage.load(tmp_path / "lowered.yg")
    assert same_graph(loaded, lowered)
    door = find_backend("reference")
    one, two = (door.restore(graph, profile).run(steps=20) for graph in (lowered, loaded))
    assert same_array(one.spikes("cells"), two.spikes("cells"))


def test_saving_the_same_network_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.yg", "two.yg"):
        small().save(tmp_path / name)
    for file in ("network.yaml", "arrays.npz"):
        assert (tmp_path / "one.yg" / file).read_bytes() == (
            tmp_path / "two.yg" / file
        ).read_bytes()


def test_a_network_comes_back_through_yg_load(folder: Path) -> None:
    assert same_graph(yg.load(folder).graph(), small().graph())


def test_save_replaces_an_older_save(folder: Path) -> None:
    small(seed=7).save(folder)
    assert storage.load(folder).seed == 7


def test_save_refuses_a_folder_that_holds_other_files(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ModelFileError, match=r"holds notes\.txt, which yuragi did not write"):
        small().save(folder)
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_save_that_fails_leaves_the_old_one_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before = (folder / "network.yaml").read_bytes()
    monkeypatch.setattr("yuragi.storage.writer.write_arrays", interrupted)
    with pytest.raises(KeyboardInterrupt):
        small(seed=7).save(folder)
    assert (folder / "network.yaml").read_bytes() == before
    assert [item.name for item in folder.parent.iterdir()] == ["model.yg"]


def test_numbers_stand_readable_in_the_yaml(folder: Path) -> None:
    text = (folder / "network.yaml").read_text()
    assert "theta: 1.0" in text
    assert "v: 0.25" in text
    assert "k: populations.0.parameters.k" in text


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "network.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("delay: 2", "delay: -1", r"network\.yaml, line \d+, projections\[0\]\.delay: "),
        ("seed: 1", "seed: 1\nsede: 2", r"network\.yaml, line 3, sede: unknown key"),
        ("size: 6", "size: 0", r"line \d+, populations\[0\]\.size: "),
        ("size: 6", "size: 7", r"parameter k has shape \(6,\), expected \(\) or \(7,\)"),
        ("k*v", "q*v", r"line \d+, populations\[0\]\.dynamics: cell: .*unknown name 'q'"),
        ("theta: 1.0", "theta: high", r"arrays\.npz: the array high is missing"),
        ("theta: 1.0", f"theta: {10**30}", r"does not fit into 64 bits"),
        ("shape: [6, 6]", "shape: [6, 3]", r"projections\[0\]\.weights: indices: expected from 0"),
        ("shape: [6, 6]", "shape: [7, 6]", r"expected 8 row pointers"),
        ("dense: projections.1.w", "dense: projections.0.data", r"expected 2 dimension\(s\)"),
        ("seed: 1", "seed: &a 1", r"line 2: anchors are not read"),
    ],
)
def test_load_names_the_place_of_what_is_wrong(
    folder: Path, old: str, new: str, message: str
) -> None:
    edit(folder, old, new)
    with pytest.raises(ModelFileError, match=message):
        storage.load(folder)


def arrays_of(folder: Path) -> dict[str, Any]:
    with np.load(folder / "arrays.npz") as held:
        return dict(held)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("projections.0.indptr", lambda a: a[::-1].copy(), "row pointers: expected to rise"),
        ("projections.0.indptr", lambda a: a + 1, "row pointers: expected to rise from 0"),
        ("projections.0.indices", lambda a: a - 1, "indices: expected from 0 to 5"),
        ("projections.0.indices", lambda a: a[:-1], "as many indices as data"),
        ("projections.0.indices", lambda a: a.astype(float), "expected signed integers"),
        ("projections.0.data", lambda a: a * np.nan, "expected finite numbers"),
        ("populations.0.parameters.k", lambda a: a.astype(np.int64), "expected floats, found"),
    ],
)
def test_load_checks_the_arrays(
    folder: Path, name: str, change: Callable[[Any], Any], message: str
) -> None:
    arrays = arrays_of(folder)
    arrays[name] = change(arrays[name])
    (folder / "arrays.npz").unlink()
    write_arrays(folder / "arrays.npz", arrays)
    with pytest.raises(ModelFileError, match=message):
        storage.load(folder)


def test_load_refuses_indices_that_fall_within_a_row(tmp_path: Path) -> None:
    network = yg.Network()
    network.population("cells", 3, CELL)
    network.project("cells", "cells", weights=yg.random(3, 3, inputs=1, seed=1), port="i")
    network.save(tmp_path / "m.yg")
    arrays = arrays_of(tmp_path / "m.yg")
    arrays["projections.0.indices"] = np.array([2, 1, 0], dtype=np.int32)
    arrays["projections.0.indptr"] = np.array([0, 3, 3, 3], dtype=np.int32)
    np.savez(tmp_path / "m.yg" / "arrays.npz", **arrays)
    with pytest.raises(ModelFileError, match="indices: expected to rise within each row"):
        storage.load(tmp_path / "m.yg")


def placed(tmp_path: Path, **changes: Any) -> Path:
    part = Part(node="cells", first=0, stop=6)
    placement = Placement(parts=(part,), cores=(3,))
    graph = replace(small().graph(), placement=placement)
    storage.save(graph, tmp_path / "p.yg")
    arrays = arrays_of(tmp_path / "p.yg") | changes
    np.savez(tmp_path / "p.yg" / "arrays.npz", **arrays)
    return tmp_path / "p.yg"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0, 0, 5]], "cells is not complete"),
        ([[0, 0, 7]], "cells has 6 units only"),
        ([[0, 1, 6]], "all units of all populations"),
        ([[0, 0, 6], [1, 0, 6]], "all units of all populations"),
        ([[0, 0, 6, 1]], "expected 3 columns"),
    ],
)
def test_load_checks_that_a_placement_is_whole(
    tmp_path: Path, rows: list[list[int]], message: str
) -> None:
    folder = placed(tmp_path, **{"placement.parts": np.array(rows)})
    with pytest.raises(ModelFileError, match=message):
        storage.load(folder)


def test_load_refuses_a_core_below_zero(tmp_path: Path) -> None:
    folder = placed(tmp_path, **{"placement.cores": np.array([-1])})
    with pytest.raises(ModelFileError, match="cores: expected numbers from 0"):
        storage.load(folder)


def test_load_refuses_a_table_that_a_kernel_would_read_beyond(tmp_path: Path) -> None:
    network = yg.Network()
    network.population("t", 2, TABLED)
    network.save(tmp_path / "t.yg")
    np.savez(tmp_path / "t.yg" / "arrays.npz", **{"populations.0.tables.f": np.array([0, 3])})
    with pytest.raises(ModelFileError, match="table f: expected first, shift and at least two"):
        storage.load(tmp_path / "t.yg")


def test_load_refuses_an_array_that_nothing_uses(folder: Path) -> None:
    np.savez(folder / "arrays.npz", **arrays_of(folder), stowaway=np.zeros(3))
    with pytest.raises(ModelFileError, match="nothing uses the array stowaway"):
        storage.load(folder)


def test_a_broken_archive_is_refused(folder: Path) -> None:
    content = bytearray((folder / "arrays.npz").read_bytes())
    content[200] ^= 0xFF
    (folder / "arrays.npz").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"arrays\.npz"):
        storage.load(folder)
    (folder / "arrays.npz").write_bytes(bytes(content[: len(content) // 2]))
    with pytest.raises(ModelFileError, match=r"arrays\.npz"):
        storage.load(folder)


def test_a_population_beyond_the_memory_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "physical_memory", lambda: 2**34)
    edit(folder, "size: 6", "size: 2147483647")
    with pytest.raises(ModelFileError, match=r"populations\[0\]\.size: the state of cells takes"):
        storage.load(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="there is no such folder"):
        storage.load(tmp_path / "none.yg")
