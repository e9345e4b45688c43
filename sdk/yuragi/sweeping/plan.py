"""A sweep file: the model, the axes of the grid, and the points that they span."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

import yuragi
from yuragi.documents import Document, read_yaml
from yuragi.errors import ModelFileError
from yuragi.hardware import load
from yuragi.quantity import quantity
from yuragi.schemas import Strict, checked

__all__ = ["Plan", "Point", "read_plan"]

_MOST_POINTS = 1_000_000
_CHUNK = 1 << 20
_ARRAY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}\.npy")

Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
Positive: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Seconds: TypeAlias = Annotated[
    float, BeforeValidator(lambda text: quantity(text, "second")), Field(gt=0)
]
Plain: TypeAlias = bool | int | float | str


class NumbersSchema(Strict):
    """A network as numbers."""

    neurons: Positive
    synapses: Positive
    dt: Seconds = 1e-3


class AxesSchema(Strict):
    """The grid: every value of an axis with every value of the others.

    profile: names, or files beside the sweep.
    size: times the units of the model.
    precision: bits of a weight, instead of the profile's.
    activity: share of units that send in a step; of a run, of its spiking inputs.
    set: fields of the model file by name, each with its values; for runs.
    """

    profile: Annotated[list[Name], Field(min_length=1, max_length=1000)]
    size: Annotated[list[Positive], Field(min_length=1, max_length=10_000)] = Field(
        default_factory=lambda: [1.0]
    )
    precision: Annotated[
        list[Annotated[int, Field(ge=1, le=64)]] | None, Field(min_length=1, max_length=64)
    ] = None
    activity: Annotated[list[Share] | None, Field(min_length=1, max_length=10_000)] = None
    set: dict[Name, Annotated[list[Plain], Field(min_length=1, max_length=10_000)]] = Field(
        default_factory=dict
    )


class SweepSchema(Strict):
    """What is swept; exactly one of `model` and `numbers`."""

    model: Name | None = None
    numbers: NumbersSchema | None = None
    by: Literal["estimate", "run"] = "estimate"
    steps: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 0
    wiring: Literal["random", "local"] = "random"
    axes: AxesSchema

    @model_validator(mode="after")
    def _one_network(self) -> SweepSchema:
        if (self.model is None) == (self.numbers is None):
            raise ValueError("expected model or numbers, one of them")
        if self.by == "run" and self.model is None:
            raise ValueError("numbers can be estimated, not run; give a model")
        if self.by == "estimate" and self.axes.activity is None:
            raise ValueError("an estimate needs the axis activity")
        if self.by == "estimate" and self.axes.set:
            raise ValueError("the axis set is for runs: by: run")
        if self.by == "estimate" and self.steps is None:
            raise ValueError("an estimate needs steps")
        return self


class FileSchema(Strict):
    """A sweep file."""

    yuragi: Literal[1]
    sweep: SweepSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of the grid.

    index: its place in the order of the grid;  changes: of the model file.
    """

    index: int
    profile: str
    size: float
    precision: int | None
    activity: float | None
    changes: Mapping[str, Plain]

    def axes(self) -> dict[str, Plain | None]:
        """The point as columns."""
        return {
            "profile": self.profile,
            "size": self.size,
            "precision": self.precision,
            "activity": self.activity,
            **self.changes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A sweep, checked.

    folder: of the sweep file, which holds all that it names.
    digest: of everything that a row depends on, so that rows of another sweep are never mixed in.
    """

    folder: Path
    settings: SweepSchema
    digest: str

    def __hash__(self) -> int:
        """By what the rows depend on."""
        return hash((self.folder, self.digest))

    def __len__(self) -> int:
        """How many points there are."""
        axes = self.settings.axes
        count = len(axes.profile) * len(axes.size)
        for other in (axes.precision, axes.activity, *axes.set.values()):
            count *= 1 if other is None else len(other)
        return count

    def points(self) -> Iterator[Point]:
        """Every point, the last axis changing fastest."""
        axes = self.settings.axes
        names = tuple(axes.set)
        values: list[list[Any]] = [axes.profile, axes.size]
        values += [axes.precision or [None], axes.activity or [None], *axes.set.values()]
        for index, (profile, size, precision, activity, *rest) in enumerate(
            itertools.product(*values)
        ):
            yield Point(
                index=index,
                profile=profile,
                size=size,
                precision=precision,
                activity=activity,
                changes=dict(zip(names, rest, strict=True)),
            )

    @property
    def model(self) -> Path | None:
        """The model file."""
        return None if self.settings.model is None else self.folder / self.settings.model


def read_plan(path: str | Path) -> Plan:
    """Read a sweep file.

    Errors: ModelFileError with file, line and field, or where something that it names is missing,
    lies outside its folder, or the grid has more than a million points.
    """
    document = read_yaml(path)
    settings = checked(document, FileSchema).sweep
    folder = Path(path).resolve().parent
    files = _named(document, settings, folder)
    plan = Plan(folder=folder, settings=settings, digest=_digest(settings, files))
    if len(plan) > _MOST_POINTS:
        place = document.where(("sweep", "axes"))
        raise ModelFileError(f"{place}: {len(plan):,} points, at most {_MOST_POINTS:,}")
    return plan


def _named(document: Document, settings: SweepSchema, folder: Path) -> list[Path]:
    """The files that the sweep names, each inside its folder."""
    found: list[Path] = []
    if settings.model is not None:
        found.append(_inside(document, ("sweep", "model"), folder, settings.model))
    for place, name in enumerate(settings.axes.profile):
        field = ("sweep", "axes", "profile", place)
        if name.endswith((".yaml", ".yml")):
            found.append(_inside(document, field, folder, name))
    return found


def _inside(document: Document, field: tuple[str | int, ...], folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        raise ModelFileError(f"{document.where(field)}: {name!r} lies outside {folder}")
    if not path.is_file():
        raise ModelFileError(f"{document.where(field)}: there is no file {name!r}")
    return path


def _digest(settings: SweepSchema, files: list[Path]) -> str:
    """Of the settings, the profiles, the model, the arrays that it names, and this version."""
    found = hashlib.sha256()
    found.update(json.dumps(settings.model_dump(), sort_keys=True).encode())
    found.update(yuragi.__version__.encode())
    for name in settings.axes.profile:
        if not name.endswith((".yaml", ".yml")):
            found.update(repr(load(name)).encode())
    for path in files:
        _add(found, path)
        text = path.read_text(encoding="utf-8", errors="replace") if path.suffix != ".npy" else ""
        for name in sorted(set(_ARRAY.findall(text))):
            array = (path.parent / name).resolve()
            if array.is_relative_to(path.parent) and array.is_file():
                _add(found, array)
    return found.hexdigest()


def _add(digest: Any, path: Path) -> None:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
