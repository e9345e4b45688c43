"""The package simulated-bifurcation, its optimizer alone.  options: form, replicas"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protocol import serve


def prepare(arrays: Mapping[str, Any], steps: int, _folder: Path) -> Any:
    from importlib.metadata import version

    import simulated_bifurcation as sb
    import torch
    from simulated_bifurcation.optimizer import (
        SimulatedBifurcationEngine,
        SimulatedBifurcationOptimizer,
    )

    form, replicas = sys.argv[4], int(sys.argv[5])
    weights = torch.tensor(arrays["weights"], dtype=torch.float32)
    couplings = -0.5 * weights
    dt = float(arrays["dt"])
    engine = SimulatedBifurcationEngine[f"{form[0]}SB"]

    def search(number: int) -> Any:
        sb.set_env(time_step=dt, pressure_slope=1.0 / (dt * number))
        optimizer = SimulatedBifurcationOptimizer(
            replicas, number, None, engine, False, False, 50, 50
        )
        return optimizer.run_integrator(couplings, False)

    torch.manual_seed(0)
    search(3)

    def run() -> Mapping[str, Any]:
        began = time.perf_counter()
        spins = search(steps)
        seconds = time.perf_counter() - began
        cuts = (weights.sum() - (spins * (weights @ spins)).sum(dim=0)) / 4.0
        return {"seconds": seconds, "best": float(cuts.max()), "mean": float(cuts.mean())}

    return run, {"version": version("simulated-bifurcation")}


if __name__ == "__main__":
    serve(prepare)
