"""Reports: every figure has a trace, and where verdicts turn is where totals are equal."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import yuragi as yg
from yuragi import hardware
from yuragi.cli import cli
from yuragi.errors import RunError
from yuragi.io.run_folder import SavedRun, write_run
from yuragi.planning.estimate import Estimate
from yuragi.power import price
from yuragi.power.band import Band
from yuragi.power.bill import bill
from yuragi.power.break_even import break_even, busier
from yuragi.power.digital import DigitalReport
from yuragi.power.report import EnergyReport
from yuragi.power.sensitivity import repriced, tornado, with_constant
from yuragi.power.statement import Statement, statement
from yuragi.power.statement_parts import Facts, Solution
from yuragi.power.tornado_figure import tornado_figure
from yuragi.power.trace import Trace, explain, figures
from yuragi.power.tracing import traces_of
from yuragi_models.units import UNITS

LEAVES = {"count", "constant", "given"}


@cache
def recording(profile: str = "loihi2") -> yg.Recording:
    draw = np.random.default_rng(3)
    net = yg.Network(seed=1)
    net.population("cells", 300, UNITS["cuba_lif"], parameters={"bias": 0.15})
    weights = (draw.random((300, 300)) < 0.1) * draw.uniform(-0.1, 0.1, (300, 300))
    net.project("cells", "cells", weights=weights, port="i")
    return yg.compile(net, profile=profile, dt=1e-3).run(steps=60, trials=2)


@cache
def counted(profile: str = "loihi2") -> EnergyReport:
    return yg.energy(recording(profile), accuracy=0.97)


@cache
def guessed(profile: str) -> Estimate:
    return yg.estimate(neurons=2000, synapses=1e5, rate_hz=40, profile=profile, steps=50)


def digital(machine: str, **changes: Any) -> DigitalReport:
    return price(yg.baseline.mlp([64, 100, 10], accuracy=0.96, **changes), yg.profile(machine))


def whole() -> Statement:
    facts = Facts(task="t", solution=Solution(gap=0.01, inferences=20, tracker_w=0.1))
    return statement(counted(), [digital("cortex_m4"), digital("a100", batch=8)], facts=facts)


CHIPS = ["loihi", "loihi2", "truenorth", "odin", "xylo_audio2", "brainscales2", "dynap_se2"]
MACHINES = [name for name in hardware.names() if hardware.load(name).kind == "digital"]
REPORTS: dict[str, Any] = {
    "a run on loihi2": counted,
    "a run on loihi": lambda: counted("loihi"),
    "a run held to a tick": lambda: yg.energy(recording(), tick_s=1e-3),
    "a comparison": lambda: yg.compare(counted(), yg.baseline.mlp([8, 4]), ["cortex_m4", "a100"]),
    "a tornado": lambda: tornado(counted()),
    "a whole report": whole,
    **{f"an estimate on {name}": (lambda name=name: guessed(name)) for name in CHIPS},
    **{f"a baseline on {name}": (lambda name=name: digital(name)) for name in MACHINES},
}


def traces(report: Any) -> Mapping[str, Trace]:
    return (
        traces_of(report) if isinstance(report, (EnergyReport, DigitalReport)) else report.traces()
    )


def same(one: Band, other: Band) -> bool:
    pairs = ((one.low, other.low), (one.nominal, other.nominal), (one.high, other.high))
    return all(abs(a - b) <= 1e-9 * max(abs(a), abs(b)) for a, b in pairs)


@pytest.mark.parametrize("kind", REPORTS)
def test_every_figure_of_a_report_has_a_trace_that_adds_up_to_it(kind: str) -> None:
    report = REPORTS[kind]()
    found = dict(figures(report.as_dict()))
    known = traces(report)
    assert len(found) > 5
    assert set(found) == set(known)
    for place, value in found.items():
        assert same(known[place].value, value), place
        assert same(known[place].recomputed(), value), place


@pytest.mark.parametrize("kind", REPORTS)
def test_every_trace_ends_at_counts_constants_with_sources_or_given_numbers(kind: str) -> None:
    def walk(trace: Trace) -> None:
        if not trace.parts:
            # only a model may stand without parts, and then says its formula
            assert trace.rule in LEAVES or trace.note or trace.value.high == 0, trace.name
        if trace.rule in {"count", "constant"}:
            assert trace.note, trace.name
        if trace.rule == "constant":
            assert ", " in trace.note
            assert "; " in trace.note
        for part in trace.parts:
            walk(part)

    for trace in traces(REPORTS[kind]()).values():
        walk(trace)


def test_figures_finds_a_number_that_has_no_trace() -> None:
    document = {**counted().as_dict(), "invented_j": 3.0}
    assert set(dict(figures(document))) - set(traces(counted())) == {"invented_j"}


def test_explain_names_the_constant_and_its_source() -> None:
    text = explain(traces(counted()), "total_j")
    assert "loihi2 energy.synaptic_events = 25.0 [23.0, 60.0] pJ" in text
    assert "fitted, marginal, low confidence" in text
    assert "pilotnet_snn/benchmark.ipynb" in text
    assert "counted in the run" in text


def test_explain_refuses_a_figure_that_is_not_there_and_names_the_nearest() -> None:
    with pytest.raises(RunError, match=r"no figure 'total'; did you mean total_j"):
        explain(traces(counted()), "total")


def test_a_tornado_moves_the_total_as_the_constant_does() -> None:
    report = counted()
    swing = next(s for s in tornado(report).swings if s.name == "loihi2 power.static_chip")
    assert report.seconds is not None
    band = report.profile.power["static_chip"]
    moved = (band.high - band.low) * report.seconds.nominal
    assert swing.size == pytest.approx(moved, rel=1e-9)


def test_a_tornado_puts_the_constant_that_matters_most_on_top() -> None:
    swings = tornado(counted()).swings
    sizes = [swing.size for swing in swings]
    assert sizes == sorted(sizes, reverse=True)
    report = counted()
    assert report.total_j is not None
    name = swings[0].name.partition(" ")[2]
    sharp = repriced(report, with_constant(report.profile, name, swings[0].constant.high))
    assert sharp.total_j is not None
    assert sharp.total_j.nominal == swings[0].at_high


def test_a_tornado_of_a_digital_machine_varies_its_constants() -> None:
    assert {s.name for s in tornado(digital("cortex_m4")).swings} >= {"cortex_m4 power.active"}


def test_the_tornado_figure_has_a_pair_of_bars_for_each_constant() -> None:
    found = tornado(counted())
    axes = tornado_figure(found).axes[0]
    assert len(axes.patches) == 2 * len(found.swings)
    assert axes.get_yticklabels()[-1].get_text().startswith(found.swings[0].name)


def line(chip: EnergyReport, baseline: DigitalReport, quantity: str) -> Any:
    found = break_even(chip, baseline)
    return next(one for one in found.lines if one.quantity == quantity)


def total(report: Any) -> float:
    assert report.total_j is not None
    return float(report.total_j.nominal)


def baseline_between(chip: EnergyReport) -> DigitalReport:
    """A machine that costs somewhat more than the chip, so that activity can make it equal."""
    base = digital("cortex_m4")
    factor = 1.3 * total(chip) / total(base)
    changed = base.profile
    for name, constant in base.profile.power.items():
        changed = with_constant(changed, f"power.{name}", constant.value * factor)
    found = repriced(base, changed)
    assert isinstance(found, DigitalReport)
    return found


def test_at_the_activity_of_break_even_both_cost_the_same() -> None:
    chip = counted()
    baseline = baseline_between(chip)
    at = line(chip, baseline, "activity").at
    assert at is not None
    assert at > 1
    there = bill(busier(chip.census, at), chip.profile)
    assert total(there) == pytest.approx(total(baseline), rel=1e-6)


def test_at_the_static_share_of_break_even_both_cost_the_same() -> None:
    chip = counted()
    baseline = baseline_between(chip)
    share = line(chip, baseline, "static_share").at
    assert chip.dynamic_j is not None
    assert chip.static_j is not None
    assert chip.dynamic_j.nominal + share * chip.static_j.nominal == pytest.approx(
        total(baseline), rel=1e-9
    )


def test_the_batch_of_break_even_is_the_first_that_turns_the_verdict() -> None:
    chip, baseline = counted(), digital("a100")
    at = line(chip, baseline, "batch").at
    assert at is not None
    ours = total(chip)
    before, after = (digital("a100", batch=int(at) - 1), digital("a100", batch=int(at)))
    assert total(before) > ours >= total(after)


def test_a_verdict_is_open_where_bands_overlap() -> None:
    chip = counted()
    near = baseline_between(chip)
    assert break_even(chip, near).verdict == "undecided"
    tiny = price(yg.baseline.mlp([4, 2]), yg.profile("cortex_m4"))
    assert break_even(chip, tiny).verdict == "baseline"


def test_a_dynamic_power_below_the_meter_is_not_resolved() -> None:
    blind = dataclasses.replace(
        counted(),
        profile=with_constant(counted().profile, "power.meter_resolution", 1e3),
    )
    assert not blind.resolved
    assert "below what its meters resolve" in str(break_even(blind, digital("cortex_m4")))
    assert "not resolved" in str(statement(blind))


def test_a_report_without_a_total_has_no_verdict() -> None:
    with pytest.raises(RunError, match="has no total to compare"):
        break_even(guessed("dynap_se2").report, digital("cortex_m4"))
    assert "no total, so nothing to vary" in str(statement(guessed("dynap_se2").report))


def test_a_whole_report_has_every_section_in_text_and_markdown() -> None:
    found = whole()
    for title in (
        "Task",
        "Batch",
        "Boundary",
        "Power and energy of one inference",
        "Time of one inference",
        "Activity of one inference",
        "How it was obtained",
        "Constants",
        "Optimisation",
        "What would overturn it",
    ):
        assert title in str(found)
        assert f"## {title}\n" in found.markdown()
    assert "counted in 2 emulated inference(s)" in str(found)
    assert "no meter was read" in str(found)


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    write_run(tmp_path / "run", SavedRun(recording=recording(), model="cells"))
    return tmp_path / "run"


def test_the_report_command_writes_three_formats_and_a_tornado(run_folder: Path) -> None:
    words = ["report", str(run_folder), "--baseline", "mlp:64-100-10@0.96", "--profiles", "a100"]
    picture = run_folder.parent / "tornado.png"
    text = CliRunner().invoke(cli, [*words, "--tornado", str(picture)])
    assert text.exit_code == 0, text.output
    assert "activity: equal at" in text.output or "activity: if every unit" in text.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    markdown = CliRunner().invoke(cli, [*words, "--format", "markdown"]).stdout
    assert markdown.startswith("# cells on Intel Loihi 2")
    document = json.loads(CliRunner().invoke(cli, [*words, "--format", "json"]).stdout)
    assert document["report"]["total_j"]["nominal"] == total(yg.energy(recording()))


@pytest.mark.parametrize(
    "words",
    [
        ["report", "RUN", "--explain", "report.total_j"],
        ["energy", "RUN", "--explain", "total_j"],
        ["compare", "RUN", "--explain", "rows[0].total_j"],
        ["estimate", "--neurons", "9", "--synapses", "9", "--rate-hz", "1", "--profiles", "loihi2",
         "--explain", "estimates[0].total_j"],
    ],
)  # fmt: skip
def test_explain_traces_a_total_on_the_command_line(run_folder: Path, words: list[str]) -> None:
    place = [str(run_folder) if word == "RUN" else word for word in words]
    text = CliRunner().invoke(cli, place)
    assert text.exit_code == 0, text.output
    assert "loihi2 power.static_chip = 0.257 [0.232, 0.282] W" in text.output
    document = json.loads(CliRunner().invoke(cli, [*place, "--json"]).stdout)
    assert document[words[-1]]["rule"] == "sum"
