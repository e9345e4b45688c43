"""The first command on a machine: a spiking CNN in NIR, imported and priced with empty caches.

    python benchmarks/first.py [--rounds N]

The layers are those of the NIR paper's network for N-MNIST, 34 x 34 pixels and 39,584 weights; 100
steps of random events, on `loihi`. Then the same command again, with what was compiled.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nir
import numpy as np

_LAYERS = Path(__file__).resolve().parents[1] / "tests" / "sdk"
_KEPT = ("NUMBA_CACHE_DIR", "YURAGI_CACHE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    cold, warm = [], []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _write(folder)
        for k in range(rounds):
            cache = folder / f"cache{k}"
            cold.append(_seconds(folder, cache))
            warm.append(_seconds(folder, cache))
    for name, found in (("empty caches", cold), ("the second time", warm)):
        wall, processor = (statistics.median(values) for values in zip(*found, strict=True))
        best = min(found)[0]
        print(f"{name:<16} {wall:.1f} s (least {best:.1f}), processor {processor:.1f} s")


def _write(folder: Path) -> None:
    sys.path.insert(0, str(_LAYERS))
    from nir_graphs import spiking_cnn

    nir.write(folder / "scnn.nir", spiking_cnn())
    np.save(folder / "events.npy", np.random.default_rng(0).random((100, 2, 34, 34)) < 0.02)


def _seconds(folder: Path, cache: Path) -> tuple[float, float]:
    """Of the wall and of the processor, children included."""
    command = [sys.executable, "-m", "yuragi", "compare", "scnn.nir", "--profiles", "loihi"]
    kept = {name: str(cache / name) for name in _KEPT}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(
        [*command, "--input", "events.npy"],
        cwd=folder, env=os.environ | kept, check=True, capture_output=True,
    )  # fmt: skip
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
