"""Networks of Rockpool as NIR files, with their spikes: `pip install rockpool==3.1.0 nir`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import nir
import numpy as np
import torch
from rockpool.nn.combinators import Sequential
from rockpool.nn.modules import LIFNeuronTorch, LIFTorch, LinearTorch
from rockpool.nn.modules.torch.nir import _convert_nir_to_rockpool, to_nir
from saving import save

STEPS, DT = 40, 1e-3


def networks() -> dict[str, Any]:
    """Layers with current-based units, and with units that have no current."""
    times = {"tau_mem": torch.linspace(5e-3, 3e-2, 6), "dt": DT}
    return {
        "currents": Sequential(
            LinearTorch((5, 6), has_bias=True),
            LIFTorch(6, tau_syn=torch.linspace(2e-2, 4e-3, 6), **times),
            LinearTorch((6, 4)), LIFTorch(4, tau_mem=1e-2, tau_syn=1e-2, threshold=0.5, dt=DT),
        ),
        "layers": Sequential(
            LinearTorch((5, 6)), LIFNeuronTorch(6, **times),
            LinearTorch((6, 4)), LIFNeuronTorch(4, tau_mem=2e-2, threshold=0.6, dt=DT),
        ),
    }  # fmt: skip


def strangers() -> Any:
    """A file of another writer."""
    rng = np.random.default_rng(0)

    def uniform(low: float, high: float, *shape: int) -> Any:
        return rng.uniform(low, high, shape).astype(np.float32)

    def cells(size: int) -> Any:
        one = np.ones(size, dtype=np.float32)
        return nir.CubaLIF(tau_mem=5e-3 * one, tau_syn=3e-3 * one, r=5 * one, w_in=3 * one,
                           v_leak=0 * one, v_threshold=0.9 * one)  # fmt: skip

    nodes = {
        "input": nir.Input(np.array([5])), "fc1": nir.Linear(uniform(-0.5, 1, 6, 5)),
        "one": cells(6), "fc2": nir.Linear(uniform(-0.3, 0.6, 4, 6)), "two": cells(4),
        "output": nir.Output(np.array([4])),
    }  # fmt: skip
    return nir.NIRGraph(nodes, list(pairwise(nodes)))


def as_read(graph: Any, events: Any) -> dict[str, Any]:
    """The spikes of the modules that Rockpool's reader makes, one after the other."""
    x, spikes = torch.from_numpy(events.astype(np.float32))[None], {}
    with torch.no_grad():
        for name in ("fc1", "one", "fc2", "two"):
            x, _, _ = _convert_nir_to_rockpool(graph.nodes[name])(x)
            spikes[name] = x[0].numpy()
    return {name: spikes[name] for name in ("one", "two")}


def main() -> None:
    torch.manual_seed(0)
    for (name, net), scale in zip(networks().items(), (0.25, 1.5), strict=True):
        with torch.no_grad():
            for layer in (net[0], net[2]):
                layer.weight *= scale
        events = np.random.default_rng(7).random((STEPS, 5)) < 0.3
        net.reset_state()
        with torch.no_grad():
            _, _, record = net(torch.from_numpy(events.astype(np.float32))[None], record=True)
        spikes = {
            key: np.asarray(record[key + "_output"][0])
            for key in net._submodulenames
            if "LIF" in key
        }
        save(f"rockpool_{name}", to_nir(net, torch.zeros(1, 1, 5)), events, spikes)
    save("rockpool_strangers", strangers(), events, as_read(strangers(), events))


if __name__ == "__main__":
    main()
