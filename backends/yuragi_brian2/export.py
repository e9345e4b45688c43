"""The network as a Brian2 script that needs neither yuragi nor a model file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from inspect import getsource
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import ModelFileError
from yuragi.folders import new_file
from yuragi.graph import Graph
from yuragi.hardware import load
from yuragi_brian2.build import build
from yuragi_brian2.draft import Batch
from yuragi_brian2.functions import cpp_source, cython_source, numpy_source
from yuragi_brian2.integration import integrable
from yuragi_brian2.plan import Block, Cells, Namespace, Plan, Seen, Wires
from yuragi_brian2.refusals import check
from yuragi_brian2.stored import (
    ring_cpp,
    ring_cython,
    ring_numpy,
    table_cpp,
    table_cython,
    table_numpy,
)

__all__ = ["export", "script"]

Array = NDArray[Any]

_HEAD = '''"""{title}: a Brian2 script, written by yuragi. Its arrays are in the .npz beside it.

Run it:  python {title}.py [found.npz]

It prints how many spikes there were; found.npz gets the spikes, the traces, and the weights that
have learned. Brian2 and NumPy are all that it needs.

Names end with a letter for their kind: v_s a state, i_p a port (summed input), tau_c a parameter,
x_a an algebraic variable, f_t a look-up table, x_l0 a word of a learning rule; sent_y, wait_y and
the like are the script's own.
For one population after the other a step does: what arrives, the update, the threshold, the reset;
then weights learn.
"""

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from brian2 import (
    Clock, Function, Network, NeuronGroup, SpikeMonitor, StateMonitor, Synapses, TimedArray,
    prefs, second,
)

# Sums and products as they are written: the compiler and Brian2 must not reorder them.
prefs.codegen.loop_invariant_optimisations = False
prefs.codegen.cpp.extra_compile_args = [
    "-w", "-O3", "-std=c++11", "-fno-fast-math", "-ffp-contract=off",
]

data = np.load(Path(__file__).with_name({arrays}))
steps = {steps}
dt = {dt!r} * second
clock = Clock(dt=dt, name="steps")
network = Network()
spikes, traces, learned = {{}}, {{}}, {{}}
'''
_TAIL = """

np.seterr(all="ignore")
network.run(steps * dt, namespace={})
found = {}
for name, (monitor, value) in spikes.items():
    sent = np.asarray(getattr(monitor, value)[:]) != 0.0 if value else slice(None)
    found[f"{name}.unit"] = np.asarray(monitor.i[:])[sent]
    found[f"{name}.step"] = np.rint(np.asarray(monitor.t[:] / dt)).astype(int)[sent]
    print(f"{name}: {len(found[f'{name}.unit']):,} spikes in {steps:,} steps")
for (name, variable), (monitor, inner) in traces.items():
    found[f"{name}.{variable}"] = np.asarray(getattr(monitor, inner)[:]).T
for name, synapses in learned.items():
    found[f"{name} weights"] = np.asarray(synapses.w[:])
if len(sys.argv) > 1:
    np.savez_compressed(sys.argv[1], **found)
"""
_MAKE = '''
def make(name, arguments, numpy, cython, cpp, result="float", memory=None):
    """A function for Brian2's three targets.  memory: an array that it keeps through a run."""
    made = Function(
        numpy, arg_units=[None] * arguments, return_unit=1, arg_types=["any"] * arguments,
        return_type=result, stateless=memory is None,
    )
    held = None if memory is None else {f"{name}_memory": memory.reshape(-1)}
    made.implementations.add_numpy_implementation(numpy, discard_units=True)
    made.implementations.add_implementation("cython", cython, name=name, namespace=held)
    made.implementations.add_implementation("cpp", cpp, name=name)
    return made

'''


def export(graph: Graph, path: Path, *, steps: int, replace: bool = False) -> tuple[Path, ...]:
    """Write the script, and its arrays in an `.npz` beside it.  Returns both paths.

    Raises UnsupportedError for what Brian2 cannot run, ModelFileError where a file is in the way.
    """
    if path.suffix != ".py":
        raise ModelFileError(f"{path}: a Brian2 script ends with .py")
    check(graph)
    graph, _ = integrable(graph, load("ideal"))
    arrays_path = path.with_suffix(".npz")
    text, arrays = script(graph, steps=steps, title=path.stem, arrays=arrays_path.name)
    with (
        new_file(path, replace=replace) as script_file,
        new_file(arrays_path, replace=replace) as arrays_file,
    ):
        script_file.write_text(text, encoding="utf-8")
        with arrays_file.open("wb") as stream:
            np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # a dict of arrays
    return path, arrays_path


def script(graph: Graph, *, steps: int, title: str, arrays: str) -> tuple[str, dict[str, Array]]:
    """The text, and the arrays by the names that it reads.

    title: what the text calls itself, in plain letters.      arrays: the name of the array file.
    """
    plan = build(graph, Batch(first=0, trials=1, steps=steps, dt=graph.dt or 1.0))
    held: dict[str, Array] = {}
    plain = re.sub(r"[^A-Za-z0-9_.\-]", "_", title)
    parts = [
        _HEAD.format(
            title=plain,
            arrays=ascii(arrays),
            steps=steps,
            dt=plan.dt,
        ),
        _functions(plan),
    ]
    parts += [_cells(cells, held) for cells in plan.cells]
    parts += [_synapses(wires, held) for wires in plan.wires]
    return "".join((*parts, _TAIL)), held


def _functions(plan: Plan) -> str:
    """The functions that the equations call, each in Python and in C++."""
    spaces = [cells.namespace for cells in plan.cells]
    spaces += [wires.learning.namespace for wires in plan.wires if wires.learning]
    names = sorted({name for space in spaces for name in space.functions})
    sources = [numpy_source(names)] if names else []
    sources += [getsource(table_numpy)] if any(space.tables for space in spaces) else []
    sources += [getsource(ring_numpy)] if any(space.rings for space in spaces) else []
    if not sources:
        return ""
    made = [
        _make(f"{n}_b2", n, n, cython_source(n), cpp_source(n), whole=n.endswith("_w"))
        for n in names
    ]
    joined = "\n\n".join(sources)
    return f"\n\n{joined}\n{_MAKE}\n" + "".join(made)


def _make(
    variable: str, name: str, numpy: str, cython: str, cpp: str, *, whole: bool, memory: str = ""
) -> str:
    """The line that makes a function."""
    header = next(line for line in reversed(cython.splitlines()) if f" {name}(" in line)
    count = 1 + header.count(",")
    kind = ", result='integer'" if whole else ""
    kept = f", memory={memory}" if memory else ""
    return (
        f"{variable} = make(\n    {name!r}, {count}, {numpy},\n    cython=r'''\n{cython}''',\n"
        f"    cpp=r'''\n{cpp}'''{kind}{kept},\n)\n"
    )


def _names(name: str, space: Namespace, held: dict[str, Array]) -> tuple[str, list[str]]:
    """The tables and the rings of an object, and the lines that name what its code uses."""
    text, lines = "", [f"    {used!r}: {used}_b2,\n" for used in space.functions]
    for key, table in space.tables.items():
        variable = f"{name}_{key}"
        held[variable] = np.asarray(table, dtype=np.int64)
        text += _make(
            variable, key, f"lambda x: table_numpy(data[{variable!r}], x)",
            table_cython(key, table), table_cpp(key, table), whole=True,
        )  # fmt: skip
        lines.append(f"    {key!r}: {variable},\n")
    for ring in space.rings:
        memory = f"{ring.name}_memory"
        kind = "int" if ring.whole else "float"
        text += f"{memory} = np.zeros(({ring.depth}, {ring.size}), dtype={kind})\n"
        text += _make(
            f"{ring.name}_b2", ring.name,
            f"lambda x, unit, step, late: ring_numpy({memory}, x, unit, step, late)",
            ring_cython(ring), ring_cpp(ring), whole=ring.whole, memory=memory,
        )  # fmt: skip
        lines.append(f"    {ring.name!r}: {ring.name}_b2,\n")
    lines += [f"    {key!r}: {value!r},\n" for key, value in space.constants.items()]
    return text, lines


def _block(name: str, text: str) -> str:
    body = "".join(f"    {line}\n" for line in text.splitlines())
    return f'{name} = """\n{body}"""\n'


def _cells(cells: Cells, held: dict[str, Array]) -> str:
    """A population: equations, code, thresholds and monitors."""
    name = cells.name
    lines = [f"\n\n# {cells.title!a}: {cells.size:,} units\n"]
    made, named = _names(name, cells.namespace, held)
    lines += [made, _block(f"{name}_equations", cells.equations), f"{name}_names = {{\n", *named]
    for key, values in cells.stimuli.items():
        held[f"{name}_{key}"] = values
        where = f"{name}_{key}"
        lines.append(f"    {key!r}: TimedArray(data[{where!r}], dt=dt, name={where!r}),\n")
    lines.append("}\n")
    reset = "\n    reset=''," if cells.threshold else ""
    if cells.reset:
        lines.append(_block(f"{name}_reset", cells.reset))
        reset = f"\n    reset={name}_reset,"
    threshold = f"\n    threshold={cells.threshold!r}," if cells.threshold else ""
    whole = f"\n    dtype=dict.fromkeys({cells.whole!r}, np.int64)," if cells.whole else ""
    lines.append(
        f"{name} = NeuronGroup(\n    {cells.size}, {name}_equations, "
        f"method={cells.method or 'euler'!r},{threshold}{reset}{whole}\n    "
        f"namespace={name}_names, clock=clock, order={cells.order + 2}, name={name!r},\n)\n"
    )
    lines += _order(cells)
    lines += _values(name, cells.values, held)
    lines.append(f"network.add({name})\n")
    lines += _spikes(cells)
    return "".join((*lines, *_traces(name, cells.size, cells.seen)))


def _values(name: str, given: Mapping[str, Array], held: dict[str, Array]) -> Iterator[str]:
    """What variables are at the start."""
    for key, values in given.items():
        same = (values == values[0]).all()
        if not same:
            held[f"{name}_{key}"] = values
        source = repr(values[0].item()) if same else f"data[{f'{name}_{key}'!r}]"
        yield f"{name}.{key} = {source}\n"


def _order(cells: Cells) -> list[str]:
    """The code that runs every step, and when."""
    name = cells.name
    lines: list[str] = []
    for block in cells.blocks:
        lines += _run(name, block)
    for part, wanted, place in (
        ("thresholder", cells.threshold, 4),
        ("resetter", cells.reset, 5),
    ):
        if wanted:
            where = f"{name}.{part}['spike']"
            lines.append(f"{where}.when, {where}.order = 'groups', {cells.order + place}\n")
    return lines


def _run(name: str, block: Block) -> Iterator[str]:
    yield _block(block.name, block.text)
    yield f"{name}.run_regularly({block.name}, clock=clock, when='groups', order={block.order})\n"


def _spikes(cells: Cells) -> Iterator[str]:
    name, title = cells.name, ascii(cells.title)
    if cells.spikes:
        variables = [cells.value] if cells.value else None
        yield (
            f"spikes[{title}] = SpikeMonitor(\n    {name}, variables={variables!r}, when='groups', "
            f"order={cells.order + 6},\n), {cells.value!r}\nnetwork.add(spikes[{title}][0])\n"
        )


def _traces(name: str, size: int, listed: Iterable[Seen]) -> Iterator[str]:
    for seen in listed:
        clock = "clock=clock" if seen.every == 1 else f"dt={seen.every} * dt"
        key = f"traces[{seen.node!a}, {seen.variable!r}]"
        yield (
            f"{key} = StateMonitor(\n    {name}, {seen.name!r}, record=range({size}), when='end', "
            f"{clock},\n), {seen.name!r}\nnetwork.add({key}[0])\n"
        )


def _synapses(wires: Wires, held: dict[str, Array]) -> str:
    """A projection."""
    name = wires.name
    for key in ("pre", "post", "weight"):
        held[f"{name}_{key}"] = getattr(wires, key)
    learning, options = wires.learning, []
    made, named = _names(name, learning.namespace, held) if learning else ("", [])
    names = f"{{\n{''.join(named)}    }}" if named else "{}"
    if wires.on_pre is not None:
        options.append(f"on_pre={wires.on_pre!r}, ")
        if isinstance(wires.delay, int):
            options.append(f"delay={wires.delay} * dt, ")
    if wires.weight.dtype.kind == "i":
        whole = ("w", *learning.whole) if learning else ("w",)
        options.append(f"dtype=dict.fromkeys({whole!r}, np.int64), ")
    lines = [
        f"\n\n# {wires.title!a}: {len(wires.weight):,} synapses\n",
        made,
        _block(f"{name}_equations", wires.model),
        f"{name} = Synapses(\n    {wires.source}, {wires.target}, {name}_equations,\n"
        f"    {''.join(options)}namespace={names}, clock=clock, name={name!r},\n)\n",
        f"{name}.connect(i=data['{name}_pre'], j=data['{name}_post'])\n",
        f"{name}.w = data['{name}_weight']\n",
    ]
    if wires.on_pre is None:
        lines.append(
            f"updater = {name}.summed_updaters['{wires.variable}_post']\n"
            f"updater.when, updater.order = 'groups', {wires.order}\n"
        )
    else:
        lines.append(f"{name}.pre.when, {name}.pre.order = 'groups', {wires.order}\n")
    if not isinstance(wires.delay, int):
        held[f"{name}_delay"] = wires.delay
        lines.append(f"{name}.pre.delay = data['{name}_delay'] * dt\n")
    if learning:
        lines += _run(name, learning.block)
        lines += _values(name, learning.values, held)
        lines.append(f"learned[{wires.title!a}] = {name}\n")
    lines.append(f"network.add({name})\n")
    return "".join((*lines, *_traces(name, len(wires.weight), learning.seen if learning else ())))
