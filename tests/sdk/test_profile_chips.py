"""Chips with a published power: the model beside what was measured; what is asked or refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import yuragi as yg
from yuragi.errors import CapacityError, MissingConstantError, ProfileError, UnsupportedError
from yuragi.hardware import Profile
from yuragi.io.profile_file import profile_text
from yuragi.power.report import EnergyReport
from yuragi.recording import COUNTS, Counts, Recording

RUN = ("odin", "spinnaker2", "truenorth", "xylo_audio2", "horio_aihara")
EMULATED = {"ideal", "loihi", "loihi2", *RUN}
OTHERS = [n for n in yg.profiles() if yg.profile(n).kind == "neuromorphic" and n not in EMULATED]


def run(profile: Profile, steps: int = 1000, dt: float | None = None, **counts: int) -> Recording:
    """A recording of one core with so many events in each step."""
    arrays = {name: np.full((1, steps, 1), counts.get(name, 0)) for name in COUNTS}
    return Recording(
        backend="fake",
        profile=profile,
        steps=steps,
        trials=1,
        dt=dt,
        seed=0,
        spike_trains={},
        traces={},
        counts=Counts(arrays=arrays),
    )


def watts(report: EnergyReport) -> float:
    assert report.total_j is not None
    assert report.seconds is not None
    return report.total_j.nominal / report.seconds.nominal


@pytest.mark.parametrize(
    ("rate", "measured"), [(11.58, 68e-3), (20.07, 71e-3), (95.93, 94e-3)], ids=str
)
def test_truenorth_draws_what_its_makers_measured_at_three_rates(
    rate: float, measured: float
) -> None:
    units = 1_048_576
    events = round(rate * 1e-3 * 128 * units)
    report = yg.energy(
        run(yg.profile("truenorth"), synaptic_events=events, neuron_updates=units, spikes=events)
    )
    assert watts(report) == pytest.approx(measured, rel=0.01)


def test_truenorth_at_20_hz_is_the_70_62_milliwatts_of_the_fit() -> None:
    events = round(20.07e-3 * 128 * 1_048_576)
    report = yg.energy(run(yg.profile("truenorth"), synaptic_events=events))
    assert watts(report) == pytest.approx(70.62e-3, abs=0.01e-3)


def test_half_the_ticks_cost_truenorth_half_of_what_goes_with_them() -> None:
    idle = run(yg.profile("truenorth"))
    slow = watts(yg.energy(idle, tick_s=2e-3))
    assert watts(yg.energy(idle)) - slow == pytest.approx(20.1e-3 / 2, rel=1e-9)


@pytest.mark.parametrize(("clock", "measured"), [(75e6, 477e-6), (1.3e6, 35e-6)], ids=str)
def test_odin_draws_what_its_maker_measured_at_two_clocks(clock: float, measured: float) -> None:
    profile = yg.profile("odin", clock_hz=clock)
    # An operation takes two cycles, and the core does nothing else.
    report = yg.energy(run(profile, steps=100, synaptic_events=1000))
    assert report.step_s is not None
    assert report.step_s.nominal == pytest.approx(1000 * 2 / clock, rel=1e-7)
    assert watts(report) == pytest.approx(measured, rel=0.01)


def test_xylo_costs_its_rest_and_its_steps() -> None:
    report = yg.energy(run(yg.profile("xylo_audio2"), synaptic_events=500, neuron_updates=1000))
    assert watts(report) == pytest.approx(219e-6 + 93e-6, rel=1e-9)


def test_brainscales_costs_its_power_for_a_thousandth_of_the_models_time() -> None:
    report = yg.energy(run(yg.profile("brainscales2"), dt=1e-3, synaptic_events=500, spikes=7))
    assert report.total_j is not None
    assert report.total_j.nominal == pytest.approx(0.2 * 1000 * 1e-3 / 1000, rel=1e-12)
    assert report.unpriced == ()


def test_an_accelerated_chip_has_no_joules_where_a_step_stands_for_no_time() -> None:
    report = yg.energy(run(yg.profile("brainscales2"), spikes=7))
    assert report.total_j is None
    assert "dt" in report.unpriced


def test_what_was_never_published_is_named_and_there_is_no_total() -> None:
    report = yg.energy(run(yg.profile("darwin3"), synaptic_events=5, active_updates=1))
    assert report.total_j is None
    assert {"power.static_chip", "energy.active_updates"} <= set(report.unpriced)


def test_a_static_power_of_the_user_joins_the_published_prices() -> None:
    profile = yg.profile("dynap_se2", static_w=1e-3)
    report = yg.energy(run(profile, dt=1e-3, spikes=10, messages=10))
    assert report.total_j is not None
    assert report.total_j.nominal == pytest.approx(1e-3 + 1e4 * (260e-12 + 2.2e-9), rel=1e-9)
    assert report.basis == "assumed"


def test_the_chaotic_neuro_computer_asks_for_what_nobody_published() -> None:
    with pytest.raises(MissingConstantError, match=r"power_w.*step_s.*yg\.profile\('horio_aihara'"):
        yg.energy(run(yg.profile("horio_aihara"), spikes=1))
    with pytest.raises(MissingConstantError, match=r"step_s=\.\.\.") as asked:
        yg.energy(run(yg.profile("horio_aihara", power_w=2.0), spikes=1))
    assert "power_w" not in str(asked.value)


def test_the_chaotic_neuro_computer_costs_the_users_watts_and_time() -> None:
    profile = yg.profile("horio_aihara", power_w=2.0, step_s=1e-5)
    net = yg.Network(seed=0)
    net.population("cells", 4, dynamics="chaotic_neuron")
    net.project("cells", "cells", weights=np.eye(4)[::-1], port="feedback")
    report = yg.energy(yg.compile(net, profile=profile).run(steps=100))
    assert report.total_j is not None
    assert report.total_j.nominal == pytest.approx(2.0 * 100 * 1e-5, rel=1e-12)
    assert report.basis == "assumed"
    assert {c.source for _, c in profile.constants() if c.basis == "assumed"} == {"user"}


def test_an_all_in_price_cannot_be_joined_by_a_marginal_one() -> None:
    all_in = yg.profile("truenorth:all_in")
    assert yg.energy(run(all_in, synaptic_events=5)).total_j is not None
    marginal = yg.profile("truenorth").energy["steps"]
    mixed = dataclasses.replace(all_in, energy={**all_in.energy, "steps": marginal})
    with pytest.raises(ProfileError, match=r"energy\.synaptic_events is all_in.*energy\.steps"):
        yg.energy(run(mixed, synaptic_events=5))


def test_the_watts_of_a_whole_chip_cannot_be_joined_by_the_price_of_an_event() -> None:
    chip = yg.profile("brainscales2")
    event = yg.profile("truenorth").energy["synaptic_events"]
    mixed = dataclasses.replace(chip, energy={"synaptic_events": event})
    with pytest.raises(ProfileError, match=r"power\.chip is all_in"):
        yg.energy(run(mixed, dt=1e-3, synaptic_events=5))


def lif(size: int = 4) -> yg.Network:
    net = yg.Network(seed=0, dt=1e-3)
    net.population("cells", size, dynamics="lif")
    net.project("cells", "cells", weights=np.full((size, size), 0.1), port="i")
    return net


@pytest.mark.parametrize("name", OTHERS)
def test_a_chip_that_is_not_emulated_says_why(name: str) -> None:
    with pytest.raises(UnsupportedError, match=f"{name} is not emulated: "):
        yg.compile(lif(), profile=name)


@pytest.mark.parametrize(
    ("name", "size", "limit"),
    [
        ("dynap_se2", 65, "65 inputs of a unit, the limit is 64"),
        ("brainscales2", 257, "257 inputs of a unit, the limit is 256"),
    ],
)
def test_a_limit_is_named_before_the_missing_emulation(name: str, size: int, limit: str) -> None:
    with pytest.raises(CapacityError, match=limit):
        yg.compile(lif(size), profile=name)


def test_units_that_a_chip_has_not_are_listed() -> None:
    net = lif()
    net.population("others", 2, dynamics="izhikevich")
    with pytest.raises(UnsupportedError, match=r"dynap_se2.*\n  others: izhikevich.*has lif"):
        yg.compile(net, profile="dynap_se2")
    with pytest.raises(UnsupportedError, match=r"cells: lif; horio_aihara has chaotic_neuron"):
        yg.compile(lif(), profile="horio_aihara")


@pytest.mark.parametrize("name", [*OTHERS, *RUN, "loihi:sanafe", "truenorth:all_in"])
def test_a_written_profile_reads_back_the_same(tmp_path: Path, name: str) -> None:
    profile = yg.profile(name)
    path = tmp_path / "profile.yaml"
    path.write_text(profile_text(profile))
    found = yg.profile(path)
    assert dataclasses.replace(found, file=profile.file) == profile
    assert found.label == name


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"power_w": 0.0}, "power_w 0.0: expected a number above 0"),
        ({"step_s": float("nan")}, "step_s nan"),
        ({"power_w": True}, "power_w True"),
        ({"power_w": 1.0, "static_w": 1.0}, "give one of them"),
        ({"clock_hz": 1e6}, "states no clock"),
    ],
)
def test_a_number_of_the_user_that_means_nothing_is_refused(
    given: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ProfileError, match=reason):
        yg.profile("loihi", **given)


def test_loihi_has_two_sets_of_constants() -> None:
    main, fit = yg.profile("loihi"), yg.profile("loihi", constants="sanafe")
    assert main == yg.profile("loihi:davies2018")
    assert fit == yg.profile("loihi:sanafe")
    assert main.energy_of("synaptic_events").value == pytest.approx(23.6e-12)
    assert fit.energy_of("synaptic_events").value == pytest.approx(35.5e-12)
    assert (main.limits, main.numbers) == (fit.limits, fit.numbers)
    assert (main.label, fit.label) == ("loihi", "loihi:sanafe")


def test_the_set_of_constants_is_in_the_row_of_a_comparison() -> None:
    report = yg.energy(run(yg.profile("loihi:sanafe"), synaptic_events=5))
    assert report.row().platform == "loihi:sanafe"


def test_an_unknown_set_is_refused_with_those_there_are() -> None:
    with pytest.raises(ProfileError, match=r"davies2018, sanafe.*did you mean 'sanafe'"):
        yg.profile("loihi:sanfe")
    with pytest.raises(ProfileError, match="one only"):
        yg.profile("loihi2", constants="sanafe")
    with pytest.raises(ProfileError, match="'davies2018' are asked for too"):
        yg.profile("loihi:sanafe", constants="davies2018")
