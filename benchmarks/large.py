"""Compile and run a large network on a chip: seconds of every pass, memory at its peak.

The chip is Loihi 2, or another by its name, with as many chips as it takes and without limits on
axons, which random targets would break. Each unit has 100 random targets within its cluster of
10,000. Memory is counted from where everything is loaded and a small network has run.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import resource
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

import yuragi as yg
from yuragi import hardware

_LIFTED = ("axons_in_per_core", "axons_out_per_core", "chips_max")


def weights(size: int, fan_in: int, cluster: int) -> scipy.sparse.csr_array:
    """`fan_in` different sources for each unit, within its cluster.  shape (size, size)"""
    rng = np.random.default_rng(1)
    step = rng.integers(1, max(2, 2 * cluster // fan_in), size=(size, fan_in), dtype=np.int32)
    last = cluster - np.arange(fan_in, 0, -1, dtype=np.int32)
    local = np.minimum(np.cumsum(step, axis=1, dtype=np.int32) - 1, last)
    source = local + (np.arange(size, dtype=np.int32) // cluster * cluster)[:, None]
    data = rng.uniform(-0.02, 0.02, size=size * fan_in)
    pointer = np.arange(0, size * fan_in + 1, fan_in)
    return scipy.sparse.csr_array((data, source.reshape(-1), pointer), shape=(size, size))


def network(size: int, fan_in: int) -> yg.Network:
    net = yg.Network(seed=1, dt=1e-3)
    bias = np.random.default_rng(2).uniform(0.04, 0.06, size)
    v = np.random.default_rng(3).uniform(0, 1, size)
    unit = {"decay": 0.95, "bias": bias, "v_th": 1.0}
    net.population("cells", size, "lif", parameters=unit, initial={"v": v})
    net.project("cells", "cells", weights=weights(size, fan_in, min(size, 10_000)), port="i")
    return net


def profile(name: str) -> Any:
    chip = hardware.load(name)
    limits = {name: value for name, value in chip.limits.items() if name not in _LIFTED}
    return dataclasses.replace(chip, limits=limits)


def resident() -> float:
    """Megabytes in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


class _Highest:
    """The most megabytes in memory while it is open."""

    def __enter__(self) -> _Highest:
        self.value, self._stop = resident(), threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self.value = max(self.value, resident())

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=1_000_000)
    parser.add_argument("--inputs", type=int, default=100, help="synapses of each unit")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--profile", default="loihi2")
    options = parser.parse_args()
    yg.compile(network(1_000, 10), backend="chip", profile=profile(options.profile)).run(steps=2)
    bare = resident()
    net = network(options.units, options.inputs)
    print(f"network: {resident() - bare:,.0f} MB")
    began, worked = time.perf_counter(), time.process_time()
    with _Highest() as highest:
        program = yg.compile(net, backend="chip", profile=profile(options.profile))
    print(
        f"compile: {time.perf_counter() - began:.1f} s, {time.process_time() - worked:.1f} s of "
        f"processor time, at most {highest.value:,.0f} MB in all"
    )
    for entry in program.log:
        print(f"  {entry.seconds:6.1f} s  {entry}")
    synapses = program.graph.synapses
    del net
    gc.collect()
    program.run(steps=2, threads=1)
    with _Highest() as highest:
        worked = time.process_time()
        counts = program.run(steps=options.steps, threads=1).counts
        seconds = time.process_time() - worked
    print(
        f"run: {counts.synaptic_events / seconds:.3g} synaptic events a second of one processor, "
        f"{(highest.value - bare) * 2**20 / synapses:.1f} bytes a synapse at most"
    )


if __name__ == "__main__":
    main()
