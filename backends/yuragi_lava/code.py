"""A population's equations as the text of a Process and of its ProcessModel.

Names in the code end with a letter for their kind: v_s a state, i_p a port, tau_c a parameter or
table, x_a an algebraic variable. So none of a file's words is left as it is, and none meets a word
of Python's or Lava's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from yuragi.equations.evaluate import evaluate
from yuragi.equations.functions import FUNCTIONS
from yuragi.equations.text import kernel_text, to_text
from yuragi.equations.tree import Call, Expression, Number, is_flag, rewrite, walk
from yuragi.graph import Node
from yuragi_lava.plan import Generated, Tag

__all__ = ["functions", "generated", "given"]

_HEAD = '''class {{name}}(AbstractProcess):
    """{lines}
    """

    def __init__(self, *, shape, name=None, **given):
        super().__init__(shape=shape, name=name, **given)
{ports}        self.s_out = OutPort(shape=shape)
{variables}'''
_MODEL = '''@implements(proc={{name}}, protocol=LoihiProtocol)
@requires(CPU)
@tag("{tag}")
class {{name}}_{tag}(Equations):
    """{what}"""

    kind = {kind}
{types}
    def update(self):
{body}'''


def given(kind: str, name: str) -> str:
    """A name of the graph in the code.  kind: "s", "p", "c" or "a"."""
    return f"{name}_{kind}"


@dataclass(slots=True)
class _Text:
    """The body of an update while it is written."""

    node: Node
    integer: bool
    lines: list[str] = field(default_factory=list)

    def names(self, *, new: bool) -> dict[str, str]:
        """Text to code; `new` are states after the update."""
        dynamics = self.node.dynamics
        kinds: tuple[tuple[str, Iterable[str]], ...] = (
            ("n" if new else "s", dynamics.system.states),
            ("p", dynamics.ports),
            ("c", (*dynamics.parameters, *dynamics.tables, "dt")),
            ("a", (name for name, _ in dynamics.system.bindings)),
        )
        return {name: given(kind, name) for kind, listed in kinds for name in listed}

    def code(self, expression: Expression, *, new: bool) -> str:
        """An expression."""
        tree = rewrite(expression, partial(_folded, integer=self.integer))
        return kernel_text(tree, self.names(new=new), "draw_{}".format, integer=self.integer)

    def add(self, line: str) -> None:
        self.lines.append(line)

    def bindings(self, roots: Iterable[Expression], *, new: bool) -> None:
        """The algebraic variables that some expressions need."""
        for name, expression in self.node.dynamics.system.needed(roots):
            self.add(f"{given('a', name)} = {self.code(expression, new=new)}")


def _folded(tree: Expression, *, integer: bool) -> Expression:
    """A function of numbers as its number: in Python 1/0 would raise, in arrays it is infinite."""
    constant = isinstance(tree, Call) and all(isinstance(arg, Number) for arg in tree.args)
    if not constant or is_flag(tree):
        return tree
    with np.errstate(all="ignore"):
        return Number(evaluate(tree, {}, integer=integer).item())


def generated(node: Node, tag: Tag, seen: Iterable[str]) -> Generated:
    """The Process of a population, and its model in floats or integers.

    seen: algebraic variables that are probed, which become Vars.
    """
    dynamics = node.dynamics
    ports = tuple(given("p", name) for name in dynamics.ports)
    states = tuple(given("s", name) for name in dynamics.system.states)
    kept = tuple(given("a", name) for name in seen)
    waiting = ("waiting",) if dynamics.refractory else ()
    body = _body(node, tag == "fixed_pt", seen)
    number = "np.int64" if tag == "fixed_pt" else "np.float64"
    types = [f"    {p}: PyInPort = LavaPyType(PyInPort.VEC_DENSE, {number})\n" for p in ports]
    types.append(f"    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, {number})\n")
    types += [f"    {v}: np.ndarray = LavaPyType(np.ndarray, {number})\n" for v in (*states, *kept)]
    types += [f"    {v}: np.ndarray = LavaPyType(np.ndarray, np.int64)\n" for v in waiting]
    return Generated(
        ports=ports,
        variables=(*states, *kept, *waiting),
        head=_HEAD.format(
            lines=_described(node),
            ports="".join(f"        self.{p} = InPort(shape=shape)\n" for p in ports),
            variables="".join(
                [f'        self.{v} = Var(shape=shape, init=given["{v}"])\n' for v in states]
                + [f"        self.{v} = Var(shape=shape, init=0)\n" for v in (*kept, *waiting)]
            ),
        ),
        model=_MODEL.format(
            tag=tag,
            what="In integers." if tag == "fixed_pt" else "In floats.",
            kind=number,
            types="".join(types),
            body="".join(f"        {line}\n" for line in body),
        ),
    )


def _described(node: Node) -> str:
    """The equations, written back from their trees."""
    system = node.dynamics.system
    lines = ["What a unit does in a step:", ""]
    lines += [f"    {name} = {to_text(tree)}" for name, tree in system.bindings]
    lines += [f"    {name}(t+1) = {to_text(tree)}" for name, tree in system.updates]
    if system.threshold is not None:
        lines.append(f"    a spike where {to_text(system.threshold)}")
    lines += [f"    then {name} = {to_text(tree)}" for name, tree in system.reset]
    if node.dynamics.refractory:
        lines.append(f"    and {node.dynamics.refractory} steps are skipped")
    return "\n".join(line if k == 0 else f"    {line}".rstrip() for k, line in enumerate(lines))


def _body(node: Node, integer: bool, seen: Iterable[str]) -> list[str]:
    """The lines of an update: what a step of `yuragi.reference` does, in its order."""
    dynamics, system = node.dynamics, node.dynamics.system
    text = _Text(node=node, integer=integer)
    for name in dynamics.ports:
        text.add(f"{given('p', name)} = self.{given('p', name)}.recv()")
    if node.latency:
        text.add(f"if self.time_step <= {node.latency}:")
        text.add("    return 0  # it runs late")
    for name in system.states:
        text.add(f"{given('s', name)} = self.{given('s', name)}")
    for name in sorted(_constants(node)):
        text.add(f'{given("c", name)} = self.values["{name}"]')
    for index in range(system.draws):
        text.add(f"draw_{index} = self.draw({index}, {node.latency})")
    text.bindings((tree for _, tree in system.updates), new=False)
    for name, tree in system.updates:
        text.add(f"{given('n', name)} = {text.code(tree, new=False)}")
    if dynamics.refractory:
        text.add("free = self.waiting == 0")
        for name in dynamics.held:
            state, new = given("s", name), given("n", name)
            text.add(f"{new} = np.where(free, {new}, {state})")
    _emit(text, seen)
    return text.lines


def _emit(text: _Text, seen: Iterable[str]) -> None:
    """Threshold, output and reset on the new state."""
    dynamics, system = text.node.dynamics, text.node.dynamics.system
    by_name = dict(system.bindings)
    roots = [tree for _, tree in system.reset]
    roots += [] if system.threshold is None else [system.threshold]
    shown = [*seen, *([dynamics.output] if dynamics.output in by_name else [])]
    missing = [name for name in shown if name in by_name]
    roots += [Call("add", (by_name[name], by_name[name])) for name in missing]
    needed = {name for name, _ in system.needed(roots)} | set(missing)
    for name, tree in system.bindings:
        if name in needed:
            text.add(f"{given('a', name)} = {text.code(tree, new=True)}")
    sent = "0"
    if dynamics.output is not None:
        sent = text.names(new=True)[dynamics.output]
    if system.threshold is not None:
        _fire(text, sent if dynamics.output is not None else "1")
        sent = "sent"
    for name in system.states:
        text.add(f"self.{given('s', name)}[:] = {given('n', name)}")
    for name in seen:
        text.add(f"self.{given('a', name)}[:] = {given('a', name)}")
    text.add(f"return {sent}")


def _fire(text: _Text, payload: str) -> None:
    dynamics, system = text.node.dynamics, text.node.dynamics.system
    if system.threshold is None:
        return
    condition = text.code(system.threshold, new=True)
    text.add(f"fired = np.logical_and({condition}, {'free' if dynamics.refractory else True})")
    text.add(f"sent = np.where(fired, {payload}, 0)")
    if dynamics.refractory:
        text.add("waiting = np.maximum(self.waiting - 1, 0)")
        text.add(f"self.waiting[:] = np.where(fired, {dynamics.refractory}, waiting)")
    for name, tree in system.reset:
        new = given("n", name)
        text.add(f"{new} = np.where(fired, {text.code(tree, new=True)}, {new})")


def _constants(node: Node) -> set[str]:
    """Parameters, tables and dt, as far as the equations use them."""
    dynamics, system = node.dynamics, node.dynamics.system
    trees = [tree for _, tree in (*system.bindings, *system.updates, *system.reset)]
    trees += [] if system.threshold is None else [system.threshold]
    used = {getattr(part, "id", "") for tree in trees for part in walk(tree)}
    return used & {*dynamics.parameters, *dynamics.tables, "dt"}


def functions() -> Mapping[str, str]:
    """The functions that generated code may call, by the names that it uses."""
    return {f"f_{name}": name for name, known in FUNCTIONS.items() if not known.infix}
