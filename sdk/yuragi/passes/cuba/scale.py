"""Floats of a described unit as registers: what the integers of a population count in."""

from __future__ import annotations

import math

import numpy as np

from yuragi.equations.calculus import expand
from yuragi.errors import UnsupportedError
from yuragi.graph import Graph, Node
from yuragi.hardware.profile import Profile
from yuragi.passes.cuba.dialect import Array, Dialect
from yuragi.passes.cuba.match import Cuba
from yuragi.passes.cuba.registers import Registers
from yuragi.passes.voltage_unit import Bounds, voltage_unit

__all__ = ["fitted", "largest_weight"]

_DECAY = 4096
_INPUT_SHIFT = 6
_HEADROOM = 4.0


def fitted(graph: Graph, node: Node, cuba: Cuba, profile: Profile, dialect: Dialect) -> Registers:
    """The registers that come nearest to a population's floats."""
    scale = 1.0 / _unit(graph, node.name, cuba, profile)
    threshold = np.maximum(np.rint(cuba.threshold * scale / 2**_INPUT_SHIFT), 1).astype(np.int64)
    coupling, gain = _single(node, cuba.coupling), _single(node, cuba.gain)
    current = node.initial[cuba.current] * coupling if cuba.current else np.asarray(0.0)
    return Registers(
        keep_u=_decay(cuba.keep_u, node.name, dialect.offset_u, dialect.delta_u[1]),
        keep_v=_decay(cuba.keep_v, node.name, 0, dialect.delta_v[1]),
        bias=_bias(node, cuba.bias * scale, profile, dialect),
        v_th=threshold,
        u=np.asarray(np.rint(current * scale)).astype(np.int64),
        v=np.asarray(np.rint(node.initial[cuba.voltage] * scale)).astype(np.int64),
        refractory=node.dynamics.refractory,
        words=_words(node, cuba),
        scales={
            "v": 1 / scale,
            "u": 1 / (scale * coupling),
            "now": 1 / (scale * coupling),
            "port": 2**_INPUT_SHIFT / (scale * gain),
        },
    )


def largest_weight(profile: Profile, sign: str = "mixed") -> int:
    """The largest weight of a sign mode; a mixed one is even, stored in 8 bits without the last."""
    bits = profile.number("weight_bits") or 9
    return 2 * (int(2 ** (min(bits, 8) - 1)) - 1) if sign == "mixed" else int(2 ** (bits - 1)) - 1


def _unit(graph: Graph, name: str, cuba: Cuba, profile: Profile) -> float:
    """What 1 stands for in the voltage: threshold and bias have room to spare in their words."""
    threshold = float(np.max(cuba.threshold))
    if threshold <= 0:
        raise UnsupportedError(f"{name}: threshold {threshold:g}, the chip needs one above 0")
    bits = profile.number("threshold_bits") or 17
    highest = 2.0 ** (bits + _INPUT_SHIFT) / _HEADROOM
    bounds = Bounds(
        chip=profile.name,
        weight=largest_weight(profile),
        exponent=profile.number("weight_exponent_max") or 0,
        step=2.0**_INPUT_SHIFT,
        limits=(
            (threshold, highest - 1.0),
            (float(np.abs(cuba.bias).max()), min(highest, _largest_bias(profile))),
        ),
        assumed=2.0**20,
        finest=2.0**16,
    )
    gain = float(np.abs(cuba.gain).max())
    return voltage_unit(graph, name, gain=gain, threshold=threshold, bounds=bounds)


def _decay(keep: Array, name: str, offset: int, largest: int) -> Array:
    """The nearest of what the register of a decay can say, 4096 - offset - delta."""
    if np.any(keep < 0) or np.any(keep > 1):
        raise UnsupportedError(f"{name}: a decay outside [0, 1]; the chip's states only decay")
    delta = np.clip(_DECAY - offset - np.rint(keep * _DECAY), 0, largest)
    return np.asarray(_DECAY - offset - delta).astype(np.int64)


def _words(node: Node, cuba: Cuba) -> dict[str, str]:
    """The model's own names for voltage, current, port and the current of this step."""
    found = {"v": cuba.voltage, "port": cuba.port}
    if cuba.current is not None:
        system = node.dynamics.system
        found["u"] = cuba.current
        update = expand(dict(system.updates)[cuba.current], system.bindings)
        for name, expression in system.bindings:
            if expand(expression, system.bindings) == update:
                found["now"] = name
    return found


def _largest_mantissa(profile: Profile) -> int:
    return int(2 ** ((profile.number("bias_mantissa_bits") or 13) - 1)) - 1


def _largest_bias(profile: Profile) -> float:
    exponent = 2 ** (profile.number("bias_exponent_bits") or 3) - 1
    return float(_largest_mantissa(profile) * 2**exponent)


def _bias(node: Node, bias: Array, profile: Profile, dialect: Dialect) -> Array:
    """Mantissa 2^exponent, the mantissa signed, the exponent the smallest that fits all units."""
    mantissa = _largest_mantissa(profile)
    largest = float(np.abs(bias).max())
    if largest > 0 and dialect.bias_mant == (0, 0):
        raise UnsupportedError(f"{node.name}: {dialect.name} has no bias")
    exponent = max(0, math.ceil(math.log2(largest / mantissa))) if largest > mantissa else 0
    return np.asarray(np.rint(bias / 2**exponent)).astype(np.int64) * 2**exponent


def _single(node: Node, values: Array) -> float:
    """The factor that all units share."""
    if np.any(values != values.flat[0]):
        raise UnsupportedError(f"{node.name}: its units scale their input differently")
    return float(values.flat[0])
