"""Pictures of a chip, and the times of steps that they show."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from yuragi.backend import compile as compile_network
from yuragi.chip_figures import cores_figure, time_figure, traffic_figure
from yuragi.cli import cli
from yuragi.dynamics import Dynamics
from yuragi.errors import RunError
from yuragi.hardware import load
from yuragi.io.run_folder import SavedRun, read_run, write_run
from yuragi.network import Network
from yuragi.power import energy
from yuragi.recording import Recording

LIF = Dynamics(
    name="lif",
    equations="v(t+1) = 0.9*v + i + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    parameters={"bias": 0.15},
)


@cache
def run(cores: int, profile: str = "loihi", most: int = 1024) -> Recording:
    """Four units on each core, which send to all.  most: units that a core has room for"""
    units = 4 * cores
    net = Network(dt=0.001)
    net.population("c", units, LIF)
    rng = np.random.default_rng(0)
    net.project("c", "c", weights=(rng.random((units, units)) < 20 / units) * 0.05, port="i")
    chip = load(profile)
    room = replace(chip.limits["units_per_core"], value=most, low=most)
    chip = replace(chip, limits={**chip.limits, "units_per_core": room})
    return compile_network(net, profile=chip, max_units=4).run(steps=50)


def ink(figure: Figure) -> float:
    """The share of a picture that is not white."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return float((np.asarray(canvas.buffer_rgba())[:, :, :3].min(axis=2) < 235).mean())


def overlaps(figure: Figure) -> int:
    """How many pairs of texts within the first panel lie on each other."""
    FigureCanvasAgg(figure).draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()]
    return sum(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[k + 1 :])


@pytest.mark.parametrize("cores", [1, 4, 20, 128])
@pytest.mark.parametrize("kind", ["cores", "traffic", "time"])
def test_every_picture_is_drawn_and_no_text_lies_on_another(cores: int, kind: str) -> None:
    recording = run(cores)
    times = energy(recording).step_times()
    drawn = {
        "cores": lambda: cores_figure(recording, times, title="t"),
        "traffic": lambda: traffic_figure(recording, title="t"),
        "time": lambda: time_figure(recording, times, title="t"),
    }

    figure = drawn[kind]()

    assert ink(figure) > 0.02
    assert overlaps(figure) == 0


def test_every_core_in_use_is_named_once() -> None:
    recording = run(128)

    figure = cores_figure(recording, energy(recording).step_times())

    shown = [text.get_text() for text in figure.axes[0].texts]
    assert sorted(int(t) for t in shown if t.isdigit()) == list(range(128))


def test_pictures_of_several_chips_say_where_each_begins() -> None:
    recording = run(140, most=4)
    assert recording.counts.chips == 2
    for figure in (
        cores_figure(recording, energy(recording).step_times()),
        traffic_figure(recording),
    ):
        shown = [text.get_text() for text in figure.axes[0].texts]
        assert [text for text in shown if "chip " in text and len(text) < 9] == ["chip 0", "chip 1"]
        assert overlaps(figure) == 0


def test_more_cores_than_rows_are_drawn_as_means_of_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("yuragi.chip_figures._MOST_ROWS", 8)
    recording = run(20)
    times = energy(recording).step_times()

    lower = time_figure(recording, times).axes[1]

    (image,) = lower.images
    rows = np.add.reduceat(times.per_core, np.arange(0, 20, 3), axis=1) / ([3] * 6 + [2])
    shown = np.asarray(image.get_array())
    assert lower.get_ylim() == (-0.5, 19.5)
    assert np.allclose(shown / shown.max(), rows.T / rows.max())


def test_a_load_without_latencies_is_drawn_in_events() -> None:
    figure = cores_figure(run(4), None)

    assert any("events" in axes.get_ylabel() for axes in figure.axes)


def test_a_run_that_does_not_say_where_its_cores_lie_is_refused() -> None:
    with pytest.raises(RunError, match="does not say where its cores lie"):
        traffic_figure(replace(run(4), layout=None))


def test_the_times_of_steps_average_to_the_time_of_the_report() -> None:
    for profile in ("loihi", "loihi2"):
        report = energy(run(20, profile))

        times = report.step_times()

        assert report.step_s is not None
        assert times.per_step.mean() == pytest.approx(report.step_s.nominal, rel=1e-9)
        assert times.per_core.shape == (50, 20)


def test_the_parts_of_a_step_are_all_of_it() -> None:
    times = energy(run(20)).step_times()

    parts = sum(times.parts.values()) + times.flight + times.barrier

    np.testing.assert_allclose(parts, times.per_step, rtol=1e-12)
    assert np.array_equal(times.per_core.max(axis=1), times.per_core[np.arange(50), times.busiest])
    assert ((times.share > 0) & (times.share < 1)).all()
    assert set(times.bound.tolist()) <= {*times.parts, "flight", "barrier"}


def test_a_chip_held_to_a_clock_waits_for_its_tick() -> None:
    times = energy(run(4), tick_s=1e-3).step_times()

    assert (times.per_step == 1e-3).all()
    assert set(times.bound.tolist()) == {"idle"}


def test_a_step_that_is_longer_than_its_tick_delays_the_next() -> None:
    free = energy(run(4)).step_times()
    tick = float(np.median(free.per_step))

    held = replace(free, tick_s=tick)

    assert held.per_step.min() == tick
    assert held.per_step.max() == free.per_step.max()


def test_there_is_no_time_of_a_trial_that_was_not_run() -> None:
    with pytest.raises(RunError, match="trial 1: there are trials 0 to 0"):
        energy(run(4)).step_times(1)


def test_a_layout_survives_its_folder(tmp_path: Path) -> None:
    recording = run(20)
    write_run(tmp_path / "r", SavedRun(recording=recording, model="m"))

    again = read_run(tmp_path / "r").recording.layout

    assert again is not None
    assert recording.layout is not None
    assert (again.mesh, again.used) == (recording.layout.mesh, recording.layout.used)
    assert np.array_equal(again.links, recording.layout.links)


def test_a_run_folder_without_a_layout_is_read(tmp_path: Path) -> None:
    write_run(tmp_path / "r", SavedRun(recording=replace(run(4), layout=None), model="m"))

    assert read_run(tmp_path / "r").recording.layout is None


@pytest.mark.parametrize("kind", ["cores", "traffic", "time"])
@pytest.mark.parametrize("profile", ["loihi", "loihi2"])
def test_plot_draws_every_kind(tmp_path: Path, kind: str, profile: str) -> None:
    write_run(tmp_path / "r", SavedRun(recording=run(20, profile), model="m"))
    target = tmp_path / f"{kind}.svg"

    told = CliRunner().invoke(cli, ["plot", str(tmp_path / "r"), "--kind", kind, "-o", str(target)])

    assert told.exit_code == 0, told.output
    assert target.stat().st_size > 5_000
