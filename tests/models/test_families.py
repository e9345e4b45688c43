"""Every family of models runs on every backend as the page of models says, or is refused there."""

from __future__ import annotations

import os
from itertools import takewhile
from pathlib import Path

import pytest
from click.testing import CliRunner

from yuragi.backend import backend_names
from yuragi.cli import cli
from yuragi.conformance import offered_cases, run_case
from yuragi_models.families import FAMILIES

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
EVERYTHING = "YURAGI_ALL_TARGETS" in os.environ
BY_NAME = {case.name: case for case in FAMILIES}
SOME = {
    "chip ideal": set(BY_NAME) - {"Hodgkin-Huxley, both sets", "Morris-Lecar, three sets"},
    "chip loihi2": {"cuba_lif", "Nagumo-Sato", "Hopfield in plain spikes", "quadratic assignment"},
    "chip loihi": {"cuba_lif", "Hopfield in plain spikes", "associative network"},
}


def page() -> dict[str, dict[str, str]]:
    """The outcomes of the page: column, then family."""
    _, _, text = PAGE.read_text().partition("\n| family | chip")
    lines = takewhile(lambda line: "|" in line, f"| family | chip{text}".splitlines())
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {name: {row[0]: row[k] for row in rows} for k, name in enumerate(header) if k}


def pairs() -> list[tuple[str, str]]:
    chosen = {column: set(BY_NAME) for column in page()} if EVERYTHING else SOME
    return [(column, name) for column, names in chosen.items() for name in BY_NAME if name in names]


@pytest.mark.parametrize(("column", "name"), pairs())
def test_a_family_ends_as_the_page_says(column: str, name: str) -> None:
    backend, profile = column.split()
    if backend not in backend_names():
        pytest.skip(f"{backend} is not installed")
    result = run_case(BY_NAME[name], backend, profile)

    assert result.outcome == page()[column][name], str(result)


def test_the_page_lists_every_family_on_every_backend_and_none_differs() -> None:
    assert {column.split()[0] for column in page()} == {"chip", "brian2_numpy", "lava"}
    for outcomes in page().values():
        assert list(outcomes) == list(BY_NAME)
        assert set(outcomes.values()) <= {"equal", "within", "unsupported"}


def test_the_command_runs_the_families() -> None:
    assert offered_cases() == FAMILIES
    given = ["conformance", "--models", "--backends", "chip", "--case", "Nagumo"]
    found = CliRunner().invoke(cli, given)

    assert found.exit_code == 0
    assert "Nagumo-Sato  equal" in found.output
