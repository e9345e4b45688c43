"""What a network would cost on a chip, without running it and without its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from yuragi.errors import GraphError, UnsupportedError
from yuragi.graph import Graph
from yuragi.hardware import Profile, load
from yuragi.network import Network
from yuragi.planning.outline import Outline, Rates, Wiring, from_numbers, outline
from yuragi.planning.packing import Broken, Packing, pack
from yuragi.planning.traffic import expected
from yuragi.power.band import Band
from yuragi.power.bill import bill
from yuragi.power.report import EnergyReport
from yuragi.power.timing import count_array, latencies, step_timing
from yuragi.power.trace import Trace, of_constant
from yuragi.power.tracing import traces_of

__all__ = ["Estimate", "estimate", "estimated", "over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A network on a chip, estimated.

    network: as numbers;  packing: its cores.
    report: joules and seconds of one inference, with bands, boundary and what is unpriced.
    broken: limits that would not hold; the figures are then those of a larger or slower machine
        of the same kind.
    """

    network: Outline
    profile: Profile
    packing: Packing
    report: EnergyReport
    broken: tuple[Broken, ...]

    @property
    def fits(self) -> bool:
        """Whether every limit holds that numbers can tell."""
        return not self.broken

    @property
    def chips(self) -> int:
        """Chips in use."""
        return self.packing.chips

    @property
    def cores(self) -> int:
        """Cores in use."""
        return self.packing.cores

    @property
    def power_w(self) -> Band | None:
        """Mean power while the network runs without a pause; None where something is unpriced."""
        return _power(self.report)

    @property
    def limits(self) -> dict[str, str]:
        """What bounds chips, time and energy: a limit, a latency, a term of the bill."""
        found = {"chips": self.packing.bound}
        slowest = _slowest(self.report)
        if slowest:
            found["time"] = slowest
        lines = (*self.report.terms, *self.report.standing)
        if lines:
            found["energy"] = max(lines, key=lambda term: term.joules.nominal).name
        return found

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        power = self.power_w
        return {
            **self.report.as_dict(),
            "units": self.network.units,
            "synapses": self.network.synapses,
            "power_w": None if power is None else power.as_dict(),
            "fits": self.fits,
            "broken": [
                {"limit": b.code, "place": b.place, "found": b.found, "allowed": b.limit}
                for b in self.broken
            ],
            "limited_by": self.limits,
        }

    def traces(self) -> Mapping[str, Trace]:
        """A trace for each figure of `as_dict`, by its place."""
        found = dict(traces_of(self.report))
        for name in ("units", "synapses"):
            size = Band.exact(float(getattr(self.network, name)))
            note = "of the network's description"
            found[name] = Trace(name=name, value=size, unit="", rule="count", note=note)
        power = self.power_w
        if power is not None:
            found["power_w"] = Trace(
                name="power_w",
                value=power,
                unit="W",
                rule="model",
                parts=(found["total_j"], found["seconds"]),
                note="dynamic joules over seconds, ends crossed, and standing power",
            )
        for place, one in enumerate(self.broken):
            for name, value in (("found", one.found), ("allowed", one.limit)):
                found[f"broken[{place}].{name}"] = _limit_trace(self.profile, one, name, value)
        return found

    def __str__(self) -> str:
        """The report, and what limits it."""
        power = "unpriced" if self.power_w is None else self.power_w.text("W")
        found = "; ".join(f"{what} by {name}" for what, name in self.limits.items())
        lines = [
            str(self.report),
            "",
            f"  mean power        {power}",
            f"  limited           {found}",
        ]
        lines += [f"  does not fit      {broken}" for broken in self.broken]
        return "\n".join(lines)


def estimate(
    network: Network | Graph | Outline | None = None,
    profile: str | Profile = "loihi2",
    *,
    rates: Rates | None = None,
    steps: int | None = None,
    neurons: float | None = None,
    synapses: float | None = None,
    rate_hz: float | None = None,
    dt: float | None = None,
    wiring: Wiring = "random",
    name: str = "network",
    tick_s: float | None = None,
) -> Estimate:
    """Estimate chips, power, time and joules from a network and rates, or from numbers alone.

        network, rates: units, synapses and delays come from the network, activity from `rates`:
            the share of units that send in a step, one for all or by population (`outline`).
        neurons, synapses, rate_hz, dt: instead of a network, as numbers of any size; no arrays are
            made, so 1e11 neurons with 1e15 synapses cost no more than ten.
        steps: of one inference; by default as long as the stimulus, or one second of `dt`.
        wiring: "random", or "local" where neighbours hear the same sources (`Outline`).

    Errors: GraphError where numbers are missing or impossible, UnsupportedError for a profile that
    is not neuromorphic, MissingConstantError where it asks the user for numbers.

    >>> numbers = {"neurons": 1e11, "synapses": 1e15, "rate_hz": 1.0}
    >>> brain = estimate(**numbers, profile="truenorth", wiring="local")
    >>> brain.fits, brain.chips
    (False, 4069011)
    """
    chosen = load(profile) if isinstance(profile, str) else profile
    if network is None:
        if neurons is None or synapses is None or rate_hz is None:
            raise GraphError("give a network, or neurons, synapses and rate_hz")
        step = 1e-3 if dt is None else dt
        lasts = max(1, round(1 / step)) if steps is None else steps
        found = from_numbers(neurons, synapses, rate_hz=rate_hz, dt=step, steps=lasts, name=name)
    elif neurons is not None or synapses is not None or rate_hz is not None:
        raise GraphError("give a network with rates, or neurons, synapses and rate_hz, not both")
    elif isinstance(network, Outline):
        found = network
    else:
        graph = network.graph() if isinstance(network, Network) else network
        graph = graph if dt is None else replace(graph, dt=dt)
        found = outline(graph, rates, steps=steps, name=name)
    found = replace(found, wiring=wiring) if not isinstance(network, Outline) else found
    return estimated(found, chosen, tick_s=tick_s)


def estimated(network: Outline, profile: Profile, *, tick_s: float | None = None) -> Estimate:
    """The estimate of an outline.  Errors: as `estimate`."""
    if profile.kind != "neuromorphic":
        raise UnsupportedError(
            f"{profile.name} is {profile.kind}: a network of units and synapses is estimated on "
            "neuromorphic profiles"
        )
    packing = pack(network, profile)
    census = expected(network, packing, profile)
    stated = profile.latency.get("tick")
    tick = stated.value if tick_s is None and stated is not None else tick_s
    work = step_timing(census.counts, profile).step_s
    broken = packing.broken
    held = tick_s
    if tick is not None and work is not None and work.nominal > tick:
        late = Broken(code="tick", place="a step in ns", found=work.nominal * 1e9, limit=tick * 1e9)
        broken, held = (*broken, late), work.nominal
    report = bill(census, profile, name=network.name, tick_s=held)
    return Estimate(network=network, profile=profile, packing=packing, report=report, broken=broken)


def _limit_trace(profile: Profile, one: Broken, name: str, value: float) -> Trace:
    """What a limit takes, as packed; what it allows, from the profile."""
    stated = profile.limits.get(one.code)
    exact = Band.exact(value)
    if name == "allowed" and stated is not None and stated.value == value:
        constant = of_constant(profile, f"limits.{one.code}", stated)
        return Trace(name=one.code, value=exact, unit="", rule="model", parts=(constant,))
    note = f"{one.place}: " + ("of the profile" if name == "allowed" else "estimated from sizes")
    return Trace(name=one.code, value=exact, unit="", rule="count", note=note)


def _power(report: EnergyReport) -> Band | None:
    """E / T, each end with the time that goes with it: dynamic over T, and standing power."""
    total, seconds = report.total_j, report.seconds
    if total is None or report.dynamic_j is None or seconds is None or not seconds.low:
        return None
    dynamic = report.dynamic_j
    standing = Band.total(over(term.joules, seconds) for term in report.standing)
    return Band(
        low=dynamic.low / seconds.high + standing.low,
        nominal=dynamic.nominal / seconds.nominal + standing.nominal,
        high=dynamic.high / seconds.low + standing.high,
    )


def over(joules: Band, seconds: Band) -> Band:
    """Watts, each end of the joules with its end of the seconds."""
    low, nominal, high = sorted(
        (
            joules.low / seconds.low,
            joules.nominal / seconds.nominal,
            joules.high / seconds.high,
        )
    )
    return Band(low=low, nominal=nominal, high=high)


def _slowest(report: EnergyReport) -> str:
    """What takes the largest part of a mean step: a latency, or the barrier."""
    if report.tick_s is not None and report.step_s is not None:
        return "latency.tick"
    counts = report.census.counts
    prices, fixed, _ = latencies(counts, report.profile)
    sent = np.maximum(counts.array("messages"), 1)
    parts = {"barrier": fixed.nominal}
    for name, constant in prices.items():
        amount = count_array(counts, name)
        each = amount / sent if name.startswith("hops") else amount
        parts[f"latency.{name}"] = float(each.max()) * constant.value
    largest = max(parts, key=lambda name: parts[name])
    return largest if parts[largest] > 0 else ""
