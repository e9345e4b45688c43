"""One line of a bill: a count, its price, the product."""

from __future__ import annotations

from dataclasses import dataclass

from yuragi.hardware import Basis, Constant
from yuragi.power.band import Band

__all__ = ["Term"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """joules = count * constant, for one inference.

    name: the profile's field, e.g. "energy.synaptic_events".
    count: events for one inference; seconds times devices for a power.
    """

    name: str
    count: Band
    constant: Constant

    @property
    def joules(self) -> Band:
        """The product."""
        return self.count * Band.of(self.constant)

    @property
    def basis(self) -> Basis:
        """How the price came to be known."""
        return self.constant.basis

    @property
    def source(self) -> str:
        """The key of the price's source."""
        return self.constant.source

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "name": self.name,
            "count": self.count.as_dict(),
            "constant": Band.of(self.constant).as_dict(),
            "unit": self.constant.unit,
            "joules": self.joules.as_dict(),
            "basis": self.basis,
            "confidence": self.constant.confidence,
            "source": self.source,
        }
