"""Finds a Python 3.10: as told, by YURAGI_LAVA_PYTHON, on PATH, of pyenv, of uv."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import findpython

from yuragi.errors import DependencyError

__all__ = ["find_interpreter", "is_suitable"]

_ASK = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
_ASK_S = 30
_WANTED = "3.10"


def is_suitable(python: Path) -> bool:
    """Whether it is a Python 3.10 that can make environments."""
    try:
        asked = subprocess.run(  # noqa: S603 - an interpreter that the user has
            [str(python), "-I", "-c", _ASK],
            check=False, capture_output=True, text=True, timeout=_ASK_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and asked.stdout.strip() == _WANTED


def find_interpreter(told: str | Path | None = None) -> Path:
    """A Python 3.10.

    told: a path or the name of a command; YURAGI_LAVA_PYTHON where it is not given.
    Raises DependencyError where there is none, or where the one told is another.
    """
    chosen = told or os.environ.get("YURAGI_LAVA_PYTHON")
    if chosen:
        place = shutil.which(str(chosen))
        if place is None or not is_suitable(Path(place)):
            raise DependencyError(
                f"{chosen} is no Python {_WANTED} with venv and ensurepip, which Lava needs"
            )
        return Path(place)
    for found in findpython.find_all(3, 10, allow_prereleases=False):
        if is_suitable(found.executable):
            return Path(found.executable)
    raise DependencyError(
        f"no Python {_WANTED} was found on PATH, of pyenv or of uv; Lava needs one: install it, as "
        f"with `uv python install {_WANTED}`, or name it with --python or YURAGI_LAVA_PYTHON"
    )
