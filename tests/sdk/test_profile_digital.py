"""Whatever is taken out of a digital profile, a memory's size among it, is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from yuragi import hardware
from yuragi.errors import ProfileError
from yuragi.hardware import Profile
from yuragi.io.profile_file import profile_text
from yuragi.power import DigitalReport, baseline, price

MACHINES = [name for name in hardware.names() if hardware.load(name).kind == "digital"]
CONSTANTS = [(name, field) for name in MACHINES for field, _ in hardware.load(name).constants()]


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
