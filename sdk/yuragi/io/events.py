"""Recorded events as input of a network: rasters, event cameras' lists, NIR's data files.

Binned: an event at time t is counted in step floor(t / dt), in unit (polarity * height + y) * width
+ x of an image. Nothing is unpickled, and sizes are checked before memory is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.arrays import read_array, read_arrays
from yuragi.errors import ModelFileError
from yuragi.io.nir.document import read_plain

__all__ = ["Events", "read_events"]

Array = NDArray[Any]
_MOST = 1 << 31
_MICROSECOND = 1e-6  # of the time stamps of AER files
_TIMES = ("t", "ts", "time", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Events:
    """What a network is given.

    values: shape (trials, steps, size)      notes: what was done with the file.
    """

    values: Array
    notes: tuple[str, ...] = ()

    @property
    def binary(self) -> bool:
        """Whether a spike or none says it all."""
        return bool(((self.values == 0) | (self.values == 1)).all())


def read_events(path: Path, *, shape: tuple[int, ...], dt: float | None) -> Events:
    """The events of a file.

    .npy: a raster of shape (steps, *shape) or (trials, steps, *shape), flat or not, or a list with
        the fields t (microseconds), x, y and p.
    .npz: one such raster, or arrays with those names.
    .h5, .hdf5, .nir: data of the `nir` package, of one node.
    shape: of the input.      dt: seconds of a step, for files with times.
    Raises ModelFileError with file and reason.
    """
    try:
        if path.suffix == ".npy":
            fields = _fields_of(path)
            return (
                _raster(path, read_array(path), shape)
                if fields is None
                else _list(path, fields, shape, dt)
            )
        if path.suffix == ".npz":
            return _archive(path, shape, dt)
        if path.suffix in (".h5", ".hdf5", ".nir"):
            return _nir_data(path, shape, dt)
    except (ValueError, OSError) as problem:
        if isinstance(problem, ModelFileError):
            raise
        raise ModelFileError(f"{path}: not a readable file of events: {problem}") from None
    raise ModelFileError(f"{path}: expected .npy, .npz, or NIR data in .h5, .hdf5 or .nir")


def _raster(path: Path, array: Array, shape: tuple[int, ...]) -> Events:
    """Values as they are, with one trial where the file has none."""
    size = math.prod(shape)
    for leading in (2, 1):
        if array.ndim > leading and math.prod(array.shape[leading:]) == size:
            kept = array.shape[:leading] if leading == 2 else (1, array.shape[0])
            if leading == 2 and array.ndim == 1 + len(shape) and array.shape[1:] == shape:
                continue  # steps of an image, not trials of its rows
            values = np.asarray(array, dtype=np.float64).reshape(*kept, size)
            if not np.isfinite(values).all():
                raise ModelFileError(f"{path}: expected finite values")
            return Events(values=values)
    raise ModelFileError(
        f"{path}: shape {array.shape}: expected (steps, {size}) or (trials, steps, {size}), or "
        f"{shape} for {size}"
    )


def _fields_of(path: Path) -> Mapping[str, Array] | None:
    """The fields of a list of events; None for an array of numbers."""
    if not path.is_file():
        raise ModelFileError(f"{path}: there is no such file")
    with path.open("rb") as stream:
        start = stream.read(4096)
    if b"'descr': [" not in start:
        return None
    table = np.load(path, mmap_mode="r", allow_pickle=False)
    if table.dtype.names is None or table.ndim != 1 or len(table) > _MOST:
        raise ModelFileError(f"{path}: expected a list of events, found shape {table.shape}")
    return {name: np.asarray(table[name]) for name in table.dtype.names}


def _list(
    path: Path, fields: Mapping[str, Array], shape: tuple[int, ...], dt: float | None
) -> Events:
    """Events with t, x, y and p counted into steps; p may be 1 where there is one polarity."""
    times = next((fields[name] for name in _TIMES if name in fields), None)
    if times is None:
        raise ModelFileError(f"{path}: events without t; there are {', '.join(fields)}")
    image = (1,) * (3 - len(shape)) + shape if len(shape) <= 3 else shape[-3:]
    unit = np.zeros(len(times), dtype=np.int64)
    for name, extent in zip(("p", "y", "x"), image, strict=True):
        given = np.asarray(fields.get(name, np.zeros(len(times)))).astype(np.int64)
        if name == "p" and extent == 1 and (given == 1).all():
            given = np.zeros_like(given)  # sounds and images of one polarity carry a p of 1
        if len(given) and (given.min() < 0 or given.max() >= extent):
            raise ModelFileError(
                f"{path}: {name} from {given.min()} to {given.max()}, the input has {extent}"
            )
        unit = unit * extent + given
    seconds = times.astype(np.float64) * (_MICROSECOND if times.dtype.kind in "iu" else 1.0)
    return _binned(path, [(unit, seconds)], math.prod(shape), dt)


def _binned(path: Path, trials: list[tuple[Array, Array]], size: int, dt: float | None) -> Events:
    if dt is None:
        raise ModelFileError(f"{path}: events have times; say what a step stands for (--dt)")
    if not all(np.isfinite(t).all() for _, t in trials):
        raise ModelFileError(f"{path}: an event at no finite time")
    last = max((float(t.max(initial=0.0)) for _, t in trials), default=0.0)
    first = min((float(t.min(initial=0.0)) for _, t in trials), default=0.0)
    if first < 0:
        raise ModelFileError(f"{path}: an event at {first:g} s, before the first step")
    steps = int(last / dt) + 1
    if steps * size * len(trials) > _MOST // 8:
        raise ModelFileError(
            f"{path}: {last:g} s in steps of {dt:g} s make {steps:,} steps; use longer ones"
        )
    values = np.zeros((len(trials), steps, size))
    for trial, (unit, seconds) in enumerate(trials):
        if len(unit) and (unit.min() < 0 or unit.max() >= size):
            raise ModelFileError(f"{path}: unit {unit.max()}, the input has {size}")
        np.add.at(values[trial], (np.floor(seconds / dt).astype(np.int64), unit), 1.0)
    most = int(values.max(initial=0.0))
    note = f"{sum(len(u) for u, _ in trials):,} events in {steps:,} steps, at most {most} in one"
    return Events(values=values, notes=(note,))


def _archive(path: Path, shape: tuple[int, ...], dt: float | None) -> Events:
    members = read_arrays(path)
    names = [name for name in (*_TIMES, "x", "y", "p") if name in members]
    if names:
        return _list(path, {name: members.take(name) for name in names}, shape, dt)
    if len(members.names) != 1:
        listed = ", ".join(members.names)
        raise ModelFileError(f"{path}: expected one array, or t, x, y and p; there are {listed}")
    return _raster(path, members.take(members.names[0], "iufb"), shape)


def _nir_data(path: Path, shape: tuple[int, ...], dt: float | None) -> Events:
    """The first observable of the first node that has as many units."""
    plain = read_plain(path)
    if plain.get("@__type__") != "NIRGraphData":
        raise ModelFileError(f"{path}: no NIR data in it (expected NIRGraphData)")
    size = math.prod(shape)
    for found in _observables(plain):
        kind = found.get("@__type__")
        if kind == "TimeGriddedData" and np.shape(found.get("data", ()))[-1:] == (size,):
            own = float(np.asarray(found.get("@dt", dt or 0.0)))
            events = _raster(path, np.asarray(found["data"]), (size,))
            told = () if dt is None or math.isclose(own, dt) else (f"made in steps of {own:g} s",)
            return Events(values=events.values, notes=told)
        if kind in ("EventData", "ValuedEventData") and int(found.get("@n_neurons", 0)) == size:
            unit, seconds = (np.atleast_2d(np.asarray(found[name])) for name in ("idx", "time"))
            trials = [
                (u[u >= 0].astype(np.int64), t[u >= 0]) for u, t in zip(unit, seconds, strict=True)
            ]
            return _binned(path, trials, size, dt)
    raise ModelFileError(f"{path}: no data of {size} units")


def _observables(plain: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for node in plain.get("nodes", {}).values():
        if isinstance(node, Mapping) and node.get("@__type__") == "NIRGraphData":
            yield from _observables(node)
        elif isinstance(node, Mapping):
            yield from (o for o in node.get("observables", {}).values() if isinstance(o, Mapping))
