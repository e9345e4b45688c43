"""Chaotic neurons wander among the patterns that they have stored.

One hundred chaotic neurons hold four patterns in Hebbian weights, w_ij = sum_p xi_i xi_j / 4, as in
Adachi & Aihara, Neural Networks 10 (1997) 83. A Hopfield net would fall into one pattern and stay.
Here a unit that has fired is tired for a while, so the network leaves each pattern again. With
k_r = .95 it does so for good: its largest Lyapunov exponent is above zero.

Run: python examples/recall_patterns.py
"""

from __future__ import annotations

import numpy as np

import yuragi as yg

UNITS, PATTERNS = 100, 4


def build(seed: int = 0) -> tuple[yg.Network, np.ndarray]:
    """The network and its patterns of +1 and -1.  shape (PATTERNS, UNITS)"""
    rng = np.random.default_rng(seed)
    half = np.repeat([1.0, -1.0], UNITS // 2)
    patterns = np.array([rng.permutation(half) for _ in range(PATTERNS)])
    net = yg.Network(seed=seed)
    net.population(
        "memory",
        UNITS,
        dynamics="chaotic_neuron",
        parameters={"k_r": 0.95},
        initial={"zeta": rng.uniform(-1.0, 1.0, UNITS)},
    )
    net.project("memory", "memory", weights=yg.hebbian(patterns, scale=0.25), port="feedback")
    net.probe("memory", "x")
    return net, patterns


def main(steps: int = 10_000) -> dict[str, float]:
    net, patterns = build()
    x = yg.compile(net).run(steps=steps).trace("memory", "x")
    overlap = (2.0 * (x > 0.5) - 1.0) @ patterns.T / UNITS  # (steps, UNITS) @ (UNITS, PATTERNS)
    exact = np.abs(overlap) > 0.99  # or its negative, which the weights hold as well
    for k in range(PATTERNS):
        count = int(exact[:, k].sum())
        print(f"pattern {k}: recalled without an error in {count} of {steps} steps")
    print("by chance that happens once in 2^99 steps")
    print(f"mean activity {x.mean():.3f}; a/alpha = 0.2 in the limit k_r -> 1")
    return {"recalled": int(exact.any(axis=0).sum()), "activity": float(x.mean())}


if __name__ == "__main__":
    main()
