"""The gesture network of SANA-FE's tutorial 5, with the weights that come with the package.

What is expected was measured with SANA-FE 2.2.9: 1,000 steps, layers on 1, 4, 16, 16, 4 and 1 core.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import yuragi as yg
from yuragi.backend import find_backend
from yuragi.placement import Part
from yuragi.power.report import EnergyReport
from yuragi.recording import Recording

CORES = (1, 4, 16, 16, 4, 1)
STEPS = 1000
WEIGHTS = ("conv1", "conv2", "conv3", "conv4", "dense1")
# A perfect integrator as SANA-FE runs it: v <- trunc(64 v) / 64, then v <- v + bias + i.
INTEGRATOR = yg.Dynamics(
    name="sanafe_if",
    equations="""
        kept = v*64
        v(t+1) = sign(kept)*floor(abs(kept))/64 + bias + i
    """,
    ports=("i",),
    threshold="v > threshold_",
    reset="v = 0",
    parameters={"bias": 0.0, "threshold_": 1.0},
)


def examples() -> Path | None:
    """The folder of SANA-FE's examples, where an interpreter has them."""
    python = os.environ.get("YURAGI_SANAFE_PYTHON", sys.executable)
    code = "import importlib.resources as r; print(r.files('sanafe.examples'))"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    folder = Path(found.stdout.strip())
    return folder if found.returncode == 0 and (folder / "dvs_challenge.npz").exists() else None


FOLDER = examples()
pytestmark = pytest.mark.skipif(
    FOLDER is None,
    reason="SANA-FE 2.2.9 is not importable here; name an interpreter in YURAGI_SANAFE_PYTHON",
)


def convolution(kernel: Any, width: int, height: int, stride: int) -> scipy.sparse.csr_array:
    """w[post, pre] of kernel[y, x, channel in, channel out]; units are (channel, y, x)."""
    rows, columns, channels, count = kernel.shape
    out_y, out_x = (height - rows) // stride + 1, (width - columns) // stride + 1
    n, y, x, c, ky, kx = np.meshgrid(
        *map(np.arange, (count, out_y, out_x, channels, rows, columns)), indexing="ij"
    )
    post = (n * out_y + y) * out_x + x
    pre = (c * height + y * stride + ky) * width + x * stride + kx
    shape = (count * out_y * out_x, channels * height * width)
    return stored(kernel[ky, kx, c, n].ravel(), post.ravel(), pre.ravel(), shape)


def stored(weights: Any, post: Any, pre: Any, shape: tuple[int, int]) -> scipy.sparse.csr_array:
    """Every weight is a synapse, those of 0 as well."""
    return scipy.sparse.csr_array((weights.astype(float), (post, pre)), shape=shape)


def network(values: Any) -> yg.Network:
    net = yg.Network()
    bias = {"bias": values["inputs"].astype(float)}
    sizes = {"conv1": (32, 2), "conv2": (15, 1), "conv3": (13, 1), "conv4": (11, 1)}
    for k, name in enumerate(("input", *WEIGHTS)):
        if k == 0:
            matrix, size = None, 1024
        elif name in sizes:
            side, stride = sizes[name]
            matrix = convolution(values[name], side, side, stride)
            size = matrix.shape[0]
        else:
            weights = values[name].T
            size = weights.shape[0]
            matrix = stored(
                weights.ravel(), *np.indices(weights.shape).reshape(2, -1), weights.shape
            )
        threshold = {"threshold_": float(values["thresholds"][k])}
        parameters = threshold | (bias if k == 0 else {})
        net.population(name, size, dynamics=INTEGRATOR, parameters=parameters)
        if matrix is not None:
            net.project(("input", *WEIGHTS)[k - 1], name, weights=matrix, port="i", delay=1)
    return net


def tutorial_parts(sizes: dict[str, int]) -> tuple[Part, ...]:
    """Each layer in equal pieces, the rest with the last."""
    parts = []
    for (name, size), count in zip(sizes.items(), CORES, strict=True):
        cuts = [k * (size // count) for k in range(count)] + [size]
        parts += [Part(node=name, first=a, stop=b) for a, b in pairwise(cuts)]
    return tuple(parts)


@pytest.fixture(scope="module")
def recording() -> Recording:
    assert FOLDER is not None
    net = network(np.load(FOLDER / "dvs_challenge.npz"))
    profile = yg.profile(FOLDER / "loihi.yaml")
    graph = yg.compile(net, profile=profile).graph
    parts = tutorial_parts({node.name: node.size for node in graph.nodes})
    assert graph.placement is not None
    placement = dataclasses.replace(
        graph.placement, parts=parts, cores=tuple(range(len(parts))), order={}
    )
    placed = dataclasses.replace(graph, placement=placement)
    return find_backend("chip").restore(placed, profile).run(steps=STEPS, messages=True)


@pytest.fixture(scope="module")
def report(recording: Recording) -> EnergyReport:
    return yg.energy(recording)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        ("spikes", 365_277),
        ("messages", 2_482_643),
        ("neuron_updates", 18_678_000),
        ("synaptic_events", 51_549_374),
        ("active_updates", 15_539_753),
    ],
)
def test_the_gesture_network_does_what_it_does_in_sanafe(
    recording: Recording, count: str, expected: int
) -> None:
    assert recording.counts.total(count) == expected


def test_the_gesture_network_costs_what_sanafe_says(report: EnergyReport) -> None:
    assert report.dynamic_j is not None
    assert report.dynamic_j.nominal == pytest.approx(3.440570683e-3, rel=1e-9)


def test_the_gesture_network_takes_the_simple_time_of_sanafe(report: EnergyReport) -> None:
    assert report.seconds is not None
    assert report.seconds.nominal == pytest.approx(23.951e-3, rel=1e-4)


def test_the_gesture_network_takes_the_detailed_time_of_sanafe(recording: Recording) -> None:
    seconds = yg.energy(recording, timing="detailed").seconds
    assert seconds is not None
    assert seconds.nominal == pytest.approx(25.931e-3, rel=0.01)
