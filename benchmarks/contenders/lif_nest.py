"""The LIF network in NEST: iaf_psc_delta on a grid of 1 ms is the same recurrence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protocol import clock, serve


def prepare(arrays: Mapping[str, Any], steps: int, _folder: Path) -> Any:
    import nest
    import numpy as np

    size, fan_out = arrays["target"].shape
    decay = float(arrays["decay"])
    tau = -1.0 / np.log(decay)
    source = np.repeat(np.arange(1, size + 1), fan_out)
    target = arrays["target"].reshape(-1).astype(np.int64) + 1
    weight = arrays["weight"].reshape(-1)

    def build() -> None:
        nest.ResetKernel()
        nest.set_verbosity("M_ERROR")
        nest.SetKernelStatus({"resolution": 1.0, "local_num_threads": 1})
        cells = nest.Create(
            "iaf_psc_delta",
            size,
            params={"E_L": 0.0, "V_reset": 0.0, "V_th": 1.0, "t_ref": 0.0, "C_m": 1.0,
                    "tau_m": tau},
        )  # fmt: skip
        # V_inf = I_e tau / C, and the bias is what V grows by in a step: V_inf (1 - decay).
        cells.I_e = arrays["bias"] / (1 - decay) / tau
        cells.V_m = arrays["v"]
        delays = np.ones(len(weight))
        nest.Connect(
            source, target, "one_to_one",
            {"synapse_model": "static_synapse", "weight": weight, "delay": delays},
        )  # fmt: skip
        nest.Prepare()

    def run() -> Mapping[str, Any]:
        build()
        began = clock()
        nest.Run(float(steps))
        seconds = clock() - began
        spikes = int(nest.GetKernelStatus("local_spike_counter"))
        nest.Cleanup()
        return {"seconds": seconds, "spikes": spikes, "events": spikes * fan_out}

    return run, {"version": nest.__version__}


if __name__ == "__main__":
    serve(prepare)
