"""Brian2 passes the conformance cases on its three targets and profiles, as the page says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from yuragi.backend import find_backend
from yuragi.conformance import CASES, Case, run_case
from yuragi.errors import DependencyError

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"
EVERYTHING = "YURAGI_ALL_TARGETS" in os.environ
PROFILES = ("ideal", "loihi", "loihi2")
INTEGERS = ("cuba_lif, refractory", "a delay for each synapse", "several trials")
SOME = {
    ("brian2", "ideal"): ("lif, refractory", "noise", "chaotic neurons", "cubic equations, rk4"),
    ("brian2", "loihi"): ("cuba_lif, refractory",),
    ("brian2", "loihi2"): ("chaotic neurons", "noise"),
    ("brian2_numpy", "ideal"): tuple(case.name for case in CASES),
    ("brian2_numpy", "loihi"): (*INTEGERS, "graded tanh"),
    ("brian2_numpy", "loihi2"): (
        *INTEGERS, "graded tanh", "chaotic neurons", "noise", "zero delay chain",
        "chain with delays", "convolution and pooling", "graded with a threshold",
        "plasticity, pair_stdp", "plasticity, rewarded",
    ),
    ("brian2_standalone", "ideal"): ("noise",),
    ("brian2_standalone", "loihi"): ("graded tanh",),
    ("brian2_standalone", "loihi2"): ("plasticity, rewarded",),
}  # fmt: skip
BACKENDS = ("brian2", "brian2_numpy", "brian2_standalone")
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


def chosen() -> list[tuple[str, str, str]]:
    return [
        (backend, profile, case.name)
        for backend in BACKENDS
        for profile in PROFILES
        for case in CASES
        if EVERYTHING or case.name in SOME.get((backend, profile), ())
    ]


@pytest.mark.parametrize(("backend", "profile", "name"), chosen())
def test_a_case_ends_on_a_target_as_the_page_says(backend: str, profile: str, name: str) -> None:
    needs(backend)

    result = run_case(BY_NAME[name], backend, profile)

    assert result.outcome == table()[f"{backend} {profile}"][name], str(result)


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_a_chip_that_cannot_hold_a_case_is_refused_on_every_backend(name: str) -> None:
    listed = table()
    for profile in PROFILES:
        if listed[f"chip {profile}"][name] == "unsupported":
            assert {listed[f"{b} {profile}"][name] for b in BACKENDS} == {"unsupported"}, profile


def test_the_page_lists_every_case_and_every_target() -> None:
    listed = table()

    assert {f"{b} {profile}" for b in BACKENDS for profile in PROFILES} <= listed.keys()
    for column in listed.values():
        assert list(column) == [case.name for case in CASES]
        assert {*column.values()} <= {"equal", "within", "unsupported"}


@pytest.mark.parametrize("profile", ["ideal", "loihi", "loihi2"])
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_page_is_right_about_the_emulated_chip(case: Case, profile: str) -> None:
    assert run_case(case, "chip", profile).outcome == table()[f"chip {profile}"][case.name]
