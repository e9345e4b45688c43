"""Recall scanned digits from noise: values on Loihi 2, plain spikes on Loihi, and the joules.

Run: python examples/hopfield_digits.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yuragi_models.bills import bill
from yuragi_models.digits import digits
from yuragi_models.hopfield import HopfieldMemory, SpikingHopfield, energy
from yuragi_models.memory_figures import energy_trace_figure, recall_figure


def main(cues: int = 200, folder: Path = Path()) -> dict[str, float]:
    rng = np.random.default_rng(0)
    pages = digits(seed=0)
    pixels = np.where(pages.train.reshape(-1, 64) > 0.5, 1.0, -1.0)
    stored = pixels[[np.flatnonzero(pages.train_labels == k)[0] for k in range(10)]]
    wanted = stored[np.arange(cues) % 10]
    shown = wanted * np.where(rng.random(wanted.shape) < 0.1, -1.0, 1.0)

    memory = HopfieldMemory(rule="pseudo_inverse", sweeps=8).fit(stored)
    floats = memory.predict(shown)
    given = memory.stimulus(shown)
    changes = bill(
        memory.network, given, name="ten digits", steps=memory.steps_, encode="sigma_delta"
    )
    states = memory.read(changes.recordings["loihi2"])

    # Three digits that differ much: Hebb's rule needs patterns that overlap little.
    few = stored[[0, 1, 7]]
    spiking = SpikingHopfield(few)
    three = spiking.stimulus(shown[np.isin(np.arange(cues) % 10, [0, 1, 7])])
    spikes = bill(spiking.network, three, name="three digits", steps=12, chips=("loihi", "loihi2"))

    accuracy = {
        "floats": float((floats == wanted).all(axis=1).mean()),
        "loihi2": float((states[:, -1] == wanted).all(axis=1).mean()),
    }
    print(f"ten digits, a tenth of the pixels turned: {accuracy['floats']:.1%} recalled in floats,")
    print(f"{accuracy['loihi2']:.1%} in Loihi 2's integers\n")
    print(f"asynchronous, changes only:\n{changes}\n\nin plain spikes, three digits:\n{spikes}\n")
    rows = {"stored": stored, "cue": shown, "recalled": states[:, -1]}
    recall_figure(rows, (8, 8)).savefig(folder / "hopfield_digits.png", dpi=150)
    traces = energy(states[:50], memory.weights_)
    energy_trace_figure(traces).savefig(folder / "hopfield_energy.png", dpi=150)
    print(f"figures: {folder / 'hopfield_digits.png'}, {folder / 'hopfield_energy.png'}")
    return accuracy


if __name__ == "__main__":
    main()
