"""The LIF network as one bare compiled loop: no probes, counts, delays or equations. The limit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protocol import clock, serve


def prepare(arrays: Mapping[str, Any], steps: int, _folder: Path) -> Any:
    import numba
    import numpy as np

    @numba.njit(error_model="numpy")
    def simulate(steps, decay, bias, v, drive, target, weight, fired):
        spikes = 0
        for _ in range(steps):
            count = 0
            for i in range(v.shape[0]):
                x = decay * v[i] + drive[i] + bias[i]
                drive[i] = 0.0
                if x > 1.0:
                    x = 0.0
                    fired[count] = i
                    count += 1
                v[i] = x
            for k in range(count):
                row, w = target[fired[k]], weight[fired[k]]
                for entry in range(row.shape[0]):
                    drive[row[entry]] += w[entry]
            spikes += count
        return spikes

    decay, bias = float(arrays["decay"]), arrays["bias"]
    target, weight = arrays["target"], arrays["weight"]
    size, fan_out = target.shape

    def simulate_from_start(steps: int) -> int:
        fired = np.zeros(size, dtype=np.int32)
        v, drive = arrays["v"].copy(), np.zeros(size)
        return int(simulate(steps, decay, bias, v, drive, target, weight, fired))

    simulate_from_start(2)

    def run() -> Mapping[str, Any]:
        began = clock()
        spikes = simulate_from_start(steps)
        seconds = clock() - began
        return {"seconds": seconds, "spikes": spikes, "events": spikes * fan_out}

    return run, {"version": numba.__version__}


if __name__ == "__main__":
    serve(prepare)
