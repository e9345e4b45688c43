"""A run that is stopped leaves no folder, no compiler and no program behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("yuragi_brian2", reason="Brian2 is not installed", exc_type=ImportError)
pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")

# A compiler, or `make`, that never ends, and that has a child of its own. Flags are all good to it.
COMPILER = """#!/bin/sh
case "$*" in *flag_test*) exit 0 ;; esac
sleep 600 &
wait
"""
RUN = """
import os, sys
os.environ["PATH"] = os.environ["FAKE"] + os.pathsep + os.environ["PATH"]
import yuragi as yg
net = yg.Network(dt=1e-3)
net.population("cells", 3, "lif")
program = yg.compile(net, backend=sys.argv[1])
try:
    program.run(steps=5)
except KeyboardInterrupt:
    sys.exit(130)
"""


def marked(mark: str) -> list[str]:
    """The processes with this word in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                found += [] if state == "Z" else [(folder / "cmdline").read_text()]
        except OSError:
            continue
    return found


def until(condition: object, seconds: float = 60.0) -> bool:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize(
    ("backend", "sent", "code"),
    [
        ("brian2_standalone", signal.SIGTERM, 143),
        ("brian2_standalone", signal.SIGINT, 130),
        ("brian2", signal.SIGTERM, 143),
    ],
    ids=["standalone, SIGTERM", "standalone, SIGINT", "Cython, SIGTERM"],
)
def test_a_signal_ends_the_compiler_and_removes_the_folder(
    backend: str, sent: signal.Signals, code: int, tmp_path: Path
) -> None:
    fake, temporary = tmp_path / "bin", tmp_path / "tmp"
    fake.mkdir()
    temporary.mkdir()
    for name in ("make", "c++"):
        (fake / name).write_text(COMPILER)
        (fake / name).chmod(0o755)
    mark = f"YURAGI_TEST_{os.getpid()}_{backend}_{sent.name}"
    surroundings = {
        **os.environ, "FAKE": str(fake), "TMPDIR": str(temporary),
        "CC": str(fake / "c++"), "CXX": str(fake / "c++"), "XDG_CACHE_HOME": str(temporary),
        mark: "1",
    }  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", RUN, backend], env=surroundings) as process:
        try:
            assert until(lambda: any("sleep" in command for command in marked(mark)))
            process.send_signal(sent)
            assert process.wait(timeout=30) == code
        finally:
            process.kill()

    assert until(lambda: not marked(mark), seconds=5.0), marked(mark)
    assert not list(temporary.glob("yuragi-brian2-*"))


def test_handlers_of_the_program_itself_are_left_alone() -> None:
    from yuragi_brian2.processes import ended_by_signals

    def own(*_: object) -> None:
        return None

    before = signal.signal(signal.SIGTERM, own)
    try:
        with ended_by_signals():
            assert signal.getsignal(signal.SIGTERM) is own
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
    with ended_by_signals():
        assert signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
