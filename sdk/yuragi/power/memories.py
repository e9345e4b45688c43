"""Where a workload's numbers lie in a digital machine, and the bytes that move there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yuragi.hardware import Profile
from yuragi.power.layers import Layer
from yuragi.power.workload import Workload

__all__ = ["Residence", "reside"]

_ONE_LEVEL = {"memory": "both"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Residence:
    """The level of memory, by its name in the profile, that holds each kind of number.

    Where a kind fits nowhere it is None, and `problems` says so.
    """

    parameters: str | None
    activations: str | None
    problems: tuple[str, ...] = ()

    def traffic(self, workload: Workload, layer: Layer) -> dict[str, float]:
        """Bytes that a layer moves for one inference, by "<level>_bytes"."""
        moved = {name: 0.0 for name in (self.parameters, self.activations) if name is not None}
        if self.parameters is not None:
            reads = layer.parameter_reads(workload.batch)
            moved[self.parameters] += workload.bytes_each * reads
        if self.activations is not None:
            values = layer.inputs + layer.outputs
            values += layer.inputs * (layer is workload.layers[0])
            values += layer.outputs * (layer is workload.layers[-1])
            moved[self.activations] += workload.bytes_each * values
        return {f"{name}_bytes": size for name, size in moved.items()}

    def counts(self, workload: Workload) -> dict[str, float]:
        """Events of one inference, bytes by level of memory."""
        counts = workload.counts()
        del counts["memory_bytes"]
        moved: dict[str, float] = {}
        if self.parameters is not None:
            moved[f"{self.parameters}_bytes"] = workload.parameter_traffic
        if self.activations is not None:
            name = f"{self.activations}_bytes"
            moved[name] = moved.get(name, 0.0) + workload.activation_traffic
        return {**counts, **moved}

    def as_dict(self) -> dict[str, str | None]:
        """For JSON."""
        return {"parameters": self.parameters, "activations": self.activations}


def reside(workload: Workload, profile: Profile) -> Residence:
    """Find the nearest level that holds the activations, then one with room for the parameters.

    The profile lists its memories from the nearest on, with what each may hold; a level without
    `limits.<level>_bytes` has no end. All activations of a batch lie in one level, all parameters
    in one, from which they are read once for every inference or batch.
    """
    memories = profile.memories or _ONE_LEVEL
    problems = []
    activations = _nearest(profile, memories, "activations", workload.working_bytes)
    if activations is None:
        problems.append(_refusal(profile, memories, "activations", workload.working_bytes))
    taken = {} if activations is None else {activations: workload.working_bytes}
    parameters = _nearest(profile, memories, "parameters", workload.parameter_bytes, taken)
    if parameters is None:
        problems.append(_refusal(profile, memories, "parameters", workload.parameter_bytes))
    return Residence(parameters=parameters, activations=activations, problems=tuple(problems))


def _nearest(
    profile: Profile,
    memories: Mapping[str, str],
    kind: str,
    size: int,
    taken: Mapping[str, int] = {},
) -> str | None:
    for name, holds in memories.items():
        limit = profile.limit(f"{name}_bytes")
        if holds in (kind, "both") and (limit is None or size + taken.get(name, 0) <= limit):
            return name
    return None


def _refusal(profile: Profile, memories: Mapping[str, str], kind: str, size: int) -> str:
    rooms = [
        f"{name} of {limit:,}"
        for name, holds in memories.items()
        if holds in (kind, "both") and (limit := profile.limit(f"{name}_bytes")) is not None
    ]
    return f"{kind}: {size:,} bytes do not fit in {' or '.join(rooms) or 'any memory'}"
