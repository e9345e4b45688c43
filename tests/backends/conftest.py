"""Lava's environment for the tests, made by the code of `yuragi lava setup` where it is missing."""

from __future__ import annotations

import pytest

from yuragi.errors import DependencyError
from yuragi_lava import Environment, environment, setup
from yuragi_lava.interpreters import find_interpreter

NO_PYTHON = "no Python 3.10: Lava was not tested"


@pytest.fixture(scope="session")
def lava() -> Environment:
    """Lava's environment, verified; workers wait for the one that makes it.

    Skips only where there is no Python 3.10; the summary says so at the end.
    """
    found = environment()
    if found is not None:
        return found
    try:
        find_interpreter()
    except DependencyError as missing:
        pytest.skip(f"{NO_PYTHON} ({missing})")
    return setup()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that Lava was left out."""
    skipped = terminalreporter.stats.get("skipped", [])
    missed = sum(NO_PYTHON in str(report.longrepr) for report in skipped)
    if missed:
        terminalreporter.section("LAVA WAS NOT TESTED", sep="!", red=True, bold=True)
        terminalreporter.line(f"{missed} tests need a Python 3.10; none was found", red=True)
