"""The graph and the builder: errors name the thing, the rule and the way out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError
from yuragi.graph import Edge, Graph, Probe, Stimulus
from yuragi.network import Network
from yuragi.wiring.maps import as_map

RELAY = Dynamics(name="relay", equations="y = i", ports=("i",), output="y")
SILENT = Dynamics(name="silent", equations="v(t+1) = v + i", ports=("i",))


def chain(*delays: int) -> Graph:
    """Units a -> b -> c -> ... with these delays."""
    net = Network()
    names = "abcdefgh"[: len(delays) + 1]
    for name in names:
        net.population(name, 1, RELAY)
    for k, delay in enumerate(delays):
        net.project(names[k], names[k + 1], weights=[[1.0]], port="i", delay=delay)
    return net.graph()


def test_populations_are_updated_in_the_order_of_their_zero_delays() -> None:
    net = Network()
    for name in "abc":
        net.population(name, 1, RELAY)
    net.project("c", "b", weights=[[1.0]], port="i", delay=0)
    net.project("b", "a", weights=[[1.0]], port="i", delay=0)

    assert [node.name for node in net.graph().order()] == ["c", "b", "a"]


def test_without_zero_delays_the_order_is_that_of_the_description() -> None:
    assert [node.name for node in chain(1, 2, 1).order()] == ["a", "b", "c", "d"]


def test_zero_delays_in_a_circle_are_refused_with_the_circle() -> None:
    net = Network()
    for name in "abc":
        net.population(name, 1, RELAY)
    for source, target in ("ab", "bc", "ca"):
        net.project(source, target, weights=[[1.0]], port="i", delay=0)

    with pytest.raises(
        GraphError, match=r"zero delays close a circle: \w( -> \w){3}; give one a delay of 1"
    ):
        net.graph()


def test_a_zero_delay_onto_itself_is_a_circle() -> None:
    net = Network()
    net.population("a", 1, RELAY)
    net.project("a", "a", weights=[[1.0]], port="i", delay=0)

    with pytest.raises(GraphError, match="a -> a"):
        net.graph()


def test_a_circle_with_one_delay_is_allowed() -> None:
    net = Network()
    for name in "ab":
        net.population(name, 1, RELAY)
    net.project("a", "b", weights=[[1.0]], port="i", delay=0)
    net.project("b", "a", weights=[[1.0]], port="i", delay=1)

    assert [node.name for node in net.graph().order()] == ["a", "b"]


GOOD = chain(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nodes": ()}, "the network has no population"),
        ({"nodes": (GOOD.nodes[0],) * 2}, "two populations are called 'a'"),
        ({"dt": 0.0}, "dt 0.0: expected seconds above 0"),
        ({"dt": float("nan")}, "dt nan: expected seconds above 0"),
        ({"nodes": (replace(GOOD.nodes[0], size=0),)}, "a: size 0, expected at least 1"),
        ({"probes": (Probe(node="z", variable="y"),)}, "no population 'z'; there are a, b"),
        ({"probes": (Probe(node="a", variable="q"),)}, r"probe a\.q: there are y"),
        ({"probes": (Probe(node="a", variable="spikes"),)}, r"probe a\.spikes: there are y"),
        ({"probes": (Probe(node="a", variable="y", every=0),)}, r"probe a\.y: every 0, expected"),
        (
            {"probes": tuple(Probe(node="a", variable="y", every=k) for k in (1, 2))},
            r"probe a\.y: asked for at two rates",
        ),
    ],
)
def test_a_graph_that_is_not_well_formed_is_refused(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(GraphError, match=message):
        replace(GOOD, **change)  # type: ignore[arg-type]  # fields of Graph


def edge(**change: object) -> Edge:
    return replace(GOOD.edges[0], **change)  # type: ignore[arg-type]  # fields of Edge


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (edge(source="z"), "no population 'z'; there are a, b"),
        (edge(target="z"), "no population 'z'"),
        (edge(port="j"), r"a -> b\.j: b has no port 'j'; there are i"),
        (
            edge(weights=as_map(np.ones((1, 2)))),
            r"shape \(1, 2\), expected \(1, 1\), \(post, pre\)",
        ),
        (edge(delay=-1), r"a -> b\.i \(delay -1\): delay -1, expected steps from 0"),
        (edge(delay=2**20), "expected steps from 0"),
        (edge(delay=1.5), "delay 1.5, expected steps from 0"),
    ],
)
def test_an_edge_that_does_not_fit_is_named(bad: Edge, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        replace(GOOD, edges=(bad,))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            np.ones(3),
            r"stimulus of a\.i: shape \(3,\), expected \(steps, 1\) or \(trials, steps, 1",
        ),
        (np.ones((3, 2)), r"shape \(3, 2\), expected"),
        (np.full((3, 1), np.nan), "values are not finite"),
    ],
)
def test_a_stimulus_that_does_not_fit_is_named(values: np.ndarray, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        replace(GOOD, stimuli=(Stimulus(target="a", port="i", values=values),))


def test_a_unit_that_sends_nothing_cannot_be_a_source() -> None:
    net = Network()
    net.population("a", 1, SILENT)
    net.project("a", "a", weights=[[1.0]], port="i")

    with pytest.raises(GraphError, match="a has neither threshold nor output to send"):
        net.graph()


def test_a_stimulus_ends_after_its_last_step() -> None:
    stimulus = Stimulus(target="a", port="i", values=np.ones((2, 3, 1)))

    assert stimulus.at(2).shape == (2, 1)  # type: ignore[union-attr]  # not None, says the line
    assert stimulus.at(3) is None


def test_the_networkx_view_has_an_edge_for_each_projection() -> None:
    view = chain(1, 3).view()

    assert [(s, t, d["delay"]) for s, t, d in view.edges(data=True)] == [
        ("a", "b", 1),
        ("b", "c", 3),
    ]


def test_a_graph_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        GOOD.seed = 3  # type: ignore[misc]
