"""Networks in Loihi's own integers: taken as they are, refused by name, overflows ruled out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from yuragi import storage
from yuragi.backend import compile as compile_network
from yuragi.cli import cli
from yuragi.dynamics import Dynamics
from yuragi.errors import BackendError, GraphError, RunError, UnsupportedError
from yuragi.io.run_folder import SavedRun, read_run, write_run
from yuragi.network import Network
from yuragi.passes.cuba.dialects import DIALECTS
from yuragi.recording import Recording

CUBA = {"delta_u": 4000, "delta_v": 200, "v_th_mant": 900}
LARGE = [[254, 254], [-254, -254]]


def network(
    weights: Any = ((20, -6), (4, 8)), *, bias: int = 30, refractory: int = 0, **edge: Any
) -> Network:
    net = Network(seed=2)
    net.input("in", 2, np.random.default_rng(1).random((60, 2)) < 0.5, spiking=True)
    parameters = {**CUBA, "bias_mant": bias, "bias_exp": 2 if bias else 0}
    net.population("c", 2, "loihi_cuba", parameters=parameters, refractory=refractory)
    net.project("in", "c", weights=weights, port="i", **edge)
    for variable in ("u", "v", "spikes"):
        net.probe("c", variable)
    return net


def run(net: Network, **options: Any) -> Recording:
    return compile_network(net, **{"backend": "reference", "profile": "loihi", **options}).run()


def log(net: Network, **options: Any) -> str:
    program = compile_network(net, backend="reference", profile="loihi", **options)
    return "\n".join(str(entry) for entry in program.log)


# -- described in integers -------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["loihi", "loihi2"])
@pytest.mark.parametrize("backend", ["chip", "reference"])
def test_even_weights_on_a_chip_are_what_the_ideal_rule_makes_of_them(
    backend: str, profile: str
) -> None:
    net = network(exponent=3, delay=4, refractory=2)

    ideal, chip = run(net, profile="ideal"), run(net, profile=profile, backend=backend)

    for variable in ("u", "v"):
        assert np.array_equal(ideal.trace("c", variable), chip.trace("c", variable))
    assert np.array_equal(ideal.spikes("c"), chip.spikes("c"))
    assert chip.spikes("c").any()


def test_an_exponent_of_the_ideal_profile_multiplies_the_weights() -> None:
    unit = Dynamics(name="r", equations="y = i", ports=("i",), output="y")
    net = Network()
    net.input("in", 1, [[1.0]])
    net.population("r", 1, unit)
    net.project("in", "r", weights=[[3.0]], port="i", exponent=-2)
    net.probe("r", "y")

    for backend in ("chip", "reference"):
        assert run(net, backend=backend, profile="ideal").trace("r", "y")[:, 0].tolist() == [0.0]
        program = compile_network(net, backend=backend)
        assert program.run(steps=2).trace("r", "y")[:, 0].tolist() == [0.0, 0.75]


def test_everything_that_a_dialect_does_not_have_is_refused_at_once() -> None:
    net = network(weights=[[256, 0], [0, 1.5]], exponent=8, refractory=63)
    net.population("d", 2, "loihi_cuba", parameters={"delta_u": [0, 4096], "v_th_mant": -1})
    net.project("c", "d", weights=[[-1, 0], [0, 5]], port="i", sign="excitatory")

    with pytest.raises(UnsupportedError) as found:
        run(net)

    assert [str(v).split(", ")[0] for v in found.value.violations] == [
        "c: 63 refractory steps are skipped",
        "d: delta_u 4096",
        "d: v_th_mant -1",
        "in -> c.i: weight 256",
        "in -> c.i: weights in the chip's integers are expected to be whole numbers",
        "in -> c.i: weight exponent 8",
        "c -> d.i: weight -1",
    ]


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("sign", ["mixed", "excitatory", "inhibitory"])
def test_the_ends_of_a_weight_range_are_held_and_one_more_is_refused(name: str, sign: str) -> None:
    low, high = DIALECTS[name].weights[sign]

    run(network([[low, high], [0, 0]], sign=sign, bias=0), dialect=name)

    for beyond in (low - 1, high + 1):
        with pytest.raises(UnsupportedError, match=f"weight {beyond}, {name} has {low} to {high}"):
            run(network([[beyond, 0], [0, 0]], sign=sign, bias=0), dialect=name)


def test_nengo_loihi_has_no_delays() -> None:
    with pytest.raises(UnsupportedError, match="delay 2, nengo_loihi has 1 to 1"):
        run(network(delay=2), dialect="nengo_loihi")


def test_another_dialect_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnsupportedError, match=r"no dialect 'lavaa'; there are loihi, lava, nengo"):
        run(network(), dialect="lavaa")
    with pytest.raises(BackendError, match="no option dialekt"):
        run(network(), dialekt="lava")


def test_a_sign_mode_that_no_chip_has_is_refused() -> None:
    with pytest.raises(GraphError, match="sign 'both', expected mixed, excitatory, inhibitory"):
        network(sign="both").graph()


# -- described in floats ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", DIALECTS)
def test_a_network_of_floats_runs_in_any_dialect_as_it_runs_in_floats(name: str) -> None:
    net = Network()
    net.input("in", 3, np.random.default_rng(5).random((80, 3)) < 0.4, spiking=True)
    net.population("c", 4, "cuba_lif", parameters={"delta_u": 0.25, "delta_v": 0.125})
    net.project("in", "c", weights=np.random.default_rng(6).random((4, 3)), port="i")
    net.probe("c", "spikes")

    ideal, integer = run(net, profile="ideal"), run(net, dialect=name)

    assert ideal.spikes("c").sum() > 30
    assert (ideal.spikes("c") != integer.spikes("c")).mean() < 0.02


def test_weights_of_one_sign_have_twice_as_fine_a_grid() -> None:
    weights = np.random.default_rng(6).random((40, 40))
    errors = {}
    for sign in ("mixed", "excitatory"):
        net = Network()
        net.input("in", 40, np.ones((2, 40)), spiking=True)
        net.population("c", 40, "cuba_lif")
        net.project("in", "c", weights=weights, port="i", sign=sign)
        (edge,) = compile_network(net, backend="reference", profile="loihi").graph.edges
        held = edge.weights.csr().toarray() * edge.scale
        errors[sign] = float(np.abs(held - weights).max())

    assert errors["excitatory"] == pytest.approx(errors["mixed"] / 2, rel=0.1)


# -- read-out --------------------------------------------------------------------------------------


@pytest.mark.parametrize("refractory", [0, 1, 5])
def test_the_register_of_a_voltage_reads_128_times_the_refractory_register_at_a_spike(
    refractory: int,
) -> None:
    found = run(network(exponent=6, refractory=refractory))
    logical, register = (found.trace("c", "v", readout=r) for r in ("logical", "register"))
    spiked = found.spikes("c")

    assert spiked.any()
    assert (register[spiked] == 128 * (refractory + 1)).all()
    assert (logical[spiked] == 0).all()
    assert np.array_equal(logical[~spiked], register[~spiked])


def test_only_a_voltage_beside_its_spikes_has_a_register_read_out() -> None:
    net = Network.from_graph(network().graph())
    net._probes = [p for p in net._probes if p.variable != "spikes"]

    with pytest.raises(RunError, match="spikes of c was not probed"):
        run(net).trace("c", "v", readout="register")
    with pytest.raises(RunError, match=r"c\.u is no voltage of a compartment"):
        run(network()).trace("c", "u", readout="register")
    with pytest.raises(RunError, match=r"c\.v is no voltage of a compartment in integers"):
        run(network(), profile="ideal").trace("c", "v", readout="register")


def test_a_thinned_trace_shows_the_spikes_that_fall_into_it() -> None:
    net = network(exponent=6)
    net._probes = [p for p in net._probes if p.variable != "v"]
    net.probe("c", "v", every=3)
    found = run(net)

    shown = found.trace("c", "v", readout="register") == 128

    assert np.array_equal(shown, found.spikes("c")[::3])


def test_a_saved_run_keeps_its_registers_and_its_overflows(tmp_path: Path) -> None:
    net = network(LARGE, exponent=7)
    net.population("far", 1, "loihi_cuba", parameters={"delta_u": 0, "v_th_mant": 2**17 - 1})
    net.project("in", "far", weights=[[254, 254]], port="i", exponent=7)
    found = run(net)

    write_run(tmp_path / "run", SavedRun(recording=found, model="m"))
    again = read_run(tmp_path / "run").recording

    assert found.overflows["far"]["u"] > 0
    assert again.overflows == found.overflows
    assert np.array_equal(
        again.trace("c", "v", readout="register"), found.trace("c", "v", readout="register")
    )


# -- overflow --------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["chip", "reference"])
def test_sums_that_leave_their_word_are_counted(backend: str) -> None:
    net = Network()
    net.input("in", 1, np.ones((40, 1)), spiking=True)
    registers = {"delta_u": 0, "delta_v": 0, "v_th_mant": 2**17 - 1}
    net.population("c", 1, "loihi_cuba", parameters=registers)
    net.project("in", "c", weights=[[-200]], port="i", exponent=7)
    net.probe("c", "u")
    net.probe("c", "v")

    found = run(net, backend=backend)

    u, v, wrapped, clipped = 0, 0, 0, 0
    for arriving in [0] + 39 * [-200 * 2**13]:
        raw = -(-u * 4095 // 4096) if u < 0 else u * 4095 // 4096
        raw += arriving
        u = (raw + 2**23) % 2**24 - 2**23
        wrapped += raw != u
        raw = v + u
        v = max(min(raw, 2**23 - 1), 1 - 2**23)
        clipped += raw != v
        v = 0 if v > 64 * (2**17 - 1) else v
    assert found.overflows == {"c": {"u": wrapped, "v": clipped}}
    assert wrapped > 2 < clipped
    assert found.trace("c", "u")[-1, 0] == u


def test_a_network_that_cannot_overflow_says_so_and_counts_nothing() -> None:
    assert "c: cannot overflow; u from" in log(network())
    assert run(network()).overflows == {}


def test_a_network_that_might_overflow_says_so_and_counts() -> None:
    net = network(LARGE, exponent=7)

    assert "c: overflow is not ruled out, counted; u from" in log(net)
    assert set(run(net).overflows["c"]) == {"u", "v"}


def test_a_current_that_a_run_may_change_is_counted_even_where_it_is_safe() -> None:
    net = network()
    net.stimulate("c", [[3, 4]], port="i")

    assert "cannot overflow with the stimulus it was compiled with, counted" in log(net)


def test_brian2_loihi_has_words_without_limit() -> None:
    net = network(LARGE, exponent=7, bias=0)

    assert "brian2_loihi has words without limit" in log(net, dialect="brian2_loihi")
    assert run(net, dialect="brian2_loihi").overflows == {}


def test_counters_are_no_part_of_the_chips_work() -> None:
    net = network(LARGE, exponent=7)
    counted = compile_network(net, backend="reference", profile="loihi").graph.node("c").dynamics
    proved = compile_network(network(), backend="reference", profile="loihi").graph.node("c")

    assert counted.tallies == {"over_u": "u", "over_v": "v"}
    assert counted.operations == proved.dynamics.operations


def random_network(rng: np.random.Generator, size: int = 3) -> Network:
    net = Network()
    net.input("in", 2, rng.random((120, 2)) < rng.choice([0.3, 1.0]), spiking=True)
    registers = {
        "delta_u": rng.choice([0, 30, 1000, 4095], size),
        "delta_v": rng.choice([0, 30, 1000, 4095], size),
        "bias_mant": rng.integers(-2000, 2000, size),
        "v_th_mant": rng.choice([10, 2000, 131_071], size),
    }
    net.population("c", size, "loihi_cuba", parameters=registers)
    for source, width in (("in", 2), ("c", size)):
        weights = rng.integers(-255, 256, (size, width))
        net.project(source, "c", weights=weights, port="i", exponent=int(rng.integers(-8, 8)))
    net.probe("c", "u")
    net.probe("c", "v")
    return net


def bounds(line: str, name: str) -> tuple[float, float]:
    """The ends of `name from a to b (...)` in a line of the log."""
    said = line.rsplit(f" {name} from ", maxsplit=1)[-1]
    low, high = said.split(" (", maxsplit=1)[0].split(" to ")
    return tuple(
        sign * np.inf if end == "unbounded" else float(end.replace(",", ""))
        for sign, end in ((-1, low), (1, high))
    )  # type: ignore[return-value] # two of them


@pytest.mark.parametrize("dialect", ["loihi", "lava", "nengo_loihi"])
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_run_stays_within_what_was_proved(dialect: str, seed: int) -> None:
    net = random_network(np.random.default_rng(seed))
    program = compile_network(net, backend="reference", profile="loihi", dialect=dialect)
    line = next(line for e in program.log for line in e.lines if line.startswith("c: "))
    found = program.run()

    assert ("cannot overflow" in line) == (found.overflows == {})
    if not any(found.overflows.get("c", {}).values()):
        for name in ("u", "v"):
            low, high = bounds(line, name)
            assert low <= found.trace("c", name).min()
            assert found.trace("c", name).max() <= high


# -- files and commands ----------------------------------------------------------------------------


def test_a_network_in_integers_is_saved_and_loaded_as_it_was(tmp_path: Path) -> None:
    net = network(exponent=-2, sign="mixed", refractory=3)
    net.save(tmp_path / "n.yg")

    loaded = storage.load(tmp_path / "n.yg")

    assert loaded.edges[0].shift == -2
    assert np.array_equal(run(net).trace("c", "v"), run(Network.from_graph(loaded)).trace("c", "v"))


MODEL = """\
yuragi: 1
network:
  inputs: {in: {size: 1, values: [[1], [1], [1], [0], [0], [0], [0], [0]], spiking: true}}
  populations:
    c: {size: 1, dynamics: loihi_cuba, refractory: 0, parameters: {v_th_mant: 100000}}
  projections: [{from: in, to: c, weights: [[-3]], exponent: 1, sign: mixed}]
  probes: [c.v, c.spikes]
run: {profile: loihi, dialect: brian2_loihi}
"""


@pytest.mark.parametrize(
    ("arguments", "lowest"),
    [([], -3 * 2 * 2 * 64), (["--dialect", "lava"], -3 * 4 * 2 * 64)],
)
def test_the_command_line_takes_a_dialect_over_the_models_own(
    tmp_path: Path, arguments: list[str], lowest: int
) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(MODEL)

    result = CliRunner().invoke(cli, ["run", str(path), "--json", *arguments])

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["traces"]["c.v"]["minimum"] == pytest.approx(lowest, rel=1e-2)
