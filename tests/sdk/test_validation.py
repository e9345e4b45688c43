"""Published power and energy: what the profiles give for the same events."""

from __future__ import annotations

import dataclasses
import importlib
import json
from typing import Any

import pytest
from click.testing import CliRunner

import yuragi as yg
from yuragi import validation
from yuragi.cli import cli
from yuragi.errors import ProfileError, RunError, UnsupportedError
from yuragi.power.digital import DigitalReport
from yuragi.power.report import EnergyReport
from yuragi.validation import Finding, Rule, points
from yuragi.validation.point import Answer

IDS = [point.id for point in points()]


@pytest.fixture(scope="module")
def found() -> dict[str, Finding]:
    return {finding.point.id: finding for finding in yg.validate()}


@pytest.mark.parametrize("name", IDS)
def test_a_published_point_holds(found: dict[str, Finding], name: str) -> None:
    finding = found[name]
    assert finding.holds, (finding.point.published, finding.answer.value)


def test_the_points_have_different_names_and_written_sources() -> None:
    assert len(set(IDS)) == len(IDS) >= 35
    assert all(len(point.source) > 20 and point.given for point in points())


def test_truenorths_point_that_was_not_fitted_lies_within_1_percent(
    found: dict[str, Finding],
) -> None:
    finding = found["truenorth-20hz"]
    assert finding.point.role == "held out"
    assert finding.answer.value == pytest.approx(70.62e-3, rel=1e-4)
    assert finding.answer.value == pytest.approx(71e-3, rel=0.01)


def test_odin_draws_its_two_measured_powers(found: dict[str, Finding]) -> None:
    assert found["odin-75mhz"].answer.value == pytest.approx(476.9e-6, rel=1e-3)
    assert found["odin-1.3mhz"].answer.value == pytest.approx(35.1e-6, rel=1e-3)


def test_pilotnet_by_the_constants_of_loihi_is_7_percent_low(found: dict[str, Finding]) -> None:
    assert found["pilotnet-snn-loihi"].error == pytest.approx(-0.069, abs=0.002)


def test_a_frame_that_waits_for_its_input_has_no_dynamic_energy_to_see(
    found: dict[str, Finding],
) -> None:
    assert found["pilotnet-sdnn-dynamic"].answer.text("J") == "not resolved"
    assert abs(found["pilotnet-sdnn-total"].error or 1) < 0.1


def test_an_all_in_price_taken_for_a_marginal_one_misses_as_published(
    found: dict[str, Finding],
) -> None:
    errors = [found[f"truenorth-{k}-all-in"].error for k in ("11hz", "96hz")]
    assert errors == pytest.approx([-0.41, 2.56], abs=0.005)
    assert found["odin-1.3mhz-all-in"].error == pytest.approx(-0.76, abs=0.005)


def test_7_9_megawatts_in_real_time_are_12_2_gigawatts(found: dict[str, Finding]) -> None:
    assert found["compass-real-time"].answer.value == pytest.approx(12.2e9, rel=0.003)


def test_every_figure_of_a_chip_or_machine_carries_its_bill(found: dict[str, Finding]) -> None:
    for finding in found.values():
        report = finding.answer.report
        assert report is not None or finding.point.role in ("negative", "arithmetic")
        if isinstance(report, (EnergyReport, DigitalReport)):
            for term in (*report.terms, *report.standing):
                assert term.source in report.profile.sources


def test_a_figure_moves_with_its_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    truenorth = yg.profile("truenorth")
    price = truenorth.energy_of("synaptic_events")
    dear = dataclasses.replace(price, value=3e-12, low=3e-12, high=3e-12)
    energy = {**truenorth.energy, "synaptic_events": dear}
    changed = dataclasses.replace(truenorth, energy=energy)
    module = importlib.import_module("yuragi.planning.estimate")
    monkeypatch.setattr(module, "load", lambda _: changed)
    (finding,) = yg.validate(["truenorth-20hz"])
    assert not finding.holds
    assert finding.verdict == "fails"


@pytest.mark.parametrize(
    ("rule", "published", "answer", "holds"),
    [
        (Rule(kind="within", amount=0.01), 100.0, Answer(value=100.9), True),
        (Rule(kind="within", amount=0.01), 100.0, Answer(value=101.1), False),
        (Rule(kind="factor", amount=2), 100.0, Answer(value=51.0), True),
        (Rule(kind="factor", amount=2), 100.0, Answer(value=201.0), False),
        (Rule(kind="factor", amount=2), 100.0, Answer(value=100.0, resolved=False), False),
        (Rule(kind="below"), 100.0, Answer(value=101.0), False),
        (Rule(kind="misses", amount=0.3), 100.0, Answer(value=120.0), False),
        (Rule(kind="misses", amount=0.3), 100.0, Answer(value=140.0), True),
        (Rule(kind="unresolved"), -1.0, Answer(value=1.0), False),
        (Rule(kind="within", amount=0.01), 100.0, Answer(value=float("nan")), False),
    ],
)
def test_a_rule_judges(rule: Rule, published: float, answer: Answer, holds: bool) -> None:
    assert rule.holds(published, answer) is holds


def test_points_are_chosen_by_name_or_group() -> None:
    assert [point.id for point in points(["odin"])] == IDS[6:9]
    with pytest.raises(RunError, match="did you mean 'odin-75mhz'"):
        points(["odin-75mh"])


def test_the_command_prints_every_point_with_a_verdict() -> None:
    result = CliRunner().invoke(cli, ["validate", "--json"])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["rows"]
    assert [row["id"] for row in rows] == IDS
    assert {row["verdict"] for row in rows} == {"holds", "misses, as it must"}
    assert rows[0]["bill"]["terms"]


def test_the_command_shows_counts_constants_and_sources() -> None:
    result = CliRunner().invoke(cli, ["validate", "sanafe-dvs", "--bills"])
    for text in ("5.15494e+07", "35.5 pJ", "SLAM-Lab/SANA-FE", "3.44 mJ", "holds"):
        assert text in result.stdout
    assert CliRunner().invoke(cli, ["validate", "nothing"]).exit_code == 2


def test_the_command_ends_with_1_where_a_point_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = dataclasses.replace(points(["odin-75mhz"])[0], published=1.0)
    monkeypatch.setattr(validation, "validate", lambda _: (wrong.examine(),))
    result = CliRunner().invoke(cli, ["validate"])
    assert result.exit_code == 1
    assert "1 fails" in result.stdout


def test_counts_from_elsewhere_are_charged_as_a_run_is() -> None:
    report = yg.charge("odin", {"synaptic_events": 1e6}, seconds=1.0)
    assert report.dynamic_j is not None
    assert report.dynamic_j.nominal == pytest.approx(8.43e-6)
    assert report.seconds is not None
    assert report.seconds.nominal == 1.0


def test_updates_that_are_not_active_rest() -> None:
    report = yg.charge("loihi", {"neuron_updates": 10, "active_updates": 4}, seconds=1.0)
    assert report.counts["inactive_updates"] == 6
    assert report.dynamic_j is not None
    assert report.dynamic_j.nominal == pytest.approx(4 * 81e-12 + 6 * 52e-12)


def test_the_time_follows_from_the_busiest_core_where_none_is_given() -> None:
    events = {"synaptic_events": 2e6}
    report = yg.charge("loihi2", events, steps=2, busiest={"synaptic_events": 1000})
    assert report.step_s is not None
    assert report.step_s.nominal == pytest.approx(1000 * 1e-9 + 200e-9)


@pytest.mark.parametrize(
    ("events", "options", "error"),
    [
        ({"synops": 1}, {}, RunError),
        ({"spikes": -1}, {}, RunError),
        ({"spikes": float("nan")}, {}, RunError),
        ({"spikes": 1}, {"seconds": 0.0}, RunError),
        ({"spikes": 1}, {"steps": 0}, RunError),
        ({"spikes": 1}, {"busiest": {"spices": 1}}, RunError),
    ],
)
def test_counts_that_mean_nothing_are_refused(
    events: dict[str, float], options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        yg.charge("loihi2", events, **options)


def test_an_all_in_price_takes_nothing_beside_it() -> None:
    report = yg.charge("truenorth:all_in", {"synaptic_events": 1e6}, seconds=1e-3)
    assert report.total_j == report.dynamic_j
    mixed = yg.profile("truenorth:all_in")
    energy = {**mixed.energy, "steps": yg.profile("truenorth").energy_of("steps")}
    with pytest.raises(ProfileError, match="all_in"):
        yg.charge(dataclasses.replace(mixed, energy=energy), {"synaptic_events": 1}, seconds=1e-3)


def test_a_chip_that_needs_more_time_than_given_is_refused() -> None:
    with pytest.raises(RunError, match="longer than the tick"):
        yg.charge("loihi2", {}, seconds=1e-9, busiest={"synaptic_events": 1e6})


def test_a_digital_machine_is_not_charged_by_events() -> None:
    with pytest.raises(UnsupportedError):
        yg.charge("a100", {"synaptic_events": 1}, seconds=1.0)
