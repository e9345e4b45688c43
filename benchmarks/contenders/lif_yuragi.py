"""The LIF network on yuragi's emulated chip; the fourth argument is the profile."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protocol import clock, serve


def compiled(arrays: Mapping[str, Any], profile: str) -> Any:
    """The program of the network."""
    import numpy as np
    import scipy.sparse

    import yuragi as yg

    size, fan_out = arrays["target"].shape
    pointer = np.arange(0, size * fan_out + 1, fan_out)
    columns = scipy.sparse.csc_array(
        (arrays["weight"].reshape(-1), arrays["target"].reshape(-1), pointer), shape=(size, size)
    )
    net = yg.Network(seed=1, dt=1e-3)
    net.population(
        "cells",
        size,
        "lif",
        parameters={"decay": float(arrays["decay"]), "bias": arrays["bias"], "v_th": 1.0},
        initial={"v": arrays["v"]},
    )
    net.project("cells", "cells", weights=columns.tocsr(), port="i", delay=1)
    return yg.compile(net, backend="chip", profile=_without_axon_limits(profile))


def prepare(arrays: Mapping[str, Any], steps: int, _folder: Path) -> Any:
    import yuragi as yg

    program = compiled(arrays, sys.argv[4])
    program.run(steps=2, threads=1)

    def run() -> Mapping[str, Any]:
        began = clock()
        counts = program.run(steps=steps, threads=1).counts
        seconds = clock() - began
        return {"seconds": seconds, "spikes": counts.spikes, "events": counts.synaptic_events}

    return run, {"version": yg.__version__}


def _without_axon_limits(name: str) -> Any:
    """The profile; 10,000 random targets are more axons than a core of the chip may have."""
    from yuragi import hardware

    profile = hardware.load(name)
    limits = {key: value for key, value in profile.limits.items() if "axons" not in key}
    return dataclasses.replace(profile, limits=limits)


if __name__ == "__main__":
    serve(prepare)
