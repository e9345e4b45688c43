"""Budgets: what is said to fit fits, and what is a little larger does not."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import yuragi as yg
from yuragi import hardware
from yuragi.cli import cli
from yuragi.errors import GraphError, RunError
from yuragi.planning import Outline, from_numbers
from yuragi.planning.budget import Fit, budgeted
from yuragi.planning.budget_figure import budget_figure, frontier
from yuragi.planning.demands import Demands, power_at, unmet
from yuragi.planning.estimate import estimated
from yuragi.power.trace import figures
from yuragi_models.units import UNITS

CHIPS = ["loihi", "loihi2", "truenorth", "odin", "xylo_audio2", "brainscales2"]


def network(units: float = 500, fan_in: float = 20, rate_hz: float = 10) -> Outline:
    return from_numbers(units, units * fan_in, rate_hz=rate_hz, steps=50)


def fit(chip: str, demands: Demands, of: Outline | None = None, **words: Any) -> Fit:
    found = budgeted(of or network(), demands, [hardware.load(chip)], **words)
    return found.fits[0]


def fits(candidate: Outline, chip: str, demands: Demands) -> bool:
    return not unmet(estimated(candidate, hardware.load(chip)), demands)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["loihi", "loihi2", "odin", "xylo_audio2"]),
    st.floats(1e-4, 10),
    st.floats(1e-5, 1),
    st.integers(1, 100),
)
def test_the_largest_network_fits_and_a_little_more_does_not(
    chip: str, power_w: float, latency_s: float, chips: int
) -> None:
    demands = Demands(power_w=power_w, latency_s=latency_s, chips=chips)
    found = fit(chip, demands).size
    if found.factor is None:
        assert not fits(network().grown(1 / 500), chip, demands)
        return
    assert fits(network().grown(found.factor), chip, demands)
    assert found.stopped_by
    # a core or a chip more comes in one jump, so the edge is as sharp as the search says
    assert not fits(network().grown(found.factor * 1.0011), chip, demands)


def test_the_most_events_fit_and_a_little_more_do_not() -> None:
    demands = Demands(latency_s=0.3e-3)
    found = fit("loihi2", demands).activity
    assert found.factor is not None
    assert found.stopped_by.startswith("latency: takes")
    assert fits(network().busier(found.factor), "loihi2", demands)
    assert not fits(network().busier(found.factor * 1.0011), "loihi2", demands)


def test_a_chip_that_fits_meets_every_demand() -> None:
    demands = Demands(power_w=0.3, energy_j=1e-3, latency_s=1e-2, rate_hz=100, chips=1)
    found = fit("loihi2", demands)
    assert found.fits
    here = found.estimate
    power = power_at(here, 100)
    assert power is not None
    assert power.nominal <= 0.3
    assert here.report.total_j is not None
    assert here.report.total_j.nominal <= 1e-3
    assert here.report.seconds is not None
    assert here.report.seconds.nominal <= 1e-2
    assert here.chips == 1


@pytest.mark.parametrize(
    ("demand", "said"),
    [
        ({"power_w": 1e-3}, "power: takes"),
        ({"energy_j": 1e-9}, "energy: takes"),
        ({"latency_s": 1e-9}, "latency: takes"),
        ({"rate_hz": 1e9}, "rate: takes"),
    ],
)
def test_a_chip_that_does_not_fit_says_which_demand_is_broken(
    demand: dict[str, float], said: str
) -> None:
    found = fit("loihi2", Demands(**demand))  # type: ignore[arg-type]  # one of several floats
    assert not found.fits
    assert any(text.startswith(said) for text in found.broken)
    assert found.rate_hz is None


def test_too_many_chips_are_a_broken_demand() -> None:
    found = fit("loihi2", Demands(chips=1), network(1e6, 100))
    assert any(text.startswith("chips: takes") for text in found.broken)
    assert found.size.factor is not None
    assert found.size.factor < 1


def test_power_at_a_rate_is_standing_power_and_dynamic_joules() -> None:
    here = estimated(network(), hardware.load("loihi2"))
    assert here.report.dynamic_j is not None
    idle, busy = power_at(here, 0.0), power_at(here, 1000.0)
    assert idle is not None
    assert busy is not None
    assert idle.nominal == pytest.approx(0.257)
    assert busy.nominal - idle.nominal == pytest.approx(1000 * here.report.dynamic_j.nominal)


def test_the_most_inferences_a_second_spend_the_power_or_the_pace() -> None:
    bound = fit("loihi2", Demands(power_w=0.26, rate_hz=10))
    assert bound.rate_hz is not None
    spent = power_at(bound.estimate, bound.rate_hz)
    assert spent is not None
    assert spent.nominal == pytest.approx(0.26)
    free = fit("loihi2", Demands(power_w=10.0))
    assert free.estimate.report.seconds is not None
    assert free.rate_hz == pytest.approx(1 / free.estimate.report.seconds.nominal)


def test_what_fits_only_at_nominal_constants_does_not_fit_surely() -> None:
    here = estimated(network(), hardware.load("loihi2")).report.total_j
    assert here is not None
    between = fit("loihi2", Demands(energy_j=(here.nominal + here.high) / 2))
    assert (between.fits, between.surely) == (True, False)
    assert fit("loihi2", Demands(energy_j=2 * here.high)).surely


def test_dense_networks_grow_less_far_than_sparse_ones() -> None:
    demands = Demands(chips=1)
    sparse, dense = (
        fit("loihi2", demands, growth=growth).size.factor for growth in ("fan_in", "density")
    )
    assert sparse is not None
    assert dense is not None
    assert dense < sparse


def test_an_unpriced_demand_is_never_met() -> None:
    found = fit("darwin3", Demands(power_w=1e9))
    assert any(text.startswith("power: no price for") for text in found.broken)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_demand_that_is_no_number_above_0_is_refused(value: float) -> None:
    with pytest.raises(GraphError, match=r"power_w .*expected a number above 0"):
        Demands(power_w=value)


def test_every_figure_of_a_budget_has_a_trace_that_adds_up_to_it() -> None:
    found = budgeted(
        network(), Demands(power_w=0.5, rate_hz=20), [hardware.load(name) for name in CHIPS]
    )
    shown, known = dict(figures(found.as_dict())), found.traces()
    assert set(shown) == set(known)
    for place, value in shown.items():
        assert known[place].recomputed().nominal == pytest.approx(value.nominal, rel=1e-9), place


def test_a_network_is_budgeted_from_its_graph_and_rates() -> None:
    net = yg.Network()
    net.population("cells", 200, UNITS["cuba_lif"])
    net.project("cells", "cells", weights=np.full((200, 200), 0.01), port="i")
    found = yg.budget(net, rates=0.02, steps=100, power_w=1.0, profiles=["loihi2"])
    assert found.fits[0].fits
    assert found.network.synapses == 40_000


def test_the_frontier_ends_at_the_largest_network() -> None:
    demands = Demands(power_w=0.5)
    found = budgeted(network(), demands, [hardware.load("loihi2")])
    points = frontier(found, found.fits[0])
    factor = found.fits[0].size.factor
    assert factor is not None
    assert points[-1][0] == pytest.approx(network().grown(factor).units)
    assert [rate for _, rate in points] == sorted((rate for _, rate in points), reverse=True)


def test_the_figure_shows_a_region_for_each_chip_with_room() -> None:
    found = budgeted(
        network(),
        Demands(power_w=0.5, rate_hz=10),
        [hardware.load(name) for name in ("loihi", "loihi2", "odin")],
    )
    axes = budget_figure(found).axes[0]
    assert len(axes.collections) == 3
    nothing = budgeted(network(), Demands(power_w=1e-12), [hardware.load("loihi2")])
    with pytest.raises(RunError, match="nothing to draw"):
        budget_figure(nothing)


WORDS = ["budget", "--neurons", "500", "--synapses", "1e4", "--rate-hz", "10", "--steps", "50"]


def test_the_command_prints_the_table_and_draws_the_room(tmp_path: Path) -> None:
    words = [*WORDS, "--power", "0.5 W", "--latency", "5 ms", "--profiles", "loihi2,odin"]
    result = CliRunner().invoke(cli, [*words, "--figure", str(tmp_path / "room.png")])
    assert result.exit_code == 0, result.output
    assert "loihi2: no larger network: power: takes" in result.output
    assert (tmp_path / "room.png").read_bytes().startswith(b"\x89PNG")
    document = json.loads(CliRunner().invoke(cli, [*words, "--json"]).stdout)
    assert document["profiles"][0]["profile"] == "loihi2"
    assert document["demands"]["latency_s"] == 0.005
    explained = CliRunner().invoke(cli, [*words, "--explain", "profiles[0].total_j"])
    assert "loihi2 power.static_chip" in explained.output


def test_the_command_ends_with_1_where_no_chip_fits_and_with_2_for_a_wrong_unit() -> None:
    assert CliRunner().invoke(cli, [*WORDS, "--power", "1 nW"]).exit_code == 1
    wrong = CliRunner().invoke(cli, [*WORDS, "--power", "1 s"])
    assert wrong.exit_code == 2
    assert "s is not a unit of watt" in wrong.output


def test_a_budget_is_sorted_with_the_chips_that_fit_first() -> None:
    found = budgeted(
        network(), Demands(power_w=0.3), [hardware.load(n) for n in ("brainscales2", "loihi2")]
    )
    assert [one.fits for one in found.fits] == sorted((f.fits for f in found.fits), reverse=True)
    assert dataclasses.asdict(found.demands)["power_w"] == 0.3
