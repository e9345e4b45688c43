"""The compiled engine: the same on any threads, honest counts, kernels without a file's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.errors import RunError
from yuragi.network import Network
from yuragi.recording import COUNTS, Recording
from yuragi.wiring.rules import random
from yuragi_chip import kernels
from yuragi_chip.codegen import KernelShape, kernel_source

LIF = Dynamics(
    name="lif",
    equations="v(t+1) = 0.9*v + i + 0.3*uniform()",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    refractory=1,
)
TANH = Dynamics(name="tanh", equations="h(t+1) = 0.5*h + tanh(i)", ports=("i",), output="h")


def network() -> Network:
    net = Network(seed=8)
    net.population("cells", 40, LIF)
    net.population("read", 7, TANH)
    net.project("cells", "cells", weights=random(40, 40, inputs=5, seed=1), port="i", delay=2)
    net.project("cells", "read", weights=random(7, 40, seed=2), port="i")
    net.project("read", "cells", weights=random(40, 7, low=-0.1, high=0.1, seed=3), port="i")
    net.stimulate("cells", np.random.default_rng(4).random((6, 25, 40)), port="i")
    for name, variable in (("cells", "spikes"), ("cells", "v"), ("read", "h")):
        net.probe(name, variable)
    return net


def run(profile: str, *, threads: int | None = None, backend: str = "chip") -> Recording:
    return compile_network(network(), backend=backend, profile=profile).run(threads=threads)


def same(first: Recording, second: Recording) -> bool:
    return (
        all(
            np.array_equal(first.trace(*key), second.trace(*key))
            for key in (("cells", "v"), ("read", "h"))
        )
        and np.array_equal(first.spikes("cells"), second.spikes("cells"))
        and all(
            np.array_equal(first.counts.array(name), second.counts.array(name)) for name in COUNTS
        )
    )


@pytest.mark.parametrize("profile", ["ideal", "loihi2"])
@pytest.mark.parametrize("threads", [2, 5, 64])
def test_the_result_does_not_depend_on_the_number_of_threads(profile: str, threads: int) -> None:
    assert same(run(profile, threads=1), run(profile, threads=threads))


def test_a_run_leaves_its_program_as_it_was() -> None:
    program = compile_network(network())

    assert same(program.run(), program.run())


def test_a_trial_does_not_depend_on_its_neighbours() -> None:
    program = compile_network(network())
    stimulus = program.graph.stimuli[0].values

    few, many = program.run(stimulus[:2]), program.run(stimulus)

    assert np.array_equal(few.trace("cells", "v"), many.trace("cells", "v")[:2])


def test_counts_on_one_core_are_those_of_the_reference() -> None:
    chip, reference = run("ideal"), run("ideal", backend="reference")

    for name in COUNTS:
        assert np.array_equal(chip.counts.array(name), reference.counts.array(name)), name


@pytest.mark.parametrize("name", ["synaptic_events", "neuron_updates", "active_updates", "spikes"])
def test_what_happens_does_not_depend_on_where_it_happens(name: str) -> None:
    chip, reference = run("loihi2"), run("loihi2", backend="reference")

    assert chip.counts.total(name) == reference.counts.total(name) > 0


@pytest.mark.parametrize("name", [*COUNTS, "hops"])
def test_sums_by_core_by_step_and_by_trial_are_the_total(name: str) -> None:
    counts = run("loihi2").counts

    total = getattr(counts, name)

    assert counts.cores == 2
    for summed in (counts.per_core, counts.per_step, counts.per_trial):
        assert getattr(summed, name).sum() == total


def test_messages_go_to_every_core_that_holds_a_target() -> None:
    counts = run("loihi2").counts
    cells = run("loihi2").spikes("cells").sum()
    sent = counts.spikes - cells

    # each cell reaches its own core and that of the readout, each readout unit the cells
    assert counts.messages == 2 * cells + sent


def test_progress_is_told_after_every_step() -> None:
    told: list[tuple[int, int]] = []

    compile_network(network()).run(threads=2, progress=lambda done, of: told.append((done, of)))

    assert told == [(step, 25) for step in range(1, 26)]


def test_a_run_of_no_trials_is_refused() -> None:
    with pytest.raises(RunError, match="expected at least 1"):
        compile_network(_silent()).run(steps=1, trials=0)


# -- divergence ----------------------------------------------------------------------------------


def test_a_network_that_diverges_names_population_variable_and_unit() -> None:
    unit = Dynamics(
        name="u", equations="w(t+1) = 1\nv(t+1) = k*v*v", output="v", parameters={"k": 2.0}
    )
    net = Network()
    net.population("fine", 2, unit, parameters={"k": 0.0})
    net.population("wild", 4, unit, parameters={"k": [0.0, 0.0, 9.0, 9.0]}, initial={"v": 3.0})

    with pytest.raises(RunError, match=r"wild\.v is not finite in 2 unit\(s\), first unit 2: "):
        compile_network(net).run(steps=50)


def test_counts_that_do_not_fit_are_refused_before_the_run() -> None:
    with pytest.raises(RunError, match=r"the counts of .* GiB, at most 4; run fewer steps"):
        compile_network(_silent()).run(steps=400_000_000)


def _silent() -> Network:
    net = Network()
    net.population("cells", 1, LIF)
    return net


# -- kernels -------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache folder, with nothing of it in memory."""
    monkeypatch.setenv("YURAGI_CACHE", str(tmp_path))
    kernels._folder.cache_clear()
    kernels._load.cache_clear()
    yield tmp_path / "kernels"
    kernels._folder.cache_clear()
    kernels._load.cache_clear()


def shape(unit: Dynamics, *vector: str) -> KernelShape:
    return KernelShape(dynamics=unit, vector=vector, seen=())


def named(*words: str, value: float = 0.5) -> Dynamics:
    state, port, parameter, binding = words
    return Dynamics(
        name=f"{state} unit",
        equations=f"{binding} = {parameter}*{state}\n{state}(t+1) = {binding} + {port}",
        ports=(port,),
        output=binding,
        threshold=f"{binding} > 1",
        reset=f"{state} = 0",
        parameters={parameter: value},
    )


WORDS = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{6,30}", fullmatch=True).filter(
    lambda word: word not in kernel_source(shape(named("q1", "q2", "q3", "q4")))
)


@settings(max_examples=50)
@given(words=st.lists(WORDS, min_size=4, max_size=4, unique=True))
def test_a_kernel_holds_none_of_a_files_words(words: list[str]) -> None:
    try:
        unit = named(*words)
    except ValueError:  # a function's name is no name for a variable
        return

    source = kernel_source(shape(unit))

    assert not any(re.search(rf"\b{word}\b", source) for word in words)
    assert source == kernel_source(shape(named("q1", "q2", "q3", "q4")))


def test_units_that_differ_in_names_and_values_share_a_kernel(cache: Path) -> None:
    first = kernels.kernel(shape(named("a", "b", "c", "d", value=0.1)))
    second = kernels.kernel(shape(named("w", "x", "y", "z", value=0.9)))

    assert first is second
    assert len(list(cache.glob("*.py"))) == 1


def test_units_of_another_shape_have_another_kernel(cache: Path) -> None:
    kernels.kernel(shape(named("a", "b", "c", "d")))
    kernels.kernel(shape(named("a", "b", "c", "d"), "c"))

    assert len(list(cache.glob("*.py"))) == 2


@pytest.mark.parametrize("text", ["", "raise SystemExit('tampered')", "# one more line\n"])
def test_a_kernel_file_that_was_tampered_with_is_written_anew(cache: Path, text: str) -> None:
    unit = shape(named("a", "b", "c", "d"))
    kernels.kernel(unit)
    (path,) = cache.glob("*.py")
    path.write_text(text)
    kernels._load.cache_clear()

    kernels.kernel(unit)

    assert path.read_text(encoding="utf-8") == kernel_source(unit)
    assert sorted(p.suffix for p in cache.iterdir() if p.is_file()) == [".py"]


@settings(max_examples=8, deadline=None)
@given(x=st.lists(st.floats(-40, 40), min_size=30, max_size=30))
def test_every_function_has_the_bits_of_the_reference(x: list[float]) -> None:
    lines = [f"f{k} = {text}" for k, text in enumerate(FORMULAS)]
    unit = Dynamics(name="u", equations="\n".join(lines), ports=("i",), output="f0")
    net = Network(seed=1)
    net.population("c", 30, unit)
    net.stimulate("c", [x], port="i")
    for k in range(len(FORMULAS)):
        net.probe("c", f"f{k}")

    chip, reference = (compile_network(net, backend=name).run() for name in ("chip", "reference"))

    for k, text in enumerate(FORMULAS):
        found, wanted = (r.trace("c", f"f{k}") for r in (chip, reference))
        assert np.array_equal(found, wanted, equal_nan=True), text


FORMULAS = (
    "exp(i)", "log(i)", "sin(i)", "cos(i)", "tanh(i)", "sigmoid(i)", "exprel(i)", "sqrt(i)",
    "(i + 1)**2", "(i + 1)**0.5", "(i + 1)**-1", "(i + 1)**3", "(i + 1)**-0.5", "(i + 1)**1.7",
    "2**i", "10**i", "abs(i)**i", "floor(i)", "sign(i)", "heaviside(i)", "relu(i)", "abs(i)",
    "min(i, 1, -i)", "max(i, 1, -i)", "clip(i, -1, 1)", "where(i > 0 or not i < -1, i, 2*i)",
    "1/i", "i/3", "normal(i, 2)", "uniform(i, 2)", "(0 < i < 3) + 1",
    "where(i == 1 and i != 2, 1, 0)",
)  # fmt: skip
