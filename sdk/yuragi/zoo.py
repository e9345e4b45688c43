"""Unit models by name, from every installed package that offers some.

A package offers unit models through the entry-point group `yuragi.dynamics`: each entry names a
mapping from names to Dynamics.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError

__all__ = ["all_dynamics", "dynamics"]


@cache
def all_dynamics() -> Mapping[str, Dynamics]:
    """Every unit model that is installed, by name."""
    found: dict[str, Dynamics] = {}
    for entry in sorted(entry_points(group="yuragi.dynamics"), key=lambda e: e.name):
        found.update(entry.load())
    return found


def dynamics(name: str) -> Dynamics:
    """The unit model of that name; GraphError where there is none."""
    known = all_dynamics()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise GraphError(f"no unit model {name!r}{hint} (`yuragi models` lists them)")
    return known[name]
