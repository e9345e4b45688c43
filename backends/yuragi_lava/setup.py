"""Makes the environment: built aside, tried with a network, then put in its place."""

from __future__ import annotations

import datetime
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import filelock
import numpy as np

from yuragi import hardware, reference
from yuragi.dynamics import Dynamics
from yuragi.errors import DependencyError
from yuragi.network import Network
from yuragi.passes.lowering import lower, pipeline
from yuragi.passes.options import Options
from yuragi_lava.build import build, known
from yuragi_lava.environment import REQUIREMENTS, Environment, folder, read, stamp
from yuragi_lava.folder import write_folder
from yuragi_lava.interpreters import find_interpreter
from yuragi_lava.plan import Batch
from yuragi_lava.running import Limits, job_folder, run_folder

__all__ = ["setup"]

Report = Callable[[str], None]
_INSTALL_S = 1800
_TRY = Limits(seconds=300.0, silent=300.0)
_STEPS = 20
_ASK = (
    "import importlib.metadata as m, json, platform; "
    "print(json.dumps({'python': platform.python_version(), "
    "**{n: m.version(n) for n in ('lava-nc', 'numpy', 'scipy', 'networkx')}}))"
)
_TAIL = 2000


def setup(
    told: str | Path | None = None, *, anew: bool = False, report: Report | None = None
) -> Environment:
    """The environment, made where it is not there yet.

    told: the Python 3.10 to use.      anew: make it even if it is there.
    report: called with what begins.
    Raises DependencyError where there is no such Python, where the packages cannot be installed, or
    where a network does not run as it must. Several at once wait for the first.
    """
    say = report or _silent
    place = folder()
    place.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(place.parent / "setup.lock"):
        found = read(place)
        if found is not None and not anew:
            return found
        for left in place.parent.glob(".making-*"):
            shutil.rmtree(left, ignore_errors=True)
        python = find_interpreter(told)
        beside = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
        try:
            _make(python, beside, say)
            _exchange(beside, place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        made = read(place)
    if made is None:
        raise DependencyError(f"{place} was made and cannot be read")
    return made


def _silent(text: str) -> None:
    """Where nobody watches."""
    del text


def _make(python: Path, beside: Path, say: Report) -> None:
    say(f"an environment of {python}")
    _call([python, "-I", "-m", "venv", str(beside)], "make an environment")
    own = beside / "bin" / "python"
    say(f"installing {', '.join(REQUIREMENTS)}")
    install: list[str | Path] = [own, "-I", "-m", "pip", "install", "--quiet", "--no-input"]
    install += ["--disable-pip-version-check", *REQUIREMENTS]
    _call(install, "install Lava")
    say("running a network")
    _try(own)
    versions = json.loads(_call([own, "-I", "-c", _ASK], "ask for versions"))
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    stamp(beside, {str(k): str(v) for k, v in versions.items()}, now)


def _call(command: Sequence[str | Path], what: str) -> str:
    """Run a command; DependencyError with the end of what it said where it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - interpreters that the user has
            [str(word) for word in command],
            check=False, capture_output=True, text=True, errors="replace", timeout=_INSTALL_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise DependencyError(f"could not {what}: {problem}") from None
    if done.returncode != 0:
        raise DependencyError(f"could not {what}:\n{(done.stdout + done.stderr)[-_TAIL:].strip()}")
    return done.stdout


def _exchange(beside: Path, place: Path) -> None:
    """Put it in its place; what was there goes."""
    if place.exists():
        old = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
        place.rename(old / "old")
        beside.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    else:
        beside.rename(place)


def _try(python: Path) -> None:
    """Run two units that excite each other in Lava's integers; their voltages are known."""
    unit = Dynamics(
        name="cuba",
        equations="now = 0.5*u + i\nu(t+1) = now\nv(t+1) = 0.75*v + now + 0.25",
        ports=("i",),
        threshold="v > 1",
        reset="v = 0",
    )
    net = Network()
    net.population("pair", 2, unit)
    net.project("pair", "pair", weights=[[0.0, 0.5], [-0.25, 0.0]], port="i")
    net.probe("pair", "v")
    profile = hardware.load("loihi")
    graph, _ = lower(net.graph(), profile, pipeline(Options(dialect="lava")))
    plan = build(graph, Batch(first=0, trials=1, steps=_STEPS), known(graph, steps=1, trials=1))
    wanted = reference.run(graph, steps=_STEPS).trace("pair", "v")
    with job_folder() as job:
        write_folder(job, [plan], title="trial")
        output = run_folder(python, job, tag=plan.tag, steps=_STEPS, limits=_TRY)
        with np.load(output, allow_pickle=False) as found:
            if not np.array_equal(found["pair.v"], wanted):
                raise DependencyError(
                    "Lava was installed and computes other voltages than it must; "
                    "`yuragi lava setup --anew` installs it again"
                )
