"""A system of equations written back as the texts of a description."""

from __future__ import annotations

from typing import NamedTuple

from yuragi.equations.system import System
from yuragi.equations.text import to_text

__all__ = ["Lines", "lines_of"]


class Lines(NamedTuple):
    """The texts that `parse_system` reads as the same system."""

    equations: str
    threshold: str | None
    reset: str | None


def lines_of(system: System) -> Lines:
    """Updates, then bindings; the threshold; the reset."""
    lines = [f"{name}(t+1) = {to_text(tree)}" for name, tree in system.updates]
    lines += [f"{name} = {to_text(tree)}" for name, tree in system.bindings]
    reset = "; ".join(f"{name} = {to_text(tree)}" for name, tree in system.reset)
    threshold = None if system.threshold is None else to_text(system.threshold)
    return Lines(equations="\n".join(lines), threshold=threshold, reset=reset or None)
