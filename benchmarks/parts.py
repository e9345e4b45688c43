"""What a step costs: microseconds of each part, from time stamps around every operation.

A stamp is the processor's own cycle counter, so this runs where programs may read it, as on x86.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from llvmlite import ir
from network import lif_network, reservoir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from yuragi_chip import engine
from yuragi_chip.loop import call

sys.path.append(str(Path(__file__).parent / "contenders"))

import lif_yuragi
import states_yuragi

Array = NDArray[Any]
Columns = dict[str, dict[str, float]]

PARTS = {
    "stimulate": "stimuli",
    "update": "update",
    "count_active": "active updates, by core",
    "count_members": "active updates, by core",
    "count_scattered": "active updates, by core",
    "list_spikes": "the list of who sent",
    "list_values": "the list of who sent",
    "count_alone": "events, spikes, messages and hops, by core",
    "count_listed": "events, spikes, messages and hops, by core",
    "count_rows": "events, spikes, messages and hops, by core",
    "send_dense": "synapses",
    "send_either": "synapses",
    "send_halves": "synapses",
    "send_sparse": "synapses",
    "send_words": "synapses",
    "keep": "traces",
}
STEP, RUN = "a step", "a run, of any length"
STRETCH, COLD = 10, 5
RATES = {"about 10 Hz": 0.0485, "about 100 Hz": 0.13}


@intrinsic
def cycles(_typing: Any) -> Any:
    """What the cycle counter shows."""

    def generate(_context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(64), [])
        counter = builder.module.declare_intrinsic("llvm.readcyclecounter", [], kind)
        return builder.call(counter, [])

    return types.int64(), generate


@njit
def stamp() -> Any:
    return cycles()


@njit
def stamped(operations: Any, begin: int, end: int, first: int, last: int, stamps: Any) -> None:
    """As `yuragi_chip.loop.run_steps`, with the time before and after each operation.

    stamps: out, shape (steps, operations and one)
    """
    for step in range(begin, end):
        stamps[step, 0] = cycles()
        for k in range(operations.shape[0]):
            call(operations[k, 0], operations[k, 1], step, first, last)
            stamps[step, k + 1] = cycles()


def microseconds_a_cycle() -> float:
    began, first = time.perf_counter(), stamp()
    time.sleep(0.2)
    last, ended = stamp(), time.perf_counter()
    return 1e6 * (ended - began) / (last - first)


def parts_of(program: Any, steps: int, rounds: int, scale: float) -> dict[str, float]:
    """Microseconds of each part of a step.

    Of each stretch of 10 steps the shortest in so many rounds; of those, the median, without the
    first, in which the caches fill.
    """
    names: list[str] = []
    build = engine.build

    def building(*args: Any, **options: Any) -> Any:
        built = build(*args, **options)
        names[:] = [bound.name for bound in built.bound]
        return built

    def timed(operations: Array, begin: int, end: int, first: int, last: int) -> None:
        stamped(operations, begin, end, first, last, stamps)

    program.run(steps=2, threads=1)
    shortest = None
    with patch.object(engine, "build", building), patch.object(engine, "run_steps", timed):
        for _ in range(rounds):
            stamps = np.zeros((steps, 64), dtype=np.int64)
            program.run(steps=steps, threads=1)
            taken = np.diff(stamps[:, : len(names) + 1], axis=1)
            taken = taken.reshape(-1, STRETCH, len(names)).mean(axis=1)
            shortest = taken if shortest is None else np.minimum(shortest, taken)
    each = np.median(shortest[COLD:], axis=0) * scale
    parts: dict[str, float] = {}
    for name, part in zip(names, each.tolist(), strict=True):
        parts[PARTS[name]] = parts.get(PARTS[name], 0.0) + part
    return {**parts, STEP: sum(parts.values()), RUN: _shortest_run(program, rounds)}


def _shortest_run(program: Any, rounds: int) -> float:
    """Microseconds of what is done once a run, whatever its length."""
    shortest = float("inf")
    for _ in range(10 * rounds):
        began = time.perf_counter()
        program.run(steps=1, threads=1)
        shortest = min(shortest, time.perf_counter() - began)
    return 1e6 * shortest


def table(columns: Mapping[str, Mapping[str, float]]) -> list[str]:
    rows = dict.fromkeys(part for found in columns.values() for part in (*found, STEP, RUN))
    lines = [f"{'':44}" + "".join(f"{name:>12}" for name in columns)]
    for part in sorted(rows, key=(STEP, RUN).__contains__):
        cells = (found.get(part) for found in columns.values())
        lines.append(
            f"{part:44}" + "".join(f"{'-' if c is None else _short(c):>12}" for c in cells)
        )
    return lines


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    scale = statistics.median(microseconds_a_cycle() for _ in range(5))
    for rate, bias in RATES.items():
        arrays = lif_network(10_000, 100, bias)
        columns: Columns = {}
        for profile in ("ideal", "loihi", "loihi2"):
            program = lif_yuragi.compiled(arrays, profile)
            columns[profile] = parts_of(program, 1_000, options.rounds, scale)
        print("\n".join([f"LIF, 10,000 units, 100 targets each, {rate}", *table(columns), ""]))
    columns = {}
    for units in (100, 500, 2_000):
        program = states_yuragi.compiled(reservoir(units, 10, 1_000))
        columns[f"{units} units"] = parts_of(program, 1_000, options.rounds, scale)
    print("\n".join(["Reservoir, 10 inputs a unit, states kept", *table(columns)]))


if __name__ == "__main__":
    main()
