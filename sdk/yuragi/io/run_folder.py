"""Runs on disk: spikes, traces and counts of one recording, with the profile that prices them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import yuragi
from yuragi import hardware
from yuragi.arrays import Members, read_arrays, write_arrays
from yuragi.documents import read_yaml
from yuragi.errors import ModelFileError
from yuragi.folders import new_folder
from yuragi.io.profile_file import PROFILE, write_profile
from yuragi.io.run_schema import LayoutSchema, LearnedSchema, RunSchema, SpikesSchema, TraceSchema
from yuragi.placement import Layout, Mesh
from yuragi.recording import COUNTS, Counts, Learned, Messages, Recording, SpikeTrain, Trace
from yuragi.schemas import checked
from yuragi.wiring.maps import check_rows
from yuragi.yaml_text import yaml_text

__all__ = ["RECORDING", "SavedRun", "read_run", "write_run"]

RECORDING = "recording.yaml"
_ARRAYS = "recording.npz"
_MOST_COUNTS = 2**31

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRun:
    """A recording with the name of its network."""

    recording: Recording
    model: str


def write_run(path: Path, run: SavedRun, *, replace: bool = False) -> None:
    """Write a run folder, whole or not at all.

    Raises ModelFileError where the place is taken or cannot be written.
    """
    arrays: dict[str, Array] = {}
    description = _description(run, arrays)
    try:
        with new_folder(path, replace=replace) as folder:
            (folder / RECORDING).write_text(yaml_text(description), encoding="utf-8")
            write_arrays(folder / _ARRAYS, arrays)
            if run.recording.profile is not None:
                write_profile(folder, run.recording.profile)
    except OSError as problem:
        raise ModelFileError(f"{path}: {problem.strerror or problem}") from None


def read_run(path: Path) -> SavedRun:
    """The recording of a folder.  Raises ModelFileError with file, line and field, or array."""
    document = read_yaml(path / RECORDING, max_bytes=1 << 24)
    schema = checked(document, RunSchema)
    if schema.trials * schema.steps * schema.counts.cores > _MOST_COUNTS:
        raise ModelFileError(f"{document.where(('counts',))}: more counts than a run can have")
    profile = None if schema.profile is None else hardware.load(path / PROFILE)
    members = read_arrays(path / _ARRAYS)
    try:
        spikes = {s.population: _spikes(s, schema, members) for s in schema.spikes}
        traces = {(t.population, t.variable): _trace(t, schema, members) for t in schema.traces}
        counts = _counts(schema, members)
        learned = {item.projection: _learned(item, schema, members) for item in schema.learned}
        layout = None if schema.layout is None else _layout(schema.layout, schema, members)
        messages = _messages(schema, members) if schema.messages else None
    except ValueError as problem:
        raise ModelFileError(f"{path / _ARRAYS}: {problem}") from None
    members.check_all_taken()
    recording = Recording(
        backend=schema.backend,
        profile=profile,
        steps=schema.steps,
        trials=schema.trials,
        dt=schema.dt,
        seed=schema.seed,
        spike_trains=spikes,
        traces=traces,
        counts=counts,
        overflows=schema.overflows,
        layout=layout,
        messages=messages,
        learned=learned,
    )
    return SavedRun(recording=recording, model=schema.model)


def _description(run: SavedRun, arrays: dict[str, Array]) -> Mapping[str, object]:
    recording = run.recording
    counts = recording.counts
    for name, array in counts.arrays.items():
        arrays[f"counts.{name}"] = _compact(array)
    return {
        "yuragi": 1,
        "version": yuragi.__version__,
        "model": run.model,
        "backend": recording.backend,
        "profile": None if recording.profile is None else recording.profile.name,
        "steps": int(recording.steps),
        "trials": int(recording.trials),
        "dt": recording.dt,
        "seed": int(recording.seed),
        "spikes": [
            _described_spikes(name, train, f"spikes.{k}", arrays)
            for k, (name, train) in enumerate(recording.spike_trains.items())
        ],
        "traces": [
            _described_trace(key, trace, f"traces.{k}", arrays)
            for k, (key, trace) in enumerate(recording.traces.items())
        ],
        "counts": {
            "cores": int(counts.cores),
            "tiles": int(counts.tiles),
            "chips": int(counts.chips),
            "names": list(counts.arrays),
        },
        **(
            {"overflows": {name: dict(found) for name, found in recording.overflows.items()}}
            if recording.overflows
            else {}
        ),
        **_described_layout(recording.layout, arrays),
        **_described_messages(recording.messages, arrays),
        **_described_learned(recording.learned, arrays),
    }


_OF_MESSAGES = ("source", "target", "synaptic_events", "active", "inactive", "spikes")


def _described_messages(messages: Messages | None, arrays: dict[str, Array]) -> dict[str, object]:
    if messages is None:
        return {}
    for name in ("first", *_OF_MESSAGES):
        arrays[f"messages.{name}"] = getattr(messages, name)
    return {"messages": True}


def _described_learned(
    learned: Mapping[str, Learned], arrays: dict[str, Array]
) -> dict[str, object]:
    described = []
    for k, (name, found) in enumerate(learned.items()):
        for part in ("values", "indices", "indptr"):
            arrays[f"learned.{k}.{part}"] = getattr(found, part)
        described.append(
            {
                "projection": name,
                "shape": list(found.shape),
                "scale": float(found.scale),
                "values": f"learned.{k}",
            }
        )
    return {"learned": described} if described else {}


def _described_layout(layout: Layout | None, arrays: dict[str, Array]) -> dict[str, object]:
    if layout is None:
        return {}
    arrays["layout.cores"] = np.array(layout.used, dtype=np.int64)
    arrays["layout.links"] = layout.links
    mesh = layout.mesh
    described = {
        "width": mesh.width,
        "height": mesh.height,
        "cores_per_tile": mesh.cores_per_tile,
        "cores": "layout.cores",
        "links": "layout.links",
        "multicast": layout.multicast,
    }
    return {"layout": described}


def _described_spikes(
    name: str, train: SpikeTrain, place: str, arrays: dict[str, Array]
) -> dict[str, object]:
    for part in ("trial", "step", "unit"):
        arrays[f"{place}.{part}"] = _narrow(getattr(train, part))
    return {"population": name, "size": train.size, "events": place}


def _described_trace(
    key: tuple[str, str], trace: Trace, place: str, arrays: dict[str, Array]
) -> dict[str, object]:
    arrays[place] = trace.values
    return {
        "population": key[0],
        "variable": key[1],
        "every": trace.every,
        "scale": float(trace.scale),
        "values": place,
        **({"spike_register": trace.spike_register} if trace.spike_register else {}),
    }


def _narrow(events: Array) -> Array:
    """Event numbers in the narrowest type that holds them."""
    return events.astype(np.min_scalar_type(int(events.max(initial=0))))


def _compact(array: Array) -> Array:
    """A broadcast array without its repetitions."""
    return array[tuple(slice(0, None if stride else 1) for stride in array.strides)]


def _spikes(schema: SpikesSchema, run: RunSchema, members: Members) -> SpikeTrain:
    trial, step, unit = (
        members.take(f"{schema.events}.{part}", "u", ndim=1).astype(np.int64)
        for part in ("trial", "step", "unit")
    )
    if not len(trial) == len(step) == len(unit):
        raise ValueError(f"{schema.events}: trial, step and unit differ in length")
    for part, values, size in (
        ("trial", trial, run.trials),
        ("step", step, run.steps),
        ("unit", unit, schema.size),
    ):
        if len(values) and not (values.min() >= 0 and values.max() < size):
            raise ValueError(f"{schema.events}.{part}: expected from 0 to {size - 1:,}")
    later = unit[1:] > unit[:-1]
    for values in (step, trial):
        later = (values[1:] > values[:-1]) | ((values[1:] == values[:-1]) & later)
    if not later.all():
        raise ValueError(f"{schema.events}: expected events by trial, step and unit, once each")
    return SpikeTrain(size=schema.size, trial=trial, step=step, unit=unit)


def _trace(schema: TraceSchema, run: RunSchema, members: Members) -> Trace:
    values = members.take(schema.values, "if", ndim=3)
    expected = (run.trials, -(-run.steps // schema.every))
    if values.shape[:2] != expected:
        raise ValueError(f"{schema.values}: shape {values.shape}, expected {expected} and units")
    return Trace(
        values=values, every=schema.every, scale=schema.scale, spike_register=schema.spike_register
    )


def _counts(run: RunSchema, members: Members) -> Counts:
    shape = (run.trials, run.steps, run.counts.cores)
    arrays = {}
    for name in run.counts.names:
        if name not in COUNTS:
            raise ValueError(f"no count {name!r}; there are {', '.join(COUNTS)}")
        array = members.take(f"counts.{name}", "iu", ndim=3)
        if any(held not in (1, full) for held, full in zip(array.shape, shape, strict=True)):
            raise ValueError(f"counts.{name}: shape {array.shape}, expected {shape}")
        if array.size and array.min() < 0:
            raise ValueError(f"counts.{name}: expected numbers from 0")
        arrays[name] = np.broadcast_to(array, shape)
    return Counts(
        arrays=arrays, cores=run.counts.cores, tiles=run.counts.tiles, chips=run.counts.chips
    )


def _learned(schema: LearnedSchema, run: RunSchema, members: Members) -> Learned:
    values = members.take(f"{schema.values}.values", "if", ndim=2)
    indices = members.take(f"{schema.values}.indices", "i", ndim=1)
    indptr = members.take(f"{schema.values}.indptr", "i", ndim=1)
    post, pre = schema.shape
    if values.shape != (run.trials, len(indices)):
        raise ValueError(f"{schema.values}: shape {values.shape}, expected trials and synapses")
    check_rows(indices, indptr, post, pre)
    return Learned(
        values=values, indices=indices, indptr=indptr, shape=(post, pre), scale=schema.scale
    )


def _layout(schema: LayoutSchema, run: RunSchema, members: Members) -> Layout:
    mesh = Mesh(width=schema.width, height=schema.height, cores_per_tile=schema.cores_per_tile)
    used = members.take(schema.cores, "i", ndim=1)
    if len(used) != run.counts.cores or used.min() < 0 or (np.diff(used) <= 0).any():
        raise ValueError(f"{schema.cores}: expected {run.counts.cores} cores, ascending")
    chips = int(used[-1]) // mesh.cores + 1
    links = members.take(schema.links, "i", ndim=3)
    shape = (4, mesh.width * chips, mesh.height)
    if links.shape != shape or links.min() < 0:
        raise ValueError(f"{schema.links}: expected numbers from 0 in shape {shape}")
    return Layout(
        mesh=mesh,
        used=tuple(used.tolist()),
        counted=lambda: links,
        multicast=schema.multicast,
    )


def _messages(run: RunSchema, members: Members) -> Messages:
    arrays = {name: members.take(f"messages.{name}", "i", ndim=1) for name in _OF_MESSAGES}
    first = members.take("messages.first", "i", ndim=1)
    size = len(arrays["source"])
    ends = len(first) == run.trials * run.steps + 1 and (first[0], first[-1]) == (0, size)
    if not ends or (np.diff(first) < 0).any():
        raise ValueError("messages.first: expected where each step begins, ascending")
    for name, array in arrays.items():
        lowest = -1 if name == "target" else 0
        most = run.counts.cores if name in ("source", "target") else 2**31
        if len(array) != size or (size and not lowest <= array.min() <= array.max() < most):
            raise ValueError(
                f"messages.{name}: expected {size} numbers from {lowest} to {most - 1}"
            )
    return Messages(trials=run.trials, first=first, **arrays)
