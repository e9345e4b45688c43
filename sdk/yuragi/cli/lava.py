"""`yuragi lava`: the command that the Lava backend brings."""

from __future__ import annotations

from importlib.metadata import entry_points

import click

from yuragi.errors import DependencyError

__all__ = ["command"]

_FOUND = [entry for entry in entry_points(group="yuragi.commands") if entry.name == "lava"]
if not _FOUND:
    raise DependencyError("the backend lava is not installed")
command: click.Command = _FOUND[0].load()
