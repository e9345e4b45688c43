"""What fits a budget of watts, joules, seconds and chips: which chips, how large, how fast."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from yuragi.errors import MissingConstantError
from yuragi.graph import Graph
from yuragi.hardware import Profile, load, names
from yuragi.network import Network
from yuragi.planning.demands import Demands, most_inferences, power_at, unmet
from yuragi.planning.estimate import Estimate, estimated
from yuragi.planning.outline import Growth, Outline, Rates, Wiring, outline
from yuragi.power.band import Band
from yuragi.power.trace import Trace
from yuragi.units import engineering

__all__ = ["Budget", "Fit", "Largest", "budget", "budgeted"]

_CLOSE = 1.001
_LARGEST = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Largest:
    """The end of a search: `factor` fits, and a thousandth more does not.

    factor: times the units (or events) of the network; None where nothing fits.
    stopped_by: what the next larger one breaks; "" where the search found no end.
    """

    factor: float | None
    stopped_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A chip against the budget, at nominal constants.

    broken: demands and limits that do not hold, as sentences; empty where it fits.
    surely: whether it fits with every constant at its worse end too.
    size, activity: the largest network of the same kind, and the most events, that still fit.
    rate_hz: the most inferences a second; None where it does not fit.
    """

    estimate: Estimate
    broken: tuple[str, ...]
    surely: bool
    size: Largest
    activity: Largest
    rate_hz: float | None

    @property
    def fits(self) -> bool:
        """Whether every demand and limit holds."""
        return not self.broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Every chip against one budget.

    unknown: chips that cannot be judged, with the reason.
    """

    network: Outline
    demands: Demands
    growth: Growth
    fits: tuple[Fit, ...]
    unknown: Mapping[str, str]

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "demands": self.demands.as_dict(),
            "units": self.network.units,
            "synapses": self.network.synapses,
            "growth": self.growth,
            "profiles": [_fit_dict(fit, self.demands) for fit in self.fits],
            "unknown": dict(self.unknown),
        }

    def traces(self) -> Mapping[str, Trace]:
        """A trace for each figure of `as_dict`, by its place."""
        found = {
            f"demands.{name}": _leaf(name, value, "given", "a demand of the user")
            for name, value in self.demands.as_dict().items()
            if value is not None
        }
        for name in ("units", "synapses"):
            value = float(getattr(self.network, name))
            found[name] = _leaf(name, value, "count", "of the network's description")
        for place, fit in enumerate(self.fits):
            of = _fit_traces(fit, self.demands)
            found |= {f"profiles[{place}].{name}": trace for name, trace in of.items()}
        return found

    def __str__(self) -> str:
        """The table, and what stands against the chips that do not fit."""
        lines = [_cells(_HEADER), "-" * len(_cells(_HEADER))]
        lines += [_cells(_row(fit, self.demands, self.network)) for fit in self.fits]
        for fit in self.fits:
            label = fit.estimate.profile.label
            lines += [f"{label}: {text}" for text in fit.broken]
            if fit.size.factor is not None and fit.size.stopped_by:
                lines.append(f"{label}: no larger network: {fit.size.stopped_by}")
        lines += [f"{name}: {reason}" for name, reason in self.unknown.items()]
        return "\n".join(lines)


def budget(
    network: Network | Graph | Outline,
    *,
    rates: Rates | None = None,
    steps: int | None = None,
    power_w: float | None = None,
    energy_j: float | None = None,
    latency_s: float | None = None,
    rate_hz: float | None = None,
    chips: int | None = None,
    profiles: Sequence[str | Profile] | None = None,
    growth: Growth = "fan_in",
    wiring: Wiring = "random",
) -> Budget:
    """Which chips hold a network within a budget, by its estimate (`yuragi.planning.estimate`).

        power_w: mean watts at `rate_hz` inferences a second, else while it runs without a pause.
        energy_j, latency_s: joules and seconds of one inference.
        chips: the most chips.
        profiles: by default every neuromorphic one that asks the user nothing.
        growth: how a larger network grows, "fan_in" or "density" (`Outline.grown`).
        rates, steps: as for `estimate`.

    Errors: GraphError for a demand that is not above 0, and as `estimate`.
    """
    demands = Demands(
        power_w=power_w, energy_j=energy_j, latency_s=latency_s, rate_hz=rate_hz, chips=chips
    )
    if isinstance(network, Outline):
        found = network
    else:
        graph = network.graph() if isinstance(network, Network) else network
        found = replace(outline(graph, rates, steps=steps), wiring=wiring)
    wanted = names() if profiles is None else profiles
    machines = [load(item) if isinstance(item, str) else item for item in wanted]
    if profiles is None:
        machines = [one for one in machines if one.kind == "neuromorphic" and not one.asks]
    return budgeted(found, demands, machines, growth=growth)


def budgeted(
    network: Outline, demands: Demands, machines: Sequence[Profile], *, growth: Growth = "fan_in"
) -> Budget:
    """The budget of an outline on the chips given."""
    fits: list[Fit] = []
    unknown: dict[str, str] = {}
    for profile in machines:
        try:
            fits.append(_fit(network, profile, demands, growth))
        except MissingConstantError as problem:
            unknown[profile.label] = str(problem)
    fits.sort(key=lambda fit: not fit.fits)
    return Budget(
        network=network, demands=demands, growth=growth, fits=tuple(fits), unknown=unknown
    )


def _fit(network: Outline, profile: Profile, demands: Demands, growth: Growth) -> Fit:
    def against(candidate: Outline) -> tuple[str, ...]:
        return unmet(estimated(candidate, profile), demands)

    here = estimated(network, profile)
    broken = unmet(here, demands)
    smallest = 1 / max(group.size for group in network.groups)
    rate = max(group.rate for group in network.groups)
    return Fit(
        estimate=here,
        broken=broken,
        surely=not broken and not unmet(here, demands, worst=True),
        size=_search(lambda f: against(network.grown(f, growth)), smallest, _LARGEST),
        activity=_search(lambda f: against(network.busier(f)), 1e-6, 1 / rate if rate else 1.0),
        rate_hz=None if broken else most_inferences(here, demands),
    )


def _search(broken: Callable[[float], tuple[str, ...]], low: float, high: float) -> Largest:
    """The largest factor that fits: doubled until one does not, then halved to a thousandth.

    Every factor below that was tried fits, so that a gap further down would be seen.
    """
    stopped = broken(low)
    if stopped:
        return Largest(factor=None, stopped_by=stopped[0])
    step = low
    while step < high:
        step = min(step * 2, high)
        stopped = broken(step)
        if stopped:
            break
        low = step
    else:
        return Largest(factor=low, stopped_by="")
    while step / low > _CLOSE:
        middle = math.sqrt(low * step)
        found = broken(middle)
        if found:
            step, stopped = middle, found
        else:
            low = middle
    return Largest(factor=low, stopped_by=stopped[0])


def _fit_dict(fit: Fit, demands: Demands) -> dict[str, object]:
    power = power_at(fit.estimate, demands.rate_hz)
    return {
        "profile": fit.estimate.profile.label,
        "fits": fit.fits,
        "surely": fit.surely,
        "chips": fit.estimate.chips,
        "cores": fit.estimate.cores,
        "power_w": None if power is None else power.as_dict(),
        "total_j": _dict(fit.estimate.report.total_j),
        "seconds": _dict(fit.estimate.report.seconds),
        "broken": list(fit.broken),
        "limited_by": fit.estimate.limits,
        "largest_size": fit.size.factor,
        "size_stopped_by": fit.size.stopped_by,
        "largest_activity": fit.activity.factor,
        "activity_stopped_by": fit.activity.stopped_by,
        "largest_rate_hz": fit.rate_hz,
    }


def _fit_traces(fit: Fit, demands: Demands) -> dict[str, Trace]:
    of = fit.estimate.traces()
    found = {name: of[name] for name in ("chips", "cores", "total_j", "seconds") if name in of}
    power = power_at(fit.estimate, demands.rate_hz)
    bill = tuple(of[name] for name in ("dynamic_j", "static_j", "seconds") if name in of)
    if power is not None:
        note = "standing power, and dynamic joules times inferences a second"
        found["power_w"] = _model("power_w", power, "W", bill, note)
    note = "the largest that the estimate lets fit, found by doubling and halving to a thousandth"
    for name, value in (("size", fit.size.factor), ("activity", fit.activity.factor)):
        if value is not None:
            found[f"largest_{name}"] = _model(name, Band.exact(value), "", bill, note)
    if fit.rate_hz is not None:
        note = "the pace of the chip, or (power less standing power) over dynamic joules if less"
        found["largest_rate_hz"] = _model("rate", Band.exact(fit.rate_hz), "Hz", bill, note)
    return found


def _leaf(name: str, value: float, rule: str, note: str) -> Trace:
    kind = Trace(name=name, value=Band.exact(value), unit="", rule="count", note=note)
    return replace(kind, rule="given") if rule == "given" else kind


def _model(name: str, value: Band, unit: str, parts: tuple[Trace, ...], note: str) -> Trace:
    return Trace(name=name, value=value, unit=unit, rule="model", parts=parts, note=note)


def _dict(band: Band | None) -> dict[str, float] | None:
    return None if band is None else band.as_dict()


_HEADER = ("chip", "fits", "chips", "power", "energy", "latency", "inferences", "largest", "events")
_WIDTHS = (18, 12, 16, 10, 10, 10, 12, 14, 8)


def _row(fit: Fit, demands: Demands, network: Outline) -> tuple[str, ...]:
    power = power_at(fit.estimate, demands.rate_hz)
    report = fit.estimate.report
    verdict = "surely" if fit.surely else "at nominal" if fit.fits else "no"
    size = fit.size.factor
    activity = fit.activity.factor
    return (
        fit.estimate.profile.label,
        verdict,
        f"{fit.estimate.chips:,}",
        "-" if power is None else engineering(power.nominal, "W"),
        "-" if report.total_j is None else engineering(report.total_j.nominal, "J"),
        "-" if report.seconds is None else engineering(report.seconds.nominal, "s"),
        "-" if fit.rate_hz is None else engineering(fit.rate_hz, "/s"),
        "none" if size is None else f"{size * network.units:,.0f} units",
        "none" if activity is None else f"x {activity:.3g}",
    )


def _cells(cells: Sequence[str]) -> str:
    return "  ".join(map(str.ljust, cells, _WIDTHS)).rstrip()
