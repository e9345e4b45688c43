"""Where two runs first differ: the unit, the step, both states, and the rule that may be why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import RunError
from yuragi.recording import Recording

__all__ = ["Difference", "State", "difference"]

Array = NDArray[Any]
_LATEST = 4
_ROUNDING = 1e-5
_RESOLUTION = 1e-2


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A variable of the unit in both runs, a step before and in the step that differs.

    None before step 0.
    """

    before: tuple[float | None, float | None]
    now: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first thing that differs.

    left, right: the spike (0 or 1) or the value of `variable` in each run.
    states: what was probed of the same unit, by variable.
    spikes: by population, spikes that only one run has, of all places where one may be.
    suspected: rules that would explain it, the likeliest first.
    """

    population: str
    variable: str
    trial: int
    step: int
    unit: int
    left: float
    right: float
    states: Mapping[str, State] = field(default_factory=dict)
    spikes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    suspected: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"trial {self.trial}, step {self.step}, {self.population}, unit {self.unit}"
        lines = [
            f"first difference: {place}",
            f"  {self.variable:<20}{self.left:>16.9g}{self.right:>16.9g}",
        ]
        for name, state in self.states.items():
            before = [" " * 16 if v is None else f"{v:>16.9g}" for v in state.before]
            lines.append(f"  {name + ', step before':<20}{before[0]}{before[1]}")
            lines.append(f"  {name:<20}{state.now[0]:>16.9g}{state.now[1]:>16.9g}")
        lines += [
            f"  {name}: {count:,} of {places:,} spikes differ"
            for name, (count, places) in self.spikes.items()
        ]
        lines += [f"  suspected: {rule}" for rule in self.suspected]
        return "\n".join(lines)


def difference(left: Recording, right: Recording, *, relative: float = 1e-6) -> Difference | None:
    """The first difference of two runs; None where there is none.

    Spikes come first; where none differs, the values of traces, beyond `relative` of the largest.
    Compared is what both runs recorded, for as many steps and trials as both have.
    Raises RunError where they have nothing in common.
    """
    rasters = _rasters(left, right)
    common = [key for key in left.traces if key in right.traces]
    if not rasters and not common:
        raise RunError("the two runs recorded nothing in common")
    counts = {
        name: (int((a != b).sum()), a.size) for name, (a, b) in rasters.items() if (a != b).any()
    }
    first = _first({name: a != b for name, (a, b) in rasters.items()})
    if first is not None:
        name, trial, step, unit = first
        a, b = rasters[name]
        paths = _paths(left, right, name, trial, unit)
        pair = float(a[trial, step, unit]), float(b[trial, step, unit])
        return Difference(
            population=name, variable="spikes", trial=trial, step=step, unit=unit,
            left=pair[0], right=pair[1], states=_states(paths, step), spikes=counts,
            suspected=(
                *_at_once(left, right, name),
                *_late(a, b),
                *_suspected(a[trial, :, unit], paths.get("v"), step),
            ),
        )  # fmt: skip
    return _of_traces(left, right, common, relative)


def _rasters(left: Recording, right: Recording) -> dict[str, tuple[Array, Array]]:
    trials, steps = min(left.trials, right.trials), min(left.steps, right.steps)
    return {
        name: (
            train.raster(left.trials, left.steps)[:trials, :steps],
            right.spike_trains[name].raster(right.trials, right.steps)[:trials, :steps],
        )
        for name, train in left.spike_trains.items()
        if name in right.spike_trains and right.spike_trains[name].size == train.size
    }


def _first(differs: Mapping[str, Array]) -> tuple[str, int, int, int] | None:
    """(population, trial, step, unit) of the earliest step; of equals the first population."""
    found = None
    for name, where in differs.items():
        steps = where.any(axis=(0, 2))
        if steps.any() and (found is None or int(steps.argmax()) < found[2]):
            step = int(steps.argmax())
            trial, unit = np.argwhere(where[:, step])[0]
            found = name, int(trial), step, int(unit)
    return found


def _paths(
    left: Recording, right: Recording, name: str, trial: int, unit: int
) -> dict[str, tuple[Array, Array]]:
    """What was probed of a unit in every step of both runs, by variable.  shape (steps,)"""
    found = {}
    for key, trace in left.traces.items():
        other = right.traces.get(key)
        if key[0] == name and other is not None and trace.every == other.every == 1:
            found[key[1]] = (
                trace.values[trial, :, unit] * trace.scale,
                other.values[trial, :, unit] * other.scale,
            )
    return found


def _states(paths: Mapping[str, tuple[Array, Array]], step: int) -> dict[str, State]:
    return {
        name: State(
            before=(float(x[step - 1]), float(y[step - 1])) if step else (None, None),
            now=(float(x[step]), float(y[step])),
        )
        for name, (x, y) in paths.items()
    }


def _suspected(fired: Array, volts: tuple[Array, Array] | None, step: int) -> Iterator[str]:
    """What would explain that one unit spiked and the other did not, in this step first.

    fired: its spikes.  shape (steps,)      volts: its voltages in both runs, if they were probed.
    """
    if volts is not None and step:
        yield _parted(fired[:step], *(x[:step] for x in volts))
    if step == 0:
        yield "step 0: a bias or feedback that acts at once in one of them, or the initial state"
    if volts is None:
        yield "probe the population's states in both runs to tell reset, gain and threshold apart"


def _parted(fired: Array, x: Array, y: Array) -> str:
    """Why the voltages of two units that spiked alike came apart, before one of them spikes."""
    apart = np.flatnonzero(~np.isclose(x, y, rtol=_ROUNDING, atol=1e-12))
    if not len(apart):
        return "threshold: the voltages before the step agree; a tie, strictness, or rounding"
    first = int(apart[0])
    one, other = float(x[first]), float(y[first])
    pair = f"{one:.6g} and {other:.6g}"
    if fired[first]:
        return f"reset: after the last spike the voltages are {pair}"
    last = np.flatnonzero(fired[:first])
    if len(last) and (x[first] == x[last[-1]]) != (y[first] == y[last[-1]]):
        still = "first" if x[first] == x[last[-1]] else "second"
        return f"refractory steps: after a spike the voltage of the {still} stands still"
    if abs(one - other) < _RESOLUTION * max(abs(one), abs(other)):
        return f"rounding: the voltages are {pair} in step {first}"
    if one and other:
        when = "before any spike" if not len(last) else f"in step {first}"
        return f"gain or decay: the voltages are as {other / one:.6g} to 1 {when}"
    return "delay: the input has reached one unit and not the other"


def _at_once(left: Recording, right: Recording, name: str) -> Iterator[str]:
    """Whether the states of a population part in step 0 already, by more than a factor."""
    for key, trace in left.traces.items():
        other = right.traces.get(key)
        if key[0] != name or other is None or other.values.shape[2] != trace.values.shape[2]:
            continue
        x, y = (t.values[0, 0] * t.scale for t in (trace, other))
        apart = ~np.isclose(x, y, rtol=_ROUNDING, atol=1e-12)
        ratios = y[apart & (x != 0)] / x[apart & (x != 0)]
        if apart.any() and (len(ratios) < 2 or np.ptp(ratios) > _ROUNDING * abs(ratios[0])):
            yield (
                f"step 0: {key[1]} differs in {int(apart.sum())} unit(s) from the start: a bias, "
                "feedback that acts at once, or the initial state"
            )
            return


def _late(a: Array, b: Array) -> Iterator[str]:
    for late in range(1, min(_LATEST, a.shape[1] - 1) + 1):
        for x, y, who in ((a, b, "the second"), (b, a, "the first")):
            if x.any() and np.array_equal(x[:, :-late], y[:, late:]) and not y[:, :late].any():
                yield f"delay: all spikes are the same, {late} step(s) later in {who}"


def _of_traces(
    left: Recording, right: Recording, common: list[tuple[str, str]], relative: float
) -> Difference | None:
    trials = min(left.trials, right.trials)
    best: tuple[int, tuple[str, str], int, int, float, float] | None = None
    for key in common:
        x, y = (r.traces[key].values[:trials] * r.traces[key].scale for r in (left, right))
        steps = min(x.shape[1], y.shape[1])
        x, y = x[:, :steps], y[:, :steps]
        where = np.abs(x - y) > relative * float(np.abs(x).max(initial=0.0))
        if where.any():
            step = int(where.any(axis=(0, 2)).argmax())
            trial, unit = (int(k) for k in np.argwhere(where[:, step])[0])
            if best is None or step < best[0]:
                pair = float(x[trial, step, unit]), float(y[trial, step, unit])
                best = step, key, trial, unit, *pair
    if best is None:
        return None
    sample, (population, variable), trial, unit, one, other = best
    step = sample * left.traces[population, variable].every
    ratio = f"; as {other / one:.6g} to 1" if one else ""
    return Difference(
        population=population, variable=variable, trial=trial, step=step, unit=unit, left=one,
        right=other, suspected=(f"values only: no spike differs{ratio}",),
    )  # fmt: skip
