"""Sample a Boltzmann machine by chance and by chaos, and see what updating all at once does.

Run: python examples/boltzmann_sampling.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yuragi_models.bills import bill
from yuragi_models.boltzmann import random_machine
from yuragi_models.chaotic_boltzmann import occupation
from yuragi_models.memory_figures import distribution_figure


def main(sweeps: int = 1000, folder: Path = Path()) -> dict[str, float]:
    gibbs = random_machine(5, scale=1.2, seed=0)
    steps = gibbs.sweep * sweeps
    priced = bill(gibbs.network, gibbs.stimulus(100), name=f"{sweeps} sweeps", steps=steps)
    states = {"Gibbs, Loihi 2": gibbs.read(priced.recordings["loihi2"])}
    parallel = random_machine(5, scale=1.2, seed=0, method="parallel")
    states["all at once"] = parallel.sample(sweeps, trials=100)

    found = {name: gibbs.divergence(z) for name, z in states.items()}
    chaos = occupation(gibbs.w, gibbs.b, time=10.0 * sweeps, seed=0)
    share = {name: np.bincount(z @ (1 << np.arange(5)), minlength=32) / len(z)
             for name, z in states.items()}  # fmt: skip
    share["chaos"] = chaos
    found["chaos"] = float((chaos * np.log(chaos / gibbs.distribution)).sum())
    for name, divergence in found.items():
        print(f"{name:<16} Kullback-Leibler divergence {divergence:.5f}")
    print()
    print(priced, end="\n\n")
    figure = distribution_figure(gibbs.distribution, share, "a Boltzmann machine of five units")
    figure.savefig(folder / "boltzmann.png", dpi=150)
    print(f"figure: {folder / 'boltzmann.png'}")
    return found


if __name__ == "__main__":
    main()
