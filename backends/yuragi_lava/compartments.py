"""Which populations are Lava's own LIF, in floats and in the integers of the dialect `lava`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.equations.calculus import expand
from yuragi.equations.tree import Call, Expression, Name, Number, rewrite
from yuragi.graph import Node
from yuragi.passes.cuba.lava import LAVA
from yuragi.passes.cuba.match import DoesNotFitError, match

__all__ = ["Compartment", "NotLifError", "float_compartment", "integer_compartment"]

Array = NDArray[Any]
_SHIFT = 6
_LARGEST_MANTISSA = 2**15 - 1


class NotLifError(Exception):
    """Why a population is not Lava's LIF."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compartment:
    """The arguments of a LIF process.

    du, dv, vth, u, v, bias_mant, bias_exp: as Lava calls them; numbers, or shape (size,)
    refractory: steps skipped.      gain: what its weights and stimuli are multiplied by.
    exponents: port -> the negative exponent that its sums take.
    reads: variable of the description -> variable of the process, and what to divide it by.
    """

    du: float
    dv: float
    vth: float
    u: Array
    v: Array
    bias_mant: Array
    bias_exp: Array
    refractory: int = 0
    gain: float = 1.0
    exponents: Mapping[str, int] = field(default_factory=dict)
    reads: Mapping[str, tuple[str, float]] = field(default_factory=dict)


def float_compartment(node: Node, dt: float | None) -> Compartment:
    """The LIF of a population in floats, however its equations are written.

    Raises NotLifError with the reason.
    """
    try:
        cuba = match(node, dt)
    except DoesNotFitError as problem:
        raise NotLifError(str(problem).replace("the chip", "Lava's LIF")) from None
    vth = _single("threshold", cuba.threshold)
    coupling = _single("coupling", cuba.coupling)
    if node.dynamics.refractory and vth < 0:
        raise NotLifError("a refractory unit with a threshold below 0")
    reads = {cuba.voltage: ("v", 1.0)}
    u = np.zeros(())
    if cuba.current is not None:
        reads[cuba.current] = ("u", coupling)
        u = np.asarray(node.initial[cuba.current] * coupling)
    return Compartment(
        du=_loss(_single("decay of the current", cuba.keep_u)),
        dv=_loss(_single("decay of the voltage", cuba.keep_v)),
        vth=vth,
        u=u,
        v=np.asarray(node.initial[cuba.voltage], dtype=np.float64),
        bias_mant=np.asarray(cuba.bias, dtype=np.float64),
        bias_exp=np.zeros((), dtype=np.int64),
        refractory=node.dynamics.refractory,
        gain=_single("gain", cuba.gain),
        reads=reads,
    )


def _single(what: str, values: Array) -> float:
    """A number that all units share, as Lava's LIF has one for all."""
    if np.any(values != values.flat[0]):
        raise NotLifError(f"a {what} for each unit")
    return float(values.flat[0])


def _loss(keep: float) -> float:
    """The x nearest to 1 - keep for which Lava's 1 - x is `keep`, where there is one."""
    loss = 1.0 - keep
    for found in (loss, np.nextafter(loss, -np.inf), np.nextafter(loss, np.inf)):
        if 1.0 - found == keep:
            return float(found)
    return loss


# -- integers ------------------------------------------------------------------------------------

_WORDS = ("u", "v", "input", "keep_u", "keep_v", "bias", "summed", "now", "driven")
_PATTERN = Dynamics(
    name="pattern",
    equations=LAVA.equations.format(**{word: word for word in _WORDS}),
    ports=("input",),
    threshold="v > v_th",
    reset="v = 0",
    parameters=dict.fromkeys(("keep_u", "keep_v", "bias", "v_th"), 1),
    number="integer",
)


def integer_compartment(node: Node) -> Compartment:
    """The LIF of a population that `quantise` wrote in the dialect `lava`.

    Raises NotLifError with the reason.
    """
    found = _matched(node)
    if found is None:
        raise NotLifError("other integers than Lava's LIF")
    names = {word: bound.id for word, bound in found.items() if isinstance(bound, Name)}
    value = {w: node.parameters[names[w]] for w in ("keep_u", "keep_v", "bias", "v_th")}
    keep_u, keep_v, v_th = (int(_single(w, value[w])) for w in ("keep_u", "keep_v", "v_th"))
    exponents = dict(_exponents(found["input"]))
    if exponents.keys() != set(node.dynamics.ports) or v_th & ((1 << _SHIFT) - 1):
        raise NotLifError("other integers than Lava's LIF")
    mantissa, exponent = _bias(value["bias"])
    return Compartment(
        du=4095 - keep_u,
        dv=4096 - keep_v,
        vth=v_th >> _SHIFT,
        u=np.asarray(node.initial[names["u"]]),
        v=np.asarray(node.initial[names["v"]]),
        bias_mant=mantissa,
        bias_exp=exponent,
        exponents=exponents,
        reads={names["u"]: ("u", 1.0), names["v"]: ("v", 1.0)},
    )


def _matched(node: Node) -> dict[str, Expression] | None:
    """What stands for each word of the pattern; None where the equations are others."""
    dynamics, system = node.dynamics, node.dynamics.system
    states = [name for name in system.states if name not in dynamics.tallies]
    fits = dynamics.graded or dynamics.refractory or system.draws or len(states) != 2
    if fits or system.threshold is None or len(system.reset) != 1:
        return None
    voltage, level = system.reset[0]
    current = next(name for name in states if name != voltage)
    found: dict[str, Expression] = {"u": Name(current), "v": Name(voltage)}
    pattern = _PATTERN.system
    updates = dict(system.updates)
    pairs: list[tuple[Expression, Expression]]
    pairs = [(Call("gt", (Name("v"), Name("v_th"))), system.threshold)]
    for word, name in (("u", current), ("v", voltage)):
        wanted = expand(dict(pattern.updates)[word], pattern.bindings)
        pairs.append((wanted, rewrite(expand(updates[name], system.bindings), _inputs_first)))
    fits = level == Number(0.0) and all(_unify(a, b, found) for a, b in pairs)
    return found if fits else None


def _inputs_first(tree: Expression) -> Expression:
    """(x + i) + j as x + (i + j), where i and j are inputs."""
    match tree:
        case Call("add", (Call("add", (rest, left)), right)) if _is_input(left) & _is_input(right):
            return Call("add", (rest, Call("add", (left, right))))
    return tree


def _is_input(tree: Expression) -> bool:
    match tree:
        case Call("add", (left, right)):
            return _is_input(left) and _is_input(right)
        case Call("shift", (_, Number(6.0))):
            return True
    return False


def _unify(pattern: Expression, tree: Expression, found: dict[str, Expression]) -> bool:
    """Whether the tree is the pattern with one thing for each of its names."""
    if isinstance(pattern, Name):
        free = pattern.id == "input" or isinstance(tree, Name)
        return free and found.setdefault(pattern.id, tree) == tree
    if isinstance(pattern, Call) and isinstance(tree, Call):
        same = pattern.function == tree.function and len(pattern.args) == len(tree.args)
        return same and all(
            _unify(a, b, found) for a, b in zip(pattern.args, tree.args, strict=True)
        )
    return pattern == tree


def _exponents(tree: Expression) -> Iterator[tuple[str, int]]:
    """(port, exponent of its sum) for each port of shift(i, 6) + shift(shiftdown(j, 2), 6) + ..."""
    match tree:
        case Call("add", (left, right)):
            yield from _exponents(left)
            yield from _exponents(right)
        case Call("shift", (Name(port), Number(6.0))):
            yield port, 0
        case Call("shift", (Call("shiftdown", (Name(port), Number(bits))), Number(6.0))):
            yield port, -int(bits)


def _bias(bias: Array) -> tuple[Array, Array]:
    """(mantissa, exponent), the smallest exponent with which the mantissa fits its 13 bits."""
    mantissa, exponent = np.array(bias, dtype=np.int64), np.zeros(bias.shape, dtype=np.int64)
    for _ in range(7):
        wide = ((mantissa > 4095) | (mantissa < -4096)) & (mantissa & 1 == 0)
        mantissa, exponent = np.where(wide, mantissa >> 1, mantissa), exponent + wide
    if np.any(np.abs(mantissa) > _LARGEST_MANTISSA):
        raise NotLifError("a bias that Lava's LIF cannot hold")
    return mantissa, exponent
