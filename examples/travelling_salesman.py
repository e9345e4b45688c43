"""Chaos that fades finds the shortest tour of ten cities, in floats and in Loihi 2's integers.

Run: python examples/travelling_salesman.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import yuragi as yg
from yuragi_models.memory_figures import tour_figure
from yuragi_models.tours import TEN_CITIES, distances, shortest_tour, tour_lengths
from yuragi_models.transient_chaos import TransientChaos


def main(starts: int = 100, sweeps: int = 1000, folder: Path = Path()) -> dict[str, int]:
    d = distances(TEN_CITIES)
    shortest = float(tour_lengths(d, shortest_tour(d)))
    search = TransientChaos(d)
    without = TransientChaos(d, z0=0.0)
    found = {
        "without chaos": without.solve(starts, sweeps=sweeps),
        "floats": search.solve(starts, sweeps=sweeps),
    }
    program = yg.compile(search.network, profile="loihi2")
    recording = program.run(search.stimulus(starts), steps=search.steps(sweeps))
    found["loihi2"] = search.read(recording)
    optimal = {name: int((tours.lengths < shortest + 1e-6).sum()) for name, tours in found.items()}
    print(f"shortest tour of ten cities: {shortest:.4f}")
    for name, count in optimal.items():
        tours = found[name].feasible
        print(f"{name}: {tours} of {starts} starts end in a tour, {count} in the shortest")
    print()
    bill = yg.energy(recording, name="ten cities, one start")
    simulated = yg.baseline.simulated(search.network, steps=search.steps(sweeps))
    print(yg.compare(bill, simulated, profiles=["cortex_m4", "desktop_cpu"]), end="\n\n")
    figure = tour_figure(np.array(TEN_CITIES), found["loihi2"].best, title="Loihi 2's integers")
    figure.savefig(folder / "travelling_salesman.png", dpi=150)
    print(f"figure: {folder / 'travelling_salesman.png'}")
    return optimal


if __name__ == "__main__":
    main()
