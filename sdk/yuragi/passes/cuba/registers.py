"""The compartment as its registers: what a population is on the chip, whoever described it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from yuragi.dynamics import Dynamics
from yuragi.graph import Node
from yuragi.passes.cuba.dialect import Array, Dialect, Interval

__all__ = ["COMPARTMENT", "Registers", "described", "is_compartment", "violations"]

COMPARTMENT = Dynamics(
    name="loihi_cuba",
    equations="""
        now = sign(u)*floor(abs(u)*(4095 - delta_u)/4096) + 64*i
        u(t+1) = now
        v(t+1) = sign(v)*floor(abs(v)*(4096 - delta_v)/4096) + now + floor(bias_mant*2**bias_exp)
    """,
    ports=("i",),
    threshold="v > 64*v_th_mant",
    reset="v = 0",
    parameters={
        "delta_u": 4095,
        "delta_v": 0,
        "bias_mant": 0,
        "bias_exp": 0,
        "v_th_mant": 100,
    },
)
_WORD = (-(2**23), 2**23)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """What one compartment, or one each, is set to.      shapes () or (size,)

    keep_u, keep_v: what is left of 4096 after a decay;  bias: mantissa times 2^exponent.
    v_th: threshold mantissa; it is compared as 64 v_th.   u, v: at step 0.
    words: what the equations call things: u, v, port, now, ...
    scales: what 1 stands for in u, v, now and port; 1 where it is missing.
    """

    keep_u: Array
    keep_v: Array
    bias: Array
    v_th: Array
    u: Array
    v: Array
    refractory: int
    words: Mapping[str, str]
    scales: Mapping[str, float]


def is_compartment(node: Node) -> bool:
    """Whether a population is described by its registers."""
    return node.dynamics.system == COMPARTMENT.system


def described(node: Node, dialect: Dialect) -> Registers | None:
    """The registers of a population that is described by them; None for any other."""
    if not is_compartment(node):
        return None
    value = {name: _whole(held) for name, held in node.parameters.items()}
    exponent = value["bias_exp"]
    left = np.left_shift(value["bias_mant"], np.maximum(exponent, 0))
    return Registers(
        keep_u=np.asarray(4096 - dialect.offset_u - value["delta_u"]),
        keep_v=np.asarray(4096 - value["delta_v"]),
        bias=np.right_shift(left, np.maximum(-exponent, 0)),
        v_th=value["v_th_mant"],
        u=_whole(node.initial["u"]),
        v=_whole(node.initial["v"]),
        refractory=node.dynamics.refractory,
        words={"u": "u", "v": "v", "port": "i", "now": "now"},
        scales={},
    )


def _whole(values: Array) -> Array:
    return np.asarray(np.rint(values)).astype(np.int64)


def violations(node: Node, dialect: Dialect) -> Iterator[str]:
    """Everything about a population that a dialect does not have."""
    low, high = dialect.refractory
    if not low <= node.dynamics.refractory <= high:
        yield (
            f"{node.name}: {node.dynamics.refractory} refractory steps are skipped, "
            f"{dialect.name} has {low} to {high}"
        )
    if not is_compartment(node):
        return
    ranges: dict[str, tuple[Array, Interval]] = {
        name: (node.parameters[name], getattr(dialect, name)) for name in COMPARTMENT.parameters
    }
    for name in ("u", "v"):
        word = (dialect.currents if name == "u" else dialect.voltages) or _WORD
        ranges[f"{name} at step 0"] = node.initial[name], word
    for name, (values, (low, high)) in ranges.items():
        wrong = (values < low) | (values > high) | (values != np.rint(values))
        if wrong.any():
            found = float(values[wrong].flat[0]) if values.ndim else float(values)
            yield (
                f"{node.name}: {name} {found:.12g}, {dialect.name} takes whole numbers "
                f"from {low:,} to {high:,}"
            )
