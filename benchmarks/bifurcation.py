"""Steps of simulated bifurcation at 2,000 spins, beside the package simulated-bifurcation."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import networkx
import numpy as np
from measuring import Contender, Measured, measure

from yuragi_models.instances import gset, k2000

REPLICAS = (1, 32, 128)
STEPS = {1: 2000, 32: 200, 128: 100}


def contenders(form: str, replicas: int) -> tuple[Contender, Contender]:
    options = (form, str(replicas))
    return (
        Contender(
            label="yuragi", script="bifurcation_yuragi.py", package="yuragi", options=options
        ),
        Contender(
            label="simulated-bifurcation",
            script="bifurcation_package.py",
            package="torch==2.13.0 simulated-bifurcation",
            options=options,
        ),
    )


def weights() -> dict[str, np.ndarray]:
    """The two graphs of 2,000 vertices.  shape (2000, 2000)"""
    sparse = networkx.to_numpy_array(gset(22), nodelist=range(1, 2001))
    return {"G22, 19,990 edges": sparse, "K2000, all edges": -2.0 * k2000().couplings.toarray()}


def row(form: str, replicas: int, ours: Measured, other: Measured) -> str:
    if ours.missing or other.missing:
        return f"{form:<10} {replicas:>8}  {ours.missing or other.missing}"
    pairs = zip(ours.values("seconds"), other.values("seconds"), strict=True)
    ratios = sorted(b / a for a, b in pairs)
    each = [statistics.median(m.values("seconds")) / m.steps * 1e3 for m in (ours, other)]
    cuts = [statistics.median(m.values("mean")) for m in (ours, other)]
    spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
    return (
        f"{form:<10} {replicas:>8}  {spread:<20} {each[0]:>9.3f} {each[1]:>9.3f}   "
        f"{cuts[0]:>8.0f} {cuts[1]:>8.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers-python", action="append", default=[], metavar="PATH")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    interpreters = (sys.executable, *given.peers_python)
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, graph) in enumerate(weights().items()):
            print(f"\n{name}; one thread")
            print(f"{'':<20} {'the other / yuragi':<20} {'ms a step':>20}   {'mean cut':>17}")
            print(
                f"{'form':<10} {'replicas':>8}  {'seconds a step':<20} {'yuragi':>9} {'other':>9}"
            )
            for form in ("discrete", "ballistic"):
                for replicas in REPLICAS:
                    place = Path(folder) / f"{number}-{form}-{replicas}"
                    place.mkdir()
                    arrays = place / "arrays.npz"
                    np.savez(arrays, weights=graph.astype(np.float32), dt=0.5)
                    found = measure(
                        contenders(form, replicas), arrays, STEPS[replicas],
                        rounds=given.rounds, interpreters=interpreters, folder=place, limit=300.0,
                    )  # fmt: skip
                    print(row(form, replicas, *found), flush=True)


if __name__ == "__main__":
    main()
