"""Weights of a projection as a dialect holds them: mantissa, sign mode and exponent."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from yuragi.errors import UnsupportedError
from yuragi.graph import Edge
from yuragi.hardware.profile import Profile
from yuragi.passes.cuba.dialect import Array, Dialect
from yuragi.passes.cuba.scale import largest_weight
from yuragi.passes.weights import rounded, with_smallest

__all__ = ["edge_violations", "fitted_edge", "given_edge"]


def edge_violations(edge: Edge, dialect: Dialect, *, given: bool) -> Iterator[str]:
    """Everything about a projection that a dialect does not have.

    given: whether the weights are integers of the chip already.
    """
    if dialect.delay is not None and not dialect.delay[0] <= edge.delay <= dialect.delay[1]:
        low, high = dialect.delay
        yield f"{edge.name}: delay {edge.delay}, {dialect.name} has {low} to {high}"
    values = edge.weights.values()
    least, most = (float(end) for end in dialect.weights[edge.sign])
    if not given:  # the grid is still to be chosen; the sign counts
        least, most = least * math.inf if least else 0.0, most * math.inf if most else 0.0
    outside = values[(values < least) | (values > most)]
    if outside.size:
        yield (
            f"{edge.name}: weight {outside[0]:.12g}, {dialect.name} has {least:g} to {most:g} "
            f"for {edge.sign} weights"
        )
    if given and not np.array_equal(values, np.rint(values)):
        yield f"{edge.name}: weights in the chip's integers are expected to be whole numbers"
    low, high = dialect.exponent
    if given and not low <= edge.shift <= high:
        yield f"{edge.name}: weight exponent {edge.shift}, {dialect.name} has {low} to {high}"


def given_edge(edge: Edge, dialect: Dialect) -> tuple[Edge, int]:
    """Weights that are integers already, cut as the dialect cuts them; and what is left to do.

    The second is a negative exponent that the sum of this projection's arrivals is still to take.
    """
    exponent = edge.shift
    whole = edge.weights.values().astype(np.int64)
    cut = dialect.cut(whole, edge.sign, exponent)
    scale = 2.0**exponent
    if dialect.scaled is not None:
        scaled = dialect.scaled(cut, exponent)
        if exponent < 0 or not np.array_equal(scaled, cut << exponent):
            return _held(edge, scaled, 0, 1.0), 0
    elif exponent < 0:
        return _held(edge, cut, 0, scale), exponent
    return _held(edge, cut, exponent, scale), 0


def _held(edge: Edge, values: Array, shift: int, scale: float) -> Edge:
    """The synapse as it is stored: of even mixed weights the lowest bit is left away."""
    cut = int(edge.sign == "mixed" and not (values & 1).any())
    values, shift, scale = values >> cut, shift + cut, scale * 2.0**cut
    least, most = int(values.min(initial=0)), int(values.max(initial=0))
    kind = np.int8 if least >= -128 and most <= 127 else np.int16
    weights = edge.weights.changed(values.astype(kind))
    return replace(edge, weights=weights, shift=shift, scale=scale, cut=cut)


def fitted_edge(edge: Edge, one: float, profile: Profile) -> Edge:
    """Floats on the grid of the target's port times 2^exponent.

    one: what 1 stands for in the port. A mixed weight is even, and stored without its lowest bit.
    """
    top = float(np.abs(edge.weights.values()).max(initial=0.0))
    largest = largest_weight(profile, edge.sign)
    highest = profile.number("weight_exponent_max") or 0
    needed = math.ceil(math.log2(top / (abs(one) * largest)) - 1e-12) if top else 0
    exponent = max(needed, 0)
    if needed > highest:
        raise UnsupportedError(
            f"{edge.name}: needs the weight exponent {needed}, the chip has up to {highest}"
        )
    cut = int(edge.sign == "mixed")
    scale = one * 2.0 ** (exponent + cut)
    weights = rounded(edge.weights, scale, largest >> cut)
    held = replace(edge, weights=weights, shift=exponent + cut, scale=scale, cut=cut)
    return with_smallest(held, highest + cut)
