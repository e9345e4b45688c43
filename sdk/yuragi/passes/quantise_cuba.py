"""Integers for Loihi's fixed-function compartment, the current-based leaky integrate-and-fire unit.

A population fits if its equations are of this form, however they are written, or if it is described
by the chip's own registers (`yuragi.passes.cuba.registers`). A dialect says what the integers do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import ProfileError, UnsupportedError
from yuragi.graph import Edge, Graph, Node, Stimulus
from yuragi.hardware.profile import Profile
from yuragi.passes.cuba.bound import arriving, reach
from yuragi.passes.cuba.dialect import Dialect
from yuragi.passes.cuba.edges import edge_violations, fitted_edge, given_edge
from yuragi.passes.cuba.match import Cuba, DoesNotFitError, is_spike_input, match
from yuragi.passes.cuba.nearest import nearest
from yuragi.passes.cuba.registers import Registers, described, is_compartment, violations
from yuragi.passes.cuba.scale import fitted
from yuragi.passes.cuba.write import summing_port, written
from yuragi.passes.reach import Reach
from yuragi.passes.spike_inputs import check_probes, integer_input, sums_of_inputs
from yuragi.wiring.maps import LinearMap

__all__ = ["compartments_only", "quantise_cuba", "with_exponents"]

Array = NDArray[Any]


_STATED = (
    "weight_bits",
    "weight_exponent_min",
    "weight_exponent_max",
    "state_bits",
    "decay_bits",
    "threshold_bits",
    "bias_mantissa_bits",
    "bias_exponent_bits",
)


def compartments_only(graph: Graph) -> bool:
    """Whether every population is described by registers, spike inputs aside."""
    kinds = [is_compartment(node) for node in graph.nodes if not is_spike_input(node)]
    return bool(kinds) and all(kinds)


def with_exponents(graph: Graph) -> Graph:
    """The graph with the exponents of its projections multiplied into the weights."""
    if not any(edge.shift for edge in graph.edges):
        return graph
    return replace(graph, edges=tuple(_multiplied(edge) for edge in graph.edges))


def _multiplied(edge: Edge) -> Edge:
    if not edge.shift:
        return edge
    weights: LinearMap = edge.weights.changed(np.ldexp(edge.weights.values(), edge.shift))
    return replace(edge, weights=weights, shift=0)


def quantise_cuba(
    graph: Graph, profile: Profile, dialect: Dialect
) -> tuple[Graph, tuple[str, ...]]:
    """The graph in the integers of Loihi's compartments, and what can be said of its overflows.

    Raises UnsupportedError with a reason for each population that is not of the form above, and
    for each parameter, weight, exponent and delay that the dialect does not have.
    """
    if profile.dynamics == ("cuba_lif",):
        lacking = [name for name in _STATED if profile.number(name) is None]
        if lacking:
            raise ProfileError(
                f"profile {profile.name!r} states no numbers.{', numbers.'.join(lacking)}, "
                "which its compartments need"
            )
    work = _Work(graph=graph, profile=profile, dialect=dialect)
    work.match()
    work.check()
    work.fit()
    nodes, lines = work.nodes()
    check_probes(graph, nodes, profile)
    edges = tuple(replace(edge, port=port) for edge, port, _ in work.edges)
    stimuli = (*sums_of_inputs(graph, work.registers), *work.currents())
    return replace(graph, nodes=nodes, edges=edges, stimuli=stimuli), lines


@dataclass(slots=True, kw_only=True)
class _Work:
    """One quantisation.

    cubas: what the equations of a population came to.
    registers: of every population of compartments.
    edges: each with the port that it leads to and the negative exponent left to its sum.
    """

    graph: Graph
    profile: Profile
    dialect: Dialect
    cubas: dict[str, Cuba] = field(default_factory=dict)
    registers: dict[str, Registers] = field(default_factory=dict)
    edges: list[tuple[Edge, str, int]] = field(default_factory=list)

    def match(self) -> None:
        """Tell inputs, registers and fitting equations from what the chip cannot do."""
        reasons = {}
        for node in self.graph.nodes:
            if is_spike_input(node) or is_compartment(node):
                continue
            try:
                self.cubas[node.name] = match(node, self.graph.dt)
            except DoesNotFitError as error:
                reasons[node.name] = f"{node.name} ({node.dynamics.name}): {error}"
        if reasons:
            near = nearest(self.graph, tuple(reasons))
            refused = [
                reason + (f"\n    {near[name]}" if name in near else "")
                for name, reason in reasons.items()
            ]
            raise UnsupportedError(
                f"{self.profile.name} has current-based leaky integrate-and-fire units only:\n  "
                + "\n  ".join(refused)
                + "\n  the unit model cuba_lif is of that form; "
                + "a programmable chip runs the others",
                refused,
            )

    def check(self) -> None:
        """Refuse what the dialect does not have, all of it at once."""
        refused = list(self._refused())
        if refused:
            raise UnsupportedError(
                f"{self.profile.name} in the dialect {self.dialect.name} does not have:\n  "
                + "\n  ".join(refused),
                refused,
            )

    def _refused(self) -> Iterator[str]:
        for node in self.graph.nodes:
            if not is_spike_input(node):
                yield from violations(node, self.dialect)
        for edge in self.graph.edges:
            target = self.graph.node(edge.target)
            if is_spike_input(target):
                yield f"{edge.name}: an input population takes no projections"
            else:
                given = is_compartment(target)
                yield from edge_violations(edge, self.dialect, given=given)

    def fit(self) -> None:
        """Registers of every population, then the weights of every projection."""
        scaled = with_exponents(self.graph)
        for node in self.graph.nodes:
            found = described(node, self.dialect)
            if node.name in self.cubas:
                cuba = self.cubas[node.name]
                found = fitted(scaled, node, cuba, self.profile, self.dialect)
            if found is not None:
                self.registers[node.name] = found
        for edge, exact in zip(self.graph.edges, scaled.edges, strict=True):
            if edge.target in self.cubas:
                one = self.registers[edge.target].scales["port"]
                self.edges.append((fitted_edge(exact, one, self.profile), edge.port, 0))
            else:
                held, left = given_edge(edge, self.dialect)
                port = self._port(held, left) if left else edge.port
                self.edges.append((held, port, left))

    def _port(self, edge: Edge, left: int) -> str:
        """A port for the sum of what a projection brings with its exponent.

        Each rounds its own sum, and those of different delays do so apart, as in Lava's Dense and
        DelayDense, which round when spikes are sent.
        """
        taken = [port for _, port, _ in self.edges]
        return summing_port(edge.port, edge.source, left, taken)

    def nodes(self) -> tuple[tuple[Node, ...], tuple[str, ...]]:
        """Every population in integers, and a line on the overflows of each."""
        nodes, lines = [], []
        for node in self.graph.nodes:
            registers = self.registers.get(node.name)
            if registers is None:
                nodes.append(integer_input(node))
                continue
            inward = [(replace(e, port=p), x) for e, p, x in self.edges if e.target == node.name]
            stimuli = [s for s in self.currents() if s.target == node.name]
            found = reach(arriving(node.size, inward, stimuli), registers, self.dialect)
            counted = bool(self.dialect.overflows) and (
                not found.proved or bool(stimuli) or not inward
            )
            shifted = {edge.port: left for edge, left in inward if left}
            nodes.append(written(node, registers, self.dialect, shifted=shifted, counted=counted))
            lines.append(f"{node.name}: {_verdict(found, self.dialect, counted)}; {found}")
        return tuple(nodes), tuple(lines)

    def currents(self) -> Iterator[Stimulus]:
        """Stimuli of compartments, on the grid of their ports."""
        for stimulus in self.graph.stimuli:
            registers = self.registers.get(stimulus.target)
            if registers is not None:
                values = stimulus.values / registers.scales.get("port", 1.0)
                yield replace(stimulus, values=np.rint(values).astype(np.int64))


def _verdict(found: Reach, dialect: Dialect, counted: bool) -> str:
    if not dialect.overflows:
        return f"{dialect.name} has words without limit"
    return found.verdict(counted=counted)
