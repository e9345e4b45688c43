"""Where Lava lives: an environment of its own, under Python 3.10, in the user's cache folder."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from yuragi.errors import DependencyError

__all__ = [
    "ADVICE",
    "REQUIREMENTS",
    "Environment",
    "environment",
    "folder",
    "read",
    "required",
    "stamp",
]

REQUIREMENTS = ("lava-nc==0.10.0", "networkx<=2.8.7", "numpy>=1.26,<2", "scipy>=1.11,<1.16")
"""lava-nc 0.10 is the last; it breaks with NumPy 2 and with newer networkx."""

ADVICE = (
    "Lava runs under Python 3.10 in an environment of its own, which is not set up here: "
    "run `yuragi lava setup`"
)
_STAMP = "verified.json"
_LARGEST_STAMP = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A verified one.

    python: its interpreter.      versions: of Python and of each package.
    verified: when a network ran in it, in ISO 8601.
    """

    python: Path
    versions: dict[str, str]
    verified: str


def folder() -> Path:
    """Where the environment is, or would be; YURAGI_LAVA_HOME instead of the user's cache."""
    home = os.environ.get("YURAGI_LAVA_HOME")
    parent = Path(home) if home else Path(platformdirs.user_cache_dir("yuragi")) / "lava"
    key = hashlib.sha256("\n".join(REQUIREMENTS).encode()).hexdigest()[:8]
    return parent / f"lava-nc-0.10.0-{key}"


def environment() -> Environment | None:
    """The environment that was set up and verified; None where there is none."""
    return read(folder())


def read(place: Path) -> Environment | None:
    """The environment in a folder; None where it is not there or not whole."""
    python, stamp = place / "bin" / "python", place / _STAMP
    try:
        if not os.access(python, os.X_OK) or stamp.stat().st_size > _LARGEST_STAMP:
            return None
        held = json.loads(stamp.read_text(encoding="utf-8"))
        versions = {str(name): str(text) for name, text in held["versions"].items()}
        return Environment(python=python, versions=versions, verified=str(held["verified"]))
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


def stamp(place: Path, versions: dict[str, str], verified: str) -> None:
    """Say that a network ran in it."""
    text = json.dumps({"versions": versions, "verified": verified}, indent=1)
    (place / _STAMP).write_text(f"{text}\n", encoding="utf-8")


def required() -> Environment:
    """The environment; DependencyError with the advice where there is none."""
    found = environment()
    if found is None:
        raise DependencyError(ADVICE)
    return found
