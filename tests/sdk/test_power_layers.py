"""Layers of conventional networks: what each computes and moves, and where it lies."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuragi import hardware
from yuragi.errors import GraphError, ProfileError
from yuragi.hardware import Constant, Profile
from yuragi.power import baseline, price

small = st.integers(1, 12)
DIGITAL = [name for name in hardware.names() if hardware.load(name).kind == "digital"]


def brute_macs(shape, channels, kernel, stride, padding, dilation, groups) -> int:
    """Every product of a one-dimensional convolution, counted one by one."""
    taken, length = 0, shape[1]
    start = -padding
    while start + dilation * (kernel - 1) <= length - 1 + padding:
        taken += channels * (shape[0] // groups) * kernel
        start += stride
    return taken


@given(small, small, st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3))
def test_a_convolution_counts_every_product(
    channels: int, half: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    shape = (2 * channels, 16)
    layer = baseline.conv(
        shape, 2 * half, kernel, stride=stride, padding=padding, dilation=dilation, groups=2
    )
    assert layer.macs == brute_macs(shape, 2 * half, kernel, stride, padding, dilation, 2)


def test_a_depthwise_convolution_has_a_kernel_for_each_channel() -> None:
    layer = baseline.conv((32, 112, 112), 32, 3, padding=1, groups=32, bias=False)
    assert layer.macs == 32 * 112 * 112 * 9
    assert layer.parameters == 32 * 9
    assert layer.outputs == 32 * 112 * 112


def test_a_dense_layer_is_a_convolution_of_one_tap() -> None:
    one = baseline.conv((64, 10), 100, 1)
    other = baseline.dense(64, 100, positions=10)
    assert dataclasses.replace(one, kind="dense") == other


@pytest.mark.parametrize(
    ("layer", "gates"), [(baseline.rnn, 1), (baseline.gru, 3), (baseline.lstm, 4)]
)
def test_a_recurrent_layer_has_two_products_and_two_biases_a_gate(layer, gates: int) -> None:
    found = layer(40, 128, steps=10)
    assert found.macs == 10 * gates * 128 * (40 + 128)
    assert found.parameters == gates * 128 * (40 + 128 + 2)
    both = layer(40, 128, steps=10, bidirectional=True)
    assert (both.macs, both.parameters) == (2 * found.macs, 2 * found.parameters)


def test_a_recurrent_layer_reads_its_recurrent_weights_in_every_step() -> None:
    one, ten = (baseline.gru(40, 128, steps=steps) for steps in (1, 10))
    recurrent = 3 * 128 * (128 + 2)
    assert ten.parameter_reads(1) - one.parameter_reads(1) == 9 * recurrent
    assert ten.parameter_reads(5) == ten.parameter_reads(1) / 5


def test_an_attention_layer_counts_projections_scores_and_mixing() -> None:
    layer = baseline.attention(tokens=128, width=768, heads=12)
    assert layer.macs == 4 * 128 * 768 * 768 + 2 * 128 * 128 * 768
    assert layer.parameters == 4 * 768 * 768 + 4 * 768


def test_a_transformer_block_has_the_parameters_of_one_in_bert_base() -> None:
    # 7,087,872 in a layer of BERT-base: Devlin et al., arXiv:1810.04805.
    layers = baseline.transformer_block(128, 768, 12, 3072)
    assert sum(layer.parameters for layer in layers) == 7_087_872


def test_an_embedding_reads_the_rows_that_it_looks_up_for_every_input() -> None:
    layer = baseline.embed(30_000, 64, tokens=5)
    assert layer.parameters == 30_000 * 64
    assert layer.parameter_reads(1) == layer.parameter_reads(8) == 5 * 64


def test_pooling_and_normalising_have_operations_and_no_products() -> None:
    pooled = baseline.pool((64, 112, 112), 3, stride=2, padding=1)
    assert (pooled.outputs, pooled.operations, pooled.macs) == (64 * 56 * 56, 64 * 56 * 56 * 9, 0)
    assert baseline.normalise(1000, 10).operations == 2000
    assert baseline.normalise(1000, 10, kind="rms").parameters == 10
    assert baseline.activate(7).operations == 7


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: baseline.conv((3, 8), 4, 9),
        lambda: baseline.conv((3,), 4, 1),
        lambda: baseline.conv((3, 8), 4, 3, groups=2),
        lambda: baseline.conv((3, 8), 4, (3, 3)),
        lambda: baseline.conv((3, 8), 4, 3, padding=-1),
        lambda: baseline.conv((3, 8), 4, 3, stride=0),
        lambda: baseline.dense(0, 4),
        lambda: baseline.dense(True, 4),
        lambda: baseline.dense(1 << 60, 4),
        lambda: baseline.lstm(4, 4, steps=0),
        lambda: baseline.attention(4, 10, 3),
        lambda: baseline.normalise(4, 4, kind="group"),
        lambda: baseline.layers([]),
    ],
)
def test_sizes_that_mean_nothing_are_refused(wrong) -> None:
    with pytest.raises(GraphError):
        wrong()


def test_a_chain_of_layers_moves_each_activation_in_and_out() -> None:
    work = baseline.layers([baseline.conv((1, 28, 28), 6, 5, padding=2), (6 * 28 * 28, 10)])
    assert work.activation_bytes == 4 * (28 * 28 + 6 * 28 * 28 + 10)
    assert work.activation_traffic == 2 * work.activation_bytes


@pytest.mark.parametrize("name", DIGITAL)
@settings(max_examples=15)
@given(sizes=st.lists(st.integers(1, 200), min_size=2, max_size=5), batch=st.integers(1, 64))
def test_a_larger_network_never_costs_less(name: str, sizes: list[int], batch: int) -> None:
    profile = hardware.load(name)
    dtype = "int8"
    if not any(f"macs_{dtype}" in part for part in (profile.energy, profile.latency)):
        dtype = "float32"
    one = price(baseline.mlp(sizes, dtype=dtype, batch=batch), profile)
    wider = price(baseline.mlp([size + 1 for size in sizes], dtype=dtype, batch=batch), profile)
    assert one.seconds is not None
    assert wider.seconds is not None
    assert one.residence == wider.residence or wider.residence.problems
    if one.total_j is not None and wider.total_j is not None:
        assert wider.seconds.nominal >= one.seconds.nominal
        assert wider.total_j.nominal >= one.total_j.nominal


def test_the_time_of_a_layer_is_the_longest_of_arithmetic_and_each_memory() -> None:
    machine = hardware.load("a100")
    work = baseline.mlp([20_000, 20_000], dtype="bfloat16", batch=1)
    report = price(work, machine)
    bytes_ = report.counts["hbm_bytes"]
    assert report.residence.parameters == "hbm"
    assert report.residence.activations == "l2"
    assert report.bound == "hbm_bytes"
    assert report.seconds is not None
    expected = bytes_ * machine.latency_of("hbm_bytes").value + machine.latency_of("layers").value
    assert report.seconds.nominal == pytest.approx(expected, rel=1e-12)


def test_every_joule_of_a_report_is_a_count_times_a_sourced_constant() -> None:
    report = price(baseline.mlp([64, 100, 10]), hardware.load("a100"))
    assert report.dynamic_j is not None
    parts = {term.name: term for term in report.terms}
    expected = sum(term.count.nominal * term.constant.value for term in report.terms)
    assert report.dynamic_j.nominal == pytest.approx(expected, rel=1e-12)
    assert set(parts) == {f"energy.{name}" for name in report.counts}
    data = report.as_dict()
    assert {term.source for term in report.terms} <= set(data["sources"])


def test_power_above_the_peak_is_said() -> None:
    machine = hardware.load("a100")
    hot = {
        **machine.power,
        "peak": dataclasses.replace(machine.power_of("peak"), value=1.0, low=1.0, high=1.0),
    }
    report = price(baseline.mlp([64, 100, 10]), dataclasses.replace(machine, power=hot))
    assert "above the machine's peak of 1.00 W" in report.notes[0]
    assert price(baseline.mlp([64, 100, 10]), machine).notes == ()


def leveled(text: str) -> str:
    return f"""\
yuragi: 1
name: small
title: a small machine
kind: digital
description: for tests
boundary: "the machine"
memories: {{near: activations, far: both}}
{text}
sources: {{book: A Book that was written in 2020}}
"""


def test_a_level_of_memory_without_a_price_is_refused_with_its_line(tmp_path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(
        leveled("energy: {near_bytes: {value: 1 pJ, basis: vendor, scope: marginal, source: book}}")
    )
    with pytest.raises(ProfileError, match=r"small.yaml, line 8, energy: energy.far_bytes is miss"):
        hardware.load(path)


def test_a_chip_of_neurons_has_no_levels(tmp_path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(leveled("").replace("kind: digital", "kind: neuromorphic"))
    with pytest.raises(ProfileError, match="line 7, memories: only a digital machine"):
        hardware.load(path)


def two_level_machine(room: int) -> Profile:
    machine = hardware.load("riscv_cluster")
    limits: dict[str, Constant] = dict(machine.limits)
    limits["l1_bytes"] = dataclasses.replace(limits["l1_bytes"], value=room, low=room, high=room)
    return dataclasses.replace(machine, limits=limits)


def test_activations_move_out_when_the_near_memory_is_too_small() -> None:
    work = baseline.mlp([64, 100, 10], dtype="int8")
    assert price(work, two_level_machine(164)).residence.activations == "l1"
    assert price(work, two_level_machine(163)).residence.activations == "l2"
