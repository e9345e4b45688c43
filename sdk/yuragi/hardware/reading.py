"""The profile that a checked file describes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NoReturn

from yuragi.documents import Document
from yuragi.errors import EquationError, ProfileError
from yuragi.hardware.constant import Constant
from yuragi.hardware.profile import NumberFormats, Profile, Structure
from yuragi.hardware.schema import (
    ClockSchema,
    ConstantsSchema,
    EnergySchema,
    LatencySchema,
    NumbersSchema,
    PowerSchema,
    ProfileSchema,
    SizeSchema,
    StructureSchema,
    UnitSchema,
)
from yuragi.hardware.unit_form import Register, UnitForm
from yuragi.schemas import checked

__all__ = ["constant_sets", "profile_from"]

_Field = tuple[str, ...]


def constant_sets(document: Document) -> Mapping[str, str]:
    """The sets of constants that a file holds, the main one first, each with its description.

    Errors: ProfileError where the file is wrong.
    """
    schema = checked(document, ProfileSchema, ProfileError)
    if not schema.constant_set:
        return {}
    others = {name: entry.description.strip() for name, entry in schema.constant_sets.items()}
    return {schema.constant_set: "", **others}


def profile_from(document: Document, constants: str | None = None) -> Profile:
    """Check a file's data, all of its sets of constants, and build the profile with one of them.

    constants: the name of a set; by default the main one.
    Errors: ProfileError with file, line and field: an unknown or missing key, a wrong unit, an
    inverted band, a source that is not listed, an inclusion that names no constant, no such set.
    """
    schema = checked(document, ProfileSchema, ProfileError)
    if schema.constant_sets and not schema.constant_set:
        _refuse(document, ("constant_sets",), "the main set needs a name too: constant_set")
    if schema.constant_set in schema.constant_sets:
        _refuse(document, ("constant_set",), f"{schema.constant_set!r} is among constant_sets too")
    main = _profile(document, schema, schema, ())
    others = {
        name: _profile(document, schema, entry, ("constant_sets", name))
        for name, entry in schema.constant_sets.items()
    }
    if constants in (None, schema.constant_set):
        return main
    if constants not in others:
        known = ", ".join((schema.constant_set, *others)) if schema.constant_set else "one only"
        near = difflib.get_close_matches(str(constants), others, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ProfileError(
            f"profile {schema.name!r} has no constants {constants!r} (it has {known}){hint}"
        )
    return others[str(constants)]


def _profile(
    document: Document, schema: ProfileSchema, priced: ConstantsSchema, place: _Field
) -> Profile:
    """The device with one set of constants, whose fields lie at `place`."""
    sections = {
        name: _constants(document, (*place, name), getattr(priced, name))
        for name in ("energy", "latency", "power")
    }
    stated = {"clock": schema.clock, "acceleration": schema.acceleration}
    single = _constants(document, (), {k: entry for k, entry in stated.items() if entry})
    profile = Profile(
        name=schema.name,
        title=schema.title,
        kind=schema.kind,
        description=schema.description.strip(),
        boundary=priced.boundary,
        structure=_structure(document, schema.structure),
        limits=_constants(document, ("limits",), schema.limits),
        numbers=_numbers(document, schema.numbers),
        dynamics="any" if schema.dynamics is None else tuple(schema.dynamics),
        functions="any" if schema.functions is None else tuple(schema.functions),
        included=MappingProxyType(priced.included.energy),
        included_latency=MappingProxyType(priced.included.latency),
        sources=MappingProxyType(schema.sources),
        notes=tuple(note.strip() for note in schema.notes),
        file=document.path,
        constant_set=place[1] if place else schema.taken_set,
        activity=priced.activity,
        timing=priced.timing,
        requires=tuple(priced.requires),
        clock=single.get("clock"),
        acceleration=single.get("acceleration"),
        not_emulated=schema.not_emulated.strip(),
        asks=MappingProxyType(schema.asks),
        memories=MappingProxyType(schema.memories),
        rounding=schema.rounding,
        overflow=schema.overflow,
        unit=_unit(document, schema.unit),
        **sections,
    )
    _check_references(document, profile, place)
    _check_memories(document, profile, place)
    return _with_own_sources(profile) if schema.constant_sets else profile


def _with_own_sources(profile: Profile) -> Profile:
    used = {constant.source for _, constant in profile.constants()}
    kept = {key: text for key, text in profile.sources.items() if key in used}
    return replace(profile, sources=MappingProxyType(kept))


def _constants(
    document: Document,
    section: _Field,
    entries: Mapping[str, ClockSchema | EnergySchema | LatencySchema | PowerSchema | SizeSchema],
) -> Mapping[str, Constant]:
    constants: dict[str, Constant] = {}
    for name, entry in entries.items():
        try:
            constants[name] = entry.constant()
        except ProfileError as problem:
            _refuse(document, (*section, name), str(problem))
    return MappingProxyType(constants)


def _numbers(document: Document, schema: NumbersSchema | None) -> NumberFormats | None:
    if schema is None:
        return None
    stated = {name: entry for name, entry in schema if entry is not None}
    return NumberFormats(**_constants(document, ("numbers",), stated))


def _unit(document: Document, schema: UnitSchema | None) -> UnitForm | None:
    """The neuron; its texts are parsed here, so that a file with a mistake names the line."""
    if schema is None:
        return None
    registers = {name: Register(**dict(entry)) for name, entry in schema.registers.items()}
    unit = UnitForm(**{**dict(schema), "registers": MappingProxyType(registers)})
    for reset in unit.resets:
        try:
            systems = [unit.system(reset, heard=heard) for heard in (True, False)]
        except (EquationError, KeyError) as problem:
            _refuse(document, ("unit", "equations"), f"reset {reset}: {problem}")
        for name in (unit.voltage, unit.current or unit.voltage, unit.output or unit.voltage):
            if name not in systems[0].variables:
                _refuse(document, ("unit", "equations"), f"there is no {name}")
    for name, register in registers.items():
        if register.bits not in NumbersSchema.model_fields:
            reason = f"there is no numbers.{register.bits}"
            _refuse(document, ("unit", "registers", name, "bits"), reason)
    return unit


def _structure(document: Document, schema: StructureSchema) -> Structure:
    width, height = schema.mesh
    if width * height != schema.tiles:
        reason = f"{width} x {height} places for {schema.tiles} tiles"
        _refuse(document, ("structure", "mesh"), reason)
    return Structure(
        chips=schema.chips,
        tiles=schema.tiles,
        cores_per_tile=schema.cores_per_tile,
        mesh=(width, height),
        link_buffer=schema.link_buffer,
    )


def _check_references(document: Document, profile: Profile, place: _Field) -> None:
    if profile.missing:
        listed = ", ".join(profile.missing)
        reason = f"{listed}: required and not stated; without it what a run costs would fall short"
        _refuse(document, (*place, "requires"), reason)
    for name, constant in profile.constants():
        if constant.source not in profile.sources:
            section, _, key = name.partition(".")
            shared = section not in ("energy", "latency", "power")
            at = (section, key, "source") if key else (section, "source")
            reason = f"no source {constant.source!r} is listed"
            _refuse(document, at if shared else (*place, *at), reason)
    for section, included, containers in (
        ("energy", profile.included, (*profile.energy, *profile.power)),
        ("latency", profile.included_latency, tuple(profile.latency)),
    ):
        _check_included(document, (*place, "included", section), included, containers)
        for count in included:
            if count in getattr(profile, section):
                reason = f"{section}.{count} is priced too: it would count twice"
                _refuse(document, (*place, "included", section, count), reason)


def _check_memories(document: Document, profile: Profile, place: _Field) -> None:
    """Only digital machines have levels, and a machine that is priced by events prices each."""
    if profile.memories and profile.kind != "digital":
        _refuse(document, ("memories",), "only a digital machine has levels of memory")
    for section, included in (("energy", profile.included), ("latency", profile.included_latency)):
        stated = getattr(profile, section)
        by_power = section == "energy" and "active" in profile.power
        for name in profile.memories:
            if not by_power and f"{name}_bytes" not in (*stated, *included):
                at = (*place, section) if stated else ("memories", name)
                _refuse(document, at, f"{section}.{name}_bytes is missing: a byte has no price")


def _check_included(
    document: Document, field: _Field, included: Mapping[str, str], containers: Iterable[str]
) -> None:
    known = tuple(containers)
    for count, container in included.items():
        if container not in known:
            reason = f"there is no {field[-1]}.{container} to contain it"
            _refuse(document, (*field, count), reason)


def _refuse(document: Document, field: _Field, reason: str) -> NoReturn:
    raise ProfileError(f"{document.where(field)}: {reason}")
