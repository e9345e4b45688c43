"""The emulated chip passes every conformance case."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from yuragi import hardware
from yuragi.conformance import CASES, Case, run_case
from yuragi.hardware import load

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"
EVERYTHING = "YURAGI_ALL_TARGETS" in os.environ
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
    "integrate and fire",
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


def page() -> dict[str, dict[str, str]]:
    """What the page says of the other chips: column -> case -> outcome."""
    text, _, _ = PAGE.read_text().partition("\n## Conformance")
    _, _, text = text.partition("**Other chips**")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {column: {row[0]: row[k] for row in rows} for k, column in enumerate(header) if k > 0}


def cells() -> Iterator[tuple[str, Case]]:
    """Every case on the chips of one neuron, those that differ in kind on the programmable one."""
    for profile in ("spinnaker2", "truenorth", "xylo_audio2", "odin"):
        for case in CASES:
            if EVERYTHING or profile != "spinnaker2" or case.name in KINDS:
                yield profile, case


@pytest.mark.parametrize(
    ("profile", "case"), list(cells()), ids=lambda one: getattr(one, "name", one)
)
def test_integers_of_other_chips_are_those_of_the_reference_where_the_page_says_so(
    profile: str, case: Case
) -> None:
    result = run_case(case, "chip", profile)

    assert result.outcome == page()[f"chip {profile}"][case.name], str(result)


def test_every_chip_that_is_emulated_is_on_the_page() -> None:
    chips = {name for name in hardware.names() if load(name).kind == "neuromorphic"}
    emulated = {name for name in chips if load(name).numbers and not load(name).not_emulated}

    assert page().keys() == {f"chip {name}" for name in emulated - {"loihi", "loihi2"}}
    assert all(list(column) == [case.name for case in CASES] for column in page().values())
