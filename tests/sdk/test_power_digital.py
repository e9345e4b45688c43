"""Digital baselines, comparisons and the figure."""

from __future__ import annotations

import dataclasses
import io
import json

import pytest

from yuragi import hardware
from yuragi.errors import GraphError, RunError, UnsupportedError
from yuragi.power import Comparison, Row, baseline, compare, price
from yuragi.power.band import Band
from yuragi.power.figure import accuracy_figure

# The keyword network of Blouw et al., arXiv:1812.01739.
KEYWORDS = baseline.mlp([390, 256, 256, 29])
DIGITS = baseline.mlp([64, 100, 10], accuracy=0.97)
CHIP_ROW = Row(
    name="reservoir",
    platform="loihi2",
    kind="neuromorphic",
    accuracy=0.95,
    dynamic_j=Band.exact(1e-6),
    static_j=Band.exact(2e-6),
    total_j=Band.exact(3e-6),
    seconds=Band.exact(1e-4),
    cores=4,
    includes="the chip",
    basis="fitted",
)


def test_a_64_100_10_mlp_has_7400_macs() -> None:
    assert DIGITS.macs == 7400


def test_an_mlp_counts_biases_and_hidden_activations() -> None:
    assert DIGITS.operations == 2 * 100 + 10
    assert DIGITS.parameter_bytes == 4 * (7400 + 110)
    assert DIGITS.activation_bytes == 4 * (64 + 100 + 10)


def test_int8_moves_a_quarter_of_the_bytes_of_float32() -> None:
    small = baseline.mlp([64, 100, 10], dtype="int8")
    assert 4 * small.memory_bytes == DIGITS.memory_bytes


def test_a_batch_shares_weights_and_launches() -> None:
    batched = baseline.mlp([64, 100, 10], batch=100)
    assert batched.memory_bytes < DIGITS.memory_bytes
    assert batched.counts()["layers"] == pytest.approx(0.02)
    assert batched.macs == DIGITS.macs


@pytest.mark.parametrize("sizes", [[], [5], [5, 0], [5, -1, 3]])
def test_an_mlp_refuses_sizes_that_are_none(sizes: list[int]) -> None:
    with pytest.raises(GraphError):
        baseline.mlp(sizes)


def test_a_workload_refuses_an_unknown_dtype() -> None:
    with pytest.raises(GraphError, match="'float8'; one of float64"):
        baseline.mlp([2, 2], dtype="float8")


def test_the_desktop_cpu_reproduces_its_measurement() -> None:
    report = price(KEYWORDS, hardware.load("desktop_cpu"))
    assert KEYWORDS.macs == 172_800
    assert report.total_j is not None
    assert report.dynamic_j is not None
    assert report.seconds is not None
    assert report.total_j.nominal == pytest.approx(28.48 / 1813.63, rel=0.01)
    assert report.dynamic_j.nominal == pytest.approx(11.47 / 1813.63, rel=0.01)
    assert report.seconds.nominal == pytest.approx(1 / 1813.63, rel=0.01)


def test_the_microcontroller_takes_two_cycles_a_float32_mac() -> None:
    report = price(KEYWORDS, hardware.load("cortex_m4"))
    assert report.seconds is not None
    assert report.seconds.nominal == pytest.approx(172_800 * 2 / 64e6, rel=0.02)
    assert report.total_j is not None
    assert report.total_j.nominal == pytest.approx(report.seconds.nominal * 20e-3, rel=1e-6)


def test_a_large_batch_brings_a_gpu_near_its_peak() -> None:
    big = baseline.mlp([4096, 4096, 4096], dtype="bfloat16", batch=4096)
    report = price(big, hardware.load("a100"))
    assert report.total_j is not None
    assert 2.2e-12 < report.total_j.nominal / big.macs < 4e-12


def test_a_small_network_on_a_gpu_costs_launches_and_idle_power() -> None:
    report = price(DIGITS, hardware.load("a100"))
    launches = next(term for term in report.terms if term.name == "energy.layers")
    assert report.dynamic_j is not None
    assert launches.joules.nominal > 0.99 * report.dynamic_j.nominal


def test_a_dtype_that_a_machine_lacks_leaves_no_total() -> None:
    report = price(DIGITS, hardware.load("edge_tpu"))
    assert report.unpriced == ("latency.macs_float32", "energy.macs_float32")
    assert report.total_j is None


def test_a_network_larger_than_the_memory_has_no_total() -> None:
    report = price(baseline.mlp([1000, 1000]), hardware.load("cortex_m4"))
    assert report.total_j is None
    assert "parameters: 4,004,000 bytes do not fit in flash of 1,048,576" in report.unpriced


def test_a_machine_without_idle_power_has_no_total() -> None:
    machine = dataclasses.replace(hardware.load("a100"), power={})
    report = price(DIGITS, machine)
    assert (report.total_j, report.unpriced) == (None, ("power.idle",))


def test_a_baseline_has_no_price_on_a_neuromorphic_chip() -> None:
    with pytest.raises(UnsupportedError, match="compile and run the network on it"):
        price(DIGITS, hardware.load("loihi2"))


def test_a_comparison_prices_each_baseline_on_each_machine() -> None:
    table = compare((), [DIGITS, KEYWORDS], ["cortex_m4", "a100"])
    assert [(row.name, row.platform) for row in table.rows] == [
        ("mlp 64-100-10 float32", "cortex_m4"),
        ("mlp 64-100-10 float32", "a100"),
        ("mlp 390-256-256-29 float32", "cortex_m4"),
        ("mlp 390-256-256-29 float32", "a100"),
    ]


def test_a_comparison_refuses_a_chip_that_nobody_ran() -> None:
    with pytest.raises(UnsupportedError, match="no report of 'loihi2'"):
        compare((), DIGITS, ["loihi2"])


def test_a_comparison_refuses_a_machine_with_nothing_to_price_on_it() -> None:
    with pytest.raises(UnsupportedError, match="no baseline is given to price on 'cortex_m4'"):
        compare((), profiles=["cortex_m4"])


def test_a_comparison_says_what_is_inside_and_why_a_total_is_missing() -> None:
    text = str(compare((), DIGITS, ["cortex_m4", "edge_tpu"]))
    assert "cortex_m4: whole microcontroller while it computes" in text
    assert "edge_tpu has no total: latency.macs_float32, energy.macs_float32" in text
    assert max(map(len, text.splitlines())) <= 140


def test_a_comparison_is_json() -> None:
    rows = json.loads(json.dumps(compare((), DIGITS, ["a100"]).as_dict()))["rows"]
    assert rows[0]["total_j"]["low"] < rows[0]["total_j"]["high"]


def test_the_figure_draws_one_bar_for_each_row_with_a_total() -> None:
    rows = (CHIP_ROW, *compare((), DIGITS, ["cortex_m4", "a100", "edge_tpu"]).rows)
    figure = accuracy_figure(Comparison(rows=rows), title="digits")
    (axes,) = figure.axes
    assert len(axes.containers) == 3
    low, high = axes.get_xlim()
    assert low < min(row.total_j.low for row in rows if row.total_j) < high
    figure.savefig(io.BytesIO(), format="png")


def test_the_figure_refuses_a_comparison_without_points() -> None:
    with pytest.raises(RunError, match="nothing to draw"):
        accuracy_figure(Comparison(rows=()))
