"""NIR in Loihi's registers, by the script with which the NIR paper deployed its networks.

    delta_v = int(4095 dt / tau)      threshold mantissa = int(131071 v_threshold) >> 9
    weight = int(256 w), w being what a spike adds to the voltage in a step

Source: Pedersen et al., Nature Communications 15 (2024) 8122, paper/nir_to_lava.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import UnsupportedError
from yuragi.io.nir.nodes import NirGraph, NirNode
from yuragi.io.nir.paths import Path
from yuragi.io.nir.shapes import Shapes
from yuragi.network import Network
from yuragi.passes.cuba.registers import COMPARTMENT
from yuragi.wiring.maps import LinearMap, as_map

__all__ = ["loihi_network"]

Array = NDArray[Any]
_ONE = 256
_LARGEST_BIAS = 4095


class Importing(Protocol):
    """What an import knows when its nodes and paths are found."""

    graph: NirGraph
    shapes: Shapes
    place: str
    dt: float
    names: dict[str, str]
    notes: list[str]
    paths: list[tuple[str, ...]]

    def layers(self, path: Path) -> tuple[str, ...]:
        """Kind and name of the linear nodes of a path."""
        ...

    def delayed(self, path: Path, first: int) -> list[tuple[int, LinearMap]]:
        """The map of a path for each delay that it has."""
        ...

    def finish(self, network: Network) -> None:
        """Add probes and origin."""
        ...


def loihi_network(plan: Importing, arriving: Mapping[str, Sequence[Path]]) -> Network:
    """The network in integers: compile it for a Loihi profile, or for `ideal`.

    Raises UnsupportedError for nodes that the compartment is not.
    """
    network = Network(dt=plan.dt)
    refused = [
        f"{name}: {plan.graph.nodes[name].kind} is no compartment of Loihi"
        for name in plan.names
        if plan.graph.nodes[name].kind not in ("CubaLIF", "IF", "Input", "LIF")
    ]
    if refused:
        raise UnsupportedError("\n".join(refused), refused)
    plan.notes.append("assumed: a step from one population to the next; reset to 0; no v_reset")
    for name, new in plan.names.items():
        node = plan.graph.nodes[name]
        size = math.prod(plan.shapes[name][1])
        if node.kind == "Input":
            network.input(new, size, spiking=True)
        else:
            registers = _registers(node, plan.dt, size)
            plan.notes.append(f"approximated: {name}: {_lost(registers, node, plan.dt, size)}")
            registers |= _bias(arriving[name], _gain(node, plan.dt, size), size)
            network.population(new, size, COMPARTMENT, parameters=registers)
    for name, new in plan.names.items():
        for path in arriving[name]:
            gain = _gain(plan.graph.nodes[name], plan.dt, path.weights.shape[0])
            for delay, weights in plan.delayed(path, 1):
                whole, exponent, lost = _whole(weights, gain)
                network.project(
                    plan.names[path.source], new, weights=whole, port="i", delay=delay,
                    exponent=exponent, sign=_sign(whole),
                )  # fmt: skip
                plan.paths.append(plan.layers(path))
                plan.notes.append(
                    f"approximated: {path.source} to {name}: weights in steps of 2^{exponent}/256, "
                    f"relative error {lost:.2%}"
                )
    plan.finish(network)
    return network


def _flat(node: NirNode, name: str, size: int) -> Array:
    values = np.asarray(node.array(name), dtype=np.float64).reshape(-1)
    return values if values.size == size else np.full(size, values[0])


def _gain(node: NirNode, dt: float, size: int) -> Array:
    """What a weight of 1 adds to the voltage of each unit in a step."""
    gain = _flat(node, "r", size)
    if node.kind == "IF":
        return gain
    if node.kind == "LIF":
        return gain * dt / _flat(node, "tau", size)
    synapse = _flat(node, "w_in", size) * dt / _flat(node, "tau_syn", size)
    return synapse * gain * dt / _flat(node, "tau_mem", size)


def _registers(node: NirNode, dt: float, size: int) -> dict[str, Array]:
    times = {"LIF": ("tau", None), "CubaLIF": ("tau_mem", "tau_syn"), "IF": (None, None)}[node.kind]
    voltage, current = times
    threshold = (131071 * _flat(node, "v_threshold", size)).astype(np.int64) >> 9
    registers = {"v_th_mant": threshold, "delta_v": np.zeros(size), "delta_u": np.full(size, 4095)}
    if voltage is not None:
        registers["delta_v"] = np.trunc(4095 * dt / _flat(node, voltage, size))
    if current is not None:
        registers["delta_u"] = np.trunc(4095 * dt / _flat(node, current, size))
    return {name: _single(values) for name, values in registers.items()}


def _lost(registers: Mapping[str, Array], node: NirNode, dt: float, size: int) -> str:
    """What the registers make of thresholds and decays: the largest relative errors."""
    meant = {"threshold": (registers["v_th_mant"] / _ONE, _flat(node, "v_threshold", size))}
    for name, tau in (("delta_v", "tau"), ("delta_v", "tau_mem"), ("delta_u", "tau_syn")):
        if tau in node.values:
            decays = registers[name] + (name == "delta_u")
            meant[name] = decays / 4096, dt / _flat(node, tau, size)
    errors = {name: np.abs(is_ / was - 1).max() for name, (is_, was) in meant.items()}
    return ", ".join(f"{name} is off by {error:.2%}" for name, error in errors.items())


def _bias(arriving: Sequence[Path], gain: Array, size: int) -> dict[str, Array]:
    """Mantissa and exponent of the sum of all biases, which the script refuses."""
    total = np.zeros(size)
    for path in arriving:
        total = total + (0 if path.bias is None else path.bias * gain * _ONE * 64)
    largest = float(np.abs(total).max(initial=0.0))
    if largest == 0.0:
        return {}
    exponent = max(0, math.ceil(math.log2(largest / _LARGEST_BIAS)))
    mantissa = np.rint(total / 2**exponent)
    return {"bias_mant": _single(mantissa), "bias_exp": np.asarray(float(exponent))}


def _single(values: Array) -> Array:
    floats = np.asarray(values, dtype=np.float64)
    return np.asarray(floats[0]) if np.all(floats == floats[0]) else floats


def _whole(weights: LinearMap, gain: Array) -> tuple[LinearMap, int, float]:
    """The weights times 256, cut towards 0, with the exponent that they need, and the error."""
    if np.all(gain == gain[0]):
        scaled: LinearMap = weights.changed(weights.values() * gain[0] * _ONE)
    else:
        rows = weights.csr().copy()
        rows.data = rows.data * np.repeat(gain, np.diff(rows.indptr)) * _ONE
        scaled = as_map(rows)
    values = scaled.values()
    largest = float(np.abs(values).max(initial=0.0))
    exponent = max(0, math.ceil(math.log2(largest / 254))) if largest > 254 else 0
    cut = np.trunc(values / 2**exponent)
    if cut.min(initial=0) < 0 < cut.max(initial=0):
        cut = np.trunc(cut / 2) * 2  # a mixed weight has its sign in the lowest bit
    power = float(np.sum(values**2))
    lost = math.sqrt(float(np.sum((values - cut * 2**exponent) ** 2)) / power) if power else 0.0
    return scaled.changed(cut), exponent, lost


def _sign(weights: LinearMap) -> str:
    values = weights.values()
    if values.min(initial=0) >= 0:
        return "excitatory"
    return "inhibitory" if values.max(initial=0) <= 0 else "mixed"
