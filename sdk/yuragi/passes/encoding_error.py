"""What a coding costs in accuracy and saves in messages, on the calibration run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi import reference
from yuragi.graph import Graph, Probe
from yuragi.passes.calibrate import calibration_run
from yuragi.recording import Recording

__all__ = ["coding_report"]

Array = NDArray[Any]
Spans = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A run with the values that the coded populations had.

    value, decoded: by population; decoded is what receivers take the value for.
        shape (steps, trials, size)
    """

    recording: Recording
    value: Mapping[str, Array]
    decoded: Mapping[str, Array]


def coding_report(
    before: Graph, after: Graph, spans: Spans, kind: str, window: int | None
) -> tuple[str, ...]:
    """Lines for the log: the error of each sender, and messages and synaptic events.

    The first error compares what receivers take a value for with the value, in the coded run; the
    second compares the values of the two runs, which chaos drives apart whatever the coding.
    """
    outputs = {name: before.node(name).dynamics.output or "" for name in spans}
    plain = _run(before, outputs, spans, None, "")
    coded = _run(after, outputs, spans, window, kind)
    lines = []
    for name, (low, high) in spans.items():
        span = high - low
        late = max(after.node(name).latency, 0)
        own = coded.value[name][late:] - coded.decoded[name][late:]
        apart = coded.value[name] - plain.value[name]
        lines.append(
            f"{name}: {kind}, error {_rms(own) / span:.2%} of its range [{low:.3g}, {high:.3g}]; "
            f"values {_rms(apart) / span:.2%} from those of graded spikes"
        )
    for count, words in (("messages", "messages"), ("synaptic_events", "synaptic events")):
        old, new = plain.recording.counts.total(count), coded.recording.counts.total(count)
        share = f" ({new / old - 1:+.0%})" if old else ""
        lines.append(f"{words} in the calibration run: {old:,} graded, {new:,} {kind}{share}")
    return tuple(lines)


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if values.size else 0.0


def _run(
    graph: Graph, outputs: Mapping[str, str], spans: Spans, window: int | None, kind: str
) -> _Run:
    short, steps, trials = calibration_run(graph)
    if window:
        probes = tuple(Probe(node=name, variable="spikes") for name in outputs)
        short = replace(short, probes=probes)
    kept: dict[str, list[Array]] = {name: [] for name in outputs}
    held: dict[str, list[Array]] = {name: [] for name in outputs}

    def observe(name: str, values: Mapping[str, Array]) -> None:
        if name not in outputs:
            return
        size = graph.node(name).size
        kept[name].append(np.broadcast_to(values[outputs[name]], (trials, size)).copy())
        if kind == "sigma_delta":
            held[name].append(values[_held(graph, name)].copy())

    found = reference.run(short, steps=steps, trials=trials, observe=observe)
    value = {name: _padded(kept[name], steps) for name in outputs}
    if kind == "sigma_delta":
        decoded = {name: _padded(held[name], steps) for name in outputs}
    else:
        decoded = {
            name: _averaged(found, name, spans[name], window) if window else value[name]
            for name in outputs
        }
    return _Run(recording=found, value=value, decoded=decoded)


def _held(graph: Graph, name: str) -> str:
    """The state that the reset of a coded sender moves: what its receivers have heard."""
    return graph.node(name).dynamics.system.reset[0][0]


def _padded(values: list[Array], steps: int) -> Array:
    """Nothing before a population began to run."""
    missing = steps - len(values)
    return np.concatenate([np.zeros((missing, *values[0].shape)), np.stack(values)])


def _averaged(found: Recording, name: str, span: tuple[float, float], window: int) -> Array:
    raster = found.spike_trains[name].raster(found.trials, found.steps)
    low, high = span
    mean = np.zeros(raster[:, 0].shape)
    result = []
    for step in range(found.steps):
        mean = mean + (raster[:, step] - mean) / window
        result.append(low + (high - low) * mean)
    return np.stack(result)
