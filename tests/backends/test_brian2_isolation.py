"""A run leaves nothing in Brian2's global state, and programs do not meet."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yuragi import noise
from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.equations.functions import FUNCTIONS
from yuragi.errors import RunError, UnsupportedError
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


@pytest.mark.parametrize("backend", ["brian2_numpy", "brian2", "brian2_standalone"])
def test_a_run_leaves_the_global_state_as_it_was(backend: str) -> None:
    before = state()
    folder = Path.cwd()

    compile_network(network(), backend=backend).run(steps=5)

    assert state() == before
    assert Path.cwd() == folder


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


def test_two_programs_alive_at_once_do_not_meet() -> None:
    first = compile_network(network(0.2), backend="brian2_numpy")
    second = compile_network(network(0.4), backend="brian2_numpy")
    alone = first.run(steps=20).trace("cells", "v")
    other = second.run(steps=20).trace("cells", "v")

    assert np.array_equal(first.run(steps=20).trace("cells", "v"), alone)
    assert not np.array_equal(alone, other)


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

    assert any("update" in name for name in built[0]), built


def test_two_standalone_programs_run_in_one_process_and_leave_no_folder() -> None:
    folder = Path(tempfile.gettempdir())
    before = set(folder.glob("yuragi-brian2-*"))
    wanted = compile_network(network(), backend="reference").run(steps=20)
    program = compile_network(network(), backend="brian2_standalone")

    for _ in range(2):
        found = program.run(steps=20)
        assert np.array_equal(found.trace("cells", "v"), wanted.trace("cells", "v"))
    assert set(folder.glob("yuragi-brian2-*")) == before


def test_no_word_of_a_model_reaches_the_code_as_it_is() -> None:
    from yuragi_brian2.build import build
    from yuragi_brian2.cells import Batch

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

    assert "rand " not in plan.cells[0].after
    for word in words:
        assert np.array_equal(wanted.trace("print", word), found.trace("print", word)), word


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"add", "sub", "mul", "neg"}))
def test_a_numpy_function_is_the_languages_own(name: str) -> None:
    from yuragi_brian2 import numpy_functions
    from yuragi_brian2.functions import CPP

    if FUNCTIONS[name].internal:
        assert name not in CPP
        return
    rows = np.random.default_rng(1).normal(0, 3, size=(FUNCTIONS[name].arity, 200))
    rows[:, :6] = [0.0, -0.0, np.inf, -np.inf, np.nan, 800.0]
    rows[0] = rows[0] > 0 if name in ("and", "or", "not", "where") else rows[0]
    with np.errstate(all="ignore"):
        wanted = FUNCTIONS[name].numpy(*rows)
        found = getattr(numpy_functions, f"{name}_f")(*rows)

    assert np.array_equal(np.asarray(wanted, float), np.asarray(found, float), equal_nan=True)


def test_a_draw_is_the_one_of_the_noise_module() -> None:
    from yuragi_brian2.numpy_functions import uniform_f

    words = noise.key(2**63 + 5, "cells")
    wanted = noise.uniform(words, step=2**32 + 7, trials=3, size=4, draw=2)
    unit, trial = np.tile(np.arange(4), 3), np.repeat(np.arange(3), 4)

    found = uniform_f(float(words[0]), float(words[1]), unit, float(2**32 + 7), trial, 2.0)
    assert np.array_equal(found, wanted.reshape(-1))


def test_an_integrator_without_a_leak_is_refused_with_the_reason() -> None:
    unit = Dynamics(name="sum", equations="dv/dt = i", ports=("i",), output="v", method="exact")
    net = Network(dt=0.1)
    net.population("cells", 1, unit)

    with pytest.raises(UnsupportedError, match="cells: Brian2's exact refuses"):
        compile_network(net, backend="brian2_numpy")


def test_a_graded_value_that_is_too_late_is_refused_and_a_spike_is_not() -> None:
    late = np.ones((3, 3))
    graded = Network()
    graded.input("p", 3)
    graded.population("q", 3, UNIT)
    graded.project("p", "q", weights=late, port="i", delay=65)
    spiking = network()
    spiking.project("cells", "cells", weights=late, port="i", delay=500)

    with pytest.raises(UnsupportedError, match="at most 64 steps late"):
        compile_network(graded, backend="brian2_numpy")
    assert compile_network(spiking, backend="brian2_numpy").run(steps=5).steps == 5


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


@pytest.mark.parametrize("value", [0, 1])
def test_an_exported_script_runs_without_yuragi_and_spikes_alike(
    value: int, tmp_path: Path
) -> None:
    from yuragi_brian2 import export

    unit = Dynamics(
        name="noisy",
        equations="v(t+1) = 0.9*v + i + 0.1*tanh(normal()) + 0.1",
        ports=("i",),
        threshold="v > 1",
        reset="v = 0",
        refractory=2,
        output="v" if value else None,
    )
    net = Network(seed=9, dt=1e-3)
    net.population("cells", 5, unit)
    net.project("cells", "cells", weights=np.full((5, 5), 0.05), port="i", delay=3)
    net.probe("cells", "spikes")
    wanted = compile_network(net, backend="reference").run(steps=200).spike_trains["cells"]
    path = tmp_path / "noisy net.py"
    export(net.graph(), path, steps=200)
    text = path.read_text().replace(
        "# Sums and", 'prefs.codegen.target = "numpy"\nsys.modules["yuragi"] = None\n# Sums and'
    )
    assert "import yuragi" not in text
    path.write_text(text)

    command = [sys.executable, path, "found.npz"]
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    subprocess.run(command, check=True, cwd=tmp_path, env=clean, timeout=300)
    found = np.load(tmp_path / "found.npz")
    assert len(wanted.unit) > 20
    assert np.array_equal(found["cells.unit"], wanted.unit)
    assert np.array_equal(found["cells.step"], wanted.step)
