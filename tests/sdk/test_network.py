"""The builder: populations, projections, stimuli, probes."""

from __future__ import annotations

import numpy as np
import pytest

from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError, YuragiError
from yuragi.network import Network

UNIT = Dynamics(
    name="unit",
    equations="v(t+1) = k*v + i",
    ports=("i",),
    output="v",
    parameters={"k": 0.5},
    initial={"v": 1.0},
)


def built(**options: object) -> Network:
    net = Network()
    net.population("a", 3, UNIT, **options)  # type: ignore[arg-type]  # what the test passes on
    return net


def test_a_population_takes_the_values_of_its_dynamics() -> None:
    node = built().graph().nodes[0]

    assert (node.parameters["k"], node.initial["v"]) == (0.5, 1.0)


def test_a_population_may_have_a_value_for_each_unit() -> None:
    node = built(parameters={"k": [0.1, 0.2, 0.3]}, initial={"v": [1, 2, 3]}).graph().nodes[0]

    assert node.parameters["k"].tolist() == [0.1, 0.2, 0.3]
    assert node.initial["v"].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parameters": {"q": 1.0}}, "a: no parameter 'q'; there are k"),
        ({"initial": {"q": 1.0}}, "a: no initial value 'q'; there are v"),
        ({"parameters": {"k": "fast"}}, "a: parameter k: expected numbers"),
        (
            {"parameters": {"k": [[1.0]]}},
            r"a: parameter k has shape \(1, 1\), expected \(\) or \(3,",
        ),
        ({"parameters": {"k": [1.0, 2.0]}}, r"parameter k has shape \(2,\), expected"),
        ({"parameters": {"k": np.inf}}, "a: parameter k is not finite"),
        ({"initial": {"v": np.nan}}, "a: initial value v is not finite"),
    ],
)
def test_values_that_do_not_fit_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(GraphError, match=message):
        built(**options).graph()


@pytest.mark.parametrize("name", ["", "a b", "a.b", "a/b", "../a", "a\n", "a:"])
def test_a_population_needs_a_plain_name(name: str) -> None:
    with pytest.raises(GraphError, match="expected letters, digits"):
        Network().population(name, 1, UNIT)


@pytest.mark.parametrize("size", [0, -1, 2**31, 1.5, "3"])
def test_a_population_needs_a_size(size: object) -> None:
    with pytest.raises(GraphError, match="expected from 1 to"):
        Network().population("a", size, UNIT)  # type: ignore[arg-type]  # what a user can pass


def test_a_name_is_taken_once() -> None:
    with pytest.raises(GraphError, match="population 'a' exists already"):
        built().population("a", 1, UNIT)


def test_an_unknown_unit_model_gets_a_hint() -> None:
    with pytest.raises(GraphError, match="no unit model 'liff'; did you mean 'lif'"):
        Network().population("a", 1, "liff")


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_is_64_bits(seed: int) -> None:
    with pytest.raises(GraphError, match="expected from 0 to"):
        Network(seed=seed)


def test_a_delay_for_each_synapse_makes_an_edge_for_each_delay() -> None:
    net = built()
    weights = np.array([[1.0, 2.0, 0.0], [0.0, 3.0, 4.0], [5.0, 0.0, 0.0]])
    delays = np.array([[1, 2, 9], [9, 1, 0], [2, 9, 9]])
    net.project("a", "a", weights=weights, port="i", delay=delays)

    edges = {edge.delay: edge.weights.csr().toarray() for edge in net._edges}

    assert sorted(edges) == [0, 1, 2]
    assert np.array_equal(sum(edges.values()), weights)
    assert all(np.array_equal(w != 0, (weights != 0) & (delays == d)) for d, w in edges.items())


@pytest.mark.parametrize(
    ("delay", "message"),
    [
        (1.0, "delay 1.0, expected whole steps"),
        (True, "delay True, expected whole steps"),
        ([[1, 2]], r"delays have shape \(1, 2\), expected \(\) or \(3, 3\)"),
        (-1, "delay -1, expected steps from 0"),
    ],
)
def test_a_delay_that_does_not_fit_is_named(delay: object, message: str) -> None:
    net = built()

    with pytest.raises(GraphError, match=message):
        _projected(net, delay).graph()


def _projected(net: Network, delay: object) -> Network:
    net.project("a", "a", weights=np.eye(3), port="i", delay=delay)  # type: ignore[arg-type]
    return net


@pytest.mark.parametrize("values", [[[1.0, 2.0], [3.0]], "loud", None])
def test_a_stimulus_needs_numbers(values: object) -> None:
    with pytest.raises(YuragiError):
        _stimulated(built(), values).graph()


def _stimulated(net: Network, values: object) -> Network:
    net.stimulate("a", values, port="i")  # type: ignore[arg-type]  # what a user can pass
    return net


def test_a_stimulus_does_not_change_with_the_array_it_came_from() -> None:
    net, values = built(), np.zeros((2, 3))
    net.stimulate("a", values, port="i")
    values[:] = 9.0

    assert net.graph().stimuli[0].values.max() == 0.0


def test_a_network_made_from_a_graph_describes_the_same() -> None:
    net = built()
    net.project("a", "a", weights=np.eye(3), port="i", delay=3)
    net.stimulate("a", np.zeros((2, 3)), port="i")
    net.probe("a", "v", every=2)
    graph = net.graph()

    again = Network.from_graph(graph).graph()

    assert (again.nodes, again.edges, again.stimuli, again.probes) == (
        graph.nodes,
        graph.edges,
        graph.stimuli,
        graph.probes,
    )


def test_everything_says_in_a_line_what_it_is() -> None:
    net = Network(seed=0)
    net.population("cells", 100, "lif")
    net.stimulate("cells", np.ones((5, 100)), port="i")
    net.probe("cells", "spikes")
    program = compile_network(net)
    recording = program.run()
    held = "populations 1, units 100, projections 0"
    assert repr(net) == f"<Network: {held}>"
    assert repr(program) == f"<ChipProgram: {held}, cores 1 of ideal>"
    assert repr(recording) == ("<Recording: ideal (chip), steps 5, trials 1, probed cells.spikes>")
    assert repr(recording.counts).startswith("<Counts: synaptic_events=0, neuron_updates=500")
    assert str(recording.counts).splitlines()[1].split() == ["neuron", "updates", "500"]
