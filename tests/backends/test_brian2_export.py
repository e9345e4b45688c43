"""Exported scripts run without yuragi and spike as the model does."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.conformance import CASES, Case
from yuragi.errors import YuragiError
from yuragi.network import Network
from yuragi.recording import Recording

pytest.importorskip("yuragi_brian2", reason="Brian2 is not installed", exc_type=ImportError)

PROFILES = ("ideal", "loihi2")
# One process for all, since Brian2 takes a second to import; yuragi cannot be imported there.
DRIVER = """
import runpy, sys
sys.modules["yuragi"] = sys.modules["yuragi_brian2"] = None
from brian2 import prefs
prefs.codegen.target = "numpy"
for path in sys.argv[1:]:
    sys.argv = [path, path.replace(".py", "-found.npz")]
    runpy.run_path(path, run_name="__main__")
"""


def arrays(recording: Recording) -> dict[str, np.ndarray]:
    """The first trial under the names of a script's file."""
    found = {f"{p}.{v}": trace.values[0] for (p, v), trace in recording.traces.items()}
    for name, train in recording.spike_trains.items():
        first = train.trial == 0
        found |= {f"{name}.unit": train.unit[first], f"{name}.step": train.step[first]}
    found |= {f"{name} weights": learned.values[0] for name, learned in recording.learned.items()}
    return found


def run_scripts(paths: list[Path], folder: Path) -> None:
    (folder / "driver.py").write_text(DRIVER)
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    names = [path.name for path in paths]
    command = [sys.executable, "driver.py", *names]
    subprocess.run(command, check=True, cwd=folder, env=clean, timeout=300, capture_output=True)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """The script of every case, and what it found in a process without yuragi."""
    from yuragi_brian2 import export

    folder = tmp_path_factory.mktemp("scripts")
    paths = {}
    for profile in PROFILES:
        for count, case in enumerate(CASES):
            if profile != "ideal" and count % 3:
                continue  # every function and shape of the language is among the third
            graph = compile_network(case.build(), backend="brian2_numpy", profile=profile).graph
            path = folder / f"case{count}_{profile}.py"
            export(graph, path, steps=case.steps)
            paths[profile, case.name] = path
    run_scripts(list(paths.values()), folder)
    return paths


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_script_of_a_case_gives_what_the_reference_gives(
    case: Case, profile: str, exported: dict[tuple[str, str], Path]
) -> None:
    if (profile, case.name) not in exported:
        assert profile != "ideal"
        return
    path = exported[profile, case.name]
    program = compile_network(case.build(), backend="reference", profile=profile)
    wanted = arrays(program.run(steps=case.steps, trials=case.trials))
    found = np.load(path.with_name(f"{path.stem}-found.npz"))

    integrated = any(node.dynamics.system.derivatives for node in case.build().graph().nodes)
    tolerance = 1e-9 if profile == "ideal" and (integrated or case.relative) else 0.0
    assert wanted.keys() <= set(found.files)  # spikes are in it, probed or not
    for name, values in wanted.items():
        largest = tolerance * np.abs(values).max(initial=0.0)
        assert found[name].shape == values.shape, name
        assert np.abs(found[name] - values).max(initial=0.0) <= largest, name


def test_a_script_is_python_that_a_person_can_read(
    exported: dict[tuple[str, str], Path],
) -> None:
    text = exported["ideal", "lif, refractory"].read_text()
    tree = ast.parse(text)
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    assert imported == {"math", "sys", "pathlib", "typing", "numpy", "brian2"}
    assert "threshold='(free_y) and" in text or "threshold='free_y and (v_s > 1.0)'" in text
    assert "NeuronGroup(" in text
    assert max(len(line) for line in text.splitlines()) <= 120
    assert len(text.splitlines()) < 160


def test_a_script_has_the_models_arrays_beside_it_and_overwrites_nothing(tmp_path: Path) -> None:
    from yuragi_brian2 import export

    net: Network = CASES[0].build()
    written = export(net.graph(), tmp_path / "a net.py", steps=5)

    assert [path.name for path in written] == ["a net.py", "a net.npz"]
    with pytest.raises(YuragiError, match="exists"):
        export(net.graph(), tmp_path / "a net.py", steps=5)
