"""The judgement of a run: what differs is found, and named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.conformance import CASES, Case, compare, run_case
from yuragi.dynamics import Dynamics
from yuragi.network import Network
from yuragi.recording import Recording, SpikeTrain, Trace


def build() -> Network:
    unit = Dynamics(
        name="unit", equations="v(t+1) = 0.5*v + 0.3", threshold="v > 0.5", reset="v = 0"
    )
    net = Network()
    net.population("cells", 3, unit)
    net.probe("cells", "spikes")
    net.probe("cells", "v")
    return net


CASE = Case(name="case", build=build, steps=10, trials=2)
KEY = ("cells", "v")


def recording() -> Recording:
    return compile_network(build(), backend="reference").run(steps=10, trials=2)


def changed(by: float, *places: tuple[int, int, int]) -> Recording:
    found = recording()
    values = found.traces[KEY].values.copy()
    for place in places:
        values[place] += by
    return replace(found, traces={KEY: Trace(values=values)})


def test_a_recording_equals_itself() -> None:
    assert compare(CASE, recording(), recording()).outcome == "equal"


def test_the_first_place_that_differs_is_named() -> None:
    result = compare(CASE, recording(), changed(1.0, (0, 7, 1), (1, 4, 2)))

    assert result.outcome == "differs"
    assert str(result.first) == "cells.v, unit 2, step 4, trial 1"
    assert not result.passed


def test_one_bit_differs_where_no_tolerance_is_given() -> None:
    assert compare(CASE, recording(), changed(1e-16, (0, 0, 0))).outcome == "differs"


def test_a_difference_within_the_tolerance_is_said_to_be_within() -> None:
    case = replace(CASE, relative=1e-6)

    assert compare(case, recording(), changed(1e-8, (0, 3, 0))).outcome == "within"
    assert compare(case, recording(), changed(1e-5, (0, 3, 0))).outcome == "differs"


def test_a_spike_that_is_missing_is_found() -> None:
    wanted = recording()
    train = wanted.spike_trains["cells"]
    short = SpikeTrain(size=3, trial=train.trial[:-1], step=train.step[:-1], unit=train.unit[:-1])

    result = compare(CASE, wanted, replace(wanted, spike_trains={"cells": short}))

    assert result.first is not None
    assert result.first.variable == "spikes"


def test_a_value_that_is_not_a_number_is_no_match_for_a_number() -> None:
    assert compare(replace(CASE, relative=1.0), recording(), changed(np.nan, (0, 0, 0))).first


def test_a_chaotic_case_may_differ_after_its_horizon_while_the_mean_holds() -> None:
    case = replace(CASE, horizon=4, mean=0.1)

    assert compare(case, recording(), changed(1e-3, (0, 4, 0))).passed
    assert not compare(case, recording(), changed(1e-3, (0, 3, 0))).passed
    assert not compare(case, recording(), changed(50.0, (0, 4, 0))).passed


def test_what_a_profile_cannot_express_is_unsupported_with_the_reason() -> None:
    graded = next(case for case in CASES if case.name == "graded tanh")

    result = run_case(graded, "chip", "loihi")

    assert (result.outcome, result.passed) == ("unsupported", False)
    assert "it sends values; the chip sends binary spikes" in result.reason


def test_no_case_is_silent() -> None:
    for case in CASES:
        run = compile_network(case.build(), backend="reference").run(
            steps=case.steps, trials=case.trials
        )
        assert run.counts.synaptic_events > 0, case.name


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_case_is_the_same_network_each_time(case: Case) -> None:
    first, second = case.build().graph(), case.build().graph()

    assert first.seed == second.seed
    for one, other in zip(first.edges, second.edges, strict=True):
        assert np.array_equal(one.weights.values(), other.weights.values())
