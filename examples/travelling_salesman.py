"""Chaos that fades finds the shortest tour of ten cities, in floats and in Loihi 2's integers.

Run: python examples/travelling_salesman.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yuragi_models.bills import bill
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
    given, steps = search.stimulus(starts), search.steps(sweeps)
    priced = bill(search.network, given, name="ten cities, one start", steps=steps)
    found["loihi2"] = search.read(priced.recordings["loihi2"])
    optimal = {name: int((tours.lengths < shortest + 1e-6).sum()) for name, tours in found.items()}
    print(f"shortest tour of ten cities: {shortest:.4f}")
    for name, count in optimal.items():
        tours = found[name].feasible
        print(f"{name}: {tours} of {starts} starts end in a tour, {count} in the shortest")
    print(f"\n{priced}\n")
    figure = tour_figure(np.array(TEN_CITIES), found["loihi2"].best, title="Loihi 2's integers")
    figure.savefig(folder / "travelling_salesman.png", dpi=150)
    print(f"figure: {folder / 'travelling_salesman.png'}")
    return optimal


if __name__ == "__main__":
    main()
