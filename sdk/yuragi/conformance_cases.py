"""The networks that every backend must run as the reference does.

A package offers more through the entry-point group `yuragi.conformance`; each entry names a
sequence of cases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import entry_points
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.dynamics import Dynamics
from yuragi.network import Network
from yuragi.plasticity import Plasticity
from yuragi.wiring.convolution import avg_pool2d, conv2d
from yuragi.wiring.rules import random

__all__ = ["CASES", "Case", "offered_cases"]

Array = NDArray[Any]
_SUMS = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A network that every backend runs as the reference does.

    trials: None: as many as the network's own stimulus has.
    relative: tolerance, of the largest value of a trace; None: equal bit for bit.
    horizon: steps for which a chaotic network is held to that; None: all of them.
    mean: tolerance of the mean over the steps after the horizon.
    """

    name: str
    build: Callable[[], Network]
    steps: int
    trials: int | None = 1
    relative: float | None = None
    horizon: int | None = None
    mean: float = 0.1


# -- unit models, written out: a case must not change with the zoo -------------------------------

_LIF = Dynamics(
    name="lif",
    equations="v(t+1) = decay*v + i + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    parameters={"decay": 0.9, "bias": 0.15},
)
_CUBA = Dynamics(
    name="cuba_lif",
    equations="now = 0.75*u + i\nu(t+1) = now\nv(t+1) = 0.875*v + now + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    parameters={"bias": 0.2},
)
_TANH = Dynamics(
    name="leaky_tanh",
    equations="h(t+1) = (1 - a)*h + a*tanh(i + 0.1)",
    ports=("i",),
    output="h",
    parameters={"a": 0.3},
)
_CHAOTIC = Dynamics(
    name="chaotic_neuron",
    equations="""
        eta(t+1)  = k_f*eta + feedback
        zeta(t+1) = k_r*zeta - alpha*x + a
        x         = sigmoid((eta + zeta)/epsilon)
    """,
    ports=("feedback",),
    output="x",
    parameters={"k_f": 0.2, "k_r": 0.9, "alpha": 10.0, "a": 2.0, "epsilon": 0.015},
)
_NAGUMO_SATO = Dynamics(
    name="nagumo_sato",
    equations="y(t+1) = k*y - heaviside(y) + a + i",
    ports=("i",),
    threshold="y >= 0",
    parameters={"k": 0.5, "a": 0.37},
)
_NOISY = Dynamics(
    name="noisy",
    equations="p = clip(0.3 + 0.1*i, 0, 1)\nv(t+1) = 0.5*v + i + uniform(-0.25, 0.25)",
    ports=("i",),
    threshold="uniform() < p",
)
_ANALOG_SPIKE = Dynamics(
    name="analog_spike",
    equations="v(t+1) = 0.8*v + i + 0.3",
    ports=("i",),
    output="v",
    threshold="v > 1",
    reset="v -= 1",
)
# What TrueNorth, ODIN and Xylo have, one neuron each.
_INTEGRATE = Dynamics(
    name="integrate",
    equations="v(t+1) = v + i + bias",
    ports=("i",),
    threshold="v > 1",
    reset="v = 0",
    parameters={"bias": 0.125},
)
_FROM_ZERO = Dynamics(
    name="from_zero",
    equations="v(t+1) = max(v + i, 0)",
    ports=("i",),
    threshold="v >= 1",
    reset="v = 0",
)
_SUBTRACT = Dynamics(
    name="subtract",
    equations="u(t+1) = 0.75*u + i\nv(t+1) = 0.5*v + 0.75*u + i",
    ports=("i",),
    threshold="v >= 1",
    reset="v -= 1",
)
_INPUT = Dynamics(name="relay", equations="y = i", ports=("i",), output="y")
_LEAK = "dv/dt = (i + 0.5 - v)/tau"
_CUBIC = "dv/dt = (i + 0.5 - v*v*v)/tau - w\ndw/dt = 0.3*v - w"


def _signal(*shape: int) -> Array:
    """Values in (-0.5, 1) on a grid of 1/256, the same on every call."""
    drawn = np.random.default_rng(20).integers(-128, 256, size=shape)
    return drawn / 256


def _spread(size: int, low: float, high: float) -> Array:
    """One value for each unit."""
    return np.linspace(low, high, size)


def _recurrent(
    unit: Dynamics,
    *,
    size: int = 12,
    density: float = 0.4,
    port: str = "i",
    steps: int = 40,
    stimulus: float = 0.5,
    **options: Any,
) -> Network:
    """A population that projects to itself, so that one projection feeds its port."""
    net = Network(seed=11, dt=0.01)
    net.population("cells", size, unit, **options)
    low, high = (-0.5, 0.5) if stimulus else (-1.0, 1.0)
    weights = random(size, size, density=density, low=low, high=high, seed=3)
    net.project("cells", "cells", weights=weights, port=port)
    if stimulus:
        net.stimulate("cells", stimulus * _signal(steps, size), port=port)
    _probe(net, "cells", unit)
    return net


def _probe(net: Network, name: str, unit: Dynamics) -> None:
    if unit.spiking:
        net.probe(name, "spikes")
    for variable in unit.system.variables:
        net.probe(name, variable)


def _ode(method: str, equations: str) -> Dynamics:
    return Dynamics(
        name=method,
        equations=equations,
        ports=("i",),
        output="v",
        parameters={"tau": 0.1},
        method=method,
    )


def _chain(*delays: int) -> Network:
    """Populations one after the other."""
    net = Network(seed=1)
    net.population("p0", 4, _INPUT)
    net.stimulate("p0", _signal(10, 4), port="i")
    for k, delay in enumerate(delays, start=1):
        net.population(f"p{k}", 4, _TANH)
        weights = random(4, 4, density=0.5, seed=k)
        net.project(f"p{k - 1}", f"p{k}", weights=weights, port="i", delay=delay)
        _probe(net, f"p{k}", _TANH)
    return net


def _mixed_delays() -> Network:
    net = _recurrent(_LIF)
    delays = 1 + np.arange(144).reshape(12, 12) % 5
    net.project("cells", "cells", weights=_signal(12, 12), port="i", delay=delays)
    return net


def _several_inputs() -> Network:
    net = _recurrent(_TANH)
    net.population("spikes", 9, _LIF, parameters={"bias": _spread(9, 0.1, 0.5)})
    net.project("spikes", "cells", weights=random(12, 9, inputs=3, seed=5), port="i")
    return net


def _trials() -> Network:
    net = _recurrent(_LIF, stimulus=0.0, parameters={"bias": 0.15})
    net.stimulate("cells", _signal(5, 40, 12), port="i")
    return net


def _short_stimulus() -> Network:
    return _recurrent(_LIF, steps=7, parameters={"bias": 0.0})


def _alternating() -> Network:
    net = _recurrent(_LIF, size=5)
    net.population("other", 3, _TANH)
    net.project("other", "cells", weights=_signal(5, 3), port="i", delay=0)
    net.project("cells", "other", weights=_signal(3, 5), port="i", delay=2)
    _probe(net, "other", _TANH)
    return net


def _images() -> Network:
    net = Network(seed=5)
    net.input("image", 2 * 6 * 5, 2.0 * _signal(30, 60), spiking=True)
    net.population("cells", 4 * 3 * 3, _LIF, parameters={"bias": 0.05})
    net.population("pooled", 4 * 2 * 1, _LIF)
    kernel = 2.0 * _signal(4, 1, 3, 2)
    conv = conv2d(kernel, (6, 5), stride=2, padding=1, dilation=(1, 2), groups=2)
    net.project("image", "cells", weights=conv, port="i", delay=0)
    net.project("cells", "pooled", weights=avg_pool2d(4, (3, 3), (2, 3), stride=1), port="i")
    _probe(net, "cells", _LIF)
    _probe(net, "pooled", _LIF)
    return net


def _fixed(unit: Dynamics) -> Network:
    """Spikes in, two weights that small words hold, and each unit against all others."""
    net = Network(seed=13)
    net.input("in", 8, 2.0 * _signal(40, 8), spiking=True)
    net.population("cells", 6, unit)
    net.project("in", "cells", weights=np.where(_signal(6, 8) > 0.0, 0.5, 0.0), port="i")
    net.project("cells", "cells", weights=-0.25 * (1.0 - np.eye(6)), port="i")
    _probe(net, "cells", unit)
    return net


_PAIR_STDP = Plasticity(
    name="pair_stdp",
    equations="""
        x(t+1) = 0.875*x + s_pre
        y(t+1) = 0.875*y + s_post
        w(t+1) = max(min(w + 0.03*(x*s_post - y*s_pre), 1), -1)
    """,
)
_REWARDED = Plasticity(
    name="rewarded",
    equations="""
        x(t+1) = 0.75*x + s_pre
        e(t+1) = 0.9*e + x*s_post
        w(t+1) = w + 0.05*e*(v - 0.5) + 0.01*(uniform() - 0.5)
    """,
    reads=("v",),
)


def _learning(rule: Plasticity) -> Network:
    net = Network(seed=9)
    net.input("in", 9, 2.0 * _signal(2, 60, 9), spiking=True)
    net.population("cells", 5, _LIF)
    net.project("in", "cells", weights=_signal(5, 9), port="i", plasticity=rule)
    net.project("cells", "cells", weights=np.zeros((5, 5)), port="i", delay=2, plasticity=rule)
    net.probe("in -> cells.i", "w")
    net.probe("in -> cells.i", "x")
    _probe(net, "cells", _LIF)
    return net


def _refractory(unit: Dynamics, steps: int) -> Dynamics:
    return replace(unit, refractory=steps)


CASES: tuple[Case, ...] = (
    Case(name="lif, dense", steps=40, build=lambda: _recurrent(_LIF, density=1.0)),
    Case(name="lif, sparse", steps=40, build=lambda: _recurrent(_LIF, density=0.2)),
    Case(name="lif, refractory", steps=40, build=lambda: _recurrent(_refractory(_LIF, 3))),
    Case(name="cuba_lif", steps=40, build=lambda: _recurrent(_CUBA)),
    Case(name="cuba_lif, refractory", steps=40, build=lambda: _recurrent(_refractory(_CUBA, 2))),
    Case(name="graded tanh", steps=40, build=lambda: _recurrent(_TANH)),
    Case(
        name="chaotic neurons",
        steps=400,
        horizon=40,
        build=lambda: _recurrent(_CHAOTIC, port="feedback", stimulus=0.0),
    ),
    Case(
        name="nagumo-sato",
        steps=60,
        build=lambda: _recurrent(_NAGUMO_SATO, parameters={"a": _spread(12, 0.1, 0.9)}),
    ),
    Case(name="zero delay chain", steps=12, build=lambda: _chain(0, 0, 0)),
    Case(name="chain with delays", steps=16, build=lambda: _chain(1, 3, 0, 2)),
    Case(name="a delay for each synapse", steps=40, relative=_SUMS, build=_mixed_delays),
    Case(name="several projections to a port", steps=40, relative=_SUMS, build=_several_inputs),
    Case(name="convolution and pooling", steps=40, build=_images),
    Case(name="a circle with a zero delay", steps=40, relative=_SUMS, build=_alternating),
    Case(name="noise", steps=40, trials=3, build=lambda: _recurrent(_NOISY)),
    Case(
        name="parameters and states of each unit",
        steps=40,
        build=lambda: _recurrent(
            _LIF,
            parameters={"decay": _spread(12, 0.5, 0.99), "bias": _spread(12, 0.0, 0.4)},
            initial={"v": _spread(12, -1.0, 0.9)},
        ),
    ),
    *(
        Case(name=f"linear equation, {m}", steps=40, build=partial(_recurrent, _ode(m, _LEAK)))
        for m in ("exact", "exponential_euler", "euler", "rk4")
    ),
    *(
        Case(name=f"cubic equations, {m}", steps=40, build=partial(_recurrent, _ode(m, _CUBIC)))
        for m in ("exponential_euler", "euler", "rk4")
    ),
    Case(name="integrate and fire", steps=40, build=lambda: _fixed(_INTEGRATE)),
    Case(name="a voltage from 0 upwards", steps=40, build=lambda: _fixed(_FROM_ZERO)),
    Case(name="a reset less the threshold", steps=40, build=lambda: _fixed(_SUBTRACT)),
    Case(name="several trials", steps=40, trials=5, build=_trials),
    Case(name="a stimulus shorter than the run", steps=40, build=_short_stimulus),
    *(
        Case(
            name=f"plasticity, {r.name}",
            steps=60,
            trials=2,
            relative=_SUMS,
            build=partial(_learning, r),
        )
        for r in (_PAIR_STDP, _REWARDED)
    ),
    Case(name="graded with a threshold", steps=40, build=lambda: _recurrent(_ANALOG_SPIKE)),
)


def offered_cases() -> tuple[Case, ...]:
    """The cases of every installed package that offers some, in the order of their names."""
    found = sorted(entry_points(group="yuragi.conformance"), key=lambda entry: entry.name)
    return tuple(case for entry in found for case in entry.load())
