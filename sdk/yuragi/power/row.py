"""One platform in a comparison."""

from __future__ import annotations

from dataclasses import dataclass

from yuragi.hardware import Basis
from yuragi.power.band import Band

__all__ = ["Row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Joules and seconds for one inference.

    accuracy: of what was deployed, 0 to 1; None where nobody said.
    total_j: None where something is unpriced.
    cores: in use; None where the platform is not described in cores.
    includes: what the joules contain.
    kind: "neuromorphic" or "digital".
    """

    name: str
    platform: str
    kind: str
    accuracy: float | None
    dynamic_j: Band | None
    static_j: Band | None
    total_j: Band | None
    seconds: Band | None
    cores: int | None
    includes: str
    basis: Basis | None
    unpriced: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        bands = {
            name: None if band is None else band.as_dict()
            for name, band in (
                ("dynamic_j", self.dynamic_j),
                ("static_j", self.static_j),
                ("total_j", self.total_j),
                ("seconds", self.seconds),
            )
        }
        return {
            "name": self.name,
            "platform": self.platform,
            "kind": self.kind,
            "accuracy": self.accuracy,
            **bands,
            "cores": self.cores,
            "includes": self.includes,
            "basis": self.basis,
            "unpriced": list(self.unpriced),
        }
