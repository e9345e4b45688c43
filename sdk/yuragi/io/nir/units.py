"""A NIR neuron as a unit model of a dialect: its text, with NIR's parameters at their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.errors import ModelFileError
from yuragi.io.nir.dialects.rule import Dialect
from yuragi.io.nir.nodes import NirNode
from yuragi.io.nir.texts import NEURON_TEXTS, RESETS

__all__ = ["Unit", "in_membrane", "unit_of"]

Array = NDArray[Any]
_TIMES = ("tau", "tau_syn", "tau_mem")
_SPIKING = ("CubaLIF", "IF", "LIF")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unit:
    """A unit model, with its values for one population.

    unused: parameters that the file gives another value than the one that the dialect acts as if
        they had, with that one.
    """

    dynamics: Dynamics
    parameters: Mapping[str, Array]
    initial: Mapping[str, Array]
    unused: tuple[str, ...]


def in_membrane(kind: str) -> bool:
    """Whether what arrives acts on the voltage directly, so that a bias may be a parameter."""
    return kind not in ("CubaLI", "CubaLIF")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """What a unit model consists of.  reads: parameters that its spike reads; said: the reset."""

    equations: str
    threshold: str | None = None
    reset: str | None = None
    output: str | None = None
    reads: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


def unit_of(
    node: NirNode, dialect: Dialect, size: int, reset: str | None, biases: Mapping[str, Array]
) -> Unit:
    """The unit model of a neuron.

    reset: a name that the dialect offers, or None for its default.
    biases: what is added to the input, by parameter name.
    Raises ModelFileError where the dialect has no such reset.
    """
    text = _text(node, dialect, reset, " + ".join(("i", *biases)))
    values = {name: _values(node.array(name), size) for name in node.values}
    used = {name for name in values if name in _words(text.equations)} | set(text.reads)
    parameters = {name: value for name, value in values.items() if name in used} | dict(biases)
    dynamics = Dynamics(
        name="_".join(("nir", node.kind, dialect.name, *text.said)),
        equations=text.equations,
        ports=("i",),
        output=text.output,
        threshold=text.threshold,
        reset=text.reset,
        parameters={name: float(np.ravel(value)[0]) for name, value in parameters.items()},
    )
    return Unit(
        dynamics=dynamics,
        parameters=parameters,
        initial=_initial(dynamics, dialect, values),
        unused=tuple(_unused(values, used)),
    )


def _text(node: NirNode, dialect: Dialect, reset: str | None, drive: str) -> _Text:
    """The text of a kind in a dialect, the membrane's equation as the reset has it."""
    kind = node.kind
    text = dialect.texts.get(kind, NEURON_TEXTS[kind]).format(
        i=drive,
        r="r*" if kind in dialect.reads_r else "",
        keep_if=dialect.keep_if,
        syn_leak=dialect.syn_leak,
        **_steps(dialect),
    )
    if kind == "Threshold":
        return _Text(equations=text, threshold="v > threshold", reads=("threshold",))
    if kind not in _SPIKING:
        return _Text(equations=text, output="v")
    chosen = RESETS[_rule(node, dialect, reset)]
    head, _, membrane = text.rpartition("\n")
    update = chosen.update.format(update=membrane.removeprefix("v(t+1) = "))
    lines = (head, chosen.extra.format(i=drive), f"v(t+1) = {update}")
    return _Text(
        equations="\n".join(line for line in lines if line),
        threshold=chosen.threshold,
        reset=chosen.reset,
        output=chosen.output,
        reads=chosen.reads,
        said=(reset or dialect.choices(kind)[0],),
    )


def _rule(node: NirNode, dialect: Dialect, reset: str | None) -> str:
    try:
        return dialect.rule(node.kind, reset)
    except KeyError:
        offered = ", ".join(dialect.choices(node.kind))
        raise ModelFileError(
            f"{node.name} ({node.kind}): the dialect {dialect.name} has no reset {reset!r}; "
            f"there are {offered}"
        ) from None


def _steps(dialect: Dialect) -> dict[str, str]:
    keep, gain = dialect.step
    return {f"keep_{x}": keep.format(x=x) for x in _TIMES} | {
        f"gain_{x}": gain.format(x=x) for x in _TIMES
    }


def _words(text: str) -> set[str]:
    for sign in "+-*/(),=\n":
        text = text.replace(sign, " ")
    return set(text.split())


def _values(array: Array, size: int) -> Array:
    """One value, or one for each unit.  shape () or (size,)"""
    flat = np.asarray(array, dtype=np.float64).reshape(-1)
    return flat if flat.size == size and size > 1 else np.asarray(flat[0])


def _initial(
    dynamics: Dynamics, dialect: Dialect, values: Mapping[str, Array]
) -> Mapping[str, Array]:
    leak = values.get("v_leak")
    if not dialect.starts_at_leak or leak is None:
        return {}
    return {name: leak for name in ("v", "syn") if name in dynamics.system.states}


def _unused(values: Mapping[str, Array], used: set[str]) -> list[str]:
    """Parameters that are left out although they say something."""
    nothing = {"r": 1.0, "v_reset": 0.0, "w_in": 1.0}
    return [
        f"{name} (from {value.min():g} to {value.max():g}, read as {nothing.get(name, 0.0):g})"
        for name, value in values.items()
        if name not in used and np.any(value != nothing.get(name, 0.0))
    ]
