"""Values that arrive late, on the three targets; counts and joules of a run."""

from __future__ import annotations

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.backend import find_backend
from yuragi.dynamics import Dynamics
from yuragi.errors import RunError
from yuragi.network import Network
from yuragi.power import energy
from yuragi.recording import COUNTS

pytest.importorskip("yuragi_brian2", reason="Brian2 is not installed", exc_type=ImportError)

WAVE = Dynamics(
    name="wave",
    equations="x(t+1) = 0.9*x + i + 0.1*uniform()",
    ports=("i",),
    output="x",
)
SPIKES = Dynamics(
    name="spikes", equations="v(t+1) = 0.9*v + i + b", ports=("i",), threshold="v > 1",
    reset="v = 0", refractory=1, parameters={"b": 0.2},
)  # fmt: skip


def late(*delays: int) -> Network:
    net = Network(seed=4, dt=1e-3)
    net.population("from", 3, WAVE)
    net.population("to", 2, WAVE)
    rng = np.random.default_rng(1)
    for delay in delays:
        net.project("from", "to", weights=rng.normal(0, 0.1, (2, 3)), port="i", delay=delay)
    net.probe("to", "x")
    return net


@pytest.mark.parametrize(
    ("backend", "profile"),
    [
        ("brian2_numpy", "ideal"),
        ("brian2", "ideal"),
        ("brian2_standalone", "ideal"),
        ("brian2_numpy", "loihi2"),
    ],
)
def test_a_graded_value_may_be_hundreds_of_steps_late(backend: str, profile: str) -> None:
    find_backend(backend)
    delays = (2, 500) if profile == "ideal" else (2, 60)
    wanted, found = (
        compile_network(late(*delays), backend=b, profile=profile).run(steps=600, trials=2)
        for b in ("reference", backend)
    )
    expected, values = wanted.trace("to", "x"), found.trace("to", "x")

    if expected.dtype.kind == "i":
        assert np.array_equal(values, expected)
    assert np.abs(values - expected).max() < 1e-12 * np.abs(expected).max()


def test_two_runs_of_one_program_do_not_share_what_was_sent() -> None:
    program = compile_network(late(90), backend="brian2")

    first, second = (program.run(steps=120).trace("to", "x") for _ in range(2))
    assert np.array_equal(first, second)


def pair(profile_fits: bool = True) -> Network:
    net = Network(seed=2, dt=1e-3)
    net.population("a", 6, SPIKES, parameters={"b": np.linspace(0.0, 0.3, 6)})
    net.project("a", "a", weights=np.eye(6, k=1) - np.eye(6, k=2), port="i", delay=2)
    if not profile_fits:
        net.population("b", 9000, SPIKES)
    net.probe("a", "spikes")
    return net


@pytest.mark.parametrize(
    ("backend", "profile"),
    [
        ("brian2_numpy", "ideal"),
        ("brian2_numpy", "loihi2"),
        ("brian2", "ideal"),
        ("brian2_standalone", "loihi2"),
    ],
)
def test_every_count_is_that_of_the_chip_in_every_step(backend: str, profile: str) -> None:
    find_backend(backend)
    wanted, found = (
        compile_network(pair(), backend=b, profile=profile).run(steps=40, trials=2)
        for b in ("chip", backend)
    )

    assert 0 < wanted.counts.active_updates < wanted.counts.neuron_updates
    for name in COUNTS:
        assert np.array_equal(wanted.counts.array(name), found.counts.array(name)), name


def test_a_run_on_brian2_in_a_chips_integers_has_the_chips_joules() -> None:
    wanted, found = (
        energy(compile_network(pair(), backend=b, profile="loihi2").run(steps=40))
        for b in ("chip", "brian2_numpy")
    )

    assert wanted.total_j.nominal > 0
    assert str(found) == str(wanted)


def test_a_network_on_several_cores_has_no_joules_on_brian2_and_the_log_says_why() -> None:
    program = compile_network(pair(profile_fits=False), backend="brian2_numpy", profile="loihi2")

    assert "counts stand on one core" in str(program.log[-1])
    with pytest.raises(RunError, match="without a profile"):
        energy(program.run(steps=2))
