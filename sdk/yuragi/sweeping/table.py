"""The rows of a sweep as files: CSV always, Parquet where pyarrow is there."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from yuragi.folders import new_file

__all__ = ["write_csv", "write_parquet"]

Rows = Sequence[Mapping[str, Any]]


def write_csv(path: Path, rows: Rows) -> None:
    """One line a row; what is not known is empty.  The same rows give the same bytes."""
    with (
        new_file(path, replace=True) as beside,
        beside.open("w", newline="", encoding="utf-8") as out,
    ):
        writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_parquet(path: Path, rows: Rows) -> bool:
    """Whether it was written: False where pyarrow is not installed."""
    try:
        from pyarrow import Table, parquet  # noqa: PLC0415 - an extra
    except ImportError:
        return False
    with new_file(path, replace=True) as beside:
        parquet.write_table(Table.from_pylist([dict(row) for row in rows]), beside)
    return True
