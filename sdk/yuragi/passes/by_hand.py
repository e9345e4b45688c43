"""Formats that a user chose by hand."""

from __future__ import annotations

from collections.abc import Mapping

from yuragi.errors import GraphError
from yuragi.graph import Graph

__all__ = ["check_by_hand"]

_MOST_FRACTION = 30


def check_by_hand(
    graph: Graph, given: Mapping[str, int], point: int | None
) -> dict[tuple[str, str], int]:
    """Formats by hand, by (population, name).  point: of a core whose arithmetic has one format

    Raises GraphError for what has no format of its own: a port that projections reach counts in
    the unit of their weights.
    """
    if given and point is not None:
        raise GraphError(
            f"format of {next(iter(given))!r}: this core has {point} fraction bits in every value"
        )
    fed = {(e.target, e.port) for e in graph.edges}
    found: dict[tuple[str, str], int] = {}
    for key, fraction in given.items():
        name, _, variable = key.rpartition(".")
        node = graph.node(name)
        ports = [p for p in node.dynamics.ports if (name, p) not in fed]
        known = (*node.dynamics.system.variables, *ports)
        if variable not in known:
            raise GraphError(f"format of {key!r}: there are {', '.join(known)}")
        if type(fraction) is not int or not -_MOST_FRACTION <= fraction <= _MOST_FRACTION:
            raise GraphError(
                f"format of {key!r}: {fraction!r}, expected fraction bits from "
                f"-{_MOST_FRACTION} to {_MOST_FRACTION}"
            )
        found[name, variable] = fraction
    return found
