"""The states of a reservoir in ReservoirPy."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from protocol import clock, serve


def prepare(arrays: Mapping[str, Any], steps: int, _folder: Path) -> Any:
    import numpy as np
    import reservoirpy
    import scipy.sparse
    from reservoirpy.nodes import Reservoir

    if hasattr(reservoirpy, "verbosity"):
        reservoirpy.verbosity(0)
    units, synapses = arrays["source"].shape
    pointer = np.arange(0, units * synapses + 1, synapses)
    w = scipy.sparse.csr_array(
        (arrays["weight"].reshape(-1), arrays["source"].reshape(-1), pointer), shape=(units, units)
    )
    u = arrays["u"][:steps]

    def build() -> Any:
        return Reservoir(
            units, lr=float(arrays["leak"]), W=w, Win=arrays["w_in"], bias=arrays["bias"]
        )

    build().run(u[:2])

    def run() -> Mapping[str, Any]:
        node = build()
        began = clock()
        states = node.run(u)
        seconds = clock() - began
        return {"seconds": seconds, "last": np.asarray(states)[-1, :8].tolist()}

    return run, {"version": version("reservoirpy")}


if __name__ == "__main__":
    serve(prepare)
