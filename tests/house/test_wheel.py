"""The wheel holds what it should and works away from the checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODEL = """
yuragi: 1
network:
  populations:
    cells:
      size: 4
      dynamics: {equations: "v(t+1) = 0.5*v + i", ports: [i], output: v}
  stimulus: [{to: cells, port: i, values: [[1, 1, 1, 1]]}]
  probes: [cells.v]
run: {steps: 3}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel in an environment of its own, with this one's libraries but not its checkout."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / "bin"


def test_the_wheel_contains_our_packages_and_profiles_only(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {
        "yuragi", "yuragi_brian2", "yuragi_chip", "yuragi_lava", "yuragi_models",
    }  # fmt: skip
    assert "yuragi/hw_profiles/loihi2.yaml" in names
    assert "yuragi/py.typed" in names
    assert "yuragi/__init__.pyi" in names
    assert "yuragi_models/science/hopfield.yaml" in names


def test_the_wheel_passes_the_contents_check(wheel):
    command = [sys.executable, "-m", "check_wheel_contents", wheel]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, timeout=60)


def test_a_model_runs_from_the_wheel_in_another_directory(installed, tmp_path):
    (tmp_path / "model.yaml").write_text(MODEL)
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [installed / "yuragi", "run", "model.yaml", "--json"],
        check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=clean,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    where = subprocess.run(
        [installed / "python", "-c", "import yuragi; print(yuragi.__file__)"],
        check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=clean,
    )  # fmt: skip
    assert str(installed.parent) in where.stdout
