"""Brian2 passes the conformance cases on its three targets, and the page says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from yuragi.backend import find_backend
from yuragi.conformance import CASES, Case, run_case
from yuragi.errors import DependencyError

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"
EVERYTHING = "YURAGI_ALL_TARGETS" in os.environ
SOME = {
    "brian2": ("lif, refractory", "noise", "chaotic neurons", "cubic equations, rk4"),
    "brian2_numpy": tuple(case.name for case in CASES),
    "brian2_standalone": ("lif, refractory", "noise"),
}
BY_NAME = {case.name: case for case in CASES}


def needs(backend: str) -> None:
    """Skip where the backend, or what it needs, is not installed."""
    try:
        find_backend(backend)
    except DependencyError as missing:
        pytest.skip(str(missing))


def table() -> dict[str, dict[str, str]]:
    """The outcomes of the page: column -> case -> outcome."""
    _, _, text = PAGE.read_text().partition("## Conformance")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    header, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    rows = [row for row in rows if row[0] in BY_NAME]
    return {column: {row[0]: row[k] for row in rows} for k, column in enumerate(header) if k > 0}


def pairs() -> list[tuple[str, str]]:
    return [
        (backend, case.name)
        for backend, chosen in SOME.items()
        for case in CASES
        if EVERYTHING or case.name in chosen
    ]


@pytest.mark.parametrize(("backend", "name"), pairs())
def test_a_case_ends_on_a_target_as_the_page_says(backend: str, name: str) -> None:
    needs(backend)

    result = run_case(BY_NAME[name], backend)

    assert result.outcome == table()[f"{backend} ideal"][name], str(result)
    if result.outcome == "unsupported":
        assert result.reason in PAGE.read_text()


def test_the_page_lists_every_case_and_every_target() -> None:
    listed = table()

    assert {f"{backend} ideal" for backend in SOME} <= listed.keys()
    for column in listed.values():
        assert list(column) == [case.name for case in CASES]


@pytest.mark.parametrize("profile", ["ideal", "loihi", "loihi2"])
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_page_is_right_about_the_emulated_chip(case: Case, profile: str) -> None:
    assert run_case(case, "chip", profile).outcome == table()[f"chip {profile}"][case.name]
