"""Averages along orbits: Lyapunov exponents, firing rates and scans of a parameter.

Many units run side by side, one for each value of the parameter. What is averaged is written in
the language of the unit itself, as one more state that sums it up, so that a scan runs on the
compiled engine and keeps nothing but sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yuragi import backend
from yuragi.dynamics import Dynamics
from yuragi.equations.calculus import expand
from yuragi.equations.text import to_text
from yuragi.equations.tree import names
from yuragi.errors import UnsupportedError
from yuragi.network import Network
from yuragi_models.analysis.slopes import partial

__all__ = ["Scan", "averages", "exponents", "scan", "slope"]

Array = NDArray[Any]


def averages(
    unit: Dynamics,
    quantities: Mapping[str, str],
    *,
    parameters: Mapping[str, ArrayLike] | None = None,
    initial: Mapping[str, ArrayLike] | None = None,
    steps: int = 20_000,
    discard: int = 1_000,
    dt: float | None = None,
    backend_name: str = "chip",
) -> dict[str, Array]:
    """The mean of each quantity over `steps` steps, after `discard` steps.

    quantities: expressions in the variables of the unit, read before each update.
    parameters, initial: one value, or one for each unit.      shape () or (units,)
    Returns shape (units,) for each quantity.
    """
    given = {**(parameters or {}), **(initial or {})}
    size = max((np.size(value) for value in given.values()), default=1)
    sums = {f"total{k}_": text for k, text in enumerate(quantities.values())}
    lines = "\n".join(f"{name}(t+1) = {name} + ({text})" for name, text in sums.items())
    watched = replace(unit, equations=f"{_lines(unit.equations)}\n{lines}")
    net = Network(dt=dt)
    net.population("units", size, watched, parameters=parameters, initial=initial)
    every = gcd(steps, discard)
    for name in sums:
        net.probe("units", name, every=every)
    run = backend.compile(net, backend=backend_name).run(steps=discard + steps + 1)
    found = {}
    for name, total in zip(quantities, sums, strict=True):
        kept = run.trace("units", total)
        found[name] = (kept[-1] - kept[discard // every]) / steps
    return found


def _lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def slope(unit: Dynamics) -> str:
    """dF/dy of a map y(t+1) = F(y) with one state, as text.

    Raises UnsupportedError for a unit with another number of states.
    """
    if unit.system.derivatives or len(unit.system.updates) != 1:
        states = len(unit.system.states)
        raise UnsupportedError(f"{unit.name}: {states} states; the slope is of a map with one")
    state, update = unit.system.updates[0]
    found = partial(expand(update, unit.system.bindings), state)
    missing = names(found) & set(unit.ports)
    if missing:
        raise UnsupportedError(f"{unit.name}: its slope depends on {', '.join(sorted(missing))}")
    return to_text(found)


def exponents(
    unit: Dynamics,
    *,
    parameters: Mapping[str, ArrayLike] | None = None,
    initial: Mapping[str, ArrayLike] | None = None,
    steps: int = 20_000,
    discard: int = 1_000,
) -> Array:
    """Lyapunov exponents of a map with one state: the mean of ln |dF/dy|.  shape (units,)"""
    quantity = {"exponent": f"log(abs({slope(unit)}))"}
    found = averages(
        unit, quantity, parameters=parameters, initial=initial, steps=steps, discard=discard
    )
    return found["exponent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a map with one state does over the values of a parameter.

    exponents, rates: one for each value.      visited: states of the last steps, (values, kept)
    """

    unit: str
    parameter: str
    values: Array
    exponents: Array
    rates: Array
    visited: Array

    def plot(self, figure: Any = None) -> Any:
        """Bifurcation diagram, firing rate and exponent, one above the other; the figure."""
        if figure is None:
            from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load

            figure = Figure(figsize=(7.0, 6.0), layout="constrained")
        states, rate, exponent = figure.subplots(3, 1, sharex=True)
        across = np.repeat(self.values, self.visited.shape[1])
        states.plot(across, self.visited.reshape(-1), ",", color="black", alpha=0.4)
        states.set_ylabel("state")
        states.set_title(f"{self.unit}: {self.parameter}")
        rate.plot(self.values, self.rates, color="tab:blue", linewidth=1.0)
        rate.set_ylabel("firing rate")
        exponent.axhline(0.0, color="0.7", linewidth=0.8)
        exponent.plot(self.values, self.exponents, color="tab:red", linewidth=0.8)
        exponent.set_ylabel("Lyapunov exponent")
        exponent.set_xlabel(self.parameter)
        return figure


def scan(
    unit: Dynamics,
    parameter: str,
    values: ArrayLike,
    *,
    fires: str,
    parameters: Mapping[str, float] | None = None,
    start: float = 0.1,
    steps: int = 20_000,
    discard: int = 1_000,
    kept: int = 100,
) -> Scan:
    """Scan a parameter of a map with one state.

    fires: when a unit counts as firing, such as "y >= 0".      start: every state at step 0.
    kept: states of the last steps, for the bifurcation diagram.
    """
    across = np.asarray(values, dtype=np.float64)
    state = unit.system.states[0]
    given: dict[str, ArrayLike] = {**(parameters or {}), parameter: across}
    quantities = {"exponent": f"log(abs({slope(unit)}))", "rate": f"where({fires}, 1, 0)"}
    means = averages(
        unit, quantities, parameters=given, initial={state: start}, steps=steps, discard=discard
    )
    net = Network()
    net.population("units", len(across), unit, parameters=given, initial={state: start})
    net.probe("units", state)
    trace = backend.compile(net, backend="chip").run(steps=discard + kept).trace("units", state)
    return Scan(
        unit=unit.name,
        parameter=parameter,
        values=across,
        exponents=means["exponent"],
        rates=means["rate"],
        visited=trace[-kept:].T,
    )
