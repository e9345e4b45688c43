"""Both declared versions of Brian2: the one of this interpreter, and that of another one found.

`make brian2-versions` builds an environment for the other interpreter, once, in the user's cache,
and runs the tests of the backend in it. Where it was built, every test run does a short part.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from yuragi.conformance import CASES

pytest.importorskip("yuragi_brian2", reason="Brian2 is not installed", exc_type=ImportError)

ROOT = Path(__file__).parents[2]
OTHERS = ("3.12", "3.13") if sys.version_info < (3, 12) else ("3.11",)
VERSIONS = {True: "2.10.", False: "2.9."}
ASKED = "YURAGI_BOTH_BRIAN2" in os.environ
TOOLS = ("pytest>=8.3", "hypothesis>=6.100", "pytest-xdist>=3.6")


def interpreter() -> str | None:
    """The first of the other versions of Python that is found."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in OTHERS:
        listed = sorted(pyenv.glob(f"{version}.*/bin/python"))
        for candidate in (shutil.which(f"python{version}"), *map(str, listed)):
            if candidate and runs(candidate):
                return candidate
    return None


def runs(candidate: str) -> bool:
    """Whether it is more than the shim of a version manager."""
    command = [candidate, "-c", "import venv"]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0


def folder() -> Path:
    """The environment for what the project declares now, in the user's cache."""
    declared = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()[:12]
    return Path(platformdirs.user_cache_dir("yuragi")) / f"brian2-py{OTHERS[0]}-{declared}"


def built() -> bool:
    return (folder() / "done").exists()


def build() -> None:
    """Make the environment where it is missing; skips where no other Python is found."""
    if built():
        return
    found = interpreter()
    if found is None:
        pytest.skip(f"no Python {' or '.join(OTHERS)} was found")
    for older in folder().parent.glob(f"brian2-py{OTHERS[0]}-*"):
        shutil.rmtree(older)
    subprocess.run([found, "-m", "venv", folder()], check=True, timeout=120)
    install = [*python(), "-m", "pip", "install", "--quiet", "-e", f"{ROOT}[brian2]", *TOOLS]
    subprocess.run(install, check=True, timeout=900)
    (folder() / "done").touch()


def python() -> list[str]:
    return [str(folder() / "bin" / "python")]


def there(*words: str, limit: float) -> subprocess.CompletedProcess[str]:
    """Run code of this checkout with the other interpreter, whichever checkout it was built for."""
    paths = os.pathsep.join(str(ROOT / part) for part in ("sdk", "backends", "models"))
    surroundings = {**os.environ, "PYTHONPATH": paths}
    surroundings.pop("YURAGI_BOTH_BRIAN2", None)
    return subprocess.run(
        [*python(), *words],
        cwd=ROOT, env=surroundings, timeout=limit, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_brian2_has_the_version_that_is_declared_for_this_interpreter() -> None:
    from yuragi_brian2 import VERSION

    assert VERSION.startswith(VERSIONS[sys.version_info >= (3, 12)])


@pytest.mark.skipif(
    not (ASKED or built()), reason="make brian2-versions builds the other environment"
)
def test_the_other_version_gives_the_spikes_of_the_reference() -> None:
    from importlib.metadata import version

    build()
    asked = "import yuragi_brian2 as b; print(b.VERSION)"
    code = there("-c", asked, limit=120)
    assert code.stdout.startswith(VERSIONS[sys.version_info < (3, 12)]), code.stderr
    assert not code.stdout.startswith(version("brian2"))

    asked = "-m yuragi conformance --backends brian2_numpy --case lif --json"
    found = there(*asked.split(), limit=120)
    outcomes = {
        case: row["brian2_numpy ideal"]["outcome"]
        for case, row in json.loads(found.stdout)["cases"].items()
    }
    assert outcomes == {case.name: "equal" for case in CASES if "lif" in case.name}


@pytest.mark.skipif(not ASKED, reason="make brian2-versions runs it")
def test_every_test_of_the_backend_passes_with_the_other_version() -> None:
    build()
    tests = sorted(
        str(path)
        for path in Path(__file__).parent.glob("test_brian2_*.py")
        if path != Path(__file__)
    )
    done = there("-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *tests, limit=5400)
    print(done.stdout[-400:])  # noqa: T201 - `make brian2-versions` shows it

    assert done.returncode == 0, done.stdout[-4000:]
