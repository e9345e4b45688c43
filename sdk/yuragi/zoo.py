"""Unit models and learning rules by name, from every installed package that offers some.

A package offers unit models through the entry-point group `yuragi.dynamics`: each entry names a
mapping from names to Dynamics; learning rules through `yuragi.plasticity`, to Plasticity.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import TypeVar

from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError
from yuragi.plasticity import Plasticity

__all__ = ["all_dynamics", "all_plasticity", "dynamics", "plasticity"]

_Kind = TypeVar("_Kind")


@cache
def all_dynamics() -> Mapping[str, Dynamics]:
    """Every unit model that is installed, by name."""
    found: dict[str, Dynamics] = {}
    for entry in sorted(entry_points(group="yuragi.dynamics"), key=lambda e: e.name):
        found.update(entry.load())
    return found


@cache
def all_plasticity() -> Mapping[str, Plasticity]:
    """Every learning rule that is installed, by name."""
    found: dict[str, Plasticity] = {}
    for entry in sorted(entry_points(group="yuragi.plasticity"), key=lambda e: e.name):
        found.update(entry.load())
    return found


def dynamics(name: str) -> Dynamics:
    """The unit model of that name; GraphError where there is none."""
    return _named(all_dynamics(), name, "unit model")


def plasticity(name: str) -> Plasticity:
    """The learning rule of that name; GraphError where there is none."""
    return _named(all_plasticity(), name, "learning rule")


def _named(known: Mapping[str, _Kind], name: str, what: str) -> _Kind:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise GraphError(f"no {what} {name!r}{hint} (`yuragi models` lists them)")
    return known[name]
