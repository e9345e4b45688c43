"""What a user may choose about a compilation; what is left out follows from the profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from yuragi.passes.placing.objectives import Objective

__all__ = ["Options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the passes, in one place.

    encode: how graded populations send: "graded", "sigma_delta", "rate"; None: by the profile.
    formats: fraction bits by hand, {"cells.v": 12}; the others come from a calibration run.
    segments: intervals of a look-up table, up to twice as many, since their width is a power of
        two; None: as many as the profile states.
    calibration_steps: of the run in floats that ranges are read from; None: as long as the
        stimulus, up to 512 steps, or 64 without one.
    margin: how much further than in the calibration run a value may go.
    max_units: the most units of a population on one core, below the profile's own limit.
    placement: what placing makes small: "hops", "busiest" or "fewest".
    dialect: the reading of Loihi's compartment: "loihi" (None), "lava", "nengo_loihi",
        "brian2_loihi".
    multicast: one packet for all cores that a message reaches, copied where its paths part.
    """

    encode: str | None = None
    formats: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    segments: int | None = None
    calibration_steps: int | None = None
    margin: float = 1.5
    max_units: int | None = None
    placement: Objective = "hops"
    multicast: bool = False
    dialect: str | None = None
