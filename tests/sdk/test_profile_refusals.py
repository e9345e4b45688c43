"""Every shipped profile with one thing broken: refused with the line, or named in the report."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import yuragi as yg
from yuragi import hardware
from yuragi.errors import ProfileError
from yuragi.power import baseline, price

FOLDER = Path(__file__).parents[2] / "hw_profiles"
PRICED = [n for n in hardware.names() if list(hardware.load(n).constants())]
DIGITAL = [n for n in PRICED if hardware.load(n).kind == "digital"]
_UNIT = re.compile(r"(value|low|high): (\d[\d.]*) (fs|ps|ns|us|ms|fJ|pJ|nJ|uJ|mJ|uW|mW|W|MHz)\b")
AMOUNTS = [
    (name, match.start(), match.end())
    for name in PRICED
    for match in _UNIT.finditer((FOLDER / f"{name}.yaml").read_text())
]
LOW_ENDS = [
    (name, start, end)
    for name, start, end in AMOUNTS
    if (FOLDER / f"{name}.yaml").read_text()[start:end].startswith("low")
]
once = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def refused(folder: Path, name: str, text: str) -> str:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    with pytest.raises(ProfileError) as problem:
        hardware.load(path)
    return str(problem.value)


@once
@given(place=st.sampled_from(AMOUNTS), unit=st.sampled_from(["pX", "parsec", "kg", "", "pJJ"]))
def test_a_unit_mistyped_is_refused_with_its_line(
    tmp_path: Path, place: tuple[str, int, int], unit: str
) -> None:
    name, start, end = place
    text = (FOLDER / f"{name}.yaml").read_text()
    amount = _UNIT.fullmatch(text[start:end])
    assert amount
    broken = f"{text[:start]}{amount[1]}: {amount[2]} {unit}{text[end:]}"
    line = text.count("\n", 0, start) + 1
    assert f"{name}.yaml, line {line}, " in refused(tmp_path, name, broken)


@once
@given(place=st.sampled_from(AMOUNTS))
def test_a_negative_number_is_refused_with_its_line(
    tmp_path: Path, place: tuple[str, int, int]
) -> None:
    name, start, end = place
    text = (FOLDER / f"{name}.yaml").read_text()
    amount = _UNIT.fullmatch(text[start:end])
    assert amount
    broken = f"{text[:start]}{amount[1]}: -{amount[2]} {amount[3]}{text[end:]}"
    if float(amount[2]) > 0:
        message = refused(tmp_path, name, broken)
        assert f"line {text.count(chr(10), 0, start) + 1}, " in message
        assert "is negative" in message


@once
@given(place=st.sampled_from(LOW_ENDS))
def test_an_inverted_band_is_refused_with_its_line(
    tmp_path: Path, place: tuple[str, int, int]
) -> None:
    name, start, end = place
    text = (FOLDER / f"{name}.yaml").read_text()
    amount = _UNIT.fullmatch(text[start:end])
    assert amount
    broken = f"{text[:start]}low: 9{amount[2]}00000 {amount[3]}{text[end:]}"
    message = refused(tmp_path, name, broken)
    assert "low <= value <= high does not hold" in message
    assert re.search(r"\.yaml, line \d+, ", message)


@pytest.mark.parametrize("name", PRICED)
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("notes: &loop [*loop]", "anchors are not read|written twice"),
        ("extends: {name}", "extends: unknown key"),
        ("more: *sources", "aliases are not read"),
    ],
    ids=["alias", "extends", "reference"],
)
def test_a_profile_that_goes_round_in_a_circle_is_refused_with_its_line(
    tmp_path: Path, name: str, line: str, reason: str
) -> None:
    text = (FOLDER / f"{name}.yaml").read_text().rstrip("\n")
    message = refused(tmp_path, name, f"{text}\n{line.format(name=name)}\n")
    assert re.search(reason, message)
    assert f"line {text.count(chr(10)) + 2}" in message


def test_a_gigabyte_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(ProfileError, match="1,073,741,824 bytes, at most 1,048,576 are read"):
        hardware.load(path)


@pytest.mark.parametrize("name", DIGITAL)
def test_any_price_removed_from_a_machine_takes_the_total_with_it(name: str) -> None:
    profile = hardware.load(name)
    dtype = "int8" if "macs_int8" in {*profile.energy, *profile.latency} else "float32"
    work = baseline.mlp([64, 100, 10], dtype=dtype)
    whole = price(work, profile)
    assert whole.total_j is not None
    used = {term.name for term in (*whole.terms, *whole.standing, *whole.times)}
    for field in sorted(used - {"power.active"}):
        section, _, key = field.partition(".")
        fewer = {k: v for k, v in getattr(profile, section).items() if k != key}
        included = set(profile.included) | set(profile.included_latency)
        changed = dataclasses.replace(profile, **{section: fewer})
        report = price(work, changed)
        assert report.total_j is None or key in included, field
        assert report.total_j is not None or field in report.unpriced, field


@pytest.mark.parametrize("name", PRICED)
def test_every_shipped_constant_is_a_band_with_a_basis_a_scope_and_a_source(name: str) -> None:
    profile = yg.profile(name)
    for field, constant in profile.constants():
        assert 0 <= constant.low <= constant.value <= constant.high or "exponent" in field, field
        assert constant.basis in hardware.BASES
        assert constant.source in profile.sources
        scopes = {"limits": "structure", "numbers": "structure"}
        expected = scopes.get(field.partition(".")[0])
        assert expected in (None, constant.scope), field


@pytest.mark.parametrize("name", DIGITAL)
def test_a_machine_has_an_idle_and_a_peak_power_and_levels_of_memory(name: str) -> None:
    profile = hardware.load(name)
    assert profile.power_of("idle").value < profile.power_of("peak").value
    assert profile.memories
    assert any(key.startswith("macs_") for key in (*profile.energy, *profile.latency))
