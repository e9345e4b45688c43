"""Chaotic maps that hear their mean: all as one, a few clusters, or each for itself.

The phases of globally coupled logistic maps (Kaneko, Physica D 41 (1990) 137): how many clusters
are left as coupling and nonlinearity change, in floats; and three couplings on Loihi 2.

Run: python examples/coupled_maps.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import yuragi as yg
from yuragi_models.bills import bill
from yuragi_models.coupled_maps import CoupledMaps, phase_diagram, phases_figure


def main(
    size: int = 100, steps: int = 1000, points: int = 25, folder: Path = Path()
) -> dict[str, list[int]]:
    a, coupling = np.linspace(1.4, 2.0, points), np.linspace(0.0, 0.4, points)
    counts = phase_diagram(a, coupling, size=size, steps=steps)

    found = {}
    for strength in (0.4, 0.2, 0.1):
        maps = CoupledMaps(size, a=1.8, coupling=strength)
        priced = bill(maps.network, maps.stimulus(1), name="coupled maps", steps=steps)
        floats = maps.read(yg.compile(maps.network).run(maps.stimulus(1), steps=steps))[0]
        chip = maps.read(priced.recordings["loihi2"])[0]
        found[f"{strength}"] = [len(floats), len(chip)]
        print(f"coupling {strength}: {len(floats)} clusters in floats, {len(chip)} on Loihi 2")
    print(f"\n{priced}\n")
    phases_figure(a, coupling, counts).savefig(folder / "coupled_maps.png", dpi=150)
    print(f"figure: {folder / 'coupled_maps.png'}")
    return found


if __name__ == "__main__":
    main()
