"""The reference interpreter: what a step means, in cases small enough to check by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from yuragi import noise, reference
from yuragi.dynamics import Dynamics
from yuragi.errors import UnsupportedError
from yuragi.network import Network
from yuragi.recording import Recording

RELAY = Dynamics(name="relay", equations="y = i", ports=("i",), output="y")
PULSE = Dynamics(name="pulse", equations="y = i", ports=("i",), threshold="y > 0.5")


def run(net: Network, steps: int, trials: int = 1) -> Recording:
    return reference.run(net.graph(), steps=steps, trials=trials)


def alone(
    unit: Dynamics, values: Sequence[float], *, steps: int | None = None, **options: Any
) -> Recording:
    """One unit that is stimulated, with everything probed."""
    net = Network(seed=5)
    net.population("c", 1, unit, **options)
    if unit.ports:
        net.stimulate("c", np.array(values, dtype=float)[:, None], port=unit.ports[0])
    for variable in unit.system.variables:
        net.probe("c", variable)
    if unit.spiking:
        net.probe("c", "spikes")
    return run(net, steps or len(values))


def trace(recording: Recording, variable: str, population: str = "c") -> list[float]:
    values: list[float] = recording.trace(population, variable)[:, 0].tolist()
    return values


def spikes(recording: Recording, population: str = "c") -> list[int]:
    return [int(step) for step in np.flatnonzero(recording.spikes(population)[:, 0])]


@pytest.mark.parametrize("delay", [0, 1, 2, 5])
def test_what_is_sent_in_a_step_arrives_delay_steps_later(delay: int) -> None:
    net = Network()
    net.population("a", 1, RELAY)
    net.population("b", 1, RELAY)
    net.project("a", "b", weights=[[2.0]], port="i", delay=delay)
    net.stimulate("a", [[1.0], [0.0], [3.0]], port="i")
    net.probe("b", "y")

    received = trace(run(net, 9), "y", "b")

    assert received == [0.0] * delay + [2.0, 0.0, 6.0] + [0.0] * (6 - delay)


def test_zero_delays_pass_through_many_populations_in_one_step() -> None:
    net = Network()
    for name in "abcd":
        net.population(name, 1, RELAY)
    for source, target in ("cb", "ba", "dc"):
        net.project(source, target, weights=[[2.0]], port="i", delay=0)
    net.stimulate("d", [[1.0]], port="i")
    net.probe("a", "y")

    assert trace(run(net, 2), "y", "a") == [8.0, 0.0]


def test_each_synapse_may_have_its_own_delay() -> None:
    net = Network()
    net.population("a", 2, RELAY)
    net.population("b", 1, RELAY)
    net.project("a", "b", weights=[[1.0, 10.0]], port="i", delay=[[1, 3]])
    net.stimulate("a", [[1.0, 1.0]], port="i")
    net.probe("b", "y")

    assert trace(run(net, 5), "y", "b") == [0.0, 1.0, 0.0, 10.0, 0.0]


def test_weights_lead_from_columns_to_rows() -> None:
    net = Network()
    net.population("a", 2, RELAY)
    net.population("b", 3, RELAY)
    net.project("a", "b", weights=[[1, 0], [0, 20], [300, 4000]], port="i")
    net.stimulate("a", [[1.0, 2.0]], port="i")
    net.probe("b", "y")

    assert run(net, 2).trace("b", "y")[1].tolist() == [1.0, 40.0, 8300.0]


def test_projections_and_stimuli_of_a_port_add_up() -> None:
    net = Network()
    net.population("a", 1, RELAY)
    net.population("b", 1, RELAY)
    for weight in (1.0, 2.0):
        net.project("a", "b", weights=[[weight]], port="i", delay=0)
    net.stimulate("a", [[1.0]], port="i")
    for value in (10.0, 20.0):
        net.stimulate("b", [[value]], port="i")
    net.probe("b", "y")

    assert trace(run(net, 1), "y", "b") == [33.0]


def test_a_stimulus_that_is_shorter_than_the_run_adds_nothing_after_it() -> None:
    assert trace(alone(RELAY, [1.0, 2.0], steps=4), "y") == [1.0, 2.0, 0.0, 0.0]


def test_the_stimulus_of_a_step_acts_in_that_step() -> None:
    unit = Dynamics(name="u", equations="v(t+1) = v + i", ports=("i",), output="v")

    assert trace(alone(unit, [1.0, 2.0, 4.0]), "v") == [1.0, 3.0, 7.0]


def test_all_states_are_updated_from_the_old_ones() -> None:
    swap = Dynamics(
        name="swap", equations="a(t+1) = b\nb(t+1) = a + 1", output="a", initial={"b": 5.0}
    )
    found = alone(swap, [], steps=3)

    assert trace(found, "a") == [5.0, 1.0, 6.0]
    assert trace(found, "b") == [1.0, 6.0, 2.0]


def test_algebraic_lines_of_an_update_read_the_old_state_and_outputs_the_new() -> None:
    unit = Dynamics(name="u", equations="x = 2*v\nv(t+1) = x + 1", output="x", initial={"v": 1.0})
    found = alone(unit, [], steps=2)

    assert trace(found, "v") == [3.0, 7.0]
    assert trace(found, "x") == [6.0, 14.0]


COUNTER = {
    "equations": "v(t+1) = v + i",
    "ports": ("i",),
    "threshold": "v > 2",
    "reset": "v = 0",
}


def test_a_spike_is_decided_on_the_new_state_and_the_reset_follows() -> None:
    found = alone(Dynamics(name="u", **COUNTER), [1.0] * 7)

    assert spikes(found) == [2, 5]
    assert trace(found, "v") == [1.0, 2.0, 0.0, 1.0, 2.0, 0.0, 1.0]


@pytest.mark.parametrize(("condition", "first"), [("v > 2", 2), ("v >= 2", 1)])
def test_a_threshold_is_strict_where_it_is_written_so(condition: str, first: int) -> None:
    unit = Dynamics(name="u", **{**COUNTER, "threshold": condition})

    assert spikes(alone(unit, [1.0] * 4))[0] == first


def test_assignments_of_a_reset_follow_one_another() -> None:
    unit = Dynamics(
        name="u",
        equations="v(t+1) = v + i\nw(t+1) = w",
        ports=("i",),
        threshold="v > 2",
        reset="w = v; v = 0; w -= v + 1",
    )

    assert trace(alone(unit, [3.0]), "w") == [2.0]


@pytest.mark.parametrize("skipped", [0, 1, 3])
def test_a_unit_that_spiked_skips_its_refractory_steps(skipped: int) -> None:
    unit = Dynamics(name="u", **COUNTER, refractory=skipped)

    assert spikes(alone(unit, [3.0] * 12)) == list(range(0, 12, skipped + 1))


def test_a_refractory_unit_holds_its_voltage_while_its_current_goes_on() -> None:
    unit = Dynamics(
        name="u",
        equations="u(t+1) = 0.5*u + i\nv(t+1) = v + u",
        ports=("i",),
        threshold="v > 2",
        reset="v = 0",
        refractory=2,
        initial={"u": 4.0},
    )
    found = alone(unit, [0.0] * 5)

    assert trace(found, "u") == [2.0, 1.0, 0.5, 0.25, 0.125]
    assert trace(found, "v") == [0.0, 0.0, 0.0, 0.5, 0.75]


def test_input_that_arrives_at_a_refractory_unit_is_lost() -> None:
    unit = Dynamics(name="u", **COUNTER, refractory=1)

    assert trace(alone(unit, [3.0, 9.0, 1.0]), "v") == [0.0, 0.0, 1.0]


def test_a_spike_counts_as_one() -> None:
    net = Network()
    net.population("a", 1, PULSE)
    net.population("b", 1, RELAY)
    net.project("a", "b", weights=[[7.0]], port="i")
    net.stimulate("a", [[5.0], [0.25]], port="i")
    net.probe("b", "y")

    assert trace(run(net, 3), "y", "b") == [0.0, 7.0, 0.0]


def test_a_graded_unit_with_a_threshold_sends_its_value_before_the_reset() -> None:
    net = Network()
    net.population("a", 1, Dynamics(name="u", **COUNTER, output="v"))
    net.population("b", 1, RELAY)
    net.project("a", "b", weights=[[1.0]], port="i")
    net.stimulate("a", [[1.5], [1.5], [1.5]], port="i")
    net.probe("b", "y")
    net.probe("a", "spikes")
    found = run(net, 4)

    assert spikes(found, "a") == [1]
    assert trace(found, "y", "b") == [0.0, 0.0, 3.0, 0.0]


def test_a_unit_that_spikes_with_the_value_zero_resets_and_is_silent() -> None:
    unit = Dynamics(
        name="u",
        equations="v(t+1) = v + i\ny = v - 3",
        ports=("i",),
        output="y",
        threshold="v > 2",
        reset="v = 0",
    )

    net = Network()
    net.population("c", 1, unit)
    net.population("d", 1, RELAY)
    net.project("c", "d", weights=[[1.0]], port="i")
    net.stimulate("c", [[3.0], [0.0], [4.0]], port="i")
    net.probe("c", "spikes")
    net.probe("c", "v")
    found = run(net, 3)

    assert spikes(found, "c") == [2]
    assert trace(found, "v", "c") == [0.0, 0.0, 0.0]
    assert (found.counts.spikes, found.counts.messages, found.counts.synaptic_events) == (1, 1, 1)


def test_units_of_a_population_have_their_own_parameters() -> None:
    unit = Dynamics(name="u", equations="v(t+1) = k*v", output="v", parameters={"k": 1.0})
    net = Network()
    net.population("c", 3, unit, parameters={"k": [1, 2, 3]}, initial={"v": [1, 1, 2]})
    net.probe("c", "v")

    assert run(net, 2).trace("c", "v")[1].tolist() == [1.0, 4.0, 18.0]


def test_a_noise_term_is_the_draw_of_its_population_unit_step_and_trial() -> None:
    unit = Dynamics(name="u", equations="x = uniform()\ny = uniform(10, 20)", output="x")
    net = Network(seed=99)
    net.population("c", 4, unit)
    net.probe("c", "x")
    net.probe("c", "y")
    found = run(net, 3, trials=2)
    key = noise.key(99, "c")

    for step in range(3):
        x = noise.uniform(key, step=step, trials=2, size=4, draw=0)
        y = noise.uniform(key, step=step, trials=2, size=4, draw=1)
        assert np.array_equal(found.trace("c", "x")[:, step], x)
        assert np.array_equal(found.trace("c", "y")[:, step], 10 + 10 * y)


def test_a_noise_term_is_one_number_within_a_step() -> None:
    unit = Dynamics(name="u", equations="n = uniform()\nv(t+1) = n", output="v")
    found = alone(unit, [], steps=4)

    assert trace(found, "n") == trace(found, "v")


def test_normal_draws_have_their_mean_and_deviation() -> None:
    net = Network()
    net.population("c", 5_000, Dynamics(name="u", equations="x = normal(2, 3)", output="x"))
    net.probe("c", "x")
    drawn = run(net, 4).trace("c", "x")

    # five standard errors of 20,000 draws
    assert abs(drawn.mean() - 2) < 5 * 3 / drawn.size**0.5
    assert abs(drawn.std() - 3) < 5 * 3 / (2 * drawn.size) ** 0.5


def test_trials_have_their_own_stimulus_and_noise() -> None:
    net = Network()
    net.population(
        "c", 1, Dynamics(name="u", equations="y = i\nn = uniform()", ports=("i",), output="y")
    )
    net.stimulate("c", [[[1.0]], [[2.0]]], port="i")
    net.probe("c", "y")
    net.probe("c", "n")
    found = run(net, 1, trials=2)

    assert found.trace("c", "y")[:, 0, 0].tolist() == [1.0, 2.0]
    assert found.trace("c", "n")[0] != found.trace("c", "n")[1]


def test_a_probe_keeps_every_other_step_from_step_zero() -> None:
    net = Network()
    net.population("c", 1, RELAY)
    net.stimulate("c", np.arange(7.0)[:, None], port="i")
    net.probe("c", "y", every=3)

    assert trace(run(net, 7), "y") == [0.0, 3.0, 6.0]


def test_spikes_asked_for_twice_are_kept_once() -> None:
    net = Network()
    net.population("c", 1, PULSE)
    net.stimulate("c", np.ones((3, 1)), port="i")
    net.probe("c", "spikes")
    net.probe("c", "spikes")

    assert len(run(net, 3).spike_trains["c"].step) == 3


def test_counts_are_of_events_updates_and_messages() -> None:
    net = Network()
    net.population("a", 3, PULSE)
    net.population("b", 2, RELAY)
    net.project("a", "b", weights=[[1, 0, 1], [1, 0, 0]], port="i")
    net.stimulate("a", [[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], port="i")
    counts = run(net, 3).counts

    assert counts.spikes == 3 + 2 + 1
    assert counts.synaptic_events == 2 + 1
    assert counts.messages == 2
    assert counts.neuron_updates == 5 * 3
    assert counts.active_updates == 2 + 1 + 2 + 1


def test_differential_equations_are_refused_until_they_are_maps() -> None:
    net = Network(dt=0.1)
    net.population("c", 1, Dynamics(name="u", equations="dv/dt = -v", output="v"))

    with pytest.raises(UnsupportedError, match="c: discretise its differential equations first"):
        run(net, 1)


def test_a_zero_delay_within_a_longer_circle_runs_in_order() -> None:
    net = Network()
    net.population(
        "b", 1, Dynamics(name="sum", equations="v(t+1) = v + i", ports=("i",), output="v")
    )
    net.population("a", 1, Dynamics(name="add", equations="y = i + 1", ports=("i",), output="y"))
    net.project("a", "b", weights=[[1.0]], port="i", delay=0)
    net.project("b", "a", weights=[[1.0]], port="i", delay=1)
    net.probe("b", "v")

    assert trace(run(net, 4), "v", "b") == [1.0, 3.0, 7.0, 15.0]
