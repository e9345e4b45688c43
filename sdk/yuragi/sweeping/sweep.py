"""Run a sweep: what is missing is made, what is there is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from yuragi.errors import ModelFileError, RunError
from yuragi.sweeping.cluster import cluster_rows
from yuragi.sweeping.journal import Journal
from yuragi.sweeping.local import local_rows
from yuragi.sweeping.plan import read_plan
from yuragi.sweeping.table import write_csv, write_parquet

__all__ = ["JOURNAL", "Swept", "sweep"]

JOURNAL = "journal.jsonl"
_FILES = ("rows.csv", "rows.parquet")
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """A finished sweep.

    rows: in the order of the grid, each with its axes and figures.
    kept: rows that an earlier run had made.
    files: the tables that were written.
    """

    rows: tuple[Mapping[str, Any], ...]
    kept: int
    files: tuple[Path, ...]

    def column(self, name: str) -> list[Any]:
        """One column.  Errors: RunError where there is none of that name."""
        if name not in self.rows[0]:
            raise RunError(f"no column {name!r}; there are {', '.join(self.rows[0])}")
        return [row[name] for row in self.rows]


def sweep(
    plan: str | Path,
    output: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    restart: bool = False,
    progress: Progress | None = None,
) -> Swept:
    """Make every row of a sweep file that the folder `output` does not hold yet.

    A row is on the disk before the next is taken, so that a sweep may be stopped or killed at any
    moment and started again with the same words. The tables are the same, however often that was.

        workers: processes, by default one a core.
        scheduler: the address of a Dask cluster, "tcp://host:8786", instead of processes.
        restart: forget the rows that are there.
        progress: called with (rows made, rows).

    Errors: ModelFileError for a wrong sweep file, RunError where the folder holds another sweep,
    another process writes there, or a worker ends before its work.
    """
    path, folder = Path(plan).resolve(), Path(output)
    found = read_plan(path)
    _prepare(folder, restart=restart)
    with Journal(folder / JOURNAL, found.digest, len(found)) as journal:
        kept = len(journal.rows)
        missing = [p.index for p in found.points() if p.index not in journal.rows]
        if progress is not None:
            progress(kept, len(found))
        if missing and scheduler is not None:
            made = cluster_rows(path, found.digest, missing, scheduler)
        else:
            made = local_rows(path, found.digest, missing, workers or _cores())
        for index, row in made if missing else ():
            journal.add(index, row)
            if progress is not None:
                progress(len(journal.rows), len(found))
        rows = tuple(journal.rows[index] for index in range(len(found)))
        files = [folder / name for name in _FILES]
        write_csv(files[0], rows)
        written = [files[0], *(files[1:] if write_parquet(files[1], rows) else [])]
    return Swept(rows=rows, kept=kept, files=tuple(written))


def _cores() -> int:
    """The cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return (os.cpu_count() or 1) if allowed is None else len(allowed(0))


def _prepare(folder: Path, *, restart: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise ModelFileError(f"{folder}: is a file, expected a folder")
    folder.mkdir(exist_ok=True)
    strange = {item.name for item in folder.iterdir()} - {JOURNAL, *_FILES, "sweep.png"}
    strange = {name for name in strange if not name.startswith(".")}
    if strange and not (folder / JOURNAL).exists():
        raise ModelFileError(f"{folder}: holds {min(strange)}, which no sweep wrote")
    if restart:
        (folder / JOURNAL).unlink(missing_ok=True)
