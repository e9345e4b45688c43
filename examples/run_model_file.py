"""Load a network from a YAML file, run it in floats and on a chip, compare and price it.

Run: python examples/run_model_file.py
From the command line: yuragi run examples/ring_of_memory.yaml
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import yuragi as yg
from yuragi.figures import raster_figure
from yuragi_models.bills import bill

MODEL = Path(__file__).with_name("ring_of_memory.yaml")


def main(steps: int = 120, folder: Path = Path()) -> dict[str, int]:
    net = yg.load(MODEL)
    priced = bill(net, name=MODEL.stem, steps=steps)
    runs = {"ideal": yg.compile(net).run(steps=steps), "loihi2": priced.recordings["loihi2"]}
    found = {}
    for profile, recording in runs.items():
        place = recording.trace("ring", "y").argmax(axis=1)
        spikes = recording.spikes("listeners")
        print(f"{profile}: pulse at unit {place[-1]} after {steps} steps, {spikes.sum()} spikes")
        found[profile] = int(np.count_nonzero(spikes))
    print(f"\n{priced}\n")
    figure = raster_figure(runs["loihi2"], title="on Loihi 2")
    figure.savefig(folder / "run_model_file.png", dpi=150)
    print(f"figure: {folder / 'run_model_file.png'}")
    return found


if __name__ == "__main__":
    main()
