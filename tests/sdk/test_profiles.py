"""Hardware profiles: what ships, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from yuragi import hardware
from yuragi.errors import MissingConstantError, ProfileError
from yuragi.hardware import BASES, Constant, weakest

SMALL = """\
yuragi: 1
name: small
title: a small chip
kind: neuromorphic
description: for tests
boundary: "the chip"
structure: {chips: 2, tiles: 4, cores_per_tile: 2, mesh: [2, 2]}
limits:
  units_per_core: {value: 16, unit: unit, basis: vendor, source: book}
numbers:
  weight_bits: {value: 8, unit: bit, basis: assumed, source: book}
dynamics: [cuba_lif]
energy:
  synaptic_events: {value: 10 pJ, low: 8 pJ, high: 20 pJ, basis: measured,
    scope: marginal, source: book}
included:
  energy: {hops_x: synaptic_events}
sources:
  book: A Book, 2020
"""


def load(tmp_path: Path, text: str) -> hardware.Profile:
    path = tmp_path / "small.yaml"
    path.write_text(text)
    return hardware.load(path)


def test_the_shipped_profiles_are_found_by_name() -> None:
    expected = {"ideal", "loihi", "loihi2", "cortex_m4", "desktop_cpu", "a100"}
    assert expected <= set(hardware.names())


@pytest.mark.parametrize("name", hardware.names())
def test_every_shipped_profile_loads_under_its_name(name: str) -> None:
    assert hardware.load(name).name == name


@pytest.mark.parametrize("name", hardware.names())
def test_every_shipped_constant_has_a_source_that_is_written_out(name: str) -> None:
    profile = hardware.load(name)
    for field, constant in profile.constants():
        assert len(profile.sources[constant.source]) > 20, field


@pytest.mark.parametrize("name", hardware.names())
def test_every_source_of_a_shipped_profile_is_used(name: str) -> None:
    profile = hardware.load(name)
    assert set(profile.sources) == {constant.source for _, constant in profile.constants()}


@pytest.mark.parametrize("name", hardware.names())
def test_what_is_assumed_is_explained_or_marked_uncertain(name: str) -> None:
    for field, constant in hardware.load(name).constants():
        assert constant.basis != "assumed" or constant.note or constant.confidence == "low", field


def test_loihi_carries_the_published_table() -> None:
    loihi = hardware.load("loihi")
    values = [loihi.energy_of(k).value for k in ("synaptic_events", "active_updates", "hops_y")]
    assert values == pytest.approx([23.6e-12, 81e-12, 4e-12], rel=1e-12)
    assert loihi.limit("units_per_core") == 1024
    assert loihi.structure.cores == 128
    assert loihi.number("weight_bits") == 9
    assert loihi.number("payload_bits") is None


def test_the_ideal_chip_limits_nothing_and_prices_nothing() -> None:
    ideal = hardware.load("ideal")
    assert (ideal.numbers, ideal.dynamics, ideal.functions) == (None, "any", "any")
    assert ideal.limit("units_per_core") is None
    assert list(ideal.constants()) == []


def test_a_profile_is_read_from_a_path(tmp_path: Path) -> None:
    profile = load(tmp_path, SMALL)
    synop = profile.energy_of("synaptic_events")
    assert (synop.low, synop.value, synop.high) == pytest.approx((8e-12, 10e-12, 20e-12))
    assert (synop.unit, synop.basis, synop.scope) == ("joule", "measured", "marginal")
    assert profile.dynamics == ("cuba_lif",)
    assert [name for name, _ in profile.constants()] == [
        "limits.units_per_core",
        "numbers.weight_bits",
        "energy.synaptic_events",
    ]


def test_a_removed_constant_is_refused_by_name(tmp_path: Path) -> None:
    text = "".join(
        line
        for line in SMALL.splitlines(keepends=True)
        if not line.startswith(
            ("energy:", "  synaptic_events", "    scope", "included:", "  energy:")
        )
    )
    profile = load(tmp_path, text)
    with pytest.raises(
        MissingConstantError, match=r"'small'.*energy\.synaptic_events.*small\.yaml"
    ):
        profile.energy_of("synaptic_events")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("10 pJ", "10 pX", "line 14, energy.synaptic_events.value: .*no unit 'pX'"),
        ("10 pJ", "10 W", "line 14, energy.synaptic_events.value: .*W is not a unit of joule"),
        ("10 pJ", "10e-12", "line 14, energy.synaptic_events.value: .*carries no unit"),
        ("10 pJ", "-1 pJ", "line 14, energy.synaptic_events.value: .*negative"),
        ("low: 8 pJ", "low: 11 pJ", "line 14, energy.synaptic_events: low <= value <= high"),
        ("high: 20 pJ", "high: 9 pJ", "line 14, energy.synaptic_events: low <= value <= high"),
        ("source: book}\nnumbers", "source: film}\nnumbers", "line 9, .*no source 'film'"),
        ("basis: measured", "basis: guessed", "line 14, energy.synaptic_events.basis"),
        ("scope: marginal", "scope: total", "line 15, energy.synaptic_events.scope"),
        ("scope: marginal, ", "", "line 14, energy.synaptic_events.scope: this key is missing"),
        ("boundary:", "border:", "line 6, border: unknown key"),
        ("value: 16", "value: 16.5", "line 9, limits.units_per_core.value"),
        ("value: 16", "value: '16'", "line 9, limits.units_per_core.value"),
        ("mesh: [2, 2]", "mesh: [2, 3]", "line 7, structure.mesh: 2 x 3 places for 4 tiles"),
        ("chips: 2", "chips: 0", "line 7, structure.chips"),
        ("hops_x: synaptic", "hops_x: magic", "line 17, .*no energy.magic_events"),
        ("hops_x: synaptic_events", "synaptic_events: synaptic_events", "would count twice"),
        ("yuragi: 1", "yuragi: 2", "line 1, yuragi"),
        ("weight_bits:", "wait_bits:", "line 11, numbers.wait_bits: unknown key"),
        ("kind: neuromorphic", "kind: analog", "line 4, kind"),
        ("name: small", "name: ../../etc", "line 2, name"),
        ("sources:", "included: {}\nsources:", "the key 'included' is written twice"),
    ],
)
def test_a_wrong_profile_is_refused_with_line_and_field(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    assert old in SMALL
    with pytest.raises(ProfileError, match=f"small.yaml, {reason}|small.yaml.*{reason}"):
        load(tmp_path, SMALL.replace(old, new, 1))


def test_a_profile_larger_than_a_mebibyte_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="at most 1,048,576"):
        load(tmp_path, SMALL + "#" * (1 << 20))


def test_a_list_instead_of_a_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"small.yaml, line 1: "):
        load(tmp_path, "- 1\n")


def test_a_misspelt_name_gets_the_near_one() -> None:
    with pytest.raises(ProfileError, match="did you mean 'loihi2'"):
        hardware.load("loihi_2")


def test_a_name_cannot_leave_the_folder() -> None:
    with pytest.raises(ProfileError, match="no such file"):
        hardware.load("../secrets")


def test_a_constant_refuses_an_inverted_band() -> None:
    with pytest.raises(ProfileError, match="low <= value <= high"):
        Constant(
            value=1.0,
            low=2.0,
            high=3.0,
            unit="joule",
            basis="measured",
            scope="marginal",
            confidence="high",
            source="book",
        )


def test_the_weakest_basis_is_the_lowest_rung() -> None:
    assert weakest(["measured", "vendor", "fitted"]) == "vendor"
    assert weakest(reversed(BASES)) == "assumed"
    assert weakest([]) is None
