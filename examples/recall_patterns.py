"""Chaotic neurons wander among the images that they have stored.

One hundred chaotic neurons hold four images in Hebb's weights (Adachi & Aihara, Neural Networks 10
(1997) 83). A Hopfield network would fall into one image and stay. Here a unit that has fired is
tired for a while, so the network leaves each image again. With k_r = .95 it does so for good: its
largest Lyapunov exponent is above zero.

Run: python examples/recall_patterns.py
"""

from __future__ import annotations

from pathlib import Path

import yuragi as yg
from yuragi_models.bills import bill
from yuragi_models.chaotic_memory import ChaoticMemory, adachi_aihara_patterns


def main(steps: int = 10_000, folder: Path = Path()) -> dict[str, float]:
    memory = ChaoticMemory(adachi_aihara_patterns(), k_r=0.95)
    floats = yg.compile(memory.network).run({"memory.drive": [[0.0] * 100]}, steps=steps)
    priced = bill(memory.network, {"memory.drive": [[0.0] * 100]}, name="memory", steps=steps)
    chip = priced.recordings["loihi2"]
    found = {}
    for name, run in (("floats", floats), ("Loihi 2", chip)):
        found[name] = memory.read(run)
        print(f"{name}: steps at each image {found[name].steps.tolist()}, "
              f"at its negative {found[name].reversed_steps.tolist()}, of {steps:,}")  # fmt: skip
    activity = float(chip.trace("memory", "x", physical=True).mean())
    print(f"mean activity on the chip {activity:.3f}; a/alpha = 0.2 in the limit k_r -> 1\n")
    print(priced, end="\n\n")
    found["Loihi 2"].plot().savefig(folder / "recall_patterns.png", dpi=150)
    print(f"figure: {folder / 'recall_patterns.png'}")
    return {
        "floats": found["floats"].visited,
        "loihi2": found["Loihi 2"].visited,
        "activity": activity,
    }


if __name__ == "__main__":
    main()
