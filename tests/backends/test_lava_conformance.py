"""Lava passes the conformance cases in floats and in integers, and the page says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from yuragi.conformance import CASES, run_case

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"
EVERYTHING = "YURAGI_ALL_TARGETS" in os.environ
SOME = {
    "ideal": ("lif, refractory", "a delay for each synapse", "convolution and pooling", "noise"),
    "loihi": ("lif, sparse", "lif, refractory", "convolution and pooling"),
    "loihi2": ("chain with delays", "graded with a threshold"),
}
BY_NAME = {case.name: case for case in CASES}
pytestmark = pytest.mark.usefixtures("lava")


def column(profile: str) -> dict[str, str]:
    """The outcomes of the page for a profile."""
    _, _, text = PAGE.read_text().partition("## Conformance")
    header, *rows = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ")
    )
    place = header.index(f"lava {profile}")
    return {row[0]: row[place] for row in rows if row[0] in BY_NAME}


def pairs() -> list[tuple[str, str]]:
    return [
        (profile, case.name)
        for profile, chosen in SOME.items()
        for case in CASES
        if EVERYTHING or case.name in chosen
    ]


@pytest.mark.parametrize(("profile", "name"), pairs())
def test_a_case_ends_as_the_page_says(profile: str, name: str) -> None:
    result = run_case(BY_NAME[name], "lava", profile)

    assert result.outcome == column(profile)[name], str(result)


@pytest.mark.parametrize("profile", SOME)
def test_the_page_lists_every_case(profile: str) -> None:
    assert list(column(profile)) == [case.name for case in CASES]
    assert "differs" not in column(profile).values()
