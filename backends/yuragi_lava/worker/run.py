"""Run the network of this folder on Lava; Python 3.10 and lava-nc are all that it needs.

    python run.py [--tag fixed_pt] [--steps N] [-o found.npz]

found.npz gets, for each population that sends, what it sent in every step, and every probe.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import traceback
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

import numpy as np  # noqa: E402 - found beside this file only from here on
from lava.magma.core.run_conditions import RunSteps  # noqa: E402
from lava.magma.runtime import runtime  # noqa: E402
from support.configuration import hardware, simulation  # noqa: E402

_REPORT_S = 0.25


def main() -> None:
    """Parse, run, save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tags = sorted(path.stem[len("network_") :] for path in FOLDER.glob("network_*.py"))
    parser.add_argument("--tag", choices=tags, default=tags[0], help="floats or integers")
    parser.add_argument("--steps", type=int, help="how many; else those it was written for")
    parser.add_argument("--loihi", action="store_true", help="Lava's configuration for Loihi 2")
    parser.add_argument("--progress", type=int, help="a file descriptor for lines of progress")
    parser.add_argument("-o", "--output", type=Path, help="where to save what was found")
    given = parser.parse_args()
    _name_shared_memory(os.environ.get("YURAGI_SEGMENTS"))
    progress = given.progress
    if progress is not None:
        progress = os.dup(progress)
        os.dup2(2, 1)  # what Lava prints is no progress
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    _end_with_the_first_error(os.getpid())
    try:
        with tempfile.TemporaryDirectory() as kept:
            found = run(given.tag, given.steps, Path(kept), progress, loihi=given.loihi)
            for name, values in found.items():
                if name.endswith(".sent") and progress is None:
                    print(f"{name[:-5]}: {np.count_nonzero(values):,} messages")  # noqa: T201
            if given.output:
                beside = given.output.with_name(f".{os.getpid()}.npz")
                np.savez(beside, **found)
                beside.replace(given.output)
    except BaseException:
        for child in multiprocessing.active_children():
            child.kill()
        raise


def run(
    tag: str, steps: int | None, kept: Path, progress: int | None, *, loihi: bool = False
) -> dict[str, Any]:
    """What was found: name -> values.  shape (samples, units)"""
    network = importlib.import_module(f"network_{tag}")
    steps = steps or network.STEPS
    with np.load(FOLDER / f"arrays_{tag}.npz", allow_pickle=False) as data:
        parts, sinks = network.build(data, steps)
    for k, sink in enumerate(sinks.values()):
        sink.proc_params["file"] = str(kept / f"{k}.npy")
    chosen = hardware() if loihi else simulation(tag)
    for k, part in enumerate(parts):
        _advance(part, chosen, steps, (k, len(parts)), progress)
        part.stop()
    return {name: np.load(kept / f"{k}.npy", allow_pickle=False) for k, name in enumerate(sinks)}


def _advance(
    part: Any, chosen: Any, steps: int, place: tuple[int, int], progress: int | None
) -> None:
    """Run all steps of one connected part, a fraction of a second at a time.

    place: which part of how many.
    """
    done, chunk = 0, steps if progress is None else 1
    while done < steps:
        begin = time.perf_counter()
        part.run(condition=RunSteps(num_steps=chunk), run_cfg=chosen)
        done += chunk
        if progress is not None:
            line = json.dumps({"step": (place[0] * steps + done) // place[1]})
            os.write(progress, f"{line}\n".encode())
        faster = 10 * chunk if done > 1 else 20
        taken = time.perf_counter() - begin
        chunk = min(faster, max(1, int(chunk * _REPORT_S / taken)), steps - done) or 1


def _end_with_the_first_error(own: int) -> None:
    """An error in a process of Lava's ends the run; Lava itself would wait for it for ever."""
    target = runtime.target_fn

    def loud(*given: Any, **named: Any) -> None:
        try:
            target(*given, **named)
        except Exception:
            traceback.print_exc()
            sys.stderr.flush()
            os.kill(own, signal.SIGTERM)
            raise

    vars(runtime)["target_fn"] = loud


def _name_shared_memory(prefix: str | None) -> None:
    """Names that a watching process knows, so that it can remove what a killed run leaves."""
    if prefix:
        vars(shared_memory)["_SHM_NAME_PREFIX"] = prefix


if __name__ == "__main__":
    main()
