"""The energy of a workload on a digital machine: arithmetic, traffic, launches and idle power."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yuragi.errors import UnsupportedError
from yuragi.hardware import Basis, Constant, Profile, weakest
from yuragi.power.band import Band
from yuragi.power.baseline import Workload
from yuragi.power.row import Row
from yuragi.power.term import Term

__all__ = ["DigitalReport", "price"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitalReport:
    """The modelled bill of one inference; with a batch, its share of the batch.

    dynamic_j: above idle;  static_j: idle power while it computes;  total_j: their sum.
    seconds: the batch's time over its size;  batch_s: until a batch is answered.
    unpriced: what has no price, or does not fit; then there is no total.
    basis: the weakest among the constants used.
    """

    workload: Workload
    profile: Profile
    terms: tuple[Term, ...]
    dynamic_j: Band | None
    static_j: Band | None
    seconds: Band | None
    unpriced: tuple[str, ...]
    basis: Basis | None

    @property
    def total_j(self) -> Band | None:
        """Dynamic and static; None where something is unpriced."""
        if self.unpriced or self.dynamic_j is None or self.static_j is None:
            return None
        return self.dynamic_j + self.static_j

    @property
    def batch_s(self) -> Band | None:
        """Until a batch is answered."""
        return None if self.seconds is None else self.seconds * self.workload.batch

    def row(self) -> Row:
        """The machine in a comparison."""
        batch = "" if self.workload.batch == 1 else f", batch {self.workload.batch:,}"
        return Row(
            name=f"{self.workload.name} {self.workload.dtype}{batch}",
            platform=self.profile.name,
            kind=self.profile.kind,
            accuracy=self.workload.accuracy,
            dynamic_j=self.dynamic_j,
            static_j=self.static_j,
            total_j=self.total_j,
            seconds=self.seconds,
            cores=None,
            includes=self.profile.boundary,
            basis=self.basis,
            unpriced=self.unpriced,
        )

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            **self.row().as_dict(),
            "counts": self.workload.counts(),
            "terms": [term.as_dict() for term in self.terms],
        }


def price(workload: Workload, profile: Profile) -> DigitalReport:
    """Price a workload on a digital profile.

    T = max(arithmetic, memory traffic) + layers                       the roofline, and launches
    E = (P_active - P_idle) * T + P_idle * T      where the profile states the active power, or
    E = sum_k count_k * e_k + P_idle * T          where it prices operations and traffic

    Errors: UnsupportedError where the profile is not digital.
    """
    if profile.kind != "digital":
        raise UnsupportedError(
            f"profile {profile.name!r} is {profile.kind}: compile and run the network on it, "
            "then give yg.energy(recording)"
        )
    counts = workload.counts()
    seconds, timed, untimed = _seconds(counts, profile)
    by_power = "active" in profile.power
    terms, missing = ((), ()) if by_power else _terms(counts, profile)
    unpriced = (*untimed, *missing)
    dynamic = _over_idle(profile, seconds) if by_power else _summed(terms, missing)
    idle = profile.power.get("idle")
    static = None if idle is None or seconds is None else seconds * Band.of(idle)
    if idle is None:
        unpriced = (*unpriced, "power.idle")
    return DigitalReport(
        workload=workload,
        profile=profile,
        terms=terms,
        dynamic_j=dynamic,
        static_j=static,
        seconds=seconds,
        unpriced=(*unpriced, *_too_large(workload, profile)),
        basis=_basis(timed, terms, profile),
    )


def _basis(timed: tuple[Constant, ...], terms: tuple[Term, ...], profile: Profile) -> Basis | None:
    powers = [profile.power[name] for name in ("active", "idle") if name in profile.power]
    constants = (*timed, *(term.constant for term in terms), *powers)
    return weakest(constant.basis for constant in constants)


def _terms(
    counts: Mapping[str, float], profile: Profile
) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    terms: list[Term] = []
    missing: list[str] = []
    for name, count in counts.items():
        if name in profile.energy:
            constant = profile.energy[name]
            terms.append(Term(name=f"energy.{name}", count=Band.exact(count), constant=constant))
        elif name not in profile.included:
            missing.append(f"energy.{name}")
    return tuple(terms), tuple(missing)


def _summed(terms: tuple[Term, ...], missing: tuple[str, ...]) -> Band | None:
    return None if missing else Band.total(term.joules for term in terms)


def _seconds(
    counts: Mapping[str, float], profile: Profile
) -> tuple[Band | None, tuple[Constant, ...], tuple[str, ...]]:
    """The time of one inference, the latencies used, and the names that have none."""
    times: dict[str, Band] = {}
    missing: list[str] = []
    for name, count in counts.items():
        if name in profile.latency:
            times[name] = Band.of(profile.latency[name]) * count
        elif name not in profile.included_latency:
            missing.append(f"latency.{name}")
    if missing:
        return None, (), tuple(missing)
    launches = times.get("layers", Band.exact(0.0))
    traffic = times.get("memory_bytes", Band.exact(0.0))
    rest = (band for name, band in times.items() if name not in ("layers", "memory_bytes"))
    seconds = Band.total(rest).or_more(traffic) + launches
    return seconds, tuple(profile.latency[name] for name in times), ()


def _over_idle(profile: Profile, seconds: Band | None) -> Band | None:
    if seconds is None or "idle" not in profile.power:
        return None
    active, idle = (Band.of(profile.power[name]) for name in ("active", "idle"))
    return seconds * active.above(idle)


def _too_large(workload: Workload, profile: Profile) -> tuple[str, ...]:
    sizes = {
        "parameter_bytes": workload.parameter_bytes,
        "activation_bytes": workload.activation_bytes * workload.batch,
    }
    return tuple(
        f"{name}: {size:,} do not fit in {limit:,}"
        for name, size in sizes.items()
        if (limit := profile.limit(name)) is not None and size > limit
    )
