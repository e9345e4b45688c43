"""Settings of every test: no deadlines, since the first use of a kernel compiles it.

The chip's loops are compiled in every run, short ones too, so that they are what is tested;
`test_interpreting.py` holds interpreted runs to them.

In CI the examples are the same in every run; elsewhere new ones are tried each time.
"""

import os

import pytest
from hypothesis import settings

from yuragi_chip import backend
from yuragi_chip.interpreting import Allowance

settings.register_profile("yuragi", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("yuragi")


@pytest.fixture(autouse=True)
def compiled_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    """No allowance for interpreted runs."""
    monkeypatch.setattr(backend, "_allowance", Allowance(left=0.0))
