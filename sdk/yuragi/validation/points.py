"""All published points, and their examination."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from yuragi.errors import RunError
from yuragi.validation.brain import BRAIN_POINTS
from yuragi.validation.chips import CHIP_POINTS
from yuragi.validation.machines import MACHINE_POINTS
from yuragi.validation.point import Finding, Point

__all__ = ["points", "validate"]

_ALL = (*CHIP_POINTS, *MACHINE_POINTS, *BRAIN_POINTS)


def points(names: Iterable[str] = ()) -> tuple[Point, ...]:
    """The points of these names, or whose names begin so with a hyphen after; all by default.

    Errors: RunError for a name that fits none.
    """
    wanted = tuple(names)
    for name in wanted:
        if not any(_fits(point, name) for point in _ALL):
            near = difflib.get_close_matches(name, [point.id for point in _ALL], n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise RunError(f"no published point {name!r}{hint}")
    return tuple(p for p in _ALL if not wanted or any(_fits(p, name) for name in wanted))


def _fits(point: Point, name: str) -> bool:
    return point.id == name or point.id.startswith(f"{name}-")


def validate(names: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Work out published power and energy from the profiles, each with a verdict.

    names: of points or groups, e.g. "truenorth", "odin-75mhz"; by default all.
    Errors: RunError for a name that fits none.
    """
    return tuple(point.examine() for point in points(names))
