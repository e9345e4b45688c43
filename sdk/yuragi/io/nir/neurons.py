"""A population as a neuron of NIR: with the parameters it came with, or by its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import UnsupportedError
from yuragi.graph import Graph, Node, Origin
from yuragi.io.nir.dialects.table import DEFAULT_DT
from yuragi.io.nir.nodes import KINDS, NEURONS
from yuragi.passes.cuba.match import DoesNotFitError, match

__all__ = ["Neuron", "neuron_of"]

Array = NDArray[Any]
_LONGEST_TIME = 1e12  # steps; a state that keeps all of itself


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neuron:
    """A node to be written.

    reset: its name, for the metadata.      bias: a current that no parameter of NIR holds.
    """

    kind: str
    values: Mapping[str, Array]
    reset: str | None = None
    bias: Array | None = None
    losses: tuple[str, ...] = ()


def neuron_of(node: Node, graph: Graph, origin: Origin, dialect: str) -> Neuron:
    """The neuron of a population; UnsupportedError with the reason where NIR has none."""
    parts = node.dynamics.name.split("_", 3)
    losses = _losses(node)
    if parts[0] == "nir" and len(parts) > 2 and parts[1] in NEURONS:
        kind = parts[1]
        given = {**node.parameters, **_kept(origin, node.name)}
        values = {key: np.asarray(given[key]) for key in KINDS[kind] if key in given}
        reset = parts[3] if len(parts) > 3 else None
        told = (f"reset {reset}: in the metadata only",) if reset not in (None, "value") else ()
        return Neuron(kind=kind, values=values, reset=reset, losses=(*told, *losses))
    return _by_form(node, graph.dt or DEFAULT_DT, dialect, losses)


def _kept(origin: Origin, name: str) -> dict[str, Array]:
    return {key: value for (population, key), value in origin.kept.items() if population == name}


def _losses(node: Node) -> tuple[str, ...]:
    found = []
    if node.dynamics.refractory:
        found.append(f"{node.dynamics.refractory} refractory steps: NIR has none")
    if any(np.any(value != 0) for value in node.initial.values()):
        leak = node.parameters.get("v_leak")
        if leak is None or any(np.any(v != leak) for v in node.initial.values()):
            found.append("its state at step 0: NIR has none")
    return tuple(found)


def _by_form(node: Node, dt: float, dialect: str, losses: tuple[str, ...]) -> Neuron:
    """LIF or CubaLIF, whose forward Euler steps are the unit's own."""
    try:
        cuba = match(node, dt)
    except DoesNotFitError as reason:
        raise UnsupportedError(f"no kind of NIR has its equations ({reason})") from None
    membrane = _time(cuba.keep_v, dt)
    zero = np.zeros(())
    said = (
        f"taken for a forward Euler step of {dt * 1e3:g} ms",
        "reset zero: in the metadata only",
    )
    values = {"v_threshold": cuba.threshold, "v_reset": zero}
    if cuba.current is None and np.all(cuba.keep_v == 1.0) and np.all(cuba.bias == 0.0):
        values |= {"r": cuba.gain}
        if dialect == "lava":
            return Neuron(kind="IF", values=values, reset="zero", losses=(*said, *losses))
    values |= {"v_leak": cuba.bias * membrane / dt}
    if cuba.current is None:
        values |= {"tau": membrane, "r": cuba.gain * membrane / dt}
        return Neuron(kind="LIF", values=values, reset="zero", losses=(*said, *losses))
    synapse = _time(cuba.keep_u, dt)
    values |= {
        "tau_mem": membrane,
        "tau_syn": synapse,
        "r": cuba.coupling * membrane / dt,
        "w_in": cuba.gain / cuba.coupling * synapse / dt,
    }
    return Neuron(kind="CubaLIF", values=values, reset="zero", losses=(*said, *losses))


def _time(keep: Array, dt: float) -> Array:
    """The time constant with which a forward Euler step keeps so much."""
    return dt / np.maximum(1.0 - np.asarray(keep, dtype=np.float64), 1.0 / _LONGEST_TIME)
