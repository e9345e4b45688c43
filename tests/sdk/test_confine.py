"""Words of a programmable core: what saturates, what is counted, what is proved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.equations.evaluate import evaluate
from yuragi.equations.system import parse_system
from yuragi.equations.text import to_text
from yuragi.equations.tree import Call, Expression, Name, Number
from yuragi.errors import GraphError, RunError, UnsupportedError
from yuragi.network import Network
from yuragi.passes.bounding import Bits, Unit, settle
from yuragi.passes.confine import Confined, confine

BITS = Bits(state=12, port=14, result=16)
TABLE = (-300, 5, *(((k * 37) % 23 - 11) * 90 for k in range(20)))
PORT = (-900, 700)


# -- the rule in Python's integers ---------------------------------------------------------------


def saturated(value: int, bits: int) -> int:
    top = 2 ** (bits - 1) - 1
    return max(-top, min(value, top))


def looked_up(place: int) -> int:
    first, width, *knots = TABLE
    place = min(max(place - first, 0), (len(knots) - 1) << width)
    index = min(place >> width, len(knots) - 2)
    rest = place - (index << width)
    rise = (knots[index + 1] - knots[index]) * rest
    return knots[index] + ((rise + (1 << (width - 1))) >> width)


def by_the_rule(tree: Expression, values: Mapping[str, int], *, wide: bool = False) -> int:
    """A result saturates at 16 bits, but for what is rounded, compared or looked up."""
    if isinstance(tree, Number):
        return int(tree.value)
    if isinstance(tree, Name):
        return values[tree.id]
    assert isinstance(tree, Call)
    if tree.function == "lookup":
        return looked_up(by_the_rule(tree.args[1], values, wide=True))
    if tree.function == "where":
        flag, x, y = tree.args
        assert isinstance(flag, Call)
        left, right = (by_the_rule(arg, values, wide=True) for arg in flag.args)
        holds = left < right if flag.function == "lt" else left >= right
        chosen = [by_the_rule(arg, values) for arg in (x, y)][0 if holds else 1]
        return chosen if wide else saturated(chosen, BITS.result)
    if tree.function == "shift":
        assert isinstance(tree.args[1], Number)
        places = int(tree.args[1].value)
        value = by_the_rule(tree.args[0], values, wide=places < 0)
        moved = value << places if places >= 0 else (value + (1 << (-places - 1))) >> -places
        return moved if wide else saturated(moved, BITS.result)
    x, *more = (by_the_rule(arg, values) for arg in tree.args)
    value = {
        "add": lambda: x + more[0],
        "sub": lambda: x - more[0],
        "mul": lambda: x * more[0],
        "min": lambda: min(x, more[0]),
        "max": lambda: max(x, more[0]),
        "neg": lambda: -x,
        "abs": lambda: abs(x),
    }[tree.function]()
    return value if wide else saturated(value, BITS.result)


KINDS = ("add", "sub", "mul", "right", "left", "min", "max", "neg", "abs", "where", "lookup")


def drawn(rng: np.random.Generator, depth: int) -> Expression:
    """A random expression over a, b, the port i and constants."""
    if depth == 0 or rng.random() < 0.1:
        leaves = (Name("a"), Name("b"), Name("i"), Number(float(rng.integers(-3000, 3001))))
        return leaves[rng.integers(4)]
    kind = KINDS[rng.integers(len(KINDS))]
    x, y = drawn(rng, depth - 1), drawn(rng, depth - 1)
    match kind:
        case "right":
            inner = Call(("mul", "add")[rng.integers(2)], (x, y))
            return Call("shift", (inner, Number(float(-rng.integers(1, 13)))))
        case "left":
            return Call("shift", (x, Number(float(rng.integers(1, 7)))))
        case "neg" | "abs":
            return Call(kind, (x,))
        case "where":
            flag = Call(("lt", "ge")[rng.integers(2)], (x, Number(7.0)))
            return Call("where", (flag, x, y))
        case "lookup":
            return Call("lookup", (Name("table"), x))
    return Call(kind, (x, y))


def unit(*, seed: int, depth: int = 3) -> Unit:
    """Two states that two random expressions update."""
    rng = np.random.default_rng(seed)
    lines = [f"{name}(t+1) = {to_text(drawn(rng, depth))}" for name in "ab"]
    unused = "c = a + b + i + lookup(table, 0)"  # so that every name is used
    system = parse_system(
        equations="\n".join((*lines, unused)),
        threshold="a >= 300",
        reset="a = a - 300",
        ports=("i",),
        parameters=(),
        tables=("table",),
        internal=True,
    )
    return Unit(
        system=system,
        refractory=0,
        parameters={},
        initial={"a": (-5, 40), "b": (0, 0)},
        ports={"i": PORT},
        stimulated=frozenset(),
        tables={"table": TABLE},
    )


def stepped(found: Unit, values: dict[str, int]) -> dict[str, int]:
    """The update of both states in Python's integers."""
    updates = dict(found.system.updates)
    return {n: saturated(by_the_rule(updates[n], values), BITS.state) for n in updates}


def after(values: dict[str, int]) -> dict[str, int]:
    """What is left after a spike."""
    return values if values["a"] < 300 else {**values, "a": values["a"] - 300}


def confined(found: Unit) -> Confined:
    try:
        return confine(found, BITS)
    except UnsupportedError:
        assume(False)
        raise


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), data=st.data())
def test_any_expression_has_the_value_of_the_rule_in_integers_without_limit(
    seed: int, data: st.DataObject
) -> None:
    found = unit(seed=seed)
    written = confined(found).system
    reached = settle(found, BITS, found.ports).states  # what lies beyond needs no saturation
    values = {
        name: data.draw(st.integers(*ends), label=name)
        for name, ends in {**reached, "i": PORT}.items()
    }
    seen: dict[str, Any] = {k: np.asarray(v) for k, v in values.items()} | {
        "table": np.array(TABLE)
    }
    seen |= {name: np.asarray(0) for name in written.states if name not in values}
    for name, tree in written.bindings:
        seen[name] = evaluate(tree, seen, integer=True)
    result = {n: int(evaluate(t, seen, integer=True)) for n, t in written.updates if n in values}

    assert result == stepped(found, values)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), arriving=st.lists(st.integers(*PORT), min_size=5, max_size=30))
def test_no_value_leaves_the_spans_and_what_is_proved_never_saturates(
    seed: int, arriving: list[int]
) -> None:
    found = unit(seed=seed, depth=2)
    limits = settle(found, BITS, found.ports) if confined(found) else None
    assert limits is not None
    values = {"a": 40, "b": 0}
    for i in arriving:
        updates = dict(found.system.updates)
        full = {n: by_the_rule(updates[n], {**values, "i": i}) for n in values}
        values = after(stepped(found, {**values, "i": i}))
        for name in values:
            assert limits.full[name][0] <= full[name] <= limits.full[name][1]
            assert limits.states[name][0] <= values[name] <= limits.states[name][1]


def test_kernel_and_reference_compute_the_rule() -> None:
    """Eight random expressions in one population of 50 units, 12 steps of random arrivals."""
    rng = np.random.default_rng(4)
    lines, trees, bodies = [], {}, []
    while len(trees) < 4:
        found = unit(seed=int(rng.integers(10**6)), depth=2)
        try:
            written = confine(found, BITS).system
        except UnsupportedError:
            continue
        k = len(trees)
        trees[k] = found
        texts = [f"{n}(t+1) = {to_text(t)}" for n, t in written.updates]
        texts += [f"{n} = {to_text(t)}" for n, t in written.bindings]
        bodies.append(_renamed("\n".join(texts), k))
        lines += [f"a{k}", f"b{k}"]
    dynamics = Dynamics(
        name="random",
        equations="\n".join(bodies),
        ports=("i",),
        number="integer",
        tables={"table": TABLE},
    )
    arriving = np.random.default_rng(1).integers(PORT[0], PORT[1] + 1, size=(12, 50))
    net = Network()
    net.population("c", 50, dynamics)
    for name in lines:
        net.probe("c", name)
    runs = [compile_network(net, backend=name).run(arriving) for name in ("reference", "chip")]

    for k, found in trees.items():
        for u in (0, 17, 49):
            values = {"a": 0, "b": 0}
            for step in range(12):
                values = stepped(found, {**values, "i": int(arriving[step, u])})
                for run in runs:
                    assert int(run.trace("c", f"a{k}")[step, u]) == values["a"]
                    assert int(run.trace("c", f"b{k}")[step, u]) == values["b"]


def _renamed(text: str, k: int) -> str:
    """Every name but the port and the table with a number, so that many units make one."""
    kept = {"i", "table", "t", "saturate", "shift", "lookup", "where", "min", "max", "abs", "or"}
    return re.sub(r"[a-z_]+\d*x*", lambda m: m[0] if m[0] in kept else f"{m[0]}{k}", text)


@pytest.mark.parametrize(
    "more",
    [
        {"equations": "y = i"},
        {"equations": "y(t+1) = 0.5*y + i"},
        {"equations": "v(t+1) = 0.5*v + i\ny = v + i"},
        {"equations": "y(t+1) = 0.5*y + i", "threshold": "y > 1", "reset": "y -= 1"},
    ],
    ids=["port", "state", "both", "spike"],
)
def test_every_value_that_is_sent_smaller_than_it_is_counts(more: dict[str, str]) -> None:
    """Calibrated to 1, driven with 5, every one of two units in every one of 10 steps."""
    net = Network()
    net.population("c", 2, Dynamics(name="u", ports=("i",), output="y", **more))
    net.population("d", 1, Dynamics(name="d", equations="y = i", ports=("i",), output="y"))
    net.project("c", "d", weights=np.ones((1, 2)), port="i")
    net.stimulate("c", np.ones((10, 2)), port="i")
    for backend in ("reference", "chip"):
        program = compile_network(net, backend=backend, profile="loihi2")

        assert program.run().overflows["c"]["payload"] == 0
        assert program.run({"c.i": np.full((10, 2), 5.0)}).overflows["c"]["payload"] == 20


# -- what is counted -----------------------------------------------------------------------------


def integrator(leak: float, *, bias: float = 0.0, steps: int = 40) -> Network:
    """Two units that two inputs drive, the second one downwards, harder than it was calibrated."""
    cell = Dynamics(
        name="cell",
        equations=f"v(t+1) = {leak}*v + i + {bias}",
        ports=("i",),
        threshold="v > 6",
        reset="v = 0",
    )
    net = Network()
    silent = np.zeros((steps, 2))
    silent[:3] = 1.0
    net.input("in", 2, silent, spiking=True)
    net.population("c", 2, cell)
    net.project("in", "c", weights=[[0.5, 0.25], [-0.5, -0.75]], port="i")
    net.probe("c", "v")
    return net


def log_of(program: Any) -> str:
    return "\n".join(str(entry) for entry in program.log)


def test_a_leak_that_outweighs_every_input_is_proved_and_the_bound_is_reached() -> None:
    net = integrator(0.5)
    program = compile_network(net, profile="loihi2", formats={"c.v": 20})
    node = program.graph.node("c")
    line = next(line for line in log_of(program).split("\n") if "c: cannot overflow" in line)
    low, high = re.search(r"v from (\S+) to (\S+) \(word -8,388,607", line).groups()  # type: ignore[union-attr]
    run = program.run(np.ones((40, 2)))
    reached = run.trace("c", "v").min()

    assert not node.dynamics.tallies
    assert "c" not in run.overflows
    # -1.25 a step and half of what was: -2.5 at last, and half up by a bit in each rounding
    assert int(low.replace(",", "")) <= reached < 0.999 * int(low.replace(",", ""))
    assert int(high.replace(",", "")) / node.scales["v"] ** -1 == pytest.approx(1.5, rel=1e-3)


@pytest.mark.parametrize("backend", ["chip", "reference"])
def test_an_integrator_that_runs_against_the_end_of_its_word_says_where(backend: str) -> None:
    net = integrator(1.0)
    program = compile_network(net, backend=backend, profile="loihi2", formats={"c.v": 20})
    run = program.run(np.ones((40, 2)))
    # 1.25 a step, from step 1 on, in a word that ends at -8: the seventh is beyond it
    first = 1 + int(8 / 1.25)

    assert "c: overflow is not ruled out, counted; v from" in log_of(program)
    assert run.overflows["c"]["v"] == 40 - first
    assert run.trace("c", "v").min() == 1 - 2**23
    assert not program.run(np.ones((first, 2))).overflows["c"]["v"]
    with pytest.raises(RunError, match=f"c: v overflowed in unit 1, step {first}, trial 0"):
        program.run(np.ones((40, 2)), overflow="raise")


def test_a_sum_at_a_port_that_a_stimulus_drives_beyond_its_word_is_counted() -> None:
    unit = Dynamics(name="u", equations="v(t+1) = 0.5*v + i", ports=("i",), output="v")
    net = Network()
    net.population("c", 1, unit)
    net.stimulate("c", np.full((4, 1), 0.5), port="i")
    net.probe("c", "v")
    program = compile_network(net, profile="loihi2")
    line = "c: cannot overflow with the stimulus it was compiled with, counted; i from 0 to 128"
    far = [[0.5], [1e9], [0.5], [-1e9]]

    assert line in log_of(program)
    assert not any(program.run().overflows["c"].values())
    for backend in ("reference", "chip"):
        run = compile_network(net, backend=backend, profile="loihi2").run(far)
        assert run.overflows["c"]["i"] == 2
        assert run.overflows["c"]["results"] == 2


def test_what_a_reset_adds_beyond_a_word_is_counted() -> None:
    unit = Dynamics(
        name="u",
        equations="v(t+1) = i\nb(t+1) = b",
        ports=("i",),
        threshold="v > 0.5",
        reset="b += 1",
    )
    net = Network()
    net.population("c", 1, unit)
    net.stimulate("c", np.ones((4, 1)), port="i")
    net.probe("c", "b")
    program = compile_network(net, profile="loihi2", formats={"c.b": 20})
    for backend in ("reference", "chip"):
        program = compile_network(net, backend=backend, profile="loihi2", formats={"c.b": 20})
        run = program.run(np.ones((12, 1)))
        assert run.trace("c", "b").max() == 2**23 - 1
        assert run.overflows["c"]["b"] == 12 - 7  # the eighth makes 8, which the word does not hold


def test_a_value_that_not_even_64_bits_hold_is_refused() -> None:
    found = unit(seed=0)
    far = Call("shift", (Name("a"), Number(60.0)))
    system = replace(found.system, updates=(("a", far), ("b", Name("b"))))

    with pytest.raises(UnsupportedError, match="more than its core or 64 bits hold"):
        confine(replace(found, system=system), BITS)


# -- a core whose arithmetic has one format ------------------------------------------------------


@pytest.mark.parametrize("backend", ["chip", "reference"])
def test_s16_15_cuts_products_downwards_and_wraps(backend: str) -> None:
    """v' = 0.9 v + i with 15 fraction bits: floor(29491 v / 2^15) + i, in 32 bits that wrap."""
    cell = Dynamics(name="cell", equations="v(t+1) = 0.9*v + i", ports=("i",), output="v")
    net = Network()
    net.population("c", 2, cell)
    arriving = np.array([[0.3, -0.3], [-2.0, 65535.5], [0.5, 65000.0], [0.125, -0.7]])
    net.stimulate("c", arriving, port="i")
    net.probe("c", "v")
    program = compile_network(net, backend=backend, profile="spinnaker2")
    run = program.run(steps=6)
    one = program.graph.node("c").scales["i"]
    v, expected = [0, 0], []
    for step in range(6):
        for unit in (0, 1):
            raw = round(arriving[step, unit] / one) if step < 4 else 0
            v[unit] = (29491 * v[unit] >> 15) + (raw * round(one * 2**30) >> 15)
            v[unit] = (v[unit] + 2**31) % 2**32 - 2**31
        expected.append(list(v))

    assert run.trace("c", "v").tolist() == expected
    assert run.traces["c", "v"].scale == 2.0**-15
    assert sum(run.overflows["c"].values()) > 0


def test_a_core_with_one_format_takes_none_by_hand() -> None:
    with pytest.raises(GraphError, match=r"format of 'c\.v': this core has 15 fraction bits in"):
        compile_network(integrator(0.5), profile="spinnaker2", formats={"c.v": 12})
