"""Meters: counters that wrap, domains that nest, idle that drifts, commands that fail."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import yuragi as yg
from yuragi.errors import DependencyError, MissingConstantError, RunError
from yuragi.metering.machine import machine
from yuragi.metering.measure import Measuring
from yuragi.metering.measurement import Measurement, Repetition, interval
from yuragi.metering.modelled import Modelled
from yuragi.metering.nvml import Nvml
from yuragi.metering.rapl import Rapl, domains
from yuragi.power.trace import figures

RANGE = 262_143_328_850


def zone(root: Path, name: str, label: str, joules: float = 1.0) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "name").write_text(label + "\n")
    (folder / "energy_uj").write_text(f"{int(joules * 1e6)}\n")
    (folder / "max_energy_range_uj").write_text(f"{RANGE}\n")
    return folder


@pytest.fixture
def powercap(tmp_path: Path) -> Path:
    root = tmp_path / "powercap"
    zone(root, "intel-rapl:0", "package-0")
    zone(root, "intel-rapl:0:0", "core")
    zone(root, "intel-rapl:0:1", "uncore")
    zone(root, "intel-rapl:0:2", "dram")
    zone(root, "intel-rapl:1", "package-1")
    zone(root, "intel-rapl:2", "psys")
    zone(root, "intel-rapl:2:0", "dram")
    zone(root, "intel-rapl-mmio:0", "package-0")
    (root / "dtpm").mkdir()
    return root


@contextlib.contextmanager
def opened(root: Path) -> Iterator[Rapl]:
    meter = Rapl(root, poll_s=0)
    try:
        yield meter
    finally:
        meter.close()


def put(root: Path, zone_name: str, microjoules: int) -> None:
    new = root / zone_name / "new"
    new.write_text(f"{microjoules}\n")
    new.replace(root / zone_name / "energy_uj")  # a counter is never seen half-written


def test_nested_domains_are_not_added_twice(powercap: Path) -> None:
    names = [domain.name for domain in domains(powercap)]
    assert names == ["package-0", "dram of package-0", "package-1"]


def test_joules_are_those_since_the_meter_was_opened(powercap: Path) -> None:
    with opened(powercap) as meter:
        assert meter.read() == 0
        put(powercap, "intel-rapl:0", 3_500_000)
        put(powercap, "intel-rapl:0:0", 99_000_000)
        put(powercap, "intel-rapl:2", 99_000_000)
        assert meter.read() == pytest.approx(2.5)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, RANGE - 1), min_size=1, max_size=20))
def test_a_counter_that_wraps_any_number_of_times_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    root = tmp_path_factory.mktemp("powercap")
    zone(root, "intel-rapl:0", "package-0", joules=0)
    with opened(root) as meter:
        total = 0
        for step in steps:
            total += step
            put(root, "intel-rapl:0", total % RANGE)
            found = meter.read()
        assert found == pytest.approx(total * 1e-6, rel=1e-12)


def test_a_thread_sees_the_wraps_that_nobody_reads(powercap: Path) -> None:
    meter = Rapl(powercap, poll_s=0.001)
    try:
        for value in (RANGE - 1, 500_000):
            put(powercap, "intel-rapl:1", value)
            end = time.monotonic() + 30
            while meter._last[2] != value and time.monotonic() < end:
                time.sleep(0.001)
        assert meter.read() == pytest.approx((RANGE + 500_000 - 1_000_000) * 1e-6)
    finally:
        meter.close()


def test_a_machine_without_counters_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(DependencyError, match=r"there is no .*virtual machines"):
        domains(tmp_path / "none")
    with pytest.raises(DependencyError, match="holds no package"):
        domains(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_a_counter_that_only_root_may_read_says_how_to_read_it(
    powercap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, **words: Any) -> str:
        if self.name == "energy_uj":
            raise PermissionError(13, "Permission denied")
        return self.read_bytes().decode(**words)

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(DependencyError, match=r"read by root only .*sudo chmod a\+r"):
        domains(powercap)


class FakeNvml(SimpleNamespace):
    """The few functions of NVML that are used."""

    class NVMLError(Exception):
        pass

    def __init__(self, *, counts: bool = True, gpus: int = 2) -> None:
        super().__init__(counts=counts, gpus=gpus, millijoules=[5_000, 7_000], shut=0)

    def nvmlInit(self) -> None:  # noqa: N802
        if self.gpus < 0:
            raise self.NVMLError("Driver Not Loaded")

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.shut += 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return int(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetName(self, handle: int) -> bytes:  # noqa: N802
        return b"Test Board"

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:  # noqa: N802
        if not self.counts:
            raise self.NVMLError("Not Supported")
        return int(self.millijoules[handle])

    def nvmlDeviceGetPowerUsage(self, handle: int) -> int:  # noqa: N802
        return 40_000


def test_nvml_counts_the_millijoules_of_every_board() -> None:
    library = FakeNvml()
    meter = Nvml(library=library)
    library.millijoules = [6_000, 9_500]
    assert meter.read() == pytest.approx(3.5)
    assert "GPU 0 Test Board + GPU 1 Test Board" in meter.boundary
    meter.close()
    assert library.shut == 1


def test_nvml_adds_up_the_power_of_a_board_that_does_not_count() -> None:
    library = FakeNvml(counts=False, gpus=1)
    meter = Nvml(library=library)
    begin = time.perf_counter()
    while time.perf_counter() - begin < 0.02:
        pass
    first = meter.read()
    lasted = time.perf_counter() - begin
    meter.close()
    assert 0.02 * 40 <= first <= (lasted + 1.0) * 40
    assert "NVML power" in meter.source


@pytest.mark.parametrize(("gpus", "message"), [(-1, "no NVIDIA driver"), (0, "0 GPU")])
def test_nvml_without_a_gpu_is_refused(gpus: int, message: str) -> None:
    with pytest.raises(DependencyError, match=message):
        Nvml(library=FakeNvml(gpus=gpus))


class Simulated:
    """A machine with a power for idle and work, on a clock that nobody waits for."""

    measured = True
    source = "a simulated counter"
    boundary = "the simulated machine"

    def __init__(self, *, idle_w: float = 10.0, drift_w: float = 0.0, step_j: float = 0.001):
        self.idle_w, self.drift_w, self.resolution_j = idle_w, drift_w, step_j
        self.time = self.joules = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.spend(seconds, 0.0)

    def spend(self, seconds: float, watts: float) -> None:
        self.joules += seconds * (self.idle_w + watts)
        self.time += seconds
        self.idle_w += self.drift_w * seconds

    def read(self) -> float:
        return self.joules // self.resolution_j * self.resolution_j

    def close(self) -> None:
        return


def measured(machine_: Simulated, works: list[tuple[float, float]], **words: Any) -> Measurement:
    measuring = Measuring(machine_, clock=machine_, **words)
    for seconds, watts in works:
        with measuring:
            machine_.spend(seconds, watts)
    return measuring.result


def test_the_net_joules_are_those_above_the_idle_windows() -> None:
    found = measured(Simulated(), [(12.0, 5.0)] * 5, inferences=100)
    assert found.net_j is not None
    assert found.idle_w is not None
    assert found.gross_j.mean == pytest.approx(12 * 15 / 100, rel=1e-3)
    assert found.net_j.mean == pytest.approx(12 * 5 / 100, rel=1e-3)
    assert found.idle_w.mean == pytest.approx(10, rel=1e-3)
    assert found.resolved
    assert found.notes == ()


def test_a_steady_drift_of_the_idle_power_cancels_and_is_reported() -> None:
    found = measured(Simulated(drift_w=0.02), [(10.0, 5.0)] * 5)
    assert found.net_j is not None
    assert found.net_j.mean == pytest.approx(50, rel=0.01)
    assert found.drift_w is not None
    assert found.drift_w == pytest.approx(0.02 * (5 * 20), rel=0.05)
    assert any("drifted" in note for note in found.notes)


def test_less_than_the_resolution_is_not_resolved() -> None:
    found = measured(Simulated(step_j=5.0), [(10.0, 0.2)] * 5)
    assert not found.resolved
    assert "not resolved" in str(found)


def test_joules_within_their_own_scatter_are_not_resolved() -> None:
    found = measured(Simulated(), [(10.0, watts) for watts in (-2.0, 3.0, -1.0, 2.5, -1.5)])
    assert not found.resolved


def test_the_interval_is_that_of_students_t() -> None:
    found = interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.mean == 3.0
    assert found.half == pytest.approx(2.776445 * (2.5**0.5) / 5**0.5, rel=1e-6)
    assert interval([1.0]).half is None


def test_short_and_few_repetitions_are_noted() -> None:
    notes = measured(Simulated(), [(1.0, 50.0)]).notes
    assert any("shorter than 10 s" in note for note in notes)
    assert any("1 repetition(s), fewer than 5" in note for note in notes)


def test_an_interrupted_repetition_is_none() -> None:
    simulated = Simulated()
    measuring = Measuring(simulated, clock=simulated)
    with contextlib.suppress(ZeroDivisionError), measuring:
        raise ZeroDivisionError
    with pytest.raises(RunError, match="nothing was measured yet"):
        _ = measuring.result


def test_a_model_says_in_every_form_that_it_is_one() -> None:
    work = yg.measure("model", watts=20.0)
    with work:
        pass
    found = work.result
    assert not found.measured
    assert found.as_dict()["kind"] == "modelled"
    assert str(found).startswith("modelled: modelled, not measured: time x 20 W")
    assert any("compare with modelled figures only" in note for note in found.notes)


def test_a_model_is_seconds_times_the_power_of_the_profile() -> None:
    clock = Simulated()
    profile = yg.profile("desktop_cpu")
    meter = Modelled(profile, clock=clock)
    clock.spend(3.0, 0.0)
    assert meter.read() == pytest.approx(3.0 * meter.active.value)
    with pytest.raises(MissingConstantError, match="loihi2: no power of the machine"):
        Modelled(yg.profile("loihi2"))


def test_every_figure_of_a_measurement_has_a_trace() -> None:
    found = measured(Simulated(drift_w=0.01), [(12.0, 5.0)] * 3, inferences=7)
    shown, known = dict(figures(found.as_dict())), found.traces()
    assert set(shown) == set(known)
    for place, value in shown.items():
        assert known[place].recomputed() == value
        assert all(leaf.note for leaf in known[place].leaves())


def test_a_measurement_stands_in_a_comparison_and_says_what_it_is() -> None:
    meant = measured(Simulated(), [(12.0, 5.0)] * 5, inferences=100, name="mlp", accuracy=0.9)
    guess = yg.estimate(neurons=100, synapses=1e3, rate_hz=10, profile="loihi2").report
    found = yg.compare(guess, measurements=[meant])
    row = found.rows[1]
    assert row.platform == "this machine, measured"
    assert row.total_j is not None
    assert row.total_j.nominal == meant.gross_j.mean
    assert "RAPL" not in row.includes
    assert "a simulated counter" in str(found)
    shown, known = dict(figures(found.as_dict())), found.traces()
    assert set(shown) == set(known)
    assert all(known[place].value == value for place, value in shown.items())


def test_unresolved_joules_do_not_stand_in_a_comparison() -> None:
    row = measured(Simulated(step_j=5.0), [(10.0, 0.2)] * 5).row()
    assert row.dynamic_j is None
    assert row.total_j is not None


def test_the_machine_is_described_by_what_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("processor : 0\nmodel name : Test CPU\n")
    thermal = tmp_path / "sys/class/thermal/thermal_zone0"
    thermal.mkdir(parents=True)
    (thermal / "temp").write_text("45000\n")
    found = machine(tmp_path)
    assert found["processor"] == "Test CPU"
    assert found["temperature"] == "45 degrees Celsius"
    assert "governor" not in found


def test_repetitions_know_their_idle_power() -> None:
    one = Repetition(seconds=2.0, gross_j=50.0, idle_before_w=10.0, idle_after_w=20.0)
    assert one.idle_w == 15.0
    assert one.net_j == 20.0
