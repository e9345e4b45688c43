"""How often a chaotic neuron fires: a staircase with chaos between its steps, also in integers.

Rate and Lyapunov exponent of 401 neurons, each with a bias of its own (Aihara, Takabe & Toyoda,
Phys. Lett. A 144 (1990) 333), and the same neurons on Loihi 2: 24-bit states, and a sigmoid of 64
straight pieces. Single orbits part; the rates stay.

Run: python examples/chaotic_staircase.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import yuragi as yg
from yuragi_models.analysis.scans import scan
from yuragi_models.bills import bill
from yuragi_models.chaotic import SINGLE_CHAOTIC_NEURON


def neurons(biases: np.ndarray) -> yg.Network:
    net = yg.Network()
    own = {"a": biases}
    net.population(
        "neurons", len(biases), SINGLE_CHAOTIC_NEURON, parameters=own, initial={"y": 0.1}
    )
    net.probe("neurons", "x")
    return net


def main(points: int = 401, steps: int = 5000, folder: Path = Path()) -> dict[str, float]:
    biases = np.linspace(0.0, 1.0, points)
    floats = scan(SINGLE_CHAOTIC_NEURON, "a", biases, fires="y >= 0", steps=steps)
    priced = bill(neurons(biases), name="chaotic neurons", steps=steps, segments=64)
    chip = (priced.recordings["loihi2"].trace("neurons", "x", physical=True) >= 0.5).mean(axis=0)

    error = float(np.sqrt(np.mean((chip - floats.rates) ** 2)))
    chaotic = float((floats.exponents > 0).mean())
    print(f"{points} biases from 0 to 1: {chaotic:.0%} chaotic in floats")
    print(f"rates in Loihi 2's integers: {error:.4f} off (root mean square)\n")
    print(priced, end="\n\n")
    figure = floats.plot()
    figure.axes[1].plot(biases, chip, ".", markersize=2, color="tab:orange", label="Loihi 2")
    figure.axes[1].legend(frameon=False)
    figure.savefig(folder / "chaotic_staircase.png", dpi=150)
    print(f"figure: {folder / 'chaotic_staircase.png'}")
    return {"rate error": error, "chaotic": chaotic}


if __name__ == "__main__":
    main()
