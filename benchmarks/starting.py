"""Start-up: the wall time of whole commands, against a bare Python and the peers' imports."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from reporting import ratio

__all__ = ["start_up_table"]

_MODEL = """yuragi: 1
seed: 7
network:
  populations:
    ring: {size: 40, dynamics: relu}
    listeners: {size: 10, dynamics: lif}
  projections:
    - {from: ring, to: ring, weights: {ring: 1.0}}
    - {from: ring, to: listeners, weights: {random: {inputs: 8, low: 0.2, high: 1.0}}}
  stimulus:
    - {to: ring, values: [[1%s]]}
  probes: [ring.y, listeners.spikes]
run: {steps: 120, dt: 1 ms, backend: chip}
""" % (", 0" * 39)
_PEERS = ("reservoirpy", "brian2", "nest")


def start_up_table(peers: tuple[str, ...], folder: Path, rounds: int) -> list[str]:
    """Ratios of wall times, each over a bare Python of the same interpreter."""
    model = folder / "small.yaml"
    model.write_text(_MODEL, encoding="utf-8")
    ours = [sys.executable, "-m", "yuragi"]
    commands = {
        "yuragi --help": [*ours, "--help"],
        "yuragi run small.yaml (kernels cached)": [*ours, "run", str(model)],
    }
    for name in _PEERS:
        for interpreter in peers:
            if _seconds([interpreter, "-c", f"import {name}"], folder) is not None:
                commands[f"import {name}"] = [interpreter, "-c", f"import {name}"]
                break
    bare = [sys.executable, "-c", "pass"]
    times: dict[str, list[float]] = {name: [] for name in commands}
    failed = [name for name, command in commands.items() if _seconds(command, folder) is None]
    base = []
    for _ in range(rounds):
        base.append(_seconds(bare, folder) or 1.0)
        for name, command in commands.items():
            times[name].append(_seconds(command, folder) or float("nan"))
    return [
        f"{name:<42}" + ("failed" if name in failed else f"{ratio(spent, base)} x a bare Python")
        for name, spent in times.items()
    ] + _goal(times, failed)


def _goal(times: dict[str, list[float]], failed: list[str]) -> list[str]:
    name = "yuragi run small.yaml (kernels cached)"
    if name in failed:
        return []
    slowest = max(times[name])
    return [f"from prompt to prompt in less than 3 s: {'yes' if slowest < 3 else 'NO'}"]


def _seconds(command: list[str], folder: Path) -> float | None:
    began = time.perf_counter()
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return time.perf_counter() - began if done.returncode == 0 else None
