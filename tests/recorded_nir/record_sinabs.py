"""Networks of Sinabs as NIR files, with their spikes: `pip install sinabs==3.1.3`."""

from __future__ import annotations

from typing import Any

import numpy as np
import sinabs.layers as sl
import torch
from saving import save
from sinabs.nir import to_nir
from torch import nn

STEPS = 40


def networks() -> dict[str, Any]:
    """By name: the shape of an input, the layers, which of them lie at which node."""
    one = {"batch_size": 1}
    return {
        "layers": ((5,), nn.Sequential(
            nn.Linear(5, 6),
            sl.LIFSqueeze(tau_mem=torch.linspace(3.0, 25.0, 6), spike_threshold=torch.ones(6),
                          norm_input=False, **one),
            nn.Linear(6, 6, bias=False),
            sl.LIFSqueeze(tau_mem=torch.full((6,), 10.0), spike_threshold=torch.full((6,), 0.4),
                          norm_input=False, **one),
        )),
        "images": ((2, 8, 7), nn.Sequential(
            nn.Conv2d(2, 4, 3, stride=(2, 1), padding=(1, 0), bias=False),
            sl.IAFSqueeze(min_v_mem=-1.0, **one),
            sl.SumPool2d((2, 2)),
            nn.Conv2d(4, 4, 2, groups=2, bias=True),
            sl.IAFSqueeze(min_v_mem=-0.7, spike_threshold=torch.tensor(0.7), **one),
            nn.Flatten(), nn.Linear(4, 4, bias=False), sl.IAFSqueeze(min_v_mem=-1.0, **one),
        )),
    }  # fmt: skip


def recorded(net: Any, frames: Any) -> dict[str, Any]:
    """What each spiking layer sends.  shape (steps, units)"""
    kept: dict[str, Any] = {}
    with torch.no_grad():
        for k, layer in enumerate(net):
            frames = layer(frames)
            if isinstance(layer, (sl.IAFSqueeze, sl.LIFSqueeze)):
                kept[str(k)] = frames.flatten(1).numpy().copy()
    return kept


def main() -> None:
    torch.manual_seed(0)
    for name, (shape, net) in networks().items():
        with torch.no_grad():
            for layer in net:
                if hasattr(layer, "weight"):
                    layer.weight *= 3.0
        events = np.random.default_rng(7).random((STEPS, int(np.prod(shape)))) < 0.3
        frames = torch.from_numpy(events.reshape(STEPS, *shape).astype(np.float32))
        spikes = recorded(net, frames)
        graph = to_nir(net, frames)
        graph.infer_types()
        save(f"sinabs_{name}", graph, events, spikes)


if __name__ == "__main__":
    main()
