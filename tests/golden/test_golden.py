"""Golden texts: what each pass makes of a small graph, as a text beside this file.

After a change that is meant, write them anew and read the difference before it is kept:

    YURAGI_GOLDEN=write python -m pytest tests/golden
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yuragi.dynamics import Dynamics
from yuragi.errors import CapacityError
from yuragi.graph import Edge, Graph, Node
from yuragi.hardware import load
from yuragi.network import Network
from yuragi.passes.check import Check, check_report
from yuragi.passes.discretise import Discretise
from yuragi.passes.lowering import lower
from yuragi.passes.pipeline import Pass
from yuragi.passes.place import Place
from yuragi.passes.quantise import Quantise
from yuragi.passes.retime import Retime
from yuragi.passes.route import Route
from yuragi.passes.split import Split

HERE = Path(__file__).parent
WRITE = os.environ.get("YURAGI_GOLDEN") == "write"


# -- graphs as text ------------------------------------------------------------------------------


def _number(value: object) -> str:
    """Twelve digits: what is left of a float between two mathematical libraries."""
    return f"{float(value):.12g}" if isinstance(value, (float, np.floating)) else str(value)


def _values(values: np.ndarray) -> str:
    listed = np.asarray(values).tolist()
    if isinstance(listed, list):
        return f"[{', '.join(_number(v) if not isinstance(v, list) else _row(v) for v in listed)}]"
    return _number(listed)


def _row(row: list[Any]) -> str:
    return f"[{', '.join(_number(v) for v in row)}]"


def _mapping(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    if values:
        listed = ", ".join(f"{k} = {_values(np.asarray(v))}" for k, v in values.items())
        yield f"    {name}: {listed}"


def _node(node: Node) -> Iterator[str]:
    dynamics = node.dynamics
    late = f", {node.latency} step(s) late" if node.latency else ""
    yield f"population {node.name}: {node.size} of {dynamics.name}, {dynamics.number}{late}"
    yield from (f"    | {line.strip()}" for line in dynamics.equations.strip().split("\n"))
    for word in ("threshold", "reset", "output", "refractory"):
        if getattr(dynamics, word):
            yield f"    {word}: {getattr(dynamics, word)}"
    yield from _mapping("parameters", node.parameters)
    yield from _mapping("initial", node.initial)
    yield from _mapping("one stands for", node.scales)
    for name, table in dynamics.tables.items():
        knots = f"{len(table) - 2} knots " + ", ".join(str(v) for v in table[2:6])
        yield f"    table {name}: from {table[0]}, shift {table[1]}, {knots}, ..."


def _edge(edge: Edge) -> Iterator[str]:
    scale = f", shift {edge.shift}, one stands for {_number(edge.scale)}"
    integer = edge.weights.dtype.kind in "iu"
    yield f"edge {edge.source} -> {edge.target}.{edge.port}: delay {edge.delay}" + scale * integer
    yield from (f"    {_row(row)}" for row in edge.weights.csr().toarray().tolist())


def dump(graph: Graph) -> str:
    """Everything that a pass may change, one thing a line."""
    lines: list[str] = []
    for node in graph.nodes:
        lines += _node(node)
    for edge in graph.edges:
        lines += _edge(edge)
    for stimulus in graph.stimuli:
        lines.append(f"stimulus {stimulus.target}.{stimulus.port}: {_values(stimulus.values)}")
    placement = graph.placement
    if placement is not None:
        for k, part in enumerate(placement.parts):
            core = f" on core {placement.cores[k]}" if placement.cores else ""
            lines.append(f"part {part.node}[{part.first}:{part.stop}]{core}")
        for name, routes in graph.routes.items():
            for unit, (first, stop) in enumerate(
                zip(routes.pointer, routes.pointer[1:], strict=False)
            ):
                reached = ", ".join(
                    f"{routes.synapses[k]} on core {placement.used[routes.core[k]]} "
                    f"({routes.hops_x[k]} + {routes.hops_y[k]} hops)"
                    for k in range(first, stop)
                )
                lines.append(f"route {name}[{unit}]: {reached or 'nowhere'}")
    return "\n".join(lines) + "\n"


def _compare(name: str, text: str) -> None:
    path = HERE / f"{name}.txt"
    if WRITE:
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing; YURAGI_GOLDEN=write makes it"
    assert text == path.read_text(encoding="utf-8")


# -- the networks --------------------------------------------------------------------------------

CUBA = Dynamics(
    name="cuba_lif",
    equations="now = 0.75*u + i\nu(t+1) = now\nv(t+1) = 0.9*v + now + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    refractory=1,
    parameters={"bias": 0.05},
)
TANH = Dynamics(
    name="leaky_tanh",
    equations="h(t+1) = (1 - a)*h + a*tanh(i + 0.25)",
    ports=("i",),
    output="h",
    parameters={"a": 0.3},
)


def _ode(method: str) -> Network:
    net = Network(dt=0.001)
    unit = Dynamics(
        name="adaptive",
        equations="""
            dv/dt = (rest - v + i - w + 0.1*normal())/tau
            dw/dt = drive - w/0.1
            drive = 2*v
        """,
        ports=("i",),
        threshold="v > 1",
        reset="v = 0; w += 0.5",
        parameters={"tau": 0.02, "rest": 0.1},
        method=method,
    )
    net.population("cells", 2, unit, parameters={"tau": [0.01, 0.02]})
    return net


def _spiking() -> Network:
    net = Network(seed=1)
    net.input("in", 2, [[1, 0], [1, 1], [0, 1]], spiking=True)
    net.population("hidden", 3, CUBA, parameters={"bias": [0.05, 0.0, -0.05]})
    net.population("out", 1, CUBA)
    net.project("in", "hidden", weights=[[0.5, 0.0], [0.25, -1.0], [0.3, 0.7]], port="i", delay=0)
    net.project("hidden", "out", weights=[[0.5, 0.0, -3.0]], port="i", delay=0)
    net.project("in", "out", weights=[[0.01, 0.0]], port="i", delay=[[3, 3]])
    return net


def _graded() -> Network:
    net = Network(seed=1)
    net.input("in", 2, [[1, 0.5], [-1, 0.25], [0, 1]])
    net.population("cells", 3, TANH, parameters={"a": [0.25, 0.3, 1.0]})
    net.project("in", "cells", weights=[[0.5, 0.0], [0.25, -1.0], [0.3, 0.7]], port="i")
    net.project("cells", "cells", weights=[[0, 0.9, 0], [0, 0, 0.9], [0.9, 0, 0]], port="i")
    return net


def _large() -> Network:
    net = Network(seed=1)
    net.population("a", 7, CUBA)
    net.population("b", 3, CUBA)
    net.project("a", "b", weights=np.eye(3, 7), port="i")
    net.project("a", "a", weights=np.eye(7, k=1), port="i")
    net.project("b", "a", weights=np.eye(7, 3, k=-4), port="i")
    return net


def _after(network: Network, profile: str, *passes: Pass) -> Graph:
    graph = network.graph()
    for step in passes:
        graph = step.apply(graph, load(profile))
    return graph


GOLDEN: dict[str, Callable[[], Graph]] = {
    **{
        f"discretise_{method}": lambda method=method: _after(_ode(method), "ideal", Discretise())
        for method in ("exact", "exponential_euler", "euler", "rk4")
    },
    "retime": lambda: _after(_spiking(), "loihi2", Retime()),
    "quantise_loihi": lambda: _after(_spiking(), "loihi", Quantise()),
    "quantise_loihi2_spiking": lambda: _after(_spiking(), "loihi2", Quantise()),
    "quantise_loihi2_graded": lambda: _after(_graded(), "loihi2", Quantise()),
    "split": lambda: _after(_large(), "loihi2", Split(max_units=2)),
    "place": lambda: _after(_large(), "loihi2", Split(max_units=2), Place()),
    "route": lambda: _after(_large(), "loihi2", Split(max_units=2), Place(), Route()),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_pass_makes_of_a_graph_what_it_made_before(name: str) -> None:
    _compare(name, dump(GOLDEN[name]()))


def test_a_check_reports_what_it_reported_before() -> None:
    graph = _after(_large(), "loihi2", Split(max_units=2), Place(), Route())
    report = check_report(graph, load("loihi2"))
    lines = [f"kept {h}" for h in report.headroom] + [f"not stated {c}" for c in report.unchecked]

    _compare("check", "\n".join(lines) + "\n")


def test_a_broken_limit_reads_as_it_read_before() -> None:
    net = _large()
    net.project("a", "b", weights=np.ones((3, 7)), port="i", delay=63)
    graph = _after(net, "loihi2", Split(max_units=2), Place(), Route())

    with pytest.raises(CapacityError) as broken:
        Check().apply(graph, load("loihi2"))

    _compare("check_broken", f"{broken.value}\n")


def test_the_log_of_a_compilation_reads_as_it_read_before() -> None:
    _, log = lower(_spiking().graph(), load("loihi"))

    _compare("log", "\n".join(str(entry) for entry in log) + "\n")
