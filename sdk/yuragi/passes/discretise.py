"""discretise: differential equations into maps of one step dt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.equations.calculus import derivative, expand, linear, simplify
from yuragi.equations.evaluate import evaluate
from yuragi.equations.system import System
from yuragi.equations.text import to_text
from yuragi.equations.tree import Call, Draw, Expression, Name, Number, names, substitute, walk
from yuragi.errors import UnsupportedError
from yuragi.graph import Graph, Node
from yuragi.hardware.profile import Profile

__all__ = ["Discretise"]

Array = NDArray[Any]
Lines = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discretise:
    """Each population's differential equations become maps by its own method.

        euler               y' = y + dt f(y)
        rk4                 Runge and Kutta's fourth order; algebraic lines at every stage
        exponential_euler   y' = y + dt f(y) (e^z - 1)/z, z = dt df/dy, each variable for itself
                            (Rosenbrock-Euler; equals the classic form where f is linear in y)
        exact               y' = E y + F b with E = exp(A dt), F = A^-1 (E - 1), for f = A y + b
                            with constant A; b counts as constant within the step

    Source of the last two: Hochbruck and Ostermann, Acta Numerica 19 (2010) 209.
    Raises UnsupportedError where dt is not known or `exact` meets equations that are not linear.
    """

    def apply(self, graph: Graph, profile: Profile) -> Graph:
        """The graph of maps."""
        del profile
        nodes = []
        for node in graph.nodes:
            if not node.dynamics.system.derivatives:
                nodes.append(node)
                continue
            if graph.dt is None:
                raise UnsupportedError(
                    f"{node.name}: differential equations need dt; give Network(dt=...) or "
                    "compile(dt=...) in seconds"
                )
            nodes.append(_METHODS[node.dynamics.method](node, graph.dt))
        return replace(graph, nodes=tuple(nodes))

    def note(self, before: Graph, after: Graph) -> tuple[str, ...]:
        """Which population was discretised how."""
        del after
        return tuple(
            f"{node.name}: {len(node.dynamics.system.derivatives)} differential equation(s), "
            f"{node.dynamics.method}, dt = {before.dt:g} s"
            for node in before.nodes
            if node.dynamics.system.derivatives
        )


def _rewritten(node: Node, maps: Lines, extra: Lines, constants: Mapping[str, Array]) -> Node:
    """The node with maps instead of derivatives.

    extra: algebraic lines that the maps use.    constants: new parameters with their values.
    """
    dynamics, system = node.dynamics, node.dynamics.system
    lines = [f"{name}(t+1) = {to_text(e)}" for name, e in system.updates]
    lines += [f"{name}(t+1) = {text}" for name, text in maps]
    lines += [f"{name} = {to_text(e)}" for name, e in system.bindings]
    lines += [f"{name} = {text}" for name, text in extra]
    text = "\n".join(lines)
    kept = _kept_parameters(dynamics, text)
    values = {**{n: node.parameters[n] for n in kept}, **constants}
    changed = replace(
        dynamics,
        equations=text,
        parameters={n: float(np.asarray(v).reshape(-1)[0]) for n, v in values.items()},
    )
    return replace(node, dynamics=changed, parameters=values)


def _kept_parameters(dynamics: Dynamics, text: str) -> list[str]:
    """The parameters that the new equations, threshold or reset still use."""
    trial = " ".join((text, dynamics.threshold or "", dynamics.reset or ""))
    words = set("".join(c if c.isalnum() or c == "_" else " " for c in trial).split())
    return [name for name in dynamics.parameters if name in words]


def _euler(node: Node, dt: float) -> Node:
    del dt
    system = node.dynamics.system
    maps = [(n, to_text(_step(Name(n), Name("dt"), f))) for n, f in system.derivatives]
    return _rewritten(node, maps, [], {})


def _step(y: Expression, h: Expression, slope: Expression) -> Expression:
    return simplify(Call("add", (y, Call("mul", (h, slope)))))


def _fresh(system: System, dynamics: Dynamics, stem: str, made: Iterable[str] = ()) -> str:
    taken = {*system.variables, *dynamics.parameters, *dynamics.ports, *made}
    name = stem
    while name in taken:
        name += "x"
    return name


def _rk4(node: Node, dt: float) -> Node:
    del dt
    dynamics, system = node.dynamics, node.dynamics.system
    states = [name for name, _ in system.derivatives]
    used = system.needed([f for _, f in system.derivatives])
    h = Name("dt")
    extra: Lines = []
    slopes: list[dict[str, Expression]] = []
    for stage, share in enumerate((0.0, 0.5, 0.5, 1.0), start=1):
        at: dict[str, Expression] = {}
        if slopes:
            for name in states:
                moved = Call("mul", (Call("mul", (Number(share), h)), slopes[-1][name]))
                point = _fresh(system, dynamics, f"{name}_{stage}")
                extra.append((point, to_text(simplify(Call("add", (Name(name), moved))))))
                at[name] = Name(point)
            for name, expression in used:
                local = _fresh(system, dynamics, f"{name}_{stage}")
                extra.append((local, to_text(substitute(expression, at))))
                at[name] = Name(local)
        found: dict[str, Expression] = {}
        for name, f in system.derivatives:
            slope = _fresh(system, dynamics, f"k{stage}_{name}")
            extra.append((slope, to_text(substitute(f, at))))
            found[name] = Name(slope)
        slopes.append(found)
    maps = []
    for name in states:
        k1, k2, k3, k4 = (to_text(stage[name]) for stage in slopes)
        maps.append((name, f"{name} + dt/6*({k1} + 2*{k2} + 2*{k3} + {k4})"))
    return _rewritten(node, maps, extra, {})


def _exponential_euler(node: Node, dt: float) -> Node:
    del dt
    system = node.dynamics.system
    maps: Lines = []
    extra: Lines = []
    for name, f in system.derivatives:
        direct = [(n, e) for n, e in system.bindings if name in names(expand(e, system.bindings))]
        try:
            slope = derivative(expand(f, direct), name)
        except UnsupportedError as error:
            raise UnsupportedError(
                f"{node.name}: d{name}/dt has {error}, which exponential_euler needs; rk4 or euler "
                "can do it"
            ) from None
        rate = _fresh(system, node.dynamics, f"z_{name}")
        extra.append((rate, f"dt*({to_text(slope)})"))
        maps.append((name, f"{name} + dt*({to_text(f)})*exprel({rate})"))
    return _rewritten(node, maps, extra, {})


def _exact(node: Node, dt: float) -> Node:
    dynamics, system = node.dynamics, node.dynamics.system
    states = [name for name, _ in system.derivatives]
    coefficients: list[dict[str, Expression]] = []
    rests: list[Expression] = []
    for name, f in system.derivatives:
        form = linear(expand(f, system.bindings), states)
        allowed = {*dynamics.parameters, "dt"}
        if form is None or not all(_constant(c, allowed) for c in form[0].values()):
            raise UnsupportedError(
                f"{node.name}: d{name}/dt is not linear with constant coefficients, which the "
                "method exact needs; exponential_euler, rk4 or euler can do it"
            )
        coefficients.append(form[0])
        rests.append(form[1])
    a = _matrices(node, coefficients, states, dt)
    size, order = a.shape[0], len(states)
    both = np.zeros((size, 2 * order, 2 * order))
    both[:, :order, :order] = a * dt
    both[:, :order, order:] = np.eye(order) * dt
    solved = scipy.linalg.expm(both)  # [[E, F], [0, 1]] for each unit
    constants: dict[str, Array] = {}
    maps: Lines = []
    extra: Lines = []
    forced: list[str] = []
    for j, rest in enumerate(rests):
        name = _fresh(system, dynamics, f"b_{states[j]}", forced)
        extra.append((name, to_text(rest)))
        forced.append(name)
    for i, name in enumerate(states):
        terms = []
        for letter, block, factors in (("E", 0, states), ("F", order, forced)):
            for j, factor in enumerate(factors):
                values = solved[:, i, block + j]
                if not values.any():
                    continue
                constant = _fresh(system, dynamics, f"{letter}_{name}_{states[j]}", constants)
                constants[constant] = values if size > 1 else values[0]
                terms.append(f"{constant}*{factor}")
        maps.append((name, " + ".join(terms) or "0"))
    return _rewritten(node, maps, extra, constants)


def _constant(expression: Expression, allowed: set[str]) -> bool:
    return names(expression) <= allowed and not any(isinstance(e, Draw) for e in walk(expression))


def _matrices(
    node: Node, coefficients: list[dict[str, Expression]], states: list[str], dt: float
) -> Array:
    """A for each unit, or for all at once.  shape (size or 1, states, states)"""
    values = {**node.parameters, "dt": np.asarray(dt)}
    size = node.size if any(v.ndim for v in node.parameters.values()) else 1
    a = np.zeros((size, len(states), len(states)))
    for i, row in enumerate(coefficients):
        for j, name in enumerate(states):
            a[:, i, j] = evaluate(row[name], values)
    return a


_METHODS: Mapping[str, Callable[[Node, float], Node]] = {
    "euler": _euler,
    "rk4": _rk4,
    "exponential_euler": _exponential_euler,
    "exact": _exact,
}
