"""Any constant taken out of any shipped profile is named, or nothing depended on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import yuragi as yg
from yuragi import hardware
from yuragi.dynamics import Dynamics
from yuragi.errors import ProfileError, YuragiError
from yuragi.graph import Graph
from yuragi.hardware import Profile
from yuragi.io.profile_file import profile_text
from yuragi.passes.check import check_report
from yuragi.passes.lowering import lower
from yuragi.passes.pipeline import run_passes
from yuragi.passes.place import Place
from yuragi.passes.route import Route
from yuragi.passes.split import Split
from yuragi.power.report import EnergyReport
from yuragi.recording import COUNTS, Counts, Recording

GIVEN = {"power_w": 2.0, "step_s": 1e-5}
CHIPS = [name for name in hardware.names() if hardware.load(name).kind == "neuromorphic"]
SETS = [*CHIPS, "loihi:sanafe", "truenorth:all_in"]


def chip(label: str) -> Profile:
    """A profile with what it asks the user for."""
    asked = yg.profile(label).asks
    return yg.profile(label, **{name: GIVEN[name] for name in asked})


def without(profile: Profile, constant: str) -> Profile:
    section, _, name = constant.partition(".")
    if not name:
        return replace(profile, **{section: None})
    if section == "numbers":
        assert profile.numbers is not None
        return replace(profile, numbers=replace(profile.numbers, **{name: None}))
    kept = {key: held for key, held in getattr(profile, section).items() if key != name}
    return replace(profile, **{section: kept})


def priced() -> Iterator[tuple[str, str]]:
    for label in SETS:
        for constant, _ in chip(label).constants():
            if not constant.startswith(("limits.", "numbers.")):
                yield label, constant


def bill(profile: Profile) -> EnergyReport:
    """Of a run in which everything happened, on two chips of the largest kind."""
    arrays = {name: np.full((1, 5, 4), 7) for name in COUNTS}
    arrays["neuron_updates"] = arrays["neuron_updates"] + 2
    recording = Recording(
        backend="fake",
        profile=profile,
        steps=5,
        trials=1,
        dt=1e-3,
        seed=0,
        spike_trains={},
        traces={},
        counts=Counts(arrays=arrays, cores=4, tiles=40, chips=2),
    )
    return yg.energy(recording)


@pytest.mark.parametrize(("label", "constant"), list(priced()))
def test_a_price_taken_out_is_named_or_nothing_depended_on_it(label: str, constant: str) -> None:
    whole, lacking = chip(label), without(chip(label), constant)

    found = bill(lacking)

    if any(constant in name for name in found.unpriced):
        # An all-in price of events needs no time; then it is the time that is not known.
        assert found.total_j is None or found.seconds is None
        return
    before = bill(whole)
    for field in ("total_j", "dynamic_j", "static_j", "host_j", "seconds"):
        assert getattr(found, field) == getattr(before, field), field


REQUIRED = [(label, name) for label in SETS for name in chip(label).requires]


def test_what_no_event_asks_for_is_required_by_many_chips() -> None:
    assert len({label for label, _ in REQUIRED}) >= 8


@pytest.mark.parametrize(("label", "constant"), REQUIRED)
def test_a_file_without_what_it_requires_is_refused_by_name(
    tmp_path: Path, label: str, constant: str
) -> None:
    path = tmp_path / "profile.yaml"
    path.write_text(profile_text(without(chip(label), constant)))
    with pytest.raises(ProfileError, match=rf"profile\.yaml.*{constant}.*required"):
        yg.profile(path)


LIF = Dynamics(
    name="lif",
    equations="v(t+1) = 0.9*v + i + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    parameters={"bias": 0.3},
)
TANH = Dynamics(name="tanh", equations="y = tanh(i)", ports=("i",), output="y")


def graph(unit: Dynamics) -> Graph:
    net = yg.Network(seed=1)
    net.population("a", 6, unit)
    net.project("a", "a", weights=np.random.default_rng(0).normal(size=(6, 6)), port="i")
    net.stimulate("a", np.random.default_rng(1).random((20, 6)), port="i")
    return net.graph()


def lowered(profile: Profile, unit: Dynamics) -> Any:
    found, _ = lower(graph(unit), profile)
    edges = [(e.shift, e.scale, e.weights.values().tolist()) for e in found.edges]
    nodes = [(n.dynamics.equations, n.dynamics.tables, n.parameters) for n in found.nodes]
    return edges, str(nodes)


@pytest.mark.parametrize("unit", [LIF, TANH], ids=lambda unit: unit.name)
@pytest.mark.parametrize(
    ("name", "constant"),
    [
        (name, constant)
        for name in ("loihi", "loihi2")
        for constant, _ in hardware.load(name).constants()
        if constant.startswith("numbers.")
    ],
)
def test_a_number_format_taken_out_is_named_or_nothing_depended_on_it(
    name: str, constant: str, unit: Dynamics
) -> None:
    if name == "loihi" and unit is TANH:
        unit = LIF
    profile = hardware.load(name)
    said = ""
    try:
        found = lowered(without(profile, constant), unit)
    except ProfileError as refused:
        found, said = None, str(refused)
    assert constant in said or found == lowered(profile, unit)


@pytest.mark.parametrize(
    ("name", "constant"),
    [
        (name, constant)
        for name in CHIPS
        for constant, _ in hardware.load(name).constants()
        if constant.startswith("limits.")
    ],
)
def test_a_limit_taken_out_is_listed_as_unchecked(name: str, constant: str) -> None:
    profile = without(hardware.load(name), constant)
    placed, _ = run_passes(graph(LIF), profile, (Split(), Place(), Route()))
    assert constant.partition(".")[2] in check_report(placed, profile).unchecked


def test_the_refusal_of_an_incomplete_profile_is_one_of_the_projects_own() -> None:
    with pytest.raises(YuragiError, match=r"'loihi2' states no numbers\.payload_bits"):
        yg.compile(graph(TANH), profile=without(hardware.load("loihi2"), "numbers.payload_bits"))
