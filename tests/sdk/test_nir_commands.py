"""NIR files and recorded events on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import yuragi as yg
from yuragi.cli import cli
from yuragi.errors import ModelFileError
from yuragi.io.events import read_events

nir = pytest.importorskip("nir", reason="needs the extra nir")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Six pixels of an image of 2 x 3, three classes that each see two of them."""
    weight = np.kron(np.eye(3), [[1.0, 1.0]])
    graph = nir.NIRGraph(
        {
            "input": nir.Input(np.array([1, 2, 3])),
            "flat": nir.Flatten(np.array([1, 2, 3]), start_dim=0),
            "w": nir.Linear(weight),
            "out": nir.LIF(
                tau=np.full(3, 2e-3), r=np.full(3, 20.0), v_leak=np.zeros(3),
                v_threshold=np.full(3, 1.5),
            ),
            "output": nir.Output(np.array([3])),
        },
        [("input", "flat"), ("flat", "w"), ("w", "out"), ("out", "output")],
        type_check=False,
    )  # fmt: skip
    nir.write(tmp_path / "model.nir", graph)
    return tmp_path / "model.nir"


def rasters(folder: Path) -> Path:
    """Three samples, each for another class."""
    values = np.zeros((3, 20, 6))
    for trial in range(3):
        values[trial, :, 2 * trial : 2 * trial + 2] = 1.0
    np.save(folder / "events.npy", values)
    return folder / "events.npy"


def call(*words: Any) -> Any:
    result = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout) if "--json" in words else result.output


def test_import_says_what_was_decided_and_saves_a_folder(model: Path, tmp_path: Path) -> None:
    found = call("import", model, "--dialect", "norse", "-o", tmp_path / "out.yg", "--json")

    assert found["dialect"] == "norse"
    assert "assumed: a step is 0.1 ms; NIR does not say" in found["notes"]
    assert any(note.startswith("not carried: out: r") for note in found["notes"])
    assert yg.load(tmp_path / "out.yg").graph().node("out").size == 3


@pytest.mark.parametrize("profile", ["ideal", "loihi"])
def test_run_answers_each_sample_and_prices_it_on_a_chip(model: Path, profile: str) -> None:
    events = rasters(model.parent)

    found = call("run", model, "--input", events, "--dialect", "snntorch", "--profile", profile,
                 "--json")  # fmt: skip

    assert found["predictions"] == {"output": [0, 1, 2]}
    assert len(found["joules"]) == (3 if profile == "loihi" else 0)
    assert all(joules > 0 for joules in found["joules"])


def test_every_backend_has_the_joules_of_the_chip_that_counts_core_by_core(model: Path) -> None:
    given = ("run", model, "--input", rasters(model.parent), "--dialect", "snntorch", "--profile",
             "loihi", "--json")  # fmt: skip

    chip, reference = (call(*given, "--backend", name) for name in ("chip", "reference"))

    assert reference["joules"] == chip["joules"]
    assert reference["joules_counted_by"] == "chip"


def test_compare_prices_a_nir_file_on_several_chips(model: Path) -> None:
    events = rasters(model.parent)

    found = call("compare", model, "--input", events, "--dialect", "closed", "--profiles",
                 "loihi,loihi2", "--json")  # fmt: skip

    assert [row["platform"] for row in found["rows"]] == ["loihi", "loihi2"]


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--profile", "loihi2"),
        ("compile", "--profile", "loihi2", "-o", "program"),
        ("estimate", "--profiles", "loihi", "--rates", "0.1"),
        ("budget", "--profiles", "loihi", "--rates", "0.1"),
        ("export", "nir", "-o", "other.nir"),
        ("diff", "--backends", "chip,reference"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_that_takes_a_model_takes_what_a_nir_file_leaves_open(
    model: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model.parent)
    before = words[:2] if words[0] == "export" else words[:1]
    told = ("--dialect", "norse", "--reset", "out=subtract", "--input", rasters(model.parent))

    refused = CliRunner().invoke(
        cli, [str(w) for w in (*before, model, *words[len(before) :], *told, "--dialect", "mine")]
    )
    call(*before, model, *words[len(before) :], *told, "--json")

    assert refused.exit_code == 2
    assert "no NIR dialect 'mine'" in refused.output


def test_a_reset_is_refused_where_the_model_is_no_nir_file(model: Path, tmp_path: Path) -> None:
    call("import", model, "-o", tmp_path / "own.yg")

    result = CliRunner().invoke(cli, ["run", str(tmp_path / "own.yg"), "--reset", "zero"])

    assert result.exit_code == 2
    assert "own.yg is no .nir file" in result.output


@pytest.mark.parametrize(
    "told", [("--dialect", "norse"), ("--reset", "zero"), ("--input", "events.npy")], ids=str
)
@pytest.mark.parametrize(
    ("command", "kind"), [("compile", "is compiled already"), ("run", "has been run already")]
)
def test_compare_refuses_what_a_program_or_a_run_has_decided(
    model: Path, command: str, kind: str, told: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model.parent)
    rasters(model.parent)
    call(command, model, "--input", "events.npy", "--profile", "loihi", "-o", "made")

    result = CliRunner().invoke(cli, ["compare", "made", *told])

    assert result.exit_code == 2
    assert told[0] in result.output
    assert kind in " ".join(result.output.split())


def test_export_writes_the_file_and_what_it_cannot_say(model: Path, tmp_path: Path) -> None:
    call("import", model, "--dialect", "norse", "--reset", "out=subtract", "-o",
         tmp_path / "own.yg")  # fmt: skip

    call("export", "nir", tmp_path / "own.yg", "-o", tmp_path / "again.nir")

    assert "reset subtract: in the metadata only" in (tmp_path / "again.nir.losses.txt").read_text()
    assert call("import", tmp_path / "again.nir", "--json")["dialect"] == "norse"


def test_values_that_are_no_spikes_are_sent_as_values(model: Path) -> None:
    np.save(model.parent / "levels.npy", np.full((4, 6), 0.25))

    found = call("run", model, "--input", model.parent / "levels.npy", "--dialect", "snntorch",
                 "--json")  # fmt: skip

    assert found["counts"]["spikes"] >= 4 * 6


def test_a_folder_of_yuragis_own_takes_events_too(model: Path, tmp_path: Path) -> None:
    call("import", model, "--dialect", "snntorch", "-o", tmp_path / "own.yg")

    found = call("run", tmp_path / "own.yg", "--input", rasters(tmp_path), "--json")

    assert found["predictions"] == {"output": [0, 1, 2]}


# -- events --------------------------------------------------------------------------------------

CAMERA = [("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "?")]


def camera(folder: Path, *events: tuple[int, int, int, bool]) -> Path:
    np.save(folder / "camera.npy", np.array(list(events), dtype=CAMERA))
    return folder / "camera.npy"


def test_the_events_of_a_camera_are_counted_into_steps(tmp_path: Path) -> None:
    path = camera(tmp_path, (1000, 2, 1, True), (1100, 2, 1, True), (2500, 0, 0, False))

    found = read_events(path, shape=(2, 2, 3), dt=1e-3)

    expected = np.zeros((1, 3, 12))
    expected[0, 1, (1 * 2 + 1) * 3 + 2] = 2
    expected[0, 2, 0] = 1
    assert np.array_equal(found.values, expected)
    assert not found.binary
    assert found.notes == ("3 events in 3 steps, at most 2 in one",)


def test_sounds_carry_a_polarity_of_1(tmp_path: Path) -> None:
    np.savez(tmp_path / "sound.npz", t=np.array([0, 1000]), x=np.array([5, 2]), p=np.ones(2, int))

    found = read_events(tmp_path / "sound.npz", shape=(6,), dt=1e-3)

    assert np.argwhere(found.values[0]).tolist() == [[0, 5], [1, 2]]


@pytest.mark.parametrize("shape", [(5, 6), (1, 5, 6), (5, 1, 2, 3), (1, 5, 1, 2, 3)], ids=str)
def test_a_raster_may_be_flat_or_an_image_with_or_without_trials(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    values = np.arange(30.0).reshape(shape)
    np.save(tmp_path / "raster.npy", values)

    found = read_events(tmp_path / "raster.npy", shape=(1, 2, 3), dt=None)

    assert np.array_equal(found.values, values.reshape(1, 5, 6))


def test_an_archive_holds_a_raster_or_the_columns_of_events(tmp_path: Path) -> None:
    np.savez(tmp_path / "raster.npz", data=np.ones((2, 6)))
    np.savez(tmp_path / "list.npz", t=np.array([0, 3000]), x=np.array([1, 2]))

    raster = read_events(tmp_path / "raster.npz", shape=(6,), dt=None)
    events = read_events(tmp_path / "list.npz", shape=(6,), dt=1e-3)

    assert raster.values.shape == (1, 2, 6)
    assert np.argwhere(events.values[0]).tolist() == [[0, 1], [3, 2]]


def test_data_of_the_nir_package_are_read(tmp_path: Path) -> None:
    data = np.random.default_rng(0).random((2, 4, 6)) < 0.5
    gridded = nir.TimeGriddedData(data, dt=1e-3)
    for name, observable in (("grid", gridded), ("list", gridded.to_event(50, 2e-4))):
        held = nir.NIRGraphData({"input": nir.NIRNodeData({"spikes": observable})})
        nir.write_data(tmp_path / f"{name}.h5", held)

        found = read_events(tmp_path / f"{name}.h5", shape=(6,), dt=1e-3)

        assert np.array_equal(found.values, data)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda f: np.save(f / "e.npy", np.ones((4, 5))), r"expected \(steps, 6\)"),
        (lambda f: np.save(f / "e.npy", np.full((4, 6), np.nan)), "expected finite values"),
        (
            lambda f: np.save(f / "e.npy", np.array([{}], dtype=object), allow_pickle=True),
            "not an array of numbers",
        ),
        (lambda f: (f / "e.npy").write_bytes(b"text"), "not an array in NumPy's"),
        (
            lambda f: np.save(f / "e.npy", np.array([(1, 7)], dtype=[("t", "<i8"), ("x", "<i2")])),
            "x from 7 to 7, the input has 6",
        ),
        (
            lambda f: np.save(f / "e.npy", np.array([(1,)], dtype=[("x", "<i2")])),
            "events without t",
        ),
        (
            lambda f: np.save(
                f / "e.npy", np.array([(0, 0), (np.inf, 0)], dtype=[("t", "<f8"), ("x", "<i2")])
            ),
            "no finite time",
        ),
        (
            lambda f: np.save(
                f / "e.npy", np.array([(0, 0), (2**60, 0)], dtype=[("t", "<i8"), ("x", "<i2")])
            ),
            "use longer ones",
        ),
    ],
)
def test_events_that_do_not_fit_are_refused(tmp_path: Path, make: Any, message: str) -> None:
    make(tmp_path)

    with pytest.raises(ModelFileError, match=message):
        read_events(tmp_path / "e.npy", shape=(6,), dt=1e-3)
