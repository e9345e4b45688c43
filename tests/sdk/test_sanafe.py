"""The accounting of the emulated chip against SANA-FE 2.2.9, an independent tool.

The interpreter that has SANA-FE is named by YURAGI_SANAFE_PYTHON, or is this one.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import yuragi as yg
from yuragi.power.report import EnergyReport
from yuragi.recording import Recording

ORACLE = Path(__file__).with_name("sanafe_oracle.py")
STEPS = 60

# v <- trunc(v leak 64) / 64, then v <- v + bias + i; a spike where v > threshold, then v = 0.
# Source: SANA-FE 2.2.9, model leaky_integrate_fire.
LIF = yg.Dynamics(
    name="sanafe_lif",
    equations="""
        kept = v*leak_decay*64
        v(t+1) = sign(kept)*floor(abs(kept))/64 + bias + i
    """,
    ports=("i",),
    threshold="v > threshold_",
    reset="v = 0",
    parameters={"leak_decay": 1.0, "bias": 0.0, "threshold_": 1.0},
)


@functools.cache
def interpreter() -> str:
    chosen = os.environ.get("YURAGI_SANAFE_PYTHON", sys.executable)
    ask = [chosen, "-c", "import sanafe, importlib.metadata as m; print(m.version('sanafe'))"]
    found = subprocess.run(ask, capture_output=True, text=True, check=False)
    return chosen if found.returncode == 0 and found.stdout.strip() == "2.2.9" else ""


needs_sanafe = pytest.mark.skipif(
    not interpreter(),
    reason="SANA-FE 2.2.9 is not importable here; name an interpreter in YURAGI_SANAFE_PYTHON",
)


def architecture() -> Path:
    """The Loihi file that comes with SANA-FE."""
    where = "import importlib.resources as r; print(r.files('sanafe.examples') / 'loihi.yaml')"
    ask = [interpreter(), "-c", where]
    return Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())


@dataclass(frozen=True, kw_only=True)
class Case:
    """A random network.

    coarse: weights are of a few values, 0 among them, so that many sums of inputs are exactly 0.
    refractory: steps that a unit skips after a spike; SANA-FE's delay is one more.
    """

    seed: int
    size: int = 300
    density: float = 0.05
    quiet: float = 0.4
    coarse: bool = False
    refractory: int = 0
    max_units: int = 24
    changes: tuple[tuple[str, str], ...] = ()

    def values(self) -> dict[str, Any]:
        rng = np.random.default_rng(self.seed)
        bias = rng.integers(4, 40, self.size) / 64
        bias[rng.random(self.size) < self.quiet] = 0.0
        matrix = scipy.sparse.random_array(
            (self.size, self.size), density=self.density, rng=rng, format="csr"
        )
        matrix.data = rng.uniform(-0.3, 0.6, matrix.nnz)
        if self.coarse:
            matrix.data = rng.integers(-2, 4, matrix.nnz) / 8
        return {
            "bias": bias,
            "leak_decay": rng.integers(50, 65, self.size) / 64,
            "threshold": rng.integers(60, 200, self.size) / 64,
            "refractory_delay": np.full(self.size, self.refractory + 1),
            "weights": matrix,
        }


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The same run here and there."""

    recording: Recording
    report: EnergyReport
    raster: np.ndarray[Any, Any]
    oracle: dict[str, Any]


def run_both(folder: Path, case: Case, *, timing: str = "simple", force: bool = False) -> Pair:
    """Compile for the architecture file, then give SANA-FE the same file and placement."""
    text = architecture().read_text()
    for old, new in case.changes:
        assert old in text
        text = text.replace(old, new)
    chip = folder / "arch.yaml"
    chip.write_text(
        text.replace("max_neurons_supported: 1024", f"max_neurons_supported: {case.max_units}")
    )
    values = case.values()
    net = yg.Network(seed=case.seed)
    parameters = {
        "bias": values["bias"],
        "leak_decay": values["leak_decay"],
        "threshold_": values["threshold"],
    }
    net.population(
        "cells", case.size, dynamics=LIF, parameters=parameters, refractory=case.refractory
    )
    net.project("cells", "cells", weights=values["weights"], port="i", delay=1)
    net.probe("cells", "spikes")
    program = yg.compile(net, backend="chip", profile=yg.profile(chip))
    recording = program.run(steps=STEPS, messages=timing == "detailed")
    placement = program.placement
    assert placement is not None
    core = np.asarray(placement.used)[placement.core_of("cells")]
    request = {"chip": chip, "core": core, "timing": timing, "force": force}
    return Pair(
        recording=recording,
        report=yg.energy(recording, timing=timing),
        raster=recording.spikes("cells"),
        oracle=ask(folder, values, **request),
    )


def ask(
    folder: Path, values: dict[str, Any], *, chip: Path, core: Any, timing: str, force: bool
) -> dict[str, Any]:
    matrix = values["weights"].tocoo()
    np.savez(
        folder / "request.npz",
        architecture=np.array(str(chip)),
        **{name: array for name, array in values.items() if name != "weights"},
        pre=matrix.col,
        post=matrix.row,
        weight=matrix.data,
        core=core,
        steps=STEPS,
        timing=np.array(timing),
        force_update=force,
    )
    files = [str(folder / "request.npz"), str(folder / "answer.json")]
    subprocess.run([interpreter(), str(ORACLE), *files], check=True, capture_output=True)
    answer: dict[str, Any] = json.loads((folder / "answer.json").read_text())
    return answer


def joules(report: EnergyReport) -> dict[str, float]:
    """Our terms under the names that SANA-FE sums them by."""
    terms = {term.name.partition(".")[2]: term.joules.nominal for term in report.terms}
    parts = {
        "synapse": ("synaptic_events",),
        "soma": ("active_updates", "inactive_updates", "spikes"),
        "network": ("messages", "hops_x", "hops_y"),
    }
    found = {name: sum(terms.get(t, 0.0) for t in names) for name, names in parts.items()}
    return {**found, "total": sum(found.values())}


@pytest.fixture(scope="module", params=[0, 1, 2, 3, 4, 5], ids=lambda seed: f"seed {seed}")
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    seed = request.param
    sizes, units = (120, 300, 500, 400, 250, 300), (200, 24, 40, 5, 16, 40)
    case = Case(
        seed=seed,
        size=sizes[seed],
        max_units=units[seed],
        coarse=seed == 4,
        refractory=3 if seed == 5 else 0,
    )
    return run_both(tmp_path_factory.mktemp("sanafe"), case)


@needs_sanafe
def test_every_spike_is_that_of_sanafe(pair: Pair) -> None:
    expected = np.zeros_like(pair.raster)
    for step, units in enumerate(pair.oracle["raster"]):
        expected[step, units] = True
    assert expected.any()
    assert np.array_equal(pair.raster, expected)


@needs_sanafe
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("spikes", "neurons_fired"),
        ("messages", "packets_sent"),
        ("messages_in", "packets_sent"),
        ("active_updates", "neurons_updated"),
        ("synaptic_events", "spikes"),
    ],
)
def test_every_count_is_that_of_sanafe(pair: Pair, ours: str, theirs: str) -> None:
    assert pair.recording.counts.total(ours) == pair.oracle[theirs] > 0


@needs_sanafe
@pytest.mark.parametrize(
    ("ours", "theirs"), [("spikes", "fired"), ("active_updates", "updated"), ("hops", "hops")]
)
def test_every_step_counts_what_sanafe_counts(pair: Pair, ours: str, theirs: str) -> None:
    found = getattr(pair.recording.counts.per_step, ours)
    assert found.tolist() == pair.oracle["per_step"][theirs]


@needs_sanafe
@pytest.mark.parametrize("term", ["synapse", "soma", "network", "total"])
def test_every_energy_term_is_that_of_sanafe(pair: Pair, term: str) -> None:
    assert joules(pair.report)[term] == pytest.approx(pair.oracle["energy"][term], rel=1e-9)
    assert pair.report.dynamic_j is not None
    total = pair.report.dynamic_j.nominal
    assert total == pytest.approx(pair.oracle["energy"]["total"], rel=1e-9)


@needs_sanafe
def test_the_simple_time_is_that_of_sanafe(pair: Pair) -> None:
    assert pair.report.seconds is not None
    assert pair.report.seconds.nominal == pytest.approx(pair.oracle["sim_time"], rel=1e-9)


CROWDED = (("link_buffer_size: 16", "link_buffer_size: 1"),)


@needs_sanafe
@pytest.mark.parametrize(
    ("case", "tolerance"),
    [
        (Case(seed=1), 0.001),
        (Case(seed=3, max_units=5), 0.001),
        (Case(seed=4, max_units=40, coarse=True), 0.001),
        (Case(seed=2, density=0.2, max_units=20), 0.01),
        (Case(seed=2, density=0.2, max_units=20, changes=CROWDED), 0.02),
    ],
    ids=["few cores", "many cores", "full cores", "dense", "dense and short buffers"],
)
def test_the_detailed_time_is_that_of_sanafe(tmp_path: Path, case: Case, tolerance: float) -> None:
    # What is left comes from the order of packets that leave at the same time.
    pair = run_both(tmp_path, case, timing="detailed")
    assert pair.report.seconds is not None
    assert pair.report.seconds.nominal == pytest.approx(pair.oracle["sim_time"], rel=tolerance)
    ours, theirs = pair.report.step_times().per_step, pair.oracle["per_step"]["sim_time"]
    assert ours == pytest.approx(theirs, rel=0.05)


@needs_sanafe
def test_packets_that_wait_make_a_crowded_mesh_slower_than_its_busiest_core(
    tmp_path: Path,
) -> None:
    case = Case(seed=2, density=0.2, max_units=20, changes=CROWDED)
    pair = run_both(tmp_path, case, timing="detailed")
    simple = yg.energy(pair.recording).seconds
    assert simple is not None
    assert simple.nominal < 0.95 * pair.oracle["sim_time"]


@needs_sanafe
def test_forced_updates_are_the_updates_of_all_units(tmp_path: Path) -> None:
    pair = run_both(tmp_path, Case(seed=5, size=60), force=True)
    counts = pair.recording.counts
    assert counts.neuron_updates == pair.oracle["neurons_updated"] > counts.active_updates


@needs_sanafe
def test_the_constants_of_the_shipped_set_are_those_of_the_architecture_file() -> None:
    shipped, file = yg.profile("loihi:sanafe"), yg.profile(architecture())
    for section in ("energy", "latency"):
        ours, theirs = getattr(shipped, section), getattr(file, section)
        for name, constant in theirs.items():
            assert ours[name].value == pytest.approx(constant.value, rel=1e-12), name


@needs_sanafe
@pytest.mark.parametrize(
    "change",
    [
        ("energy_message_in: 0.0e-12", "energy_message_in: 5.0e-12"),
        ("energy_update: 0.0\n", "energy_update: 2.0e-12\n"),
        ("latency_update: 0.0\n", "latency_update: 1.0e-9\n"),
    ],
    ids=lambda change: change[1].split(":")[0],
)
def test_other_prices_of_the_file_are_paid_as_in_sanafe(
    tmp_path: Path, change: tuple[str, str]
) -> None:
    pair = run_both(tmp_path, Case(seed=1, size=120, changes=(change,)))
    assert joules(pair.report)["total"] == pytest.approx(pair.oracle["energy"]["total"], rel=1e-9)
    assert pair.report.seconds is not None
    assert pair.report.seconds.nominal == pytest.approx(pair.oracle["sim_time"], rel=1e-9)
