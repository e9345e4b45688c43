"""Networks in snnTorch 1.0 and Norse 1.1 as their own readers of NIR make them, with their spikes:
`pip install torch==2.13.0 snntorch==1.0.0 norse==1.1.0 nirtorch==2.6 nir`."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import nir
import numpy as np
import snntorch as snn
import torch
from norse.torch.utils.import_nir import from_nir
from saving import save
from snntorch.export_nir import export_to_nir
from snntorch.import_nir import (
    _nir_to_snntorch_module,
    _replace_rnn_subgraph_with_nirgraph,
    import_from_nir,
)

STEPS, DT = 40, 1e-4
RNG = np.random.default_rng(0)


def uniform(low: float, high: float, *shape: int) -> Any:
    return RNG.uniform(low, high, shape).astype(np.float32)


def chained(nodes: dict[str, Any], *more: tuple[str, str]) -> Any:
    names = [name for name in nodes if not name.startswith("w_rec")]
    return nir.NIRGraph(nodes, [*more, *pairwise(names)], type_check=False)


def recorded(module: Any, frames: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """What the named modules send.  shape (steps, units)"""
    kept: dict[str, list[Any]] = {name: [] for name in names}
    for name in names:
        module.get_submodule(name).register_forward_hook(
            lambda _m, _i, out, name=name: kept[name].append(
                (out[0] if isinstance(out, tuple) else out).detach().reshape(-1).numpy().copy()
            )
        )
    state = None
    with torch.no_grad():
        for frame in frames:
            out = module(frame[None], state)
            state = out[1] if isinstance(out, tuple) else None
    return {name: np.array(each) for name, each in kept.items()}


def norse_images() -> Any:
    def conv(out: int, inner: int, size: tuple[int, int], **options: Any) -> Any:
        given = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1} | options
        weight = uniform(-4, 7, out, inner // given["groups"], 2, 2)
        return nir.Conv2d(input_shape=size, weight=weight, bias=uniform(-1, 2, out), **given)

    def ones(*shape: int) -> Any:
        return np.ones(shape, dtype=np.float32)

    def lif(tau: float, *shape: int) -> Any:
        one = ones(*shape)
        return nir.LIF(tau=tau * one, r=one, v_leak=0.1 * one, v_threshold=one)

    two = np.array([2, 2])
    cells = ones(6)
    return chained(
        {
            "input": nir.Input(np.array([1, 2, 9, 8])),
            "conv1": conv(4, 2, (9, 8), stride=(2, 1), padding=(1, 0)),
            "lif1": lif(1e-3, 1, 4, 5, 7),
            "pool": nir.SumPool2d(two, two, np.array([0, 0])),
            "conv2": conv(3, 4, (2, 3), dilation=(1, 2)),
            "if1": nir.IF(r=ones(1, 3, 1, 1), v_threshold=9 * ones(1, 3, 1, 1)),
            "flat": nir.Flatten(np.array([1, 3, 1, 1]), start_dim=1, end_dim=-1),
            "fc": nir.Affine(uniform(-3, 6, 6, 3), uniform(-1, 1, 6)),
            "cuba": nir.CubaLIF(tau_syn=4e-4 * cells, tau_mem=8e-4 * cells, r=2 * cells,
                                v_leak=0.02 * cells, v_threshold=0.4 * cells, w_in=1.5 * cells),
            "w_rec": nir.Affine(uniform(-1, 1, 6, 6), uniform(-1, 1, 6)),
            "output": nir.Output(np.array([1, 6])),
        },
        ("cuba", "w_rec"), ("w_rec", "cuba"),
    )  # fmt: skip


def snntorch_images() -> Any:
    unit = {"reset_mechanism": "zero", "init_hidden": True}
    net = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, stride=2, padding=1),
        snn.Leaky(beta=torch.full((4, 5, 4), 0.8), threshold=torch.full((4, 5, 4), 0.6), **unit),
        torch.nn.AvgPool2d((2, 2), (2, 2)),
        torch.nn.Conv2d(4, 3, 2, bias=False),
        snn.Synaptic(alpha=torch.full((3, 1, 1), 0.5), beta=torch.full((3, 1, 1), 0.9),
                     threshold=torch.full((3, 1, 1), 0.5), **unit),
        torch.nn.Flatten(),
        torch.nn.Linear(3, 6),
        snn.Leaky(beta=torch.full((6,), 0.7), threshold=torch.full((6,), 0.8), **unit),
    )  # fmt: skip
    with torch.no_grad():
        for layer in (net[0], net[3], net[6]):
            layer.weight *= 3.0
    return export_to_nir(net, torch.zeros(1, 2, 9, 8), ignore_dims=[0])


def snntorch_recurrent() -> Any:
    """Recurrent layers as the subgraphs that snnTorch's reader makes: input -> w_rec -> lif."""

    def cells(size: int, beta: float, alpha: float | None = None) -> Any:
        tau = np.full(size, DT / (1 - beta))
        zero, one = np.zeros(size), np.ones(size)
        if alpha is None:
            return nir.LIF(tau=tau, r=tau / DT, v_leak=zero, v_threshold=one)
        syn = np.full(size, DT / (1 - alpha))
        return nir.CubaLIF(tau_mem=tau, tau_syn=syn, r=tau / DT, w_in=syn / DT, v_leak=zero,
                           v_threshold=one)  # fmt: skip

    nodes = {
        "input": nir.Input(np.array([5])),
        "fc1": nir.Affine(uniform(-1, 2, 6, 5), uniform(-0.2, 0.4, 6)),
        "one.lif": cells(6, 0.8, 0.6),
        "one.w_rec": nir.Affine(uniform(-0.5, 0.5, 6, 6), uniform(-0.2, 0.2, 6)),
        "fc2": nir.Affine(uniform(-1, 2, 4, 6), uniform(-0.2, 0.4, 4)),
        "two.lif": cells(4, 0.7),
        "two.w_rec": nir.Affine(uniform(-0.5, 0.5, 4, 4), uniform(-0.2, 0.2, 4)),
        "output": nir.Output(np.array([4])),
    }
    names = [name for name in nodes if not name.endswith("w_rec")]
    back = [
        (f"{a}.{c}", f"{a}.{d}")
        for a in ("one", "two")
        for c, d in (("lif", "w_rec"), ("w_rec", "lif"))
    ]
    return _replace_rnn_subgraph_with_nirgraph(nir.NIRGraph(nodes, [*back, *pairwise(names)]))


def by_node(graph: Any, frames: Any) -> dict[str, Any]:
    """The modules of snnTorch's reader in a row, which with NIRTorch 2.6 reads no nested graph."""
    layers = {
        name: _nir_to_snntorch_module(graph.nodes[name]) for name in ("fc1", "one", "fc2", "two")
    }
    held = {
        name: (torch.zeros(1, size),) * count
        for name, size, count in (("one", 6, 3), ("two", 4, 2))
    }
    kept: dict[str, list[Any]] = {name: [] for name in held}
    with torch.no_grad():
        for frame in frames:
            x = frame[None]
            for name, layer in layers.items():
                if name not in held:
                    x = layer(x)
                    continue
                held[name] = layer(x, *held[name])
                x = held[name][0]
                kept[name].append(x.reshape(-1).numpy().copy())
    return {name: np.array(each) for name, each in kept.items()}


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    events = RNG.random((STEPS, 2, 9, 8)) < 0.3
    frames = torch.from_numpy(events.astype(np.float32))
    flat = RNG.random((STEPS, 5)) < 0.3
    graph = norse_images()
    spikes = recorded(from_nir(copy.deepcopy(graph), dt=DT), frames, ("lif1", "if1", "cuba"))
    save("norse_images", graph, events.reshape(STEPS, -1), spikes)
    graph = snntorch_images()
    spikes = recorded(import_from_nir(copy.deepcopy(graph)), frames, ("1", "4", "7"))
    save("snntorch_images", graph, events.reshape(STEPS, -1), spikes)
    graph = snntorch_recurrent()
    spikes = by_node(graph, torch.from_numpy(flat.astype(np.float32)))
    save("snntorch_recurrent", graph, flat, spikes)


if __name__ == "__main__":
    main()
