"""The reader of NIR files: what the `nir` package reads, and no more than a file may ask for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import yuragi as yg
from yuragi.errors import GraphError, ModelFileError
from yuragi.io.nir import document
from yuragi.io.nir.document import plain_of, read_plain
from yuragi.io.nir.nodes import KINDS, NirGraph, graph_of

h5py = pytest.importorskip("h5py", reason="needs the extra nir")
nir = pytest.importorskip("nir", reason="needs the extra nir")

from nir_graphs import GRAPHS, write_old  # noqa: E402 - it needs both

# `nir` 1.0.8 leaves the metadata of these out when it reads them.
WITHOUT_METADATA = ("AvgPool2d", "Delay")
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "oracles"


def every_kind(path: Path) -> None:
    """A file with all 19 kinds, each with texts and numbers as its metadata."""
    merged = {f"{place} {name}": node for place, make in GRAPHS.items()
              for name, node in make().nodes.items()}  # fmt: skip
    for node in merged.values():
        node.metadata = {"note": "kept", "level": np.array([1.5, 2.5])}
    edges = [(f"{place} {a}", f"{place} {b}") for place, make in GRAPHS.items()
             for a, b in make().edges]  # fmt: skip
    nir.write(path, nir.NIRGraph(merged, edges, type_check=False, metadata={"by": "hand"}))


def in_memory_of_both(path: Path) -> tuple[NirGraph, NirGraph]:
    package = plain_of(nir.read(path, type_check=False).to_dict())
    assert isinstance(package, dict)
    return graph_of(read_plain(path), "ours"), graph_of(package, "theirs")


def same_graph(path: Path) -> set[str]:
    """Compare what both readers make of a file, to the value; the kinds that were in it."""
    ours, theirs = in_memory_of_both(path)
    assert set(ours.edges) == set(theirs.edges)
    assert ours.nodes.keys() == theirs.nodes.keys()
    for name, node in ours.nodes.items():
        other = theirs.nodes[name]
        assert node.kind == other.kind
        for key, value in other.values.items():
            given = np.broadcast_to(node.values.get(key, 0.0), np.shape(value))
            assert np.array_equal(given, value), (name, key)
        if node.kind not in WITHOUT_METADATA:
            assert node.metadata.keys() == other.metadata.keys(), name
            assert all(np.array_equal(node.metadata[k], other.metadata[k]) for k in node.metadata)
    return {node.kind for node in ours.nodes.values()}


def test_a_file_is_the_graph_that_the_nir_package_reads_in_it(tmp_path: Path) -> None:
    every_kind(tmp_path / "all.nir")
    with h5py.File(tmp_path / "old.nir", "w") as file:
        write_old(file)

    assert same_graph(tmp_path / "all.nir") | {"NIRGraph"} == set(KINDS)
    assert same_graph(tmp_path / "old.nir") == {"Input", "LIF", "Linear", "Output"}


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded files are not kept here")
@pytest.mark.parametrize("name", ["nir_lif/lif_norse", "nir_braille/braille_bias_zero"])
def test_files_of_other_writers_are_the_graphs_that_the_nir_package_reads(name: str) -> None:
    assert "Input" in same_graph(RECORDED / f"{name}.nir")


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


def changed(path: Path, count: int) -> Iterator[bytes]:
    """A file with one byte changed, so often; those that are not 0 say something."""
    with h5py.File(path, "w") as file:
        write_old(file)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.choice(np.flatnonzero(np.frombuffer(whole, dtype=np.uint8)), count):
        spoilt = bytearray(whole)
        spoilt[place] = rng.integers(256)
        yield bytes(spoilt)


# Walks through files, each in a fork of one process, since to start h5py takes longer than to read.
WALK_ALL = """
import os, resource, sys, walk
for path in sys.argv[1:]:
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        continue
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
    with open(path + ".lines", "wb") as lines:
        ending = walk._ending(path, os.stat(path).st_size, lines)
        ending = ending or ("group", ())
        lines.write(walk.json.dumps(ending).encode() + b"\\n")
    os._exit(0)
"""


def test_a_file_with_a_byte_changed_is_read_or_refused_by_name(tmp_path: Path) -> None:
    paths = []
    for k, spoilt in enumerate(changed(tmp_path / "whole.nir", 60)):
        paths.append(tmp_path / f"{k}.nir")
        paths[-1].write_bytes(spoilt)
    where = document._WALK.parent
    subprocess.run([sys.executable, "-c", WALK_ALL, *paths], cwd=where, timeout=300, check=True)
    refused, endless = 0, 0
    for path in paths:
        try:
            found: dict[str, Any] = {}
            with path.with_name(f"{path.name}.lines").open("rb") as lines:
                for line in lines:
                    document._add(found, json.loads(line), lines, path)
            if not path.with_name(f"{path.name}.lines").read_bytes().endswith(b"]\n"):
                endless += 1  # such a file is refused for its time: the next test
                continue
            yg.from_nir(found)
        except (ModelFileError, GraphError) as problem:
            assert str(problem).startswith((str(path), "the graph"))  # noqa: PT017 - what is not refused is read
            refused += 1
    assert 20 < refused < 60 - endless
    assert endless < 5


@pytest.mark.skipif(os.environ.get("YURAGI_ALL_TARGETS") != "1", reason="takes ten minutes")
def test_none_of_many_changed_files_does_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "_SECONDS", 5)
    path = tmp_path / "changed.nir"
    for spoilt in changed(path, 1500):
        path.write_bytes(spoilt)
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
