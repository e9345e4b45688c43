"""A plan as text: the network, its generated processes, and the arrays that both read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi_lava.code import functions
from yuragi_lava.plan import Argument, Generated, Plan, Sink, Source, Tag, Unit, Wire

__all__ = ["network_text", "processes_text"]

Array = NDArray[Any]
_FEW = 8
_NETWORK = '''"""{title}: a network of Lava processes ({tag}), written by yuragi."""

import numpy as np
from lava.proc.conv.process import Conv
from lava.proc.dense.process import Dense
from lava.proc.io.sink import Read
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source
from lava.proc.lif.process import LIF, LIFRefractory
from lava.proc.sparse.process import DelaySparse, Sparse
from lava.utils.weightutils import SignMode

from processes.generated import *
from processes.projection import Projection
from support.reading import lasting, matrix, samples

STEPS = {steps}


def build(data, steps):
    """A process of each connected part, and the sinks by what they keep.

    data: the arrays.      steps: how many will be run.
    """
{body}
    return [{parts}], sinks
'''
_PROCESSES = '''"""Processes written from equations by yuragi, with models in floats and integers.

Names end with a letter for their kind: v_s a state, v_n the same after the update, i_p a port,
tau_c a parameter or a table, x_a an algebraic variable.
"""

from math import inf, nan

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from support.equations import Equations
from support.functions import FUNCTIONS

'''
Classes = Mapping[str, str]


def processes_text(plans: Iterable[Plan]) -> tuple[str, dict[tuple[Tag, str], str]]:
    """The generated processes of one plan or two, and the class of each population.

    Populations of the same text share a class; the models of both tags belong to one where ports
    and variables agree.
    """
    made: list[_Class] = []
    names: dict[tuple[Tag, str], str] = {}
    for plan in plans:
        for unit in plan.units:
            if unit.generated is not None:
                names[plan.tag, unit.title] = _placed(made, unit, unit.generated, plan.tag)
    parts = [found.text() for found in made]
    body = "\n\n".join(parts)
    used = {code: name for code, name in functions().items() if re.search(rf"\b{code}\(", body)}
    lines = [f'{code} = FUNCTIONS["{name}"].numpy' for code, name in sorted(used.items())]
    return _PROCESSES + "\n".join(lines) + "\n\n\n" + body, names


@dataclass(slots=True)
class _Class:
    name: str
    title: str
    made: Generated
    models: dict[Tag, str] = field(default_factory=dict)

    def text(self) -> str:
        texts = (self.made.head, *self.models.values())
        return "\n\n".join(text.replace("{name}", self.name) for text in texts)


def _placed(classes: list[_Class], unit: Unit, made: Generated, tag: Tag) -> str:
    """The name of a class that has this model, a new one where there is none."""
    for found in classes:
        if found.made.head == made.head and found.models.get(tag) == made.model:
            return found.name
    for found in classes:
        alike = (found.made.ports, found.made.variables) == (made.ports, made.variables)
        if found.title == unit.title and alike and tag not in found.models:
            found.models[tag] = made.model
            return found.name
    words = re.split(r"[^A-Za-z0-9]+", unit.title)
    name = "".join(word[:1].upper() + word[1:] for word in words)[:40]
    name = f"{name}Units" if name[:1].isalpha() else f"Units{name}"
    taken = {found.name for found in classes}
    while name in taken:
        name += "X"
    classes.append(_Class(name=name, title=unit.title, made=made, models={tag: made.model}))
    return name


def network_text(
    plan: Plan, names: Mapping[tuple[Tag, str], str], title: str
) -> tuple[str, dict[str, Array]]:
    """The module that builds the network, and its arrays."""
    text = _Text()
    for unit in plan.units:
        text.unit(unit, names.get((plan.tag, unit.title), ""))
    for wire in plan.wires:
        text.wire(wire)
    for source in plan.sources:
        text.source(source)
    for wire in plan.wires:
        text.connect(wire)
    for source in plan.sources:
        if source.target:
            text.add(f"{source.name}.s_out.connect({source.target}.{source.port})")
    text.add("", "sinks = {}")
    for sink in plan.sinks:
        text.sink(sink)
    plain = re.sub(r"[^A-Za-z0-9_.\-]", "_", title)
    body = "\n".join(f"    {line}".rstrip() for line in text.lines)
    found = _NETWORK.format(
        title=plain, tag=plan.tag, steps=plan.batch.steps, body=body, parts=", ".join(plan.parts)
    )
    return found, text.arrays


@dataclass(slots=True)
class _Text:
    """Lines of `build`, and the arrays that they read."""

    lines: list[str] = field(default_factory=list)
    arrays: dict[str, Array] = field(default_factory=dict)

    def add(self, *lines: str) -> None:
        self.lines += lines

    def value(self, value: Argument, name: str) -> str:
        """An argument as code; arrays go into the file, by that name."""
        if isinstance(value, str):
            return value
        if isinstance(value, scipy.sparse.csr_array):
            for key in ("data", "indices", "indptr"):
                self.arrays[f"{name}.{key}"] = getattr(value, key)
            self.arrays[f"{name}.shape"] = np.asarray(value.shape)
            return f'matrix(data, "{name}")'
        if isinstance(value, np.ndarray):
            if value.ndim == 1 and value.size <= _FEW:
                return f"np.array({value.tolist()})"
            self.arrays[name] = value
            return f'data["{name}"]'
        return repr(value)

    def unit(self, unit: Unit, generated: str) -> None:
        """A population."""
        self.add(f"# {unit.title!a}: {unit.size:,} units")
        arguments = dict(unit.arguments)
        lines = [f"shape=({unit.size},)"]
        if unit.generated is not None:
            held = [
                f'"{key}": {self.value(v, f"{unit.name}.{key}")}' for key, v in unit.values.items()
            ]
            lines.append("values={" + ", ".join(held) + "}")
        lines += [f"{k}={self.value(v, f'{unit.name}.{k}')}" for k, v in arguments.items()]
        self.call(unit.name, unit.kind or generated, lines)

    def call(self, name: str, kind: str, arguments: Iterable[str]) -> None:
        """The line that makes a process."""
        self.add(f"{name} = {kind}(", *(f"    {argument}," for argument in arguments), ")")

    def wire(self, wire: Wire) -> None:
        """A projection."""
        self.add(f"# {wire.title!a}")
        arguments = [
            f"{key}={self.value(v, f'{wire.name}.{key}')}" for key, v in wire.arguments.items()
        ]
        self.call(wire.name, wire.kind, arguments)

    def connect(self, wire: Wire) -> None:
        """Both ends of a projection."""
        into, out = f"{wire.source}.s_out", f"{wire.name}.a_out"
        if wire.image:
            into += f".reshape({wire.image}).transpose((1, 2, 0))"
            out += f".transpose((2, 0, 1)).reshape(({int(np.prod(wire.out_image))},))"
        self.add(f"{into}.connect({wire.name}.s_in)", f"{out}.connect({wire.target}.{wire.port})")

    def source(self, source: Source) -> None:
        """Values from outside."""
        self.add(f"# {source.title!a}")
        self.arrays[source.name] = source.values
        values = f'lasting(data["{source.name}"], steps)'
        self.call(source.name, "Source", [f"data={values}"])

    def sink(self, sink: Sink) -> None:
        """What is kept."""
        if sink.variable == "s_out":
            self.call(sink.name, "Sink", [f"shape=({sink.size},)", "buffer=steps"])
            self.add(f"{sink.unit}.s_out.connect({sink.name}.a_in)")
        else:
            count = f"samples(steps, {sink.every})" if not sink.last else "1"
            arguments = [f"buffer={count}"]
            if sink.last:
                arguments += ["interval=steps", "offset=steps - 1"]
            elif sink.every > 1:
                arguments.append(f"interval={sink.every}")
            self.call(sink.name, "Read", arguments)
            self.add(f"{sink.name}.connect_var({sink.unit}.{sink.variable})")
        self.add(f"sinks[{sink.key!a}] = {sink.name}")
