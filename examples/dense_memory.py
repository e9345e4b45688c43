"""More memories than a Hopfield network can hold: a third power instead of a second.

The share of stored patterns that are fixed points, by how many are stored, for Hebb's rule and for
the dense memory of degree three (Krotov & Hopfield, NeurIPS 29 (2016)), which holds about
size^2/(6 ln size); and the recall of a full dense memory on Loihi 2.

Run: python examples/dense_memory.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yuragi_models.bills import bill
from yuragi_models.dense_memory import DenseMemory
from yuragi_models.memory_figures import capacity_figure


def main(size: int = 64, cues: int = 20, folder: Path = Path()) -> dict[str, float]:
    rng = np.random.default_rng(0)
    limit = round(size**2 / (6.0 * np.log(size)))
    loads = np.unique(np.geomspace(4, 2 * limit, 8).astype(int))
    xi = rng.choice([-1.0, 1.0], size=(loads[-1], size))
    fixed = {
        f"degree {degree}": [
            (DenseMemory(xi[:p], degree=degree).recall(xi[:p]) == xi[:p]).all(axis=1).mean()
            for p in loads
        ]
        for degree in (2, 3)
    }
    memory = DenseMemory(xi[:limit])
    shown = xi[:cues] * np.where(rng.random((cues, size)) < 0.05, -1.0, 1.0)
    priced = bill(memory.network, memory.stimulus(shown), name="one recall", steps=memory.steps(4))
    ends = memory.read(priced.recordings["loihi2"])
    recalled = float((ends == xi[:cues]).all(axis=1).mean())
    floats = float((memory.recall(shown, updates=4) == xi[:cues]).all(axis=1).mean())
    print(f"{limit} patterns in {size} units, a twentieth turned: {floats:.0%} recalled in floats,")
    print(f"{recalled:.0%} in Loihi 2's integers\n\n{priced}\n")
    figure = capacity_figure(loads, fixed, mark=limit, title=f"{size} units")
    figure.savefig(folder / "dense_memory.png", dpi=150)
    print(f"figure: {folder / 'dense_memory.png'}")
    return {"floats": floats, "loihi2": recalled}


if __name__ == "__main__":
    main()
