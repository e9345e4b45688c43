"""The detailed time: every packet over the mesh, and what it waits for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import yuragi as yg
from yuragi.errors import ModelFileError, RunError
from yuragi.io.run_folder import SavedRun, read_run, write_run
from yuragi.placement import Layout, Mesh
from yuragi.power.schedule import scheduled
from yuragi.recording import Messages, Recording

SECONDS = {"active_updates": 1.0, "messages": 1.0, "messages_in": 10.0, "hops_x": 2.0}
ROW = Layout(mesh=Mesh(width=4), used=(0, 1, 2, 3), counted=lambda: np.zeros((4, 4, 1)))


def of_one_step(*packets: tuple[int, int, int]) -> Messages:
    """Packets as (source, target, updates before), in order; target -1 is the rest of the work."""
    source, target, active = (np.array(column) for column in zip(*packets, strict=True))
    zero = np.zeros(len(packets), dtype=np.int64)
    return Messages(
        trials=1,
        first=np.array([0, len(packets)]),
        source=source,
        target=target,
        synaptic_events=zero,
        active=active,
        inactive=zero,
        spikes=zero,
    )


def took(*packets: tuple[int, int, int], buffer: int = 100) -> float:
    return float(scheduled(of_one_step(*packets), ROW, SECONDS, buffer)[0, 0])


def test_a_packet_is_made_then_flies_then_is_served() -> None:
    assert took((0, 2, 5), (0, -1, 0)) == 5 + 1 + 2 * 2 + 10


def test_a_core_serves_one_packet_after_the_other() -> None:
    assert took((0, 2, 5), (0, -1, 0), (3, 2, 5), (3, -1, 0)) == 5 + 1 + 2 * 2 + 10 + 10


def test_a_step_lasts_until_the_last_update_is_done() -> None:
    assert took((0, 0, 5), (0, -1, 90)) == 5 + 1 + 90


def test_packets_that_share_a_link_slow_each_other_down() -> None:
    # The first leaves core 0 at 1 and is served at core 1 from 3 on; the second leaves at 2 and
    # meets it on 2 of 2 links, each loaded with 1/3: it flies (2/3)/2 of 10, longer than its hop.
    assert took((0, 1, 0), (0, 1, 0), (0, -1, 0)) == pytest.approx(3 + 10 + 10)
    assert took((0, 1, 0), (0, 2, 0), (0, -1, 0)) == pytest.approx(
        2 + max(2 * 2, (2 / 3) / 3 * 10) + 10
    )
    slow = SECONDS | {"messages_in": 30.0}
    found = scheduled(of_one_step((0, 1, 0), (0, 2, 0), (0, -1, 0)), ROW, slow, 100)[0, 0]
    assert found == pytest.approx(2 + (2 / 3) / 3 * 30 + 30)


def test_a_full_buffer_holds_a_packet_back() -> None:
    # As the sixth packet to core 1 would leave, four fly on its two links, which hold 2: 4 of 2/3
    # are 2/3 of a service too much. Then four load the way out of the seventh, which holds 1, with
    # 4/3: a third of a service. The core waits with them.
    packets = (*((0, 1, 0),) * 6, (0, 0, 0), (0, -1, 100))
    assert took(*packets) == pytest.approx(7 + 100)
    assert took(*packets, buffer=1) == pytest.approx(7 + (2 / 3 + 1 / 3) * 10 + 100)


@given(
    packets=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 20)), min_size=1, max_size=30
    ),
    buffer=st.integers(1, 3),
)
@settings(deadline=None, max_examples=50)
def test_the_detailed_time_is_never_below_the_busiest_side_of_a_core(
    packets: list[tuple[int, int, int]], buffer: int
) -> None:
    ordered = [
        p for core in range(4) for p in [*(q for q in packets if q[0] == core), (core, -1, 3)]
    ]
    sending = [sum(a + (t >= 0) for s, t, a in ordered if s == core) for core in range(4)]
    receiving = [10 * sum(t == core for _, t, _ in ordered) for core in range(4)]

    found = took(*ordered, buffer=buffer)

    assert found >= max(*sending, *receiving) - 1e-9


def network() -> yg.Network:
    net = yg.Network(seed=3)
    rng = np.random.default_rng(3)
    net.population("cells", 60, "lif", parameters={"bias": rng.uniform(0.05, 0.3, 60)})
    net.project("cells", "cells", weights=rng.uniform(-0.2, 0.3, (60, 60)), port="i")
    net.probe("cells", "spikes")
    return net


@pytest.fixture(scope="module")
def recording() -> Recording:
    program = yg.compile(network(), profile=fitted(), max_units=7)
    return program.run(steps=40, trials=2, messages=True)


def fitted() -> yg.Profile:
    """Loihi with the constants of SANA-FE, in floats."""
    import dataclasses

    return dataclasses.replace(yg.profile("loihi:sanafe"), numbers=None)


def test_the_packets_of_a_run_are_its_counts(recording: Recording) -> None:
    messages, counts = recording.messages, recording.counts
    assert messages is not None
    sent = messages.target >= 0
    steps = np.repeat(np.arange(len(messages.first) - 1), np.diff(messages.first))
    shape = counts.array("spikes").shape

    def summed(core: np.ndarray, values: np.ndarray) -> np.ndarray:
        table = np.zeros((shape[0] * shape[1], shape[2]), dtype=np.int64)
        np.add.at(table, (steps[core >= 0], core[core >= 0]), values[core >= 0])
        return table.reshape(shape)

    assert counts.messages > 0
    for name, core, values in (
        ("messages", messages.source, sent.astype(int)),
        ("messages_in", messages.target, sent.astype(int)),
        ("synaptic_events", messages.target, messages.synaptic_events),
        ("active_updates", messages.source, messages.active),
        ("neuron_updates", messages.source, messages.active + messages.inactive),
        ("spikes", messages.source, messages.spikes),
    ):
        assert np.array_equal(summed(core, values), counts.array(name)), name


def test_keeping_the_packets_changes_nothing_else(recording: Recording) -> None:
    plain = yg.compile(network(), profile=fitted(), max_units=7).run(steps=40, trials=2)
    assert plain.messages is None
    assert np.array_equal(plain.spikes("cells"), recording.spikes("cells"))
    for name, array in plain.counts.arrays.items():
        assert np.array_equal(array, recording.counts.array(name)), name


def test_the_detailed_time_is_the_sum_of_its_steps(recording: Recording) -> None:
    report = yg.energy(recording, timing="detailed")
    assert report.seconds is not None
    by_step = [report.step_times(trial).per_step.sum() for trial in range(2)]
    assert report.seconds.nominal == pytest.approx(np.mean(by_step), rel=1e-9)
    simple = yg.energy(recording).seconds
    assert simple is not None
    assert simple.nominal < report.seconds.nominal


def test_a_run_takes_the_same_detailed_time_after_it_was_saved(
    recording: Recording, tmp_path: Path
) -> None:
    write_run(tmp_path / "run", SavedRun(recording=recording, model="cells"))
    found = yg.energy(read_run(tmp_path / "run").recording, timing="detailed")
    assert found.seconds == yg.energy(recording, timing="detailed").seconds


def test_packets_to_a_core_that_is_not_there_are_refused(
    recording: Recording, tmp_path: Path
) -> None:
    write_run(tmp_path / "run", SavedRun(recording=recording, model="cells"))
    path = tmp_path / "run" / "recording.npz"
    with np.load(path) as held:
        arrays = dict(held)
    arrays["messages.target"] = arrays["messages.target"] + 100
    np.savez(path, **arrays)
    with pytest.raises(ModelFileError, match=r"messages\.target: expected"):
        read_run(tmp_path / "run")


def test_the_detailed_time_needs_packets_and_a_chip_that_says_how_they_meet() -> None:
    plain = yg.compile(network(), profile=fitted()).run(steps=3)
    with pytest.raises(RunError, match=r"run\(\.\.\., messages=True\)"):
        yg.energy(plain, timing="detailed")
    other = yg.compile(network(), profile="loihi2").run(steps=3, messages=True)
    with pytest.raises(RunError, match=r"loihi2 has no detailed time: .* structure\.link_buffer"):
        yg.energy(other, timing="detailed")
    shared = yg.compile(network(), profile=fitted(), max_units=7, multicast=True)
    with pytest.raises(RunError, match="not of multicast"):
        yg.energy(shared.run(steps=3, messages=True), timing="detailed")
    with pytest.raises(RunError, match="no packets that it could keep"):
        yg.compile(network(), backend="reference").run(steps=3, messages=True)
