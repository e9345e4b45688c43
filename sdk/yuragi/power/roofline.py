"""The time of a workload on a digital machine, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass

from yuragi.hardware import Constant, Profile
from yuragi.power.band import Band
from yuragi.power.layers import Layer
from yuragi.power.memories import Residence
from yuragi.power.workload import Workload

__all__ = ["Roofline", "TimeTerm", "roofline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeTerm:
    """seconds = count * constant, for one inference."""

    name: str
    count: float
    constant: Constant

    @property
    def seconds(self) -> Band:
        """The product."""
        return Band.of(self.constant) * self.count

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "name": self.name,
            "count": self.count,
            "constant": Band.of(self.constant).as_dict(),
            "unit": self.constant.unit,
            "seconds": self.seconds.as_dict(),
            "basis": self.constant.basis,
            "confidence": self.constant.confidence,
            "source": self.constant.source,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Roofline:
    """seconds: of one inference; None where something has no latency, named in `unpriced`.

    bound: what takes the largest share, by nominal values.
    """

    seconds: Band | None
    bound: str | None
    terms: tuple[TimeTerm, ...]
    unpriced: tuple[str, ...]


def roofline(workload: Workload, residence: Residence, profile: Profile) -> Roofline:
    """Time every layer.

    T(layer) = max(macs * t_mac + operations * t_operation, bytes(level) * t_byte(level), ...)
               + t_launch / batch

    Source: Williams, Waterman & Patterson, Roofline, Communications of the ACM 52(4) (2009) 65.
    """
    counts = residence.counts(workload)
    missing = tuple(
        f"latency.{name}"
        for name, count in counts.items()
        if count and name not in profile.latency and name not in profile.included_latency
    )
    terms = tuple(
        TimeTerm(name=f"latency.{name}", count=count, constant=profile.latency[name])
        for name, count in counts.items()
        if name in profile.latency
    )
    if missing:
        return Roofline(seconds=None, bound=None, terms=terms, unpriced=missing)
    shares: dict[str, float] = {}
    total = Band.exact(0.0)
    for layer in workload.layers:
        parts = _parts(workload, layer, residence, profile)
        longest = Band.exact(0.0)
        for band in parts.values():
            longest = longest.or_more(band)
        slowest = max(parts, key=lambda name: parts[name].nominal)
        shares[slowest] = shares.get(slowest, 0.0) + longest.nominal
        total = total + longest
    launches = _launches(workload, profile)
    shares["launches"] = launches.nominal
    return Roofline(
        seconds=total + launches,
        bound=max(shares, key=shares.__getitem__),
        terms=terms,
        unpriced=(),
    )


def _parts(
    workload: Workload, layer: Layer, residence: Residence, profile: Profile
) -> dict[str, Band]:
    """Seconds of a layer's arithmetic, and of its traffic with each memory."""
    done = {f"macs_{workload.dtype}": float(layer.macs), "operations": float(layer.operations)}
    parts = {"arithmetic": Band.total(_times(done, profile).values())}
    return parts | _times(residence.traffic(workload, layer), profile)


def _times(counts: dict[str, float], profile: Profile) -> dict[str, Band]:
    return {
        name: Band.of(profile.latency[name]) * count
        for name, count in counts.items()
        if name in profile.latency
    }


def _launches(workload: Workload, profile: Profile) -> Band:
    launch = profile.latency.get("layers")
    return Band.exact(0.0) if launch is None else Band.of(launch) * workload.launches
