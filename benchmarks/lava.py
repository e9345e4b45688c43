"""Whole commands in turn: a network of yuragi on Lava, and the same written by hand in Lava.

From prompt to prompt: both interpreters' start, imports, building and the run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from network import lif_network
from reporting import ratio
from run import machine

from yuragi_lava.environment import required

CONTENDERS = Path(__file__).parent / "contenders"
GOAL = 1.5
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=1_000)
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    ours, theirs = [], []
    environment = {**os.environ, **ONE_THREAD}
    with tempfile.TemporaryDirectory(prefix="yuragi-bench-") as name:
        arrays = Path(name) / "lif.npz"
        np.savez(arrays, **lif_network(given.units, 100, 0.0485))
        for _ in range(given.rounds):
            found = []
            for python, script, spent in (
                (sys.executable, "lif_on_lava.py", ours),
                (str(required().python), "lif_lava.py", theirs),
            ):
                began = time.perf_counter()
                command = [python, str(CONTENDERS / script), str(arrays), str(given.steps)]
                done = subprocess.run(
                    command, check=True, capture_output=True, text=True, env=environment
                )
                spent.append(time.perf_counter() - began)
                found.append(done.stdout.split()[-1])
            if found[0] != found[1]:
                raise SystemExit(f"not the same network: {found[0]} and {found[1]} spikes")
    print(machine())
    print(f"{given.units:,} units, {given.steps:,} steps, {found[0]} spikes in both")
    print(f"yuragi {min(ours):.2f} s, by hand {min(theirs):.2f} s at least")
    print(f"yuragi over by hand: {ratio(ours, theirs)}, wanted below {GOAL}")


if __name__ == "__main__":
    main()
