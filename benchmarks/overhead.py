"""What yuragi adds to Brian2: the same network by hand and by yuragi, from arrays to spikes."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from measuring import Contender, Measured, measure
from network import lif_network
from reporting import ratio

UNITS, FAN_OUT = 10_000, 100
RATES = {"about 10 Hz": 0.0485, "about 100 Hz": 0.13}
_PACKAGE = "'yuragi[brian2]'"
CONTENDERS = (
    Contender(label="yuragi", script="whole_brian2.py", package=_PACKAGE, options=("yuragi",)),
    Contender(label="by hand", script="whole_brian2.py", package=_PACKAGE, options=("by_hand",)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yuragi-bench-") as name:
        folder = Path(name)
        for rate, bias in RATES.items():
            arrays = folder / f"lif-{bias}.npz"
            np.savez(arrays, **lif_network(UNITS, FAN_OUT, bias))
            found = measure(
                CONTENDERS, arrays, options.steps, rounds=options.rounds,
                interpreters=(sys.executable,), folder=folder, limit=600.0,
            )  # fmt: skip
            print(f"LIF, {UNITS:,} units, {FAN_OUT} targets each, {rate}, {options.steps:,} steps")
            print("\n".join(_lines(*found)))


def _lines(ours: Measured, by_hand: Measured) -> list[str]:
    if missing := ours.missing or by_hand.missing:
        return [missing]
    same = set(ours.values("spikes")) == set(by_hand.values("spikes"))
    seconds = [statistics.median(found.values("seconds")) for found in (ours, by_hand)]
    return [
        f"  spikes {ours.values('spikes')[0]:,.0f}, {'the same' if same else 'NOT the same'}; "
        f"Brian2 {ours.facts['version']} on Cython, modules cached",
        f"  build and run: {ratio(ours.values('seconds'), by_hand.values('seconds'))} times the "
        f"hand-written one; medians {seconds[0]:.3f} s and {seconds[1]:.3f} s",
        f"  the goal of at most 1.20 at the median: {_goal(ours, by_hand)}",
    ]


def _goal(ours: Measured, by_hand: Measured) -> str:
    each = zip(ours.values("seconds"), by_hand.values("seconds"), strict=True)
    return "met" if statistics.median(a / b for a, b in each) <= 1.2 else "MISSED"


if __name__ == "__main__":
    main()
