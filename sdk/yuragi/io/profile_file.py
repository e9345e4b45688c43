"""A hardware profile written back as YAML, so that a run carries the prices it was made with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from yuragi.hardware import Constant, Profile
from yuragi.hardware.unit_form import UnitForm
from yuragi.yaml_text import yaml_text

__all__ = ["PROFILE", "profile_text", "write_profile"]

PROFILE = "profile.yaml"
_SYMBOLS = {"joule": "J", "second": "s", "watt": "W", "hertz": "Hz"}


def write_profile(folder: Path, profile: Profile) -> None:
    """Write `profile.yaml`, which `hardware.load` reads back as the same profile."""
    (folder / PROFILE).write_text(profile_text(profile), encoding="utf-8")


def profile_text(profile: Profile) -> str:
    """The YAML of a profile with the constants that it has."""
    return yaml_text(_profile(profile))


def _profile(profile: Profile) -> dict[str, Any]:
    structure = profile.structure
    numbers = None if profile.numbers is None else _section(profile.numbers.items())
    data: dict[str, Any] = {
        "yuragi": 1,
        "name": profile.name,
        "title": profile.title,
        "kind": profile.kind,
        "description": profile.description,
        "boundary": profile.boundary,
        "structure": {
            "chips": structure.chips,
            "tiles": structure.tiles,
            "cores_per_tile": structure.cores_per_tile,
            "mesh": list(structure.mesh),
            **({"link_buffer": structure.link_buffer} if structure.link_buffer else {}),
        },
        "limits": _section(profile.limits.items()),
        "numbers": numbers,
        "dynamics": profile.dynamics if profile.dynamics == "any" else list(profile.dynamics),
        "functions": profile.functions if profile.functions == "any" else list(profile.functions),
        "rounding": profile.rounding,
        "overflow": profile.overflow,
        "unit": None if profile.unit is None else _unit(profile.unit),
        "energy": _section(profile.energy.items()),
        "latency": _section(profile.latency.items()),
        "power": _section(profile.power.items()),
        "included": {
            "energy": dict(profile.included),
            "latency": dict(profile.included_latency),
        },
        "activity": profile.activity,
        "timing": profile.timing,
        "requires": list(profile.requires),
        "clock": None if profile.clock is None else _constant(profile.clock),
        "acceleration": None if profile.acceleration is None else _constant(profile.acceleration),
        "not_emulated": profile.not_emulated,
        "asks": dict(profile.asks),
        "memories": dict(profile.memories),
        "taken_set": profile.constant_set,
        "sources": dict(profile.sources),
        "notes": list(profile.notes),
    }
    return {key: value for key, value in data.items() if value is not None}


def _unit(unit: UnitForm) -> dict[str, Any]:
    data = {field.name: getattr(unit, field.name) for field in fields(unit)}
    data |= {"resets": dict(unit.resets), "readout": dict(unit.readout)}
    data["registers"] = {name: asdict(register) for name, register in unit.registers.items()}
    return {key: value for key, value in data.items() if value is not None}


def _section(constants: Iterable[tuple[str, Constant]]) -> dict[str, Any]:
    return {name: _constant(constant) for name, constant in constants}


def _constant(constant: Constant) -> dict[str, Any]:
    data: dict[str, Any] = {
        end: _amount(getattr(constant, end), constant.unit) for end in ("value", "low", "high")
    }
    if constant.unit not in _SYMBOLS:
        data["unit"] = constant.unit
    elif constant.unit != "hertz":
        data["scope"] = constant.scope
    data |= {
        "basis": constant.basis,
        "confidence": constant.confidence,
        "source": constant.source,
        "note": constant.note,
    }
    return data


def _amount(value: float, unit: str) -> int | str:
    """An SI number with its unit, to the last bit; a size as a whole number."""
    return f"{value!r} {_SYMBOLS[unit]}" if unit in _SYMBOLS else int(value)
