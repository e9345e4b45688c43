"""Placement and routes: each unit on one core, never worse than in order or below the bound."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from yuragi import storage
from yuragi.backend import compile as compile_network
from yuragi.cli import cli
from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError
from yuragi.graph import Graph
from yuragi.hardware import Profile, load
from yuragi.network import Network
from yuragi.passes.calibrate import emission_rates
from yuragi.passes.check import check_report
from yuragi.passes.place import Place
from yuragi.passes.placing import grid, locality
from yuragi.passes.placing.bound import hop_bound
from yuragi.passes.placing.pattern import pattern
from yuragi.passes.route import Route
from yuragi.passes.split import Split
from yuragi.placement import Mesh, Part, Placement

LOIHI, LOIHI2 = load("loihi"), load("loihi2")
OBJECTIVES = ("hops", "busiest", "fewest")
LIF = Dynamics(
    name="lif",
    equations="v(t+1) = 0.9*v + i + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    parameters={"bias": 0.06},
)


def clustered(clusters: int, size: int, fan_out: int, seed: int = 0) -> scipy.sparse.csr_array:
    """90 % of the synapses inside a cluster, the units numbered at random."""
    rng = np.random.default_rng(seed)
    units = clusters * size
    member = rng.permutation(units).reshape(clusters, size)
    cluster = np.empty(units, dtype=np.int64)
    cluster[member] = np.arange(clusters)[:, None]
    source = np.repeat(np.arange(units), fan_out)
    inside = member[cluster[source], rng.integers(0, size, len(source))]
    anywhere = rng.integers(0, units, len(source))
    target = np.where(rng.random(len(source)) < 0.9, inside, anywhere)
    values = np.full(len(source), 0.05)
    return scipy.sparse.csr_array((values, (target, source)), shape=(units, units))


def network(weights: Any, *, bias: float = 0.06) -> Network:
    net = Network(dt=0.001)
    net.population("a", weights.shape[0], LIF, parameters={"bias": bias})
    net.project("a", "a", weights=weights, port="i")
    return net


def two_populations(size: int, density: float, seed: int) -> Graph:
    rng = np.random.default_rng(seed)
    half = max(size // 2, 1)
    net = Network(seed=seed)
    net.population("a", size, LIF)
    net.population("b", half, LIF, parameters={"bias": rng.random(half) * 0.2})
    for source, target, shape in (
        ("a", "b", (half, size)),
        ("a", "a", (size, size)),
        ("b", "a", (size, half)),
    ):
        weights = np.where(rng.random(shape) < density, 0.1, 0.0)
        net.project(source, target, weights=weights, port="i")
    return net.graph()


def placed(
    graph: Graph, profile: Profile, objective: Any = "hops", units: int | None = None
) -> Graph:
    for step in (Split(max_units=units), Place(objective=objective), Route()):
        graph = step.apply(graph, profile)
    return graph


def where(graph: Graph) -> Placement:
    assert graph.placement is not None
    return graph.placement


def hops(graph: Graph, rates: Mapping[str, Any]) -> float:
    """Tiles crossed a step, from the routes alone."""
    total = 0.0
    for name, routes in graph.routes.items():
        rate = np.repeat(rates[name], np.diff(routes.pointer))
        total += float((rate * (routes.hops_x + routes.hops_y)).sum())
    return total


def in_order(graph: Graph, profile: Profile, units: int | None) -> Graph:
    split = Split(max_units=units).apply(graph, profile)
    cores = tuple(range(len(where(split).parts)))
    return Route().apply(replace(split, placement=replace(where(split), cores=cores)), profile)


any_network = {
    "size": st.integers(4, 70),
    "units": st.integers(2, 9),
    "density": st.floats(0.02, 0.5),
    "seed": st.integers(0, 999),
}


@pytest.mark.parametrize("objective", OBJECTIVES)
@settings(max_examples=15, deadline=None)
@given(**any_network)
def test_every_unit_is_on_exactly_one_core(
    objective: str, size: int, units: int, density: float, seed: int
) -> None:
    placement = where(placed(two_populations(size, density, seed), LOIHI2, objective, units))

    covered = [(p.node, int(unit)) for p in placement.parts for unit in placement.units(p)]

    assert sorted(covered) == [("a", k) for k in range(size)] + [
        ("b", k) for k in range(max(size // 2, 1))
    ]
    for part, core in zip(placement.parts, placement.cores, strict=True):
        home = placement.core_of(part.node)[placement.units(part)]
        assert {placement.used[k] for k in home} == {core}


@settings(max_examples=25, deadline=None)
@given(**any_network)
def test_placing_for_hops_is_never_worse_than_in_order(
    size: int, units: int, density: float, seed: int
) -> None:
    graph = two_populations(size, density, seed)
    rates = emission_rates(graph) or {n.name: np.ones(n.size) for n in graph.nodes}

    found = hops(placed(graph, LOIHI2, "hops", units), rates)

    assert found <= hops(in_order(graph, LOIHI2, units), rates) * (1 + 1e-9)


@pytest.mark.parametrize("objective", OBJECTIVES)
@settings(max_examples=15, deadline=None)
@given(**any_network)
def test_no_objective_is_worse_than_in_order_or_below_its_bound(
    objective: str, size: int, units: int, density: float, seed: int
) -> None:
    compared = where(
        placed(two_populations(size, density, seed), LOIHI, objective, units)
    ).comparison

    if compared is not None:
        assert compared.bound <= compared.placed * (1 + 1e-9)
        assert compared.placed <= compared.in_order * (1 + 1e-9)
        assert compared.bound <= compared.random * (1 + 1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), size=st.integers(8, 40), units=st.integers(1, 4))
def test_the_bound_of_hops_holds_for_any_placement(seed: int, size: int, units: int) -> None:
    graph = Split(max_units=units).apply(two_populations(size, 0.3, seed), LOIHI2)
    count = len(where(graph).parts)
    cores = np.random.default_rng(seed).permutation(128)[:count]
    graph = replace(graph, placement=replace(where(graph), cores=tuple(cores.tolist())))
    ones = {node.name: np.ones(node.size) for node in graph.nodes}

    found = pattern(graph)
    bound = hop_bound(found, np.ones(found.units), where(graph).mesh, units, (1.0, 1.0))

    assert bound <= hops(Route().apply(graph, LOIHI2), ones)


def test_the_bound_is_reached_where_a_unit_sends_to_everything_around_it() -> None:
    weights = np.zeros((20, 20))
    weights[:, 10] = 1.0
    found = pattern(network(weights).graph())

    # 20 cores: 4 on the sender's tile, 16 on the four tiles around it
    assert hop_bound(found, np.ones(20), Mesh(width=8, height=4, cores_per_tile=4), 1, (1, 1)) == 16


@pytest.mark.parametrize(("size", "units", "fan_out"), [(64, 64, 30), (48, 48, 20), (40, 32, 20)])
def test_clusters_with_shuffled_numbers_are_found(size: int, units: int, fan_out: int) -> None:
    graph = network(clustered(32, size, fan_out, seed=size)).graph()

    compared = where(placed(graph, LOIHI2, "hops", units)).comparison

    assert compared is not None
    assert compared.placed < 0.4 * compared.in_order
    assert compared.placed < 0.4 * compared.random


def test_the_leaves_of_a_hub_are_merged_before_anything_is_halved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is halved takes a time that grows with the square of its nodes."""
    sizes = []
    halved = locality.halve

    def counting(graph: Any, weight: Any, share: float) -> Any:
        sizes.append(len(weight))
        return halved(graph, weight, share)

    monkeypatch.setattr(locality, "halve", counting)
    leaves, groups = 20_000, 16
    hub = (np.ones(leaves), (np.full(leaves, leaves), np.arange(leaves)))
    shape = (leaves + 1, leaves + 1)
    graph = network(scipy.sparse.csr_array(hub, shape=shape)).graph()

    order = locality.local_order(
        pattern(graph), np.ones(leaves + 1), np.ones(leaves + 1), groups=groups
    )

    assert np.array_equal(np.sort(order), np.arange(leaves + 1))
    assert max(sizes) <= 2 * 12 * groups


def test_clusters_of_two_populations_are_found_together() -> None:
    weights = clustered(16, 40, 20, seed=3).tocsr()
    split = np.random.default_rng(1).permutation(640)
    rows = {"a": split[:320], "b": split[320:]}
    net = Network()
    for name in rows:
        net.population(name, 320, LIF)
    for target, to in rows.items():
        for source, of in rows.items():
            net.project(source, target, weights=weights[to][:, of], port="i")

    compared = where(placed(net.graph(), LOIHI2, "hops", 20)).comparison

    assert compared is not None
    assert compared.placed < 0.5 * compared.in_order


def test_fewest_fills_cores_up_across_populations() -> None:
    net = Network()
    for k in range(30):
        net.population(f"p{k}", 10, LIF)
    graph = net.graph()

    assert len(where(placed(graph, LOIHI)).used) == 30
    assert len(where(placed(graph, LOIHI, "fewest")).used) == 1


def test_busiest_spreads_one_part_over_the_chip_while_that_pays() -> None:
    graph = network(clustered(8, 100, 30), bias=0.3).graph()

    found = where(placed(graph, LOIHI, "busiest"))

    assert len(found.used) > 8
    assert found.comparison is not None
    assert found.comparison.unit == "s"
    assert found.comparison.placed < 0.2 * found.comparison.in_order


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_no_limit_is_broken_that_holds_in_order(objective: str) -> None:
    weights = np.zeros((120, 120))
    weights[::7] = 1.0  # a few units with very many synapses
    graph = network(weights).graph()
    limits = {"units_per_core": 10, "synapse_bits_per_core": 6_000}
    tight = replace(
        LOIHI2,
        limits={
            **LOIHI2.limits,
            **{n: replace(LOIHI2.limits[n], value=v, low=0.0, high=1e9) for n, v in limits.items()},
        },
    )

    assert check_report(placed(graph, tight, objective), tight).violations == ()


@pytest.mark.parametrize("profile", ["loihi2", "ideal"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_run_is_the_same_on_any_placement_bit_for_bit(objective: str, profile: str) -> None:
    net = network(clustered(8, 25, 10), bias=0.15)
    net.probe("a", "spikes")
    net.probe("a", "v")

    first = compile_network(net, profile=profile, max_units=200).run(steps=60)
    other = compile_network(net, profile=profile, max_units=20, placement=objective).run(steps=60)

    assert first.spikes("a").any()
    assert np.array_equal(first.spikes("a"), other.spikes("a"))
    assert np.array_equal(first.trace("a", "v"), other.trace("a", "v"))
    for name in ("synaptic_events", "neuron_updates", "active_updates", "spikes"):
        assert first.counts.total(name) == other.counts.total(name)


def test_counts_stand_at_the_core_of_each_unit_when_numbers_alternate() -> None:
    net = network(clustered(8, 25, 10), bias=0.15)
    net.probe("a", "spikes")
    program = compile_network(net, profile="loihi2", max_units=25)
    placement = program.placement
    assert placement is not None
    assert "a" in placement.order

    run = program.run(steps=60)

    home = placement.core_of("a")
    spikes = np.bincount(home, weights=run.spikes("a").sum(axis=0), minlength=len(placement.used))
    assert np.array_equal(run.counts.per_core.spikes, spikes)
    assert np.array_equal(run.counts.per_core.neuron_updates, 60 * np.bincount(home))


def test_the_links_carry_every_hop_once() -> None:
    for multicast in (False, True):
        program = compile_network(
            network(clustered(16, 20, 10), bias=0.15),
            profile="loihi",
            max_units=10,
            multicast=multicast,
        )
        run = program.run(steps=40)

        assert run.layout is not None
        assert run.counts.hops_x > 0
        assert run.layout.links[:2].sum() == run.counts.hops_x
        assert run.layout.links[2:].sum() == run.counts.hops_y


@settings(max_examples=25, deadline=None)
@given(**any_network)
def test_multicast_never_crosses_more_tiles_than_a_packet_a_core(
    size: int, units: int, density: float, seed: int
) -> None:
    graph = placed(two_populations(size, density, seed), LOIHI2, "hops", units)
    tree = Route(multicast=True).apply(graph, LOIHI2)

    for name, single in graph.routes.items():
        one = tree.routes[name]
        reaching = np.diff(one.pointer) > 0
        assert np.array_equal(one.core, single.core)
        for axis in ("hops_x", "hops_y"):
            assert (getattr(one, axis) <= getattr(single, axis)).all()
        sent = np.bincount(
            np.repeat(np.arange(len(reaching)), np.diff(one.pointer)),
            weights=one.packets,
            minlength=len(reaching),
        )
        assert np.array_equal(sent, reaching)


def _tiles_of(routes: Any, unit: int, x: Any, y: Any, home: int) -> set[tuple[int, int]]:
    """The tiles that the paths of a unit touch, the sender's own left out."""
    tiles = set()
    for entry in range(routes.pointer[unit], routes.pointer[unit + 1]):
        core = routes.core[entry]
        step = 1 if x[core] >= x[home] else -1
        tiles |= {(int(c), int(y[home])) for c in range(x[home], x[core] + step, step)}
        step = 1 if y[core] >= y[home] else -1
        tiles |= {(int(x[core]), int(r)) for r in range(y[home], y[core] + step, step)}
    return tiles - {(int(x[home]), int(y[home]))}


@settings(max_examples=15, deadline=None)
@given(size=st.integers(20, 60), seed=st.integers(0, 99))
def test_a_multicast_packet_crosses_the_union_of_its_paths(size: int, seed: int) -> None:
    graph = placed(two_populations(size, 0.3, seed), LOIHI2, "hops", 1)
    routes = Route(multicast=True).apply(graph, LOIHI2).routes["a"]
    placement = where(graph)
    x, y = placement.mesh.place(np.array(placement.used))
    home = placement.core_of("a")

    for unit, (first, stop) in enumerate(pairwise(routes.pointer)):
        crossed = int((routes.hops_x + routes.hops_y)[first:stop].sum())
        assert crossed == len(_tiles_of(routes, unit, x, y, home[unit]))


def test_a_restored_program_keeps_its_order_and_its_multicast(tmp_path: Path) -> None:
    graph = placed(network(clustered(8, 20, 10)).graph(), LOIHI2, "hops", 20)
    graph = Route(multicast=True).apply(graph, LOIHI2)
    assert where(graph).order

    storage.save(graph, tmp_path / "p.yg")
    again = storage.load(tmp_path / "p.yg")

    assert where(again) == where(graph)
    routes = Route().apply(again, LOIHI2).routes["a"]
    assert np.array_equal(routes.hops_x, graph.routes["a"].hops_x)
    assert routes.packets.sum() == (np.diff(routes.pointer) > 0).sum()


def test_networks_of_several_chips_count_the_hops_between_them() -> None:
    graph = network(clustered(10, 40, 8)).graph()
    small = replace(
        LOIHI2,
        structure=replace(LOIHI2.structure, tiles=2, mesh=(2, 1), cores_per_tile=2),
        limits={"units_per_core": replace(LOIHI2.limits["units_per_core"], value=40.0, low=40.0)},
    )

    found = placed(graph, small)

    assert where(found).chips == 3
    assert max(int(r.hops_x.max()) for r in found.routes.values()) > 1
    compared = where(found).comparison
    assert compared is not None
    assert compared.placed < 0.5 * compared.in_order


def test_traffic_is_counted_in_a_run_of_the_network_itself() -> None:
    net = network(np.zeros((3, 3)), bias=0.0)
    values = np.zeros((50, 3))
    values[::5, 0] = 2.0
    net.stimulate("a", values, port="i")

    rates = emission_rates(net.graph())

    assert rates is not None
    assert rates["a"][0] == pytest.approx(11 / 52, abs=0.01)
    assert rates["a"][1] == rates["a"][2] < 0.03


def test_a_network_at_rest_has_no_traffic_of_its_own() -> None:
    net = network(np.eye(8), bias=0.0)

    assert emission_rates(net.graph()) is None
    compared = where(placed(net.graph(), LOIHI2, "hops", 2)).comparison
    assert compared is not None
    assert compared.traffic == "every unit once"


def test_an_unknown_objective_is_refused_with_those_that_there_are() -> None:
    graph = Split().apply(network(np.eye(3)).graph(), LOIHI2)

    with pytest.raises(GraphError, match="no objective 'speed'; there are hops, busiest, fewest"):
        Place(objective="speed").apply(graph, LOIHI2)  # type: ignore[arg-type]


def test_consecutive_parts_need_no_order() -> None:
    placement = Placement(
        parts=(Part(node="a", first=0, stop=2), Part(node="a", first=2, stop=3)), cores=(4, 1)
    )
    turned = replace(placement, order={"a": np.array([2, 0, 1])})

    assert placement.core_of("a").tolist() == [1, 1, 0]
    assert turned.core_of("a").tolist() == [1, 0, 1]
    assert turned.units(turned.parts[0]).tolist() == [2, 0]
    assert placement != turned
    assert turned == replace(turned, order={"a": np.array([2, 0, 1])})


MODEL = """
yuragi: 1
seed: 0
network:
  populations:
    c:
      size: 64
      dynamics: {equations: "v(t+1) = 0.9*v + i + 0.15", ports: [i], threshold: v > 1, reset: v = 0}
  projections:
    - {from: c, to: c, port: i, weights: {random: {density: 0.2, low: 0.0, high: 0.1, seed: 1}}}
run: {steps: 20, dt: 1 ms, backend: chip, profile: loihi}
"""


@pytest.mark.parametrize(("objective", "cores"), [("hops", 1), ("fewest", 1), ("busiest", 16)])
def test_the_command_line_takes_an_objective(tmp_path: Path, objective: str, cores: int) -> None:
    (tmp_path / "m.yaml").write_text(MODEL)
    options = [str(tmp_path / "m.yaml"), "--placement", objective]

    told = CliRunner().invoke(cli, ["run", *options, "--multicast", "--json"])
    checked = CliRunner().invoke(cli, ["check", *options])

    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["cores"] == cores
    assert checked.exit_code == 0, checked.output


def test_a_compiled_program_is_not_placed_anew(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MODEL)
    program = str(tmp_path / "p")
    CliRunner().invoke(cli, ["compile", str(tmp_path / "m.yaml"), "-o", program])

    told = CliRunner().invoke(cli, ["run", program, "--placement", "hops"])

    assert told.exit_code == 2
    assert "--placement" in told.output


@pytest.mark.parametrize("groups", [2, 15, 40])
def test_few_groups_are_swapped_as_many_are(groups: int) -> None:
    rng = np.random.default_rng(groups)
    both = rng.random((groups, groups)) * (rng.random((groups, groups)) < 0.3)
    both = both + both.T
    np.fill_diagonal(both, 0.0)
    x, y = np.divmod(np.arange(64) // 4, 4)
    far = 0.7 * np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
    first = rng.permutation(64)
    second = first.copy()

    grid._swap(both, far, first, groups, 8)
    grid._swap_few(both, far, second, groups, 8)

    assert np.array_equal(first, second)
