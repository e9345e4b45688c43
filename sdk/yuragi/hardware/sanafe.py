"""An architecture file of SANA-FE read as a profile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import NoReturn

from yuragi.documents import Document
from yuragi.errors import ProfileError
from yuragi.hardware.constant import Constant
from yuragi.hardware.profile import Profile, Structure
from yuragi.hardware.sanafe_schema import (
    ArchitectureFile,
    ArchitectureSchema,
    CoreSchema,
    SomaSchema,
    TileSchema,
)
from yuragi.schemas import checked

__all__ = ["is_architecture", "profile_from_architecture"]

_RANGE = re.compile(r"[^\[\]]+(?:\[(\d{1,7})(?:\.\.(\d{1,7}))?\])?")
_SOURCE = "architecture"
_MEAN = ", their mean: counts do not tell directions apart"
_Amounts = dict[str, tuple[float | tuple[float, float] | None, str]]
_Field = tuple[str | int, ...]


def is_architecture(document: Document) -> bool:
    """Whether a document describes an architecture in SANA-FE's format.

    Errors: ProfileError for a network in that format, which has none.
    """
    keys = document.data.keys() if isinstance(document.data, dict) else ()
    if "network" in keys and not {"architecture", "yuragi"} & set(keys):
        reason = "a network of SANA-FE; a profile is made of its architecture"
        _refuse(document, ("network",), reason)
    return "architecture" in keys


def profile_from_architecture(document: Document) -> Profile:
    """Read an architecture; numbers are SI, as that format has them.

    Every unit of a core is priced as the first of its kind, as the tool does where a network names
    none. Tiles, and cores, must be equal to one another. A price that the file leaves out is
    left unpriced.

    Errors: ProfileError with file, line and field for an unknown key, a plugin, unequal tiles or
    cores, a mesh that the tiles do not fill.
    """
    chip = checked(document, ArchitectureFile, ProfileError).architecture
    tiles = sum(_span(document, ("architecture", "tile", k), t) for k, t in enumerate(chip.tile))
    tile, cores = _tile(document, chip)
    core = tile.core[0]
    name = re.sub(r"[^a-z0-9_]+", "_", chip.name.lower()).strip("_")[:40]
    source = f"{chip.name}, an architecture file of SANA-FE: {PurePath(document.path).name}"
    _check_kinds(document, chip, core)
    return Profile(
        name=name if re.match(r"[a-z]", name) else "architecture",
        title=f"{chip.name}, imported",
        kind="neuromorphic",
        description="An architecture in SANA-FE's format. Units compute in double precision.",
        boundary="cores and mesh by the architecture file; no static power, no host, no I/O",
        structure=Structure(
            chips=1,
            tiles=tiles,
            cores_per_tile=cores,
            mesh=_mesh(document, chip, tiles),
            link_buffer=chip.attributes.link_buffer_size,
        ),
        limits=MappingProxyType(
            {
                "units_per_core": _size(core.attributes.max_neurons_supported, "unit"),
                "chips_max": _size(1, "chip"),
            }
        ),
        numbers=None,
        dynamics="any",
        functions="any",
        energy=_constants(_energy(tile, core), "joule"),
        latency=_constants(_latency(chip, tile, core), "second"),
        power=MappingProxyType({}),
        included=MappingProxyType({}),
        included_latency=MappingProxyType({}),
        sources=MappingProxyType({_SOURCE: source}),
        notes=tuple(_notes(chip, core, tiles)),
        file=document.path,
        activity="state",
        timing="two_sided",
    )


def _span(document: Document, field: _Field, entry: TileSchema | CoreSchema) -> int:
    """How many units a name with a range stands for."""
    found = _RANGE.fullmatch(entry.name)
    first, last = (found[1], found[2]) if found else (None, None)
    if not found or (last is not None and int(last) < int(first or 0)):
        _refuse(document, (*field, "name"), f"{entry.name!r}: expected name or name[first..last]")
    return 1 if last is None else int(last) - int(first or 0) + 1


def _tile(document: Document, chip: ArchitectureSchema) -> tuple[TileSchema, int]:
    """The tile that all are like, and how many cores it has."""
    counts = []
    model = chip.tile[0].core[0]
    for k, tile in enumerate(chip.tile):
        field: _Field = ("architecture", "tile", k)
        if tile.attributes != chip.tile[0].attributes:
            reason = "tiles of different costs; a profile has one kind of tile"
            _refuse(document, (*field, "attributes"), reason)
        for j, core in enumerate(tile.core):
            if core.model_dump(exclude={"name"}) != model.model_dump(exclude={"name"}):
                reason = "a core that differs from the first; a profile has one kind of core"
                _refuse(document, (*field, "core", j), reason)
        counts.append(
            sum(_span(document, (*field, "core", j), core) for j, core in enumerate(tile.core))
        )
        if counts[k] != counts[0]:
            _refuse(document, (*field, "core"), f"{counts[k]} cores, the first has {counts[0]}")
    for kind in ("axon_in", "axon_out"):
        if len(getattr(model, kind)) > 1:
            place = ("architecture", "tile", 0, "core", 0, kind)
            _refuse(document, place, f"more than one {kind} unit in a core is not read")
    return chip.tile[0], counts[0]


def _mesh(document: Document, chip: ArchitectureSchema, tiles: int) -> tuple[int, int]:
    """(width, height) of the columns that the tiles fill, numbered column by column.

    They may be more columns than the file states, as for the tool.
    """
    height = chip.attributes.height
    if tiles > height and tiles % height:
        reason = f"{tiles} tiles do not fill whole columns of height {height}"
        _refuse(document, ("architecture", "attributes"), reason)
    return (1, tiles) if tiles < height else (tiles // height, height)


def _soma(core: CoreSchema) -> SomaSchema:
    """The unit that neurons without a choice of their own are updated by."""
    computing = [unit for unit in core.soma if unit.attributes.model != "input"]
    return (computing or core.soma)[0]


def _sum(*amounts: float | None) -> float | None:
    stated = [amount for amount in amounts if amount is not None]
    return sum(stated) if len(stated) == len(amounts) else None


def _energy(tile: TileSchema, core: CoreSchema) -> _Amounts:
    side, soma = tile.attributes, _soma(core).attributes
    synapse, dendrite = core.synapse[0].attributes, core.dendrite[0].attributes
    per_event = core.attributes.buffer_position == "soma"
    events = (synapse.energy_process_spike, *([dendrite.energy_update] * per_event))
    access = (soma.energy_access_neuron, *([dendrite.energy_update] * (not per_event)))
    messages = (
        core.axon_out[0].attributes.energy_message_out,
        core.axon_in[0].attributes.energy_message_in,
    )
    return {
        "synaptic_events": (_sum(*events), "energy_process_spike, and the dendrite's update"),
        "active_updates": (
            _sum(*access, soma.energy_update_neuron),
            "energy_access_neuron + energy_update_neuron",
        ),
        "inactive_updates": (_sum(*access), "energy_access_neuron"),
        "spikes": (soma.energy_spike_out, "energy_spike_out"),
        "messages": (_sum(*messages), "energy_message_out + energy_message_in"),
        "hops_x": ((side.energy_east_hop, side.energy_west_hop), "east, west"),
        "hops_y": ((side.energy_north_hop, side.energy_south_hop), "north, south"),
    }


def _latency(chip: ArchitectureSchema, tile: TileSchema, core: CoreSchema) -> _Amounts:
    side, soma = tile.attributes, _soma(core).attributes
    synapse, dendrite = core.synapse[0].attributes, core.dendrite[0].attributes
    per_event = core.attributes.buffer_position == "soma"
    events = (synapse.latency_process_spike, *([dendrite.latency_update] * per_event))
    access = (soma.latency_access_neuron, *([dendrite.latency_update] * (not per_event)))
    return {
        "synaptic_events": (_sum(*events), "latency_process_spike, and the dendrite's update"),
        "active_updates": (
            _sum(*access, soma.latency_update_neuron),
            "latency_access_neuron + latency_update_neuron",
        ),
        "inactive_updates": (_sum(*access), "latency_access_neuron"),
        "spikes": (soma.latency_spike_out, "latency_spike_out"),
        "messages": (core.axon_out[0].attributes.latency_message_out, "latency_message_out"),
        "messages_in": (core.axon_in[0].attributes.latency_message_in, "latency_message_in"),
        "hops_x": ((side.latency_east_hop, side.latency_west_hop), "east, west"),
        "hops_y": ((side.latency_north_hop, side.latency_south_hop), "north, south"),
        **_barrier(chip),
    }


def _barrier(chip: ArchitectureSchema) -> _Amounts:
    stated = chip.attributes.latency_sync
    if isinstance(stated, dict):
        return {f"barrier_from_{tiles}_tiles": (t, "latency_sync") for tiles, t in stated.items()}
    note = "latency_sync" if stated is not None else "the file has no latency_sync: no barrier"
    return {"step_overhead": (stated or 0.0, note)}


def _check_kinds(document: Document, chip: ArchitectureSchema, core: CoreSchema) -> None:
    attributes = chip.attributes
    field: _Field = ("architecture", "attributes", "latency_sync")
    stated = attributes.latency_sync
    if isinstance(stated, dict):
        if attributes.sync_model != "table":
            _refuse(document, field, "a table of tiles needs sync_model: table")
        for tiles in stated:
            if not re.fullmatch(r"[1-9]\d{0,5}", tiles):
                _refuse(document, (*field, tiles), f"{tiles!r}: expected a number of tiles")
        if "1" not in stated:
            _refuse(document, field, "the table does not say what 1 tile takes")
    elif attributes.sync_model == "table":
        _refuse(document, field, "sync_model: table needs a table {tiles: seconds}")
    for k, unit in enumerate(core.dendrite):
        if unit.attributes.update_every_timestep and unit.attributes.energy_update:
            place = ("architecture", "tile", 0, "core", 0, "dendrite", k, "attributes")
            reason = "an update in every step has no price here unless energy_update is 0"
            _refuse(document, (*place, "update_every_timestep"), reason)


def _constants(amounts: _Amounts, unit: str) -> Mapping[str, Constant]:
    constants = {}
    for name, (amount, note) in amounts.items():
        if amount is None:
            continue
        ends = amount if isinstance(amount, tuple) else (amount, amount)
        constants[name] = Constant(
            value=(ends[0] + ends[1]) / 2,
            low=min(ends),
            high=max(ends),
            unit=unit,
            basis="assumed",
            scope="marginal",
            confidence="low",
            source=_SOURCE,
            note=note + _MEAN * (ends[0] != ends[1]),
        )
    return MappingProxyType(constants)


def _size(value: int, unit: str) -> Constant:
    return Constant(
        value=value,
        low=value,
        high=value,
        unit=unit,
        basis="architectural",
        scope="structure",
        confidence="low",
        source=_SOURCE,
    )


def _notes(chip: ArchitectureSchema, core: CoreSchema, tiles: int) -> Iterator[str]:
    yield "How the numbers of the file came to be known is not in the file: all count as assumed."
    width, height = chip.attributes.width, chip.attributes.height
    if tiles > width * height:
        yield f"Its {tiles:,} tiles are {tiles // height:,} columns; the file states {width:,}."
    for kind, chosen in (
        ("synapse", core.synapse[0].name),
        ("dendrite", core.dendrite[0].name),
        ("soma", _soma(core).name),
    ):
        others = [unit.name for unit in getattr(core, kind) if unit.name != chosen]
        if others:
            yield f"Every {kind} is priced as {chosen}; not used: {', '.join(others)}."
    model = _soma(core).attributes.model
    yield f"The soma model {model} is not imported; describe the neuron as equations."


def _refuse(document: Document, field: _Field, reason: str) -> NoReturn:
    raise ProfileError(f"{document.where(field)}: {reason}")
