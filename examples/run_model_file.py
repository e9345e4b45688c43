"""Load a network from a YAML file, run it on two profiles, and compare what they did.

Run: python examples/run_model_file.py
From the command line: yuragi run examples/ring_of_memory.yaml
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import yuragi as yg

MODEL = Path(__file__).with_name("ring_of_memory.yaml")


def main(steps: int = 120) -> dict[str, int]:
    net = yg.load(MODEL)
    found = {}
    for profile in ("ideal", "loihi2"):
        recording = yg.compile(net, backend="chip", profile=profile).run(steps=steps)
        place = recording.trace("ring", "y").argmax(axis=1)
        spikes = recording.spikes("listeners")
        print(f"{profile}: pulse at unit {place[-1]} after {steps} steps, {spikes.sum()} spikes")
        found[profile] = int(np.count_nonzero(spikes))
    return found


if __name__ == "__main__":
    main()
