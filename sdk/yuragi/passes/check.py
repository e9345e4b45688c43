"""check: every limit of the chip, all violations at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from yuragi.errors import CapacityError, GraphError
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.limits import AT_LEAST, LIMITS, Measure, measures, stated_limit
from yuragi.passes.synapse_memory import held_synapses, in_words

__all__ = ["Check", "CheckReport", "Headroom", "Violation", "check_report"]

_MOST_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A limit that is broken.

    code: the limit's name in the profile.     place: where ("core 3", "a -> b.i").
    repair: what would help; `yuragi.passes.repair` applies it and says what it costs.
    """

    code: str
    place: str
    found: int
    limit: int
    repair: str

    def __str__(self) -> str:
        return (
            f"{self.place}: {self.found:,} {LIMITS[self.code]}, the limit is {self.limit:,} "
            f"({self.code}); {self.repair}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """A limit that holds, and how much of it is used at the fullest place."""

    code: str
    place: str
    found: int
    limit: int

    def __str__(self) -> str:
        share = self.found / self.limit if self.limit else 1.0
        return f"{self.code}: {self.found:,} of {self.limit:,} ({share:.1%}) at {self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """All limits: broken, kept, and those that are not checked.

    unchecked: limits that the profile does not state, and `unmeasured`.
    unmeasured: stated ones of which the network has nothing to measure, such as bits of weights
        that are kept in floats.
    """

    violations: tuple[Violation, ...]
    headroom: tuple[Headroom, ...]
    unchecked: tuple[str, ...]
    unmeasured: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Leaves the graph alone; raises CapacityError with every violation."""

    def apply(self, graph: Graph, profile: Profile) -> Graph:
        """The same graph."""
        return self.explain(graph, profile)[0]

    def explain(self, graph: Graph, profile: Profile) -> tuple[Graph, tuple[str, ...]]:
        """The same graph, and how its synapses are held."""
        report = check_report(graph, profile)
        if report.violations:
            listed = [f"\n  {violation}" for violation in report.violations]
            more = len(listed) - _MOST_LINES
            rest = f"\n  and {more:,} more" if more > 0 else ""
            raise CapacityError(
                f"{len(listed):,} limit(s) of {profile.name} broken:"
                f"{''.join(listed[:_MOST_LINES])}{rest}",
                report.violations,
            )
        placement = graph.placement
        if placement is None or profile.limit("synapse_bits_per_core") is None:
            return graph, ("every stated limit holds",)
        held = held_synapses(graph, placement, profile)
        return graph, ("every stated limit holds", *in_words(held))

    def note(self, before: Graph, after: Graph) -> tuple[str, ...]:
        """Nothing more than `explain` says."""
        return ()


def check_report(graph: Graph, profile: Profile) -> CheckReport:
    """Measure every limit that the profile states on a placed and routed graph.

    units_per_core, synapses_per_core, synapse_bits_per_core, table_bits_per_core: of the parts on
    a core, each projection in its cheapest encoding.  axons_in_per_core: source units that reach
    the core; axons_out_per_core: pairs of a unit on the core and a core that it reaches.
    fan_in, fan_out, fan_out_cores_max: weights and cores of a unit.  delay_min, delay_max: of
    projections; the longest is shorter on full cores where the profile gives a band.
    operations_per_update: of a unit's integers.  chips_max: chips in use.
    inputs_max, outputs_max: units that nothing projects to, and that project to nothing.
    weight_bits, weight_exponent_max, state_bits: of what is in integers.
    """
    placement = graph.placement
    if placement is None or not placement.cores:
        raise GraphError("check: the graph is not placed yet")
    violations, headroom = [], []
    measured = set()
    for found in measures(graph, placement, profile):
        stated = stated_limit(profile, found.code) if found.limit is None else found.limit
        limit = int(stated or 0)
        measured.add(found.code)
        if found.found < limit if found.code in AT_LEAST else found.found > limit:
            violations.append(_violation(found, limit))
        else:
            headroom.append(
                Headroom(code=found.code, place=found.place, found=found.found, limit=limit)
            )
    missing = [code for code in LIMITS if code not in measured]
    unknown = [code for code in profile.limits if code not in LIMITS]
    return CheckReport(
        violations=tuple(violations),
        headroom=tuple(_fullest(headroom)),
        unchecked=(*missing, *unknown),
        unmeasured=tuple(code for code in missing if stated_limit(profile, code) is not None),
    )


def _fullest(headroom: list[Headroom]) -> Iterator[Headroom]:
    for code in LIMITS:
        same = [h for h in headroom if h.code == code]
        if same:
            tightest = min if code in AT_LEAST else max
            yield tightest(same, key=lambda h: h.found / max(h.limit, 1))


def _violation(found: Measure, limit: int) -> Violation:
    pieces = math.ceil(found.found / limit) if limit > 0 else 0
    return Violation(
        code=found.code,
        place=found.place,
        found=found.found,
        limit=limit,
        repair=_REPAIRS[found.code](pieces),
    )


def _split(pieces: int) -> str:
    if not pieces:
        return "nothing fits a core that has none"
    return f"{pieces} cores would hold it: split into smaller parts"


def _says(text: str) -> Callable[[int], str]:
    return lambda _: text


_REPAIRS: Mapping[str, Callable[[int], str]] = {
    "units_per_core": _split,
    "synapse_bits_per_core": _split,
    "synapses_per_core": _split,
    "weight_types_per_core": _says("weights of fewer values would fit"),
    "axons_in_per_core": lambda pieces: (
        f"fewer source units or parts of 1/{max(pieces, 1)} of the units on this core would fit"
    ),
    "axons_out_per_core": _split,
    "table_bits_per_core": _says("tables of fewer segments would fit"),
    "fan_in": _says("without its smallest weights it would fit"),
    "fan_out": _says("without its smallest weights it would fit"),
    "delay_max": _says("a relay population in between adds delay"),
    "operations_per_update": _says("simpler equations would fit"),
    "fan_out_cores_max": _says("copies of the unit, each for one core, would fit"),
    "signs_per_unit": _says("copies of the units, which have the negative weights, would fit"),
    "delay_min": _says("retime gives zero delays a step"),
    "inputs_max": _says("fewer inputs would fit"),
    "outputs_max": _says("fewer outputs would fit"),
    "chips_max": _says("fewer units or synapses would fit"),
    "weight_bits": _says("coarser weights would fit: leave the rounding to quantise"),
    "weight_exponent_max": _says("smaller weights would fit: leave the scale to quantise"),
    "state_bits": _says("a coarser scale would fit: leave it to quantise"),
}
