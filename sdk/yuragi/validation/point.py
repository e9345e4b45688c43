"""One published figure, how ours is found, and when the two agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from yuragi.power.band import Band
from yuragi.power.digital import DigitalReport
from yuragi.power.report import EnergyReport
from yuragi.units import engineering, engineering_band

__all__ = [
    "Answer",
    "Finding",
    "Point",
    "Role",
    "Rule",
    "below",
    "factor",
    "misses",
    "unresolved",
    "within",
]

Role: TypeAlias = Literal[
    "held out", "independent", "same paper", "anchored", "negative", "arithmetic"
]
"""held out: the constants were fitted to other points of the same chip.
same paper: it gives the constants of its model, and this measurement beside them.
independent: the constants come from elsewhere.
anchored: the constants come from this point, so that it only checks the arithmetic.
negative: a model that is known to be wrong, which must fail here.
arithmetic: no constant of a profile is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When ours agrees with what was published.

    kind: "within" a share, within a "factor", "below": a part that may not exceed the published
        whole, "misses" by more than a share, "unresolved": ours must be said to lie below what the
        meter resolves, as the published figure does.
    """

    kind: Literal["within", "factor", "below", "misses", "unresolved"]
    amount: float = 0.0

    def holds(self, published: float, answer: Answer) -> bool:
        """Whether the figures agree."""
        if self.kind == "unresolved":
            return not answer.resolved
        if self.kind == "below":
            return 0 < answer.value <= published
        if self.kind == "factor":
            return answer.resolved and 1 / self.amount <= answer.value / published <= self.amount
        error = abs(answer.value / published - 1)
        return error > self.amount if self.kind == "misses" else error <= self.amount

    def __str__(self) -> str:
        """For a table."""
        percent = f"{100 * self.amount:.3g} %"
        return {
            "within": f"\N{PLUS-MINUS SIGN}{percent}",
            "factor": f"factor {self.amount:g}",
            "below": "no more",
            "misses": f"off by > {percent}",
            "unresolved": "not resolved",
        }[self.kind]


def within(share: float) -> Rule:
    """Ours may differ by this share."""
    return Rule(kind="within", amount=share)


def factor(amount: float) -> Rule:
    """Ours may be so many times larger or smaller."""
    return Rule(kind="factor", amount=amount)


def below() -> Rule:
    """Ours is a part of what was published."""
    return Rule(kind="below")


def misses(share: float) -> Rule:
    """Ours must differ by more than this share."""
    return Rule(kind="misses", amount=share)


def unresolved() -> Rule:
    """Ours must be below the meter's resolution."""
    return Rule(kind="unresolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Our figure.

    band: its low and high end;  resolved: whether a meter would see it.
    report: the bill that it is read from, counts times constants with their sources.
    """

    value: float
    band: Band | None = None
    resolved: bool = True
    report: EnergyReport | DigitalReport | None = None

    def text(self, unit: str) -> str:
        """For a table."""
        if not self.resolved:
            return "not resolved"
        if self.band is None or not unit:
            return engineering(self.value, unit) if unit else f"{self.value:.4g}"
        return engineering_band(self.band.low, self.value, self.band.high, unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A published figure.

    given: what was put in, in words;  unit: "W", "J", "s" or "" for a number.
    """

    id: str
    title: str
    given: str
    source: str
    unit: str
    published: float
    rule: Rule
    role: Role
    ours: Callable[[], Answer]

    def examine(self) -> Finding:
        """Work ours out and judge it."""
        answer = self.ours()
        return Finding(point=self, answer=answer, holds=self.rule.holds(self.published, answer))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A point with our figure and the verdict."""

    point: Point
    answer: Answer
    holds: bool

    @property
    def error(self) -> float | None:
        """Ours over the published one, less 1; None where nothing is resolved."""
        return self.answer.value / self.point.published - 1 if self.answer.resolved else None

    @property
    def verdict(self) -> str:
        """Holds or fails; a wrong model fails as it must."""
        if self.point.rule.kind == "misses" and self.holds:
            return "misses, as it must"
        return "holds" if self.holds else "fails"

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        point, answer = self.point, self.answer
        return {
            "id": point.id,
            "title": point.title,
            "given": point.given,
            "source": point.source,
            "unit": point.unit,
            "published": point.published,
            "ours": answer.value if answer.resolved else None,
            "band": None if answer.band is None else answer.band.as_dict(),
            "resolved": answer.resolved,
            "error": self.error,
            "accept": str(point.rule),
            "role": point.role,
            "verdict": self.verdict,
            "bill": None if answer.report is None else answer.report.as_dict(),
        }
