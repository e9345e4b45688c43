"""From arrays to spikes with Brian2 and Cython; the fourth argument is `yuragi` or `by_hand`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from protocol import serve


def prepare(arrays: Mapping[str, Any], steps: int, _folder: Path) -> Any:
    """Run once, so that Cython's modules are in its cache."""
    import brian2

    once = {"yuragi": _yuragi, "by_hand": _by_hand}[sys.argv[4]](arrays, steps)

    def run() -> Mapping[str, Any]:
        began = time.perf_counter()
        loop, spikes = once()
        return {"seconds": time.perf_counter() - began, "loop": loop, "spikes": spikes}

    run()
    return run, {"version": brian2.__version__}


def _yuragi(arrays: Mapping[str, Any], steps: int) -> Callable[[], tuple[float, int]]:
    import yuragi as yg

    size, fan_out = arrays["target"].shape
    pointer = np.arange(0, size * fan_out + 1, fan_out)
    weights = scipy.sparse.csc_array(
        (arrays["weight"].reshape(-1), arrays["target"].reshape(-1), pointer), shape=(size, size)
    )

    def once() -> tuple[float, int]:
        net = yg.Network(seed=1, dt=1e-3)
        net.population(
            "cells",
            size,
            "lif",
            parameters={"decay": float(arrays["decay"]), "bias": arrays["bias"], "v_th": 1.0},
            initial={"v": arrays["v"]},
        )
        net.project("cells", "cells", weights=weights, port="i", delay=1)
        net.probe("cells", "spikes")
        program = yg.compile(net, backend="brian2")
        began = time.perf_counter()
        counts = program.run(steps=steps).counts
        return time.perf_counter() - began, counts.spikes

    return once


def _by_hand(arrays: Mapping[str, Any], steps: int) -> Callable[[], tuple[float, int]]:
    """The same recurrence as a person writes it: a map once a step, input taken and cleared."""
    import brian2 as b2

    size, fan_out = arrays["target"].shape
    b2.prefs.codegen.target = "cython"

    def once() -> tuple[float, int]:
        cells = b2.NeuronGroup(
            size, "v : 1\ncurrent : 1\nbias : 1 (constant)", threshold="v > 1", reset="v = 0",
            namespace={"decay": float(arrays["decay"])}, dt=1 * b2.ms,
        )  # fmt: skip
        cells.v, cells.bias = arrays["v"], arrays["bias"]
        cells.run_regularly("v = decay*v + current + bias\ncurrent = 0", when="groups")
        synapses = b2.Synapses(cells, cells, "w : 1 (constant)", on_pre="current_post += w")
        synapses.connect(i=np.repeat(np.arange(size), fan_out), j=arrays["target"].reshape(-1))
        synapses.w = arrays["weight"].reshape(-1)
        monitor = b2.SpikeMonitor(cells)
        net = b2.Network(cells, synapses, monitor)
        began = time.perf_counter()
        net.run(steps * b2.ms)
        return time.perf_counter() - began, int(monitor.num_spikes)

    return once


if __name__ == "__main__":
    serve(prepare)
