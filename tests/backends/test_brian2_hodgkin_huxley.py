"""Brian2's own integrators on Hodgkin and Huxley's axon with two sets of constants.

Both sides take the same steps of RK4 (0.01 ms) in another order of operations. Errors of rounding
do not grow on the cycle of repetitive firing but for a drift along it: over 0.5 s all spikes fall
into the same steps, and every state stays within 1e-11 of its largest value.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.network import Network
from yuragi.recording import Recording
from yuragi_models.analysis.excitability import Excitability
from yuragi_models.conductance import HODGKIN_HUXLEY_1952, HODGKIN_HUXLEY_ESSAY

pytest.importorskip("yuragi_brian2", reason="Brian2 is not installed", exc_type=ImportError)

LONG = pytest.mark.skipif("YURAGI_ALL_TARGETS" not in os.environ, reason="seconds of life: long")
CURRENTS = (10.0, 15.0, 20.0)
STATES = "vmhn"
AGREES = 1e-11


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a set of constants.

    near: currents about the onset of repetitive firing from rest.
    onset, onset_hertz: HH-3 and HH-4 of `yuragi_models/science/conductance.yaml`.
    hertz: at CURRENTS with exponential Euler in steps of .05 ms, HH-8 there.
    """

    unit: Dynamics
    near: tuple[float, float]
    onset: float
    onset_hertz: float
    hertz: tuple[float, ...]


SETS = {
    "1952": Known(
        unit=HODGKIN_HUXLEY_1952,
        near=(6.2, 6.32),
        onset=6.263,
        onset_hertz=50.7,
        hertz=(66.63, 76.63, 84.08),
    ),
    "essay": Known(
        unit=HODGKIN_HUXLEY_ESSAY,
        near=(8.42, 8.54),
        onset=8.484,
        onset_hertz=53.5,
        hertz=(61.73, 73.15, 80.88),
    ),
}


def run(
    unit: Dynamics,
    currents: NDArray[np.float64] | tuple[float, ...],
    backend: str,
    *,
    seconds: float,
    dt: float = 1e-5,
    every: int | None = None,
) -> Recording:
    """Axons at some currents, from the rest at none; traces of every so many steps, or none."""
    net = Network(dt=dt)
    rest = dict(zip(STATES, Excitability(unit).rest(), strict=True))
    given = {"current": np.asarray(currents)}
    net.population("cells", len(currents), unit, parameters=given, initial=rest)
    net.probe("cells", "spikes")
    for variable in STATES if every else "":
        net.probe("cells", variable, every=every or 1)
    return compile_network(net, backend=backend).run(steps=round(seconds / dt))


def spikes(recording: Recording) -> list[list[int]]:
    """The steps of the spikes of each axon."""
    train = recording.spike_trains["cells"]
    return [train.step[train.unit == unit].tolist() for unit in range(train.size)]


def hertz(steps: list[int], recording: Recording) -> float:
    """The rate in the second half of a run."""
    late = [step for step in steps if step > recording.steps / 2]
    return float(1.0 / (np.diff(late).mean() * (recording.dt or 0.0)))


def agree(wanted: Recording, found: Recording) -> None:
    assert spikes(wanted) == spikes(found)
    for variable in STATES:
        expected, values = (each.trace("cells", variable) for each in (wanted, found))
        assert np.abs(expected - values).max() < AGREES * np.abs(expected).max(), variable


@pytest.mark.parametrize("known", SETS.values(), ids=SETS)
def test_brian2s_own_rk4_gives_our_spikes_and_traces(known: Known) -> None:
    # the chip backend's floats are the reference's to the bit
    wanted, found = (
        run(known.unit, CURRENTS, backend, seconds=0.02, every=1)
        for backend in ("chip", "brian2_numpy")
    )

    assert min(len(steps) for steps in spikes(wanted)) >= 2
    agree(wanted, found)


@LONG
@pytest.mark.parametrize("known", SETS.values(), ids=SETS)
def test_spikes_and_traces_agree_for_half_a_second_of_repetitive_firing(known: Known) -> None:
    wanted, found = (
        run(known.unit, CURRENTS, backend, seconds=0.5, every=10) for backend in ("chip", "brian2")
    )

    assert min(len(steps) for steps in spikes(wanted)) >= 30
    agree(wanted, found)


@LONG
@pytest.mark.parametrize("known", SETS.values(), ids=SETS)
def test_brian2s_own_exponential_euler_fires_at_the_known_rates(known: Known) -> None:
    unit = replace(known.unit, method="exponential_euler")
    wanted, found = (
        run(unit, CURRENTS, backend, seconds=1.0, dt=5e-5, every=10)
        for backend in ("chip", "brian2")
    )

    agree(wanted, found)
    rates = [hertz(steps, found) for steps in spikes(found)]
    assert rates == pytest.approx(known.hertz, abs=0.1)


@LONG
@pytest.mark.parametrize("known", SETS.values(), ids=SETS)
def test_repetitive_firing_begins_at_the_same_current_to_four_decimals(known: Known) -> None:
    """To fire for a second is to spike in its last 50 ms, as long as a cycle and more.

    Three times a finer grid of currents: spike counts are equal at every one of them, also where
    an axon fires twenty times before it falls silent.
    """
    low, high = known.near
    for _ in range(3):
        currents = np.linspace(low, high, 13)
        wanted, found = (
            run(known.unit, currents, backend, seconds=1.0) for backend in ("chip", "brian2")
        )
        counts = [[len(steps) for steps in spikes(each)] for each in (wanted, found)]
        assert counts[0] == counts[1]
        lasting = [steps[-1] > 0.95 * found.steps for steps in spikes(found)]
        assert lasting == sorted(lasting)
        assert not lasting[0]
        first = lasting.index(True)
        low, high = currents[first - 1], currents[first]

    assert high - low < 1e-4
    assert high == pytest.approx(known.onset, abs=0.005)
    assert hertz(spikes(found)[first], found) == pytest.approx(known.onset_hertz, abs=1.0)
