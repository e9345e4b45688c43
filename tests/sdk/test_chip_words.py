"""Narrow numbers of the compiled engine: at their limits, and beyond them wider ones."""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core.dispatcher import Dispatcher
from numba.extending import _Intrinsic  # type: ignore[attr-defined]

from yuragi import hardware
from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.equations import functions
from yuragi.network import Network
from yuragi.passes import route
from yuragi.recording import Recording
from yuragi.wiring.packed import STRIDE, pack
from yuragi.wiring.rules import random
from yuragi_chip import columns, kernels, narrow
from yuragi_chip.intrinsics import SIDE
from yuragi_chip.kernels import bind
from yuragi_chip.listing import BLOCK, SLACK
from yuragi_chip.loop import run_steps
from yuragi_chip.routing import segments
from yuragi_chip.slices import sliced
from yuragi_chip.spans import Span, fits

LIF = Dynamics(
    name="lif",
    equations="v(t+1) = 0.9*v + i",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
)


def spiking(size: int = 70, weights: Any = None) -> Network:
    net = Network(seed=3)
    net.population("cells", size, LIF)
    if weights is None:
        weights = random(size, size, inputs=9, seed=1)
    net.project("cells", "cells", weights=weights, port="i", delay=2)
    net.stimulate("cells", np.random.default_rng(2).random((30, size)), port="i")
    net.probe("cells", "spikes")
    net.probe("cells", "v")
    return net


def same(first: Recording, second: Recording) -> bool:
    totals = ("synaptic_events", "messages", "messages_in", "hops_x", "hops_y", "active_updates")
    return np.array_equal(first.trace("cells", "v"), second.trace("cells", "v")) and all(
        first.counts.total(name) == second.counts.total(name) for name in totals
    )


# -- a synapse in a word -------------------------------------------------------------------------


def columns_of(post: int, target: int, weight: int, kind: str = "int32") -> Any:
    data, place = np.array([weight], dtype=kind), np.array([target])
    return scipy.sparse.csc_array((data, place, np.array([0, 1])), shape=(post, 1))


@settings(max_examples=40, deadline=None)
@given(
    post=st.integers(1, 70_000),
    kind=st.sampled_from(["int8", "int16"]),
    shift=st.integers(0, 6),
    density=st.floats(0.0, 1.0),
    seed=st.integers(0, 99),
)
def test_packed_weights_are_the_weights(
    post: int, kind: str, shift: int, density: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    matrix = scipy.sparse.random_array((post, 5), density=density, rng=rng, format="csc")
    matrix.data = rng.integers(-128, 127, size=matrix.nnz).astype(kind)
    matrix.eliminate_zeros()

    packed = pack(matrix, shift)

    assert packed is not None
    assert packed.dtype == kind
    assert packed.shape == matrix.shape
    assert packed.synapses == matrix.nnz
    assert 8 * len(packed.words) <= 9 * matrix.nnz
    assert (packed.csr() != matrix.tocsr()).nnz == 0


@pytest.mark.parametrize(
    ("post", "weight", "shift", "folded"),
    [
        (2**24, 127, 0, 0),
        (2**24, -128, 0, 0),
        (2**24, 128, 0, None),
        (2**24 + 1, 127, 0, None),
        (2**16, 2**15 - 1, 0, 0),
        (2**16, 2**14, 1, 0),
        (2**16, 2**14 - 1, 1, 1),
        (2**16, -(2**14), 1, 1),
        (1, 2**31 - 1, 0, 0),
    ],
)
def test_a_word_holds_what_fits_and_no_more(
    post: int, weight: int, shift: int, folded: int | None
) -> None:
    packed = pack(columns_of(post, post - 1, weight), shift)

    assert (packed.shift if packed else None) == folded
    if packed is not None:
        assert packed.values().tolist() == [weight]
        assert packed.target.tolist() == [post - 1]


def test_few_words_fill_up_long_rows_and_none_short_ones() -> None:
    long, short = (np.tril(np.ones((size, size), dtype=np.int8)) for size in (61, 3))

    packed = [pack(scipy.sparse.csc_array(w), 0) for w in (long, short)]

    assert [int((np.diff(p.pointer) % STRIDE).any()) for p in packed if p] == [0, 1]


@pytest.mark.parametrize("profile", ["loihi", "loihi2"])
def test_synapses_that_fit_no_word_change_nothing(
    monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    packed = compile_network(spiking(), profile=profile)
    monkeypatch.setattr(columns, "pack", lambda *_: None)
    wide = compile_network(spiking(), profile=profile)

    assert all(held.packed is None for held in wide.weights)  # type: ignore[attr-defined]
    assert all(held.packed for held in packed.weights)  # type: ignore[attr-defined]
    assert same(packed.run(), wide.run())


@pytest.mark.parametrize(("bits", "kind"), [(23, "float32"), (30, "float64")])
def test_floats_are_held_in_32_bits_only_where_that_loses_nothing(bits: int, kind: str) -> None:
    grid = np.random.default_rng(4).integers(-(2**bits), 2**bits, size=(70, 70)) * 2.0**-bits
    grid[np.random.default_rng(5).random((70, 70)) < 0.8] = 0.0
    net = spiking(weights=grid)

    chip, reference = (compile_network(net, backend=b) for b in ("chip", "reference"))

    assert {held.weight.dtype.name for held in chip.weights} == {kind}  # type: ignore[attr-defined]
    assert np.array_equal(chip.run().trace("cells", "v"), reference.run().trace("cells", "v"))


# -- rows side by side ---------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(post=st.integers(1, 40), pre=st.integers(1, 30), share=st.sampled_from([0.1, 0.5, 1.0]))
def test_slices_hold_every_weight_with_ascending_sources(post: int, pre: int, share: float) -> None:
    rng = np.random.default_rng([post, pre])
    matrix = scipy.sparse.random_array((post, pre), density=share, rng=rng, format="csr")
    matrix.sort_indices()

    held = sliced(matrix)

    if held is None:
        longest = np.diff(matrix.indptr).max(initial=0)
        assert matrix.nnz < longest * SIDE * -(-post // SIDE)
        return
    for unit in range(post):
        first, last = held.pointer[unit // SIDE : unit // SIDE + 2]
        source, weight = (array[first:last, unit % SIDE] for array in (held.source, held.weight))
        there = source < pre
        assert np.array_equal(source[there], matrix[[unit]].indices)
        assert np.array_equal(weight[there], matrix[[unit]].data)
        assert not weight[~there].any()


# -- lists and counts ----------------------------------------------------------------------------


def run_once(function: str, values: dict[str, Any]) -> None:
    bound = bind(function, values)
    row = np.array([[bound.address, bound.table.ctypes.data, 0]], dtype=np.int64)
    run_steps(row, 0, 1, 0, 1)


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 300), share=st.sampled_from([0.0, 0.02, 0.5, 1.0]))
def test_the_list_holds_who_sent_in_order(size: int, share: float) -> None:
    fired = np.random.default_rng(size).random(size) < share
    sent = np.zeros((1, -(-size // BLOCK) * BLOCK), dtype=np.uint8)
    sent[0, :size] = fired
    events = np.zeros((1, size + SLACK), dtype=np.int32)
    bounds, found = np.zeros((1, 2), dtype=np.int64), np.zeros((1, 1), dtype=np.int32)

    out = {"events": events, "bounds": bounds, "found": found}
    marks = np.zeros((1, 2, sent.shape[1] // BLOCK), dtype=np.uint64)
    run_once("list_spikes", {"keep": 0, "sent": sent, "marks": marks, **out})

    assert bounds.tolist() == [[0, int(fired.sum())]]
    assert np.array_equal(events[0, : found[0, 0]], np.flatnonzero(fired))


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 400), cores=st.integers(1, 9), mixed=st.booleans())
def test_active_units_are_counted_at_their_cores(size: int, cores: int, mixed: bool) -> None:
    rng = np.random.default_rng(size)
    core = np.unique(rng.integers(0, cores, size), return_inverse=True)[1]
    core = core if mixed else np.sort(core)
    flags = rng.random(size) < 0.4
    busy = np.zeros((1, -(-size // BLOCK) * BLOCK), dtype=np.uint8)
    busy[0, :size] = flags
    parts, members = segments(core)
    if not len(members):
        members = np.arange(size, dtype=np.int32)
        counted = {"count_active": {"segments": parts}}
    else:
        words = busy.shape[1] // BLOCK
        held = np.zeros((core.max() + 1, words * BLOCK), dtype=bool)
        held[core, np.arange(size)] = True
        masks = np.packbits(held, axis=1, bitorder="little").view(np.uint64)
        bits = np.zeros((1, words), dtype=np.uint64)
        counted = {"count_scattered": {"masks": masks, "bits": bits}}
    counted["count_members"] = {"segments": parts, "members": members}

    for function, values in counted.items():
        active = np.zeros((1, 1, int(core.max()) + 1), dtype=np.uint32)
        run_once(function, {"busy": busy, **values, "active": active})

        assert np.array_equal(active[0, 0], np.bincount(core[flags], minlength=active.shape[2]))


@pytest.mark.parametrize(("units", "form"), [(200, "added"), (30, "rows")])
def test_counting_by_any_form_is_counting_by_lists(units: int, form: str) -> None:
    chip = hardware.load("loihi2")
    room = replace(chip.limits["units_per_core"], value=units, low=units)
    chip = replace(chip, limits={**chip.limits, "units_per_core": room})
    program: Any = compile_network(spiking(200), profile=chip)
    counted = program.run(threads=1)
    held = program.traffic["cells"]
    listed = {name: replace(held, rows=None, added=None) for name, held in program.traffic.items()}
    object.__setattr__(program, "traffic", listed)

    assert [name for name in ("added", "rows") if getattr(held, name) is not None] == [form]
    assert same(counted, program.run(threads=1))
    assert counted.counts.synaptic_events > 0


def test_routes_in_short_types_count_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = compile_network(spiking(), profile="loihi2")
    monkeypatch.setattr(route, "_FEW", 0)
    short = compile_network(spiking(), profile="loihi2")

    assert short.graph.routes["cells"].synapses.dtype == np.uint8
    assert wide.graph.routes["cells"].synapses.dtype == np.int32
    assert same(wide.run(), short.run())


@pytest.mark.parametrize(
    ("most", "kind"), [(255, "uint8"), (256, "uint16"), (65_535, "uint16"), (65_536, "int32")]
)
def test_routes_are_as_wide_as_their_largest_number(
    monkeypatch: pytest.MonkeyPatch, most: int, kind: str
) -> None:
    monkeypatch.setattr(route, "_FEW", 0)

    held = route._narrow(np.array([0, most]))

    assert held.dtype == kind
    assert held.tolist() == [0, most]


# -- updates in 32 bits --------------------------------------------------------------------------


def unit(equations: str) -> Dynamics:
    return Dynamics(name="unit", equations=equations, ports=("i",), output="x", number="integer")


@pytest.mark.parametrize(
    ("equations", "port", "held"),
    [
        ("x(t+1) = saturate(x + i, 31)", (0, 2**30), True),
        ("x(t+1) = saturate(x + i, 32)", (0, 1), False),
        ("x(t+1) = saturate(shift(i, 8), 24)", (-(2**22), 2**22), True),
        ("x(t+1) = saturate(shift(i, 8), 24)", (-(2**23), 2**23), False),
        ("x(t+1) = saturate(x * i, 24)", (-(2**7), 2**7), True),
        ("x(t+1) = saturate(x * i, 24)", (-(2**9), 2**9), False),
        ("x(t+1) = saturate(decay(x, 4096) + i, 24)", (-(2**29), 2**29), True),
        ("x(t+1) = saturate(shift(x, i), 24)", (0, 1), False),
    ],
)
def test_an_update_is_in_32_bits_only_where_no_step_of_it_needs_more(
    equations: str, port: Span, held: bool
) -> None:
    bits = int(re.findall(r"(\d+)\)$", equations)[0])
    top = 2 ** (bits - 1) - 1

    assert fits(unit(equations), {"x": (-top, top), "i": port}) is held


NUMBERS = st.integers(-(2**30), 2**30) | st.sampled_from([0, -1, 2**23, -(2**23), 4095, -4096])


@settings(max_examples=60, deadline=None)
@given(x=NUMBERS, keep=st.integers(0, 4096), bits=st.integers(2, 30))
def test_functions_in_32_bits_have_the_values_of_the_definition(
    x: int, keep: int, bits: int
) -> None:
    value, wide = np.int32(x), np.asarray(x)

    assert narrow.f_decay(value, np.int32(keep)) == functions.decay(wide, np.asarray(keep))
    assert narrow.f_saturate(value, bits) == functions.saturate(wide, np.asarray(bits))
    assert narrow.f_wrap(value, bits) == functions.wrap(wide, np.asarray(bits))
    assert narrow.f_shift(value, -bits) == functions.shift(wide, np.asarray(-bits))
    assert narrow.f_shiftdown(value, bits) == functions.shiftdown(wide, np.asarray(bits))


def test_a_compartment_of_loihi_is_updated_in_32_bits() -> None:
    program: Any = compile_network(spiking(), profile="loihi")
    built = _built(program)

    assert {node.shape.number for node in built.nodes} == {"int32"}


def _built(program: Any) -> Any:
    from yuragi.probing import Recorder
    from yuragi_chip.build import build
    from yuragi_chip.engine import _tallies

    cores = len(program.placement.used)
    return build(
        program.graph,
        program.weights,
        program.traffic,
        steps=2,
        trials=1,
        tallies=_tallies(2, 1, cores, learning=False),
        recorder=Recorder(program.graph, 2, 1),
    )


# -- the cache -----------------------------------------------------------------------------------


def test_kernels_on_disk_are_named_after_all_code_that_they_call() -> None:
    stamp = kernels._stamp()

    for name, module in sorted(sys.modules.items()):
        if not name.startswith("yuragi_chip.") or name == "yuragi_chip.loop":
            continue
        own = [m for m in vars(module).values() if getattr(m, "__module__", "") == name]
        if any(isinstance(member, Dispatcher | _Intrinsic) for member in own):
            assert inspect.getsource(module) in stamp, name
