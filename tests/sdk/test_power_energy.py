"""The energy of a run: counts times constants, and nothing that was not counted."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from yuragi import hardware
from yuragi.errors import ProfileError, RunError
from yuragi.hardware import Constant, Profile
from yuragi.power import energy
from yuragi.recording import Counts, Recording

TRIALS, STEPS, CORES = 2, 5, 2
PER_CORE_STEP = {
    "synaptic_events": 100,
    "neuron_updates": 10,
    "active_updates": 4,
    "spikes": 3,
    "messages": 6,
    "hops_x": 12,
    "hops_y": 6,
}


def constant(value: float, unit: str, **changes: Any) -> Constant:
    fields: dict[str, Any] = {
        "low": value,
        "high": value,
        "basis": "measured",
        "scope": "marginal",
        "confidence": "high",
        "source": "book",
    }
    return Constant(value=value, unit=unit, **(fields | changes))


def chip(**changes: Any) -> Profile:
    """1 pJ an event, 1 ns an event, 100 ns a step, 1 W a chip."""
    energies = ("synaptic_events", "active_updates", "inactive_updates", "messages")
    fields: dict[str, Any] = {
        "name": "small",
        "title": "a small chip",
        "kind": "neuromorphic",
        "description": "for tests",
        "boundary": "the chip",
        "structure": hardware.Structure(),
        "limits": {},
        "numbers": None,
        "dynamics": "any",
        "functions": "any",
        "energy": {name: constant(1e-12, "joule") for name in energies},
        "latency": {
            **{name: constant(1e-9, "second") for name in energies},
            "hops_x": constant(10e-9, "second"),
            "step_overhead": constant(100e-9, "second"),
        },
        "power": {"static_chip": constant(1.0, "watt", scope="static")},
        "included": {"spikes": "messages", "hops_x": "messages", "hops_y": "messages"},
        "included_latency": {"spikes": "messages", "hops_y": "messages"},
        "sources": {"book": "A Book"},
    }
    return Profile(**(fields | changes))


def run(profile: Profile | None, **counts: Any) -> Recording:
    shape = (TRIALS, STEPS, CORES)
    arrays = {name: np.full(shape, count) for name, count in (PER_CORE_STEP | counts).items()}
    return Recording(
        backend="fake",
        profile=profile,
        steps=STEPS,
        trials=TRIALS,
        dt=None,
        seed=0,
        spike_trains={},
        traces={},
        counts=Counts(arrays=arrays, cores=CORES, tiles=1, chips=1),
    )


def test_dynamic_energy_is_counts_times_constants_per_trial() -> None:
    report = energy(run(chip()))
    assert report.dynamic_j is not None
    expected = STEPS * CORES * (100 + 4 + 6 + 6) * 1e-12
    assert report.dynamic_j.nominal == pytest.approx(expected, rel=1e-12)


def test_the_whole_recording_costs_its_trials() -> None:
    report = energy(run(chip()))
    assert report.whole.total is not None
    assert report.total_j is not None
    assert report.whole.total.nominal == pytest.approx(TRIALS * report.total_j.nominal, rel=1e-12)


def test_an_update_is_active_or_inactive_and_never_both() -> None:
    counts = energy(run(chip())).counts
    assert counts["active_updates"] + counts["inactive_updates"] == counts["neuron_updates"]


def test_a_step_takes_the_busiest_core_a_flight_and_the_overhead() -> None:
    report = energy(run(chip()))
    assert report.step_s is not None
    work, flight, overhead = 116e-9, 12 / 6 * 10e-9, 100e-9
    assert report.step_s.nominal == pytest.approx(work + flight + overhead, rel=1e-12)


def test_only_the_busiest_core_sets_the_step() -> None:
    lazy = np.zeros((TRIALS, STEPS, CORES), dtype=np.int64)
    lazy[:, :, 0] = 100
    recording = run(chip())
    slower = energy(recording)
    arrays = {**recording.counts.arrays, "synaptic_events": lazy}
    counts = Counts(arrays=arrays, cores=CORES, tiles=1, chips=1)
    halved = energy(dataclasses.replace(recording, counts=counts))
    assert halved.step_s == slower.step_s


def test_broadcast_counts_are_timed_as_full_ones() -> None:
    recording = run(chip())
    arrays = dict(recording.counts.arrays)
    arrays["neuron_updates"] = np.broadcast_to(np.int64(10), (TRIALS, STEPS, CORES))
    counts = Counts(arrays=arrays, cores=CORES, tiles=1, chips=1)
    same = energy(dataclasses.replace(recording, counts=counts))
    assert same.step_s == energy(recording).step_s


def test_static_energy_is_power_times_time_of_the_chips_in_use() -> None:
    recording = run(chip())
    counts = dataclasses.replace(recording.counts, chips=3)
    report = energy(dataclasses.replace(recording, counts=counts))
    assert report.static_j is not None
    assert report.seconds is not None
    assert report.static_j.nominal == pytest.approx(3 * 1.0 * report.seconds.nominal, rel=1e-12)


def test_the_barrier_lies_between_one_tile_and_all_tiles() -> None:
    loihi = hardware.load("loihi")
    recording = run(loihi, **dict.fromkeys(PER_CORE_STEP, 0))
    steps = []
    for tiles in (1, 16, 32):
        counts = dataclasses.replace(recording.counts, tiles=tiles)
        report = energy(dataclasses.replace(recording, counts=counts))
        assert report.step_s is not None
        steps.append(report.step_s.nominal)
    assert steps[0] == pytest.approx(113e-9)
    assert steps[0] < steps[1] < steps[2]
    assert steps[2] == pytest.approx(465e-9)


def test_a_tick_holds_the_chip_back_and_static_power_runs_on() -> None:
    report = energy(run(chip()), tick_s=1e-3)
    assert report.step_s is not None
    assert report.static_j is not None
    assert report.step_s.nominal == 1e-3
    assert report.static_j.nominal == pytest.approx(STEPS * 1e-3)


def test_a_tick_shorter_than_a_step_is_refused() -> None:
    with pytest.raises(RunError, match=r"a step takes 236 ns, longer than the tick of 1\.00 ns"):
        energy(run(chip()), tick_s=1e-9)


def test_an_unpriced_term_leaves_no_total() -> None:
    report = energy(run(chip(included={"spikes": "messages", "hops_y": "messages"})))
    assert report.unpriced == ("energy.hops_x",)
    assert report.total_j is None
    assert "no total: no price for energy.hops_x" in str(report)


def test_what_did_not_happen_needs_no_price() -> None:
    report = energy(run(chip(included={"spikes": "messages", "hops_y": "messages"}), hops_x=0))
    assert report.unpriced == ()
    assert report.total_j is not None


@pytest.mark.parametrize("section", ["energy", "latency"])
def test_a_constant_removed_is_named_and_takes_the_total_with_it(section: str) -> None:
    prices = dict(getattr(chip(), section))
    del prices["synaptic_events"]
    report = energy(run(chip(**{section: prices})))
    assert f"{section}.synaptic_events" in report.unpriced
    assert report.total_j is None


def test_a_chip_without_static_power_has_no_total() -> None:
    report = energy(run(chip(power={})))
    assert report.unpriced == ("power.static_chip",)
    assert report.total_j is None


def test_a_marginal_price_is_never_added_to_an_all_in_one() -> None:
    prices = dict(chip().energy)
    prices["synaptic_events"] = constant(26e-12, "joule", scope="all_in")
    with pytest.raises(ProfileError, match=r"energy\.synaptic_events is all_in"):
        energy(run(chip(energy=prices)))


def test_an_all_in_price_already_holds_static_power() -> None:
    prices = {"synaptic_events": constant(26e-12, "joule", scope="all_in")}
    names = ("active_updates", "inactive_updates", "messages", "spikes", "hops_x", "hops_y")
    report = energy(run(chip(energy=prices, included=dict.fromkeys(names, "synaptic_events"))))
    assert report.total_j == report.dynamic_j
    assert [term.name for term in report.terms] == ["energy.synaptic_events"]
    assert report.standing == ()


def test_the_weakest_basis_is_inherited_by_the_total() -> None:
    prices = dict(chip().latency)
    prices["step_overhead"] = constant(1e-7, "second", basis="vendor")
    assert energy(run(chip())).basis == "measured"
    assert energy(run(chip(latency=prices))).basis == "vendor"


def test_the_band_of_a_constant_reaches_the_total() -> None:
    prices = dict(chip().energy)
    prices["synaptic_events"] = constant(1e-12, "joule", low=0.5e-12, high=4e-12)
    wide, narrow = energy(run(chip(energy=prices))), energy(run(chip()))
    assert wide.total_j is not None
    assert narrow.total_j is not None
    events = STEPS * CORES * 100
    assert wide.total_j.high - narrow.total_j.high == pytest.approx(events * 3e-12)
    assert narrow.total_j.low - wide.total_j.low == pytest.approx(events * 0.5e-12)


def test_a_host_is_inside_only_where_its_power_is_stated() -> None:
    power = {**chip().power, "host_chip": constant(0.5, "watt", scope="static")}
    without, with_host = energy(run(chip())), energy(run(chip(power=power)))
    assert without.host_j is None
    assert with_host.host_j is not None
    assert [line.included for line in without.boundary] == [True, True, False, False]
    assert [line.included for line in with_host.boundary] == [True, True, True, False]


def test_power_below_the_meter_is_reported_as_not_resolved() -> None:
    power = {**chip().power, "meter_resolution": constant(0.02, "watt", scope="static")}
    assert "not resolved" in str(energy(run(chip(power=power))))
    assert "not resolved" not in str(energy(run(chip())))


def test_the_ideal_profile_has_no_joules() -> None:
    report = energy(run(hardware.load("ideal")))
    assert (report.dynamic_j, report.static_j, report.total_j, report.basis) == (None,) * 4
    assert "loihi2" in str(report)


def test_a_run_without_a_profile_has_no_price() -> None:
    with pytest.raises(RunError, match="without a profile"):
        energy(run(None))


@pytest.mark.parametrize("name", ["loihi", "loihi2"])
def test_a_shipped_chip_prices_every_count(name: str) -> None:
    report = energy(run(hardware.load(name)))
    assert report.unpriced == ()
    assert report.total_j is not None
    assert 0 < report.total_j.low < report.total_j.nominal < report.total_j.high


def test_loihi2_reproduces_the_notebook_that_it_is_fitted_to() -> None:
    # PilotNet on one chip: 2.29e10 synaptic operations and 1.85e9 neuron updates in 10,000 steps
    # at 6,543 steps a second took 0.447 W of dynamic power.
    loihi2 = hardware.load("loihi2")
    joules = 2.29e10 * loihi2.energy_of("synaptic_events").value
    joules += 1.85e9 * loihi2.energy_of("active_updates").value
    assert joules / (10_000 / 6543) == pytest.approx(0.447, rel=0.05)


def test_a_report_is_json() -> None:
    report = json.loads(json.dumps(energy(run(hardware.load("loihi"))).as_dict()))
    assert report["total_j"]["low"] <= report["total_j"]["nominal"]
    assert report["terms"][0]["source"] in report["sources"]


def test_a_report_prints_within_a_terminal() -> None:
    assert max(map(len, str(energy(run(hardware.load("loihi2")))).splitlines())) <= 110
