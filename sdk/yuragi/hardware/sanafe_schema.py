"""The keys of an architecture file of SANA-FE 2, those that are read and those that are refused.

Source: SANA-FE, arch/README.md and its documented model attributes,
https://github.com/SLAM-Lab/SANA-FE.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BeforeValidator, Field

from yuragi.schemas import Strict

__all__ = [
    "ArchitectureFile",
    "ArchitectureSchema",
    "AxonInSchema",
    "AxonOutSchema",
    "CoreSchema",
    "DendriteSchema",
    "SomaSchema",
    "SynapseSchema",
    "TileSchema",
]

_Entry = TypeVar("_Entry")
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=100)]
Amount: TypeAlias = Annotated[float, Field(ge=0, lt=1e6, allow_inf_nan=False)]
Count: TypeAlias = Annotated[int, Field(ge=1, le=10**6)]


def _refusing(reason: str) -> BeforeValidator:
    def refuse(value: object) -> object:
        raise ValueError(f"{reason} ({str(value)[:40]!r})")

    return BeforeValidator(refuse)


def _listed(value: object) -> object:
    return [value] if isinstance(value, dict) else value


Plugin: TypeAlias = Annotated[
    Any, _refusing("a plugin's own costs are in no file; write the costs of a unit instead")
]
Noise: TypeAlias = Annotated[Any, _refusing("a noise stream is not read")]
Concurrent: TypeAlias = Annotated[
    Any, _refusing("the concurrent reads of this synapse unit are not modelled")
]
OneOrMore: TypeAlias = Annotated[
    list[_Entry], BeforeValidator(_listed), Field(min_length=1, max_length=4096)
]


class _Logged(Strict):
    """Attributes with the switches of the tool's own logs, which change nothing here."""

    log_energy: bool = False
    log_latency: bool = False


class AxonInAttributes(Strict):
    """Receiving a packet."""

    energy_message_in: Amount
    latency_message_in: Amount


class AxonOutAttributes(Strict):
    """Sending a packet."""

    energy_message_out: Amount
    latency_message_out: Amount


class SynapseAttributes(_Logged):
    """Reading a synapse."""

    model: Literal["current_based", "loihi"]
    energy_process_spike: Amount | None = None
    latency_process_spike: Amount | None = None
    plugin: Plugin = None
    latency_concurrent_access: Concurrent = None


class DendriteAttributes(_Logged):
    """Adding up the currents of a neuron."""

    model: Literal["accumulator", "accumulator_with_delay", "taps"]
    energy_update: Amount | None = None
    latency_update: Amount | None = None
    update_every_timestep: bool = False
    plugin: Plugin = None


class SomaAttributes(_Logged):
    """Reading, updating and firing a neuron."""

    model: Literal["leaky_integrate_fire", "truenorth", "input"]
    energy_access_neuron: Amount | None = None
    energy_update_neuron: Amount | None = None
    energy_spike_out: Amount | None = None
    latency_access_neuron: Amount | None = None
    latency_update_neuron: Amount | None = None
    latency_spike_out: Amount | None = None
    plugin: Plugin = None
    noise: Noise = None


class AxonInSchema(Strict):
    """A unit of a core: it receives packets."""

    name: Name
    attributes: AxonInAttributes


class AxonOutSchema(Strict):
    """A unit of a core: it sends packets."""

    name: Name
    attributes: AxonOutAttributes


class SynapseSchema(Strict):
    """A unit of a core: it reads synapses."""

    name: Name
    attributes: SynapseAttributes


class DendriteSchema(Strict):
    """A unit of a core: it adds up currents."""

    name: Name
    attributes: DendriteAttributes


class SomaSchema(Strict):
    """A unit of a core: it updates neurons."""

    name: Name
    attributes: SomaAttributes


class CoreAttributes(_Logged):
    """Where the values of the next step wait, and how many neurons there are."""

    buffer_position: Literal["soma", "dendrite"]
    buffer_inside_unit: Literal[False] = False
    max_neurons_supported: Count


class CoreSchema(Strict):
    """A core, or a range of equal ones: name[first..last]."""

    name: Name
    attributes: CoreAttributes
    axon_in: OneOrMore[AxonInSchema]
    synapse: OneOrMore[SynapseSchema]
    dendrite: OneOrMore[DendriteSchema]
    soma: OneOrMore[SomaSchema]
    axon_out: OneOrMore[AxonOutSchema]


class TileAttributes(_Logged):
    """A hop to each side."""

    energy_north_hop: Amount
    energy_east_hop: Amount
    energy_south_hop: Amount
    energy_west_hop: Amount
    latency_north_hop: Amount
    latency_east_hop: Amount
    latency_south_hop: Amount
    latency_west_hop: Amount


class TileSchema(Strict):
    """A tile, or a range of equal ones."""

    name: Name
    attributes: TileAttributes
    core: OneOrMore[CoreSchema]


class ChipAttributes(Strict):
    """The mesh, and what the barrier at the end of a step takes."""

    topology: Literal["mesh"] = "mesh"
    width: Count
    height: Count
    link_buffer_size: Count
    sync_model: Literal["fixed", "table"] = "fixed"
    latency_sync: Amount | dict[str, Amount] | None = None


class ArchitectureSchema(Strict):
    """The chip."""

    name: Name
    attributes: ChipAttributes
    tile: OneOrMore[TileSchema]


class ArchitectureFile(Strict):
    """One file; a network and its mapping beside the architecture are not read."""

    architecture: ArchitectureSchema
    network: Any = None
    mappings: Any = None
