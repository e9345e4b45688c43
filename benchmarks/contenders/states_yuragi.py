"""The states of a reservoir on yuragi's emulated chip, profile ideal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protocol import clock, serve


def compiled(arrays: Mapping[str, Any]) -> Any:
    """The program of the network, with its input and a probe of all states."""
    import numpy as np
    import scipy.sparse

    import yuragi as yg

    units, synapses = arrays["source"].shape
    pointer = np.arange(0, units * synapses + 1, synapses)
    w = scipy.sparse.csr_array(
        (arrays["weight"].reshape(-1), arrays["source"].reshape(-1), pointer), shape=(units, units)
    )
    net = yg.Network(seed=1)
    net.input("u", 1, arrays["u"])
    net.population(
        "cells", units, "leaky_tanh",
        parameters={"leak": float(arrays["leak"]), "bias": arrays["bias"]},
    )  # fmt: skip
    net.project("u", "cells", weights=arrays["w_in"], port="drive", delay=0)
    net.project("cells", "cells", weights=w, port="recurrent", delay=1)
    net.probe("cells", "x")
    return yg.compile(net, backend="chip", profile="ideal")


def prepare(arrays: Mapping[str, Any], steps: int, _folder: Path) -> Any:
    import numpy as np

    import yuragi as yg

    program = compiled(arrays)
    program.run(steps=2, threads=1)

    def run() -> Mapping[str, Any]:
        began = clock()
        states = program.run(steps=steps, threads=1).trace("cells", "x")
        seconds = clock() - began
        return {"seconds": seconds, "last": np.asarray(states)[-1, :8].tolist()}

    return run, {"version": yg.__version__}


if __name__ == "__main__":
    serve(prepare)
