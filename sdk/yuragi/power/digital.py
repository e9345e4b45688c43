"""The energy of a workload on a digital machine: arithmetic, traffic, launches and idle power."""

from __future__ import annotations

from dataclasses import dataclass, replace

from yuragi.errors import UnsupportedError
from yuragi.hardware import Basis, Constant, Profile, weakest
from yuragi.power.band import Band
from yuragi.power.memories import Residence, reside
from yuragi.power.roofline import TimeTerm, roofline
from yuragi.power.row import Row
from yuragi.power.term import Term
from yuragi.power.workload import Workload
from yuragi.units import engineering

__all__ = ["DigitalReport", "price"]

# Peak prices hold some traffic already, so that a little above the peak is no contradiction.
_OVER_PEAK = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitalReport:
    """The modelled bill of one inference; with a batch, its share of the batch.

    dynamic_j: above idle;  static_j: idle power while it computes;  total_j: their sum.
    seconds: the batch's time over its size;  batch_s: until a batch is answered.
    counts: events of one inference by name, bytes by level of memory.
    terms: lines of energy;  standing: power times time;  times: lines of time, of which layer by
        layer the longest counts.
    bound: what takes most of the time: "arithmetic", "launches" or a level of memory.
    residence: where parameters and activations lie.
    unpriced: what has no price, no count, or does not fit; then there is no total.
    basis: the weakest among the constants used.
    """

    workload: Workload
    profile: Profile
    counts: dict[str, float]
    terms: tuple[Term, ...]
    standing: tuple[Term, ...]
    times: tuple[TimeTerm, ...]
    dynamic_j: Band | None
    static_j: Band | None
    seconds: Band | None
    bound: str | None
    residence: Residence
    unpriced: tuple[str, ...]
    basis: Basis | None
    notes: tuple[str, ...] = ()

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
        priced = [*self.terms, *self.standing]
        constants = [*(term.constant for term in priced), *(term.constant for term in self.times)]
        return {
            **self.row().as_dict(),
            "counts": self.counts,
            "terms": [term.as_dict() for term in self.terms],
            "standing": [term.as_dict() for term in self.standing],
            "times": [term.as_dict() for term in self.times],
            "bound": self.bound,
            "residence": self.residence.as_dict(),
            "sources": {one.source: self.profile.sources[one.source] for one in constants},
            "notes": list(self.notes),
        }


def price(workload: Workload, profile: Profile) -> DigitalReport:
    """Price a workload on a digital profile.

    T = sum over layers of max(arithmetic, traffic of each memory) + launch     the roofline
    E = (P_active - P_idle) * T + P_idle * T      where the profile states the active power, or
    E = sum_k count_k * e_k + P_idle * T          where it prices operations and traffic

    Errors: UnsupportedError where the profile is not digital.
    """
    if profile.kind != "digital":
        raise UnsupportedError(
            f"profile {profile.name!r} is {profile.kind}: compile and run the network on it, "
            "then give yg.energy(recording)"
        )
    residence = reside(workload, profile)
    counts = residence.counts(workload)
    timing = roofline(workload, residence, profile)
    by_power = "active" in profile.power
    terms, missing = ((), ()) if by_power else _terms(counts, profile)
    unpriced = (*timing.unpriced, *missing, *residence.problems, *map(str, workload.uncounted))
    standing = _standing(profile, timing.seconds)
    if "idle" not in profile.power:
        unpriced = (*unpriced, "power.idle")
    joules = {term.name: term.joules for term in standing}
    dynamic = None if missing else Band.total(term.joules for term in terms)
    if by_power:
        dynamic = _over_idle(profile, timing.seconds)
    report = DigitalReport(
        workload=workload,
        profile=profile,
        counts=counts,
        terms=terms,
        standing=standing,
        times=timing.terms,
        dynamic_j=dynamic,
        static_j=joules.get("power.idle"),
        seconds=timing.seconds,
        bound=timing.bound,
        residence=residence,
        unpriced=unpriced,
        basis=weakest(_bases(terms, standing, timing.terms)),
        notes=workload.notes,
    )
    return _checked_against_peak(report)


def _bases(*groups: tuple[Term | TimeTerm, ...]) -> list[Basis]:
    return [term.constant.basis for group in groups for term in group]


def _terms(counts: dict[str, float], profile: Profile) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    terms: list[Term] = []
    missing: list[str] = []
    for name, count in counts.items():
        if name in profile.energy:
            constant = profile.energy[name]
            terms.append(Term(name=f"energy.{name}", count=Band.exact(count), constant=constant))
        elif name not in profile.included and count:
            missing.append(f"energy.{name}")
    return tuple(terms), tuple(missing)


def _standing(profile: Profile, seconds: Band | None) -> tuple[Term, ...]:
    """Power times time: the whole while it computes, and the idle power within it."""
    if seconds is None:
        return ()
    names = [name for name in ("active", "idle") if name in profile.power]
    return tuple(
        Term(name=f"power.{name}", count=seconds, constant=profile.power[name]) for name in names
    )


def _over_idle(profile: Profile, seconds: Band | None) -> Band | None:
    if seconds is None or "idle" not in profile.power:
        return None
    active, idle = (Band.of(profile.power[name]) for name in ("active", "idle"))
    return seconds * active.above(idle)


def _checked_against_peak(report: DigitalReport) -> DigitalReport:
    """With a note where the modelled power is more than the machine can draw."""
    peak: Constant | None = report.profile.power.get("peak")
    total, seconds = report.total_j, report.seconds
    if peak is None or total is None or seconds is None or not seconds.nominal:
        return report
    watts = total.nominal / seconds.nominal
    if watts <= _OVER_PEAK * peak.high:
        return report
    note = (
        f"the modelled power of {engineering(watts, 'W')} is above the machine's peak of "
        f"{engineering(peak.high, 'W')}: it takes longer than this, or less energy"
    )
    return replace(report, notes=(*report.notes, note))
