"""Checks of the units: Boolean functions, sigmoids, staircases, exponents, pitchforks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import gcd, log, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from yuragi import backend
from yuragi.equations.calculus import derivative
from yuragi.equations.evaluate import evaluate
from yuragi.network import Network
from yuragi_models.analog import SIGMOID
from yuragi_models.analysis.excitability import Excitability
from yuragi_models.analysis.scans import averages, exponents
from yuragi_models.chaotic import CHAOTIC_RELU, NAGUMO_SATO, SINGLE_CHAOTIC_NEURON
from yuragi_models.pitchfork import PITCHFORK, PITCHFORK_PAIR

__all__ = ["CHECKS"]

Array = NDArray[Any]
_PERIODS = 60  # of every rate p/q with q up to 6
_FIRES = "where(y >= 0, 1, 0)"


def boolean_functions(inputs: int) -> int:
    """How many functions of two inputs two units and an output unit compute."""
    pairs = np.array(list(product((0.0, 1.0), repeat=inputs)))
    small = [(a, b, t) for a, b in product((-1.0, 0.0, 1.0), repeat=2) for t in np.arange(-1.5, 2)]
    seen = {tuple(pairs @ [a, b] >= t) for a, b, t in small}
    columns = np.array(sorted(seen), dtype=np.float64)
    found = set()
    for (k, first), (_, second) in product(enumerate(columns), repeat=2):
        del k
        for a, b, t in small:
            found.add(tuple(a * first + b * second >= t))
    return sum(_computed(pairs, wanted) for wanted in found)


def _computed(pairs: Array, wanted: tuple[bool, ...]) -> bool:
    """Whether a network of at most three units gives this truth table."""
    small = [(a, b, t) for a, b in product((-1.0, 0.0, 1.0), repeat=2) for t in np.arange(-1.5, 2)]
    hidden = {tuple(pairs @ [a, b] >= t): (a, b, t) for a, b, t in small}
    for (first, one), (second, two) in product(hidden.items(), repeat=2):
        for a, b, t in small:
            if tuple(a * np.array(first) + b * np.array(second) >= t) == wanted:
                return _runs(pairs, (one, two), (a, b, t), wanted)
    return False


def _runs(pairs: Array, hidden: Any, output: Any, wanted: tuple[bool, ...]) -> bool:
    net = Network()
    net.input("inputs", 2, pairs)
    net.population("hidden", 2, "mcculloch_pitts", parameters={"theta": [t for *_, t in hidden]})
    net.population("output", 1, "mcculloch_pitts", parameters={"theta": output[2]})
    net.project("inputs", "hidden", weights=[h[:2] for h in hidden], port="i", delay=0)
    net.project("hidden", "output", weights=[output[:2]], port="i", delay=0)
    net.probe("output", "spikes")
    spikes = backend.compile(net, backend="reference").run().spikes("output")[:, 0]
    return bool((spikes == np.array(wanted)).all())


def single_unit_functions(inputs: int) -> list[int]:
    """How many functions of two inputs one unit computes, and whether XOR is among them."""
    pairs = np.array(list(product((0.0, 1.0), repeat=inputs)))
    net = Network()
    net.input("inputs", inputs, pairs)
    across = np.array([(a, b, t) for a, b in product((-2.0, -1.0, 1.0, 2.0), repeat=2)
                       for t in np.arange(-4.5, 5.0)])  # fmt: skip
    net.population("units", len(across), "mcculloch_pitts", parameters={"theta": across[:, 2]})
    net.project("inputs", "units", weights=across[:, :2], port="i", delay=0)
    net.probe("units", "spikes")
    spikes = backend.compile(net, backend="reference").run().spikes("units")
    found = {tuple(column) for column in spikes.T.astype(bool).tolist()}
    return [len(found), int((False, True, True, False) in found)]


def steep(u: Sequence[float], eps: float) -> float:
    """The largest difference of a steep sigmoid from a threshold, away from it."""
    across = np.asarray(u, dtype=np.float64)
    return float(np.abs(_sigmoid(across, eps) - (across >= 0)).max())


def _sigmoid(u: Array, epsilon: float) -> Array:
    net = Network()
    net.population("units", len(u), "sigmoid", parameters={"bias": u, "epsilon": epsilon})
    net.probe("units", "y")
    return backend.compile(net, backend="chip").run(steps=1).trace("units", "y")[0]


def sigmoid(eps: str) -> list[float]:
    """f(0), 4 eps f'(0) and f(u) + f(-u), each at the width where it is worst."""
    del eps
    worst = [0.5, 1.0, 1.0]
    rise = derivative(dict(SIGMOID.system.bindings)["y"], "u")
    for epsilon in (0.015, 0.1, 1.0):
        f = _sigmoid(np.array([0.0, 0.7 * epsilon, -0.7 * epsilon]), epsilon)
        slope = evaluate(rise, {"u": np.asarray(0.0), "epsilon": np.asarray(epsilon)})
        found = [f[0], 4 * epsilon * float(slope), f[1] + f[2]]
        pairs = zip(worst, found, (0.5, 1.0, 1.0), strict=True)
        worst = [w if abs(w - t) > abs(v - t) else float(v) for w, v, t in pairs]
    return worst


def weighted_sum(w: Sequence[float], x: Sequence[float], b: float) -> float:
    """The sigmoid of w x + b."""
    net = Network()
    net.input("inputs", len(x), [x])
    net.population("unit", 1, "sigmoid", parameters={"bias": b})
    net.project("inputs", "unit", weights=[w], port="i", delay=0)
    net.probe("unit", "y")
    return float(backend.compile(net, backend="chip").run().trace("unit", "y")[0, 0])


def mean_square(y: Sequence[float], yhat: Sequence[float]) -> float:
    """The mean squared error."""
    return float(np.mean((np.asarray(y, dtype=float) - np.asarray(yhat)) ** 2))


def _edges(k: Array, rate: Array, *, above: Array) -> Array:
    """The smallest a at which the rate is reached, or passed where `above`; by bisection."""
    low, high = np.zeros_like(k), np.ones_like(k)
    for _ in range(17):
        a = (low + high) / 2
        found = averages(
            NAGUMO_SATO,
            {"rate": _FIRES},
            parameters={"k": k, "a": a},
            steps=50 * _PERIODS,
            discard=20 * _PERIODS,
        )["rate"]
        beyond = found > rate + np.where(above, 1e-6, -1e-6)
        low, high = np.where(beyond, low, a), np.where(beyond, a, high)
    return (low + high) / 2


def widths(k: Sequence[float], alpha: float, largest_q: int) -> float:
    """The largest error of a plateau's width."""
    del alpha
    plateaus = [
        (decay, p, q)
        for decay in k
        for q in range(2, largest_q + 1)
        for p in range(1, q)
        if gcd(p, q) == 1
    ]
    decays = np.array([decay for decay, *_ in plateaus])
    rates = np.array([p / q for _, p, q in plateaus])
    ends = _edges(np.tile(decays, 2), np.tile(rates, 2), above=np.repeat([0, 1], len(rates)) > 0)
    found = ends[len(rates) :] - ends[: len(rates)]
    q = np.array([q for *_, q in plateaus])
    exact = (1 - decays) ** 2 * decays ** (q - 2) / (1 - decays**q)
    return float(np.abs(found - exact).max())


def plateau(rate: float) -> Any:
    """The check of the interval of a with a rate."""

    def interval(k: float, alpha: float) -> list[float]:
        del alpha
        ends = _edges(np.full(2, k), np.full(2, rate), above=np.array([False, True]))
        return [float(end) for end in ends]

    return interval


def staircase_exponent(k: Sequence[float]) -> float:
    """The largest difference from ln k over many a."""
    worst = 0.0
    for decay in k:
        a = np.linspace(0.01, 0.99, 50)
        found = exponents(NAGUMO_SATO, parameters={"k": decay, "a": a}, steps=2000, discard=100)
        worst = max(worst, float(np.abs(found - log(decay)).max()))
    return worst


def _chaotic(k: float, alpha: float, eps: float, a: Any, steps: int) -> tuple[Array, Array]:
    """Exponents and rates of single chaotic neurons, over ten starts each."""
    across = np.repeat(np.atleast_1d(np.asarray(a, dtype=np.float64)), 10)
    given: dict[str, Any] = {"k": k, "alpha": alpha, "epsilon": eps, "a": across}
    start = {"y": np.tile(np.linspace(0.05, 0.4, 10), len(across) // 10)}
    slope = f"log(abs({k} - {alpha}*x*(1 - x)/{eps}))"
    found = averages(
        SINGLE_CHAOTIC_NEURON,
        {"exponent": slope, "rate": "where(x >= 0.5, 1, 0)"},
        parameters=given,
        initial=start,
        steps=steps,
    )
    means = [found[name].reshape(-1, 10).mean(axis=1) for name in ("exponent", "rate")]
    return means[0], means[1]


def rates(k: float, alpha: float, eps: float, a: Sequence[float], steps: int = 30_000) -> Any:
    """Firing rates."""
    return _chaotic(k, alpha, eps, a, steps)[1].tolist()


def exponent(k: float, alpha: float, eps: float, a: float, steps: int = 100_000) -> float:
    """The Lyapunov exponent."""
    return float(_chaotic(k, alpha, eps, a, steps)[0][0])


def symmetry(k: float, alpha: float, eps: float, a: str, steps: int = 200_000) -> list[float]:
    """How far a and alpha - a are from the symmetry, at the a where it is worst."""
    del a
    across = np.array([0.1, 0.2, 0.35, 0.45])
    one, rate = _chaotic(k, alpha, eps, across, steps)
    two, mirrored = _chaotic(k, alpha, eps, alpha - across, steps)
    return [float(np.abs(one - two).max()), float(np.abs(rate + mirrored - 1).max())]


def time_average(k: str, alpha: str, a: str) -> float:
    """Mean x - (a - (1 - k) mean y)/alpha, at the parameters where it is worst."""
    del k, alpha, a
    decay, strength, bias = (x.ravel() for x in np.meshgrid([0.5, 0.7], [1.0, 1.5], [0.1, 0.35]))
    found = averages(
        SINGLE_CHAOTIC_NEURON,
        {"x": "x", "y": "y"},
        parameters={"k": decay, "alpha": strength, "a": bias},
        steps=100_000,
    )
    return float(np.abs(found["x"] - (bias - (1 - decay) * found["y"]) / strength).max())


def relu_exponent(k: float, alpha: float, a: float) -> float:
    """The exponent of the piecewise linear map."""
    return relu_chaos(k, alpha, a)[0]


def relu_chaos(k: float, alpha: float, a: float) -> list[float]:
    """Its exponent and its share of y > 0, over a million steps."""
    found = averages(
        CHAOTIC_RELU,
        {"exponent": f"log(abs(where(y > 0, {k - alpha}, {k})))", "rate": "where(y > 0, 1, 0)"},
        parameters={"k": k, "alpha": alpha, "a": a},
        initial={"y": np.linspace(0.05, 0.4, 10)},
        steps=100_000,
    )
    return [float(found["exponent"].mean()), float(found["rate"].mean())]


def _orbits(biases: Array, k: float, alpha: float, eps: float) -> Network:
    net = Network()
    given: dict[str, Any] = {"k": k, "alpha": alpha, "epsilon": eps, "a": biases}
    start = {"y": 0.1}
    net.population("units", len(biases), SINGLE_CHAOTIC_NEURON, parameters=given, initial=start)
    net.probe("units", "y")
    return net


def fixed_point_rate(
    k: float, alpha: float, eps: float, a_grid: str, steps: int, fraction_bits: int, table: str
) -> float:
    """Root mean square difference of the rates in a chip's 24-bit integers and in floats."""
    del a_grid, fraction_bits, table
    net = _orbits(np.linspace(0, 1, 401), k, alpha, eps)
    chip = backend.compile(net, backend="chip", profile="loihi2", segments=64)
    floats = backend.compile(net, backend="chip")
    found = [(p.run(steps=steps).trace("units", "y")[steps // 20 :] >= 0).mean(axis=0)
             for p in (chip, floats)]  # fmt: skip
    return float(np.sqrt(np.mean((found[0] - found[1]) ** 2)))


def nearest_entry_cycle(
    k: float, alpha: float, eps: float, a_grid: str, steps: int, fraction_bits: int, table: str
) -> int:
    """The longest cycle where the sigmoid is a table that returns its nearest entry."""
    del a_grid, table
    one, entries = 1 << fraction_bits, 1024
    knots = np.linspace(-8 * eps, 8 * eps, entries)
    held = np.rint(alpha * one / (1 + np.exp(-knots / eps))).astype(np.int64)
    bias = np.rint(np.linspace(0, 1, 401) * one).astype(np.int64)
    decay = round(k * one)
    y = np.full(401, one // 10, dtype=np.int64)

    def step(y: Array) -> Array:
        at = np.rint((y / one + 8 * eps) / (16 * eps) * (entries - 1))
        sent = held[np.clip(at, 0, entries - 1).astype(np.int64)]
        return ((decay * y + one // 2) >> fraction_bits) - sent + bias

    for _ in range(steps):
        y = step(y)
    start, length, open_ = y, np.zeros(401, dtype=np.int64), np.ones(401, dtype=np.bool_)
    for _ in range(2000):
        y = step(y)
        length[open_] += 1
        open_ &= y != start
    return int(length.max())


def pitchfork(p: str) -> float:
    """The largest difference of |x*| from sqrt(p - 1)."""
    del p
    unit = Excitability(PITCHFORK, current="pump", voltage="x")
    pumps = (1.01, 1.5, 2.0, 5.0)
    return max(abs(unit.rest(p, np.array([sqrt(p)]))[0] - sqrt(p - 1)) for p in pumps)


def snic(J: float) -> float:
    """(p - 1)/J at which the pair has fixed points other than 0: real roots of w(v), v(w)."""

    def roots(a: float) -> bool:
        # w = (v^3 - a v)/J and w^3 - a w + J v = 0 make a polynomial in v^2
        inner = np.polynomial.Polynomial([-a, 0.0, 1.0]) / J  # w / v
        u = np.polynomial.Polynomial([0.0, 0.0, 1.0])
        found = (inner**3 * u - a * inner + J).roots()
        return bool((np.abs(found.imag) < 1e-7).any())

    low, high = 2.0 * J, 4.0 * J
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if roots(middle) else (middle, high)
    return high / J


def pair_onset(J: float) -> list[float]:
    """p, and the frequency over J/2 pi, at which 0 loses its stability."""
    unit = Excitability(PITCHFORK_PAIR, current="pump")

    def growth(p: float) -> float:
        return float(np.linalg.eigvals(unit.jacobian(np.zeros(2), p)).real.max())

    p = float(brentq(growth, 0.5, 1.5, xtol=1e-12))
    turning = float(np.abs(np.linalg.eigvals(unit.jacobian(np.zeros(2), p)).imag).max())
    return [p, turning / (2 * pi) / (J / (2 * pi))]


def lif_rate(tau: float, Vth: float, RI: float, ref: float, dt: float = 5e-4) -> float:
    """The rate in hertz of a unit whose times are milliseconds, in steps of dt."""
    decay = float(np.exp(-dt / tau))
    net = Network()
    given = {"decay": decay, "bias": RI * (1 - decay), "v_th": Vth}
    net.population("unit", 1, "lif", parameters=given, refractory=round(ref / dt))
    net.probe("unit", "spikes")
    train = backend.compile(net, backend="chip").run(steps=round(200 / dt)).spike_trains["unit"]
    return float(1e3 / (np.diff(train.step).mean() * dt))


CHECKS = {
    "MP-1": boolean_functions,
    "MP-2": single_unit_functions,
    "ACT-1": sigmoid,
    "ACT-2": steep,
    "ACT-3a": weighted_sum,
    "ACT-3b": mean_square,
    "NS-0": widths,
    "NS-1": plateau(1 / 2),
    "NS-2": plateau(1 / 3),
    "NS-5": staircase_exponent,
    "CN-1": rates,
    "CN-2a": exponent,
    "CN-2b": exponent,
    "CN-2c": exponent,
    "CN-5": symmetry,
    "CN-8": time_average,
    "RL-1": relu_exponent,
    "RL-3": relu_chaos,
    "RL-5": relu_chaos,
    "FX-1": fixed_point_rate,
    "FX-3": nearest_entry_cycle,
    "PF-1": pitchfork,
    "PF-2": snic,
    "PF-3": pair_onset,
    "LIF-1": lif_rate,
}
