"""Two ways to begin to fire: class I and class II, in conductance models and in a chip's integers.

Conductance models run in floats. A pair of pitchfork oscillators is of class II at a small pump
and of class I where it falls silent again, at pump - 1 = 2 sqrt(2) (Inagaki et al., Nat. Commun.
12 (2021) 2325); it needs no table, and runs on Loihi 2.

Run: python examples/excitability.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import yuragi as yg
from yuragi_models.analysis.excitability import Excitability, rates_figure
from yuragi_models.bills import bill
from yuragi_models.conductance import HODGKIN_HUXLEY_1952, MORRIS_LECAR_CLASS1, MORRIS_LECAR_CLASS2
from yuragi_models.pitchfork import PITCHFORK_PAIR

FIBRES = (  # the unit, a step in seconds, where spikes count, currents, voltages of the rest
    (MORRIS_LECAR_CLASS1, 1e-4, 0.0, (35, 60), (-60, 0)),
    (MORRIS_LECAR_CLASS2, 1e-4, 0.0, (80, 120), (-60, 0)),
    (HODGKIN_HUXLEY_1952, 1e-5, 50.0, (4, 20), (-5, 20)),
)


def pairs(pumps: np.ndarray, step: float = 0.05) -> yg.Network:
    """A pair of oscillators at each pump, coupling 1."""
    net = yg.Network(dt=step)
    net.population("pairs", len(pumps), PITCHFORK_PAIR, parameters={"pump": pumps})
    net.probe("pairs", "spikes")
    return net


def main(
    points: int = 26, seconds: float = 1.0, turns: int = 40, folder: Path = Path()
) -> dict[str, str]:
    curves, verdicts = [], {}
    for unit, step, above, currents, voltages in FIBRES:
        fibre = Excitability(unit, step=step, above=above)
        curves.append(fibre.rates(np.linspace(*currents, points), seconds=seconds))
        verdicts[unit.name] = fibre.verdict(*voltages)
        print(f"{unit.name}: {verdicts[unit.name]}, fires from {curves[-1].onset:.2f} µA/cm²")

    excess = np.array([0.1, 1.0, 2.0, 2.7, 2.9])  # pump - 1; it stops at 2.828
    priced = bill(
        pairs(1.0 + excess), name="pitchfork pairs", steps=round(turns * 2 * np.pi / 0.05)
    )
    found = priced.recordings["loihi2"].spikes("pairs").sum(axis=0) / turns
    for pump, rate in zip(excess, found, strict=True):
        print(f"pitchfork pair on Loihi 2, pump - 1 = {pump}: {rate:.2f} of its first frequency")
    print(f"\n{priced}\n")
    rates_figure(curves).savefig(folder / "excitability.png", dpi=150)
    print(f"figure: {folder / 'excitability.png'}")
    return verdicts | {"stops": "yes" if found[-1] < 0.05 < found[-2] else "no"}


if __name__ == "__main__":
    main()
