"""What a network answers to each sample, and what each costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.backend import Program, find_backend
from yuragi.errors import YuragiError
from yuragi.power import energy
from yuragi.recording import Recording

__all__ = ["samples", "samples_text"]

_MOST = 1000
_SHOWN = 20
_COUNTS = "chip"


def samples(recording: Recording, program: Program) -> dict[str, Any]:
    """By output, the unit that answers each trial; and the joules of each, where they are priced.

    The answer is the unit with the most spikes, or the largest sum of a value that is no spike; of
    equals the first. Only networks of other frameworks' files say what their outputs are.
    """
    origin = program.graph.origin
    if origin is None:
        return {}
    found: dict[str, Any] = {}
    for output, population in origin.outputs.items():
        totals = _totals(recording, population)
        if totals is not None:
            found[output] = totals.argmax(axis=1).tolist()
    counted = _by_core(recording, program)
    return {
        "predictions": found,
        "joules": [] if counted is None else _joules(counted),
        "joules_counted_by": None if counted is None else counted.backend,
    }


def _by_core(recording: Recording, program: Program) -> Recording | None:
    """The run with its counts core by core, without which a chip's time and joules are not known.

    Only the emulated chip counts so: it runs the same program again. None where it differs.
    """
    if recording.backend == _COUNTS or program.profile.kind != "neuromorphic":
        return recording
    again = (
        find_backend(_COUNTS)
        .restore(program.graph, program.profile)
        .run(steps=recording.steps, trials=recording.trials)
    )
    trains = recording.spike_trains
    same = trains.keys() == again.spike_trains.keys() and all(
        np.array_equal(recording.spikes(name), again.spikes(name)) for name in trains
    )
    return again if same else None


def _totals(recording: Recording, population: str) -> NDArray[Any] | None:
    """What each unit of an output adds up to.  shape (trials, size)"""
    if population in recording.spike_trains:
        train = recording.spike_trains[population]
        totals = np.zeros((recording.trials, train.size))
        np.add.at(totals, (train.trial, train.unit), 1.0)
        return totals
    trace = recording.traces.get((population, "v"))
    return None if trace is None else trace.values.sum(axis=1)


def _joules(recording: Recording) -> list[float]:
    """Nominal joules of each trial; none on a profile without prices."""
    profile = recording.profile
    if profile is None or profile.kind != "neuromorphic" or recording.trials > _MOST:
        return []
    try:
        totals = [energy(_trial(recording, k)).total_j for k in range(recording.trials)]
    except YuragiError:
        return []
    return [total.nominal for total in totals if total is not None]


def _trial(recording: Recording, k: int) -> Recording:
    counts = recording.counts
    one = {name: values[k : k + 1] for name, values in counts.arrays.items()}
    return replace(recording, trials=1, counts=replace(counts, arrays=one))


def samples_text(data: dict[str, Any]) -> list[str]:
    """The first answers and joules, a line each."""
    lines = []
    for output, answers in data.get("predictions", {}).items():
        lines.append(f"  {'predictions of ' + output:<24}{_row([str(a) for a in answers])}")
    if data.get("joules"):
        lines.append(f"  {'joules per sample':<24}{_row([f'{j:.3g}' for j in data['joules']])}")
        if data["joules_counted_by"] != data["backend"]:
            lines.append(f"  counted by {data['joules_counted_by']}, whose spikes are the same")
    return ["", *lines] if lines else []


def _row(words: list[str]) -> str:
    more = f" ... ({len(words)})" if len(words) > _SHOWN else ""
    return " ".join(words[:_SHOWN]) + more
