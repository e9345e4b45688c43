"""`yuragi lava` tells what there is; an exported folder runs with lava-nc alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from yuragi.backend import compile as compile_network
from yuragi.cli import cli
from yuragi.errors import DependencyError
from yuragi.network import Network
from yuragi.wiring.rules import random
from yuragi_lava import Environment, export, setup

STEPS = 40


def invoke(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def test_status_tells_what_is_there(lava: Environment) -> None:
    found = json.loads(invoke("lava", "status", "--json").stdout)

    assert found["python"] == str(lava.python)
    assert found["versions"]["lava-nc"] == "0.10.0"
    assert found["versions"]["python"].startswith("3.10.")


def test_setup_keeps_an_environment_that_is_there(lava: Environment) -> None:
    assert setup() == lava


def test_status_advises_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("YURAGI_LAVA_HOME", str(tmp_path))

    found = invoke("lava", "status")

    assert found.exit_code == 3
    assert "run `yuragi lava setup`" in found.stderr


def test_setup_refuses_another_python_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("YURAGI_LAVA_HOME", str(tmp_path))

    with pytest.raises(DependencyError, match=r"is no Python 3\.10 with venv"):
        setup(sys.executable)
    assert [item.name for item in tmp_path.iterdir() if item.name != "setup.lock"] == []


def test_an_exported_folder_runs_with_lava_alone(lava: Environment, tmp_path: Path) -> None:
    net = Network(seed=2)
    net.population("cells", 20, "nagumo_sato")
    net.project("cells", "cells", weights=random(20, 20, inputs=4, low=-0.4, high=0.4, seed=2),
                port="i")  # fmt: skip
    net.stimulate("cells", np.full((STEPS, 20), 0.3), port="i")
    net.probe("cells", "y")
    folder = tmp_path / "exported"
    export(net.graph(), folder, steps=STEPS, profile="loihi2")
    wanted = compile_network(net, profile="loihi2").run(steps=STEPS).trace("cells", "y")

    subprocess.run(
        [str(lava.python), "-I", "run.py", "--tag", "fixed_pt", "-o", "found.npz"],
        cwd=folder, check=True, capture_output=True, timeout=120,
    )  # fmt: skip

    with np.load(folder / "found.npz") as found:
        assert np.array_equal(found["cells.y"], wanted)
        assert np.count_nonzero(found["cells.sent"])
