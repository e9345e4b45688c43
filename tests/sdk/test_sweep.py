"""Sweeps: the same table however often they are killed, and nothing left behind."""

from __future__ import annotations

import csv
import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import yuragi as yg
from yuragi.cli import cli
from yuragi.errors import ModelFileError, RunError
from yuragi.sweeping import read_plan
from yuragi.sweeping.figure import sweep_figure
from yuragi.sweeping.journal import Journal
from yuragi.sweeping.row import evaluate
from yuragi.sweeping.table import write_csv

ALL = os.environ.get("YURAGI_ALL_TARGETS") == "1"
LONGEST_S = 240.0

MODEL = """\
yuragi: 1
seed: 7
network:
  inputs:
    pulses: {size: 10, spiking: true, values: [[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]]}
  populations:
    listeners:
      size: 20
      dynamics: cuba_lif
      parameters: {delta_u: 0.2, delta_v: 0.05, bias: 0.06}
  projections:
    - {from: pulses, to: listeners, weights: {random: {inputs: 5, low: 0.0, high: 0.4}}}
run: {steps: 40, dt: 1 ms}
"""
FIVE_HUNDRED = """\
yuragi: 1
sweep:
  numbers: {neurons: 1000, synapses: 1.0e5}
  steps: 100
  axes:
    profile: [loihi, loihi2, truenorth, odin]
    size: [1, 3, 10, 30, 100]
    precision: [1, 2, 4, 8, 9]
    activity: [0.001, 0.01, 0.03, 0.1, 0.3]
"""
SMALL = """\
yuragi: 1
sweep:
  numbers: {neurons: 1000, synapses: 1.0e5}
  steps: 10
  axes: {profile: [loihi2, odin], size: [1, 5, 9], activity: [0.01, 0.1]}
"""
RUN = """\
yuragi: 1
sweep:
  model: model.yaml
  by: run
  axes:
    profile: [loihi2]
    size: [1, 2]
    precision: [4, 8]
    activity: [0.1]
    set: {network.populations.listeners.parameters.bias: [0.02, 0.06]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.yaml").write_text(MODEL)
    (tmp_path / "run.yaml").write_text(RUN)
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "many.yaml").write_text(FIVE_HUNDRED)
    return tmp_path


def straight(plan: Path, out: Path) -> bytes:
    """The table of a sweep that one process made in order."""
    found = read_plan(plan)
    write_csv(out, [json.loads(json.dumps(evaluate(found, p))) for p in found.points()])
    return out.read_bytes()


def start(plan: Path, out: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "yuragi", "sweep", str(plan), "-o", str(out), "--workers", "2"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + LONGEST_S
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.005)


def rows_in(out: Path) -> int:
    journal = out / "journal.jsonl"
    return journal.read_bytes().count(b"\n") - 1 if journal.exists() else -1


def rows_reach(out: Path, rows: int, process: subprocess.Popen[bytes]) -> bool:
    return rows_in(out) >= rows or process.poll() is not None


def children(process: int) -> list[int]:
    try:
        text = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL, and see that no worker outlives it."""
    workers = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    until(lambda: not any(map(alive, workers)), "a worker outlived its killed parent")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(("points", "kills"), [(500, 10)] if ALL else [(100, 1)])
def test_a_sweep_survives_kill_9_at_random_moments_with_identical_results(
    folder: Path, points: int, kills: int
) -> None:
    plan, out = folder / "many.yaml", folder / "out"
    if points < 500:
        plan.write_text(FIVE_HUNDRED.replace("[1, 3, 10, 30, 100]", "[1]"))
    assert len(read_plan(plan)) == points
    expected = straight(plan, folder / "expected.csv")
    draw = np.random.default_rng(kills)
    for moment in sorted(draw.choice(points - 2, kills, replace=False).tolist()):
        process = start(plan, out)
        reached = functools.partial(rows_reach, out, moment, process)
        until(reached, "the sweep makes no rows")
        kill(process)
        assert process.returncode == -signal.SIGKILL
    last = start(plan, out)
    _, said = last.communicate(timeout=LONGEST_S)
    assert last.returncode == 0, said
    assert (out / "rows.csv").read_bytes() == expected
    lines = (out / "journal.jsonl").read_text().splitlines()[1:]
    indices = [json.loads(line.partition(" ")[2])["index"] for line in lines]
    assert sorted(indices) == list(range(points))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_an_interrupt_ends_the_workers_and_keeps_the_rows(folder: Path) -> None:
    out = folder / "out"
    process = start(folder / "many.yaml", out)
    until(functools.partial(rows_reach, out, 1, process), "the sweep makes no rows")
    workers = children(process.pid)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=LONGEST_S)
    assert process.returncode == 130
    assert not any(map(alive, workers))
    assert 0 < rows_in(out) < 500


def test_a_sweep_makes_what_is_missing_and_keeps_what_is_there(folder: Path) -> None:
    plan, out = folder / "small.yaml", folder / "out"
    expected = straight(plan, folder / "expected.csv")
    first = yg.sweep(plan, out, workers=2)
    assert (first.kept, len(first.rows)) == (0, 12)
    assert (out / "rows.csv").read_bytes() == expected
    again = yg.sweep(plan, out)
    assert again.kept == 12
    assert again.rows == first.rows
    assert (out / "rows.csv").read_bytes() == expected


def test_runs_are_swept_over_sizes_precisions_and_fields_of_the_model(folder: Path) -> None:
    plan = read_plan(folder / "run.yaml")
    rows = [evaluate(plan, point) for point in plan.points()]
    assert [row["status"] for row in rows] == ["done"] * 8
    assert [row["units"] for row in rows] == [30.0] * 4 + [50.0] * 4
    by_bias = {row["network.populations.listeners.parameters.bias"]: row for row in rows[:2]}
    assert by_bias[0.06]["spikes"] > by_bias[0.02]["spikes"]
    assert rows == [evaluate(plan, point) for point in plan.points()]


def test_a_point_that_cannot_be_made_is_a_row_with_the_reason(folder: Path) -> None:
    text = SMALL.replace("[loihi2, odin]", "[a100, ideal]")
    (folder / "bad.yaml").write_text(text)
    plan = read_plan(folder / "bad.yaml")
    rows = [evaluate(plan, point) for point in plan.points()]
    assert {row["status"] for row in rows} == {"refused"}
    assert "a100 is digital" in rows[0]["reason"]


def test_the_parquet_table_has_the_rows_of_the_csv(folder: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    found = yg.sweep(folder / "small.yaml", folder / "out", workers=1)
    table = parquet.read_table(folder / "out" / "rows.parquet").to_pylist()
    assert table == [dict(row) for row in found.rows]
    with (folder / "out" / "rows.csv").open() as stream:
        assert [float(row["total_j"]) for row in csv.DictReader(stream)] == found.column("total_j")


def test_a_dask_cluster_makes_the_same_table(folder: Path) -> None:
    dask = pytest.importorskip("distributed")
    expected = straight(folder / "small.yaml", folder / "expected.csv")
    options = {"n_workers": 1, "threads_per_worker": 2, "processes": False}
    with dask.LocalCluster(
        **options, dashboard_address=None, host="127.0.0.1", protocol="tcp"
    ) as cluster:
        found = yg.sweep(folder / "small.yaml", folder / "out", scheduler=cluster.scheduler_address)
    assert found.kept == 0
    assert (folder / "out" / "rows.csv").read_bytes() == expected


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.binary(max_size=6))
def test_a_journal_cut_anywhere_keeps_every_whole_row(
    tmp_path_factory: pytest.TempPathFactory, cut: int, tail: bytes
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    with Journal(path, "digest", 5) as journal:
        for index in range(5):
            journal.add(index, {"value": index / 3})
    content = path.read_bytes()
    torn = content[: min(cut, len(content))] + tail.replace(b"\n", b"")
    path.write_bytes(torn)
    whole = torn.count(b"\n") - 1
    with Journal(path, "digest", 5) as journal:
        assert journal.rows == {index: {"value": index / 3} for index in range(max(0, whole))}
        for index in range(max(0, whole), 5):
            journal.add(index, {"value": index / 3})
    assert path.read_bytes() == content


def test_a_journal_damaged_in_the_middle_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, "digest", 3) as journal:
        for index in range(3):
            journal.add(index, {"value": index})
    path.write_bytes(path.read_bytes().replace(b'"value":1', b'"value":7'))
    with pytest.raises(ModelFileError, match="line 3: damaged"):
        Journal(path, "digest", 3)


def test_a_journal_is_open_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with (
        Journal(path, "digest", 3),
        pytest.raises(RunError, match="another sweep is writing here"),
    ):
        Journal(path, "digest", 3)


def test_a_point_has_one_row(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.jsonl", "digest", 3) as journal:
        journal.add(1, {})
        with pytest.raises(RunError, match="point 1 has a row already"):
            journal.add(1, {})


def test_rows_of_another_sweep_are_not_mixed_in(folder: Path) -> None:
    out = folder / "out"
    out.mkdir()
    with Journal(out / "journal.jsonl", read_plan(folder / "small.yaml").digest, 12) as journal:
        journal.add(0, {})
    (folder / "small.yaml").write_text(SMALL.replace("[1, 5, 9]", "[1, 5]"))
    with pytest.raises(RunError, match="rows of another sweep"):
        yg.sweep(folder / "small.yaml", out)
    assert len(yg.sweep(folder / "small.yaml", out, restart=True).rows) == 8


def test_a_changed_model_is_another_sweep(folder: Path) -> None:
    before = read_plan(folder / "run.yaml").digest
    (folder / "model.yaml").write_text(MODEL.replace("0.05", "0.04"))
    assert read_plan(folder / "run.yaml").digest != before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("steps: 10", "", "an estimate needs steps"),
        ("size: [1, 5, 9]", "size: [1, -5]", r"line 5, sweep\.axes\.size\[1\]: .*greater than 0"),
        ("axes:", "shape: 3\n  axes:", r"line 5, sweep\.shape: unknown key"),
        ("numbers: {neurons: 1000, synapses: 1.0e5}", "model: ../m.yaml", "lies outside"),
        ("numbers: {neurons: 1000, synapses: 1.0e5}", "model: none.yaml", "there is no file"),
        ("activity: [0.01, 0.1]", "activity: [2]", "less than or equal to 1"),
        ("[loihi2, odin]", "[nochip]", "there is no profile 'nochip'"),
    ],
)
def test_a_wrong_sweep_file_is_refused_with_the_place(
    folder: Path, old: str, new: str, message: str
) -> None:
    (folder / "small.yaml").write_text(SMALL.replace(old, new))
    with pytest.raises((ModelFileError, ValueError), match=message):
        read_plan(folder / "small.yaml")


def test_a_grid_of_too_many_points_is_refused_before_it_is_made(folder: Path) -> None:
    many = ", ".join(str(k + 1) for k in range(2000))
    text = SMALL.replace("[1, 5, 9]", f"[{many}]").replace(
        "[0.01, 0.1]", "[" + ", ".join(["0.1"] * 2000) + "]"
    )
    (folder / "small.yaml").write_text(text)
    with pytest.raises(ModelFileError, match="8,000,000 points, at most 1,000,000"):
        read_plan(folder / "small.yaml")


def test_the_command_sweeps_draws_and_says_what_it_did(folder: Path) -> None:
    words = ["sweep", str(folder / "small.yaml"), "-o", str(folder / "out"), "--workers", "1"]
    result = CliRunner().invoke(cli, [*words, "--figure", str(folder / "grid.png")])
    assert result.exit_code == 0, result.output
    assert "12 rows (" in result.output
    assert (folder / "grid.png").read_bytes().startswith(b"\x89PNG")
    document = json.loads(CliRunner().invoke(cli, [*words, "--json"]).stdout)
    assert document["kept"] == 12


def test_the_figure_has_a_line_for_each_chip_and_activity(folder: Path) -> None:
    found = yg.sweep(folder / "small.yaml", folder / "out", workers=1)
    axes = sweep_figure(found).axes[0]
    legend = axes.get_legend()
    assert legend is not None
    assert len(legend.get_texts()) == 4
    with pytest.raises(RunError, match="no column 'joules'"):
        sweep_figure(found, y="joules")
