"""Recall scanned digits from noise: values on Loihi 2, plain spikes on Loihi, and the joules.

Run: python examples/hopfield_digits.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import yuragi as yg
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
    program = yg.compile(memory.network, profile="loihi2", encode="sigma_delta")
    recording = program.run(memory.stimulus(shown), steps=memory.steps_)
    states = memory.read(recording)

    # Three digits that differ much: Hebb's rule needs patterns that overlap little.
    few = stored[[0, 1, 7]]
    spiking = SpikingHopfield(few)
    chip = yg.compile(spiking.network, profile="loihi")
    spikes = chip.run(spiking.stimulus(shown[np.isin(np.arange(cues) % 10, [0, 1, 7])]), steps=12)

    accuracy = {
        "floats": float((floats == wanted).all(axis=1).mean()),
        "loihi2": float((states[:, -1] == wanted).all(axis=1).mean()),
    }
    print(f"ten digits, a tenth of the pixels turned: {accuracy['floats']:.1%} recalled in floats,")
    print(f"{accuracy['loihi2']:.1%} in Loihi 2's integers\n")
    print(yg.energy(recording, name="asynchronous, changes only"), end="\n\n")
    print(yg.energy(spikes, name="plain spikes, three digits"), end="\n\n")
    rows = {"stored": stored, "cue": shown, "recalled": states[:, -1]}
    recall_figure(rows, (8, 8)).savefig(folder / "hopfield_digits.png", dpi=150)
    traces = energy(states[:50], memory.weights_)
    energy_trace_figure(traces).savefig(folder / "hopfield_energy.png", dpi=150)
    print(f"figures: {folder / 'hopfield_digits.png'}, {folder / 'hopfield_energy.png'}")
    return accuracy


if __name__ == "__main__":
    main()
