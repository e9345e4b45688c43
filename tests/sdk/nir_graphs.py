"""NIR graphs of every kind, and files as older writers left them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import h5py
import nir
import numpy as np

__all__ = ["GRAPHS", "chain", "neuron", "pool", "some", "spiking_cnn", "write_old"]


def some(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 1.0, size=shape).astype(np.float32)


def neuron(kind: str, shape: tuple[int, ...]) -> Any:
    """A neuron with parameters of its own for every unit."""
    values: dict[str, Any] = {"r": some(*shape, seed=1)}
    if kind in ("LI", "LIF"):
        values |= {"tau": 1e-3 + some(*shape), "v_leak": some(*shape, seed=2)}
    if kind in ("CubaLI", "CubaLIF"):
        values |= {"tau_mem": 1e-3 + some(*shape), "tau_syn": 2e-3 + some(*shape)}
        values |= {"v_leak": some(*shape, seed=2), "w_in": some(*shape, seed=3)}
    if kind in ("IF", "LIF", "CubaLIF"):
        values |= {"v_threshold": some(*shape, seed=4), "v_reset": -some(*shape, seed=5)}
    return getattr(nir, kind)(**values)


def conv2d(out: int, inner: int, **options: Any) -> Any:
    given = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "input_shape": None} | options
    weight = some(out, inner // given["groups"], 3, 2)
    return nir.Conv2d(weight=weight, bias=some(out, seed=9), **given)


def chain(shape: tuple[int, ...], *nodes: tuple[str, Any], out: tuple[int, ...]) -> Any:
    named = {
        "input": nir.Input(np.array(shape)),
        **dict(nodes),
        "output": nir.Output(np.array(out)),
    }
    names = list(named)
    edges = list(pairwise(names))
    return nir.NIRGraph(named, edges, type_check=False)


def pool(kind: str) -> Any:
    two = np.array([2, 2])
    return getattr(nir, kind)(kernel_size=two, stride=two, padding=np.array([0, 0]))


GRAPHS: dict[str, Callable[[], Any]] = {
    **{
        kind: lambda kind=kind: chain(
            (3,), ("w", nir.Linear(some(4, 3))), ("cells", neuron(kind, (4,))), out=(4,)
        )
        for kind in ("I", "IF", "LI", "LIF", "CubaLI", "CubaLIF")
    },
    "Threshold": lambda: chain((3,), ("on", nir.Threshold(some(3))), out=(3,)),
    "Affine": lambda: chain((3,), ("w", nir.Affine(some(4, 3), some(4))), out=(4,)),
    "Scale": lambda: chain(
        (3,), ("by", nir.Scale(some(3))), ("cells", neuron("IF", (3,))), out=(3,)
    ),
    "Delay": lambda: chain(
        (3,),
        ("late", nir.Delay(np.full(3, 5e-4))),
        ("cells", neuron("IF", (3,))),
        out=(3,),
    ),
    "Delay, uneven": lambda: chain(
        (3,),
        ("late", nir.Delay(np.array([1e-4, 3e-4, 2e-4]))),
        ("cells", neuron("IF", (3,))),
        out=(3,),
    ),
    "Conv1d": lambda: chain(
        (4, 9),
        (
            "conv",
            nir.Conv1d(
                input_shape=9, weight=some(2, 2, 3), stride=2, padding=1, dilation=2, groups=2,
                bias=some(2),
            ),
        ),
        ("cells", neuron("LIF", (2, 4))),
        out=(2, 4),
    ),
    "Conv2d, pools and Flatten": lambda: chain(
        (2, 8, 7),
        ("conv1", conv2d(4, 2, stride=(1, 2), padding=(1, 0), groups=2, input_shape=(8, 7))),
        ("cells1", neuron("IF", (4, 8, 3))),
        ("sum", pool("SumPool2d")),
        ("conv2", conv2d(3, 4, padding="same", input_shape=(4, 1))),
        ("cells2", neuron("CubaLIF", (3, 4, 1))),
        ("flat", nir.Flatten(np.array([3, 4, 1]), start_dim=0)),
        ("out", nir.Affine(some(5, 12), some(5, seed=7))),
        ("cells3", neuron("LIF", (5,))),
        out=(5,),
    ),
    "AvgPool2d after a bias": lambda: chain(
        (1, 8, 7),
        ("conv", conv2d(2, 1, input_shape=(8, 7))),
        ("mean", pool("AvgPool2d")),
        ("cells", neuron("IF", (2, 3, 3))),
        out=(2, 3, 3),
    ),
}  # fmt: skip


def recurrent() -> Any:
    """Two layers, feedback over both, a nested graph, a skip connection."""
    inner = nir.NIRGraph(
        {
            "input": nir.Input(np.array([4])),
            "lif": neuron("CubaLIF", (4,)),
            "w_rec": nir.Affine(some(4, 4, seed=8), some(4, seed=9)),
            "output": nir.Output(np.array([4])),
        },
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
        type_check=False,
    )
    nodes = {
        "input": nir.Input(np.array([3])),
        "fc": nir.Affine(some(4, 3), some(4)),
        "rnn": inner,
        "fc2": nir.Linear(some(4, 4)),
        "skip": nir.Linear(some(4, 3, seed=5)),
        "last": neuron("LIF", (4,)),
        "back": nir.Linear(some(4, 4, seed=6)),
        "output": nir.Output(np.array([4])),
    }
    edges = [
        ("input", "fc"), ("fc", "rnn"), ("rnn", "fc2"), ("fc2", "last"), ("input", "skip"),
        ("skip", "last"), ("last", "back"), ("back", "rnn"), ("last", "output"),
    ]  # fmt: skip
    return nir.NIRGraph(nodes, edges, type_check=False)


GRAPHS["nested, recurrent, with a skip"] = recurrent


def write_old(file: Any, **changes: Any) -> None:
    """A graph as older writers left it, and what is changed in it."""
    nodes: dict[str, dict[str, Any]] = {
        "input": {"type": "Input", "shape": [3]},
        "w": {"type": "Linear", "weight": np.ones((4, 3))},
        "lif": {"type": "LIF", "tau": 0.01, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0},
        "output": {"type": "Output", "shape": [4]},
    }
    edges = [("input", "w"), ("w", "lif"), ("lif", "output")]
    for name, values in changes.items():
        if name == "edges":
            edges = values
        elif values is None:
            del nodes[name]
        else:
            nodes[name] = {k: v for k, v in (nodes.get(name, {}) | values).items() if v is not None}
    file["version"] = "0.2"
    file["node/type"] = "NIRGraph"
    file.create_dataset("node/edges", data=np.array(edges, dtype=object), dtype=h5py.string_dtype())
    for name, values in nodes.items():
        for key, value in values.items():
            file[f"node/nodes/{name}/{key}"] = value


def spiking_cnn() -> Any:
    """The layers of the NIR paper's network for N-MNIST: 34 x 34, 39,584 weights."""
    rng = np.random.default_rng(0)

    def conv(out: int, inner: int, side: int, size: int, stride: int) -> Any:
        return nir.Conv2d(
            input_shape=(size, size), weight=rng.normal(0, 0.2, (out, inner, side, side)),
            stride=(stride, stride), padding=(1, 1), dilation=(1, 1), groups=1,
            bias=np.zeros(out),
        )  # fmt: skip

    def cells(*shape: int) -> Any:
        return nir.IF(r=np.ones(shape), v_threshold=np.ones(shape))

    return chain(
        (2, 34, 34),
        ("conv1", conv(16, 2, 5, 34, 2)),
        ("cells1", cells(16, 16, 16)),
        ("conv2", conv(16, 16, 3, 16, 1)),
        ("cells2", cells(16, 16, 16)),
        ("pool1", pool("SumPool2d")),
        ("conv3", conv(8, 16, 3, 8, 1)),
        ("cells3", cells(8, 8, 8)),
        ("pool2", pool("SumPool2d")),
        ("flat", nir.Flatten(np.array([8, 4, 4]), start_dim=0)),
        ("fc1", nir.Linear(rng.normal(0, 0.2, (256, 128)))),
        ("cells4", cells(256)),
        ("fc2", nir.Linear(rng.normal(0, 0.2, (10, 256)))),
        ("cells5", cells(10)),
        out=(10,),
    )
