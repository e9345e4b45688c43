"""Runs and programs on disk: written, read back, and checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import yuragi as yg
from yuragi import hardware
from yuragi.errors import ModelFileError
from yuragi.hardware import Profile
from yuragi.io.profile_file import write_profile
from yuragi.io.program_folder import SavedProgram, read_program, write_program
from yuragi.io.run_folder import SavedRun, read_run, write_run
from yuragi.recording import COUNTS, Recording

CELL = yg.Dynamics(
    name="cell",
    equations="v(t+1) = 0.9*v + i + 0.2*uniform()",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
)


def network() -> yg.Network:
    net = yg.Network(seed=5, dt=1e-3)
    net.population("cells", 8, CELL)
    net.project("cells", "cells", weights=yg.ring(8, 0.3), port="i")
    net.probe("cells", "spikes")
    net.probe("cells", "v", every=3)
    return net


def program(profile: str = "loihi2", backend: str = "chip") -> Any:
    return yg.compile(network(), backend=backend, profile=profile)


@pytest.fixture(scope="module")
def recording() -> Recording:
    found: Recording = program().run(steps=50, trials=3)
    return found


@pytest.fixture
def folder(recording: Recording, tmp_path: Path) -> Path:
    write_run(tmp_path / "run", SavedRun(recording=recording, model="cells"))
    return tmp_path / "run"


def same_profile(one: Profile | None, two: Profile | None) -> bool:
    assert one is not None
    assert two is not None
    return replace(one, file="") == replace(two, file="")


@pytest.mark.parametrize("name", hardware.names())
def test_a_profile_that_is_written_reads_back_the_same(name: str, tmp_path: Path) -> None:
    profile = hardware.load(name)
    write_profile(tmp_path, profile)
    assert same_profile(hardware.load(tmp_path / "profile.yaml"), profile)


def test_a_run_reads_back_the_same(folder: Path, recording: Recording) -> None:
    saved = read_run(folder)
    found = saved.recording
    assert saved.model == "cells"
    for name in ("backend", "steps", "trials", "dt", "seed"):
        assert getattr(found, name) == getattr(recording, name)
    assert same_profile(found.profile, recording.profile)
    assert recording.spikes("cells").any()
    assert np.array_equal(found.spikes("cells"), recording.spikes("cells"))
    one, two = found.traces["cells", "v"], recording.traces["cells", "v"]
    assert (one.every, one.scale, one.values.dtype) == (two.every, two.scale, two.values.dtype)
    assert np.array_equal(one.values, two.values)


def test_every_count_of_a_run_reads_back_the_same(folder: Path, recording: Recording) -> None:
    found = read_run(folder).recording.counts
    for name in COUNTS:
        assert np.array_equal(found.array(name), recording.counts.array(name))
    for name in ("cores", "tiles", "chips"):
        assert getattr(found, name) == getattr(recording.counts, name)


def test_a_run_costs_the_same_joules_after_it_was_saved(folder: Path, recording: Recording) -> None:
    found = yg.energy(read_run(folder).recording)
    assert found.total_j is not None
    assert found.total_j == yg.energy(recording).total_j


def test_counts_that_repeat_are_written_once(folder: Path, recording: Recording) -> None:
    with np.load(folder / "recording.npz") as arrays:
        assert arrays["counts.neuron_updates"].shape == (1, 1, recording.counts.cores)


def test_a_run_of_another_seed_does_not_replace_a_run_unasked(
    folder: Path, recording: Recording
) -> None:
    other = SavedRun(recording=replace(recording, seed=6), model="other")
    with pytest.raises(ModelFileError, match="exists already; --force"):
        write_run(folder, other)
    assert read_run(folder).model == "cells"
    write_run(folder, other, replace=True)
    assert read_run(folder).recording.seed == 6


def test_a_run_without_a_profile_reads_back_without_one(
    recording: Recording, tmp_path: Path
) -> None:
    bare = SavedRun(recording=replace(recording, profile=None), model="bare")
    write_run(tmp_path / "bare", bare)
    assert read_run(tmp_path / "bare").recording.profile is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("steps: 50", "steps: 0", r"recording\.yaml, line 6, steps: "),
        ("steps: 50", "steps: 20", r"spikes\.0\.step: expected from 0 to 19"),
        ("steps: 50", "steps: 2000000000", r"counts: more counts than a run can have"),
        ("size: 8", "size: 2", r"spikes\.0\.unit: expected from 0 to 1"),
        ("every: 3", "every: 2", r"traces\.0: shape \(3, 17, 8\), expected \(3, 25\)"),
        ("[synaptic_events", "[joules, synaptic_events", r"no count 'joules'"),
        ("values: traces.0", "values: traces.1", r"the array traces\.1 is missing"),
        ("trials: 3", "trials: 3\nextra: 1", r"extra: unknown key"),
    ],
)
def test_a_run_folder_that_was_changed_is_refused(
    folder: Path, old: str, new: str, message: str
) -> None:
    path = folder / "recording.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ModelFileError, match=message):
        read_run(folder)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("spikes.0.unit", [0], "trial, step and unit differ in length"),
        ("counts.spikes", np.full((3, 50, 1), -1), "counts.spikes: expected numbers from 0"),
        ("counts.spikes", np.zeros((3, 50, 1)), "expected signed integers or unsigned"),
        ("counts.spikes", np.zeros((2, 50, 1), np.uint8), r"counts\.spikes: shape \(2, 50, 1\)"),
        ("traces.0", np.zeros((3, 17)), r"expected 3 dimension\(s\)"),
    ],
)
def test_arrays_of_a_run_are_checked(folder: Path, name: str, array: Any, message: str) -> None:
    with np.load(folder / "recording.npz") as held:
        arrays = dict(held)
    kind = arrays[name].dtype if isinstance(array, list) else None
    arrays[name] = np.asarray(array, dtype=kind)
    np.savez(folder / "recording.npz", **arrays)
    with pytest.raises(ModelFileError, match=message):
        read_run(folder)


def test_spikes_out_of_order_are_refused(folder: Path) -> None:
    with np.load(folder / "recording.npz") as held:
        arrays = dict(held)
    for part in ("trial", "step", "unit"):
        arrays[f"spikes.0.{part}"] = arrays[f"spikes.0.{part}"][::-1]
    np.savez(folder / "recording.npz", **arrays)
    with pytest.raises(ModelFileError, match="events by trial, step and unit, once each"):
        read_run(folder)


@pytest.mark.parametrize("profile", ["ideal", "loihi2"])
@pytest.mark.parametrize("backend", ["chip", "reference"])
def test_a_program_runs_the_same_after_it_was_saved(
    profile: str, backend: str, tmp_path: Path
) -> None:
    made = program(profile, backend)
    saved = SavedProgram(program=made, backend=backend, model="cells", log=("a", "b\nc"), steps=9)
    write_program(tmp_path / "build", saved)
    found = read_program(tmp_path / "build")
    assert (found.backend, found.model, found.steps, found.trials) == (backend, "cells", 9, None)
    assert found.log == ("a", "b", "c")
    one, two = made.run(steps=40), found.program.run(steps=40)
    assert one.spikes("cells").any()
    assert np.array_equal(one.spikes("cells"), two.spikes("cells"))
    for name in COUNTS:
        assert one.counts.total(name) == two.counts.total(name)


def test_a_program_may_run_with_another_seed(tmp_path: Path) -> None:
    saved = SavedProgram(program=program(), backend="chip", model="cells")
    write_program(tmp_path / "build", saved)
    assert read_program(tmp_path / "build", seed=77).program.graph.seed == 77


def test_a_program_with_the_profile_of_another_chip_is_refused(tmp_path: Path) -> None:
    write_program(
        tmp_path / "build", SavedProgram(program=program(), backend="chip", model="cells")
    )
    path = tmp_path / "build" / "program.yaml"
    path.write_text(path.read_text().replace("profile: loihi2", "profile: loihi"))
    with pytest.raises(ModelFileError, match=r"line 5, profile: 'loihi', but profile\.yaml"):
        read_program(tmp_path / "build")


def test_a_program_without_placement_is_refused(tmp_path: Path) -> None:
    made = program()
    write_program(tmp_path / "build", SavedProgram(program=made, backend="chip", model="cells"))
    path = tmp_path / "build" / "network.yaml"
    text = path.read_text()
    path.write_text(text.replace("  cores: placement.cores\n", ""))
    with pytest.raises(ModelFileError, match=r"nothing uses the array placement\.cores"):
        read_program(tmp_path / "build")
