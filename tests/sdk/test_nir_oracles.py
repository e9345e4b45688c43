"""Recorded spikes of other platforms for the same NIR files, each under its own dialect."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import yuragi as yg

RECORDS = Path(__file__).resolve().parents[3] / "shared" / "oracles"
pytestmark = pytest.mark.skipif(
    not RECORDS.is_dir(), reason="the recorded outputs are not kept with the project"
)
LIF = RECORDS / "nir_lif"
BRAILLE = RECORDS / "nir_braille"
PULSES = RECORDS / "nir_lif" / "lif_norse.csv"


def record(name: str) -> np.ndarray:
    """Columns input, v, spike."""
    return np.loadtxt(LIF / f"{name}.csv", delimiter=",")


def single(dialect: str) -> yg.Recording:
    """The one LIF unit of the NIR paper."""
    net = yg.load(LIF / "lif_norse.nir", dialect=dialect)
    net.probe("1", "v")
    integers = {"profile": "loihi"} if dialect == "loihi" else {}
    return yg.compile(net, **integers).run(record("lif_norse")[:, :1], steps=1000)


@pytest.mark.parametrize(
    ("dialect", "steps"),
    [
        ("norse", [460, 510, 710, 760]),
        ("snntorch", [460, 510, 710, 760]),
        ("exact", [460, 510, 710, 760]),
        ("closed", [460, 510, 710, 760]),
        ("nengo", [460, 510, 710, 760]),
        ("spyx", [461, 511, 711, 761]),
        ("lava", [461, 511, 711, 761]),
        ("loihi", [461, 511, 711, 761]),
        ("sinabs", [450, 500, 710, 760]),
        ("rockpool", [450, 500, 710, 760]),
    ],
)
def test_a_unit_spikes_in_the_steps_of_the_platform(dialect: str, steps: list[int]) -> None:
    assert np.flatnonzero(single(dialect).spikes("1")).tolist() == steps


@pytest.mark.parametrize(
    ("dialect", "file", "scale"),
    [
        ("norse", "lif_norse", 1.0),
        ("snntorch", "lif_snntorch", 25.0),  # it divides the threshold by r dt/tau instead
        ("exact", "lif_exact", 1.0),
        ("nengo", "lif_nengo", 10.0),  # its threshold is 1
    ],
)
def test_a_voltage_is_that_of_the_platform(dialect: str, file: str, scale: float) -> None:
    found = single(dialect).trace("1", "v")[:, 0] * scale

    assert np.abs(found - record(file)[:, 1]).max() < 1e-6 * scale


def test_the_voltages_of_spyx_are_those_of_a_step_before() -> None:
    found = single("spyx").trace("1", "v")[:, 0]

    assert np.abs(found[1:] - record("lif_spyx")[:-1, 1]).max() < 1e-6


def test_the_voltages_of_the_loihi_chip_are_reproduced_from_the_nir_file() -> None:
    found = single("loihi").trace("1", "v", readout="register")[:, 0]

    assert np.array_equal(found, record("lif_lava_loihi_fixed")[:, 1])


@pytest.mark.parametrize("dialect", ["snntorch", "norse"])
def test_no_spike_of_the_recurrent_braille_layer_differs(dialect: str) -> None:
    net = yg.load(BRAILLE / "braille_bias_zero.nir", dialect=dialect)
    raster = np.load(BRAILLE / "input_spikes.npy")

    found = yg.compile(net).run({"input": raster}, steps=256).spikes("lif1_lif")

    expected = np.load(BRAILLE / f"{dialect}_activity.npy")
    assert expected.size == 9728
    assert int((found != expected).sum()) == 0


def test_the_braille_file_is_recognised_as_snntorchs() -> None:
    net = yg.load(BRAILLE / "braille_bias_zero.nir")

    assert net.origin is not None
    assert net.origin.dialect == "snntorch"
    assert "every r is that of its exporter for 0.1 ms" in net.origin.notes[0]


@pytest.mark.parametrize("profile", ["loihi", "loihi2"])
def test_the_braille_network_runs_in_a_chips_integers_with_joules(profile: str) -> None:
    net = yg.load(BRAILLE / "braille_bias_zero.nir", dialect="norse")
    program = yg.compile(net, profile=profile)

    recording = program.run({"input": np.load(BRAILLE / "input_spikes.npy")}, steps=256)

    assert recording.spikes("lif1_lif").sum() > 50
    assert yg.energy(recording).total_j.nominal > 0
    assert str(program.log[0]).startswith("import     nir 0.2.0")
