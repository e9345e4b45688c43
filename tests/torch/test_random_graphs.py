"""NIR graphs drawn at random, in Norse's reader and here: no spike differs."""

from __future__ import annotations

import copy
import logging
import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import yuragi as yg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch", reason="needs PyTorch: make torch")
    pytest.importorskip("norse.torch", reason="needs Norse: make torch")
    nir = pytest.importorskip("nir", reason="needs the extra nir")

from norse.torch.functional.reset import reset_subtract, reset_value
from norse.torch.utils.import_nir import from_nir

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("ignore")
STEPS, DT = 25, 1e-4
UNITS = ("lif1", "lif2", "lif3")


class Drawing:
    """Draws a graph: a convolution, a pool, two layers, perhaps feedback and a skip."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def some(self, *shape: int, low: float, high: float) -> Any:
        return self.rng.uniform(low, high, shape).astype(np.float32)

    def pair(self, low: int, high: int) -> tuple[int, int]:
        return tuple(int(n) for n in self.rng.integers(low, high, 2))

    def affine(self, post: int, pre: int, low: float, high: float) -> Any:
        return nir.Affine(
            self.some(post, pre, low=low, high=high), self.some(post, low=-0.5, high=0.5)
        )

    def unit(self, *shape: int) -> Any:
        tau = self.some(*shape, low=4e-4, high=2e-3)
        kind = self.rng.choice(["LIF", "IF", "CubaLIF"])
        if kind == "IF":
            return nir.IF(r=np.ones_like(tau), v_threshold=self.some(*shape, low=3, high=6))
        leak = self.some(*shape, low=-0.05, high=0.05)
        if kind == "LIF":
            level = self.some(*shape, low=0.5, high=1.2)
            return nir.LIF(tau=tau, r=np.ones_like(tau), v_leak=leak, v_threshold=level)
        return nir.CubaLIF(
            tau_syn=tau, tau_mem=tau[..., ::-1].copy(), r=self.some(*shape, low=1, high=2),
            w_in=self.some(*shape, low=1, high=2), v_leak=leak,
            v_threshold=self.some(*shape, low=0.3, high=0.8),
        )  # fmt: skip

    def graph(self) -> Any:
        kernel, stride, padding, dilation = (self.pair(1, n) for n in (4, 3, 2, 3))
        padding = (padding[0] - 1, padding[1])
        size = [
            (9 + 2 * p - d * (k - 1) - 1) // s + 1
            for k, s, p, d in zip(kernel, stride, padding, dilation, strict=True)
        ]
        pooled = [n // 2 for n in size]
        two = np.array([2, 2])
        nodes = {
            "input": nir.Input(np.array([1, 2, 9, 9])),
            "conv": nir.Conv2d(
                input_shape=(9, 9), weight=self.some(3, 2, *kernel, low=-2, high=4), stride=stride,
                padding=padding, dilation=dilation, groups=1, bias=self.some(3, low=-0.5, high=0.5),
            ),
            "lif1": self.unit(1, 3, *size),
            "pool": nir.SumPool2d(two, two, np.array([0, 0])),
            "flat": nir.Flatten(np.array([1, 3, *pooled]), start_dim=1, end_dim=-1),
            "fc1": self.affine(6, 3 * pooled[0] * pooled[1], -1.5, 2.5),
            "lif2": self.unit(6), "fc2": self.affine(6, 6, -3, 6), "lif3": self.unit(6),
            "output": nir.Output(np.array([1, 6])),
        }  # fmt: skip
        edges = list(pairwise(nodes))
        if self.rng.integers(2):
            nodes["w_rec"] = self.affine(6, 6, -1, 1)
            edges = [("lif2", "w_rec"), ("w_rec", "lif2"), *edges]
        if self.rng.integers(2):
            edges.append(("lif2", "lif3"))
        return nir.NIRGraph(nodes, edges, type_check=False)


def spikes_in_norse(graph: Any, frames: Any, method: Any) -> dict[str, np.ndarray]:
    """What each unit sends.  shape (steps, units)"""
    logging.disable(logging.CRITICAL)  # it warns of what it reads as we say
    module = from_nir(copy.deepcopy(graph), dt=DT, ignore_warnings=True, reset_method=method)
    kept: dict[str, list[Any]] = {name: [] for name in UNITS}
    for name in UNITS:
        module.get_submodule(name).register_forward_hook(
            lambda _m, _i, out, name=name: kept[name].append(out[0].reshape(-1).numpy().copy())
        )
    state = None
    with torch.no_grad():
        for frame in frames:
            _, state = module(frame, state)
    logging.disable(logging.NOTSET)
    return {name: np.array(each) for name, each in kept.items()}


@pytest.mark.parametrize("reset", ["zero", "subtract"])
@pytest.mark.parametrize("seed", range(5))
def test_a_graph_drawn_at_random_spikes_as_in_norse(seed: int, reset: str) -> None:
    drawing = Drawing(seed)
    graph = drawing.graph()
    frames = (drawing.rng.random((STEPS, 1, 2, 9, 9)) < 0.3).astype(np.float32)
    method = reset_subtract if reset == "subtract" else reset_value
    expected = spikes_in_norse(graph, torch.from_numpy(frames), method)
    currents = [name for name in UNITS if isinstance(graph.nodes[name], nir.CubaLIF)]

    # Its reader gives the reset that is asked for to CubaLIF only.
    network = yg.from_nir(graph, dialect="norse", reset=dict.fromkeys(currents, reset))
    program = yg.compile(network, backend="reference")
    found = program.run({"input": frames.reshape(STEPS, -1)}, steps=STEPS)

    assert sum(each.sum() for each in expected.values()) > 100
    for name in UNITS:
        assert int((found.spikes(name) != expected[name]).sum()) == 0, name
