"""A run of Lava that fails says why, and none leaves a process, a segment or a folder behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.equations.functions import FUNCTIONS
from yuragi.errors import DependencyError, RunError
from yuragi.network import Network
from yuragi_lava import Environment, LavaProgram, Limits, running
from yuragi_lava.folder import write_folder

EVERYTHING = "YURAGI_ALL_TARGETS" in os.environ


def network() -> Network:
    net = Network(seed=1)
    net.population("cells", 5, "cuba_lif", parameters={"bias": 0.3})
    net.project("cells", "cells", weights=np.eye(5) * 0.1, port="i")
    net.probe("cells", "v")
    return net


def program(**limits: float) -> LavaProgram:
    made = compile_network(network(), backend="lava")
    assert isinstance(made, LavaProgram)
    return replace(made, limits=replace(Limits(), **limits))


@pytest.fixture
def alone(
    lava: Environment, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[str]]:
    """What is left of the runs of a test: folders, segments of shared memory, processes."""
    del lava
    folder = Path(running.tempfile.mkdtemp(prefix="yl-", dir="/tmp"))  # noqa: S108 - sockets need a short path
    monkeypatch.setattr(running.tempfile, "tempdir", str(folder))
    prefixes: list[str] = []
    name = running._segments
    monkeypatch.setattr(running, "_segments", lambda: prefixes.append(name()) or prefixes[-1])

    def left() -> list[str]:
        found = [str(item) for item in folder.iterdir()]
        segments = [item.name for item in Path("/dev/shm").glob("y*")]  # noqa: S108
        found += [s for s in segments if any(s.startswith(p.strip("/")) for p in prefixes)]
        return found + processes(str(folder))

    yield left
    folder.rmdir()


def processes(mark: str) -> list[str]:
    """Command lines that hold a mark."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mark in text:
            found.append(text)
    return found


def replaced(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Run something else in Lava's place."""
    write = running.__dict__["WORKER"].joinpath  # the folder is as always
    assert write("guardian.py").is_file()
    original = running.run_folder

    def run_folder(python: Path, folder: Path, **options: object) -> Path:
        (folder / "run.py").write_text(textwrap.dedent(text))
        return original(python, folder, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("yuragi_lava.backend.run_folder", run_folder)


def test_runs_in_a_row_give_the_same_and_leave_nothing(alone: Callable[[], list[str]]) -> None:
    made = program()

    found = [made.run(steps=20).trace("cells", "v") for _ in range(50 if EVERYTHING else 3)]

    assert all(np.array_equal(values, found[0]) for values in found)
    assert alone() == []


def test_progress_is_passed_through(lava: Environment) -> None:
    del lava
    seen: list[tuple[int, int]] = []

    program().run(steps=500, progress=lambda done, steps: seen.append((done, steps)))

    assert seen[-1] == (500, 500)
    assert len(seen) > 1
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_a_crash_is_one_error_with_the_end_of_the_log(
    alone: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(monkeypatch, "raise ValueError('the processes fell out')")

    with pytest.raises(RunError, match=r"(?s)exit code 1.*ValueError: the processes fell out"):
        program().run(steps=5)
    assert alone() == []


def test_an_error_in_a_process_of_lavas_ends_the_run(
    alone: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = running.run_folder

    def run_folder(python: Path, folder: Path, **options: object) -> Path:
        text = (folder / "processes" / "generated.py").read_text()
        text = text.replace("def update(self):", "def update(self):\n        no_such_name")
        (folder / "processes" / "generated.py").write_text(text)
        return original(python, folder, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("yuragi_lava.backend.run_folder", run_folder)
    net = Network()
    net.population("cells", 3, "nagumo_sato")

    with pytest.raises(RunError, match="name 'no_such_name' is not defined"):
        compile_network(net, backend="lava").run(steps=5)
    assert alone() == []


def test_powers_of_two_are_ours_in_lavas_older_python(lava: Environment, tmp_path: Path) -> None:
    y = np.random.default_rng(0).uniform(-1000, 1000, 2000)
    np.save(tmp_path / "y.npy", y)
    write_folder(tmp_path, [], title="powers")
    text = (
        "import numpy as np; from support.functions import FUNCTIONS; y = np.load('y.npy'); "
        "np.save('found.npy', FUNCTIONS['pow'].numpy(np.float64(2.0), y))"
    )

    subprocess.run([lava.python, "-c", text], cwd=tmp_path, check=True)

    assert np.array_equal(np.load(tmp_path / "found.npy"), FUNCTIONS["pow"].numpy(2.0, y))


def test_a_killed_worker_is_one_error(
    alone: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

    with pytest.raises(RunError, match="exit code -9"):
        program().run(steps=5)
    assert alone() == []


@pytest.mark.parametrize("said", ["hello", "{}", '{"step": "x"}', '{"ended": 0}' + 9000 * " "])
def test_garbage_is_one_error(
    alone: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    replaced(monkeypatch, f"print({said!r}, flush=True); import time; time.sleep(60)")

    with pytest.raises(RunError, match="which no run says"):
        program().run(steps=5)
    assert alone() == []


def test_results_of_another_shape_are_refused(
    alone: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
        import sys, numpy
        numpy.savez(sys.argv[sys.argv.index("-o") + 1], **{"cells.sent": numpy.zeros((5, 4))})
    """
    replaced(monkeypatch, text)

    with pytest.raises(RunError, match=r"float64 of shape \(5, 4\) for cells.sent, expected"):
        program().run(steps=5)
    assert alone() == []


HANGING = """
    import multiprocessing, time
    from multiprocessing import shared_memory
    held = shared_memory.SharedMemory(create=True, size=1000)
    child = multiprocessing.Process(target=time.sleep, args=(600,))
    child.start()
    time.sleep(600)
"""


def test_a_hanging_worker_ends_at_its_time_limit_with_its_children(
    alone: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(monkeypatch, HANGING)

    with pytest.raises(RunError, match=r"more than 2 s, its limit \(YURAGI_LAVA_SECONDS\)"):
        program(seconds=2.0).run(steps=5)
    assert alone() == []


def test_a_silent_worker_is_ended(
    alone: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(monkeypatch, HANGING)

    with pytest.raises(RunError, match="made no progress for 1 s after step 0"):
        program(silent=1.0).run(steps=5)
    assert alone() == []


def test_memory_is_limited_over_all_processes(
    alone: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
        import multiprocessing, time
        def hold():
            held = bytearray(b"x") * 150_000_000
            time.sleep(600)
        for _ in range(2):
            multiprocessing.Process(target=hold).start()
        time.sleep(600)
    """
    replaced(monkeypatch, text)

    with pytest.raises(RunError, match=r"more than 0.233 GiB of memory, its limit"):
        program(memory=250_000_000).run(steps=5)
    assert alone() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_runs_on_when_the_caller_is_ended(
    lava: Environment, tmp_path_factory: pytest.TempPathFactory, number: signal.Signals
) -> None:
    del lava, tmp_path_factory
    with running.job_folder() as folder:
        text = """
            import tempfile, sys
            tempfile.tempdir = sys.argv[1]
            import numpy as np, yuragi as yg
            net = yg.Network()
            net.population("cells", 5, "cuba_lif", parameters={"bias": 0.3})
            net.project("cells", "cells", weights=np.eye(5), port="i")
            say = lambda done, steps: print(done, flush=True)
            yg.compile(net, backend="lava").run(steps=1_000_000, progress=say)
        """
        caller = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(text), str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert caller.stdout is not None
        assert caller.stdout.readline()
        assert len(processes(str(folder))) > 3

        caller.send_signal(number)
        caller.wait(30)

        end = time.monotonic() + 30
        while (processes(str(folder)) or list(folder.iterdir())) and time.monotonic() < end:
            time.sleep(0.05)
        assert processes(str(folder)) == []
        assert list(folder.iterdir()) == []
        caller.stdout.close()


@pytest.mark.parametrize("text", ["nan", "-1", "soon"])
def test_a_limit_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("YURAGI_LAVA_SECONDS", text)

    with pytest.raises(RunError, match=r"YURAGI_LAVA_SECONDS is .* expected a number above 0"):
        running.limits()


def test_without_the_environment_every_call_gives_the_advice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("YURAGI_LAVA_HOME", str(tmp_path))

    with pytest.raises(DependencyError, match="run `yuragi lava setup`"):
        compile_network(network(), backend="lava")
    assert compile_network(network()).run(steps=2).steps == 2
