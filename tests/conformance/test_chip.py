"""The emulated chip passes every conformance case."""

from __future__ import annotations

import pytest

from yuragi.conformance import CASES, Case, run_case

EVERY = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
LOIHI_HAS = {
    "lif, dense",
    "lif, sparse",
    "lif, refractory",
    "cuba_lif",
    "cuba_lif, refractory",
    "convolution and pooling",
    "a delay for each synapse",
    "parameters and states of each unit",
    "several trials",
    "a stimulus shorter than the run",
}

KINDS = {
    "lif, sparse",
    "cuba_lif, refractory",
    "chain with delays",
    "several projections to a port",
    "noise",
    "parameters and states of each unit",
    "cubic equations, euler",
    "graded with a threshold",
}


@EVERY
def test_floats_are_those_of_the_reference(case: Case) -> None:
    result = run_case(case, "chip")

    assert result.outcome == "equal" or (result.outcome == "within" and case.relative), str(result)


@EVERY
def test_integers_of_a_programmable_chip_are_those_of_the_reference(case: Case) -> None:
    result = run_case(case, "chip", "loihi2")

    assert result.outcome == "equal", str(result)


@EVERY
def test_integers_of_a_fixed_function_chip_are_those_of_the_reference(case: Case) -> None:
    result = run_case(case, "chip", "loihi")

    assert result.outcome == ("equal" if case.name in LOIHI_HAS else "unsupported"), str(result)


@pytest.mark.parametrize("case", [c for c in CASES if c.name in KINDS], ids=lambda case: case.name)
def test_integers_of_one_format_are_those_of_the_reference(case: Case) -> None:
    result = run_case(case, "chip", "spinnaker2")

    assert result.outcome == "equal", str(result)
