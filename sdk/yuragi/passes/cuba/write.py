"""A population of compartments written as integer equations in a dialect."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from yuragi.dynamics import Dynamics
from yuragi.graph import Node
from yuragi.passes.cuba.dialect import Dialect
from yuragi.passes.cuba.registers import Registers

__all__ = ["summing_port", "written"]

_INPUT_SHIFT = 6
_REGISTER = 128
_WORD = re.compile(r"\{([a-z_]+)\}")


def summing_port(port: str, source: str, exponent: int, taken: Sequence[str]) -> str:
    """The name of a port whose sum is still to take a negative exponent."""
    name = re.sub(r"[^A-Za-z0-9]", "", f"{port}from{source}")[:40] + f"_{-exponent}"
    while name in taken:
        name += "x"
    return name


def written(
    node: Node,
    registers: Registers,
    dialect: Dialect,
    *,
    shifted: Mapping[str, int],
    counted: bool,
) -> Node:
    """The population in integers.

    shifted: ports beside the main one, each with the negative exponent that its sum takes.
    counted: whether its overflows are counted, in states of their own.
    """
    word = _chosen(registers.words, dialect, shifted)
    ports = (word["port"], *shifted)
    word["input"] = " + ".join(
        (
            f"shift({word['port']}, {_INPUT_SHIFT})",
            *(f"shift(shiftdown({p}, {-e}), {_INPUT_SHIFT})" for p, e in shifted.items()),
        )
    )
    lines = [dialect.equations.format(**word)]
    tallies = {}
    if counted:
        for what, condition in dialect.overflows.items():
            state = word[_counter(what)]
            tallies[state] = registers.words.get(what, what)
            lines.append(f"{state}(t+1) = {state} + ({condition.format(**word)})")
    parameters = {
        word["keep_u"]: registers.keep_u,
        word["keep_v"]: registers.keep_v,
        word["bias"]: registers.bias,
        word["v_th"]: registers.v_th << _INPUT_SHIFT,
    }
    if "{bias}" not in dialect.equations:
        del parameters[word["bias"]]
    dynamics = Dynamics(
        name="cuba_lif",
        equations="\n".join(lines),
        ports=ports,
        threshold=f"{word['v']} > {word['v_th']}",
        reset=f"{word['v']} = 0",
        refractory=registers.refractory,
        parameters={name: float(value.reshape(-1)[0]) for name, value in parameters.items()},
        number="integer",
        tallies=tallies,
        spike_register=_REGISTER * (registers.refractory + 1),
    )
    zero = np.asarray(0, dtype=np.int64)
    return replace(
        node,
        dynamics=dynamics,
        parameters=parameters,
        initial={word["v"]: registers.v, word["u"]: registers.u, **dict.fromkeys(tallies, zero)},
        scales={word[role]: scale for role, scale in registers.scales.items()},
    )


def _counter(what: str) -> str:
    return "over_" + "_".join(re.findall("[a-z]+", what))


def _chosen(
    given: Mapping[str, str], dialect: Dialect, shifted: Mapping[str, int]
) -> dict[str, str]:
    """A name for every word of the equations, the model's own where it has one."""
    found = dict(given)
    texts = (dialect.equations, *dialect.overflows.values())
    words = dict.fromkeys(w for text in texts for w in _WORD.findall(text))
    words |= dict.fromkeys(("keep_u", "keep_v", "bias", "v_th"))
    words |= dict.fromkeys(_counter(what) for what in dialect.overflows)
    for word in words:
        name = word
        while word not in found and (name in found.values() or name in shifted):
            name += "x"
        found.setdefault(word, name)
    return found
