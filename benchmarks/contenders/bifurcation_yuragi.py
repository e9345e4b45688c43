"""Simulated bifurcation in yuragi's compiled search.  options: form, replicas"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protocol import serve


def prepare(arrays: Mapping[str, Any], steps: int, _folder: Path) -> Any:
    import yuragi
    from yuragi_models.bifurcation import SimulatedBifurcation
    from yuragi_models.ising_problem import IsingProblem

    form, replicas = sys.argv[4], int(sys.argv[5])
    problem = IsingProblem.max_cut(arrays["weights"])
    options = {"step": float(arrays["dt"]), "discrete": form == "discrete"}
    SimulatedBifurcation(problem, steps=3, **options).solve(replicas, threads=1)
    model = SimulatedBifurcation(problem, steps=steps, **options)

    def run() -> Mapping[str, Any]:
        began = time.perf_counter()
        found = model.solve(replicas, threads=1)
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "best": -found.energies.min(), "mean": -found.energies.mean()}

    return run, {"version": yuragi.__version__}


if __name__ == "__main__":
    serve(prepare)
