"""The unit in which the sum at each port counts, and the weights in it.

The payload gives up fraction bits until sum |w| max|s| fits the accumulator, so that no sum can
overflow, whatever is sent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.spans import Span
from yuragi.equations.words import bits_for
from yuragi.errors import UnsupportedError
from yuragi.graph import Edge
from yuragi.passes.formats import Formats
from yuragi.passes.weights import rounded, row_sums, spare_bits, with_smallest

__all__ = ["arriving", "fit_accumulators", "largest_sent"]

Array = NDArray[Any]
_FEWEST_BITS = 7


def fit_accumulators(formats: Formats) -> tuple[Edge, ...]:
    """The edges in integers; payloads give up fraction bits until every sum fits.

    The finest grid among the inputs of a port is the unit of its sum. Where every weight is an even
    number of it, a coarser unit loses nothing; else the sources on it are the ones to give way.
    """
    limit = 2 ** (formats.accumulator_bits - 1) - 1
    while _fit_exponents(formats):
        pass
    while True:
        edges = _scale_edges(formats)
        sums: dict[tuple[str, str], int] = {}
        for edge in edges:
            bound = formats.heaviest(edge) * largest_sent(formats, edge.source) << edge.shift
            key = edge.target, edge.port
            sums[key] = sums.get(key, 0) + bound
        over = {key: bound for key, bound in sums.items() if bound > limit}
        if not over:
            return tuple(with_smallest(edge, formats.highest_exponent) for edge in edges)
        if _coarsen(formats, edges, over):
            continue
        formats.coarser.clear()
        for key, bound in over.items():
            finest = {e.source for e in edges if (e.target, e.port) == key and not e.shift}
            graded = [name for name in finest if formats.payload.get(name, -99) > -8]
            if len(graded) < len(finest):
                raise UnsupportedError(
                    f"{key[0]}.{key[1]}: its inputs may sum to {bound:,}, the accumulator holds "
                    f"{limit:,}; fewer inputs per unit would fit"
                )
            for name in graded:
                formats.payload[name] -= 1


def _coarsen(formats: Formats, edges: Iterable[Edge], over: Iterable[tuple[str, str]]) -> bool:
    """Whether the unit of a port could be doubled without loss; a stimulus there counts in it."""
    spare: dict[tuple[str, str], int] = {}
    for edge in edges:
        key = edge.target, edge.port
        spare[key] = min(spare.get(key, 99), spare_bits(edge) + edge.shift)
    stimulated = {(s.target, s.port) for s in formats.graph.stimuli}
    found = [key for key in over if spare[key] > 0 and key not in stimulated]
    for key in found:
        formats.coarser[key] = formats.coarser.get(key, 0) + 1
    return bool(found)


def _fit_exponents(formats: Formats) -> bool:
    """Whether a payload gave up bits for grids that lie further apart than exponents reach.

    It keeps seven bits; the weights on the finer grid lose what is still missing.
    """
    finest: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for edge in formats.graph.edges:
        sent = 2.0 ** -formats.payload.get(edge.source, 0)
        scale = formats.grid(edge) * sent
        finest.setdefault((edge.target, edge.port), []).append((scale, edge.source))
    moved = False
    for found in finest.values():
        coarsest = max(found)[0]
        for scale, source in found:
            excess = math.ceil(math.log2(coarsest / scale) - 1e-12) - formats.highest_exponent
            if source in formats.payload and excess > 0:
                kept = _FEWEST_BITS - bits_for(*formats.outputs[source])
                before = formats.payload[source]
                formats.payload[source] = max(before - excess, min(before, kept))
                moved = moved or formats.payload[source] != before
    return moved


def largest_sent(formats: Formats, source: str) -> int:
    """The largest integer that a unit sends; a plain spike counts as 1."""
    if source not in formats.payload:
        return 1
    low, high = formats.outputs[source]
    return math.ceil(max(abs(low), abs(high)) * 2.0 ** formats.payload[source])


def arriving(formats: Formats, edges: Iterable[Edge]) -> dict[tuple[str, str], Span]:
    """Least and most that projections can bring to a port in a step, edges in integers."""
    sums: dict[tuple[str, str], tuple[Array, Array]] = {}
    for edge in edges:
        key = edge.target, edge.port
        size = formats.graph.node(edge.target).size
        low, high = sums.setdefault(key, (np.zeros(size, np.int64), np.zeros(size, np.int64)))
        most = largest_sent(formats, edge.source) << edge.shift
        least = -most if edge.source in formats.payload else 0
        if edge.plasticity is not None:
            heaviest = np.full(size, formats.heaviest(edge))
            negative, positive = -heaviest, heaviest
        else:
            negative, positive = row_sums(edge.weights)
        low += negative * most + positive * least
        high += positive * most + negative * least
    return {key: (int(low.min()), int(high.max())) for key, (low, high) in sums.items()}


def _scale_edges(formats: Formats) -> tuple[Edge, ...]:
    """Weights on grids such that all edges of a port add up: unit scale times a power of two.

    The unit is the finest grid, unless the coarsest would need an exponent that the chip lacks.
    """
    finest: dict[tuple[str, str], list[float]] = {}
    own = []
    for edge in formats.graph.edges:
        sent = 2.0 ** -formats.payload.get(edge.source, 0)
        scale = formats.grid(edge) * sent
        own.append((edge, scale, sent))
        finest.setdefault((edge.target, edge.port), []).append(scale)
    edges = []
    for edge, scale, sent in own:
        key = edge.target, edge.port
        unit = max(min(finest[key]), max(finest[key]) * 2.0**-formats.highest_exponent)
        unit *= 2.0 ** formats.coarser.get(key, 0)
        shift = max(0, math.ceil(math.log2(scale / unit) - 1e-12))
        formats.port_scale[key] = unit
        weight = unit * 2.0**shift / sent
        integer = rounded(edge.weights, weight, formats.largest(edge))
        edges.append(replace(edge, weights=integer, shift=shift, scale=weight))
    return tuple(edges)
