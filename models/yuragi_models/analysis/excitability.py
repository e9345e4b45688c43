"""Rest, bifurcations and rates of conductance models: what kind of excitability a unit has.

A unit of class I can fire as slowly as one likes: its rest vanishes in a saddle-node on an
invariant circle. A unit of class II begins with a rate of its own: its rest loses stability in a
Hopf bifurcation. Beside a homoclinic orbit it begins with a rate of its own, too, though its rest
vanishes in a saddle-node: it could fire before.
Source: Hodgkin, J. Physiol. 107 (1948) 165; Rinzel & Ermentrout, in Koch & Segev, Methods in
Neuronal Modeling (1989).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar, root

from yuragi import backend
from yuragi.dynamics import Dynamics
from yuragi.equations.calculus import derivative
from yuragi.equations.evaluate import evaluate
from yuragi.equations.tree import Expression, Name, rewrite
from yuragi.errors import RunError
from yuragi.network import Network

__all__ = ["Excitability", "Rates", "firing_rates", "rates_figure"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Rates of repetitive firing.  currents, hertz: shape (currents,); 0 where it stops"""

    unit: str
    currents: Array
    hertz: Array

    @property
    def onset(self) -> float:
        """The smallest current that keeps it firing; nan where none does."""
        firing = self.currents[self.hertz > 0]
        return float(firing.min()) if len(firing) else float("nan")

    def plot(self, axes: Any = None) -> Any:
        """The f-I curve; returns the axes."""
        if axes is None:
            from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load

            axes = Figure(figsize=(5.0, 3.2), layout="constrained").subplots()
        axes.plot(self.currents, self.hertz, ".-", color="tab:blue", markersize=4)
        axes.set_xlabel("current (µA/cm²)")
        axes.set_ylabel("firing rate (Hz)")
        axes.set_title(self.unit, fontsize="medium")
        return axes


def firing_rates(
    unit: Dynamics,
    parameter: str,
    currents: Sequence[float] | Array,
    *,
    dt: float,
    seconds: float = 1.0,
    parameters: Mapping[str, float] | None = None,
    profile: str = "ideal",
) -> Rates:
    """The f-I curve of a unit that spikes by its own threshold, over the second half of a run.

    parameter: what the currents are.      dt: the time of a step, in seconds.
    profile: the chip in whose integers the units run, floats by default.
    """
    net = Network(dt=dt)
    across = np.asarray(currents, dtype=np.float64)
    given: dict[str, ArrayLike] = {**(parameters or {}), parameter: across}
    net.population("units", len(across), unit, parameters=given)
    net.probe("units", "spikes")
    steps = round(seconds / dt)
    train = backend.compile(net, profile=profile).run(steps=steps).spike_trains["units"]
    times = [train.step[train.unit == k] * dt for k in range(len(across))]
    return Rates(unit=unit.name, currents=across, hertz=_steady_rates(times, seconds))


def _steady_rates(times: Sequence[Array], seconds: float) -> Array:
    """One over the mean interval in the second half; 0 where spikes stop before its end."""
    hertz = []
    for spikes in times:
        late = spikes[spikes > seconds / 2]
        steady = len(late) > 2 and late[-1] > seconds - 3 * np.diff(late).max()
        hertz.append((len(late) - 1) / (late[-1] - late[0]) if steady else 0.0)
    return np.array(hertz)


def rates_figure(curves: Sequence[Rates]) -> Any:
    """F-I curves side by side, each on its own scale; the figure."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load

    figure = Figure(figsize=(1.0 + 2.6 * len(curves), 3.0), layout="constrained")
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for panel, curve in zip(panels, curves, strict=True):
        curve.plot(panel)
        panel.set_ylabel("firing rate (Hz)" if panel is panels[0] else "")
        panel.spines[["top", "right"]].set_visible(False)
    return figure


@dataclass(slots=True)
class Excitability:
    """A unit of differential equations whose `current` adds to dv/dt.

    step: of its runs, in seconds.      above: what counts as a spike, in the unit of its voltage.
    """

    unit: Dynamics
    current: str = "current"
    voltage: str = "v"
    step: float = 1e-5
    above: float = 50.0
    _flow: dict[str, Expression] = field(init=False)
    _slopes: list[list[Expression]] = field(init=False)

    def __post_init__(self) -> None:
        bindings = dict(self.unit.system.bindings)

        def inlined(node: Expression) -> Expression:
            known = isinstance(node, Name) and node.id in bindings
            return rewrite(bindings[node.id], inlined) if known else node  # type: ignore[union-attr]

        self._flow = {name: rewrite(e, inlined) for name, e in self.unit.system.derivatives}
        flows = self._flow.values()
        self._slopes = [[derivative(e, name) for name in self._flow] for e in flows]

    def _values(self, state: Array, current: float | Array) -> dict[str, Array]:
        known = {**self.unit.parameters, self.current: current}
        values = {name: np.asarray(value, dtype=np.float64) for name, value in known.items()}
        values |= {port: np.asarray(0.0) for port in self.unit.ports}
        return values | {name: np.asarray(x) for name, x in zip(self._flow, state, strict=True)}

    def flow(self, state: Array, current: float | Array) -> Array:
        """dy/dt at a state, or at many.  shape (states, ...), in the order of the equations"""
        values = self._values(state, current)
        found = np.empty(np.shape(state))
        for k, expression in enumerate(self._flow.values()):
            found[k] = evaluate(expression, values)
        return found

    def jacobian(self, state: Array, current: float | Array) -> Array:
        """d(dy/dt)/dy at a state, or at many.  shape (..., states, states)"""
        values = self._values(state, current)
        found = np.empty((*np.shape(state)[1:], len(self._flow), len(self._flow)))
        with np.errstate(all="ignore"):  # `where` looks at both of its branches
            for i, row in enumerate(self._slopes):
                for j, expression in enumerate(row):
                    found[..., i, j] = evaluate(expression, values)
        return found

    def rest(self, current: float = 0.0, start: Array | None = None) -> Array:
        """The fixed point near a start, by default that of the unit.  shape (states,)

        Raises RunError where none is found.
        """
        begin = np.array([self.unit.initial.get(name, 0.0) for name in self._flow])
        found = root(
            lambda y: self.flow(y, current),
            begin if start is None else start,
            jac=lambda y: self.jacobian(y, current),
            tol=1e-13,
        )
        if np.abs(self.flow(found.x, current)).max() > 1e-6 * max(1.0, np.abs(found.x).max()):
            raise RunError(f"{self.unit.name}: no fixed point was found at a current of {current}")
        return np.asarray(found.x)

    def steady_current(self, voltage: float | Array) -> Any:
        """The current at which each voltage is a fixed point.  shape of `voltage`"""
        state = self.state_at(voltage)
        rate = derivative(self._flow[self.voltage], self.current)
        per_current = evaluate(rate, self._values(state, 0.0))
        return -self.flow(state, 0.0)[list(self._flow).index(self.voltage)] / per_current

    def state_at(self, voltage: float | Array) -> Array:
        """The fixed point at each voltage.  shape (states, ...)"""
        at = np.asarray(voltage, dtype=np.float64)
        start = {name: self.unit.initial.get(name, 0.0) for name in self._flow}
        state = np.array([np.full(at.shape, start[name]) for name in self._flow])
        state[list(self._flow).index(self.voltage)] = at
        # each gate relaxes linearly at a fixed voltage
        slopes = np.diagonal(self.jacobian(state, 0.0), axis1=-2, axis2=-1)
        moved = state - self.flow(state, 0.0) / np.moveaxis(slopes, -1, 0)
        gates = np.array([name != self.voltage for name in self._flow])
        state[gates] = moved[gates]
        return state

    def growth(self, voltage: float | Array) -> Any:
        """The largest real part of the eigenvalues at the fixed point of each voltage."""
        slopes = self.jacobian(self.state_at(voltage), self.steady_current(voltage))
        return np.linalg.eigvals(slopes).real.max(axis=-1)

    def saddle_node(self, low: float, high: float) -> float:
        """The current of the fold of fixed points between two voltages: a maximum of I(v)."""
        found = minimize_scalar(
            lambda v: -float(self.steady_current(v)),
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-9},
        )
        return float(self.steady_current(found.x))

    def hopf(self, low: float, high: float, points: int = 400) -> list[float]:
        """The currents between two voltages at which a pair of eigenvalues crosses the axis."""
        across = np.linspace(low, high, points)
        growth = self.growth(across)
        found = []
        for a, b, first, second in zip(
            across[:-1], across[1:], growth[:-1], growth[1:], strict=True
        ):
            if first * second < 0:
                voltage = float(brentq(self.growth, a, b, xtol=1e-12))
                state = self.state_at(voltage)
                jacobian = self.jacobian(state, self.steady_current(voltage))
                values = np.linalg.eigvals(jacobian)
                if np.abs(values[np.abs(values.real).argmin()].imag) > 1e-9:
                    found.append(float(self.steady_current(voltage)))
        return found

    def spikes(
        self, currents: Sequence[float] | Array, seconds: float, start: Array | None = None
    ) -> list[Array]:
        """The times of the upstrokes at each current, in seconds, from a start."""
        net = Network(dt=self.step)
        begin = {} if start is None else dict(zip(self._flow, start, strict=True))
        net.population(
            "units",
            len(currents),
            replace(self.unit, threshold=None, reset=None, output=None),
            parameters={self.current: np.asarray(currents)},
            initial=begin,
        )
        every = max(1, round(5e-5 / self.step))
        net.probe("units", self.voltage, every=every)
        run = backend.compile(net, backend="chip").run(steps=round(seconds / self.step))
        over = run.trace("units", self.voltage) > self.above
        rose = over[1:] & ~over[:-1]
        return [(np.flatnonzero(rise) + 1) * every * self.step for rise in rose.T]

    def rates(
        self,
        currents: Sequence[float] | Array,
        *,
        seconds: float = 1.0,
        start: Array | None = None,
    ) -> Rates:
        """Rates over the second half of a run: the mean interval of the spikes there."""
        hertz = _steady_rates(self.spikes(currents, seconds, start), seconds)
        return Rates(unit=self.unit.name, currents=np.asarray(currents), hertz=hertz)

    def onset(
        self, low: float, high: float, *, seconds: float = 1.0, once: bool = False
    ) -> tuple[float, float]:
        """The smallest step of current from its rest that makes it fire, and the rate there.

        once: that makes it fire at all, instead of again and again.
        """
        hertz, start = float("nan"), self.rest()
        for _ in range(3):
            currents = np.linspace(low, high, 17)
            if once:
                fires = np.array(
                    [len(times) > 0 for times in self.spikes(currents, seconds, start)]
                )
            else:
                found = self.rates(currents, seconds=seconds, start=start)
                fires = found.hertz > 0
            if not fires.any() or fires.all():
                raise RunError(f"{self.unit.name}: no onset between {low:g} and {high:g}")
            k = int(fires.argmax())
            low, high = float(currents[k - 1]), float(currents[k])
            hertz = float("nan") if once else float(found.hertz[k])
        return high, hertz

    def verdict(
        self, low: float, high: float, *, beyond: float = 0.1, seconds: float = 6.0
    ) -> Literal["class I", "class II", "homoclinic"]:
        """How the rest between two voltages ends as the current grows.

        Class II in a Hopf bifurcation. In a fold else: class I where the rate grows from 0 as a
        square root, so that it doubles from `beyond` the fold to four times as far; homoclinic
        where it is there at once.
        seconds: of the runs beyond the fold, enough for some spikes.
        """
        fold = self.saddle_node(low, high)
        if any(current < fold - 1e-9 for current in self.hopf(low, high)):
            return "class II"
        near, far = self.rates([fold + beyond, fold + 4.0 * beyond], seconds=seconds).hertz
        return "class I" if near < 0.75 * far else "homoclinic"
