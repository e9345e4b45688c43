"""A balanced network of leaky integrate-and-fire units, its raster, and its joules on two chips.

Eight hundred excitatory and two hundred inhibitory units, each with 100 random inputs; inhibition
is five times stronger (Brunel, J. Comput. Neurosci. 8 (2000) 183).

Run: python examples/spiking_raster.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import yuragi as yg
from yuragi_models.bills import bill

EXCITATORY, INHIBITORY = 800, 200


def build(seed: int = 1) -> yg.Network:
    rng = np.random.default_rng(seed)
    net = yg.Network(seed=seed, dt=1e-3)
    parts = {"excitatory": EXCITATORY, "inhibitory": INHIBITORY}
    for name, size in parts.items():
        membrane = {"decay": 0.95, "bias": rng.uniform(0.04, 0.08, size)}
        start = {"v": rng.uniform(0.0, 1.0, size)}
        net.population(name, size, dynamics="lif", parameters=membrane, initial=start)
        net.probe(name, "spikes")
    for number, (source, strength) in enumerate({"excitatory": 0.02, "inhibitory": -0.1}.items()):
        for place, target in enumerate(parts):
            weights = yg.random(
                parts[target],
                parts[source],
                density=0.1,
                low=min(0.5 * strength, 1.5 * strength),
                high=max(0.5 * strength, 1.5 * strength),
                seed=10 * number + place,
            )
            delay = 2 if source == "excitatory" else 1
            net.project(source, target, weights=weights, port="i", delay=delay)
    return net


def draw(spikes: np.ndarray, path: Path) -> None:
    """Save a raster.  spikes: bool, shape (steps, units)"""
    figure = Figure(figsize=(8.0, 4.0), layout="constrained")
    axes = figure.add_subplot()
    step, unit = np.nonzero(spikes)
    axes.plot(step, unit, ".", markersize=1, color="black")
    axes.set(xlabel="step (1 ms)", ylabel="unit", title="inhibitory units above the line")
    axes.axhline(EXCITATORY, color="tab:red", linewidth=0.8)
    figure.savefig(path, dpi=150)


def main(steps: int = 500, folder: Path = Path()) -> dict[str, float]:
    priced = bill(build(), name="balanced network", steps=steps, chips=("loihi2", "loihi"))
    recording = priced.recordings["loihi2"]
    spikes = np.hstack([recording.spikes(name) for name in ("excitatory", "inhibitory")])
    rate = spikes.mean() / 1e-3
    print(f"{rate:.1f} spikes a second and unit on {recording.counts.cores} core(s)")
    print(f"\n{priced}\n")
    draw(spikes, folder / "spiking_raster.png")
    print(f"figure: {folder / 'spiking_raster.png'}")
    return {"rate": float(rate), "synaptic_events": recording.counts.synaptic_events}


if __name__ == "__main__":
    main()
