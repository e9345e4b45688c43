"""Folders and files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yuragi.errors import ModelFileError

__all__ = ["check_free", "new_file", "new_folder"]

# What `new_folder` may replace.
_OURS = frozenset(
    {
        "README.txt",
        "arrays.npz",
        "arrays_fixed_pt.npz",
        "arrays_floating_pt.npz",
        "network.yaml",
        "network_fixed_pt.py",
        "network_floating_pt.py",
        "processes",
        "profile.yaml",
        "program.yaml",
        "recording.npz",
        "recording.yaml",
        "run.py",
        "support",
    }
)


def check_free(path: Path, *, replace: bool, folder: bool = True) -> None:
    """Raise ModelFileError where `new_folder` (or `new_file`) would refuse to write.

    replace: a folder is replaced where it holds nothing but what yuragi wrote.
    """
    where = _resolved(path)
    if not where.parent.is_dir():
        raise ModelFileError(f"{path}: there is no folder {where.parent}")
    if not os.access(where.parent, os.W_OK):
        raise ModelFileError(f"{path}: the folder {where.parent} cannot be written to")
    if not where.exists():
        return
    if where.is_dir() != folder:
        found, wanted = ("a file", "a folder") if folder else ("a folder", "a file")
        raise ModelFileError(f"{path}: is {found}, expected {wanted}")
    held = sorted(item.name for item in where.iterdir()) if where.is_dir() else []
    if where.is_dir() and not held:
        return
    if not replace:
        raise ModelFileError(f"{path}: exists already; --force (replace=True) writes it anew")
    strange = [name for name in held if name not in _OURS]
    if strange:
        raise ModelFileError(
            f"{path}: holds {strange[0]}, which yuragi did not write; choose another place"
        )


@contextmanager
def new_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Write into the folder given; it becomes `path` at the end, or vanishes where that fails.

    Raises ModelFileError where `path` is taken.
    """
    check_free(path, replace=replace)
    where = _resolved(path)
    beside = _beside(where)
    try:
        beside.mkdir()
        yield beside
        _exchange(beside, where)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def new_file(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Write the file given; it becomes `path` at the end, or vanishes where that fails.

    Raises ModelFileError where `path` is taken.
    """
    check_free(path, replace=replace, folder=False)
    where = _resolved(path)
    beside = _beside(where)
    try:
        yield beside
        beside.replace(where)
    finally:
        beside.unlink(missing_ok=True)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError) as problem:
        raise ModelFileError(f"{path}: {problem}") from None


def _beside(where: Path) -> Path:
    return where.with_name(f".{secrets.token_hex(4)}.{where.name}")


def _exchange(new: Path, where: Path) -> None:
    """Rename; what was there goes away last, and comes back where the rename fails."""
    if not where.exists():
        new.rename(where)
        return
    old = _beside(where)
    where.rename(old)
    try:
        new.rename(where)
    except BaseException:
        old.rename(where)
        raise
    shutil.rmtree(old, ignore_errors=True)
