"""Projections that learn: what the rule means, where its states are kept, and that both agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import yuragi as yg
from yuragi import storage
from yuragi.errors import EquationError, GraphError, RunError, UnsupportedError
from yuragi.io.model_file import load_model
from yuragi.plasticity import Plasticity

PAIR_STDP = Plasticity(
    name="pair_stdp",
    equations="""
        x(t+1) = decay*x + s_pre
        y(t+1) = decay*y + s_post
        w(t+1) = max(min(w + gain*(x*s_post - y*s_pre), high), 0)
    """,
    parameters={"decay": 0.95, "gain": 0.01, "high": 1.0},
)
REWARDED = Plasticity(
    name="rewarded",
    equations="""
        x(t+1) = 0.9*x + s_pre
        e(t+1) = 0.8*e + x*s_post
        w(t+1) = w + 0.05*e*reward + 0.001*(uniform() - 0.5)
    """,
    reads=("reward",),
)
CELL = yg.Dynamics(
    name="cell",
    equations="v(t+1) = 0.8*v + i\nr(t+1) = 0.5*r + given\nreward = r - 0.1",
    ports=("i", "given"),
    threshold="v > 1",
    reset="v = 0",
)


def network(rule: Plasticity, *, seed: int = 3, delay: int = 1, units: int = 6) -> yg.Network:
    draws = np.random.default_rng(seed)
    net = yg.Network(seed=seed)
    net.input("in", 8, draws.random((2, 60, 8)) < 0.2, spiking=True)
    net.population("out", units, CELL)
    net.stimulate("out", draws.random((60, units)), port="given")
    weights = draws.random((units, 8))
    net.project("in", "out", weights=weights, port="i", plasticity=rule, delay=delay)
    net.project("out", "out", weights=np.zeros((units, units)), port="i", plasticity=rule)
    net.probe("out", "spikes")
    net.probe("out -> out.i", "w", every=7)
    net.probe("out -> out.i", "x")
    return net


def by_hand(s_pre: Any, s_post: Any, w: Any) -> Any:
    """Pair STDP in three lines of NumPy."""
    x, y = np.zeros(s_pre.shape[1]), np.zeros(s_post.shape[1])
    for pre, post in zip(s_pre, s_post, strict=True):
        w = np.clip(w + 0.01 * (np.outer(post, x) - np.outer(y, pre)), 0, 1)
        x, y = 0.95 * x + pre, 0.95 * y + post
    return w


def test_states_are_kept_where_what_they_depend_on_is() -> None:
    assert PAIR_STDP.places == {"x": "source", "y": "target", "w": "synapse"}
    assert REWARDED.places == {"x": "source", "e": "synapse", "w": "synapse"}


def test_pair_stdp_does_what_its_equations_say() -> None:
    draws = np.random.default_rng(0)
    s_pre, s_post = draws.random((80, 4)) < 0.3, draws.random((80, 3)) < 0.3
    start = draws.random((3, 4))
    net = yg.Network()
    net.input("pre", 4, s_pre, spiking=True)
    net.population("post", 3, CELL)
    net.stimulate("post", 2.0 * s_post, port="i")  # a spike for each input, whatever arrives
    net.project("pre", "post", weights=start, port="given", plasticity=PAIR_STDP)
    learned = yg.compile(net, backend="reference").run().weights("pre -> post.given").toarray()
    np.testing.assert_allclose(learned, by_hand(s_pre, s_post, start), rtol=1e-14)


def test_an_event_counts_with_the_weight_before_the_step_learns() -> None:
    rule = Plasticity(name="grow", equations="w(t+1) = w + s_pre")
    net = yg.Network()
    net.input("in", 1, np.ones((4, 1)))
    net.population("sum", 1, "accumulator")
    net.project("in", "sum", weights=[[0.0]], port="i", plasticity=rule, delay=0)
    net.probe("sum", "v")
    found = yg.compile(net, backend="reference").run()
    assert found.trace("sum", "v").ravel().tolist() == [0, 1, 3, 6]
    assert found.weights("in -> sum.i (delay 0)").toarray().tolist() == [[4.0]]


@pytest.mark.parametrize("rule", [PAIR_STDP, REWARDED], ids=lambda rule: rule.name)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32), delay=st.integers(1, 3))
def test_the_chip_learns_bit_for_bit_what_the_reference_learns(
    rule: Plasticity, seed: int, delay: int
) -> None:
    net = network(rule, seed=seed, delay=delay)
    wanted = yg.compile(net, backend="reference").run()
    found = yg.compile(net, backend="chip").run(threads=2)
    for name, learned in wanted.learned.items():
        np.testing.assert_array_equal(found.learned[name].values, learned.values)
    for key, trace in wanted.traces.items():
        np.testing.assert_array_equal(found.traces[key].values, trace.values)
    np.testing.assert_array_equal(found.spikes("out"), wanted.spikes("out"))
    for count in ("synapse_updates", "synaptic_events", "messages"):
        assert found.counts.total(count) == wanted.counts.total(count)


def test_every_trial_has_its_own_weights() -> None:
    found = yg.compile(network(PAIR_STDP), backend="chip").run()
    first, second = (found.weights("in -> out.i", trial).toarray() for trial in (0, 1))
    assert not np.array_equal(first, second)


def test_zeros_are_synapses_where_weights_learn() -> None:
    graph = network(PAIR_STDP).graph()
    assert graph.synapses == 6 * 8 + 6 * 6
    found = yg.compile(graph, backend="reference").run()
    assert found.counts.synapse_updates == 2 * 60 * graph.synapses


def test_a_network_that_learns_is_saved_without_loss(tmp_path: Path) -> None:
    graph = network(REWARDED).graph()
    storage.save(graph, tmp_path / "net.yg")
    again = storage.load(tmp_path / "net.yg")
    assert again.edges[0].plasticity == REWARDED
    wanted, found = (yg.compile(g, backend="reference").run() for g in (graph, again))
    for name, learned in wanted.learned.items():
        np.testing.assert_array_equal(found.learned[name].values, learned.values)


def test_a_run_folder_keeps_what_was_learned(tmp_path: Path) -> None:
    from yuragi.io.run_folder import SavedRun, read_run, write_run

    found = yg.compile(network(PAIR_STDP), backend="chip").run()
    write_run(tmp_path / "run", SavedRun(recording=found, model="stdp"))
    again = read_run(tmp_path / "run").recording
    assert (again.weights("out -> out.i", 1) != found.weights("out -> out.i", 1)).nnz == 0
    assert again.counts.synapse_updates == found.counts.synapse_updates


def test_a_model_file_says_how_weights_learn(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "yuragi: 1\n"
        "network:\n"
        "  inputs: {in: {size: 2, values: [[1, 0], [0, 1]]}}\n"
        "  populations: {sum: {size: 1, dynamics: accumulator}}\n"
        "  projections:\n"
        "    - from: in\n"
        "      to: sum\n"
        "      weights: [[0.5, 0.5]]\n"
        "      plasticity: {equations: w(t+1) = w + rate*s_pre, parameters: {rate: 0.25}}\n"
    )
    graph = load_model(tmp_path / "m.yaml").network.graph()
    found = yg.compile(graph, backend="reference").run()
    assert found.weights("in -> sum.i").toarray().tolist() == [[0.75, 0.75]]


@pytest.mark.parametrize(
    ("equations", "reads", "said"),
    [
        ("x(t+1) = s_pre", (), "an update of the weight"),
        ("w(t+1) = w + z", (), "unknown name 'z'"),
        ("dw/dt = s_pre", (), "expected maps"),
        ("w(t+1) = w + s_pre", ("w",), "the rule's own"),
    ],
)
def test_a_rule_that_breaks_the_language_is_refused(
    equations: str, reads: tuple[str, ...], said: str
) -> None:
    with pytest.raises(EquationError, match=said):
        Plasticity(name="bad", equations=equations, reads=reads)


def test_a_rule_that_reads_what_the_target_lacks_is_refused() -> None:
    net = yg.Network()
    net.input("in", 2)
    net.population("out", 2, "lif")
    net.project("in", "out", weights=np.ones((2, 2)), port="i", plasticity=REWARDED)
    with pytest.raises(GraphError, match="reads reward; out has v"):
        net.graph()


def test_weights_that_diverge_are_said_to() -> None:
    rule = Plasticity(name="explode", equations="w(t+1) = w*1e200 + s_pre")
    net = yg.Network()
    net.input("in", 1, np.ones((4, 1)))
    net.population("sum", 1, "accumulator")
    net.project("in", "sum", weights=[[1.0]], port="i", plasticity=rule, delay=9)
    with pytest.raises(RunError, match="the rule diverges"):
        yg.compile(net, backend="chip").run()


def pavlov(steps: int = 400) -> yg.Network:
    """Ten units that hear twenty, one half of them often: the weights of these grow."""
    draws = np.random.default_rng(5)
    often = np.where(np.arange(20) < 10, 0.15, 0.02)
    net = yg.Network(seed=5)
    net.input("in", 20, draws.random((steps, 20)) < often, spiking=True)
    net.population("out", 10, "lif", parameters={"v_th": 2.0})
    slow = yg.Plasticity(
        name="slow_stdp",
        equations=PAIR_STDP.equations,
        parameters={"decay": 0.9, "gain": 0.002, "high": 1.0},
    )
    net.project("in", "out", weights=np.full((10, 20), 0.5), port="i", plasticity=slow)
    net.probe("in -> out.i", "w", every=50)
    return net


def test_steps_far_below_one_unit_of_an_integer_weight_are_learned_all_the_same() -> None:
    wanted = yg.compile(pavlov(), backend="chip").run().weights("in -> out.i").toarray()
    program = yg.compile(pavlov(), backend="chip", profile="loihi2")
    edge = program.graph.edges[0]
    found = program.run().weights("in -> out.i").toarray()
    assert edge.scale == 2**-7  # nearly 4 times the gain
    assert np.abs(found - np.rint(found / edge.scale) * edge.scale).max() == 0.0
    assert abs(found.mean() - wanted.mean()) < edge.scale
    assert np.abs(found - wanted).max() > 0.0


def test_a_rule_that_changes_nothing_changes_no_integer_weight() -> None:
    still = yg.Plasticity(name="still", equations="w(t+1) = w + 0*s_pre")
    net = yg.Network()
    net.input("in", 6, np.ones((30, 6)))
    net.population("out", 4, "lif")
    weights = np.random.default_rng(1).normal(size=(4, 6))
    net.project("in", "out", weights=weights, port="i", plasticity=still)
    program = yg.compile(net, backend="chip", profile="loihi2")
    learned = program.run().learned["in -> out.i"]
    np.testing.assert_array_equal(learned.values[0], program.graph.edges[0].weights.values())


def test_learning_has_a_price_of_its_own() -> None:
    found = yg.compile(pavlov(), backend="chip", profile="loihi2").run()
    report = yg.energy(found)
    term = next(t for t in report.terms if t.name == "energy.synapse_updates")
    assert found.counts.synapse_updates == 400 * 200
    assert term.joules.nominal == pytest.approx(400 * 200 * 120e-12)


def test_a_chip_whose_weights_do_not_learn_says_so() -> None:
    with pytest.raises(UnsupportedError, match="weights do not learn on loihi, which states no"):
        yg.compile(pavlov(), backend="chip", profile="loihi")


# -- words that overflow ---------------------------------------------------------------------------


def learning(rule: Plasticity) -> yg.Network:
    """Two units that fire in every step, so that all their weights learn."""
    net = yg.Network()
    net.input("in", 3, np.ones((40, 3)), spiking=True)
    net.population("out", 2, CELL)
    net.project("in", "out", weights=np.full((2, 3), 0.5), port="i", plasticity=rule)
    return net


@pytest.mark.parametrize("backend", ["reference", "chip", "brian2_numpy"])
def test_a_weight_that_grows_beyond_its_word_is_counted(backend: str) -> None:
    """1/64 more in each of 400 steps; all 6 synapses are at the end of their word long before."""
    grows = Plasticity(name="grows", equations="w(t+1) = w + 0.015625 + 0*s_pre*s_post")
    program = yg.compile(learning(grows), backend=backend, profile="loihi2", calibration_steps=20)
    run = program.run({"in": np.ones((400, 3))})
    edge = program.graph.edges[0]
    rises = (127 * edge.scale - 0.5) * 64
    expected = (
        6 * (400 - rises) * (1 / 64) / edge.scale
    )  # what would have risen is rounded by chance

    assert (run.weights("in -> out.i").toarray() == 127 * edge.scale).all()
    assert run.overflows["in -> out.i"]["w"] == pytest.approx(expected, rel=0.1)


def test_a_constant_below_the_step_of_a_weight_moves_its_mean() -> None:
    grows = Plasticity(name="grows", equations="w(t+1) = w + 0.001 + 0*s_pre*s_post")
    net = learning(grows)
    net.project("in", "out", weights=np.ones((2, 3)), port="given", plasticity=grows)
    run = yg.compile(net, profile="loihi2").run(steps=500)

    assert run.weights("in -> out.given").mean() == pytest.approx(1.5, abs=0.05)


def test_a_rule_that_keeps_its_weights_within_their_word_counts_nothing() -> None:
    rule = Plasticity(
        name="kept", equations="x(t+1) = 0.5*x + s_pre\nw(t+1) = max(min(w + x*s_post, 0.75), 0)"
    )
    program = yg.compile(learning(rule), profile="loihi2")

    assert "in -> out.i" not in program.run(steps=60).overflows
    assert "in -> out.i: cannot overflow; x from " in "\n".join(map(str, program.log))


def test_the_first_weight_that_overflows_ends_a_run_that_asks_for_it() -> None:
    grows = Plasticity(name="grows", equations="w(t+1) = w + 0.015625 + 0*s_pre*s_post")
    said = []
    for backend in ("reference", "chip"):
        program = yg.compile(
            learning(grows), backend=backend, profile="loihi2", calibration_steps=8
        )
        with pytest.raises(RunError, match=r"in -> out\.i: w overflowed in unit 0, step \d+") as no:
            program.run({"in": np.ones((400, 3))}, overflow="raise")
        said.append(str(no.value))

    assert said[0] == said[1]


def test_a_compiled_rule_with_its_tallies_survives_its_folder(tmp_path: Path) -> None:
    program = yg.compile(learning(REWARDED), profile="loihi2")
    storage.save(program.graph, tmp_path / "saved.yg")
    again = storage.load(tmp_path / "saved.yg")

    assert again.edges[0].plasticity == program.graph.edges[0].plasticity
    assert again.edges[0].plasticity.tallies
