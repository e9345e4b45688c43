"""A run leaves nothing in Brian2's global state, and programs do not meet."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.errors import RunError
from yuragi.network import Network

pytest.importorskip("yuragi_brian2", reason="Brian2 is not installed", exc_type=ImportError)

UNIT = Dynamics(
    name="unit",
    equations="v(t+1) = 0.9*v + i + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    parameters={"bias": 0.2},
)


def network(bias: float = 0.2, name: str = "cells") -> Network:
    net = Network(seed=3, dt=1e-3)
    net.population(name, 3, UNIT, parameters={"bias": bias})
    net.probe(name, "v")
    net.probe(name, "spikes")
    return net


def state() -> dict[str, Any]:
    """What Brian2 keeps for a whole process."""
    from brian2 import defaultclock, get_device, magic_network, prefs

    known = {name: prefs[name] for name in prefs.as_file.split() if name in prefs}
    return {
        "preferences": (prefs.as_file, known),
        "device": get_device(),
        "clock": float(defaultclock.dt),
        "magic": list(magic_network.objects),
    }


def test_a_run_that_fails_leaves_the_global_state_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from yuragi_brian2 import targets

    def broken(plan: object) -> None:
        raise RunError("broken")

    before = state()
    program = compile_network(network(), backend="brian2_numpy")
    monkeypatch.setattr(targets, "construct", broken)
    with pytest.raises(RunError, match="broken"):
        program.run(steps=5)

    assert state() == before


@pytest.mark.parametrize("backend", ["brian2_numpy", "brian2", "brian2_standalone"])
def test_two_programs_alive_at_once_do_not_meet_and_leave_the_global_state_and_no_folder(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before, folder = state(), Path.cwd()
    first = compile_network(network(0.2), backend=backend)
    second = compile_network(network(0.4), backend=backend)
    wanted = [compile_network(network(b), backend="reference") for b in (0.2, 0.4)]
    runs = [program.run(steps=20) for program in (first, second, first)]

    for found, alone in zip(runs, (*wanted, wanted[0]), strict=True):
        expected = alone.run(steps=20).trace("cells", "v")
        assert np.array_equal(found.trace("cells", "v"), expected)
    assert not np.array_equal(*(run.trace("cells", "v") for run in runs[:2]))
    assert state() == before
    assert Path.cwd() == folder
    assert not list(tmp_path.glob("yuragi-brian2-*"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Brian2's own
def test_a_users_own_network_runs_on_after_ours() -> None:
    from brian2 import NeuronGroup, ms, run, start_scope

    start_scope()
    group = NeuronGroup(1, "dv/dt = 1/ms : 1", method="euler", dt=0.1 * ms)
    run(1 * ms)
    compile_network(network(), backend="brian2_numpy").run(steps=5)
    run(1 * ms)

    assert group.v[0] == pytest.approx(2.0)


def test_a_standalone_run_is_a_compiled_program(monkeypatch: pytest.MonkeyPatch) -> None:
    from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

    built = []

    def build(self: Any, directory: str, **options: Any) -> None:
        plain(self, directory=directory, **options)
        built.append(sorted(path.name for path in Path(directory, "code_objects").glob("*.o")))

    plain = CPPStandaloneDevice.build
    monkeypatch.setattr(CPPStandaloneDevice, "build", build)
    compile_network(network(), backend="brian2_standalone").run(steps=3)

    assert any("cells0_after" in name for name in built[0]), built


def test_programs_that_run_in_two_threads_at_once_wait_for_each_other() -> None:
    before = state()
    biases = (0.2, 0.4, 0.3, 0.25)
    programs = [compile_network(network(bias), backend="brian2_numpy") for bias in biases]
    with ThreadPoolExecutor(max_workers=4) as pool:
        runs = list(pool.map(lambda program: program.run(steps=20), programs))

    for bias, found in zip(biases, runs, strict=True):
        wanted = compile_network(network(bias), backend="reference").run(steps=20)
        assert np.array_equal(found.trace("cells", "v"), wanted.trace("cells", "v"))
    assert state() == before


def test_no_word_of_a_model_reaches_the_code_as_it_is() -> None:
    from yuragi_brian2.build import build
    from yuragi_brian2.draft import Batch

    words = (
        "int",
        "second",
        "t_in_timesteps",
        "rand",
        "xi",
        "volt",
        "N",
        "i",
        "w_pre",
        "xi_a",
        "xxi",
    )
    unit = Dynamics(
        name="words",
        equations="\n".join(f"{w}(t+1) = 0.5*{w} + 1" for w in words),
        output="xi",
    )
    net = Network()
    net.population("print", 2, unit)
    for word in words:
        net.probe("print", word)
    plan = build(net.graph(), Batch(first=0, trials=1, steps=3, dt=1.0))
    wanted = compile_network(net, backend="reference").run(steps=5)
    found = compile_network(net, backend="brian2_numpy").run(steps=5)

    assert "rand " not in plan.cells[0].blocks[0].text
    for word in words:
        assert np.array_equal(wanted.trace("print", word), found.trace("print", word)), word


def test_without_a_compiler_numpy_is_used_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from yuragi_brian2 import targets

    monkeypatch.setattr(targets.shutil, "which", lambda _: None)
    targets.runtime.cache_clear()
    try:
        with pytest.warns(UserWarning, match=r"no C\+\+ compiler found"):
            compile_network(network(), backend="brian2").run(steps=3)
        assert compile_network(network(), backend="brian2").run(steps=3).steps == 3
    finally:
        targets.runtime.cache_clear()
