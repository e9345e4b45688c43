"""How a contender talks to the command that measures it: one line of JSON for one line of input."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

# Brian2's standalone program measures itself by std::clock, the processor's time; so all do.
clock = time.process_time
Run = Callable[[], Mapping[str, Any]]
Prepare = Callable[[Mapping[str, Any], int, Path], tuple[Run, Mapping[str, Any]]]


def peak_megabytes(who: int = resource.RUSAGE_SELF) -> float:
    """The largest resident memory so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(who).ru_maxrss * unit / 1e6


def serve(prepare: Prepare) -> None:
    """Prepare once, then run each time a line comes in.

    prepare(arrays, steps, folder) -> run, facts: what is prepared is not timed with the run.
    run() -> at least "seconds".  Everything that libraries print goes to stderr.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    arrays_path, steps, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    with np.load(arrays_path) as loaded:
        arrays = {key: loaded[key] for key in loaded.files}
    began = time.perf_counter()
    try:
        run, facts = prepare(arrays, steps, folder)
    except ImportError as error:
        _answer(answers, {"missing": error.name or str(error)})
        return
    _answer(answers, {"ready": True, "prepare_s": time.perf_counter() - began, **facts})
    for _ in sys.stdin:
        result = dict(run())
        result.setdefault("peak_mb", peak_megabytes())
        _answer(answers, result)


def _answer(answers: Any, content: Mapping[str, Any]) -> None:
    answers.write(json.dumps(content) + "\n")
    answers.flush()
