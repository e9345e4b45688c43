"""Compare yuragi with the simulators that are installed: ratios, side by side, in one run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np
from measuring import Contender, Measured, measure
from network import lif_network, reservoir
from reporting import lif_table, states_table
from starting import start_up_table

UNITS, FAN_OUT = 10_000, 100
RATES = {"about 10 Hz": 0.0485, "about 100 Hz": 0.13}
RESERVOIRS = (100, 500, 2_000)

LIF = (
    Contender(
        label="yuragi chip/ideal",
        script="lif_yuragi.py",
        package="yuragi",
        options=("ideal",),
        note="the ratios are its rate over the other's",
    ),
    Contender(
        label="yuragi chip/loihi",
        script="lif_yuragi.py",
        package="yuragi",
        options=("loihi",),
        note="exact integers of its fixed-function compartment, with overflows counted; axons and "
        "weights of 0 as below",
    ),
    Contender(
        label="yuragi chip/loihi2",
        script="lif_yuragi.py",
        package="yuragi",
        options=("loihi2",),
        note="exact integers; the limits on axons are lifted, which random targets would break; "
        "weights that round to 0 are no synapses",
    ),
    Contender(
        label="bare compiled loop",
        script="lif_numba.py",
        package="numba",
        note="no counts, probes or delays: the limit of this plain form",
    ),
    Contender(
        label="Brian2 C++ standalone",
        script="lif_brian2.py",
        package="'brian2<2.10' 'numpy<2.4'",
        options=("standalone",),
        note="one thread; the time of its loop alone",
    ),
    Contender(
        label="Brian2 Cython",
        script="lif_brian2.py",
        package="'brian2<2.10' 'numpy<2.4'",
        options=("cython",),
    ),
    Contender(
        label="NEST",
        script="lif_nest.py",
        package="nest-simulator",
        note="iaf_psc_delta, a grid of 1 ms, one thread; the time of Run alone, without Prepare",
    ),
    Contender(
        label="SANA-FE",
        script="lif_sanafe.py",
        package="sanafe",
        share=0.2,
        note="its Loihi architecture, simple timing model; it prices every message, and goes on "
        "from where the last run stopped",
    ),
)
STATES = (
    Contender(
        label="yuragi chip/ideal", script="states_yuragi.py", package="yuragi", options=("ideal",)
    ),
    Contender(label="ReservoirPy", script="states_reservoirpy.py", package="reservoirpy"),
)


def main() -> None:
    options = _options()
    interpreters = tuple(dict.fromkeys([sys.executable, *options.peers_python]))
    rounds = 2 if options.quick else options.rounds
    steps = 200 if options.quick else 1_000
    raw: dict[str, object] = {"machine": machine()}
    lines = [raw["machine"]]
    with tempfile.TemporaryDirectory(prefix="yuragi-bench-") as name:
        folder = Path(name)
        common = {"rounds": rounds, "interpreters": interpreters, "folder": folder}
        for rate, bias in RATES.items():
            arrays = _save(folder / f"lif-{bias}.npz", lif_network(UNITS, FAN_OUT, bias))
            found = measure(_only(LIF, options), arrays, steps, limit=options.limit, **common)
            raw[f"lif, {rate}"] = _raw(found)
            title = f"LIF, {UNITS:,} units, {FAN_OUT} targets each, {rate}, {steps:,} steps"
            lines += ["", title, *lif_table(found, UNITS)]
        raw["versions"] = versions = _versions(found)
        states = {}
        length = steps * 10
        for units in RESERVOIRS:
            arrays = _save(folder / f"reservoir-{units}.npz", reservoir(units, 10, length))
            states[units] = measure(STATES, arrays, length, limit=options.limit, **common)
            raw[f"reservoir, {units}"] = _raw(states[units])
        versions |= _versions(states[RESERVOIRS[0]])
        title = f"Reservoir, leaky tanh, 10 inputs a unit, {length:,} steps, states kept"
        lines += ["", title, *states_table(states)]
        start = start_up_table(interpreters, folder, rounds)
        raw["start-up"] = start
        lines += ["", "Start-up, wall time of whole commands", *start]
    lines += ["", "versions: " + ", ".join(f"{k} {v}" for k, v in versions.items())]
    print(json.dumps(raw, indent=1) if options.json else "\n".join(map(str, lines)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--peers-python", action="append", default=[], metavar="PYTHON",
        help="an interpreter in which peers are installed; may be given more than once",
    )  # fmt: skip
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT",
        help="of the LIF contenders, the first and those with this in their name; may be repeated",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5, help="runs of each contender")
    parser.add_argument("--quick", action="store_true", help="a fifth of the steps, two rounds")
    parser.add_argument("--json", action="store_true", help="every number, as JSON")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one answer")
    return parser.parse_args()


def _only(contenders: tuple[Contender, ...], options: argparse.Namespace) -> tuple[Contender, ...]:
    ours, *others = contenders
    named = [c for c in others if not options.only or any(t in c.label for t in options.only)]
    return ours, *named


def machine() -> str:
    """Processor, cores and system."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [s for s in info.read_text().splitlines() if s.startswith("model name")]
        processor = names[0].partition(":")[2].strip() if names else processor
    return (
        f"{processor}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}; every contender on one thread"
    )


def _save(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(path, **arrays)
    return path


def _raw(results: list[Measured]) -> list[dict[str, object]]:
    return [asdict(found) for found in results]


def _versions(results: Iterable[Measured]) -> dict[str, str]:
    names = {"bare compiled loop": "numba"}
    return {
        names.get(found.contender.label, found.contender.label.split()[0]): found.facts["version"]
        for found in results
        if "version" in found.facts
    }


if __name__ == "__main__":
    main()
