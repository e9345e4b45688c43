"""The LIF network in SANA-FE, on the Loihi architecture that it ships, simple timing model."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from protocol import clock, serve

# Its soma rounds potentials to 1/64, so everything is given in units of 2^-20 of the threshold.
SCALE = 2.0**20


def prepare(arrays: Mapping[str, Any], steps: int, _folder: Path) -> Any:
    import sanafe
    import sanafecpp

    size, fan_out = arrays["target"].shape
    decay = float(arrays["decay"])
    arch = sanafe.load_arch(Path(sanafe.__file__).parent / "examples" / "loihi.yaml")
    cores = [core for tile in arch.tiles for core in tile.cores]
    net = sanafecpp.Network()
    group = net.create_neuron_group(
        "cells", size, soma_hw_name="loihi_lif", default_dendrite_hw_name="loihi_dendrites",
        default_synapse_hw_name="loihi_sparse_synapse",
        model_attributes={"threshold": SCALE, "reset": 0.0, "leak_decay": decay},
    )  # fmt: skip
    per_core = -(-size // len(cores))
    bias = (SCALE * arrays["bias"]).tolist()
    # Its first step does not leak the initial potential.
    start = (SCALE * decay * arrays["v"]).tolist()
    for unit in range(size):
        group[unit].set_attributes(model_attributes={"bias": bias[unit], "potential": start[unit]})
        group[unit].map_to_core(cores[unit // per_core])
    pairs = [(i, j) for i, row in enumerate(arrays["target"].tolist()) for j in row]
    weights = (SCALE * arrays["weight"].reshape(-1)).tolist()
    group.connect_neurons_sparse(group, {"weight": weights}, pairs)
    del pairs, weights
    chip = sanafecpp.SpikingChip(arch)
    chip.load(net)

    def run() -> Mapping[str, Any]:
        """Goes on from where the last run stopped; the rate is steady."""
        began = clock()
        results = chip.sim(steps, timing_model="simple", processing_threads=1)
        seconds = clock() - began
        spikes = int(results["neurons_fired"])
        return {"seconds": seconds, "spikes": spikes, "events": spikes * fan_out}

    return run, {"version": version("sanafe")}


if __name__ == "__main__":
    serve(prepare)
