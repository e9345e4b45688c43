"""One spin glass, three machines: coherent Ising, simulated bifurcation, annealing.

A Sherrington-Kirkpatrick glass of 100 spins, couplings +1 and -1. Each machine runs in Loihi 2's
integers; the Parisi value with its correction for the size is what the best should reach
(Boettcher, Eur. Phys. J. B 46 (2005) 501).

Run: python examples/ising_machines.py
"""

from __future__ import annotations

from pathlib import Path

from yuragi_models.annealing import SimulatedAnnealing
from yuragi_models.bifurcation import SimulatedBifurcation
from yuragi_models.bills import bill
from yuragi_models.coherent import CoherentIsing
from yuragi_models.instances import sherrington_kirkpatrick
from yuragi_models.memory_figures import cuts_figure


def main(
    spins: int = 100, replicas: int = 40, effort: int = 1, folder: Path = Path()
) -> dict[str, float]:
    glass = sherrington_kirkpatrick(spins, seed=0)
    scale = spins**1.5
    expected = -0.7632 + 0.70 * spins ** (-2 / 3)
    print(f"energy over size^1.5: {expected:.4f} is expected of the best")
    machines = {
        "coherent": CoherentIsing(glass, steps=2000 * effort),
        "bifurcation": SimulatedBifurcation(glass, steps=1000 * effort),
        "annealing": SimulatedAnnealing(glass, sweeps=20 * effort),
    }
    energies, best = {}, {}
    for name, machine in machines.items():
        given = machine.stimulus(replicas)
        priced = bill(machine.network, given, name=f"{name}, one replica", steps=machine.steps)
        energies[name] = machine.read(priced.recordings["loihi2"]).energies / scale
        best[name] = float(energies[name].min())
        print(f"{name}: best {best[name]:.4f}, mean {energies[name].mean():.4f}")
        print(priced, end="\n\n")
    label = "energy over size^1.5, on Loihi 2"
    figure = cuts_figure(energies, title=f"{spins} spins", label=label)
    figure.savefig(folder / "ising_machines.png", dpi=150)
    print(f"figure: {folder / 'ising_machines.png'}")
    return best


if __name__ == "__main__":
    main()
