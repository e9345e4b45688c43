"""Integers for a fixed-function neuron whose profile has its equations and registers.

A population fits if its equations come to the form of `UnitForm`, however they are written. Its
voltage counts in the finest unit in which weights, threshold and bias fit their registers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import ProfileError, UnsupportedError
from yuragi.graph import Edge, Graph, Node, Stimulus
from yuragi.hardware.profile import Profile
from yuragi.hardware.unit_form import Register, Stands, UnitForm
from yuragi.passes.cuba.match import Cuba, DoesNotFitError, is_spike_input, match
from yuragi.passes.spike_inputs import check_probes, integer_input, sums_of_inputs
from yuragi.passes.unit_words import Becoming, Written, write_unit
from yuragi.passes.voltage_unit import Bounds, voltage_unit
from yuragi.passes.weights import rounded, with_smallest

__all__ = ["quantise_unit"]

Array = NDArray[Any]


def quantise_unit(graph: Graph, profile: Profile, unit: UnitForm) -> tuple[Graph, tuple[str, ...]]:
    """The graph in the integers of the chip's neuron, and what can be said of its overflows.

    Raises ProfileError for a register whose length the profile does not state, UnsupportedError
    with a reason for each population and projection that does not fit.
    """
    chip = _Chip(profile=profile, unit=unit)
    chip.check()
    cubas, reasons = {}, []
    for node in graph.nodes:
        if is_spike_input(node):
            continue
        try:
            cubas[node.name] = chip.matched(graph, node)
        except DoesNotFitError as error:
            reasons.append(f"{node.name} ({node.dynamics.name}): {error}")
    reasons += [
        f"{edge.name}: an input population takes no projections"
        for edge in graph.edges
        if edge.target not in cubas and is_spike_input(graph.node(edge.target))
    ]
    if reasons:
        raise UnsupportedError(
            f"{profile.name} has fixed-function neurons and cannot run:\n  " + "\n  ".join(reasons),
            reasons,
        )
    units = {name: chip.voltage_unit(graph, name, cuba) for name, cuba in cubas.items()}
    edges = tuple(chip.edge(edge, units[edge.target], cubas[edge.target]) for edge in graph.edges)
    stimuli = (
        *sums_of_inputs(graph, cubas),
        *(s for stimulus in graph.stimuli for s in chip.currents(stimulus, units, cubas)),
    )
    nodes: list[Node] = []
    lines: list[str] = []
    for node in graph.nodes:
        if node.name not in cubas:
            nodes.append(integer_input(node))
            continue
        made = chip.written(graph, node, cubas[node.name], units[node.name], edges, stimuli)
        nodes.append(made.node)
        lines += made.lines
    check_probes(graph, tuple(nodes), profile)
    return replace(graph, nodes=tuple(nodes), edges=edges, stimuli=stimuli), tuple(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chip:
    """The fixed-function neuron of a profile."""

    profile: Profile
    unit: UnitForm

    def check(self) -> None:
        """Raise ProfileError that names every number that the neuron needs."""
        wanted = dict.fromkeys(("weight_bits", *(r.bits for r in self.unit.registers.values())))
        lacking = [f"numbers.{name}" for name in wanted if self.profile.number(name) is None]
        if lacking:
            raise ProfileError(
                f"profile {self.profile.name!r} states no {', '.join(lacking)}, which its "
                "neurons need"
            )

    def _for(self, part: str) -> Register | None:
        found = (r for r in self.unit.registers.values() if r.of == part)
        return next(found, None)

    def _ends(self, register: Register) -> tuple[int, int]:
        bits = self.profile.number(register.bits) or 0
        return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if register.signed else (0, 2**bits - 1)

    def matched(self, graph: Graph, node: Node) -> Cuba:
        """What the equations come to; DoesNotFitError for what the neuron has not."""
        unit = self.unit
        cuba = match(
            node, graph.dt, resets=tuple(unit.resets), inclusive=True, from_zero=unit.from_zero
        )
        if node.dynamics.refractory:
            raise DoesNotFitError("it has refractory steps; this neuron has none")
        if (cuba.current is None) != (self.unit.current is None):
            has = "no current" if self.unit.current is None else "a current that decays"
            raise DoesNotFitError(f"this neuron has {has}")
        self._check_bias(graph, node, cuba)
        if self._for("voltage_decay") is None and np.any(cuba.keep_v != 1):
            raise DoesNotFitError(
                f"{cuba.voltage} keeps {float(cuba.keep_v.flat[0]):.4g} of itself in a step; this "
                "neuron keeps all of it and adds a constant"
            )
        if self.unit.arrives == "before_decay" and np.any(cuba.keep_u != cuba.keep_u.flat[0]):
            raise DoesNotFitError("its currents decay differently, and what arrives with them")
        for part, keep in (("current_decay", cuba.keep_u), ("voltage_decay", cuba.keep_v)):
            register = self._for(part)
            if register is not None:
                self._shifts(register, keep)
        if np.any(cuba.threshold <= 0) or np.any(cuba.gain != cuba.gain.flat[0]):
            raise DoesNotFitError("its threshold is not above 0, or its units differ in gain")
        return cuba

    def _check_bias(self, graph: Graph, node: Node, cuba: Cuba) -> None:
        if self.unit.from_zero and not cuba.from_zero and _falls(graph, node, cuba):
            raise DoesNotFitError(
                f"{cuba.voltage} can fall below 0; that of this neuron stops there, as "
                f"{cuba.voltage}(t+1) = max(..., 0) says"
            )
        leaks = self._for("leak") is not None
        if self._for("bias") is None and np.any(cuba.bias > 0 if leaks else cuba.bias != 0):
            has = "a leak only" if leaks else "none"
            raise DoesNotFitError(f"it has a bias; this neuron has {has}")

    def _shifts(self, register: Register, keep: Array) -> Array:
        """The nearest of what a register of a decay can say, 1 - 2^-d."""
        high = self._ends(register)[1]
        if np.any(keep < 0.25) or np.any(keep >= 1):
            raise DoesNotFitError(
                f"a state keeps {float(np.min(keep)):.4g} to {float(np.max(keep)):.4g} of itself; "
                f"this neuron keeps 1 - 2^-d, d from 1 to {high}"
            )
        return np.clip(np.rint(-np.log2(1.0 - keep)), 1, high).astype(np.int64)

    def _gain(self, cuba: Cuba) -> float:
        """What a unit of the port adds to the voltage in the step in which it arrives."""
        register = self._for("current_decay")
        if register is None or self.unit.arrives == "after_decay":
            return 1.0
        return float(1.0 - 2.0 ** -self._shifts(register, cuba.keep_u).min())

    def one(self, unit: float, cuba: Cuba) -> float:
        """What 1 stands for at the port."""
        return unit * self._gain(cuba) / float(cuba.gain.flat[0])

    @property
    def _largest(self) -> int:
        return int(2 ** ((self.profile.number("weight_bits") or 1) - 1)) - 1

    def voltage_unit(self, graph: Graph, name: str, cuba: Cuba) -> float:
        """What 1 stands for in the voltage."""
        limits = {register.of: self._ends(register)[1] for register in self.unit.registers.values()}
        bounds = Bounds(
            chip=self.profile.name,
            weight=self._largest,
            exponent=self.profile.number("weight_exponent_max") or 0,
            step=self._gain(cuba),
            limits=tuple(
                (float(np.abs(values).max()), limits[part] - 1)
                for part, values in self._constants(cuba).items()
            ),
            assumed=2.0**10,
        )
        gain, threshold = abs(float(cuba.gain.flat[0])), float(np.max(cuba.threshold))
        return voltage_unit(graph, name, gain=gain, threshold=threshold, bounds=bounds)

    def edge(self, edge: Edge, unit: float, cuba: Cuba) -> Edge:
        """A projection on the grid of its target's port times 2^exponent."""
        one = self.one(unit, cuba)
        top = float(np.abs(edge.weights.values()).max(initial=0.0))
        needed = math.ceil(math.log2(top / (abs(one) * self._largest)) - 1e-12) if top else 0
        exponent = max(needed, 0)
        scale = one * 2.0**exponent
        weights = rounded(edge.weights, scale, self._largest)
        inhibits = weights.values().min(initial=0) < 0
        port = self._port(edge.port, inhibits=bool(inhibits))
        held = replace(edge, weights=weights, shift=exponent, scale=scale, port=port)
        return with_smallest(held, self.profile.number("weight_exponent_max") or 0)

    def _port(self, name: str, *, inhibits: bool) -> str:
        """The port of a population at which something arrives.  name: as described"""
        return f"{name}_inhibiting" if inhibits and self.unit.inhibiting is not None else name

    def currents(
        self, stimulus: Stimulus, units: Mapping[str, float], cubas: Mapping[str, Cuba]
    ) -> Iterator[Stimulus]:
        """What is given to a population of the chip, on the grid of its port."""
        if stimulus.target not in cubas:
            return
        one = self.one(units[stimulus.target], cubas[stimulus.target])
        values = np.rint(stimulus.values / one).astype(np.int64)
        if self.unit.inhibiting is None:
            yield replace(stimulus, values=values)
            return
        for inhibits, part in ((False, np.maximum(values, 0)), (True, np.minimum(values, 0))):
            yield replace(stimulus, values=part, port=self._port(stimulus.port, inhibits=inhibits))

    def _constants(self, cuba: Cuba) -> dict[Stands, Array]:
        """The parts that are registers in the unit of the voltage."""
        parts: dict[Stands, Array] = {
            "threshold": cuba.threshold,
            "bias": cuba.bias,
            "leak": np.maximum(-cuba.bias, 0.0),
        }
        return {r.of: parts[r.of] for r in self.unit.registers.values() if r.of in parts}

    def _values(self, cuba: Cuba, unit: float, weights: tuple[Array, Array]) -> dict[str, Array]:
        """Every register.  weights: the least and the most that excite each unit"""
        level = cuba.threshold / unit
        whole = np.floor(level + 1e-9) + 1 if cuba.strict else np.ceil(level - 1e-9)
        parts = {
            "current_decay": cuba.keep_u,
            "voltage_decay": cuba.keep_v,
            **{part: np.rint(value / unit) for part, value in self._constants(cuba).items()},
            "threshold": whole,
            "least_input": weights[0],
            "most_input": weights[1],
        }
        found = {}
        for name, register in self.unit.registers.items():
            part = parts[register.of]
            value = self._shifts(register, part) if register.form == "shift" else part
            value = np.clip(value, *self._ends(register)).astype(np.int64)
            found[name] = -(-(2**16) // value) if register.form == "reciprocal" else value
        return found

    def written(
        self,
        graph: Graph,
        node: Node,
        cuba: Cuba,
        unit: float,
        edges: tuple[Edge, ...],
        stimuli: tuple[Stimulus, ...],
    ) -> Written:
        """The population in integers."""
        names = {self.unit.voltage: cuba.voltage, self.unit.port: cuba.port}
        scales = {cuba.voltage: unit, cuba.port: self.one(unit, cuba)}
        if self.unit.inhibiting is not None:
            names[self.unit.inhibiting] = self._port(cuba.port, inhibits=True)
            scales[names[self.unit.inhibiting]] = scales[cuba.port]
        initial = {cuba.voltage: node.initial[cuba.voltage] / unit}
        if self.unit.current is not None and cuba.current is not None:
            coupling = float(cuba.coupling.flat[0])
            names[self.unit.current] = cuba.current
            scales[cuba.current] = unit / coupling
            initial[cuba.current] = node.initial[cuba.current] * coupling / unit
        heard = any(edge.source == node.name for edge in graph.edges)
        inward = [edge for edge in edges if edge.target == node.name]
        fed = [stimulus for stimulus in stimuli if stimulus.target == node.name]
        becoming = Becoming(
            system=self.unit.system(cuba.reset, heard=heard),
            names=names,
            ports=self.unit.ports,
            output=self.unit.output if heard or not self.unit.readout else None,
            registers=self._values(cuba, unit, _exciting(inward, node.size, fed=bool(fed))),
            initial={n: np.asarray(np.rint(v)).astype(np.int64) for n, v in initial.items()},
            scales=scales,
            edges=inward,
            stimuli=fed,
            sent={n.name: 1 if is_spike_input(n) else self.unit.most_sent for n in graph.nodes},
        )
        made = write_unit(node, becoming)
        return made._replace(lines=(*self._rounded(node, cuba), *made.lines))

    def _rounded(self, node: Node, cuba: Cuba) -> Iterator[str]:
        """By how much decays differ from those described, and in which order a step happens."""
        for part, keep in (("current_decay", cuba.keep_u), ("voltage_decay", cuba.keep_v)):
            register = self._for(part)
            if register is not None:
                error = np.abs(1.0 - 2.0 ** -self._shifts(register, keep) - keep).max()
                yield f"{node.name}: {part} as a shift, within {float(error):.3g} of what is kept"
        if self.unit.order:
            yield f"{node.name}: in a step {self.unit.order}"


def _falls(graph: Graph, node: Node, cuba: Cuba) -> bool:
    """Whether anything takes a voltage down."""
    inward = (edge for edge in graph.edges if edge.target == node.name)
    given = (stimulus for stimulus in graph.stimuli if stimulus.target == node.name)
    arriving = [edge.weights.values() for edge in inward] + [s.values for s in given]
    gain = float(cuba.gain.flat[0])
    return bool(np.any(cuba.bias < 0) or any((gain * values < 0).any() for values in arriving))


def _exciting(inward: Iterable[Edge], size: int, *, fed: bool) -> tuple[Array, Array]:
    """The least and the most positive weight of each unit, 1 for one without.  shapes (size,)

    fed: whether the units are driven from outside too, by events of any weight from 1 on.
    """
    least, most = np.full(size, 2**62), np.ones(size, dtype=np.int64)
    for edge in inward:
        matrix = edge.weights.csr().tocoo()
        on = matrix.data > 0
        values = matrix.data[on].astype(np.int64) << edge.shift
        np.minimum.at(least, matrix.row[on], values)
        np.maximum.at(most, matrix.row[on], values)
    return (np.ones(size, dtype=np.int64) if fed else np.minimum(least, most)), most
