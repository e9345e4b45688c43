"""Digital profiles: what is taken out is named; what is mistyped is refused with its line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuragi import hardware
from yuragi.errors import ProfileError
from yuragi.hardware import Profile
from yuragi.io.profile_file import profile_text
from yuragi.power import DigitalReport, baseline, price

MACHINES = [name for name in hardware.names() if hardware.load(name).kind == "digital"]
CONSTANTS = [(name, field) for name in MACHINES for field, _ in hardware.load(name).constants()]
PRICED = re.compile(r"value: ([0-9.]+(?:e-?\d+)?) ([A-Za-z]+)")
BAND = re.compile(r"low: ([0-9.]+) ([A-Za-z]+)")


def without(profile: Profile, constant: str) -> Profile:
    section, _, name = constant.partition(".")
    kept = {key: held for key, held in getattr(profile, section).items() if key != name}
    return replace(profile, **{section: kept})


def bills(profile: Profile) -> list[DigitalReport]:
    """Of every type of number, of a network that fits anywhere and of one that fits nowhere."""
    return [
        price(baseline.mlp(sizes, dtype=dtype, batch=batch), profile)
        for dtype in baseline.DTYPES
        for sizes in ((64, 100, 10), (3_000_000, 3_000_000))
        for batch in (1, 16)
    ]


def test_nine_kinds_of_digital_machine_ship() -> None:
    assert len(MACHINES) >= 9


@pytest.mark.parametrize(("machine", "constant"), CONSTANTS)
def test_a_constant_taken_out_is_named_or_required_or_nothing_depended_on_it(
    tmp_path: Path, machine: str, constant: str
) -> None:
    whole = hardware.load(machine)
    lacking = without(whole, constant)
    if constant in whole.requires:
        path = tmp_path / "profile.yaml"
        path.write_text(profile_text(lacking))
        with pytest.raises(ProfileError, match=rf"profile\.yaml, line \d+.*{constant}.*required"):
            hardware.load(path)
        return
    for before, after in zip(bills(whole), bills(lacking), strict=True):
        if any(constant in name for name in after.unpriced):
            assert after.total_j is None
        else:
            assert (after.total_j, after.seconds) == (before.total_j, before.seconds)


def places(pattern: re.Pattern[str]) -> list[tuple[str, int, int, int]]:
    """Where a pattern stands in the shipped files: machine, line, start, end."""
    return [
        (name, hardware_text(name).count("\n", 0, found.start()) + 1, *found.span())
        for name in MACHINES
        for found in pattern.finditer(hardware_text(name))
    ]


def hardware_text(name: str) -> str:
    return (Path(__file__).parents[2] / "hw_profiles" / f"{name}.yaml").read_text()


def refusal(folder: Path, name: str, text: str) -> str:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    with pytest.raises(ProfileError) as refused:
        hardware.load(path)
    return str(refused.value)


@given(place=st.sampled_from(places(PRICED)), unit=st.sampled_from(["furlong", "pX", "K", "m", ""]))
def test_a_mistyped_unit_is_refused_with_its_line(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[str, int, int, int], unit: str
) -> None:
    name, line, start, end = place
    text = hardware_text(name)
    wrong = f"{text[:start]}value: 1 {unit}{text[end:]}"
    said = refusal(tmp_path_factory.mktemp("unit"), name, wrong)
    assert re.search(rf"{name}\.yaml, line {line}, (energy|latency|power)\.\w+\.value: ", said), (
        said
    )


@given(place=st.sampled_from(places(BAND)), low=st.floats(-1e6, -1e-18))
def test_a_negative_band_is_refused_with_its_line(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[str, int, int, int], low: float
) -> None:
    name, line, start, end = place
    text = hardware_text(name)
    unit = text[start:end].rsplit(" ", 1)[1]
    wrong = f"{text[:start]}low: {low!r} {unit}{text[end:]}"
    said = refusal(tmp_path_factory.mktemp("band"), name, wrong)
    assert re.search(rf"{name}\.yaml, line {line}, (energy|latency|power)\.\w+\.low: ", said), said


@pytest.mark.parametrize("machine", MACHINES)
def test_a_profile_that_holds_itself_is_refused_with_its_line(tmp_path: Path, machine: str) -> None:
    text = hardware_text(machine)
    last = text.count("\n") + 1
    said = refusal(tmp_path, machine, f"{text}loop: &loop [*loop]\n")
    assert f"{machine}.yaml, line {last}: " in said


@pytest.mark.parametrize("machine", MACHINES)
def test_prices_that_contain_each_other_are_refused_with_their_line(
    tmp_path: Path, machine: str
) -> None:
    text = re.sub(r"^included:\n(?:  .*\n)+", "", hardware_text(machine), flags=re.M)
    line = text.count("\n") + 2
    circle = "included:\n  energy: {ours_x: theirs_x, theirs_x: ours_x}\n"
    assert f"{machine}.yaml, line {line}, included.energy" in refusal(
        tmp_path, machine, text + circle
    )


def test_a_profile_of_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text(hardware_text("a100"))
    with path.open("r+") as file:
        file.truncate(1 << 30)
    with pytest.raises(ProfileError, match=r"huge\.yaml.*at most 1,048,576"):
        hardware.load(path)
