"""Runs a network in SANA-FE, in whichever interpreter has it; speaks over two files.

    python sanafe_oracle.py request.npz answer.json

SANA-FE is GPL and nothing of yuragi imports it: it runs here as a separate program, for tests.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import sanafe


def architecture(name: str) -> str:
    """A path, or one of the files that come with the package."""
    return name if Path(name).exists() else str(files("sanafe.examples") / name)


def network(request: np.lib.npyio.NpzFile) -> sanafe.Network:
    """One group of LIF units with a threshold, bias and leak each, sparsely connected."""
    net = sanafe.Network()
    size = len(request["threshold"])
    group = net.create_neuron_group("cells", size, log_spikes=True)
    attributes = ("threshold", "bias", "leak_decay", "refractory_delay")
    for unit in range(size):
        values = {name: request[name][unit].item() for name in attributes}
        values["force_update"] = bool(request["force_update"])
        group[unit].set_attributes(model_attributes=values)
    pairs = [(int(a), int(b)) for a, b in zip(request["pre"], request["post"], strict=True)]
    if pairs:
        group.connect_neurons_sparse(group, {"weight": request["weight"].tolist()}, pairs)
    return net


def main() -> None:
    """Map each unit to the core that it is given, run, and write what happened."""
    request = np.load(sys.argv[1], allow_pickle=False)
    arch = sanafe.load_arch(architecture(str(request["architecture"])))
    net = network(request)
    cores = arch.cores()
    # Neurons are mapped in the order of these calls: core by core, unit by unit.
    for unit in np.argsort(request["core"], kind="stable").tolist():
        net["cells"][unit].map_to_core(cores[int(request["core"][unit])])
    chip = sanafe.SpikingChip(arch)
    chip.load(net)
    found = chip.sim(
        int(request["steps"]),
        timing_model=str(request["timing"]),
        spike_trace=True,
        perf_trace=True,
    )
    spikes = [[address.neuron_offset for address in step] for step in found["spike_trace"]]
    answer = {name: value for name, value in found.items() if not name.endswith("_trace")}
    answer |= {"raster": spikes, "per_step": found["perf_trace"]}
    Path(sys.argv[2]).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main()
